"""What members have granted: standing delegations by scope, proxies for one vote, and what an opening freezes of them.

Source: governance.md 8. The narrowest scope wins: this vote, then its topic, then the whole co-op. Who is represented
in the end is `representation`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

from fedcoop.governance.delegation.delegation_rule import DelegationMode, DelegationRule
from fedcoop.governance.delegation.representation import Grant
from fedcoop.kernel.ids import MemberId, MotionId

LASTS = timedelta(days=365)
LAPSES_AFTER = timedelta(days=180)
NOTICE = timedelta(days=14)


class Scope(StrEnum):
    """What a standing delegation is for."""

    POLL = "poll"
    TOPIC = "topic"
    COOP = "coop"


class _Width(IntEnum):
    POLL = 0
    TOPIC = 1
    COOP = 2


class Ended(StrEnum):
    """Why a delegation is over."""

    REVOKED = "revoked"
    REPLACED = "replaced"
    EXPIRED = "expired"
    LAPSED = "lapsed"
    MEMBERSHIP = "membership"


@dataclass(frozen=True, slots=True)
class Delegation:
    """A standing grant. `topic` or `motion_id` says more of its scope; `hidden` is from the delegate's list.

    `noticed_at` is when the delegator was told that it lapses, `ended_at` when it was over, `ended_why` why.
    """

    id: int
    delegator_id: MemberId
    delegate_id: MemberId
    scope: Scope
    topic: str
    motion_id: MotionId | None
    granted_at: datetime
    expires_at: datetime
    hidden: bool
    noticed_at: datetime | None = None
    ended_at: datetime | None = None
    ended_why: str = ""

    def in_force(self, at: datetime) -> bool:
        """Return whether it holds at this instant."""
        return self.ended_at is None and at < self.expires_at

    def covers(self, rule: DelegationRule, motion_id: MotionId) -> bool:
        """Return whether it is for this motion."""
        if self.scope is Scope.POLL:
            return self.motion_id == motion_id
        return self.scope is Scope.COOP or (rule.topic != "" and self.topic == rule.topic)


@dataclass(frozen=True, slots=True)
class PassedVote:
    """A vote as one motion has it: a proxy, or a standing delegation frozen at the opening (`delegation_id`).

    `instruction` is what the principal wrote; `instructed` gives the vote only by a ballot cast for the principal.
    `ballot_id` is the ballot that the holder cast for them, if any. `off_roll` says that the delegate was not on the roll
    at the opening: that stays so when a correction brings them in, because the log tells the grants of the opening.
    """

    motion_id: MotionId
    delegator_id: MemberId
    delegate_id: MemberId
    delegation_id: int | None
    granted_at: datetime
    hidden: bool = False
    off_roll: bool = False
    instructed: bool = False
    instruction: str = ""
    ballot_id: int | None = None
    revoked_at: datetime | None = None


def freeze_delegations(
    rule: DelegationRule, motion_id: MotionId, standing: Iterable[Delegation], *, at: datetime
) -> list[PassedVote]:
    """Return of each delegator the narrowest delegation in force, as the motion keeps it; nothing unless it is liquid."""
    if rule.mode is not DelegationMode.LIQUID:
        return []
    chosen: dict[MemberId, Delegation] = {}
    for item in standing:
        if item.in_force(at) and item.covers(rule, motion_id):
            former = chosen.get(item.delegator_id)
            if former is None or _Width[item.scope.name] < _Width[former.scope.name]:
                chosen[item.delegator_id] = item
    return [
        PassedVote(
            motion_id=motion_id,
            delegator_id=item.delegator_id,
            delegate_id=item.delegate_id,
            delegation_id=item.id,
            granted_at=item.granted_at,
            hidden=item.hidden,
        )
        for item in chosen.values()
    ]


def grants_of(
    votes: Iterable[PassedVote], voters: Mapping[MemberId, str], numbers: Mapping[MemberId, int]
) -> list[Grant]:
    """Return the grants among the voters of a roll, by pseudonym and in order: time of the grant, then member number.

    `voters` are those with a vote; who passes on a vote without being on the roll has nothing to pass on.
    """
    own = [vote for vote in votes if vote.delegator_id in voters]
    own.sort(key=lambda vote: (vote.granted_at, numbers[vote.delegator_id]))
    return [
        Grant(
            voters[vote.delegator_id],
            None if vote.off_roll else voters.get(vote.delegate_id),
            place,
            vote.instructed,
        )
        for place, vote in enumerate(own)
    ]


def lapses_at(last_active: datetime) -> datetime:
    """Return when delegations of a member lapse who was last seen then."""
    return last_active + LAPSES_AFTER


def notice_due(item: Delegation, last_active: datetime, now: datetime) -> bool:
    """Return whether the delegator is to be told now that it lapses: in time, and once for each silence."""
    told = item.noticed_at is not None and item.noticed_at > last_active
    return not told and now >= lapses_at(last_active) - NOTICE


def has_lapsed(item: Delegation, last_active: datetime, now: datetime) -> bool:
    """Return whether it lapses now: 180 days of silence, and told for 14 of them."""
    told = item.noticed_at
    return told is not None and told > last_active and now >= max(lapses_at(last_active), told + NOTICE)
