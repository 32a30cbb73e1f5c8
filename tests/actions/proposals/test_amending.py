"""Amendments from proposal to merged text: friendly, formal, stale, voted on, contradicting (governance.md 2.1)."""

from collections.abc import Awaitable
from typing import Any

import pytest

from fedcoop.actions.motions.motion import annul_motion
from fedcoop.actions.proposals import amendment_votes as votes
from fedcoop.actions.proposals import amendments as actions
from fedcoop.actions.proposals import proposal_steps as steps
from fedcoop.actions.proposals.co_authors import add_author
from fedcoop.governance.members.member import Member
from fedcoop.governance.motions.motion import Motion
from fedcoop.governance.proposals.amendments import Amendment, AmendmentKind, Change, Operation
from fedcoop.governance.proposals.paragraphs import paragraphs_of
from fedcoop.governance.proposals.proposal import Proposal
from fedcoop.kernel.errors import FedcoopError
from tests.actions.coop import join, run_timers, vote
from tests.actions.drafting import DAY, TEXT, discussed, later, now, revise, state
from tests.conftest import Instance

INTRO, RYE, PAY, RISK = (paragraph.id for paragraph in paragraphs_of(TEXT))
LESS = Change(Operation.REPLACE, PAY, "2. We pay 2 cents more.")
NOTHING = Change(Operation.DELETE, PAY)
SPELT = Change(Operation.INSERT_AFTER, RYE, "2. We buy spelt.")


async def refused(step: Awaitable[Any], code: str) -> None:
    with pytest.raises(FedcoopError) as found:
        await step
    assert found.value.code == code


async def amend(
    instance: Instance, by: Member, proposal: Proposal, change: Change = LESS, *, kind: str = "formal"
) -> Amendment:
    return await instance.units.write(
        actions.propose_amendment,
        by=by.id,
        uuid=proposal.uuid,
        kind=AmendmentKind(kind),
        change=change,
        reason="Why not",
    )


async def supported(instance: Instance, by: Member, proposal: Proposal, change: Change, *backers: Member) -> Amendment:
    amendment = await amend(instance, by, proposal, change)
    for backer in backers:
        amendment = await instance.units.write(actions.back_amendment, by=backer.id, uuid=amendment.uuid)
    assert amendment.state.value == "supported"
    return amendment


async def stored(instance: Instance, amendment: Amendment) -> Amendment:
    found = await instance.units.read(lambda uow: uow.proposals.find_amendment(amendment.uuid))
    assert found is not None
    return found


async def open_motion_on(instance: Instance, proposal: Proposal) -> Motion:
    found = await instance.units.read(lambda uow: uow.motions.motions_of(proposal.id))
    [running] = [motion for motion in found if motion.state.value == "open"]
    return running


async def decide(instance: Instance, proposal: Proposal, *votes_: tuple[Member, tuple[str, ...]]) -> Motion:
    """Everybody votes on the amendment's motion that is open, and it closes."""
    motion = await open_motion_on(instance, proposal)
    for member, choice in votes_:
        await vote(instance, member, motion, *choice)
    await later(instance, 3 * DAY + DAY / 24)
    return motion


# --- friendly ---------------------------------------------------------------------------------------------------


async def test_a_friendly_amendment_that_every_author_accepts_is_a_new_version(instance: Instance) -> None:
    ana, bo, cy = await join(instance.units, "ana", "bo", "cy")
    proposal = await discussed(instance, ana)
    await instance.units.write(add_author, by=ana.id, uuid=proposal.uuid, name="bo")
    amendment = await amend(instance, cy, proposal, kind="friendly")
    await refused(instance.units.write(actions.back_amendment, by=cy.id, uuid=amendment.uuid), "not-an-author")
    await instance.units.write(actions.back_amendment, by=ana.id, uuid=amendment.uuid)
    assert (await now(instance, proposal)).version == 1
    done = await instance.units.write(actions.back_amendment, by=bo.id, uuid=amendment.uuid)
    text = await now(instance, proposal)
    assert (done.state.value, text.version, text.body) == ("accepted", 2, TEXT.replace("4 cents", "2 cents"))
    versions = await instance.units.read(lambda uow: uow.proposals.versions(proposal.id))
    assert versions[-1].note == "Amendment by Cy"
    await refused(instance.units.write(actions.back_amendment, by=ana.id, uuid=amendment.uuid), "amendment-state")


async def test_one_that_the_authors_decline_can_seek_sponsors(instance: Instance) -> None:
    ana, bo, cy, dee = await join(instance.units, "ana", "bo", "cy", "dee")
    proposal = await discussed(instance, ana)
    amendment = await amend(instance, bo, proposal, kind="friendly")
    await refused(instance.units.write(actions.decline_amendment, by=cy.id, uuid=amendment.uuid), "not-an-author")
    declined = await instance.units.write(actions.decline_amendment, by=ana.id, uuid=amendment.uuid)
    assert declined.state.value == "declined"
    await refused(instance.units.write(actions.make_formal, by=cy.id, uuid=amendment.uuid), "not-your-amendment")
    formal = await instance.units.write(actions.make_formal, by=bo.id, uuid=amendment.uuid)
    assert (formal.kind.value, formal.state.value) == ("formal", "open")
    await refused(instance.units.write(actions.make_formal, by=bo.id, uuid=amendment.uuid), "amendment-formal")
    await refused(instance.units.write(actions.decline_amendment, by=ana.id, uuid=amendment.uuid), "amendment-formal")
    await refused(instance.units.write(actions.back_amendment, by=bo.id, uuid=amendment.uuid), "amendment-own")
    for backer in (cy, dee):
        formal = await instance.units.write(actions.back_amendment, by=backer.id, uuid=amendment.uuid)
    assert formal.state.value == "supported"
    weaker = await instance.units.write(actions.unback_amendment, by=dee.id, uuid=amendment.uuid)
    assert weaker.state.value == "open"


# --- refusals ---------------------------------------------------------------------------------------------------


async def test_an_amendment_must_say_something_about_the_present_text(instance: Instance) -> None:
    ana, bo = await join(instance.units, "ana", "bo")
    proposal = await discussed(instance, ana)
    assert (await amend(instance, bo, proposal)).state.value == "open"
    await refused(amend(instance, bo, proposal, Change(Operation.REPLACE, PAY, " ")), "amendment-text")
    await refused(
        amend(instance, bo, proposal, Change(Operation.REPLACE, "nowhere", "2. Less.")), "amendment-paragraph"
    )
    long = instance.units.write(
        actions.propose_amendment,
        by=bo.id,
        uuid=proposal.uuid,
        kind=AmendmentKind.FORMAL,
        change=LESS,
        reason="x" * 2001,
    )
    await refused(long, "amendment-reason")
    await refused(instance.units.write(actions.back_amendment, by=bo.id, uuid=proposal.uuid), "amendment-unknown")
    await later(instance, 3 * DAY)
    await refused(amend(instance, bo, proposal), "amendment-phase")


# --- stale ------------------------------------------------------------------------------------------------------


async def test_an_amendment_is_stale_when_its_paragraph_changed_until_it_is_based_anew(instance: Instance) -> None:
    ana, bo, cy, dee = await join(instance.units, "ana", "bo", "cy", "dee")
    proposal = await discussed(instance, ana)
    about_pay = await supported(instance, bo, proposal, LESS, cy, dee)
    about_rye = await supported(instance, bo, proposal, SPELT, cy, dee)
    second = await revise(instance, ana, proposal, TEXT.replace("4 cents", "3 cents"))
    assert (await stored(instance, about_pay)).state.value == "stale"
    assert (await stored(instance, about_rye)).state.value == "supported"
    await refused(instance.units.write(actions.back_amendment, by=ana.id, uuid=about_pay.uuid), "amendment-state")
    await refused(_rebase(instance, cy, about_pay, LESS), "not-your-amendment")
    await refused(_rebase(instance, bo, about_pay, LESS), "amendment-paragraph")
    again = Change(Operation.REPLACE, paragraphs_of(second.body)[2].id, "2. We pay 2 cents more.")
    rebased = await _rebase(instance, bo, about_pay, again)
    assert (rebased.state.value, rebased.based_on) == ("open", 2)
    assert await instance.units.read(lambda uow: uow.proposals.backers([rebased.id])) == {rebased.id: []}


async def _rebase(instance: Instance, by: Member, amendment: Amendment, change: Change) -> Amendment:
    return await instance.units.write(actions.rebase_amendment, by=by.id, uuid=amendment.uuid, change=change)


async def test_what_found_no_support_lapses_when_the_text_is_fixed(instance: Instance) -> None:
    ana, bo, cy = await join(instance.units, "ana", "bo", "cy")
    proposal = await discussed(instance, ana)
    weak = await amend(instance, bo, proposal)
    offered = await amend(instance, bo, proposal, SPELT, kind="friendly")
    taken_back = await amend(instance, cy, proposal, NOTHING)
    await refused(
        instance.units.write(actions.withdraw_amendment, by=bo.id, uuid=taken_back.uuid), "not-your-amendment"
    )
    await instance.units.write(actions.withdraw_amendment, by=cy.id, uuid=taken_back.uuid)
    await later(instance, 3 * DAY)
    assert await state(instance, proposal) == "frozen"
    found = [(await stored(instance, item)).state.value for item in (weak, offered, taken_back)]
    assert found == ["lapsed", "declined", "withdrawn"]


# --- votes ------------------------------------------------------------------------------------------------------


async def test_formal_amendments_are_voted_before_the_main_text_and_merged(instance: Instance) -> None:
    ana, bo, cy, dee = await join(instance.units, "ana", "bo", "cy", "dee")
    proposal = await discussed(instance, ana)
    less = await supported(instance, bo, proposal, LESS, cy, dee)
    spelt = await supported(instance, bo, proposal, SPELT, cy, dee)
    lost = await supported(instance, cy, proposal, Change(Operation.DELETE, RISK), bo, dee)
    await instance.units.write(
        actions.order_amendments, by=ana.id, uuid=proposal.uuid, order=[spelt.uuid, less.uuid, lost.uuid]
    )
    await refused(_order(instance, bo, proposal), "not-an-office")
    await later(instance, 3 * DAY)
    assert await state(instance, proposal) == "discussion"  # its amendments are voted on first
    assert (await stored(instance, spelt)).state.value == "voting"
    await refused(instance.units.write(steps.freeze, by=ana.id, uuid=proposal.uuid), "amendments-open")
    await refused(instance.units.write(votes.begin, by=ana.id, uuid=proposal.uuid), "vote-running")
    await refused(instance.units.write(steps.withdraw, by=ana.id, uuid=proposal.uuid), "vote-running")
    await refused(revise(instance, ana, proposal, "Other."), "amendment-vote")
    await refused(amend(instance, bo, proposal), "amendment-vote")
    await decide(instance, proposal, (ana, ("for",)), (bo, ("for",)), (cy, ("against",)))
    assert (await stored(instance, spelt)).state.value == "carried"
    assert (await stored(instance, less)).state.value == "voting"
    await decide(instance, proposal, (ana, ("for",)), (bo, ("for",)))
    await decide(instance, proposal, (ana, ("against",)), (bo, ("for",)), (dee, ("against",)))
    text = await now(instance, proposal)
    assert text.state.value == "frozen"
    assert text.body == (
        "We bake with local grain.\n\n1. We buy rye.\n2. We buy spelt.\n3. We pay 2 cents more.\n4. We share the risk."
    )
    assert text.version == 2
    found = [(await stored(instance, item)).state.value for item in (spelt, less, lost)]
    assert found == ["accepted", "accepted", "not_carried"]
    await later(instance, 2 * DAY)
    main = await open_motion_on(instance, proposal)
    assert (main.body, main.title) == (text.body, "Bake with local grain")


async def _order(instance: Instance, by: Member, proposal: Proposal) -> None:
    await instance.units.write(actions.order_amendments, by=by.id, uuid=proposal.uuid, order=[])


async def test_two_accepted_on_one_paragraph_go_to_one_ranked_ballot_with_the_text_unchanged(
    instance: Instance,
) -> None:
    ana, bo, cy, dee = await join(instance.units, "ana", "bo", "cy", "dee")
    proposal = await discussed(instance, ana)
    less = await supported(instance, bo, proposal, LESS, cy, dee)
    nothing = await supported(instance, cy, proposal, NOTHING, bo, dee)
    await instance.units.write(votes.begin, by=ana.id, uuid=proposal.uuid)
    for _ in range(2):
        await decide(instance, proposal, (ana, ("for",)), (bo, ("for",)), (dee, ("for",)))
    choosing = await open_motion_on(instance, proposal)
    assert choosing.method == "schulze"
    assert [option.key for option in choosing.options][-1] == "unchanged"
    found = [(await stored(instance, item)).state.value for item in (less, nothing)]
    assert found == ["conflicting", "conflicting"]
    keys = (nothing.uuid[:8], "unchanged", less.uuid[:8])
    await decide(instance, proposal, (ana, keys), (bo, keys), (dee, keys[::-1]))
    assert [(await stored(instance, item)).state.value for item in (less, nothing)] == ["not_carried", "accepted"]
    assert "cents" not in (await now(instance, proposal)).body
    assert await state(instance, proposal) == "frozen"


async def test_the_text_unchanged_may_win_and_nothing_is_merged(instance: Instance) -> None:
    ana, bo, cy, dee = await join(instance.units, "ana", "bo", "cy", "dee")
    proposal = await discussed(instance, ana)
    await supported(instance, bo, proposal, LESS, cy, dee)
    await supported(instance, cy, proposal, NOTHING, bo, dee)
    await instance.units.write(votes.begin, by=ana.id, uuid=proposal.uuid)
    for _ in range(2):
        await decide(instance, proposal, (ana, ("for",)), (bo, ("for",)), (dee, ("for",)))
    await decide(instance, proposal, (ana, ("unchanged",)), (bo, ("unchanged",)))
    await later(instance, DAY)
    text = await now(instance, proposal)
    assert (text.body, text.version, text.state.value) == (TEXT, 1, "frozen")


async def test_an_annulled_vote_on_an_amendment_is_held_again(instance: Instance) -> None:
    ana, bo, cy, dee = await join(instance.units, "ana", "bo", "cy", "dee")
    proposal = await discussed(instance, ana)
    less = await supported(instance, bo, proposal, LESS, cy, dee)
    await refused(instance.units.write(votes.begin, by=cy.id, uuid=proposal.uuid), "not-an-office")
    await instance.units.write(votes.begin, by=ana.id, uuid=proposal.uuid)
    first = await open_motion_on(instance, proposal)
    await instance.units.write(annul_motion, by=ana.id, motion_id=first.id, reason="Wrong text.")
    assert await state(instance, proposal) == "discussion"
    await run_timers(instance)
    second = await open_motion_on(instance, proposal)
    assert second.id != first.id
    await instance.units.write(votes.settle, str(first.id))  # a timer that fires twice
    assert (await stored(instance, less)).motion_id == second.id


async def test_without_a_supported_amendment_there_is_nothing_to_vote_on(instance: Instance) -> None:
    ana, bo, cy, dee = await join(instance.units, "ana", "bo", "cy", "dee")
    proposal = await discussed(instance, ana)
    await amend(instance, bo, proposal)
    await refused(instance.units.write(votes.begin, by=ana.id, uuid=proposal.uuid), "amendments-none")
    await supported(instance, bo, proposal, SPELT, cy, dee)
    assert await instance.units.write(votes.begin, by=ana.id, uuid=proposal.uuid) is not None
    await later(instance, 10 * DAY)
    await refused(instance.units.write(votes.begin, by=ana.id, uuid=proposal.uuid), "amendment-phase")
