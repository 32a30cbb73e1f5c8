"""A Motion is one decision: options, method, dates, locked settings, frozen roll (governance.md 2 to 4).

Here stands what a motion is and which step it may take when; who may take it is `permissions`, what its
ballots mean is `outcomes`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Any

from fedcoop.governance.delegation.delegation_rule import DelegationRule
from fedcoop.governance.members.electorate import ElectorateRule
from fedcoop.governance.members.weighting import Weighting
from fedcoop.governance.motions.requirements import Demand
from fedcoop.kernel.ids import MemberId, MotionId, ProposalId


class MotionState(StrEnum):
    """The motion's own states (governance.md 2); `coop:state` on the wire."""

    SCHEDULED = "scheduled"
    OPEN = "open"
    CLOSED = "closed"
    DECIDED = "decided"
    WITHDRAWN = "withdrawn"
    ANNULLED = "annulled"


class Channel(StrEnum):
    """Where a ballot came in (governance.md 4)."""

    WEB = "web"
    ACTIVITYPUB = "activitypub"
    PEER = "peer"
    PAPER = "paper"


class Change(StrEnum):
    """May a ballot be changed (governance.md 4)?"""

    UNTIL_CLOSE = "until_close"
    NEVER = "never"


class Visibility(StrEnum):
    """When results show (governance.md 4)."""

    LIVE = "live"
    AFTER_OWN_VOTE = "after_own_vote"
    AFTER_CLOSE = "after_close"


class EarlyClose(StrEnum):
    """When closing before the date is allowed (governance.md 2)."""

    ALL_VOTED = "all_voted"
    DECIDED = "decided"
    ANY = "any"
    NEVER = "never"


class Reasons(StrEnum):
    """Is a reason asked for (governance.md 4)? `required_for` names options."""

    OFF = "off"
    OPTIONAL = "optional"
    REQUIRED = "required"
    REQUIRED_FOR = "required_for"


@dataclass(frozen=True, slots=True)
class Option:
    """What can be chosen: a stable key, a plain-text name, an optional sentence of meaning.

    `icon` is a name of the icon sheet, `prompt` what the reason box asks with this choice. `cost` is in minor units
    (governance.md 11.2); `starts_at` is an RFC 3339 instant in UTC and `minutes` its length (7.18).
    """

    key: str
    name: str
    meaning: str = ""
    icon: str = ""
    prompt: str = ""
    cost: int = 0
    starts_at: str = ""
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class Threshold:
    """An exact share that must be reached; `strict` means more than (governance.md 1)."""

    share: Fraction
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Quorum:
    """`max(floor, ceil(share * E))`, the floor never above ceil(E/2), never above E (governance.md 6).

    `floor_up_to_all` lifts the former of the two bounds: the quorum of consent (7.5).
    """

    share: Fraction = Fraction(0)
    floor: int = 0
    floor_up_to_all: bool = False


class OptionOrder(StrEnum):
    """In which order options show (governance.md 4); shuffled is stable for each member."""

    FIXED = "fixed"
    ALPHABETICAL = "alphabetical"
    SHUFFLED = "shuffled"


@dataclass(frozen=True, slots=True)
class SecondCall:
    """What follows an inquorate vote by itself, once: the same text again, with this quorum (governance.md 6)."""

    after: timedelta = timedelta(days=7)
    lasts: timedelta = timedelta(days=7)
    quorum: Quorum = Quorum()


@dataclass(frozen=True, slots=True)
class Settings:
    """Every rule of one motion, locked at opening. Names are those of governance.md and of `--set`.

    `extra` holds what only one method reads (`max_blocks`, `max_stand_aside`, `silence`, `seats`, `min`, `max`, …).
    `scrutineers` are the members, by their short names, who make the public lot (10.2).
    `preset` is the name of the rule it came from (governance.md 6): some rules hold for a kind of resolution only.
    """

    change: Change = Change.UNTIL_CLOSE
    visibility: Visibility = Visibility.LIVE
    secrecy: str = "open"
    early_close: EarlyClose = EarlyClose.ALL_VOTED
    grace: timedelta = timedelta(seconds=120)
    reasons: Reasons = Reasons.OPTIONAL
    reasons_for: tuple[str, ...] = ()
    reason_max: int = 500
    threshold: Threshold | None = None
    base: str = "yes_no"
    quorum: Quorum = Quorum()
    approval_quorum: Fraction | None = None
    binding: bool = True
    max_extensions: int = 2
    extra: Mapping[str, int | str | bool] = field(default_factory=dict)
    preset: str = ""
    option_order: OptionOrder = OptionOrder.FIXED
    demands: tuple[Demand, ...] = ()
    electorate: ElectorateRule = field(default_factory=ElectorateRule)
    weighting: Weighting = field(default_factory=Weighting)
    delegation: DelegationRule = field(default_factory=DelegationRule)
    second_call: SecondCall | None = None
    scrutineers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Motion:
    """One decision with everything that is locked when it opens.

    `eligible` and `roll_hash` change by corrections of the roll only; `first_eligible` is the number at the opening.
    """

    id: MotionId
    uuid: str
    url: str
    proposal_id: ProposalId
    title: str
    body: str
    method: str
    options: tuple[Option, ...]
    settings: Settings
    channels: frozenset[Channel]
    state: MotionState
    opens_at: datetime
    closes_at: datetime
    first_closes_at: datetime
    extensions: int
    eligible: int
    roll_hash: str
    text_hash: str
    motion_digest: str
    poll_secret: bytes
    opened_by: MemberId | None
    created_at: datetime
    closed_at: datetime | None = None
    no_grace: bool = False
    reruns: MotionId | None = None
    first_eligible: int = 0

    @property
    def has_guests(self) -> bool:
        """Whether somebody may be on the roll whose stance does not count."""
        return bool(self.settings.electorate.guests or self.settings.weighting.investors_excluded_for)


def option_to_json(option: Option) -> dict[str, Any]:
    """Return the option as a JSON value; what it does not have is left out."""
    value = {"key": option.key, "name": option.name, "meaning": option.meaning}
    more = {"icon": option.icon, "prompt": option.prompt, "cost": option.cost}
    times = {"starts_at": option.starts_at, "minutes": option.minutes}
    return value | {name: given for name, given in {**more, **times}.items() if given}
