"""Passing on one's vote: standing delegations, renewed, revoked, lapsing; and what an opening freezes (governance.md 8).

Revoking works at once, also in votes that run; what is granted after an opening serves the next vote. Proxies for one
vote are `actions.delegation.proxies`.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fedcoop.actions.acting import in_name_of
from fedcoop.governance.delegation.delegation_rule import DelegationMode, topic_of
from fedcoop.governance.delegation.mandates import (
    LASTS,
    Delegation,
    Ended,
    PassedVote,
    Scope,
    freeze_delegations,
    has_lapsed,
    notice_due,
)
from fedcoop.governance.events import DelegationLapsing, RepresentationChanged
from fedcoop.governance.members.bylaws import Bylaws
from fedcoop.governance.members.member import ENDED, Member
from fedcoop.governance.members.permissions import Deed, demand
from fedcoop.governance.motions.motion import Motion, MotionState
from fedcoop.governance.proof import logchain
from fedcoop.governance.rolls.roll import pseudonym
from fedcoop.kernel.clock import rfc3339
from fedcoop.kernel.errors import Conflict, Invalid, MotionRefused, NotFound
from fedcoop.kernel.ids import MemberId, MotionId
from fedcoop.storage.delegation.delegations import slot_of
from fedcoop.storage.unit_of_work import UnitOfWork

KEEP_UP_TIMER = "keep_up_delegations"
KEEP_UP_EVERY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Wish:
    """Whom a member wants to speak for them, in what, and whether that person is not to see it."""

    to: MemberId
    scope: Scope = Scope.COOP
    topic: str = ""
    motion_id: MotionId | None = None
    hidden: bool = False


@in_name_of("by")
def grant(uow: UnitOfWork, *, by: MemberId, wish: Wish, who: str = "") -> Delegation:
    """The member's vote in this scope is passed on for 12 months, from the next opening on.

    To the same person as before it is renewed; to another it replaces the former one. Raises NotAllowed
    (`not-a-member`, `delegation-off`), Invalid (`delegation-self`, `delegation-topic`) or Conflict
    (`delegation-ineligible`, `delegation-late`).
    """
    check_pair(uow, by=by, to=wish.to)
    item = _new(uow, by, wish)
    former = uow.delegations.find(by, slot_of(item))
    if former is not None and former.delegate_id == item.delegate_id and former.in_force(uow.now):
        item = replace(former, expires_at=uow.now + LASTS, hidden=wish.hidden)
        uow.delegations.put(item)
    else:
        if former is not None:
            _end(uow, former, Ended.REPLACED)
        uow.delegations.add(item)
    uow.audit("delegation-granted", who=who or f"member:{by}", subject=f"member:{by}", details=_told(item))
    return item


def check_pair(uow: UnitOfWork, *, by: MemberId, to: MemberId) -> None:
    """Raise unless this member may let that one speak for them."""
    demand(uow.members.get(by), Deed.DELEGATE, Bylaws())
    if by == to:
        raise Invalid("delegation-self", "You speak for yourself already. Choose another member.", field="member")
    if not uow.members.get(to).may_vote:
        raise Conflict("delegation-ineligible", "This member has no vote now, so cannot cast yours.")


def _new(uow: UnitOfWork, by: MemberId, wish: Wish) -> Delegation:
    topic = ""
    if wish.scope is Scope.TOPIC:
        try:
            topic = topic_of(wish.topic)
        except MotionRefused as error:
            raise Invalid("delegation-topic", error.message, field="topic") from error
        if not topic:
            raise Invalid("delegation-topic", "Write the topic, such as food.", field="topic")
    if wish.scope is Scope.POLL:
        _check_poll(uow, wish.motion_id)
    return Delegation(
        id=uow.new_id(),
        delegator_id=by,
        delegate_id=wish.to,
        scope=wish.scope,
        topic=topic,
        motion_id=wish.motion_id if wish.scope is Scope.POLL else None,
        granted_at=uow.now,
        expires_at=uow.now + LASTS,
        hidden=wish.hidden,
    )


def _check_poll(uow: UnitOfWork, motion_id: MotionId | None) -> None:
    if motion_id is None:
        raise Invalid("delegation-topic", "Say which vote it is for.", field="motion")
    motion = uow.motions.get(motion_id)
    if motion.settings.delegation.mode is not DelegationMode.LIQUID:
        raise Conflict("delegation-off", "In this vote no delegation counts.")
    if motion.state is not MotionState.SCHEDULED:
        raise Conflict("delegation-late", "This vote has opened. What you grant now serves the next one.")


def _told(item: Delegation) -> dict[str, str]:
    return {"to": f"member:{item.delegate_id}", "scope": slot_of(item)}


@in_name_of("by")
def renew(uow: UnitOfWork, *, by: MemberId, delegation_id: int, who: str = "") -> Delegation:
    """The delegation lasts 12 months from now. Raises NotFound (`delegation-unknown`) or as `grant`."""
    item = _own(uow, by, delegation_id)
    check_pair(uow, by=by, to=item.delegate_id)
    renewed = replace(item, expires_at=uow.now + LASTS)
    uow.delegations.put(renewed)
    uow.audit("delegation-renewed", who=who or f"member:{by}", subject=f"member:{by}", details=_told(item))
    return renewed


@in_name_of("by")
def hide(uow: UnitOfWork, *, by: MemberId, delegation_id: int, hidden: bool) -> None:
    """The delegate sees this grant in their list no more, or again. Raises NotFound (`delegation-unknown`)."""
    item = _own(uow, by, delegation_id)
    uow.delegations.put(replace(item, hidden=hidden))
    for vote in uow.delegations.running_of_delegation(item.id):
        uow.delegations.put_vote(replace(vote, hidden=hidden))


@in_name_of("by")
def revoke(uow: UnitOfWork, *, by: MemberId, delegation_id: int, who: str = "") -> None:
    """The delegation is over at once, also in votes that run. Raises NotFound (`delegation-unknown`)."""
    item = _own(uow, by, delegation_id)
    _end(uow, item, Ended.REVOKED)
    uow.audit("delegation-revoked", who=who or f"member:{by}", subject=f"member:{by}", details=_told(item))


def _own(uow: UnitOfWork, by: MemberId, delegation_id: int) -> Delegation:
    item = uow.delegations.get(delegation_id)
    if item.delegator_id != by or item.ended_at is not None:
        raise NotFound("delegation-unknown", "There is no such delegation of yours.")
    return item


def _end(uow: UnitOfWork, item: Delegation, why: Ended) -> None:
    """The delegation is over; but for expiry and lapse, votes that run no longer follow it either."""
    uow.delegations.put(replace(item, ended_at=uow.now, ended_why=why.value))
    if why in (Ended.EXPIRED, Ended.LAPSED):
        return
    for vote in uow.delegations.running_of_delegation(item.id):
        take_back(uow, vote)


@in_name_of("by")
def revoke_in_motion(uow: UnitOfWork, *, by: MemberId, motion_id: MotionId, who: str = "") -> None:
    """Nobody speaks for the member in this vote any more; a standing delegation goes on for others.

    Raises NotFound (`delegation-unknown`) or Conflict (`delegation-late`).
    """
    vote = uow.delegations.vote_of(motion_id, by)
    if vote is None:
        raise NotFound("delegation-unknown", "Nobody speaks for you in this vote.")
    if not take_back(uow, vote):
        raise Conflict("delegation-late", "This vote has closed; its count follows what stood then.")
    motion = uow.motions.get(motion_id)
    uow.audit("delegation-revoked", who=who or f"member:{by}", subject=motion.url, details={"of": f"member:{by}"})


def take_back(uow: UnitOfWork, vote: PassedVote) -> bool:
    """Return whether the vote is no longer passed on in its motion: until the close only.

    A ballot that a proxy cast for the member falls with it. The log tells both.
    """
    motion = uow.motions.get(vote.motion_id, lock=True)
    if motion.state not in (MotionState.SCHEDULED, MotionState.OPEN) or uow.now > motion.closes_at:
        return False
    uow.delegations.put_vote(replace(vote, revoked_at=uow.now))
    if motion.state is MotionState.SCHEDULED:
        return True
    voter, ballot = _voter(uow, motion, vote), uow.motions.ballot_of(motion.id, vote.delegator_id)
    at = rfc3339(uow.now)
    if ballot is not None and ballot.id == vote.ballot_id:
        uow.motions.drop_ballot(motion.id, vote.delegator_id)
        withdrawal = logchain.withdrawal_entry(voter, ballot.channel.value, at)
        uow.motions.append_log(motion.id, motion.url, withdrawal)
    uow.motions.append_log(motion.id, motion.url, logchain.revocation_entry(voter, at))
    uow.record(RepresentationChanged(motion_id=motion.id))
    return True


def _voter(uow: UnitOfWork, motion: Motion, vote: PassedVote) -> str:
    """Return the delegator's pseudonym, also of one whose row a correction took out of the roll."""
    return pseudonym(motion.poll_secret, uow.members.get(vote.delegator_id).number)


def freeze(uow: UnitOfWork, motion: Motion) -> None:
    """What is granted now is what the motion keeps, and its log tells it; called once the roll stands."""
    rule = motion.settings.delegation
    if not rule.is_on:
        return
    on_roll = uow.rolls.with_vote(motion.id)
    for vote in uow.delegations.votes(motion.id):
        without = vote.delegator_id not in on_roll
        held = replace(vote, off_roll=vote.delegate_id not in on_roll, revoked_at=uow.now if without else None)
        uow.delegations.put_vote(held)
    frozen = freeze_delegations(rule, motion.id, uow.delegations.standing(), at=uow.now)
    own = [vote for vote in frozen if vote.delegator_id in on_roll]
    uow.delegations.add_votes([replace(vote, off_roll=vote.delegate_id not in on_roll) for vote in own])
    grants = uow.delegations.grants(motion.id, uow.delegations.voters(motion.id))
    uow.motions.append_log(motion.id, motion.url, logchain.delegations_entry(grants))


def end_of_membership(uow: UnitOfWork, *, member_id: MemberId) -> None:
    """Delegations from and to the member are over at once, in votes that run too."""
    for item in uow.delegations.of(member_id) + uow.delegations.to(member_id):
        if item.ended_at is None:
            _end(uow, item, Ended.MEMBERSHIP)
    for vote in uow.delegations.running_of(member_id):
        take_back(uow, vote)


def keep_up(uow: UnitOfWork, key: str) -> None:
    """Timer: what is 12 months old or lapsed is over, who falls silent is told; the timer is set again.

    A vote that runs keeps what its opening froze.
    """
    active, standing = uow.delegations.last_active(), uow.delegations.standing()
    names = uow.members.many([member for item in standing for member in (item.delegator_id, item.delegate_id)])
    for item in standing:
        _look_at(uow, item, _last_active(item, active), names)
    uow.queues.move_timer(KEEP_UP_TIMER, key, uow.now + KEEP_UP_EVERY)


def _last_active(item: Delegation, active: dict[MemberId, datetime]) -> datetime:
    return max(item.granted_at, item.expires_at - LASTS, active.get(item.delegator_id, item.granted_at))


def _look_at(uow: UnitOfWork, item: Delegation, active: datetime, members: dict[MemberId, Member]) -> None:
    if any(members[party].status in ENDED for party in (item.delegator_id, item.delegate_id)):
        _over(uow, item, Ended.MEMBERSHIP)
    elif not item.in_force(uow.now):
        _over(uow, item, Ended.EXPIRED)
    elif has_lapsed(item, active, uow.now):
        _over(uow, item, Ended.LAPSED)
    elif notice_due(item, active, uow.now):
        uow.delegations.put(replace(item, noticed_at=uow.now))
        uow.audit("delegation-lapsing", subject=f"member:{item.delegator_id}", details=_told(item))
        uow.record(DelegationLapsing(member_id=item.delegator_id))


def _over(uow: UnitOfWork, item: Delegation, why: Ended) -> None:
    _end(uow, item, why)
    uow.audit(f"delegation-{why.value}", subject=f"member:{item.delegator_id}", details=_told(item))
