"""Ballot papers in the hands of candidates: who holds which at what value, and how they pass on (governance.md 7.13, 7.15).

Values are integers times a unit, so that nothing is rounded but where the rule says so. Equal rankings travel together. In
an exact count the unit grows so that every value stays a whole number of it, up to `LARGEST_UNIT`; beyond that values are cut
off there. At an equal rank that is shared a paper lies with each of those who continue, in equal parts; what one of them
passes on goes to the others first, as if the voters had put them in every order.
"""

from collections import Counter
from collections.abc import Sequence
from math import gcd, lcm

from fedcoop.governance.motions.tallies import Ranking
from fedcoop.governance.ranked.ranking import Contest, Rankings

Bundle = tuple[Ranking, int, int, int]
"""A ranking, the rank in it where the papers lie, how many papers, the value of each."""
Gains = dict[str, int]
"""Who gained what, "" for papers that have no further name."""
LARGEST_UNIT = 1 << 4096


class Hands:
    """Papers held by those who stand. `continuing` are neither elected nor excluded: only they receive."""

    def __init__(
        self, rankings: Rankings, contest: Contest, unit: int, *, shares: bool = False, exact: bool = False
    ) -> None:
        """Give each paper, worth one `unit`, to its first name."""
        self.unit = unit
        self.continuing = set(contest.standing)
        self.totals = dict.fromkeys(contest.standing, 0)
        self.exhausted = 0
        self.lost = 0
        self.exact = exact
        self._shares = shares
        self._held: dict[str, list[Bundle]] = {key: [] for key in contest.standing}
        papers = rankings.numbers.items()
        gains = self._lay([(ranking, 0, number, unit) for ranking, number in papers])
        self.lost = rankings.valid * self.unit - sum(gains.values())

    def exclude(self, keys: Sequence[str]) -> Gains:
        """Pass on all papers of these at their present value; return who gained what."""
        self.continuing.difference_update(keys)
        gains = self._lay([bundle for key in keys for bundle in self._taken(key)])
        self.lost += sum(self.totals[key] for key in keys) - sum(gains.values())
        self.totals.update(dict.fromkeys(keys, 0))
        return gains

    def pass_surplus(self, key: str, quota: int) -> tuple[Gains, dict[int, int]]:
        """Pass on what `key` has above `quota` whole votes; return the gains and which new value each old value got.

        Every paper passes, worth `surplus × its value / total`; what is cut off of it is lost.
        """
        self._make_room(key, quota)
        total = self.totals[key]
        over = total - quota * self.unit
        bundles = self._taken(key)
        values = {value: over * value // total for value in {bundle[3] for bundle in bundles}}
        before = self.unit
        gains = self._lay([(ranking, at, papers, values[value]) for ranking, at, papers, value in bundles])
        grown = self.unit // before
        self.lost += over * grown - sum(gains.values())
        self.totals[key] = quota * self.unit
        return gains, {old * grown: new * grown for old, new in values.items()}

    def _taken(self, key: str) -> list[Bundle]:
        """Return the papers of `key`, equal ones together, and leave nothing."""
        bundles, self._held[key] = self._held[key], []
        if not self._shares:
            return bundles
        rankings = {id(bundle[0]): bundle[0] for bundle in bundles}
        numbers: Counter[tuple[int, int, int]] = Counter()
        for ranking, at, papers, value in bundles:
            numbers[(id(ranking), at, value)] += papers
        return [(rankings[which], at, papers, value) for (which, at, value), papers in numbers.items()]

    def _lay(self, bundles: list[Bundle]) -> Gains:
        """Give papers to the next name that continues, from the rank on where they lay."""
        if self._shares and self.exact:
            bundles = self._divisible(bundles)
        gains: Gains = {}
        for ranking, at, papers, value in bundles:
            to, place = self._next(ranking, at)
            part = value // len(to) if len(to) > 1 else value
            for key in to:
                self._held[key].append((ranking, place, papers, part))
            for key in to or ("",):
                gains[key] = gains.get(key, 0) + papers * part
        self.exhausted += gains.get("", 0)
        for key, gain in gains.items():
            if key:
                self.totals[key] += gain
        return gains

    def _next(self, ranking: Ranking, at: int) -> tuple[tuple[str, ...], int]:
        """Return who receives papers from the rank `at` on, and at which rank; nobody where the ranking ends or is cut."""
        continuing = self.continuing
        for place in range(at, len(ranking)):
            rank = ranking[place]
            if isinstance(rank, str):
                if rank in continuing:
                    return (rank,), place
            elif among := tuple(key for key in rank if key in continuing):
                return among if self._shares or len(among) == 1 else (), place
        return (), len(ranking)

    # --- exact values -------------------------------------------------------------------------------------------

    def _make_room(self, key: str, quota: int) -> None:
        """Let the unit grow so that the surplus of `key` can be passed on without rest."""
        if self.exact:
            total = self.totals[key]
            over = total - quota * self.unit
            values = {bundle[3] for bundle in self._held[key]}
            self._grow(lcm(*(total // gcd(total, over * value) for value in values)))

    def _divisible(self, bundles: list[Bundle]) -> list[Bundle]:
        """Return the bundles with the unit grown so that equal ranks can share each of them without rest."""
        shared = ((len(self._next(ranking, at)[0]), value) for ranking, at, _, value in bundles)
        factor = self._grow(lcm(*(number // gcd(number, value) for number, value in shared if number > 1)))
        return [(ranking, at, papers, value * factor) for ranking, at, papers, value in bundles]

    def _grow(self, factor: int) -> int:
        """Multiply the unit, and all that is counted in it; return by how much. Beyond `LARGEST_UNIT` values are cut off."""
        self.exact = self.exact and self.unit * factor <= LARGEST_UNIT
        if factor == 1 or not self.exact:
            return 1
        self.unit *= factor
        self.exhausted *= factor
        self.lost *= factor
        self.totals = {key: total * factor for key, total in self.totals.items()}
        for key, bundles in self._held.items():
            self._held[key] = [(ranking, at, papers, value * factor) for ranking, at, papers, value in bundles]
        return factor
