"""What somebody changes at the database behind everybody's back is found, beside a motion that nobody touched."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from fedcoop.actions.motions.ballots import withdraw_ballot
from fedcoop.actions.motions.motion import annul_motion
from fedcoop.federation.publish import apart, auditing
from fedcoop.federation.publish.auditing import Auditor
from fedcoop.governance.motions.motion import Channel, Motion
from fedcoop.governance.proof import logchain, secrecy
from fedcoop.kernel.canonical import canonical_bytes
from fedcoop.storage import tables as t
from fedcoop.storage.unit_of_work import UnitOfWork
from tests.actions.coop import ask, audited, join, run_timers, vote
from tests.conftest import Instance

Change = Callable[[UnitOfWork, Motion], None]


async def look(instance: Instance) -> dict[int, str]:
    """The motions that differ after an audit, with the code."""
    await Auditor(instance.units, pause_s=0.0).run_once()
    return {
        found.motion_id: found.code
        for found in await instance.units.read(lambda uow: uow.condition.differences(limit=9))
    }


async def two_motions(instance: Instance) -> tuple[Motion, Motion]:
    """Two motions with the same votes: one is left alone."""
    ada, ben, cy = await join(instance.units, "ada", "ben", "cy")
    motions = (await ask(instance, ada), await ask(instance, ada, title="Buy a third oven"))
    for motion in motions:
        await vote(instance, ada, motion, "for")
        await vote(instance, ben, motion, "for", reason="Bread.")
        await vote(instance, cy, motion, "for")
        await vote(instance, cy, motion, "against")
    return motions


async def decide(instance: Instance) -> None:
    instance.clock.advance(timedelta(days=8))
    await run_timers(instance)


def other_choice(uow: UnitOfWork, motion: Motion) -> None:
    first = select(t.ballots.c.id).where(t.ballots.c.motion_id == motion.id).limit(1).scalar_subquery()
    uow.conn.execute(update(t.ballots).where(t.ballots.c.id == first).values(choice='["against"]'))


def other_outcome(uow: UnitOfWork, motion: Motion) -> None:
    row = uow.motions.outcome_of(motion.id)
    assert row is not None
    changed = {**row.outcome, "code": "rejected"}
    uow.conn.execute(
        update(t.outcomes).where(t.outcomes.c.motion_id == motion.id).values(code="rejected", outcome=changed)
    )


def other_code(uow: UnitOfWork, motion: Motion) -> None:
    uow.conn.execute(update(t.outcomes).where(t.outcomes.c.motion_id == motion.id).values(code="rejected"))


def other_tally(uow: UnitOfWork, motion: Motion) -> None:
    row = uow.motions.outcome_of(motion.id)
    assert row is not None
    changed = {**row.tally, "counts": {**row.tally["counts"], "against": 7}}
    uow.conn.execute(update(t.outcomes).where(t.outcomes.c.motion_id == motion.id).values(tally=changed))


def other_entry(uow: UnitOfWork, motion: Motion) -> None:
    c = t.log_entries.c
    entry = uow.motions.log(motion.id)[1].entry.replace('"for"', '"against"')
    uow.conn.execute(update(t.log_entries).where(c.motion_id == motion.id, c.n == 2).values(entry=entry))


def no_file(uow: UnitOfWork, motion: Motion) -> None:
    uow.exports.drop_parts(motion.id)


def without_a_ballot(uow: UnitOfWork, motion: Motion) -> None:
    """Delete a voter's ballot and chain the log anew without it, as somebody would who knows how it is made."""
    gone = uow.motions.ballots(motion.id)[0]
    uow.conn.execute(delete(t.ballots).where(t.ballots.c.id == gone.id))
    kept = [json.loads(entry.entry) for entry in uow.motions.log(motion.id)]
    kept = [entry for entry in kept if entry.get("voter") != gone.voter]
    uow.conn.execute(delete(t.log_entries).where(t.log_entries.c.motion_id == motion.id))
    head = logchain.first_head(motion.url)
    box = secrecy.root([secrecy.leaf(secrecy.box_ballot(left, motion.url)) for left in uow.motions.ballots(motion.id)])
    for n, entry in enumerate(kept, start=1):
        more: dict[str, Any] = {"root": box} if entry["type"] == "tally" else {}
        text = canonical_bytes({**entry, **more, "n": n})
        head = logchain.next_head(head, text)
        row = {"motion_id": motion.id, "n": n, "entry": text.decode(), "head": head}
        uow.conn.execute(t.log_entries.insert().values(row))
    values = {"log_head": head, "log_length": len(kept), "box_root": box}
    uow.conn.execute(update(t.outcomes).where(t.outcomes.c.motion_id == motion.id).values(**values))


@pytest.mark.parametrize("change", [other_choice, other_entry])
async def test_what_is_changed_before_the_close_is_found_then_and_after_it(instance: Instance, change: Change):
    changed, _ = await two_motions(instance)
    assert await look(instance) == {}
    await instance.units.write(change, changed)
    assert set(await look(instance)) == {changed.id}
    await decide(instance)
    assert set(await look(instance)) == {changed.id}
    assert len(await audited(instance, "difference-found")) == 1


@pytest.mark.parametrize(
    "change", [other_choice, other_outcome, other_code, other_tally, other_entry, no_file, without_a_ballot]
)
async def test_what_is_changed_after_the_outcome_is_found(instance: Instance, change: Change):
    changed, _ = await two_motions(instance)
    await decide(instance)
    assert await look(instance) == {}
    await instance.units.write(change, changed)
    assert set(await look(instance)) == {changed.id}


async def test_a_long_log_is_looked_through_in_a_process_of_its_own(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
):
    (ada,) = await join(instance.units, "ada")
    motion = await ask(instance, ada)
    await vote(instance, ada, motion, "for")
    monkeypatch.setattr(auditing, "LOOKS", 1)
    monkeypatch.setattr(auditing, "_look_here", None)
    monkeypatch.setattr(apart, "APART_FROM", 2)
    assert await look(instance) == {}
    await instance.units.write(other_choice, motion)
    assert await look(instance) == {motion.id: "audit-ballots"}


async def test_a_vote_that_was_changed_is_told_with_the_result(instance: Instance):
    changed, _ = await two_motions(instance)
    await instance.units.write(other_choice, changed)
    await decide(instance)
    found = await instance.units.read(lambda uow: uow.condition.differences(limit=9))
    assert [(item.motion_id, item.code) for item in found] == [(changed.id, "audit-ballots")]


async def test_a_difference_that_is_mended_is_over_and_both_stand_in_the_audit_log(instance: Instance):
    changed, _ = await two_motions(instance)
    await decide(instance)
    await instance.units.write(other_code, changed)
    assert await look(instance) == {changed.id: "audit-code"}
    carried = update(t.outcomes).where(t.outcomes.c.motion_id == changed.id).values(code="carried")
    await instance.units.write(lambda uow: uow.conn.execute(carried))
    assert await look(instance) == {}
    lines = [await audited(instance, what) for what in ("difference-found", "difference-over")]
    assert [[line.subject for line in found] for found in lines] == [[changed.url], [changed.url]]


async def test_votes_withdrawn_and_motions_annulled_agree(instance: Instance):
    ada, ben = await join(instance.units, "ada", "ben")
    kept, ended = await ask(instance, ada), await ask(instance, ada, title="Buy a third oven")
    for motion in (kept, ended):
        await vote(instance, ada, motion, "for")
        await vote(instance, ben, motion, "against")
    at = instance.clock.now()
    await instance.units.write(withdraw_ballot, voter=ben.id, motion_id=kept.id, channel=Channel.WEB, at=at)
    await decide(instance)
    await instance.units.write(annul_motion, by=ada.id, motion_id=ended.id, reason="Wrong text.")
    assert await look(instance) == {}
