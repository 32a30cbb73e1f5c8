"""The tally: totals of ballots, turnout; a pure function of ballots and roll. Counted, never incremented."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Tally:
    """Totals of one motion: `counts` by option key (every option present), `voted` ballots, `eligible` roll rows."""

    counts: Mapping[str, int]
    voted: int
    eligible: int


def tally_of_choices(
    choices: Iterable[tuple[tuple[str, ...], int, int]], *, options: Iterable[str], eligible: int
) -> Tally:
    """Return the totals of (choice, weight, number of ballots) items; `options` are all keys."""
    counts = dict.fromkeys(options, 0)
    voted = 0
    for choice, weight, number in choices:
        voted += number
        for key in choice:
            counts[key] += weight * number
    return Tally(counts=counts, voted=voted, eligible=eligible)


def tally_to_json(tally: Tally) -> dict[str, Any]:
    """Return the tally as a JSON value."""
    return {"counts": dict(tally.counts), "voted": tally.voted, "eligible": tally.eligible}


def tally_of(value: Mapping[str, Any]) -> Tally:
    """Return the tally of a JSON value made by `tally_to_json`."""
    return Tally(counts=dict(value["counts"]), voted=int(value["voted"]), eligible=int(value["eligible"]))
