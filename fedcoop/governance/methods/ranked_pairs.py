"""Ranked pairs: the clearest wins count first, and one that would close a circle is left out (governance.md 7.14)."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from fedcoop.governance.counting.ties import LOT
from fedcoop.governance.motions.lot_order import Lot
from fedcoop.governance.motions.motion import Option, Settings
from fedcoop.governance.motions.tallies import Count, Pile, Tie
from fedcoop.governance.ranked.comparing import MAJORITY, Comparison
from fedcoop.governance.ranked.condorcet import Reach, Table, bits, eligible_pairs, groups
from fedcoop.governance.ranked.tie_history import by_groups

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
        order = groups({key: locking.reach.below(key) for key in pairs.table})
        elected, ties = by_groups(order, contest, lot)
        return Count(elected, order, (), (*locking.ties, *ties), {**facts, "victories": locking.victories})


class _Locking:
    """Locks one victory after the other; `reach` is who is above whom by what is locked, through others too."""

    def __init__(self, table: Table, lot: Lot) -> None:
        self.table = table
        self.keys = sorted(table)
        self.reach = Reach(self.keys)
        self.victories: list[dict[str, Any]] = []
        self.ties: list[Tie] = []
        self._place = {key: n for n, key in enumerate(self.keys)}
        self._drawn = {key: n for n, key in enumerate(lot.order(self.keys))}
        self._locked = [0] * len(self.keys)
        self._into = [0] * len(self.keys)
        wins = [(x, y) for x, row in table.items() for y, n in row.items() if n > table[y][x]]
        for _, equal in groupby(sorted(wins, key=self._strength), key=self._strength):
            self._lock_all(list(equal))

    def _strength(self, pair: Pair) -> tuple[int, int]:
        x, y = pair
        return -self.table[x][y], self.table[y][x]

    def _lock_all(self, equal: Sequence[Pair]) -> None:
        """Lock equal victories in an order by lot over the options in them; tell of it where their order matters."""
        drawn = self._drawn
        possible = {(x, y) for x, y in equal if not self.reach.reaches(y, x)}
        skipped = 0
        for x, y in sorted(equal, key=lambda pair: (drawn[pair[0]], drawn[pair[1]])):
            circle = self._way(y, x) if self.reach.reaches(y, x) else ()
            skipped += bool(circle) and (x, y) in possible
            self._note(x, y, circle)
            if not circle:
                self._lock(x, y)
        if skipped:
            among = tuple(sorted({key for pair in possible for key in pair}))
            order = tuple(sorted(among, key=drawn.__getitem__))
            self.ties.append(Tie(among, order, LOT, "order of equal victories"))

    def _lock(self, x: str, y: str) -> None:
        self._locked[self._place[x]] |= 1 << self._place[y]
        self._into[self._place[y]] |= 1 << self._place[x]
        if not self.reach.reaches(x, y):
            for _ in self.reach.add(x, y):
                pass

    def _way(self, start: str, end: str) -> tuple[str, ...]:
        """Return a way down along what is locked: shortest first, so that it reads well."""
        first, last = self._place[start], self._place[end]
        if between := self._locked[first] & self._into[last]:
            return start, self.keys[next(bits(between))], end
        before, waiting, seen = {first: first}, [first], 1 << first
        for place in waiting:
            onward = self._locked[place] & ~seen
            if onward >> last & 1:
                before[last] = place
                break
            seen |= onward
            found = list(bits(onward))
            before.update(dict.fromkeys(found, place))
            waiting += found
        way = [last]
        while way[-1] != first:
            way.append(before[way[-1]])
        return tuple(self.keys[place] for place in reversed(way))

    def _note(self, x: str, y: str, circle: Iterable[str]) -> None:
        fact: Mapping[str, Any] = {"winner": x, "loser": y, "for": self.table[x][y], "against": self.table[y][x]}
        closes = list(circle)
        self.victories.append({**fact, "locked": not closes, **({"circle": closes} if closes else {})})


METHOD = RankedPairs()
