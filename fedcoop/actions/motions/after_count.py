"""What follows a count: a further call by itself, a decision in the register, or a wait for somebody's word (governance.md 2).

Binding votes decide by their tally. What binds nobody stays closed until its outcome is stated, advice until the decider
decides, a consent round with objections until the next version or the fallback.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from fedcoop.actions.motions.scheduling import Next, add_sequel
from fedcoop.actions.motions.transitions import move, who
from fedcoop.governance.follow_ups.advice import CALL_IN
from fedcoop.governance.follow_ups.decision_register import Decision
from fedcoop.governance.follow_ups.further_votes import Plan, follows
from fedcoop.governance.motions.lifecycle import is_binding
from fedcoop.governance.motions.motion import Motion
from fedcoop.governance.motions.outcomes import OutcomeCode
from fedcoop.governance.proposals.proposal import ProposalEvent, ProposalState
from fedcoop.kernel.ids import ProposalId
from fedcoop.storage.unit_of_work import UnitOfWork

EFFECTIVE_TIMER = "decision_in_force"
REVIEW_TIMER = "decision_review"
SETTLED = (OutcomeCode.CARRIED, OutcomeCode.ELECTED, OutcomeCode.FUNDED)


def after_count(uow: UnitOfWork, motion: Motion, code: OutcomeCode) -> None:
    """The counted motion has its number, and its proposal is decided, rejected, called again, or waits for a word."""
    enter(uow, motion)
    plan = follows(motion, code, uow.deciding.sequel_of(motion.id), uow.now)
    said = uow.deciding.statement(motion.id)
    if plan is not None:
        _call_again(uow, motion, plan)
    elif said is not None and said.code:
        conclude(uow, motion, carried=said.code == OutcomeCode.CARRIED, by=who(said.by), not_before=CALL_IN)
    elif not waits(motion, code):
        conclude(uow, motion, carried=code in SETTLED)


def waits(motion: Motion, code: OutcomeCode) -> bool:
    """Return whether the tally alone settles nothing: no binding method, or a consent round that did not adopt."""
    if not is_binding(motion) or motion.method == "advice":
        return True
    return motion.method == "consent" and code not in SETTLED


def enter(uow: UnitOfWork, motion: Motion) -> Decision:
    """Return the line of the register, which from the first count on has a number such as 2026-18."""
    found = uow.deciding.decision(motion.proposal_id) or Decision(motion.proposal_id)
    if found.number is None:
        year = uow.now.astimezone(ZoneInfo(uow.site.config.instance.time_zone)).year
        found = replace(found, year=year, number=uow.deciding.next_number(year))
    found = replace(found, motion_id=motion.id)
    uow.deciding.put_decision(found)
    return found


def conclude(
    uow: UnitOfWork,
    motion: Motion,
    *,
    carried: bool,
    by: str = "system",
    reason: str = "",
    not_before: timedelta = timedelta(0),
) -> None:
    """The proposal is decided or rejected; a decided one comes into force at its date, `not_before` from now at the earliest."""
    found = replace(enter(uow, motion), decided_at=uow.now)
    move(
        uow,
        motion.proposal_id,
        ProposalEvent.DECIDE if carried else ProposalEvent.REJECT,
        by=by,
        reason=reason,
    )
    if not carried:
        uow.deciding.put_decision(found)
        return
    earliest = uow.now + not_before
    found = replace(found, effective_at=max(found.effective_at or earliest, earliest))
    uow.deciding.put_decision(found)
    set_date(uow, EFFECTIVE_TIMER, found.proposal_id, found.effective_at)
    set_date(uow, REVIEW_TIMER, found.proposal_id, found.review_at)


def set_date(uow: UnitOfWork, timer: str, proposal_id: ProposalId, at: datetime | None) -> None:
    """The timer waits for this date and for no other; due already, it fires at once."""
    if at is None:
        uow.queues.drop_timer(timer, str(proposal_id))
        return
    uow.queues.move_timer(timer, str(proposal_id), at)
    uow.wake("timers")


def take_effect(uow: UnitOfWork, key: str) -> None:
    """Timer: the decision is in force. Not decided (any more), or its date moved: nothing happens."""
    proposal_id = ProposalId(int(key))
    found = uow.deciding.decision(proposal_id)
    if found is None or found.effective_at is None or found.effective_at > uow.now:
        return
    if uow.motions.get_proposal(proposal_id).state is not ProposalState.DECIDED:
        return
    move(uow, proposal_id, ProposalEvent.TAKE_EFFECT)
    uow.deciding.put_decision(replace(found, in_force_at=uow.now))


def review_due(uow: UnitOfWork, key: str) -> None:
    """Timer: the decision is due for review; author and coordinators find it among what needs them."""
    proposal_id = ProposalId(int(key))
    found = uow.deciding.decision(proposal_id)
    if found is None or found.review_at is None or found.review_at > uow.now:
        return
    if uow.motions.get_proposal(proposal_id).state is ProposalState.IN_FORCE:
        move(uow, proposal_id, ProposalEvent.REVIEW)


def _call_again(uow: UnitOfWork, motion: Motion, plan: Plan) -> None:
    """The same text opens again by itself; a second count finds it there (the constraint of `sequels`)."""
    if any(sequel.kind is plan.kind for sequel in uow.deciding.sequels_after(motion.id)):
        return
    move(uow, motion.proposal_id, ProposalEvent.CALL_AGAIN, reason=plan.kind.value)
    again = Next(plan.opens_at, plan.closes_at, motion.title, motion.body, plan.settings)
    before = uow.deciding.sequel_of(motion.id)
    add_sequel(uow, motion, plan.kind, again, by=motion.opened_by, number=before.number if before else 1)
