"""The public lot of a motion from commitments to outcome (governance.md 10.2): who, when, what if somebody keeps silent."""

import copy
import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest

from fedcoop.actions.motions import lots
from fedcoop.actions.motions.motion import COUNT_TIMER, annul_motion
from fedcoop.federation.publish.recounts import verify
from fedcoop.governance.members.member import Member
from fedcoop.governance.motions.lot_order import commitment
from fedcoop.governance.motions.motion import Motion, MotionState, Option
from fedcoop.governance.motions.outcomes import OutcomeCode
from fedcoop.governance.proof.recount import recount
from fedcoop.kernel.canonical import canonical_bytes
from fedcoop.kernel.errors import MotionRefused, Refused
from fedcoop.queries.motions.lots import awaits_lot
from fedcoop.storage import tables as t
from tests.actions.coop import ask, audited, join, rows, run_timers, vote
from tests.actions.proof.test_recounting import rechain
from tests.conftest import Instance

VALUES = {"ada": "6f" * 16, "ben": "a1" * 16}
BREADS = (Option("a", "Rye"), Option("b", "Wheat"))
DAY = timedelta(days=1)


async def scheduled(instance: Instance, **settings: str) -> tuple[list[Member], Motion]:
    """A motion that opens tomorrow, with Ada and Ben as scrutineers."""
    members = await join(instance.units, "ada", "ben", "cy")
    motion = await ask(
        instance,
        members[0],
        method="approval",
        options=BREADS,
        settings={"scrutineers": "ada, ben", **settings},
        opens_at=instance.clock.now() + DAY,
    )
    return members, motion


async def commit(instance: Instance, member: Member, motion: Motion, value: str = "") -> None:
    text = commitment(value or VALUES[member.name])
    await instance.units.write(lots.commit, by=member.id, motion_id=motion.id, commitment=text)


async def reveal(instance: Instance, member: Member, motion: Motion, value: str = "") -> None:
    await instance.units.write(lots.reveal, by=member.id, motion_id=motion.id, value=value or VALUES[member.name])


async def open_now(instance: Instance) -> None:
    instance.clock.advance(DAY)
    await run_timers(instance)


async def close_tied(instance: Instance, members: list[Member], motion: Motion) -> None:
    """One tick each for both breads, then the close."""
    await vote(instance, members[0], motion, "a")
    await vote(instance, members[1], motion, "b")
    instance.clock.advance(timedelta(days=7, hours=1))
    await run_timers(instance)


async def now(instance: Instance, motion: Motion) -> Motion:
    return await instance.units.read(lambda uow: uow.motions.get(motion.id))


async def document(instance: Instance, motion: Motion) -> dict[str, Any]:
    text = await instance.units.read(lambda uow: uow.exports.of(motion.id))
    assert text is not None
    recount(text.encode(), verify)
    found: dict[str, Any] = json.loads(text)
    return found


async def waits(instance: Instance, motion: Motion) -> bool:
    found = await now(instance, motion)
    return await instance.units.read(awaits_lot, found)


async def test_a_tie_waits_for_the_secrets_and_the_last_one_ends_the_wait(instance: Instance) -> None:
    members, motion = await scheduled(instance)
    ada, ben, _ = members
    await commit(instance, ada, motion, "00" * 16)
    for member in (ada, ben):
        await commit(instance, member, motion)
    await open_now(instance)
    await close_tied(instance, members, motion)
    assert (await now(instance, motion)).state is MotionState.CLOSED
    assert await waits(instance, motion)
    await reveal(instance, ada, motion)
    await reveal(instance, ada, motion)
    await run_timers(instance)
    assert (await now(instance, motion)).state is MotionState.CLOSED
    await reveal(instance, ben, motion)
    await run_timers(instance)
    assert (await now(instance, motion)).state is MotionState.DECIDED
    assert not await waits(instance, motion)
    found = await document(instance, motion)
    assert found["seed"]["commits"] == [{"by": name, "commit": commitment(VALUES[name])} for name in ("ada", "ben")]
    assert found["seed"]["reveals"] == [{"by": name, "value": VALUES[name]} for name in ("ada", "ben")]
    lines = ["fedcoop-lot-v1", motion.url, found["root"], *sorted(VALUES.values())]
    assert found["seed"]["seed"] == hashlib.sha256("\n".join(lines).encode()).hexdigest()
    assert found["outcome"]["code"] == OutcomeCode.CARRIED
    assert "weak_lot" not in str(found["outcome"])
    kinds = [entry["type"] for entry in found["log"]]
    assert kinds[:3] == ["open", "lot-commit", "lot-commit"]
    assert kinds[-5:] == ["close", "lot-reveal", "lot-reveal", "tally", "outcome"]
    assert len(await audited(instance, "lot-committed")) == 3
    assert len(await audited(instance, "lot-revealed")) == 2


async def test_who_keeps_silent_for_48_hours_is_left_out_and_named(instance: Instance) -> None:
    members, motion = await scheduled(instance)
    for member in members[:2]:
        await commit(instance, member, motion)
    await open_now(instance)
    await close_tied(instance, members, motion)
    await reveal(instance, members[0], motion)
    instance.clock.advance(timedelta(hours=47))
    await run_timers(instance)
    assert (await now(instance, motion)).state is MotionState.CLOSED
    instance.clock.advance(timedelta(hours=1))
    await run_timers(instance)
    found = await document(instance, motion)
    assert found["seed"]["reveals"] == [{"by": "ada", "value": VALUES["ada"]}]
    assert found["outcome"]["notes"][-1] == ("This lot is weak (weak_lot): ben did not reveal the secret committed to.")
    with pytest.raises(MotionRefused) as late:
        await reveal(instance, members[1], motion)
    assert late.value.code == "lot-late"


async def test_a_vote_that_opens_at_once_has_the_box_alone_and_says_so(instance: Instance) -> None:
    members = await join(instance.units, "ada", "ben")
    motion = await ask(instance, members[0], method="approval", options=BREADS)
    await close_tied(instance, members, motion)
    found = await document(instance, motion)
    assert (found["seed"]["commits"], found["seed"]["reveals"]) == ([], [])
    assert "nobody had committed" in found["outcome"]["notes"][-1]


async def test_one_scrutineer_alone_makes_a_weak_lot(instance: Instance) -> None:
    members, motion = await scheduled(instance)
    await commit(instance, members[0], motion)
    await open_now(instance)
    await close_tied(instance, members, motion)
    await reveal(instance, members[0], motion)
    await run_timers(instance)
    assert "only one scrutineer" in (await document(instance, motion))["outcome"]["notes"][-1]


async def test_without_a_real_tie_nothing_waits_and_the_commitments_stand_in_the_file(instance: Instance) -> None:
    members, motion = await scheduled(instance)
    for member in members[:2]:
        await commit(instance, member, motion)
    await open_now(instance)
    await vote(instance, members[2], motion, "a")
    await close_tied(instance, members, motion)
    assert (await now(instance, motion)).state is MotionState.DECIDED
    found = await document(instance, motion)
    assert len(found["seed"]["commits"]) == 2
    assert found["outcome"]["notes"] == []
    with pytest.raises(MotionRefused) as late:
        await reveal(instance, members[0], motion)
    assert late.value.code == "lot-late"


async def test_a_tie_below_the_quorum_needs_no_lot(instance: Instance) -> None:
    members, motion = await scheduled(instance, quorum="100%")
    for member in members[:2]:
        await commit(instance, member, motion)
    await open_now(instance)
    await close_tied(instance, members, motion)
    assert (await now(instance, motion)).state is MotionState.DECIDED


async def test_what_comes_too_early_too_late_or_from_others_is_refused(instance: Instance) -> None:
    members, motion = await scheduled(instance)
    ada, ben, cy = members

    async def refused(step: Any, *args: Any) -> str:
        with pytest.raises(MotionRefused) as error:
            await step(instance, *args)
        return error.value.code

    assert await refused(commit, cy, motion, "00" * 16) == "lot-not-scrutineer"
    assert await refused(reveal, ada, motion) == "lot-early"
    with pytest.raises(MotionRefused) as form:
        await instance.units.write(lots.commit, by=ada.id, motion_id=motion.id, commitment=VALUES["ada"])
    assert form.value.code == "lot-form"
    await commit(instance, ada, motion)
    await commit(instance, ben, motion)
    await open_now(instance)
    assert await refused(commit, ben, motion) == "lot-late"
    assert await refused(reveal, ada, motion) == "lot-early"
    await close_tied(instance, members, motion)
    assert await refused(reveal, cy, motion, "00" * 16) == "lot-not-scrutineer"
    assert await refused(reveal, ada, motion, VALUES["ben"]) == "lot-mismatch"
    assert await refused(reveal, ada, motion, VALUES["ada"].upper()) == "lot-mismatch"
    await reveal(instance, ada, motion)
    instance.clock.advance(timedelta(hours=48, seconds=1))
    assert await refused(reveal, ben, motion) == "lot-late"


@pytest.mark.parametrize("named", ["ada", "ada, zoe"])
async def test_scrutineers_are_two_members_at_least(instance: Instance, named: str) -> None:
    (ada, _) = await join(instance.units, "ada", "ben")
    await ask(instance, ada, settings={"scrutineers": "ada, ben"})
    with pytest.raises(MotionRefused) as refused:
        await ask(instance, ada, settings={"scrutineers": named})
    assert refused.value.code == "scrutineers"


async def test_the_timer_of_the_count_may_fire_at_any_time_and_twice(instance: Instance) -> None:
    members, motion = await scheduled(instance)
    for member in members[:2]:
        await commit(instance, member, motion)
    await open_now(instance)
    await close_tied(instance, members, motion)
    for _ in range(2):
        await instance.units.write(lambda uow: uow.queues.move_timer(COUNT_TIMER, str(motion.id), uow.now))
        await run_timers(instance)
        assert await waits(instance, motion)
    for member in members[:2]:
        await reveal(instance, member, motion)
    await run_timers(instance)
    await instance.units.write(lambda uow: uow.queues.move_timer(COUNT_TIMER, str(motion.id), uow.now))
    await run_timers(instance)
    assert len(await rows(instance, t.outcomes)) == 1
    assert await rows(instance, t.timers) == [] or all(
        row.name != COUNT_TIMER for row in await rows(instance, t.timers)
    )


async def test_a_waiting_motion_can_be_annulled(instance: Instance) -> None:
    members, motion = await scheduled(instance)
    for member in members[:2]:
        await commit(instance, member, motion)
    await open_now(instance)
    await close_tied(instance, members, motion)
    await instance.units.write(annul_motion, by=members[0].id, motion_id=motion.id, reason="The scrutineers are ill.")
    instance.clock.advance(timedelta(days=3))
    await run_timers(instance)
    assert (await now(instance, motion)).state is MotionState.ANNULLED


async def test_the_recount_finds_another_secret_commitment_or_order(instance: Instance) -> None:
    members, motion = await scheduled(instance)
    for member in members[:2]:
        await commit(instance, member, motion)
    await open_now(instance)
    await close_tied(instance, members, motion)
    for member in members[:2]:
        await reveal(instance, member, motion)
    await run_timers(instance)
    real = await document(instance, motion)

    def other_value(found: dict[str, Any]) -> None:
        found["seed"]["reveals"][0]["value"] = found["log"][-4]["value"] = "00" * 16

    def left_out(found: dict[str, Any]) -> None:
        found["seed"]["reveals"].pop()

    def other_commit(found: dict[str, Any]) -> None:
        found["seed"]["reveals"][0]["value"] = found["log"][-4]["value"] = "00" * 16
        found["seed"]["commits"][0]["commit"] = commitment("00" * 16)

    def other_seed(found: dict[str, Any]) -> None:
        found["seed"]["seed"] = "00" * 32

    def late_commit(found: dict[str, Any]) -> None:
        log = found["log"]
        log.insert(3, log.pop(2))
        for n, entry in enumerate(log, 1):
            entry["n"] = n

    for forge, code in (
        (other_value, "recount-lot"),
        (left_out, "recount-lot-log"),
        (other_commit, "recount-lot-log"),
        (other_seed, "recount-seed"),
        (late_commit, "recount-lot-order"),
    ):
        forged = copy.deepcopy(real)
        forge(forged)
        rechain(forged)
        with pytest.raises(Refused) as error:
            recount(canonical_bytes(forged), verify)
        assert error.value.code == code, forge.__name__
