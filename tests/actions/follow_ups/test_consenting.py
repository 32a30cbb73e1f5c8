"""Consent over versions: objections answered, the next round on the next version, the fallback (governance.md 7.5)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fedcoop.actions.follow_ups.consenting import (
    NewVersion,
    answer_objection,
    give_up,
    move_to_fallback,
    next_round,
    record_finding,
    settle_objection,
)
from fedcoop.federation.publish.recounts import verify
from fedcoop.governance.follow_ups.further_votes import SequelKind
from fedcoop.governance.members.member import Member
from fedcoop.governance.motions.motion import Motion, MotionState
from fedcoop.governance.proof.recount import recount
from fedcoop.governance.proposals.proposal import ProposalState
from fedcoop.kernel.errors import FedcoopError
from tests.actions.coop import ask, audited, join, run_timers, sent, vote
from tests.conftest import Instance

NAMES = tuple(f"m{number}" for number in range(12))
TEXT = "The night bake starts at 23:00 on every night."
BETTER = "The night bake starts at 23:00 on Tuesday to Saturday nights."


async def refused(instance: Instance, action, **values) -> str:  # type: ignore[no-untyped-def]
    with pytest.raises(FedcoopError) as error:
        await instance.units.write(action, **values)
    return error.value.code


async def state_of(instance: Instance, motion: Motion) -> ProposalState:
    return await instance.units.read(lambda uow: uow.motions.get_proposal(motion.proposal_id).state)


async def pass_time(instance: Instance, **time: float) -> None:
    instance.clock.advance(timedelta(**time))
    await run_timers(instance)


async def first_round(instance: Instance, **settings: str) -> tuple[list[Member], Motion]:
    """The first round of governance.md 7.5: 12 eligible, 9 consent, 1 with concern, 1 objection, 1 silent."""
    members = await join(instance.units, *NAMES)
    motion = await ask(instance, members[1], method="consent", body=TEXT, settings=settings)
    for member in members[:9]:
        await vote(instance, member, motion, "consent")
    await vote(instance, members[9], motion, "consent_with_concern", reason="Watch the bills.")
    await vote(instance, members[10], motion, "objection", reason="Three of us live beyond the last tram.")
    await pass_time(instance, days=8)
    return members, motion


def version(instance: Instance, body: str, **more: object) -> NewVersion:
    closes_at = instance.clock.now() + timedelta(days=5)
    return NewVersion(body=body, closes_at=closes_at, **more)  # type: ignore[arg-type]


async def test_an_objection_is_worked_into_the_next_version_which_is_adopted(instance: Instance) -> None:
    members, motion = await first_round(instance)
    author, objector = members[1], members[10]
    assert await state_of(instance, motion) is ProposalState.CLOSED
    on = {"motion_id": motion.id}
    unanswered = version(instance, BETTER)
    assert await refused(instance, next_round, by=members[2].id, **on, new=unanswered) == "not-the-author"
    assert await refused(instance, next_round, by=author.id, **on, new=unanswered) == "objection-unanswered"
    answers = {objector.id: "No bake on the nights without a tram."}
    same = version(instance, TEXT, answers=answers)
    assert await refused(instance, next_round, by=author.id, **on, new=same) == "version-same"
    new = version(instance, BETTER, answers=answers, note="Not on Sunday and Monday.")
    second = await instance.units.write(next_round, by=author.id, **on, new=new)
    assert (second.state, second.body, second.method) == (MotionState.OPEN, BETTER, "consent")
    assert second.settings == motion.settings
    found = await instance.units.read(
        lambda uow: (
            uow.motions.get_proposal(motion.proposal_id).version,
            [item.body for item in uow.proposals.versions(motion.proposal_id)],
            uow.deciding.sequel_of(second.id),
            uow.motions.count_ballots(second.id),
        )
    )
    assert found[:2] == (2, [TEXT, BETTER])
    assert found[2] is not None
    assert (found[2].kind, found[2].number, found[3]) == (SequelKind.ROUND, 2, 0)
    assert await refused(instance, next_round, by=author.id, **on, new=new) == "round-state"
    await instance.units.write(settle_objection, by=objector.id, **on, settled="accepted")
    for member in members[:10]:
        await vote(instance, member, second, "consent")
    await vote(instance, objector, second, "consent_with_concern", reason="Look at the trams again.")
    await pass_time(instance, days=6)
    outcome = await instance.units.read(lambda uow: uow.motions.outcome_of(second.id))
    assert outcome is not None
    assert (outcome.code, outcome.tally["voted"]) == ("carried", 11)
    assert outcome.outcome["notes"] == ["1 concern is kept with this decision."]
    assert await state_of(instance, motion) is ProposalState.IN_FORCE
    assert await refused(instance, settle_objection, by=objector.id, **on, settled="withdrawn") == "round-state"
    for round_ in (motion, second):
        export = await instance.units.read(lambda uow, m=round_: uow.exports.of(m.id))
        recount((export or "").encode(), verify)
    created = {a["object"]["id"]: a["object"] for a in await sent(instance, "Create")}
    node = created[second.url]["coop:motion"]
    assert node["coop:supersedes"] == motion.url
    moves = [row.details["event"] for row in await audited(instance, "proposal-moved")]
    assert moves[-8:] == ["close", "next_version", "edit", "freeze", "open", "close", "decide", "take_effect"]


async def test_who_objected_accepts_the_answer_or_withdraws_and_the_panel_only_looks(instance: Instance) -> None:
    members, motion = await first_round(instance)
    admin, author, objector = members[0], members[1], members[10]
    on = {"motion_id": motion.id}
    assert await refused(instance, settle_objection, by=author.id, **on, settled="withdrawn") == "objection-unknown"
    assert await refused(instance, settle_objection, by=objector.id, **on, settled="accepted") == "objection-unanswered"
    assert await refused(instance, settle_objection, by=objector.id, **on, settled="gone") == "settled"
    answer = {**on, "member_id": objector.id, "answer": "I see."}
    assert await refused(instance, answer_objection, by=objector.id, **answer) == "not-the-author"
    assert await refused(instance, answer_objection, by=author.id, **{**answer, "answer": " "}) == "written"
    unknown = {**answer, "member_id": admin.id}
    assert await refused(instance, answer_objection, by=author.id, **unknown) == "objection-unknown"
    await instance.units.write(answer_objection, by=author.id, **answer)
    finding = {**on, "member_id": objector.id, "finding": "A reason was given; it relates to work that leaves a life."}
    assert await refused(instance, record_finding, by=author.id, **finding) == "not-an-office"
    await instance.units.write(record_finding, by=admin.id, **finding)
    await instance.units.write(settle_objection, by=objector.id, **on, settled="accepted")
    assert await refused(instance, settle_objection, by=objector.id, **on, settled="withdrawn") == "objection-settled"
    found = await instance.units.read(lambda uow: uow.deciding.answer(motion.id, objector.id))
    assert (found.answer, found.settled, found.finding) == ("I see.", "accepted", finding["finding"])
    assert await state_of(instance, motion) is ProposalState.CLOSED


async def test_a_round_with_short_notice_does_not_count_silence_whatever_the_first_did(instance: Instance) -> None:
    members, motion = await first_round(instance)
    assert motion.settings.extra["silence"] == "consent"
    await instance.units.write(settle_objection, by=members[10].id, motion_id=motion.id, settled="withdrawn")
    short = replace(version(instance, TEXT), closes_at=instance.clock.now() + timedelta(days=2))
    second = await instance.units.write(next_round, by=members[1].id, motion_id=motion.id, new=short)
    assert second.settings.extra["silence"] == "not_counted"


async def test_a_withdrawn_objection_lets_the_same_text_be_asked_again(instance: Instance) -> None:
    members, motion = await first_round(instance)
    await instance.units.write(settle_objection, by=members[10].id, motion_id=motion.id, settled="withdrawn")
    second = await instance.units.write(next_round, by=members[1].id, motion_id=motion.id, new=version(instance, TEXT))
    assert second.state is MotionState.OPEN
    proposal = await instance.units.read(lambda uow: uow.motions.get_proposal(motion.proposal_id))
    assert (proposal.version, proposal.state) == (1, ProposalState.VOTING)


async def test_after_the_last_round_the_text_goes_to_the_fallback_with_its_notice(instance: Instance) -> None:
    members, motion = await first_round(instance, rounds="2")
    author, objector = members[1], members[10]
    assert await refused(instance, move_to_fallback, by=author.id, motion_id=motion.id) == "fallback-early"
    new = version(instance, BETTER, answers={objector.id: "Fewer nights."})
    second = await instance.units.write(next_round, by=author.id, motion_id=motion.id, new=new)
    for member in members[:9]:
        await vote(instance, member, second, "consent")
    await vote(instance, objector, second, "objection", reason="Still no tram.")
    await pass_time(instance, days=6)
    assert await refused(instance, move_to_fallback, by=members[2].id, motion_id=second.id) == "not-the-author"
    vote_ = await instance.units.write(move_to_fallback, by=author.id, motion_id=second.id)
    assert (vote_.method, vote_.settings.preset, vote_.body) == ("resolution", "special", BETTER)
    assert vote_.opens_at == instance.clock.now() + timedelta(days=14)
    assert await refused(instance, move_to_fallback, by=author.id, motion_id=second.id) == "round-state"
    await pass_time(instance, days=14)
    for member in members[:9]:
        await vote(instance, member, vote_, "for")
    await vote(instance, objector, vote_, "against")
    await pass_time(instance, days=6)
    assert await state_of(instance, motion) is ProposalState.IN_FORCE


async def test_without_a_fallback_the_author_goes_on_or_leaves_it(instance: Instance) -> None:
    members, motion = await first_round(instance, rounds="1", fallback="none")
    author = members[1]
    assert await refused(instance, move_to_fallback, by=author.id, motion_id=motion.id) == "fallback-none"
    assert await refused(instance, give_up, by=members[2].id, motion_id=motion.id, reason="So.") == "not-the-author"
    assert await refused(instance, give_up, by=author.id, motion_id=motion.id, reason=" ") == "reason"
    await instance.units.write(give_up, by=author.id, motion_id=motion.id, reason="Not now.")
    assert await state_of(instance, motion) is ProposalState.REJECTED
    assert await refused(instance, give_up, by=author.id, motion_id=motion.id, reason="Again.") == "round-state"


async def test_an_open_round_and_other_methods_have_no_next_round(instance: Instance) -> None:
    ada, *_ = await join(instance.units, "ada", "ben", "cy")
    consent, resolution = await ask(instance, ada, method="consent", body=TEXT), await ask(instance, ada)
    for motion in (consent, resolution):
        new = version(instance, BETTER)
        assert await refused(instance, next_round, by=ada.id, motion_id=motion.id, new=new) == "round-state"
    await pass_time(instance, days=8)
    new = version(instance, BETTER)
    assert await refused(instance, next_round, by=ada.id, motion_id=resolution.id, new=new) == "round-state"
    again = await instance.units.write(next_round, by=ada.id, motion_id=consent.id, new=version(instance, TEXT))
    assert again.state is MotionState.OPEN
