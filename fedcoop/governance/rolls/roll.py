"""The roll: who may vote in one motion, as the electorate rule gave it, frozen at the record date (governance.md 3).

It changes afterwards by corrections only: each is written into the log with the roll's new hash, so that the first
roll and every step from it to the last can be checked (5.3).
"""

import hmac
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from fedcoop.governance.members.electorate import NOBODY, REQUIRED
from fedcoop.governance.members.member import Member
from fedcoop.governance.motions.ballots import RollEntry
from fedcoop.governance.motions.motion import Settings
from fedcoop.kernel.canonical import sha256_hex
from fedcoop.kernel.ids import MemberId, MotionId


@dataclass(frozen=True, slots=True)
class RegisterAt:
    """The register as it stood at an instant: members, which of them without a vote by class, the groups of each."""

    at: datetime
    members: Iterable[Member]
    voteless: Collection[str] = NOBODY
    groups: Mapping[MemberId, Collection[str]] = field(default_factory=dict)


class Correction(StrEnum):
    """Why a roll changed after the opening; `live` is a late joiner where the rule lets them in."""

    ADD = "add"
    REMOVE = "remove"
    CHANGE = "change"
    MERGE = "merge"
    LIVE = "live"


class Merge(StrEnum):
    """What becomes of the ballots of somebody who stood on the roll twice."""

    OWN_STANDS = "own-stands"
    MOVES = "moves"
    ANNUL = "annul"


def pseudonym(poll_secret: bytes, number: int) -> str:
    """Return the voter's name in this poll: the first 32 hex digits of HMAC-SHA256(poll secret, member number)."""
    return hmac.digest(poll_secret, str(number).encode(), "sha256").hex()[:32]


def freeze(motion_id: MotionId, register: RegisterAt, settings: Settings, poll_secret: bytes) -> tuple[RollEntry, ...]:
    """Return the roll of those members whom the rule admits or invites, by pseudonym; guests weigh 0."""
    found = (entry_for(motion_id, member, register, settings, poll_secret) for member in register.members)
    return tuple(sorted((entry for entry in found if entry is not None), key=lambda entry: entry.voter))


def mark(entries: Sequence[RollEntry], members: Iterable[Member], names: Collection[str]) -> tuple[RollEntry, ...]:
    """Return the roll on which those named have the class `required`, whatever their own: a time poll asks for it (7.18)."""
    ids = {member.id for member in members if member.name in names}
    return tuple(replace(entry, member_class=REQUIRED) if entry.member_id in ids else entry for entry in entries)


def entry_for(
    motion_id: MotionId, member: Member, register: RegisterAt, settings: Settings, poll_secret: bytes
) -> RollEntry | None:
    """Return the member's row of the roll, or None for who is not on it."""
    rule, groups = settings.electorate, register.groups.get(member.id, NOBODY)
    if rule.invites(member):
        weight = 0
    elif member.member_class in register.voteless or not rule.admits(member, register.at, groups):
        return None
    else:
        weight = settings.weighting.weight_of(member.member_class, settings.preset)
    voter = pseudonym(poll_secret, member.number)
    return RollEntry(motion_id, member.id, voter, member.member_class, weight)


def roll_lines(entries: Iterable[RollEntry]) -> list[str]:
    """Return the sorted lines `voter class weight`."""
    return sorted(line_of(entry) for entry in entries)


def line_of(entry: RollEntry) -> str:
    """Return the line `voter class weight`."""
    return f"{entry.voter} {entry.member_class} {entry.weight}"


def roll_hash(lines: Sequence[str]) -> str:
    """Return the hex SHA-256 of the sorted lines joined by line feeds."""
    return sha256_hex("\n".join(sorted(lines)).encode())


def eligible_in(entries: Iterable[RollEntry]) -> int:
    """Return how many rows have a vote: the denominator of turnout and quorum."""
    return sum(entry.weight > 0 for entry in entries)


def merged(*, secret: bool, kept_voted: bool, dropped_voted: bool) -> Merge:
    """Return what becomes of the ballots when two rows turn out to be one person (governance.md 3).

    What the kept number said itself stands; only where it said nothing does the other's ballot move to it, for the
    person did vote (in a secret vote its mark on the roll). A secret ballot cannot be told from others: where both
    voted, all is annulled.
    """
    if secret and kept_voted and dropped_voted:
        return Merge.ANNUL
    return Merge.MOVES if dropped_voted and not kept_voted else Merge.OWN_STANDS
