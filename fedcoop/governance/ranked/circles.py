"""Condorcet with instant runoff: where wins one against one go round in a circle, the last of the first ranks is taken out.

The first place goes to whoever beats all others; while nobody does, the one whom the fewest ballots have on top is left out
of sight, and those that remain are looked at again. Then the same for the second place among all who have none yet, and so
on. Where all who remain are on top of equally many ballots, they share the place. Names that a ballot ranks equal on top
count one each. This is how CIVS completes it, and how the Kubernetes community elected in 2019 and 2020.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from fedcoop.governance.counting.ties import LOT
from fedcoop.governance.motions.lot_order import Lot
from fedcoop.governance.motions.tallies import Pile, Tie
from fedcoop.governance.ranked.condorcet import Table, ranks_of

MOST = 100
"""Options: the work grows with the third power of their number."""


@dataclass(frozen=True, slots=True)
class Solved:
    """The order with its ties as groups, what was done for each place as JSON values, and the lots."""

    order: tuple[tuple[str, ...], ...]
    places: tuple[dict[str, Any], ...]
    ties: tuple[Tie, ...]


class _Tops:
    """How many ballots have each of those who are looked at on top."""

    def __init__(self, piles: Iterable[Pile], standing: Sequence[str], *, unranked_last: bool) -> None:
        known = frozenset(standing)
        self._ballots = [(ranks_of(pile.choice, known), pile.number * pile.weight) for pile in piles]
        self._last = unranked_last

    def among(self, active: Collection[str]) -> dict[str, int]:
        """Return the number for each of the active; where none of them is ranked they are all equal, or say nothing."""
        found: Counter[str] = Counter()
        for ranks, weight in self._ballots:
            tops = ([key for key in rank if key in active] for rank in ranks)
            for key in next(filter(None, tops), active if self._last else ()):
                found[key] += weight
        return {key: found[key] for key in sorted(active)}


def solve(piles: Iterable[Pile], table: Table, lot: Lot, *, unranked_last: bool) -> Solved:
    """Return the order of all in the table of pairs."""
    tops = _Tops(piles, list(table), unranked_last=unranked_last)
    left, order, places, ties = set(table), list[tuple[str, ...]](), list[dict[str, Any]](), list[Tie]()
    while left:
        active, taken_out = set(left), list[dict[str, Any]]()
        while not (winners := _winner(table, active)):
            numbers = tops.among(active)
            fewest = min(numbers.values())
            lowest = tuple(key for key, number in numbers.items() if number == fewest)
            if len(lowest) == len(active):
                winners = lowest
                break
            drawn = lot.order(lowest)
            if len(lowest) > 1:
                ties.append(Tie(lowest, drawn, LOT, "exclusion"))
            active.discard(drawn[-1])
            taken_out.append({"key": drawn[-1], "tops": numbers})
        places.append({"winners": list(winners), "taken_out": taken_out})
        order.append(winners)
        left.difference_update(winners)
    return Solved(tuple(order), tuple(places), tuple(ties))


def _winner(table: Table, active: Collection[str]) -> tuple[str, ...]:
    """Return who beats every other active one, as one alone, or nothing."""
    return next(
        ((x,) for x in sorted(active) if all(table[x][y] > table[y][x] for y in active if y != x)),
        (),
    )
