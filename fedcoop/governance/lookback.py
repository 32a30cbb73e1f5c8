"""Telling equals apart in counts by rounds: the most recent earlier round in which they differed, else the lot.

Source: governance.md 7.15 and 10.1. Never the order of options, a key or a name.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from fedcoop.governance.lots import Lot
from fedcoop.governance.tallies import Tie

LOOK_BACK, LOT = "look-back", "lot"
Totals = Mapping[str, int]


def apart(
    tied: Iterable[str], earlier: Sequence[Totals], lot: Lot, *, about: str, which: slice = slice(None)
) -> tuple[tuple[str, ...], tuple[Tie, ...]]:
    """Return those tied, best first, and the ties with their rungs.

    `earlier` are the totals of the rounds before this one, oldest first. `which` says whose place matters: all, the first
    (`slice(1)`) or the last (`slice(-1, None)`); a lot is told of only where it decides such a place.
    """
    among = tuple(sorted(tied))
    if len(among) < 2:
        return among, ()

    def past(key: str) -> tuple[int, ...]:
        return tuple(-totals[key] for totals in reversed(earlier))

    groups = [lot.order(group) for _, group in groupby(sorted(among, key=past), key=past)]
    order = tuple(key for group in groups for key in group)
    ties = [Tie(among, order, LOOK_BACK, about)] if len(groups) > 1 else []
    ties += [Tie(tuple(sorted(group)), group, LOT, about) for group in groups[which] if len(group) > 1]
    return order, tuple(ties)


def by_votes(
    keys: Iterable[str], totals: Totals, earlier: Sequence[Totals], lot: Lot, *, about: str
) -> tuple[tuple[str, ...], tuple[Tie, ...]]:
    """Return the keys by their votes, most first, equals told apart."""
    order: list[str] = []
    ties: list[Tie] = []

    def votes(key: str) -> int:
        return -totals[key]

    for _, group in groupby(sorted(keys, key=votes), key=votes):
        part, found = apart(group, earlier, lot, about=about)
        order += part
        ties += found
    return tuple(order), tuple(ties)


def lowest(
    keys: Iterable[str], totals: Totals, earlier: Sequence[Totals], lot: Lot, *, within: int = 0
) -> tuple[str, tuple[Tie, ...]]:
    """Return who is excluded: the fewest votes; those no more than `within` above them count as equal."""
    level = min(totals[key] for key in keys) + within
    order, ties = apart(
        (key for key in keys if totals[key] <= level), earlier, lot, about="exclusion", which=slice(-1, None)
    )
    return order[-1], ties
