"""The single transferable vote by Meek's rule: everybody elected keeps a share, worked out anew (governance.md 7.16).

Integers times 10^9; the quota is the next unit above the share, what is kept and the keep factors are rounded up. A round
ends with a decision: somebody is elected, or, when nothing more is over, the lowest is excluded.
"""

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Any

from fedcoop.governance.lookback import by_votes, deciding, lowest
from fedcoop.governance.lots import Lot
from fedcoop.governance.ranking import Contest, Rankings
from fedcoop.governance.stages import gains_of, number_text, numbers, ranking_of, ties_of
from fedcoop.governance.tallies import Count, Round

UNIT = 10**9
ENOUGH = UNIT // 10**6
"""Less surplus than a millionth of a vote counts as none."""
MOST_ITERATIONS = 2000
"""In one round; a count that needs more goes on with the figures it has, and says so."""
Papers = tuple[Iterator[str], int]


class _Paths:
    """Ballots by the part that a count looks at: the elected in their order, then the first who still hopes, or nobody."""

    def __init__(self, rankings: Rankings, contest: Contest) -> None:
        self.hopeful = set(contest.standing)
        self.elected: set[str] = set()
        self._by_path: dict[tuple[str, ...], list[Papers]] = {}
        self._numbers: dict[tuple[str, ...], int] = {}
        for ranking, papers in rankings.numbers.items():
            self._extend((), iter(ranking), papers)

    def decide(self, key: str, *, elected: bool) -> None:
        """Let `key` be elected or excluded: only ballots that stand with them move on."""
        self.hopeful.discard(key)
        if elected:
            self.elected.add(key)
        for path in [path for path in self._by_path if path[-1:] == (key,)]:
            del self._numbers[path]
            for rest, papers in self._by_path.pop(path):
                self._extend(path if elected else path[:-1], rest, papers)

    def _extend(self, path: tuple[str, ...], rest: Iterator[str], papers: int) -> None:
        for key in rest:
            if key in self.hopeful:
                path = (*path, key)
                break
            if key in self.elected and key not in path:
                path = (*path, key)
        self._by_path.setdefault(path, []).append((rest, papers))
        self._numbers[path] = self._numbers.get(path, 0) + papers

    def votes(self, keep: Mapping[str, int]) -> tuple[dict[str, int], int]:
        """Return everybody's votes under these keep factors, and what no one keeps."""
        votes = dict.fromkeys((*self.hopeful, *self.elected), 0)
        left = 0
        for path, papers in self._numbers.items():
            weight = UNIT
            for key in path:
                kept = weight if key in self.hopeful else -(-weight * keep[key] // UNIT)
                votes[key] += kept * papers
                weight -= kept
            left += weight * papers
        return votes, left


def count_meek(rankings: Rankings, contest: Contest, lot: Lot) -> Count:
    """Return the count with every round."""
    return _Meek(rankings, contest, lot).run()


class _Meek:
    def __init__(self, rankings: Rankings, contest: Contest, lot: Lot) -> None:
        self.rankings, self.contest, self.lot = rankings, contest, lot
        self.paths = _Paths(rankings, contest)
        self.keep: dict[str, int] = {}
        self.seated: list[str] = []
        self.history: list[dict[str, int]] = []
        self.rounds: list[Round] = []
        self.totals: dict[str, int] = {}
        self.left = self.left_before = self.quota = self.surplus = self.iterations = 0
        self.limited = False

    def run(self) -> Count:
        self._round("first", ())
        while not self._is_over():
            last = self.rounds[-1]
            self._round("exclusion" if last.excluded else "iteration", last.excluded or last.elected)
        facts: dict[str, Any] = {
            "quota": number_text(self.quota, UNIT),
            "valid": self.rankings.valid,
            "blank": self.rankings.blank,
            "seats": self.contest.seats,
            "keep": self._keep_texts(),
            "iterations": sum(item.facts["iterations"] for item in self.rounds),
            "most_iterations": MOST_ITERATIONS,
            "limited": any(item.facts.get("limited") for item in self.rounds),
        }
        ranking = ranking_of(self.rounds, self.contest.standing)
        elected = self.contest.without_stop(self.seated)
        return Count(elected, ranking, tuple(self.rounds), ties_of(self.rounds), facts)

    def _is_over(self) -> bool:
        stopped = self.contest.stop in self.seated
        return stopped or not self.paths.hopeful or len(self.seated) >= self.contest.seats

    def _round(self, kind: str, of: Iterable[str]) -> None:
        """Work out the shares until somebody has the quota or nothing more is over; elect, or exclude the lowest."""
        self._iterate()
        hopeful, free = self.paths.hopeful, self.contest.seats - len(self.seated)
        reached = [key for key in hopeful if len(hopeful) <= free or self.totals[key] >= self.quota]
        order, ties = by_votes(reached, self.totals, self.history, self.lot, about="order of election")
        ties = deciding(ties, self.contest)
        elected = self.contest.filled(order, len(self.seated))
        excluded: tuple[str, ...] = ()
        if not reached:
            out, ties = lowest(hopeful, self.totals, self.history, self.lot, within=min(self.surplus, ENOUGH))
            excluded = (out,)
        facts: dict[str, Any] = {
            "quota": number_text(self.quota, UNIT),
            "keep": self._keep_texts(),
            "iterations": self.iterations,
            "surplus": number_text(self.surplus, UNIT),
        }
        self.rounds.append(
            Round(
                kind=kind,
                totals=numbers(self.totals, UNIT),
                of=tuple(of),
                moves=gains_of(self._gains(), UNIT),
                exhausted=Fraction(self.left, UNIT),
                elected=elected,
                excluded=excluded,
                ties=ties,
                facts={**facts, "limited": True} if self.limited else facts,
            )
        )
        self.history.append(self.totals)
        self._settle(elected, excluded)

    def _gains(self) -> dict[str, int]:
        """Return who has more than a round before, "" for nobody; in the first round all have what they have."""
        if not self.history:
            return {}
        now, before = {**self.totals, "": self.left}, {**self.history[-1], "": self.left_before}
        self.left_before = self.left
        return {key: now[key] - before[key] for key in now if now[key] > before[key]}

    def _settle(self, elected: Iterable[str], excluded: Iterable[str]) -> None:
        for key in elected:
            self.seated.append(key)
            self.keep[key] = UNIT
            self.paths.decide(key, elected=True)
        for key in excluded:
            self.paths.decide(key, elected=False)

    def _iterate(self) -> None:
        before: int | None = None
        for self.iterations in range(1, MOST_ITERATIONS + 1):
            votes, self.left = self.paths.votes(self.keep)
            self.totals = dict.fromkeys(self.contest.standing, 0) | votes
            self.quota = sum(votes.values()) // (self.contest.seats + 1) + 1
            self.surplus = sum(max(0, votes[key] - self.quota) for key in self.keep)
            if self._is_decided(votes) or self.surplus < ENOUGH or (before is not None and self.surplus >= before):
                return
            before = self.surplus
            self.keep = {key: min(UNIT, -(-k * self.quota // votes[key])) for key, k in self.keep.items()}
        self.limited = True

    def _is_decided(self, votes: Mapping[str, int]) -> bool:
        hopeful = self.paths.hopeful
        free = self.contest.seats - len(self.seated)
        return len(hopeful) <= free or any(votes[key] >= self.quota for key in hopeful)

    def _keep_texts(self) -> dict[str, str]:
        return {key: number_text(value, UNIT) for key, value in self.keep.items()}
