"""The ladder of ties, one for all methods: the method's own rung, then the lot (governance.md 10.1).

Never the order of options, an id, a name or a time. The status quo of yes/no questions is their own: there a tie is not
carried. A lot decides only between those really tied.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from fedcoop.governance.lots import Lot
from fedcoop.governance.tallies import Count, Tie

LOT = "lot"


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
    """Return the first `places` of groups in descending order, and the tie that had to be told apart, if any.

    Only a group that does not fit whole is a real tie; within the others the rungs and the lot give an order to list them
    in, and nothing hangs on it.
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


def uses_lot(count: Count | None) -> bool:
    """Return whether a lot decided anything in this count."""
    if count is None:
        return False
    ties = (*count.ties, *(tie for item in count.rounds for tie in item.ties))
    return any(tie.rung == LOT for tie in ties)
