"""Stated outcomes, votes opened again, dates and ends of decisions (governance.md 2)."""

from datetime import timedelta

import pytest

from fedcoop.actions.follow_ups.outcomes import end_decision, reopen, set_effective, set_review, state_outcome
from fedcoop.federation.publish.recounts import verify
from fedcoop.governance.members.member import Member
from fedcoop.governance.motions.motion import Motion, MotionState
from fedcoop.governance.proof.recount import recount
from fedcoop.governance.proposals.proposal import ProposalState
from fedcoop.kernel.errors import FedcoopError
from tests.actions.coop import ask, audited, join, run_timers, sent, vote
from tests.conftest import Instance


async def refused(instance: Instance, action, **values) -> str:  # type: ignore[no-untyped-def]
    with pytest.raises(FedcoopError) as error:
        await instance.units.write(action, **values)
    return error.value.code


async def state_of(instance: Instance, motion: Motion) -> ProposalState:
    return await instance.units.read(lambda uow: uow.motions.get_proposal(motion.proposal_id).state)


async def pass_time(instance: Instance, **time: float) -> None:
    instance.clock.advance(timedelta(**time))
    await run_timers(instance)


async def carried(instance: Instance, by: Member, other: Member) -> Motion:
    motion = await ask(instance, by)
    await vote(instance, by, motion, "for")
    await vote(instance, other, motion, "for")
    await pass_time(instance, days=8)
    return motion


async def test_a_vote_that_binds_nobody_waits_for_its_outcome_in_words(instance: Instance) -> None:
    ada, ben, cy = await join(instance.units, "ada", "ben", "cy")
    motion = await ask(instance, ben, method="sense")
    binding = await ask(instance, ben)
    await vote(instance, ada, motion, "looks_good")
    said = {"motion_id": motion.id, "text": "We try it in May.", "options": ("looks_good",)}
    assert await refused(instance, state_outcome, by=ben.id, **said) == "outcome-state"
    await pass_time(instance, days=8)
    assert await state_of(instance, motion) is ProposalState.CLOSED
    before = await instance.units.read(lambda uow: uow.motions.outcome_of(motion.id))
    assert await refused(instance, state_outcome, by=cy.id, **said) == "not-an-office"
    assert await refused(instance, state_outcome, by=ben.id, **{**said, "text": " "}) == "statement"
    assert await refused(instance, state_outcome, by=ben.id, **{**said, "options": ("bread",)}) == "option"
    assert await refused(instance, state_outcome, by=ben.id, **{**said, "options": ()}) == "option"
    assert await refused(instance, state_outcome, by=ben.id, **{**said, "motion_id": binding.id}) == "outcome-binding"
    await instance.units.write(state_outcome, by=ben.id, **said)
    await run_timers(instance)
    assert await state_of(instance, motion) is ProposalState.IN_FORCE
    await instance.units.write(state_outcome, by=ada.id, **{**said, "text": "We try it in June."})
    versions = await instance.units.read(lambda uow: uow.deciding.statements(motion.id))
    assert [(v.version, v.text, v.by) for v in versions] == [
        (1, "We try it in May.", ben.id),
        (2, "We try it in June.", ada.id),
    ]
    assert await instance.units.read(lambda uow: uow.motions.outcome_of(motion.id)) == before
    notes = [activity["object"]["content"] for activity in await sent(instance, "Create")]
    assert any("Outcome: Buy a second oven. Chosen: Looks good." in note and "in May" in note for note in notes)
    assert any("(version 2)" in note and "in June" in note for note in notes)
    stated = [a["object"] for a in await sent(instance, "Create") if "Outcome: " in a["object"]["content"]]
    assert [(found["inReplyTo"], "proof" in found, "coop:outcome" in found) for found in stated] == [
        (motion.url, True, False)
    ] * 2


async def test_a_vote_that_binds_nobody_is_opened_again_and_recounts(instance: Instance) -> None:
    ada, ben, cy = await join(instance.units, "ada", "ben", "cy")
    motion, binding = await ask(instance, ben, method="sense"), await ask(instance, ben)
    await vote(instance, ada, motion, "unsure")
    again = {"closes_at": instance.clock.now() + timedelta(days=12), "reason": "Many were away."}
    assert await refused(instance, reopen, by=ben.id, motion_id=motion.id, **again) == "reopen-state"
    await pass_time(instance, days=8)
    on = {"motion_id": motion.id, **again}
    assert await refused(instance, reopen, by=cy.id, **on) == "not-an-office"
    assert await refused(instance, reopen, by=ben.id, **{**on, "reason": ""}) == "reason"
    assert await refused(instance, reopen, by=ben.id, **{**on, "closes_at": instance.clock.now()}) == "closes_at"
    await instance.units.write(reopen, by=ben.id, **on)
    found = await instance.units.read(lambda uow: uow.motions.get(motion.id))
    assert (found.state, found.closes_at) == (MotionState.OPEN, again["closes_at"])
    *_, closed, opened = [a["object"] for a in await sent(instance, "Update") if a["object"]["id"] == motion.url]
    assert ("closed" in closed, "closed" in opened) == (True, False)
    assert opened["endTime"] > closed["endTime"]
    assert [opened["coop:motion"][name] for name in ("coop:state", "coop:motionDigest")] == [
        "open",
        motion.motion_digest,
    ]
    await vote(instance, ada, motion, "looks_good")
    await vote(instance, cy, motion, "looks_good")
    await pass_time(instance, days=5)
    outcome, export = await instance.units.read(
        lambda uow: (uow.motions.outcome_of(motion.id), uow.exports.of(motion.id))
    )
    assert outcome is not None
    assert export is not None
    assert outcome.tally["counts"] == {"looks_good": 2, "unsure": 0, "concerned": 0}
    assert recount(export.encode(), verify).log_head == outcome.log_head
    await instance.units.write(state_outcome, by=ben.id, motion_id=motion.id, text="Yes.", options=("looks_good",))
    later = {**on, "closes_at": instance.clock.now() + timedelta(days=1)}
    assert await refused(instance, reopen, by=ben.id, **later) == "reopen-state"
    assert await refused(instance, reopen, by=ben.id, **{**later, "motion_id": binding.id}) == "reopen-state"
    assert [row.reason for row in await audited(instance, "motion-reopened")] == ["Many were away."]


async def test_a_decision_comes_into_force_and_up_for_review_at_its_dates(instance: Instance) -> None:
    ada, ben, cy = await join(instance.units, "ada", "ben", "cy")
    motion = await ask(instance, ben, opens_at=instance.clock.now() + timedelta(days=1))
    on = {"proposal_id": motion.proposal_id}
    start = instance.clock.now() + timedelta(days=20)
    review = start + timedelta(days=30)
    assert await refused(instance, set_effective, by=cy.id, **on, at=start) == "not-an-office"
    assert (
        await refused(instance, set_effective, by=ben.id, **on, at=instance.clock.now() - timedelta(1))
        == "effective-past"
    )
    await instance.units.write(set_effective, by=ben.id, **on, at=start)
    assert await refused(instance, set_review, by=ben.id, **on, at=start) == "review-early"
    await instance.units.write(set_review, by=ben.id, **on, at=review)
    assert await refused(instance, set_effective, by=ben.id, **on, at=review) == "review-early"
    await pass_time(instance, days=1)
    assert await refused(instance, set_effective, by=ben.id, **on, at=start) == "effective-state"
    assert await refused(instance, set_review, by=ben.id, **on, at=review) == "review-state"
    await vote(instance, ben, motion, "for")
    await vote(instance, cy, motion, "for")
    await pass_time(instance, days=8)
    assert await state_of(instance, motion) is ProposalState.DECIDED
    start += timedelta(days=2)
    await instance.units.write(set_effective, by=ada.id, **on, at=start)
    await pass_time(instance, days=11, hours=1)
    assert await state_of(instance, motion) is ProposalState.DECIDED
    await pass_time(instance, days=3)
    assert await state_of(instance, motion) is ProposalState.IN_FORCE
    assert await refused(instance, set_effective, by=ada.id, **on, at=review) == "effective-state"
    await pass_time(instance, days=30)
    assert await state_of(instance, motion) is ProposalState.REVIEW_DUE
    await instance.units.write(set_review, by=ben.id, **on, at=instance.clock.now() + timedelta(days=365))
    assert await state_of(instance, motion) is ProposalState.IN_FORCE
    moves = [row.details["event"] for row in await audited(instance, "proposal-moved")]
    assert moves[-4:] == ["decide", "take_effect", "review", "keep"]


@pytest.mark.parametrize("repeals", [False, True])
async def test_a_newer_decision_in_force_ends_an_older_one(instance: Instance, repeals: bool) -> None:
    ada, ben = await join(instance.units, "ada", "ben")
    old = await carried(instance, ada, ben)
    new = await carried(instance, ada, ben)
    lost = await ask(instance, ada)
    names = {"by": ada.id, "repeals": repeals, "reason": ""}
    ids = {"proposal_id": old.proposal_id, "by_proposal": lost.proposal_id}
    assert await refused(instance, end_decision, **names, **ids) == "newer-not-in-force"
    ids = {"proposal_id": new.proposal_id, "by_proposal": old.proposal_id}
    assert await refused(instance, end_decision, **names, **ids) == "newer-is-older"
    ids = {"proposal_id": old.proposal_id, "by_proposal": new.proposal_id}
    await instance.units.write(end_decision, **names, **ids)
    line = await instance.units.read(lambda uow: uow.deciding.decision(old.proposal_id))
    assert line is not None
    assert (line.ended_by, line.ended_at) == (new.proposal_id, instance.clock.now())
    assert await state_of(instance, old) is (ProposalState.REPEALED if repeals else ProposalState.SUPERSEDED)
    assert await refused(instance, end_decision, **names, **ids) == "proposal-state"
