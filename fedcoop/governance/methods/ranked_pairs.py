"""Ranked pairs: the clearest wins count first, and one that would close a circle is left out (governance.md 7.14)."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from fedcoop.governance.comparing import MAJORITY, Comparison
from fedcoop.governance.condorcet import Table, eligible_pairs, groups
from fedcoop.governance.lookback import by_groups
from fedcoop.governance.lots import Lot
from fedcoop.governance.motions import Option, Settings
from fedcoop.governance.tallies import Count, Pile, Tie

Pair = tuple[str, str]


class RankedPairs(Comparison):
    """Victories by winning votes, then by fewer opposing votes, then by lot."""

    key = "ranked_pairs"
    title = "Ranked pairs"
    icon = "rank"
    loops = (
        "Where such wins go round in a circle, the clearest ones count first, and what contradicts them is left out."
    )

    def count(self, piles: Sequence[Pile], options: Sequence[Option], settings: Settings, lot: Lot) -> Count:
        """Return the order with all victories: locked, or skipped with the circle that they would close."""
        contest, pairs, against = eligible_pairs(piles, options, settings, settings.threshold or MAJORITY)
        facts = self.facts(pairs, against)
        if not pairs.valid:
            return Count(facts=facts)
        locking = _Locking(pairs.table, lot)
        above = {key: frozenset(reached) for key, reached in locking.above.items()}
        order = groups(above)
        elected, ties = by_groups(order, contest, lot)
        return Count(elected, order, (), (*locking.ties, *ties), {**facts, "victories": locking.victories})


class _Locking:
    """Locks one victory after the other; `above` is who is above whom by what is locked, through others too."""

    def __init__(self, table: Table, lot: Lot) -> None:
        self.table, self.lot = table, lot
        self.above: dict[str, set[str]] = {key: set() for key in table}
        self.locked: dict[str, list[str]] = {key: [] for key in table}
        self.victories: list[dict[str, Any]] = []
        self.ties: list[Tie] = []
        wins = [(x, y) for x, row in table.items() for y, n in row.items() if n > table[y][x]]
        for _, equal in groupby(sorted(wins, key=self._strength), key=self._strength):
            self._lock_all(list(equal))

    def _strength(self, pair: Pair) -> tuple[int, int]:
        x, y = pair
        return -self.table[x][y], self.table[y][x]

    def _lock_all(self, equal: Sequence[Pair]) -> None:
        """Lock equal victories in an order by lot over the options in them; tell of it where their order matters."""
        possible = [(x, y) for x, y in equal if x not in self.above[y]]
        among = tuple(sorted({key for pair in possible for key in pair}))
        drawn = self.lot.order(among)
        place = {key: n for n, key in enumerate(self.lot.order({key for pair in equal for key in pair}))}
        skipped = 0
        for x, y in sorted(equal, key=lambda pair: (place[pair[0]], place[pair[1]])):
            circle = self._way(y, x) if x in self.above[y] else ()
            skipped += bool(circle) and (x, y) in possible
            self._note(x, y, circle)
            if not circle:
                self._lock(x, y)
        if skipped:
            self.ties.append(Tie(among, drawn, "lot", "order of equal victories"))

    def _lock(self, x: str, y: str) -> None:
        self.locked[x].append(y)
        gained = {y} | self.above[y]
        for key, below in self.above.items():
            if key == x or x in below:
                below.update(gained)

    def _way(self, start: str, end: str) -> tuple[str, ...]:
        """Return a way down along what is locked: shortest first, so that it reads well."""
        ways: list[tuple[str, ...]] = [(start,)]
        seen = {start}
        for way in ways:
            if way[-1] == end:
                return way
            onward = sorted(set(self.locked[way[-1]]) - seen)
            seen.update(onward)
            ways += [(*way, key) for key in onward]
        return ()

    def _note(self, x: str, y: str, circle: Iterable[str]) -> None:
        fact: Mapping[str, Any] = {"winner": x, "loser": y, "for": self.table[x][y], "against": self.table[y][x]}
        closes = list(circle)
        self.victories.append({**fact, "locked": not closes, **({"circle": closes} if closes else {})})


METHOD = RankedPairs()
