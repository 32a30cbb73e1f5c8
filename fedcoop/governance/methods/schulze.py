"""Schulze's method: where wins one against one go round in a circle, the strongest paths decide (governance.md 7.14)."""

from collections.abc import Sequence

from fedcoop.governance.comparing import MAJORITY, Comparison
from fedcoop.governance.condorcet import Beats, Table, eligible_pairs, groups
from fedcoop.governance.lookback import by_groups
from fedcoop.governance.lots import Lot
from fedcoop.governance.motions import Option, Settings
from fedcoop.governance.tallies import Count, Pile


class Schulze(Comparison):
    """A path is as strong as its weakest win; x is above y if its strongest path to y is stronger than the one back."""

    key = "schulze"
    title = "Schulze"
    icon = "rank"
    loops = "Where such wins go round in a circle, the weakest link of each chain of wins says how much it counts."

    def count(self, piles: Sequence[Pile], options: Sequence[Option], settings: Settings, lot: Lot) -> Count:
        """Return the order with pairs and strongest paths."""
        contest, pairs, against = eligible_pairs(piles, options, settings, settings.threshold or MAJORITY)
        facts = self.facts(pairs, against)
        if not pairs.valid:
            return Count(facts=facts)
        paths = strongest_paths(pairs.table)
        above: Beats = {x: frozenset(y for y in row if row[y] > paths[y][x]) for x, row in paths.items()}
        order = groups(above)
        elected, ties = by_groups(order, contest, lot)
        return Count(elected, order, (), ties, {**facts, "paths": paths})


def strongest_paths(table: Table) -> dict[str, dict[str, int]]:
    """Return the strength of the strongest path between any two, by winning votes."""
    paths = {x: {y: n if n > table[y][x] else 0 for y, n in row.items()} for x, row in table.items()}
    for by, onward in paths.items():
        for start, row in paths.items():
            to_there = row.get(by, 0)
            if not to_there:
                continue
            for end, strength in onward.items():
                if end != start and row[end] < (through := min(to_there, strength)):
                    row[end] = through
    return paths


METHOD = Schulze()
