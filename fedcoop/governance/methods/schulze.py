"""Schulze's method: where wins one against one go round in a circle, the strongest paths decide (governance.md 7.14).

With `circles=runoff` an instant runoff decides instead (`circles`).
"""

from collections.abc import Mapping, Sequence
from itertools import groupby

from fedcoop.governance.motions.lot_order import Lot
from fedcoop.governance.motions.motion import Option, Settings
from fedcoop.governance.motions.tallies import Count, Pile
from fedcoop.governance.ranked import circles
from fedcoop.governance.ranked.comparing import MAJORITY, Comparison
from fedcoop.governance.ranked.condorcet import Beats, Reach, Table, eligible_pairs, groups
from fedcoop.governance.ranked.ranking import Contest, extra_key
from fedcoop.governance.ranked.tie_history import by_groups
from fedcoop.kernel.errors import MotionRefused

CIRCLES = ("paths", "runoff")


class Schulze(Comparison):
    """A path is as strong as its weakest win; x is above y if its strongest path to y is stronger than the one back."""

    key = "schulze"
    title = "Schulze"
    icon = "rank"
    loops = "Where such wins go round in a circle, the weakest link of each chain of wins says how much it counts."

    def extra_keys(self) -> Mapping[str, type]:
        """Return those of comparisons and `circles` (`paths`, `runoff`)."""
        return {**super().extra_keys(), "circles": str}

    def validate(self, options: Sequence[Option], settings: Settings) -> None:
        """Raise MotionRefused as for comparisons, and `circles`."""
        super().validate(options, settings)
        if extra_key(settings, "circles") not in ("", *CIRCLES):
            raise MotionRefused("circles", f"circles is {' or '.join(CIRCLES)}.")
        if _by_runoff(settings) and len(options) > circles.MOST + 2:
            raise MotionRefused("circles", f"circles=runoff compares {circles.MOST} choices at most.")

    def loops_of(self, settings: Settings) -> str:
        """Return what happens to circles."""
        if not _by_runoff(settings):
            return self.loops
        return (
            "Where such wins go round in a circle, the choice with the fewest first ranks is taken out until one does."
        )

    def count(self, piles: Sequence[Pile], options: Sequence[Option], settings: Settings, lot: Lot) -> Count:
        """Return the order with pairs and strongest paths."""
        contest, pairs, against = eligible_pairs(piles, options, settings, settings.threshold or MAJORITY)
        facts = self.facts(pairs, against)
        if not pairs.valid:
            return Count(facts=facts)
        if _by_runoff(settings):
            last = extra_key(settings, "unranked") in ("", "last")
            solved = circles.solve(piles, pairs.table, lot, unranked_last=last)
            return _seated(solved, contest, facts, lot)
        paths = strongest_paths(pairs.table)
        above: Beats = {x: frozenset(y for y in row if row[y] > paths[y][x]) for x, row in paths.items()}
        order = groups(above)
        elected, ties = by_groups(order, contest, lot)
        return Count(elected, order, (), ties, {**facts, "paths": paths})


def _by_runoff(settings: Settings) -> bool:
    return extra_key(settings, "circles") == "runoff"


def _seated(solved: circles.Solved, contest: Contest, facts: Mapping[str, object], lot: Lot) -> Count:
    elected, ties = by_groups(solved.order, contest, lot)
    return Count(elected, solved.order, (), (*solved.ties, *ties), {**facts, "places": list(solved.places)})


def strongest_paths(table: Table) -> dict[str, dict[str, int]]:
    """Return the strength of the strongest path between any two, by winning votes; 0 where there is none.

    Wins are added from the strongest to the weakest: the one that first lets somebody reach another is the weakest link of
    the strongest path between them.
    """
    keys = sorted(table)
    paths: dict[str, dict[str, int]] = {x: {y: 0 for y in keys if y != x} for x in keys}
    reach = Reach(keys)
    wins = sorted(((n, x, y) for x, row in table.items() for y, n in row.items() if n > table[y][x]), reverse=True)
    for strength, equal in groupby(wins, key=lambda win: win[0]):
        for _, x, y in equal:
            if not reach.reaches(x, y):
                for start, end in reach.add(x, y):
                    paths[start][end] = strength
    return paths


METHOD = Schulze()
