"""Ranked ballots to test counts with: profiles written as words of option keys."""

from collections.abc import Iterable, Mapping, Sequence

from fedcoop.governance.counting.tallying import Ballots, tally_motion
from fedcoop.governance.motions.lot_order import Lot
from fedcoop.governance.motions.method import Method
from fedcoop.governance.motions.motion import Motion, Option
from fedcoop.governance.motions.outcomes import Outcome
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.motions.tallies import Count, Pile, Tally
from tests.unit.governance.samples import motion

RANKED = ("points", "ranked_pairs", "runoff", "schulze", "stv_meek", "stv_scottish")
LOT = Lot(b"a seed that anybody may know")


def options(keys: Iterable[str]) -> tuple[Option, ...]:
    return tuple(Option(key, f"Name {key}") for key in keys)


def piles(profile: Iterable[Sequence[object]]) -> list[Pile]:
    """`(17, "ADEC")` are 17 ballots; a list of ranks may hold tuples."""
    return [Pile(tuple(ranks), int(str(number))) for number, ranks in profile]  # type: ignore[call-overload]


class Vote:
    """A motion by a ranked method with its tally and outcome."""

    def __init__(
        self, method: str, profile: Iterable[Sequence[object]], keys: str = "ABCDE", lot: Lot = LOT, **words: str
    ) -> None:
        self.method: Method = METHODS[method]
        self.motion: Motion = motion(method, options=options(keys), **words)
        given = piles(profile)
        rule = Ballots(method, self.motion.options, self.motion.settings, lot)
        self.tally: Tally = tally_motion(rule, given, {"member": sum(pile.number for pile in given)})
        assert self.tally.count is not None
        self.count: Count = self.tally.count
        self.outcome: Outcome = self.method.decide(self.tally, self.motion.options, self.motion.settings)

    @property
    def order(self) -> str:
        return " ".join("".join(group) for group in self.count.ranking)

    def totals(self, number: int) -> Mapping[str, object]:
        return dict(self.count.rounds[number].totals)
