"""Places in order of receipt: who has one, who waits (governance.md 7.2). Computed from the ballots, never stored.

Whoever withdraws makes room for the first who waits. A member who answers the same again keeps their turn.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from fedcoop.governance.motions.choices import Choice, choice_of
from fedcoop.kernel.clock import parse_rfc3339

ACCEPT = "accept"
Standing: TypeAlias = tuple[Choice, datetime]


@dataclass(frozen=True, slots=True)
class Places:
    """Pseudonyms in order of receipt: those with a place, and those who wait."""

    taken: tuple[str, ...]
    waiting: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Crossing:
    """Whether a ballot made the accepts reach the target, or drop below it."""

    reached: bool
    accepts: int


def places(answers: Iterable[tuple[str, Choice, datetime]], capacity: int) -> Places:
    """Return who has a place and who waits, of (voter, choice, received at); capacity 0 means a place for everybody.

    Two received in the same microsecond stand in the order of their pseudonyms, which nobody can choose.
    """
    order = sorted((at, voter) for voter, choice, at in answers if ACCEPT in choice)
    voters = tuple(voter for _, voter in order)
    return Places(voters[:capacity], voters[capacity:]) if capacity else Places(voters, ())


def standing_after(before: Mapping[str, Standing], entries: Iterable[Mapping[str, Any]]) -> dict[str, Standing]:
    """Return each voter's choice once these entries followed, with when the voter began to say so without a break."""
    standing = dict(before)
    for entry in entries:
        voter = entry.get("voter", "")
        if entry["type"] == "withdrawal":
            standing.pop(voter, None)
        if entry["type"] != "ballot":
            continue
        choice = choice_of(entry["choice"])
        if voter not in standing or standing[voter][0] != choice:
            standing[voter] = (choice, parse_rfc3339(entry["received_at"]))
    return standing


def since(entries: Iterable[Mapping[str, Any]]) -> list[tuple[str, Choice, datetime]]:
    """Return each standing choice of a whole log with when the voter began to say so without a break."""
    return [(voter, choice, at) for voter, (choice, at) in standing_after({}, entries).items()]


def crossing(before: int, after: int, target: int) -> Crossing | None:
    """Return whether the target was reached or lost between two totals, None where neither or where there is none."""
    if not target or (before >= target) == (after >= target):
        return None
    return Crossing(reached=after >= target, accepts=after)
