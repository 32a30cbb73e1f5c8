"""The roll: who may vote in one motion, as the electorate rule gave it, frozen at the record date (governance.md 3)."""

import hashlib
import hmac
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from fedcoop.governance.ballots import RollEntry
from fedcoop.governance.electorate import REQUIRED, ElectorateRule
from fedcoop.governance.members import Member
from fedcoop.kernel.canonical import sha256_hex
from fedcoop.kernel.ids import MotionId


def pseudonym(poll_secret: bytes, number: int) -> str:
    """Return the voter's name in this poll: the first 32 hex digits of HMAC-SHA256(poll secret, member number)."""
    return hmac.new(poll_secret, str(number).encode(), hashlib.sha256).hexdigest()[:32]


def freeze(
    motion_id: MotionId, members: Iterable[Member], rule: ElectorateRule, poll_secret: bytes
) -> tuple[RollEntry, ...]:
    """Return the roll of those members whom the rule admits, by pseudonym."""
    entries = [
        RollEntry(
            motion_id=motion_id,
            member_id=member.id,
            voter=pseudonym(poll_secret, member.number),
            member_class=member.member_class,
            weight=1,
        )
        for member in members
        if rule.admits(member)
    ]
    return tuple(sorted(entries, key=lambda entry: entry.voter))


def mark(entries: Sequence[RollEntry], members: Iterable[Member], names: Collection[str]) -> tuple[RollEntry, ...]:
    """Return the roll on which those named have the class `required`, whatever their own: a time poll asks for it (7.18)."""
    ids = {member.id for member in members if member.name in names}
    return tuple(replace(entry, member_class=REQUIRED) if entry.member_id in ids else entry for entry in entries)


def roll_lines(entries: Sequence[RollEntry]) -> list[str]:
    """Return the sorted lines `voter class weight`."""
    return sorted(f"{entry.voter} {entry.member_class} {entry.weight}" for entry in entries)


def roll_hash(lines: Sequence[str]) -> str:
    """Return the hex SHA-256 of the sorted lines joined by line feeds."""
    return sha256_hex("\n".join(sorted(lines)).encode())
