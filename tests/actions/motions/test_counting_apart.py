"""A count in a process of its own finds what a count here finds, and what is interrupted is begun again."""

import sys
from datetime import timedelta

import pytest

from fedcoop.actions.motions import motion as motions
from fedcoop.actions.motions.motion import annul_motion
from fedcoop.federation.publish import apart, counting
from fedcoop.federation.publish.recounts import verify
from fedcoop.governance.motions.motion import Motion, MotionState
from fedcoop.governance.proof.recount import recount
from fedcoop.storage.proof import exports
from tests.actions.coop import ask, join, run_timers, vote
from tests.conftest import Instance


async def voted(instance: Instance) -> Motion:
    ada, ben, cy = await join(instance.units, "ada", "ben", "cy")
    motion = await ask(instance, ada)
    await vote(instance, ada, motion, "for")
    await vote(instance, ben, motion, "for", reason="Because: è 9 000 €.")
    await vote(instance, cy, motion, "against")
    instance.clock.advance(timedelta(days=8))
    return motion


async def export(instance: Instance, motion: Motion) -> str | None:
    return await instance.units.read(lambda uow: uow.exports.of(motion.id))


async def test_a_process_counts_as_a_thread_does(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "APART_FROM", 2)
    monkeypatch.setattr(exports, "PART_BYTES", 700)
    motion = await voted(instance)
    await run_timers(instance)
    text = await export(instance, motion)
    assert text is not None
    found = recount(text.encode(), verify)
    assert dict(found.tally.counts) == {"for": 2, "against": 1, "abstain": 0}
    stored = await instance.units.read(lambda uow: uow.motions.outcome_of(motion.id))
    assert stored is not None
    assert (stored.log_head, stored.code) == (found.log_head, "carried")
    await counting.count_motion(instance.units, str(motion.id))
    assert await export(instance, motion) == text


async def test_a_process_that_is_slow_to_end_has_counted_all_the_same(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    lingers = "import signal; from fedcoop.federation.publish.apart import main; main(); signal.pause()"
    monkeypatch.setattr(apart, "_COMMAND", (sys.executable, "-c", lingers))
    monkeypatch.setattr(apart, "ENDS_WITHIN_S", 0.0)
    monkeypatch.setattr(apart, "APART_FROM", 2)
    motion = await voted(instance)
    await run_timers(instance)
    text = await export(instance, motion)
    assert text is not None
    assert recount(text.encode(), verify).tally.voted == 3


async def test_a_count_of_a_motion_annulled_meanwhile_leaves_nothing(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "PART_BYTES", 700)
    motion = await voted(instance)
    key = str(motion.id)
    await instance.units.write(motions.close, key)
    real = motions.store_count

    def annulled_first(uow, key, counted):
        annul_motion(uow, by=None, motion_id=motion.id, reason="The text was the wrong one.")
        real(uow, key, counted)

    monkeypatch.setattr(motions, "store_count", annulled_first)
    await counting.count_motion(instance.units, key)
    assert (await instance.units.read(lambda uow: uow.motions.get(motion.id))).state is MotionState.ANNULLED
    assert await export(instance, motion) is None
    assert await instance.units.read(lambda uow: uow.exports.count_parts(motion.id)) == 0


async def test_parts_left_by_a_broken_count_are_not_handed_out(instance: Instance) -> None:
    motion = await voted(instance)
    key = str(motion.id)
    await instance.units.write(motions.close, key)
    for n in range(9):
        await instance.units.write(motions.store_export_part, key, n, next(exports.pack("left over")))
    assert await export(instance, motion) is None
    await counting.count_motion(instance.units, key)
    text = await export(instance, motion)
    assert text is not None
    assert "left over" not in text
    assert recount(text.encode(), verify).tally.voted == 3
