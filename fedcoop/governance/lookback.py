"""Telling equals apart in counts by rounds: the most recent earlier round in which they differed, else the lot.

Source: governance.md 7.15 and 10.1. Never the order of options, a key or a name.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from fedcoop.governance.lots import Lot
from fedcoop.governance.ranking import Contest
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


def by_groups(groups: Iterable[Sequence[str]], contest: Contest, lot: Lot) -> tuple[tuple[str, ...], tuple[Tie, ...]]:
    """Return who takes the seats from an order of groups; of a group that does not fit whole the lot tells who."""
    order: list[str] = []
    ties: list[Tie] = []
    for group in groups:
        free = contest.seats - len(order)
        if free <= 0 or contest.stop in order:
            break
        drawn = lot.order(group)
        if len(group) > free or (len(group) > 1 and contest.stop in group):
            ties.append(Tie(tuple(sorted(group)), drawn, LOT, f"place {len(order) + 1}"))
        order += drawn
    return contest.without_stop(contest.filled(order)), tuple(ties)


def deciding(ties: Iterable[Tie], contest: Contest) -> tuple[Tie, ...]:
    """Return the ties without lots that only said in which order the elected are listed."""
    return tuple(tie for tie in ties if tie.rung != LOT or contest.stop in tie.among)


def lowest(
    keys: Iterable[str], totals: Totals, earlier: Sequence[Totals], lot: Lot, *, within: int = 0
) -> tuple[str, tuple[Tie, ...]]:
    """Return who is excluded: the fewest votes; those no more than `within` above them count as equal."""
    level = min(totals[key] for key in keys) + within
    order, ties = apart(
        (key for key in keys if totals[key] <= level), earlier, lot, about="exclusion", which=slice(-1, None)
    )
    return order[-1], ties
