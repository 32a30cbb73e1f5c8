"""The single transferable vote by Meek's rule: everybody elected keeps a share, worked out anew (governance.md 7.16).

Integers times 10^9; the quota is the next unit above the share, what is kept and the keep factors are rounded up. A round
ends with a decision: somebody is elected, or, when nothing more is over, the lowest is excluded. An equal rank that is shared
counts as if the voters had put its names in every order; parts of it are rounded down.
"""

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from itertools import chain
from math import factorial, perm
from typing import Any

from fedcoop.governance.motions.lot_order import Lot
from fedcoop.governance.motions.tallies import Count, Ranking, Round
from fedcoop.governance.ranked.ranking import Contest, Rankings
from fedcoop.governance.ranked.stages import Figures, number_text, ranking_of, ties_of
from fedcoop.governance.ranked.tie_history import Ladder

UNIT = 10**9
ENOUGH = UNIT // 10**6
"""Less surplus than a millionth of a vote counts as none."""
MOST_ITERATIONS = 2000
"""In one round; a count that needs more goes on with the figures it has, and says so."""
Rank = str | tuple[str, ...]
Papers = tuple[Iterator[Rank], int]
Part = tuple[str, int, int]
"""A name of an equal rank, and which part it keeps of what comes to the rank: numerator and denominator."""


class _Paths:
    """Ballots by the part that a count looks at: the elected in their order, then the first who still hopes, or nobody.

    `_ends` has the paths by the names at their last rank, which alone a decision about one of these moves on.
    """

    def __init__(self, rankings: Rankings, contest: Contest) -> None:
        self.hopeful = set(contest.standing)
        self.elected: set[str] = set()
        self._by_path: dict[Ranking, list[Papers]] = {}
        self._numbers: dict[Ranking, int] = {}
        self._ends: dict[str, set[Ranking]] = {key: set() for key in contest.standing}
        for ranking, papers in rankings.numbers.items():
            self._extend((), iter(ranking), papers)

    def decide(self, key: str, *, elected: bool) -> None:
        """Let `key` be elected or excluded: only ballots that stand with them move on."""
        self.hopeful.discard(key)
        if elected:
            self.elected.add(key)
        for path in list(self._ends[key]):
            del self._numbers[path]
            for name in _names(path[-1]):
                self._ends[name].discard(path)
            for rest, papers in self._by_path.pop(path):
                self._extend(path[:-1], rest, papers, again=path[-1])

    def _extend(self, path: Ranking, rest: Iterator[Rank], papers: int, *, again: Rank = ()) -> None:
        """File ballots under the path and what follows on them: `again`, of a path that has ended there, then the rest."""
        for rank in chain((again,), rest) if again else rest:
            kept = self._still_in(rank)
            if kept and kept not in path:
                path = (*path, kept)
                if not self.elected.issuperset(_names(kept)):
                    break
        if path not in self._by_path:
            self._by_path[path], self._numbers[path] = [], 0
            for name in _names(path[-1]) if path else ():
                self._ends[name].add(path)
        self._by_path[path].append((rest, papers))
        self._numbers[path] += papers

    def _still_in(self, rank: Rank) -> Rank:
        """Return those of a rank who are hopeful or elected."""
        hopeful, elected = self.hopeful, self.elected
        if isinstance(rank, str):
            return rank if rank in hopeful or rank in elected else ()
        kept = tuple(key for key in rank if key in hopeful or key in elected)
        return kept[0] if len(kept) == 1 else kept

    def votes(self, keep: Mapping[str, int]) -> tuple[dict[str, int], int]:
        """Return everybody's votes under these keep factors, and what no one keeps."""
        votes = dict.fromkeys((*self.hopeful, *self.elected), 0)
        left, parts = 0, dict[tuple[str, ...], list[Part]]()
        for path, papers in self._numbers.items():
            weight = UNIT
            for rank in path:
                if isinstance(rank, str):
                    kept = -(-weight * keep[rank] // UNIT) if rank in keep else weight
                    votes[rank] += kept * papers
                    weight -= kept
                    continue
                if rank not in parts:
                    parts[rank] = self._parts(rank, keep)
                shares = [(key, weight * above // below) for key, above, below in parts[rank]]
                for key, share in shares:
                    votes[key] += share * papers
                weight -= sum(share for _, share in shares)
            left += weight * papers
        return votes, left

    def _parts(self, rank: tuple[str, ...], keep: Mapping[str, int]) -> list[Part]:
        """Return which part each name of an equal rank keeps, over all orders of the names.

        Let every name have a moment in a day at random: the orders are then equally likely, and who has the moment t finds
        everybody else before it with the chance t. So c keeps k_c ∫ Π (1 - t k_d) dt over 0..1, d being the others. A
        hopeful one keeps all, k = 1; what is left for them is equal.
        """
        elected = [key for key in rank if key in self.elected]
        hopeful = [key for key in rank if key not in self.elected]
        found = [
            (key, *_kept([keep[other] for other in elected if other != key], keep[key], len(hopeful)))
            for key in elected
        ]
        if hopeful:
            rest = (1 - sum((Fraction(above, below) for _, above, below in found), Fraction(0))) / len(hopeful)
            found += [(key, rest.numerator, rest.denominator) for key in hopeful]
        return found


def _names(rank: Rank) -> tuple[str, ...]:
    return (rank,) if isinstance(rank, str) else rank


def _kept(others: Iterable[int], own: int, hopeful: int) -> tuple[int, int]:
    """Return k ∫ (1-t)^hopeful Π (1 - t k_d) dt over 0..1, with keep factors in units, as numerator and denominator."""
    terms = [1]
    for factor in others:
        terms = [
            UNIT * (terms[n] if n < len(terms) else 0) - factor * (terms[n - 1] if n else 0)
            for n in range(len(terms) + 1)
        ]
    degree = len(terms) - 1
    whole = degree + hopeful + 1
    above = sum(term * factorial(n) * perm(whole, degree - n) for n, term in enumerate(terms))
    return own * above, UNIT ** (degree + 1) * perm(whole, degree + 1)


def count_meek(rankings: Rankings, contest: Contest, lot: Lot, *, hare: bool = False) -> Count:
    """Return the count with every round; `hare` takes the votes still counted by seats for the quota, not by one more."""
    return _Meek(rankings, contest, lot, hare=hare).run()


class _Meek:
    def __init__(self, rankings: Rankings, contest: Contest, lot: Lot, *, hare: bool) -> None:
        self.rankings, self.contest, self.hare = rankings, contest, hare
        self.ladder = Ladder(contest.standing, lot)
        self.figures = Figures()
        self.paths = _Paths(rankings, contest)
        self.keep: dict[str, int] = {}
        self.seated: list[str] = []
        self.before: dict[str, int] = {}
        self.rounds: list[Round] = []
        self.totals: dict[str, int] = {}
        self.left = self.quota = self.surplus = self.iterations = 0
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
            **({"hare": True} if self.hare else {}),
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
        order, ties = self.ladder.by_votes(reached, self.totals)
        elected = self.contest.filled(order, len(self.seated))
        excluded: tuple[str, ...] = ()
        if not reached:
            out, ties = self.ladder.lowest(hopeful, self.totals, within=min(self.surplus, ENOUGH))
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
                totals=self.figures.of(self.totals, UNIT),
                of=tuple(of),
                moves=self.figures.gains(self._gains(), UNIT),
                exhausted=Fraction(self.left, UNIT),
                elected=elected,
                excluded=excluded,
                ties=ties,
                facts={**facts, "limited": True} if self.limited else facts,
            )
        )
        self.ladder.record(self.totals, hopeful)
        self._settle(elected, excluded)

    def _gains(self) -> dict[str, int]:
        """Return who has more than a round before, "" for nobody; in the first round all have what they have."""
        now, before = {**self.totals, "": self.left}, self.before
        self.before = now
        return {} if not before else {key: now[key] - before[key] for key in now if now[key] > before[key]}

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
            self.quota = self._quota(sum(votes.values()))
            self.surplus = sum(max(0, votes[key] - self.quota) for key in self.keep)
            if self._is_decided(votes) or self.surplus < ENOUGH or (before is not None and self.surplus >= before):
                return
            before = self.surplus
            self.keep = {key: min(UNIT, -(-k * self.quota // votes[key])) for key, k in self.keep.items()}
        self.limited = True

    def _quota(self, counted: int) -> int:
        """Return the quota for so many votes still counted; nobody is elected by none."""
        seats = self.contest.seats
        return max(1, -(-counted // seats)) if self.hare else counted // (seats + 1) + 1

    def _is_decided(self, votes: Mapping[str, int]) -> bool:
        hopeful = self.paths.hopeful
        free = self.contest.seats - len(self.seated)
        return len(hopeful) <= free or any(votes[key] >= self.quota for key in hopeful)

    def _keep_texts(self) -> dict[str, str]:
        return {key: number_text(value, UNIT) for key, value in self.keep.items()}
