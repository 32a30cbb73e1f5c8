"""The advice process: answers, the decision under the decider's name, calling it in (governance.md 7.4)."""

from datetime import timedelta

import pytest

from fedcoop.actions.follow_ups.advising import answer_advice, call_in, decide
from fedcoop.federation.publish.recounts import verify
from fedcoop.governance.members.member import Member
from fedcoop.governance.motions.motion import Motion, MotionState
from fedcoop.governance.proof.recount import recount
from fedcoop.governance.proposals.proposal import ProposalState
from fedcoop.kernel.errors import FedcoopError
from tests.actions.coop import ask, join, run_timers, vote
from tests.conftest import Instance

NAMES = ("ada", "ben", "cy", "dee", "eli", "fay")
RULES = {"advisers": "cy", "min_time": "2d", "adviser_deadline": "5d"}


async def refused(instance: Instance, action, **values) -> str:  # type: ignore[no-untyped-def]
    with pytest.raises(FedcoopError) as error:
        await instance.units.write(action, **values)
    return error.value.code


async def state_of(instance: Instance, motion: Motion) -> ProposalState:
    return await instance.units.read(lambda uow: uow.motions.get_proposal(motion.proposal_id).state)


async def pass_time(instance: Instance, **time: float) -> None:
    instance.clock.advance(timedelta(**time))
    await run_timers(instance)


async def advised(instance: Instance) -> tuple[list[Member], Motion]:
    """Ben asks; Cy, who is named, and Dee advise."""
    members = await join(instance.units, *NAMES)
    motion = await ask(instance, members[1], method="advice", title="Buy the blue van", settings=RULES)
    await vote(instance, members[2], motion, "reconsider", reason="Who drives it in winter?")
    await vote(instance, members[3], motion, reason="Ask for the service book.")
    return members, motion


async def test_the_decider_decides_once_everything_is_heard_and_answered(instance: Instance) -> None:
    (ada, ben, cy, dee, *_), motion = await advised(instance)
    yes = {"by": ben.id, "motion_id": motion.id, "carried": True, "text": "I buy it."}
    assert await refused(instance, decide, **{**yes, "by": ada.id}) == "not-the-decider"
    assert await refused(instance, decide, **yes) == "advice-early"
    await pass_time(instance, days=2)
    assert await refused(instance, decide, **yes) == "advice-unanswered"
    on = {"motion_id": motion.id, "answer": "Tomasz does."}
    assert await refused(instance, answer_advice, by=ada.id, **on, member_id=cy.id) == "not-the-decider"
    assert await refused(instance, answer_advice, by=ben.id, **on, member_id=ada.id) == "advice-unknown"
    blank = {**on, "answer": " "}
    assert await refused(instance, answer_advice, by=ben.id, **blank, member_id=cy.id) == "written"
    for adviser in (cy, dee):
        await instance.units.write(answer_advice, by=ben.id, **on, member_id=adviser.id)
    instance.clock.advance(timedelta(minutes=1))
    await vote(instance, dee, motion, "go_ahead", reason="I saw the book.")
    assert await refused(instance, decide, **yes) == "advice-unanswered"
    await instance.units.write(answer_advice, by=ben.id, **on, member_id=dee.id)
    assert await refused(instance, decide, **{**yes, "text": ""}) == "written"
    await instance.units.write(decide, **yes)
    await run_timers(instance)
    found = await instance.units.read(
        lambda uow: (
            uow.motions.get(motion.id).state,
            uow.deciding.statement(motion.id),
            uow.exports.of(motion.id),
        )
    )
    assert found[0] is MotionState.DECIDED
    assert found[1] is not None
    assert (found[1].code, found[1].by, found[1].text) == ("carried", ben.id, "I buy it.")
    recount((found[2] or "").encode(), verify)
    assert await refused(instance, decide, **yes) == "advice-decided"
    assert await state_of(instance, motion) is ProposalState.DECIDED
    await pass_time(instance, days=6, hours=23)
    assert await state_of(instance, motion) is ProposalState.DECIDED
    await pass_time(instance, hours=2)
    assert await state_of(instance, motion) is ProposalState.IN_FORCE


async def test_a_named_adviser_who_is_silent_is_waited_for_until_the_deadline(instance: Instance) -> None:
    _, ben, *_ = await join(instance.units, *NAMES)
    motion = await ask(instance, ben, method="advice", settings=RULES)
    no = {"by": ben.id, "motion_id": motion.id, "carried": False, "text": "I leave it."}
    await pass_time(instance, days=3)
    assert await refused(instance, decide, **no) == "advice-missing"
    await pass_time(instance, days=5)
    assert await state_of(instance, motion) is ProposalState.CLOSED
    await instance.units.write(decide, **no)
    await run_timers(instance)
    assert await state_of(instance, motion) is ProposalState.REJECTED


async def test_enough_members_call_a_decision_in_and_all_vote_on_it(instance: Instance) -> None:
    (ada, ben, cy, dee, eli, fay), motion = await advised(instance)
    (late,) = await join(instance.units, "late")
    why = {"motion_id": motion.id, "reason": "It is all our money."}
    assert await refused(instance, call_in, by=cy.id, **why) == "call-in-state"
    await pass_time(instance, days=8)
    for adviser in (cy, dee):
        await instance.units.write(answer_advice, by=ben.id, motion_id=motion.id, member_id=adviser.id, answer="So.")
    await instance.units.write(decide, by=ben.id, motion_id=motion.id, carried=True, text="I buy it.")
    assert await refused(instance, call_in, by=late.id, **why) == "off-roll"
    assert await refused(instance, call_in, by=cy.id, **{**why, "reason": " "}) == "reason"
    assert await instance.units.write(call_in, by=cy.id, **why) is None
    assert await refused(instance, call_in, by=cy.id, **why) == "petition-signed"
    assert await instance.units.write(call_in, by=dee.id, **why) is None
    assert await state_of(instance, motion) is ProposalState.DECIDED
    opened = await instance.units.write(call_in, by=eli.id, **why)
    assert opened is not None
    assert (opened.state, opened.method, opened.title) == (MotionState.OPEN, "resolution", motion.title)
    assert "I buy it." in opened.body
    assert await state_of(instance, motion) is ProposalState.VOTING
    assert await refused(instance, call_in, by=fay.id, **why) == "call-in-state"
    for member, choice in ((ada, "against"), (cy, "against"), (dee, "against"), (ben, "for"), (fay, "for")):
        await vote(instance, member, opened, choice)
    await pass_time(instance, days=8)
    assert await state_of(instance, motion) is ProposalState.REJECTED


async def test_after_seven_days_a_decision_is_in_force_and_not_called_in(instance: Instance) -> None:
    (_, ben, cy, dee, *_), motion = await advised(instance)
    await pass_time(instance, days=8)
    for adviser in (cy, dee):
        await instance.units.write(answer_advice, by=ben.id, motion_id=motion.id, member_id=adviser.id, answer="So.")
    await instance.units.write(decide, by=ben.id, motion_id=motion.id, carried=True, text="I buy it.")
    instance.clock.advance(timedelta(days=7, seconds=1))
    late = {"motion_id": motion.id, "reason": "It is all our money."}
    assert await refused(instance, call_in, by=cy.id, **late) == "call-in-late"
    await run_timers(instance)
    assert await state_of(instance, motion) is ProposalState.IN_FORCE
    assert await refused(instance, call_in, by=cy.id, **late) == "call-in-state"
