"""A proposal from draft to its vote: each row of the table, each guard beside its success, timers twice (governance.md 2)."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from fedcoop.actions.proposals import co_authors
from fedcoop.actions.proposals import proposal as actions
from fedcoop.actions.proposals import proposal_steps as steps
from fedcoop.governance.members.member import Member
from fedcoop.governance.motions.motion import Channel, MotionState
from fedcoop.governance.proposals.proposal import Proposal
from fedcoop.kernel.errors import FedcoopError
from fedcoop.storage import tables as t
from tests.actions.coop import audited, join, rows, run_timers, vote
from tests.actions.drafting import DAY, TEXT, discussed, drafted, frozen, later, now, plan_now, revise, state, wanted
from tests.conftest import Instance


async def refused(step: Awaitable[Any], code: str) -> None:
    with pytest.raises(FedcoopError) as found:
        await step
    assert found.value.code == code


async def motions_on(instance: Instance, proposal: Proposal) -> list[Any]:
    return [row for row in await rows(instance, t.motions) if row.proposal_id == proposal.id]


# --- drafts -----------------------------------------------------------------------------------------------------


async def test_a_draft_keeps_what_was_typed_and_only_its_author_changes_it(instance: Instance) -> None:
    ana, bo = await join(instance.units, "ana", "bo")
    draft = await drafted(instance, ana, title="", body="", options=("Rye | dark",), settings={"quorum": "1/10"})
    plan = await plan_now(instance, draft)
    assert (plan.options, plan.settings) == (("Rye | dark",), {"quorum": "1/10"})
    again = await instance.units.write(actions.save_draft, by=ana.id, wanted=wanted(title="Oven"), uuid=draft.uuid)
    assert (again.id, again.title, again.version, again.state.value) == (draft.id, "Oven", 1, "draft")
    change = {"wanted": wanted(), "uuid": draft.uuid}
    await refused(instance.units.write(actions.save_draft, by=bo.id, **change), "proposal-unknown")
    await refused(instance.units.write(actions.submit, by=bo.id, uuid=draft.uuid), "proposal-unknown")
    await instance.units.write(actions.discard_draft, by=ana.id, uuid=draft.uuid)
    assert await state(instance, draft) == "withdrawn"
    await refused(instance.units.write(actions.save_draft, by=ana.id, **change), "proposal-state")


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("title", {"title": " "}),
        ("method", {"method": "magic"}),
        ("options", {"method": "approval", "options": ("Rye",)}),
        ("option-icon", {"method": "approval", "options": ("Rye | | loaf", "Wheat")}),
        ("quorum", {"settings": {"quorum": "many"}}),
        ("channels", {"channels": frozenset()}),
    ],
)
async def test_a_draft_that_is_not_complete_is_refused_at_its_field(
    instance: Instance, code: str, changes: dict[str, Any]
) -> None:
    ana, _ = await join(instance.units, "ana", "bo")
    assert (await discussed(instance, ana)).state.value == "discussion"
    await refused(discussed(instance, ana, **changes), code)


async def test_who_has_no_vote_cannot_propose(instance: Instance) -> None:
    ana, _ = await join(instance.units, "ana", "bo")
    await drafted(instance, ana)
    await instance.units.write(lambda uow: uow.conn.execute(t.members.update().values(status="suspended")))
    await refused(drafted(instance, ana), "not-a-member")


async def test_a_proposal_for_members_is_voted_on_these_pages_only(instance: Instance) -> None:
    ana, _ = await join(instance.units, "ana", "bo")
    assert (await plan_now(instance, await drafted(instance, ana, audience="members"))).channels == {Channel.WEB}
    await refused(drafted(instance, ana, audience="friends"), "audience")


# --- submitting -------------------------------------------------------------------------------------------------


async def test_a_template_without_phases_opens_the_vote_at_once_or_later(instance: Instance) -> None:
    ana, _ = await join(instance.units, "ana", "bo")
    draft = await drafted(instance, ana, discusses=False)
    proposal, motion = await instance.units.write(actions.submit, by=ana.id, uuid=draft.uuid)
    assert motion is not None
    assert (proposal.state.value, motion.state, motion.proposal_id) == ("voting", MotionState.OPEN, draft.id)
    scheduled = await drafted(instance, ana, discusses=False, opens_at=instance.clock.now() + DAY)
    proposal, motion = await instance.units.write(actions.submit, by=ana.id, uuid=scheduled.uuid)
    assert motion is not None
    assert (proposal.state.value, motion.state) == ("frozen", MotionState.SCHEDULED)
    await later(instance, DAY)
    assert await state(instance, scheduled) == "voting"


async def test_the_whole_road_by_timers_alone(instance: Instance) -> None:
    ana, bo = await join(instance.units, "ana", "bo")
    begun = instance.clock.now()
    proposal = await discussed(instance, ana)
    await later(instance, 3 * DAY - timedelta(seconds=1))
    assert await state(instance, proposal) == "discussion"
    await later(instance, timedelta(seconds=1))
    plan = await plan_now(instance, proposal)
    assert await state(instance, proposal) == "frozen"
    assert (plan.notice_ends_at, plan.opens_at, plan.closes_at) == (begun + 5 * DAY, begun + 5 * DAY, begun + 12 * DAY)
    await later(instance, 2 * DAY)
    [row] = await motions_on(instance, proposal)
    assert (await state(instance, proposal), row.state) == ("voting", "open")
    assert (row.text_hash, row.context_uuid, row.body) == (plan.text_hash, plan.context_uuid, TEXT)
    motion = await instance.units.read(lambda uow: uow.motions.get(row.id))
    await vote(instance, ana, motion, "for")
    await vote(instance, bo, motion, "for")
    await later(instance, 8 * DAY)
    assert await state(instance, proposal) in ("decided", "in_force")
    moves = [row.details["event"] for row in await audited(instance, "proposal-moved")]
    assert moves[:4] == ["discuss", "freeze", "open", "close"]


@pytest.mark.parametrize("timer", [steps.lapse, steps.end_discussion, steps.open_due, steps.end_withdrawal])
async def test_a_timer_that_fires_twice_or_early_or_in_another_state_does_nothing(
    instance: Instance, timer: Callable[..., None]
) -> None:
    ana, bo, _ = await join(instance.units, "ana", "bo", "cy")
    proposal = await discussed(instance, ana, seeks_sponsors=True)
    for _ in range(2):
        await instance.units.write(timer, str(proposal.id))
        assert await state(instance, proposal) == "admission"
    talked = await discussed(instance, ana)
    for _ in range(2):
        await instance.units.write(timer, str(talked.id))
        assert await state(instance, talked) == "discussion"
    fixed = await frozen(instance, bo)
    for _ in range(2):
        await instance.units.write(timer, str(fixed.id))
        assert await state(instance, fixed) == "frozen"
    instance.clock.advance(2 * DAY)
    await run_timers(instance)
    for _ in range(2):
        await instance.units.write(timer, str(fixed.id))
        assert await state(instance, fixed) == "voting"
    assert len(await motions_on(instance, fixed)) == 1


# --- sponsors ---------------------------------------------------------------------------------------------------


async def test_with_enough_sponsors_the_discussion_begins(instance: Instance) -> None:
    ana, bo, cy, dee = await join(instance.units, "ana", "bo", "cy", "dee")
    proposal = await discussed(instance, ana, seeks_sponsors=True)
    assert (proposal.state.value, (await plan_now(instance, proposal)).sponsors_needed) == ("admission", 2)
    await refused(instance.units.write(steps.add_sponsor, by=ana.id, uuid=proposal.uuid), "sponsor-own")
    for _ in range(2):
        await instance.units.write(steps.add_sponsor, by=bo.id, uuid=proposal.uuid)
    assert await state(instance, proposal) == "admission"
    await instance.units.write(steps.withdraw_sponsor, by=bo.id, uuid=proposal.uuid)
    await instance.units.write(steps.add_sponsor, by=cy.id, uuid=proposal.uuid)
    assert await state(instance, proposal) == "admission"
    await later(instance, 20 * DAY)
    await instance.units.write(steps.add_sponsor, by=dee.id, uuid=proposal.uuid)
    assert await state(instance, proposal) == "discussion"
    assert (await plan_now(instance, proposal)).discussion_ends_at == instance.clock.now() + 3 * DAY
    await later(instance, 3 * DAY)  # the day on which it would have lapsed passes too
    assert await state(instance, proposal) == "frozen"
    await later(instance, 2 * DAY)
    await refused(instance.units.write(steps.add_sponsor, by=bo.id, uuid=proposal.uuid), "sponsor-state")
    await refused(instance.units.write(steps.withdraw_sponsor, by=cy.id, uuid=proposal.uuid), "sponsor-state")


async def test_without_enough_sponsors_it_lapses_after_thirty_days(instance: Instance) -> None:
    ana, bo, _ = await join(instance.units, "ana", "bo", "cy")
    proposal = await discussed(instance, ana, seeks_sponsors=True)
    await instance.units.write(steps.add_sponsor, by=bo.id, uuid=proposal.uuid)
    await later(instance, 30 * DAY - timedelta(seconds=1))
    assert await state(instance, proposal) == "admission"
    await later(instance, timedelta(seconds=1))
    assert await state(instance, proposal) == "lapsed"
    await refused(instance.units.write(steps.withdraw, by=ana.id, uuid=proposal.uuid), "proposal-state")


# --- editing ----------------------------------------------------------------------------------------------------


async def test_authors_edit_and_each_wording_stays_readable(instance: Instance) -> None:
    ana, bo, cy = await join(instance.units, "ana", "bo", "cy")
    proposal = await discussed(instance, ana)
    await instance.units.write(steps.add_sponsor, by=cy.id, uuid=proposal.uuid)
    await refused(revise(instance, bo, proposal, "Mine."), "not-an-author")
    await instance.units.write(co_authors.add_author, by=ana.id, uuid=proposal.uuid, name="@bo")
    second = await revise(instance, bo, proposal, f"{TEXT}\n\nFrom 2027.", note="A date")
    assert second.version == 2
    versions = await instance.units.read(lambda uow: uow.proposals.versions(proposal.id))
    assert [(item.n, item.author_id, item.note) for item in versions] == [(1, ana.id, ""), (2, bo.id, "A date")]
    [changed] = await audited(instance, "proposal-changed")
    assert changed.details == {"version": 2, "sponsors": [int(cy.id)]}
    await instance.units.write(co_authors.leave_authors, by=bo.id, uuid=proposal.uuid)
    await refused(revise(instance, bo, second, "Mine."), "not-an-author")


async def test_who_edited_an_older_version_overwrites_nobody(instance: Instance) -> None:
    ana, _ = await join(instance.units, "ana", "bo")
    proposal = await discussed(instance, ana)
    second = await revise(instance, ana, proposal, "We bake with rye.")
    await refused(revise(instance, ana, proposal, "We bake with wheat."), "edited-meanwhile")
    assert (await now(instance, proposal)).body == "We bake with rye."
    await refused(revise(instance, ana, second, "We bake with rye."), "text-unchanged")
    await refused(revise(instance, ana, second, "x" * 50_001), "body")
    assert (await revise(instance, ana, second, "We bake with wheat.")).version == 3


async def test_options_change_with_a_version_and_are_checked(instance: Instance) -> None:
    ana, _ = await join(instance.units, "ana", "bo")
    proposal = await discussed(instance, ana, method="approval", options=("Rye", "Wheat"))
    await refused(revise(instance, ana, proposal, TEXT, options=("Rye",)), "options")
    await revise(instance, ana, proposal, TEXT, options=("Rye", "Spelt | From here | sprout"))
    assert (await plan_now(instance, proposal)).options == ("Rye", "Spelt | From here | sprout")


@pytest.mark.parametrize("name", ["nobody", "ana"])
async def test_only_another_member_can_be_a_co_author(instance: Instance, name: str) -> None:
    ana, bo = await join(instance.units, "ana", "bo")
    proposal = await discussed(instance, ana)
    await refused(instance.units.write(co_authors.add_author, by=ana.id, uuid=proposal.uuid, name=name), "co-author")
    await refused(instance.units.write(co_authors.add_author, by=bo.id, uuid=proposal.uuid, name="bo"), "not-an-author")
    await instance.units.write(co_authors.add_author, by=ana.id, uuid=proposal.uuid, name="bo")
    await later(instance, 3 * DAY)
    await refused(
        instance.units.write(co_authors.add_author, by=ana.id, uuid=proposal.uuid, name="bo"), "proposal-state"
    )


# --- freezing and opening ---------------------------------------------------------------------------------------


async def test_freezing_waits_for_the_shortest_discussion(instance: Instance) -> None:
    _, bo, cy = await join(instance.units, "ana", "bo", "cy")
    proposal = await discussed(instance, bo, discussion_ends_at=instance.clock.now() + 20 * DAY)
    await later(instance, 3 * DAY - timedelta(seconds=1))
    await refused(instance.units.write(steps.freeze, by=bo.id, uuid=proposal.uuid), "discussion-short")
    await later(instance, timedelta(seconds=1))
    await refused(instance.units.write(steps.freeze, by=cy.id, uuid=proposal.uuid), "not-an-office")
    assert (await instance.units.write(steps.freeze, by=bo.id, uuid=proposal.uuid)).state.value == "frozen"
    await refused(revise(instance, bo, await now(instance, proposal), "Other."), "proposal-state")


async def test_a_change_of_rules_is_discussed_for_fourteen_days(instance: Instance) -> None:
    ana, _ = await join(instance.units, "ana", "bo")
    proposal = await discussed(instance, ana, settings={"preset": "rule_change"})
    await later(instance, 13 * DAY)
    await refused(instance.units.write(steps.freeze, by=ana.id, uuid=proposal.uuid), "discussion-short")
    await later(instance, DAY)
    assert await state(instance, proposal) == "frozen"


async def test_opening_by_hand_waits_for_the_notice(instance: Instance) -> None:
    ana, bo = await join(instance.units, "ana", "bo")
    proposal = await frozen(instance, bo, opens_at=instance.clock.now() + 30 * DAY)
    await refused(instance.units.write(steps.open_vote, by=bo.id, uuid=proposal.uuid), "notice-runs")
    await later(instance, 2 * DAY)
    assert await state(instance, proposal) == "frozen"  # the wished date is later
    motion = await instance.units.write(steps.open_vote, by=ana.id, uuid=proposal.uuid)
    assert (motion.state, motion.opens_at) == (MotionState.OPEN, instance.clock.now())
    await refused(instance.units.write(steps.open_vote, by=ana.id, uuid=proposal.uuid), "proposal-state")
    await later(instance, 30 * DAY)
    assert len(await motions_on(instance, proposal)) == 1


# --- withdrawing ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [discussed, frozen])
async def test_the_author_withdraws_at_once_where_nobody_stands_behind_it(
    instance: Instance, make: Callable[..., Awaitable[Proposal]]
) -> None:
    _, bo, cy = await join(instance.units, "ana", "bo", "cy")
    proposal = await make(instance, bo)
    await refused(instance.units.write(steps.withdraw, by=cy.id, uuid=proposal.uuid), "not-an-office")
    await instance.units.write(steps.withdraw, by=bo.id, uuid=proposal.uuid)
    await later(instance, 40 * DAY)
    assert await state(instance, proposal) == "withdrawn"
    assert not await motions_on(instance, proposal)


async def test_sponsors_have_three_days_to_adopt_what_is_withdrawn(instance: Instance) -> None:
    ana, bo, cy = await join(instance.units, "ana", "bo", "cy")
    adopted, dropped = [await _sponsored_and_withdrawn(instance, ana, bo) for _ in range(2)]
    await refused(instance.units.write(steps.withdraw, by=ana.id, uuid=adopted.uuid), "withdrawal-asked")
    await refused(instance.units.write(steps.adopt, by=cy.id, uuid=adopted.uuid), "adoption-sponsor")
    mine = await instance.units.write(steps.adopt, by=bo.id, uuid=adopted.uuid)
    assert (mine.author_id, mine.state.value) == (bo.id, "discussion")
    await later(instance, 3 * DAY)
    assert await state(instance, dropped) == "withdrawn"
    assert await state(instance, adopted) == "frozen"
    await refused(instance.units.write(steps.adopt, by=bo.id, uuid=adopted.uuid), "adoption-over")


async def test_what_is_being_withdrawn_is_neither_fixed_nor_opened(instance: Instance) -> None:
    ana, bo = await join(instance.units, "ana", "bo")
    proposal = await discussed(instance, ana)
    await instance.units.write(steps.add_sponsor, by=bo.id, uuid=proposal.uuid)
    await later(instance, 2 * DAY)
    await instance.units.write(steps.withdraw, by=ana.id, uuid=proposal.uuid)
    await later(instance, DAY)  # the discussion would be over
    await refused(instance.units.write(steps.freeze, by=ana.id, uuid=proposal.uuid), "withdrawal-asked")
    assert await state(instance, proposal) == "discussion"
    await instance.units.write(steps.adopt, by=bo.id, uuid=proposal.uuid)
    await run_timers(instance)
    assert await state(instance, proposal) == "frozen"  # adopted, it goes on where it was


async def _sponsored_and_withdrawn(instance: Instance, author: Member, sponsor: Member) -> Proposal:
    proposal = await discussed(instance, author)
    await instance.units.write(steps.add_sponsor, by=sponsor.id, uuid=proposal.uuid)
    await instance.units.write(steps.withdraw, by=author.id, uuid=proposal.uuid)
    assert await state(instance, proposal) == "discussion"
    return proposal


async def test_during_the_vote_its_author_cannot_withdraw(instance: Instance) -> None:
    ana, _ = await join(instance.units, "ana", "bo")
    proposal = await discussed(instance, ana)
    await later(instance, 3 * DAY)
    await later(instance, 2 * DAY)
    assert await state(instance, proposal) == "voting"
    await refused(instance.units.write(steps.withdraw, by=ana.id, uuid=proposal.uuid), "proposal-state")


# --- what other servers hear ------------------------------------------------------------------------------------


async def test_a_next_version_after_a_round_is_discussed_and_voted_on_anew(instance: Instance) -> None:
    ana, bo, cy = await join(instance.units, "ana", "bo", "cy")
    proposal = await discussed(instance, ana, method="consent", discusses=False)
    [row] = await motions_on(instance, proposal)
    motion = await instance.units.read(lambda uow: uow.motions.get(row.id))
    for member, choice in ((ana, "consent"), (bo, "consent"), (cy, "objection")):
        await vote(instance, member, motion, choice, reason="It harms our aim of rest.")
    await later(instance, 8 * DAY)
    assert await state(instance, proposal) == "closed"
    change = actions.Edit("Bake with local grain", f"{TEXT}\n4. Nobody works nights.", 1, "Rest")
    revised = await instance.units.write(actions.next_version, by=ana.id, uuid=proposal.uuid, change=change)
    assert (revised.version, await state(instance, proposal)) == (2, "discussion")
    await later(instance, 3 * DAY)
    await later(instance, 2 * DAY)
    assert [row.state for row in await motions_on(instance, proposal)] == ["decided", "open"]
