"""The outcome of a vote that binds nobody, in words, and its re-opening; dates and ends of decisions (governance.md 2)."""

from dataclasses import replace
from datetime import datetime

from fedcoop.actions.acting import in_name_of
from fedcoop.actions.motions.after_count import EFFECTIVE_TIMER, REVIEW_TIMER, conclude, set_date
from fedcoop.actions.motions.motion import CLOSE_TIMER
from fedcoop.actions.motions.transitions import move, who
from fedcoop.governance.events import MotionReopened, OutcomeStated
from fedcoop.governance.follow_ups import decision_register as register
from fedcoop.governance.follow_ups.decision_register import Decision, Statement
from fedcoop.governance.members.bylaws import Bylaws
from fedcoop.governance.members.permissions import Deed, demand
from fedcoop.governance.motions import lifecycle
from fedcoop.governance.motions.motion import Motion, MotionState
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.proof import logchain
from fedcoop.governance.proposals.proposal import Proposal, ProposalEvent, ProposalState
from fedcoop.kernel.clock import rfc3339
from fedcoop.kernel.errors import Conflict, Invalid, MotionRefused
from fedcoop.kernel.html import prose
from fedcoop.kernel.ids import MemberId, MotionId, ProposalId, new_uuid
from fedcoop.storage.unit_of_work import UnitOfWork


@in_name_of("by")
def state_outcome(
    uow: UnitOfWork, *, by: MemberId | None, motion_id: MotionId, text: str, options: tuple[str, ...]
) -> Statement:
    """The outcome stands in words beside the tally, which stays as it was counted; a later text is a new version.

    The first one decides the proposal. Raises NotAllowed, Conflict (`outcome-binding`, `outcome-state`), Invalid.
    """
    motion = uow.motions.get(motion_id, lock=True)
    if by is not None:
        demand(uow.members.get(by), Deed.COORDINATE, Bylaws(), own=motion.opened_by == by)
    if lifecycle.is_binding(motion) or motion.method == "advice":
        raise Conflict("outcome-binding", "The count or the decider decides this; its outcome is not stated by hand.")
    if motion.state is not MotionState.DECIDED:
        raise Conflict("outcome-state", "An outcome is stated once the vote is counted.")
    proposal = uow.motions.get_proposal(motion.proposal_id)
    if proposal.state not in (ProposalState.CLOSED, ProposalState.DECIDED, ProposalState.IN_FORCE):
        raise Conflict("outcome-state", "This proposal takes no outcome any more.")
    register.check_statement(text, options, motion.options if METHODS[motion.method].key != "questions" else ())
    statement = add_statement(uow, motion, by=by, code="", text=text, options=options)
    if proposal.state is ProposalState.CLOSED:
        conclude(uow, motion, carried=True, by=who(by, nobody="operator"), reason="outcome stated")
    return statement


def add_statement(
    uow: UnitOfWork, motion: Motion, *, by: MemberId | None, code: str, text: str, options: tuple[str, ...] = ()
) -> Statement:
    """Store the next version of the outcome's text and tell of it."""
    version = len(uow.deciding.statements(motion.id)) + 1
    statement = Statement(motion.id, version, code, prose(text), options, by, uow.now, new_uuid())
    uow.deciding.add_statement(statement)
    details = {"version": version, "options": list(options), "code": code}
    uow.audit("outcome-stated", who=who(by, nobody="operator"), subject=motion.url, details=details)
    uow.record(OutcomeStated(motion_id=motion.id, version=version))
    return statement


@in_name_of("by")
def reopen(uow: UnitOfWork, *, by: MemberId | None, motion_id: MotionId, closes_at: datetime, reason: str) -> Motion:
    """Votes on a motion that binds nobody are taken again; ballots stand, the first count stays in the log (governance.md 2).

    Raises NotAllowed, MotionRefused (`reopen-binding`, `reopen-secret`, `reopen-state`, `closes_at`, `reason`).
    """
    motion = uow.motions.get(motion_id, lock=True)
    if by is not None:
        demand(uow.members.get(by), Deed.COORDINATE, Bylaws(), own=motion.opened_by == by)
    proposal = uow.motions.get_proposal(motion.proposal_id)
    if proposal.state is not ProposalState.CLOSED:
        raise MotionRefused("reopen-state", "Only a counted vote without a stated outcome can be opened again.")
    again = lifecycle.reopened(motion, closes_at, reason, uow.now)
    before = uow.motions.outcome_of(motion_id)
    assert before is not None
    uow.exports.drop_parts(motion_id)
    uow.motions.drop_outcome(motion_id)
    uow.motions.put(again)
    uow.motions.append_log(again.id, again.url, logchain.reopen_entry(again, prose(reason)))
    by_ = who(by, nobody="operator")
    move(uow, proposal.id, ProposalEvent.CALL_AGAIN, by=by_, reason=prose(reason))
    move(uow, proposal.id, ProposalEvent.OPEN, by=by_, reason=prose(reason))
    uow.queues.move_timer(CLOSE_TIMER, str(again.id), lifecycle.acceptance_ends_at(again))
    details = {"before": rfc3339(motion.closes_at), "after": rfc3339(closes_at), "tally": before.tally}
    uow.audit("motion-reopened", who=by_, subject=again.url, details=details, reason=prose(reason))
    uow.record(MotionReopened(motion_id=again.id, reason=prose(reason)))
    return again


# --- decisions --------------------------------------------------------------------------------------------------


@in_name_of("by")
def set_effective(uow: UnitOfWork, *, by: MemberId | None, proposal_id: ProposalId, at: datetime) -> Decision:
    """The decision comes into force at this instant. Raises NotAllowed, Conflict (`effective-state`) or Invalid."""
    proposal, line = _line(uow, by, proposal_id)
    changed = register.with_effective(line, proposal.state, at, uow.now)
    uow.deciding.put_decision(changed)
    if proposal.state is ProposalState.DECIDED:
        set_date(uow, EFFECTIVE_TIMER, proposal_id, at)
    _audit_date(uow, proposal, "decision-effective", by, before=line.effective_at, after=at)
    return changed


@in_name_of("by")
def set_review(uow: UnitOfWork, *, by: MemberId | None, proposal_id: ProposalId, at: datetime) -> Decision:
    """The decision is looked at again at this instant; one that is due for review stays until then.

    Raises NotAllowed, Conflict (`review-state`) or Invalid (`review-early`).
    """
    proposal, line = _line(uow, by, proposal_id)
    changed = register.with_review(line, proposal.state, at, uow.now)
    uow.deciding.put_decision(changed)
    set_date(uow, REVIEW_TIMER, proposal_id, at)
    if proposal.state is ProposalState.REVIEW_DUE:
        move(uow, proposal_id, ProposalEvent.KEEP, by=who(by, nobody="operator"), reason="reviewed")
    _audit_date(uow, proposal, "decision-review", by, before=line.review_at, after=at)
    return changed


@in_name_of("by")
def end_decision(
    uow: UnitOfWork,
    *,
    by: MemberId | None,
    proposal_id: ProposalId,
    by_proposal: ProposalId,
    repeals: bool,
    reason: str,
) -> Decision:
    """A newer decision in force supersedes or repeals this one; each names the other.

    Raises NotAllowed, Conflict (`proposal-state`, `newer-not-in-force`, `newer-is-older`).
    """
    _, line = _line(uow, by, proposal_id)
    newer, newer_line = _line(uow, by, by_proposal)
    if newer.state not in (ProposalState.IN_FORCE, ProposalState.REVIEW_DUE):
        raise Conflict(
            "newer-not-in-force", f"The newer decision is {newer.state.value.replace('_', ' ')}, not in force."
        )
    older = line.decided_at is None or newer_line.decided_at is None or newer_line.decided_at <= line.decided_at
    if older or by_proposal == proposal_id:
        raise Conflict("newer-is-older", "A decision is replaced by a newer one.")
    event = ProposalEvent.REPEAL if repeals else ProposalEvent.SUPERSEDE
    move(uow, proposal_id, event, by=who(by, nobody="operator"), reason=prose(reason) or newer_line.label)
    ended = replace(line, ended_at=uow.now, ended_by=by_proposal)
    uow.deciding.put_decision(ended)
    set_date(uow, REVIEW_TIMER, proposal_id, None)
    return ended


@in_name_of("by")
def end_by_number(
    uow: UnitOfWork, *, by: MemberId | None, proposal_id: ProposalId, number: str, repeals: bool, reason: str
) -> Decision:
    """As `end_decision`, with the newer decision named by its number in the register, such as 2026-18."""
    newer = uow.deciding.numbered(number.strip())
    if newer is None:
        raise Invalid("number", f"There is no decision {number} in the register.", field="number")
    return end_decision(
        uow, by=by, proposal_id=proposal_id, by_proposal=newer.proposal_id, repeals=repeals, reason=reason
    )


def _line(uow: UnitOfWork, by: MemberId | None, proposal_id: ProposalId) -> tuple[Proposal, Decision]:
    """Return the proposal and its line of the register, if the member may set its dates: its author, or an office."""
    proposal = uow.motions.get_proposal(proposal_id)
    if by is not None:
        demand(uow.members.get(by), Deed.COORDINATE, Bylaws(), own=proposal.author_id == by)
    return proposal, uow.deciding.decision(proposal_id) or Decision(proposal_id)


def _audit_date(
    uow: UnitOfWork,
    proposal: Proposal,
    what: str,
    by: MemberId | None,
    *,
    before: datetime | None,
    after: datetime,
) -> None:
    details = {"before": rfc3339(before) if before else "", "after": rfc3339(after)}
    uow.audit(what, who=who(by, nobody="operator"), subject=uow.urls.proposal(proposal.uuid), details=details)
