"""The ladder of ties, one for all methods: the method's own rung, then the lot (governance.md 10.1).

Never the order of options, an id, a name or a time. The status quo of yes/no questions is their own: there a tie is not
carried. A lot decides only between those really tied.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from fedcoop.governance.motions.lot_order import Lot
from fedcoop.governance.motions.tallies import Count, Tie

LOT = "lot"
ORDER = "order of election"
"""What a tie is about whose members all have a place: in which order they are listed."""
PURCHASES = "order of purchase"
"""The same of projects for all of which there is money; on that order nothing hangs."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One way to tell equals apart: whose `measure` is higher comes first."""

    name: str
    measure: Callable[[str], int]


def settle(tied: Iterable[str], rungs: Sequence[Rung], lot: Lot, *, about: str = "") -> Tie:
    """Return the order of those tied by the first rungs that separate them, else by lot.

    `rung` of the answer names the last one that was needed.
    """
    among = tuple(sorted(tied))
    drawn = {key: place for place, key in enumerate(lot.order(among))}
    used = next((n for n, _ in enumerate(rungs, 1) if _separated(among, rungs[:n])), None)
    asked = rungs[:used]

    def place(key: str) -> tuple[int, ...]:
        return (*(-rung.measure(key) for rung in asked), drawn[key])

    return Tie(among, tuple(sorted(among, key=place)), LOT if used is None else asked[-1].name, about)


def _separated(among: Sequence[str], rungs: Sequence[Rung]) -> bool:
    return len({tuple(rung.measure(key) for rung in rungs) for key in among}) == len(among)


def first_places(
    groups: Sequence[Sequence[str]], places: int, rungs: Sequence[Rung], lot: Lot, *, about: str = ""
) -> tuple[tuple[str, ...], tuple[Tie, ...]]:
    """Return the first `places` of groups in descending order, and the ties that had to be told apart.

    At a group that does not fit whole hangs who has a place; at the others, in which order they are listed.
    """
    chosen: list[str] = []
    ties: list[Tie] = []
    for group in groups:
        free = places - len(chosen)
        if free <= 0:
            break
        told = settle(group, rungs, lot, about=about)
        chosen += told.order[:free]
        if len(group) > free:
            ties.append(_really_tied(told, rungs, free))
        elif len(group) > 1:
            ties += _listed(told, rungs)
    return tuple(chosen), tuple(ties)


def _really_tied(told: Tie, rungs: Sequence[Rung], free: int) -> Tie:
    """Return the tie at the last place: told apart by a rung, or by lot among those whom no rung parts."""
    last, next_ = told.order[free - 1], told.order[free]
    for rung in rungs:
        if rung.measure(last) != rung.measure(next_):
            return Tie(told.among, told.order, rung.name, told.about)
    level = [rung.measure(last) for rung in rungs]
    equal = tuple(key for key in told.order if [rung.measure(key) for rung in rungs] == level)
    return Tie(tuple(sorted(equal)), equal, LOT, told.about)


def _listed(told: Tie, rungs: Sequence[Rung]) -> list[Tie]:
    """Return how those were put in order who all have a place: by a rung, and by lot those whom no rung parts."""

    def level(key: str) -> list[int]:
        return [rung.measure(key) for rung in rungs]

    levels = [tuple(keys) for _, keys in groupby(told.order, key=level)]
    lots = [Tie(tuple(sorted(keys)), keys, LOT, ORDER) for keys in levels if len(keys) > 1]
    return lots if len(levels) == 1 else [Tie(told.among, told.order, rungs[-1].name, ORDER), *lots]


def uses_lot(count: Count | None) -> bool:
    """Return whether a lot said anything in this count, and be it an order."""
    return any(tie.rung == LOT for tie in _all_of(count))


def hangs_on_lot(count: Count | None) -> bool:
    """Return whether a lot decided who is elected, in which order, or what is bought."""
    return any(tie.rung == LOT and tie.about != PURCHASES for tie in _all_of(count))


def _all_of(count: Count | None) -> Iterable[Tie]:
    return () if count is None else (*count.ties, *(tie for item in count.rounds for tie in item.ties))
