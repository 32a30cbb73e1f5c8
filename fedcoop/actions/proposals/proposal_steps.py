"""The steps of a proposal until its vote opens: sponsors, freezing, opening, withdrawing; by hand or by timer (governance.md 2).

Timers look at the state and the dates as they are now: one that fires twice, late, or after the step was taken by hand
does nothing more.
"""

from dataclasses import replace
from datetime import timedelta

from fedcoop.actions.acting import in_name_of
from fedcoop.actions.motions.motion import build_motion
from fedcoop.actions.motions.transitions import move, who
from fedcoop.actions.proposals import amendment_votes
from fedcoop.actions.proposals.proposal import (
    FREEZE_TIMER,
    LAPSE_TIMER,
    OPEN_VOTE_TIMER,
    WITHDRAW_TIMER,
    begin_discussion,
    draft_of,
    locked,
    plan_of,
    put_to_vote,
    sponsors_needed,
)
from fedcoop.governance.events import ProposalMoved
from fedcoop.governance.members.bylaws import Bylaws
from fedcoop.governance.members.permissions import Deed, demand
from fedcoop.governance.motions import lifecycle
from fedcoop.governance.motions.motion import Motion
from fedcoop.governance.proposals import drafting
from fedcoop.governance.proposals.amendments import CHANGEABLE, UNDECIDED, AmendmentKind, AmendmentState
from fedcoop.governance.proposals.drafting import Plan
from fedcoop.governance.proposals.proposal import UNDER_DISCUSSION, Proposal, ProposalEvent, ProposalState, after
from fedcoop.kernel.ids import MemberId, ProposalId
from fedcoop.storage.records import Sponsor
from fedcoop.storage.unit_of_work import UnitOfWork

LOOK_AGAIN = timedelta(minutes=10)


# --- sponsors ---------------------------------------------------------------------------------------------------


@in_name_of("by")
def add_sponsor(uow: UnitOfWork, *, by: MemberId, uuid: str) -> Proposal:
    """The member stands behind the proposal; with enough of them its discussion begins.

    Raises NotAllowed, Conflict (`sponsor-own`, `sponsor-state`).
    """
    demand(uow.members.get(by), Deed.SPONSOR, Bylaws())
    proposal, plan = locked(uow, uuid)
    drafting.demand(drafting.may_sponsor(proposal.state, by, uow.proposals.writers(proposal)))
    if uow.proposals.add_sponsor(Sponsor(proposal.id, by, proposal.version, uow.now)):
        _audit(uow, proposal, "sponsor-added", by=by)
    enough = drafting.may_be_admitted(sponsors=len(uow.proposals.sponsors(proposal.id)), needed=plan.sponsors_needed)
    if proposal.state is not ProposalState.ADMISSION or enough is not None:
        return proposal
    moved = _move(uow, proposal, ProposalEvent.SPONSORED)
    begin_discussion(uow, moved, plan)
    return moved


@in_name_of("by")
def withdraw_sponsor(uow: UnitOfWork, *, by: MemberId, uuid: str) -> None:
    """The member stands behind the proposal no more. Raises Conflict (`sponsor-state`) after the vote has opened."""
    proposal, _ = locked(uow, uuid)
    drafting.demand(drafting.may_sponsor(proposal.state, by, ()))
    if uow.proposals.drop_sponsor(proposal.id, by):
        _audit(uow, proposal, "sponsor-withdrawn", by=by)


def lapse(uow: UnitOfWork, key: str) -> None:
    """Timer: too few stood behind the proposal in time."""
    proposal = uow.proposals.get(ProposalId(int(key)), lock=True)
    if proposal.state is not ProposalState.ADMISSION:
        return
    plan = plan_of(uow, proposal.id)
    sponsors = len(uow.proposals.sponsors(proposal.id))
    refusal = drafting.may_lapse(plan, uow.now, sponsors=sponsors, needed=sponsors_needed(uow, proposal, plan))
    if refusal is None:
        _move(uow, proposal, ProposalEvent.LAPSE)
    elif plan.admission_ends_at is not None and uow.now < plan.admission_ends_at:
        uow.set_timer(LAPSE_TIMER, key, plan.admission_ends_at)


# --- freezing ---------------------------------------------------------------------------------------------------


@in_name_of("by")
def freeze(uow: UnitOfWork, *, by: MemberId, uuid: str) -> Proposal:
    """The text is fixed, and the dates of the vote are announced.

    Raises NotAllowed, Conflict (`discussion-short`, `amendments-open`, `withdrawal-asked`, `proposal-state`).
    """
    proposal, plan = locked(uow, uuid)
    demand(uow.members.get(by), Deed.COORDINATE, Bylaws(), own=by in uow.proposals.writers(proposal))
    after(proposal, ProposalEvent.FREEZE)
    drafting.demand(_may_freeze(uow, proposal, plan))
    return _frozen(uow, proposal, plan, by=by)


def end_discussion(uow: UnitOfWork, key: str) -> None:
    """Timer: the discussion is over. The text is fixed, or the votes on its amendments begin."""
    proposal = uow.proposals.get(ProposalId(int(key)), lock=True)
    if proposal.state is not ProposalState.DISCUSSION:
        return
    plan = plan_of(uow, proposal.id)
    if plan.discussion_ends_at is not None and uow.now < plan.discussion_ends_at:
        uow.set_timer(FREEZE_TIMER, key, plan.discussion_ends_at)
        return
    refusal = _may_freeze(uow, proposal, plan)
    if refusal is None:
        _frozen(uow, proposal, plan, by=None)
    elif refusal.code == "amendments-open":
        amendment_votes.go_on(uow, proposal, plan)
        uow.set_timer(FREEZE_TIMER, key, uow.now + LOOK_AGAIN)
    elif refusal.code == "discussion-short":
        uow.set_timer(FREEZE_TIMER, key, uow.now + LOOK_AGAIN)


def _may_freeze(uow: UnitOfWork, proposal: Proposal, plan: Plan) -> drafting.Refusal | None:
    waiting = sum(item.state in UNDECIDED for item in uow.proposals.amendments(proposal.id))
    return drafting.may_freeze(plan, uow.now, open_amendments=waiting, bylaws=Bylaws())


def _frozen(uow: UnitOfWork, proposal: Proposal, plan: Plan, *, by: MemberId | None) -> Proposal:
    """Fix text and dates; amendments that found too little support lapse."""
    for item in uow.proposals.amendments(proposal.id):
        if item.state in CHANGEABLE:
            state = AmendmentState.LAPSED if item.kind is AmendmentKind.FORMAL else AmendmentState.DECLINED
            uow.proposals.put_amendment(replace(item, state=state, decided_at=uow.now))
    dated = drafting.frozen(plan, uow.now, text_hash="")
    fixed = _fixed_words(uow, proposal, dated)
    uow.proposals.put_plan(fixed)
    uow.queues.drop_timer(FREEZE_TIMER, str(proposal.id))
    assert fixed.opens_at is not None
    uow.set_timer(OPEN_VOTE_TIMER, str(proposal.id), fixed.opens_at)
    _audit(uow, proposal, "text-fixed", by=by, details={"text_hash": fixed.text_hash, "version": proposal.version})
    return _move(uow, proposal, ProposalEvent.FREEZE, by=by)


def _fixed_words(uow: UnitOfWork, proposal: Proposal, plan: Plan) -> Plan:
    """Return the plan with its hash, and in words what else would depend on the day of opening: grace, silence (7.5)."""
    opens_at, closes_at = plan.opens_at, plan.closes_at
    assert opens_at is not None
    assert closes_at is not None
    grace = f"{int(uow.site.config.federation.grace.total_seconds())}s"
    plan = replace(plan, settings={"grace": grace, **plan.settings})
    draft = draft_of(proposal, plan, opens_at=opens_at, closes_at=closes_at)
    motion, _ = build_motion(uow, by=proposal.author_id, draft=draft, proposal_id=proposal.id)
    silence = motion.settings.extra.get("silence")
    words = {**plan.settings, "silence": str(silence)} if isinstance(silence, str) else plan.settings
    return replace(plan, settings=words, text_hash=motion.text_hash)


# --- opening ----------------------------------------------------------------------------------------------------


@in_name_of("by")
def open_vote(uow: UnitOfWork, *, by: MemberId, uuid: str) -> Motion:
    """The vote on the frozen text is open. Raises NotAllowed, Conflict (`notice-runs`, `vote-running`, `proposal-state`)."""
    proposal, plan = locked(uow, uuid)
    demand(uow.members.get(by), Deed.COORDINATE, Bylaws(), own=by in uow.proposals.writers(proposal))
    after(proposal, ProposalEvent.OPEN)
    drafting.demand(drafting.may_open(plan, uow.now, running=lifecycle.running(uow.motions.motions_of(proposal.id))))
    return _opened(uow, proposal, plan, by=by)


def open_due(uow: UnitOfWork, key: str) -> None:
    """Timer: the notice is over and the vote opens."""
    proposal = uow.proposals.get(ProposalId(int(key)), lock=True)
    if proposal.state is not ProposalState.FROZEN:
        return
    plan = plan_of(uow, proposal.id)
    if plan.opens_at is not None and uow.now < plan.opens_at:
        uow.set_timer(OPEN_VOTE_TIMER, key, plan.opens_at)
        return
    if drafting.may_open(plan, uow.now, running=lifecycle.running(uow.motions.motions_of(proposal.id))) is None:
        _opened(uow, proposal, plan, by=None)


def _opened(uow: UnitOfWork, proposal: Proposal, plan: Plan, *, by: MemberId | None) -> Motion:
    move(uow, proposal.id, ProposalEvent.OPEN, by=who(by))
    uow.queues.drop_timer(OPEN_VOTE_TIMER, str(proposal.id))
    return put_to_vote(uow, proposal, replace(plan, opens_at=uow.now), by=by or proposal.author_id)


# --- withdrawing ------------------------------------------------------------------------------------------------


@in_name_of("by")
def withdraw(uow: UnitOfWork, *, by: MemberId, uuid: str) -> Proposal:
    """The author takes the proposal back: at once, or in three days if sponsors could adopt it.

    Raises NotAllowed, Conflict (`withdrawal-asked`, `vote-running`, `proposal-state`).
    """
    proposal, plan = locked(uow, uuid)
    demand(uow.members.get(by), Deed.COORDINATE, Bylaws(), own=proposal.author_id == by)
    after(proposal, ProposalEvent.WITHDRAW)
    drafting.demand(drafting.may_withdraw(plan))
    drafting.demand(drafting.may_run(running=lifecycle.running(uow.motions.motions_of(proposal.id))))
    if not uow.proposals.sponsors(proposal.id):
        _drop_timers(uow, proposal)
        return _move(uow, proposal, ProposalEvent.WITHDRAW, by=by)
    ends_at = uow.now + Bylaws().adoption
    uow.proposals.put_plan(replace(plan, withdrawal_at=ends_at))
    uow.set_timer(WITHDRAW_TIMER, str(proposal.id), ends_at)
    _audit(uow, proposal, "withdrawal-asked", by=by)
    return proposal


@in_name_of("by")
def adopt(uow: UnitOfWork, *, by: MemberId, uuid: str) -> Proposal:
    """A sponsor makes a proposal that is being withdrawn their own; it goes on where it was.

    Raises Conflict (`adoption-over`, `adoption-sponsor`).
    """
    demand(uow.members.get(by), Deed.SPONSOR, Bylaws())
    proposal, plan = locked(uow, uuid)
    sponsors = {sponsor.member_id for sponsor in uow.proposals.sponsors(proposal.id)}
    drafting.demand(drafting.may_adopt(plan, uow.now, is_sponsor=by in sponsors))
    uow.proposals.drop_sponsor(proposal.id, by)
    uow.queues.drop_timer(WITHDRAW_TIMER, str(proposal.id))
    adopted = replace(move(uow, proposal.id, ProposalEvent.ADOPT, by=who(by)), author_id=by)
    uow.proposals.put(adopted)
    kept = replace(plan, withdrawal_at=None)
    uow.proposals.put_plan(kept)
    _arm(uow, adopted, kept)
    return adopted


def end_withdrawal(uow: UnitOfWork, key: str) -> None:
    """Timer: nobody adopted the proposal; it is withdrawn."""
    proposal = uow.proposals.get(ProposalId(int(key)), lock=True)
    plan = uow.proposals.plan(proposal.id)
    if plan is None or plan.withdrawal_at is None or proposal.state not in UNDER_DISCUSSION:
        return
    if uow.now < plan.withdrawal_at:
        uow.set_timer(WITHDRAW_TIMER, key, plan.withdrawal_at)
        return
    _drop_timers(uow, proposal)
    _move(uow, proposal, ProposalEvent.WITHDRAW)


# --- shared -----------------------------------------------------------------------------------------------------


def _drop_timers(uow: UnitOfWork, proposal: Proposal) -> None:
    for timer in (LAPSE_TIMER, FREEZE_TIMER, OPEN_VOTE_TIMER):
        uow.queues.drop_timer(timer, str(proposal.id))


def _arm(uow: UnitOfWork, proposal: Proposal, plan: Plan) -> None:
    """Set the timer of the proposal's state again: it may have fired in vain while a withdrawal was pending."""
    due = {
        ProposalState.ADMISSION: (LAPSE_TIMER, plan.admission_ends_at),
        ProposalState.DISCUSSION: (FREEZE_TIMER, plan.discussion_ends_at),
        ProposalState.FROZEN: (OPEN_VOTE_TIMER, plan.opens_at),
    }
    name, at = due[proposal.state]
    if at is not None:
        uow.set_timer(name, str(proposal.id), max(at, uow.now))


def _move(uow: UnitOfWork, proposal: Proposal, event: ProposalEvent, *, by: MemberId | None = None) -> Proposal:
    """Take the step; others hear of it, unless it was a draft that nobody else has seen."""
    moved = move(uow, proposal.id, event, by=who(by))
    if proposal.state is not ProposalState.DRAFT:
        uow.record(ProposalMoved(proposal_id=proposal.id))
    return moved


def _audit(
    uow: UnitOfWork,
    proposal: Proposal,
    what: str,
    *,
    by: MemberId | None,
    details: dict[str, object] | None = None,
) -> None:
    uow.audit(what, who=who(by), subject=uow.urls.proposal(proposal.uuid), details=details)
