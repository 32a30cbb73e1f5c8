"""Typed ids (architecture.md 8.3): internal integers sorted by time, and random UUIDs for public URLs."""

import secrets
import threading
import uuid
from datetime import UTC, datetime
from typing import NewType

MemberId = NewType("MemberId", int)
ProposalId = NewType("ProposalId", int)
MotionId = NewType("MotionId", int)
ActorId = NewType("ActorId", int)
ActivityId = NewType("ActivityId", int)
NoteId = NewType("NoteId", int)
RemoteMotionId = NewType("RemoteMotionId", int)

EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
_lock = threading.Lock()
_start = secrets.randbelow(1 << 16)
_last = [0]


def new_id(now: datetime) -> int:
    """Return a 63-bit id: milliseconds since 2020, then 16 bits that start at random in each process.

    Ids of one process only grow, also when more than 65,536 are made within one unit of work.
    """
    milliseconds = int((now - EPOCH).total_seconds() * 1000)
    with _lock:
        _last[0] = max((milliseconds << 16) | _start, _last[0] + 1)
        return _last[0]


MAX_ID = (1 << 63) - 1
"""The largest number that a column of ours holds."""


def whole_number(text: str, most: int = MAX_ID) -> int | None:
    """Return the whole number from 0 to `most` that plain digits say; None for anything else, however long."""
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(most))):
        return None
    number = int(text)
    return number if number <= most else None


def new_uuid() -> str:
    """Return a random UUID for a public URL; nobody can guess it."""
    return str(uuid.uuid4())
