"""Proxies: a member names another for one vote, and the holder casts a ballot for them (governance.md 8; design.md 5)."""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime

from fedcoop.actions.acting import in_name_of
from fedcoop.actions.delegation.delegations import check_pair, take_back
from fedcoop.governance.delegation.delegation_rule import DelegationMode, ProxyNaming
from fedcoop.governance.delegation.mandates import PassedVote
from fedcoop.governance.delegation.representation import Grant, cap_of
from fedcoop.governance.events import BallotCast, RepresentationChanged
from fedcoop.governance.motions.ballots import Ballot, Cast, accept, entitled
from fedcoop.governance.motions.choices import Choice
from fedcoop.governance.motions.motion import Channel, Motion, MotionState
from fedcoop.governance.proof import logchain
from fedcoop.kernel.clock import rfc3339
from fedcoop.kernel.errors import BallotRefused, Conflict, Invalid, NotFound
from fedcoop.kernel.html import prose
from fedcoop.kernel.ids import MemberId, MotionId
from fedcoop.storage.unit_of_work import UnitOfWork

MAX_INSTRUCTION = 500


@dataclass(frozen=True, slots=True)
class Naming:
    """Whom a member names for one vote. With an instruction the vote is given only by a ballot cast for the member."""

    to: MemberId
    instruction: str = ""


@in_name_of("by")
def name_proxy(uow: UnitOfWork, *, by: MemberId, motion_id: MotionId, naming: Naming, who: str = "") -> PassedVote:
    """The holder may cast the member's vote in this motion; one named before is named no longer.

    Raises NotAllowed, Invalid (`delegation-self`, `delegation-instruction`) or Conflict (`delegation-off`,
    `delegation-late`, `delegation-ineligible`, `delegation-cap`, `delegation-voted`).
    """
    motion = uow.motions.get(motion_id, lock=True)
    check_pair(uow, by=by, to=naming.to)
    instruction = prose(naming.instruction)
    if len(instruction) > MAX_INSTRUCTION:
        raise Invalid(
            "delegation-instruction", f"An instruction has at most {MAX_INSTRUCTION} characters.", field="instruction"
        )
    _check_naming(uow, motion, by, naming.to)
    former = uow.delegations.vote_of(motion_id, by)
    if former is not None:
        take_back(uow, former)
    vote = PassedVote(
        motion_id=motion_id,
        delegator_id=by,
        delegate_id=naming.to,
        delegation_id=None,
        granted_at=uow.now,
        instructed=bool(instruction),
        instruction=instruction,
    )
    order = uow.delegations.count_votes(motion_id)
    uow.delegations.put_vote(vote)
    if motion.state is MotionState.OPEN:
        _log_grant(uow, motion, vote, order)
    uow.audit("proxy-named", who=who or f"member:{by}", subject=motion.url, details={"to": f"member:{naming.to}"})
    return vote


def _check_naming(uow: UnitOfWork, motion: Motion, by: MemberId, to: MemberId) -> None:
    rule = motion.settings.delegation
    if rule.mode is not DelegationMode.PROXY:
        raise Conflict("delegation-off", "In this vote nobody can be named to vote for you.")
    if not naming_is_open(uow, motion, to):
        raise Conflict("delegation-late", "It is too late to name somebody for this vote. Vote yourself.")
    if motion.state is MotionState.OPEN:
        if any(uow.motions.roll_entry(motion.id, member) is None for member in (by, to)):
            raise Conflict("delegation-ineligible", "Both of you must be on the roll of this vote.")
        if uow.motions.ballot_of(motion.id, by) is not None:
            raise Conflict("delegation-voted", "You have voted, and that stands. Withdraw your vote first.")
    others = [vote for vote in uow.delegations.votes_to(motion.id, to) if vote.delegator_id != by]
    if len(others) >= cap_of(rule, motion.eligible):
        raise Conflict("delegation-cap", "This member votes for as many others as one may. Choose somebody else.")


def naming_is_open(uow: UnitOfWork, motion: Motion, holder: MemberId) -> bool:
    """Return whether the holder may be named still: until the opening, or until their first ballot (governance.md 8)."""
    if motion.state is MotionState.SCHEDULED:
        return True
    if motion.state is not MotionState.OPEN or uow.now > motion.closes_at:
        return False
    if motion.settings.delegation.naming is not ProxyNaming.FIRST_BALLOT:
        return False
    cast = [vote.ballot_id for vote in uow.delegations.votes_to(motion.id, holder) if vote.ballot_id is not None]
    return not cast and uow.motions.ballot_of(motion.id, holder) is None


def _log_grant(uow: UnitOfWork, motion: Motion, vote: PassedVote, order: int) -> None:
    """The log tells the grant; its order is beyond all before, because both counts only grow and one does each time."""
    voters = uow.delegations.voters(motion.id)
    giver, taker = voters.get(vote.delegator_id), voters.get(vote.delegate_id)
    if giver is None:
        return
    named = Grant(
        giver.voter,
        None if taker is None else taker.voter,
        order + uow.delegations.log_length(motion.id),
        vote.instructed,
    )
    uow.motions.append_log(motion.id, motion.url, logchain.grant_entry(named, rfc3339(uow.now)))
    uow.record(RepresentationChanged(motion_id=motion.id))


def cast_for(
    uow: UnitOfWork,
    *,
    holder: MemberId,
    principal: MemberId,
    motion_id: MotionId,
    choice: Choice,
    received_at: datetime,
    reason: str = "",
) -> Ballot:
    """The holder of a proxy casts a ballot for the principal, who may still vote themselves.

    Raises NotFound (`delegation-unknown`) and BallotRefused: `delegation-overridden` where the principal has voted, else
    as for any ballot.
    """
    motion = uow.motions.get(motion_id, lock=True)
    vote = uow.delegations.vote_of(motion_id, principal)
    if vote is None or vote.delegate_id != holder or motion.settings.delegation.mode is not DelegationMode.PROXY:
        raise NotFound("delegation-unknown", "You do not vote for this member here.")
    own, status, _ = uow.motions.voter_state(motion_id, holder)
    speaker = entitled(own, status)
    if speaker is None:
        raise BallotRefused("ineligible", "You have no vote here, so cannot cast one for another.")
    entry, status, earlier = uow.motions.voter_state(motion_id, principal)
    if earlier is not None and earlier.id != vote.ballot_id:
        raise BallotRefused("delegation-overridden", "This member has voted, and that vote stands.")
    cast = Cast(choice, reason, Channel.WEB, None, received_at, received_at)
    nonce = secrets.token_hex(16)
    ballot = accept(motion, entitled(entry, status), earlier, cast, ballot_id=uow.new_id(), nonce=nonce)
    uow.motions.put_ballots([ballot], motion.url)
    uow.motions.append_log(motion.id, motion.url, logchain.ballot_entry(ballot, speaker.voter))
    uow.delegations.put_vote(replace(vote, ballot_id=ballot.id))
    uow.audit("proxy-ballot", who=f"member:{holder}", subject=motion.url, details={"voter": ballot.voter})
    uow.record(BallotCast(motion_id=motion.id))
    return ballot
