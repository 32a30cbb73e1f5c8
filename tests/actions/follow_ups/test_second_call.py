"""What follows a count by itself: one second call, a confirming vote, a decision in force at its date; every move audited."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fedcoop.actions.motions import after_count
from fedcoop.actions.motions.motion import CLOSE_TIMER, COUNT_TIMER, annul_motion, close
from fedcoop.actions.motions.transitions import move
from fedcoop.governance.follow_ups.further_votes import SequelKind
from fedcoop.governance.motions.motion import Motion, MotionState
from fedcoop.governance.proposals.proposal import TRANSITIONS, ProposalEvent, ProposalState
from fedcoop.kernel.errors import Conflict, MotionRefused
from fedcoop.storage.unit_of_work import UnitOfWork
from tests.actions.coop import ask, audited, join, run_timers, vote
from tests.conftest import Instance

CALL = {"quorum": "1/2", "second_call": "7d", "second_call_lasts": "5d", "second_call_quorum": "0"}


async def state_of(instance: Instance, motion: Motion) -> ProposalState:
    return await instance.units.read(lambda uow: uow.motions.get_proposal(motion.proposal_id).state)


async def following(instance: Instance, motion: Motion) -> list[Motion]:
    def read(uow: UnitOfWork) -> list[Motion]:
        return [uow.motions.get(sequel.motion_id) for sequel in uow.deciding.sequels_after(motion.id)]

    return await instance.units.read(read)


async def pass_time(instance: Instance, **time: float) -> None:
    instance.clock.advance(timedelta(**time))
    await run_timers(instance)


async def test_each_row_of_the_table_writes_one_audit_row(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    motion = await ask(instance, ada)

    def take(uow: UnitOfWork, *, state: ProposalState, event: ProposalEvent) -> None:
        found = uow.motions.get_proposal(motion.proposal_id)
        uow.motions.put_proposal_state(replace(found, state=state))
        move(uow, motion.proposal_id, event, by="member:7", reason="because")

    for state, event in sorted(TRANSITIONS):
        await instance.units.write(take, state=state, event=event)
    rows = await audited(instance, "proposal-moved")
    assert {(row.who, row.reason, row.at) for row in rows} == {("member:7", "because", instance.clock.now())}
    assert [row.details for row in rows] == [
        {"event": event.value, "before": state.value, "after": TRANSITIONS[state, event].value}
        for state, event in sorted(TRANSITIONS)
    ]


async def test_a_step_that_is_not_in_the_table_is_refused_and_not_audited(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    motion = await ask(instance, ada)
    with pytest.raises(Conflict) as refused:
        await instance.units.write(move, proposal_id=motion.proposal_id, event=ProposalEvent.DECIDE)
    assert refused.value.code == "proposal-state"
    assert await audited(instance, "proposal-moved") == []


async def test_too_few_voters_bring_one_second_call_with_its_own_dates_and_quorum(instance: Instance) -> None:
    ada, *_ = await join(instance.units, "ada", "ben", "cy", "dee")
    motion = await ask(instance, ada, settings=CALL)
    await vote(instance, ada, motion, "for")
    await pass_time(instance, days=8)
    (second,) = await following(instance, motion)
    assert (second.state, second.text_hash != motion.text_hash) == (MotionState.SCHEDULED, True)
    assert (second.title, second.body, second.options) == (motion.title, motion.body, motion.options)
    assert second.opens_at == instance.clock.now() + timedelta(days=7)
    assert second.closes_at == second.opens_at + timedelta(days=5)
    assert (second.settings.quorum.share, second.settings.second_call) == (0, None)
    assert await state_of(instance, motion) is ProposalState.FROZEN
    with pytest.raises(MotionRefused) as refused:
        await instance.units.write(annul_motion, by=ada.id, motion_id=motion.id, reason="Too early.")
    assert refused.value.code == "annul-followed"
    await pass_time(instance, days=7)
    assert await state_of(instance, motion) is ProposalState.VOTING
    await vote(instance, ada, second, "for")
    await pass_time(instance, days=6)
    outcome = await instance.units.read(lambda uow: uow.motions.outcome_of(second.id))
    assert outcome is not None
    assert outcome.code == "carried"
    assert await state_of(instance, motion) is ProposalState.IN_FORCE
    assert await following(instance, second) == []


async def test_a_second_call_without_voters_is_the_last_one(instance: Instance) -> None:
    ada, *_ = await join(instance.units, "ada", "ben", "cy", "dee")
    motion = await ask(instance, ada, settings={**CALL, "second_call_quorum": "1/2"})
    await pass_time(instance, days=8)
    (second,) = await following(instance, motion)
    await pass_time(instance, days=7)
    await pass_time(instance, days=6)
    outcome = await instance.units.read(lambda uow: uow.motions.outcome_of(second.id))
    assert outcome is not None
    assert outcome.code == "inquorate"
    assert await following(instance, second) == []
    assert await state_of(instance, motion) is ProposalState.REJECTED


async def test_with_the_quorum_met_or_no_rule_there_is_no_second_call(instance: Instance) -> None:
    ada, ben = await join(instance.units, "ada", "ben")
    met = await ask(instance, ada, settings=CALL)
    without = await ask(instance, ada, settings={"quorum": "1/1"})
    await vote(instance, ada, met, "for")
    await vote(instance, ben, met, "against")
    await pass_time(instance, days=8)
    assert await following(instance, met) == []
    assert await following(instance, without) == []
    assert await state_of(instance, met) is ProposalState.REJECTED


async def test_timers_that_fire_twice_call_again_once(instance: Instance) -> None:
    ada, *_ = await join(instance.units, "ada", "ben", "cy", "dee")
    motion = await ask(instance, ada, settings=CALL)
    await pass_time(instance, days=8)
    for name in (CLOSE_TIMER, COUNT_TIMER):
        await instance.units.write(lambda uow, name=name: uow.set_timer(name, str(motion.id), uow.now))
    await run_timers(instance)
    (second,) = await following(instance, motion)
    await pass_time(instance, days=7)
    await instance.units.write(lambda uow: uow.set_timer("open_motion", str(second.id), uow.now))
    await run_timers(instance)
    assert len(await audited(instance, "motion-opened")) == 2
    sequel = await instance.units.read(lambda uow: uow.deciding.sequel_of(second.id))
    assert sequel is not None
    assert sequel.kind is SequelKind.SECOND_CALL


async def test_a_carried_decision_has_a_number_and_is_in_force_at_its_date(instance: Instance) -> None:
    ada, ben = await join(instance.units, "ada", "ben")
    first, other = await ask(instance, ada), await ask(instance, ada)
    for motion, choice in ((first, "for"), (other, "against")):
        await vote(instance, ada, motion, choice)
        await vote(instance, ben, motion, choice)
    await pass_time(instance, days=8)
    lines = [await instance.units.read(lambda uow, m=m: uow.deciding.decision(m.proposal_id)) for m in (first, other)]
    assert sorted(line.label for line in lines if line) == ["2026-01", "2026-02"]
    assert lines[0] is not None
    assert lines[0].in_force_at == instance.clock.now()
    assert await state_of(instance, first) is ProposalState.IN_FORCE
    assert await state_of(instance, other) is ProposalState.REJECTED
    await instance.units.write(after_count.take_effect, str(first.proposal_id))
    assert len([row for row in await audited(instance, "proposal-moved") if row.details["after"] == "in_force"]) == 1


async def test_a_dissolution_takes_a_second_vote_fourteen_days_later(instance: Instance) -> None:
    ada, ben = await join(instance.units, "ada", "ben")
    motion = await ask(instance, ada, settings={"preset": "dissolution"})
    for member in (ada, ben):
        await vote(instance, member, motion, "for")
    await pass_time(instance, days=8)
    (confirming,) = await following(instance, motion)
    assert confirming.opens_at == instance.clock.now() + timedelta(days=14)
    assert (confirming.text_hash, confirming.settings) == (motion.text_hash, motion.settings)
    assert await state_of(instance, motion) is ProposalState.FROZEN
    await pass_time(instance, days=14)
    for member in (ada, ben):
        await vote(instance, member, confirming, "for")
    await pass_time(instance, days=8)
    assert await state_of(instance, motion) is ProposalState.IN_FORCE
    assert await following(instance, confirming) == []


async def test_what_waits_survives_a_restart(instance: Instance) -> None:
    ada, *_ = await join(instance.units, "ada", "ben", "cy", "dee")
    motion = await ask(instance, ada, settings=CALL)
    instance.clock.advance(timedelta(days=8))
    await instance.units.write(lambda uow: aftermath_of(uow, motion))
    instance.clock.advance(timedelta(hours=1))
    await run_timers(instance)
    assert len(await following(instance, motion)) == 1


def aftermath_of(uow: UnitOfWork, motion: Motion) -> None:
    """A server closed the motion and died before it was counted."""
    close(uow, str(motion.id))
