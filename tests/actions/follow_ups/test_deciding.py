"""From opening to outcome on both databases: the roll, one ballot a member, the close, the count, the recount."""

import asyncio
import json
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from fedcoop.actions.members.member import end_membership
from fedcoop.actions.motions.ballots import withdraw_ballot
from fedcoop.actions.motions.motion import annul_motion, close_early, extend_motion
from fedcoop.federation.publish.recounts import verify
from fedcoop.governance.motions.motion import Channel, MotionState
from fedcoop.governance.proof.recount import recount
from fedcoop.kernel.errors import BallotRefused, MotionRefused, NotAllowed
from fedcoop.storage import tables as t
from fedcoop.storage.records import Inbound
from tests.actions.coop import ask, join, run_timers, vote
from tests.conftest import Instance


async def test_a_motion_is_opened_voted_closed_counted_and_recounted(instance: Instance) -> None:
    ada, ben, cy, dee, _ = await join(instance.units, "ada", "ben", "cy", "dee", "eli")
    motion = await ask(instance, ada)
    assert (motion.state, motion.eligible) == (MotionState.OPEN, 5)
    for member, choice in ((ada, "for"), (ben, "for"), (cy, "against"), (dee, "abstain")):
        await vote(instance, member, motion, choice)
    instance.clock.advance(timedelta(days=7, seconds=121))
    await run_timers(instance)
    found = await instance.units.read(lambda uow: uow.motions.get(motion.id))
    outcome = await instance.units.read(lambda uow: uow.motions.outcome_of(motion.id))
    export = await instance.units.read(lambda uow: uow.exports.of(motion.id))
    assert found.state is MotionState.DECIDED
    assert outcome is not None
    assert outcome.code == "carried"
    assert outcome.tally == {"counts": {"for": 2, "against": 1, "abstain": 1}, "voted": 4, "eligible": 5}
    assert export is not None
    again = recount(export.encode(), verify)
    assert (again.outcome.code, again.log_head, again.root) == ("carried", outcome.log_head, outcome.box_root)
    assert not [name for name in ('"Ada', "ada@", "Ada ") if name in export]


async def test_a_later_vote_replaces_the_earlier_and_a_withdrawn_one_is_no_turnout(instance: Instance) -> None:
    ada, ben = await join(instance.units, "ada", "ben")
    motion = await ask(instance, ada)
    await vote(instance, ben, motion, "for")
    await vote(instance, ben, motion, "against")
    await vote(instance, ada, motion, "for")
    at = instance.clock.now()
    await instance.units.write(withdraw_ballot, voter=ada.id, motion_id=motion.id, channel=Channel.WEB, at=at)
    ballots = await instance.units.read(lambda uow: uow.motions.ballots(motion.id))
    log = await instance.units.read(lambda uow: uow.motions.log(motion.id))
    assert [b.choice for b in ballots] == [("against",)]
    assert [json.loads(entry.entry)["type"] for entry in log] == ["open", "ballot", "ballot", "ballot", "withdrawal"]


async def test_votes_cast_side_by_side_leave_one_ballot_and_a_whole_chain(instance: Instance) -> None:
    members = await join(instance.units, *(f"m{n}" for n in range(8)))
    motion = await ask(instance, members[0])
    await asyncio.gather(*(vote(instance, m, motion, c) for m in members for c in ("for", "against", "abstain")))

    def rows(uow):  # type: ignore[no-untyped-def]
        ballots = uow.conn.execute(select(func.count()).select_from(t.ballots)).scalar_one()
        return ballots, [entry.n for entry in uow.motions.log(motion.id)]

    ballots, numbers = await instance.units.read(rows)
    assert ballots == 8
    assert numbers == list(range(1, 26))
    instance.clock.advance(timedelta(days=8))
    await run_timers(instance)
    export = await instance.units.read(lambda uow: uow.exports.of(motion.id))
    assert export is not None
    recount(export.encode(), verify)


async def test_ballots_are_refused_by_code_and_leave_nothing(instance: Instance) -> None:
    ada, ben = await join(instance.units, "ada", "ben")
    motion = await ask(instance, ada, settings={"change": "never"})
    late_comer = (await join(instance.units, "late"))[0]
    await vote(instance, ada, motion, "for")
    await instance.units.write(end_membership, member_id=ben.id, who="test", reason="moved away")
    later = instance.clock.now() + timedelta(days=7, seconds=1)
    cases = [
        (ada, ("against",), {}, "duplicate"),
        (late_comer, ("for",), {}, "ineligible"),
        (ben, ("for",), {}, "ineligible"),
        (ada, ("for",), {"channel": Channel.PEER}, "channel"),
        (ada, ("for",), {"at": later}, "late"),
        (ada, ("for",), {"at": motion.opens_at - timedelta(seconds=1)}, "early"),
    ]
    for member, choice, more, code in cases:
        with pytest.raises(BallotRefused) as refused:
            await vote(instance, member, motion, *choice, **more)
        assert refused.value.code == code
    ballots = await instance.units.read(lambda uow: uow.motions.ballots(motion.id))
    log = await instance.units.read(lambda uow: uow.motions.log(motion.id))
    assert [b.member_id for b in ballots] == [ada.id]
    assert len(log) == 2


async def test_the_close_waits_for_what_was_received_in_time(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    motion = await ask(instance, ada)
    instance.clock.advance(timedelta(days=7))
    now = instance.clock.now()
    row = Inbound(1, "https://far.example/u", b"{}", "signature", now, now, 0)
    await instance.units.write(lambda uow: uow.queues.add_inbound(row))
    instance.clock.advance(timedelta(seconds=121))
    await run_timers(instance)
    assert (await instance.units.read(lambda uow: uow.motions.get(motion.id))).state is MotionState.OPEN
    await instance.units.write(lambda uow: uow.queues.settle_inbound(1))
    instance.clock.advance(timedelta(seconds=2))
    await run_timers(instance)
    assert (await instance.units.read(lambda uow: uow.motions.get(motion.id))).state is MotionState.DECIDED


async def test_closing_early_needs_all_votes_and_then_the_outcome_is_there_at_once(instance: Instance) -> None:
    ada, ben = await join(instance.units, "ada", "ben")
    motion = await ask(instance, ada)
    await vote(instance, ada, motion, "for")
    with pytest.raises(MotionRefused) as refused:
        await instance.units.write(close_early, by=ada.id, motion_id=motion.id)
    assert refused.value.code == "early-close"
    with pytest.raises(NotAllowed):
        await instance.units.write(close_early, by=ben.id, motion_id=motion.id)
    await vote(instance, ben, motion, "for")
    await instance.units.write(close_early, by=ada.id, motion_id=motion.id)
    await run_timers(instance)
    assert (await instance.units.read(lambda uow: uow.motions.get(motion.id))).state is MotionState.DECIDED


async def test_an_extension_moves_the_close_and_is_logged(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    motion = await ask(instance, ada)
    later = motion.closes_at + timedelta(days=2)
    await instance.units.write(extend_motion, by=ada.id, motion_id=motion.id, closes_at=later, reason="A holiday.")
    instance.clock.advance(timedelta(days=8))
    await run_timers(instance)
    assert (await instance.units.read(lambda uow: uow.motions.get(motion.id))).state is MotionState.OPEN
    await vote(instance, ada, motion, "for")
    instance.clock.advance(timedelta(days=2))
    await run_timers(instance)
    export = await instance.units.read(lambda uow: uow.exports.of(motion.id))
    assert export is not None
    assert [entry["type"] for entry in json.loads(export)["log"]] == [
        "open",
        "extend",
        "ballot",
        "close",
        "tally",
        "outcome",
    ]
    recount(export.encode(), verify)


async def test_an_annulled_motion_keeps_its_ballots_and_takes_no_more(instance: Instance) -> None:
    ada, ben = await join(instance.units, "ada", "ben")
    motion = await ask(instance, ada)
    await vote(instance, ben, motion, "for")
    with pytest.raises(NotAllowed):
        await instance.units.write(annul_motion, by=ben.id, motion_id=motion.id, reason="wrong roll")
    await instance.units.write(annul_motion, by=ada.id, motion_id=motion.id, reason="wrong roll")
    with pytest.raises(BallotRefused):
        await vote(instance, ada, motion, "for")
    instance.clock.advance(timedelta(days=8))
    await run_timers(instance)
    found = await instance.units.read(
        lambda uow: (uow.motions.get(motion.id).state, uow.motions.count_ballots(motion.id))
    )
    assert found == (MotionState.ANNULLED, 1)


async def test_a_timer_that_fires_twice_has_one_effect(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    motion = await ask(instance, ada)
    instance.clock.advance(timedelta(days=8))
    await run_timers(instance)
    key = str(motion.id)
    for name in ("close_motion", "count_motion"):
        await instance.units.write(lambda uow, name=name: uow.set_timer(name, key, uow.now))
    await run_timers(instance)
    log = await instance.units.read(lambda uow: uow.motions.log(motion.id))
    notes = await instance.units.read(
        lambda uow: uow.conn.execute(select(func.count()).where(t.activities.c.type == "Create")).scalar_one()
    )
    assert len(log) == 4
    assert notes == 2
