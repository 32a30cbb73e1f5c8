"""Telling equals apart in counts by rounds: the most recent earlier round in which they differed, else the lot.

Source: governance.md 7.15 and 10.1. Never the order of options, a key or a name. Every lot that says who, or in which order,
is told of.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from fedcoop.governance.counting.ties import LOT, ORDER
from fedcoop.governance.motions.lot_order import Lot
from fedcoop.governance.motions.tallies import Tie
from fedcoop.governance.ranked.ranking import Contest

LOOK_BACK = "look-back"
Totals = Mapping[str, int]


class Ladder:
    """Who was ahead of whom in the rounds so far: a number for each, lower where the most recent difference was in favour.

    Theory: compared by their totals of all rounds, latest first, candidates have an order; one more round before these
    gives (its total, the order so far), so that the order is kept up with by sorting once a round.
    """

    def __init__(self, standing: Iterable[str], lot: Lot) -> None:
        self._drawn = {key: place for place, key in enumerate(lot.order(standing))}
        self._level = dict.fromkeys(self._drawn, 0)

    def record(self, totals: Totals, keys: Iterable[str]) -> None:
        """Add a round; `keys` are those who can still be equal to somebody."""
        size = len(self._drawn)
        weighed = {key: self._level[key] - totals[key] * size for key in keys}
        levels = {value: level for level, value in enumerate(sorted(set(weighed.values())))}
        self._level = {key: levels[value] for key, value in weighed.items()}

    def apart(
        self, tied: Iterable[str], *, about: str, which: slice = slice(None)
    ) -> tuple[tuple[str, ...], tuple[Tie, ...]]:
        """Return those tied, best first, and the ties with their rungs.

        `which` says whose place matters: all, the first (`slice(1)`) or the last (`slice(-1, None)`); a lot is told of only
        where it decides such a place.
        """
        among = tuple(sorted(tied))
        if len(among) < 2:
            return among, ()
        level, drawn = self._level, self._drawn
        order = tuple(sorted(among, key=lambda key: (level[key], drawn[key])))
        groups = [tuple(group) for _, group in groupby(order, key=level.__getitem__)]
        ties = [Tie(among, order, LOOK_BACK, about)] if len(groups) > 1 else []
        ties += [Tie(tuple(sorted(group)), group, LOT, about) for group in groups[which] if len(group) > 1]
        return order, tuple(ties)

    def by_votes(self, keys: Iterable[str], totals: Totals) -> tuple[tuple[str, ...], tuple[Tie, ...]]:
        """Return the keys by their votes, most first, equals told apart: the order of election."""
        order: list[str] = []
        ties: list[Tie] = []

        def votes(key: str) -> int:
            return -totals[key]

        for _, group in groupby(sorted(keys, key=votes), key=votes):
            part, found = self.apart(group, about=ORDER)
            order += part
            ties += found
        return tuple(order), tuple(ties)

    def lowest(self, keys: Iterable[str], totals: Totals, *, within: int = 0) -> tuple[str, tuple[Tie, ...]]:
        """Return who is excluded: the fewest votes; those no more than `within` above them count as equal."""
        level = min(totals[key] for key in keys) + within
        tied = (key for key in keys if totals[key] <= level)
        order, ties = self.apart(tied, about="exclusion", which=slice(-1, None))
        return order[-1], ties


def by_groups(groups: Iterable[Sequence[str]], contest: Contest, lot: Lot) -> tuple[tuple[str, ...], tuple[Tie, ...]]:
    """Return who takes the seats from an order of groups; in a group the lot tells who, and in which order."""
    order: list[str] = []
    ties: list[Tie] = []
    for group in groups:
        free = contest.seats - len(order)
        if free <= 0 or contest.stop in order:
            break
        drawn = lot.order(group)
        if len(group) > 1:
            decides = len(group) > free or contest.stop in group
            ties.append(Tie(tuple(sorted(group)), drawn, LOT, f"place {len(order) + 1}" if decides else ORDER))
        order += drawn
    return contest.without_stop(contest.filled(order)), tuple(ties)
