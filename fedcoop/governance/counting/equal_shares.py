"""The method of equal shares with cost utilities, by exact fractions: one run, and its completion (governance.md 11.2).

A run: every voter starts with the same sum. Of the projects whose supporters can still pay together, the one with the
least q/cost is bought, where q is the smallest number with Σ min(b_i, q) = cost; ties: more approvals, lower cost, lot.

Completion `add1` raises the start by one unit and runs again while the outcome costs no more than the budget. Many starts
are skipped, and the result is the same as by trying each one. Why: let the runs at s and t > s buy the same sequence.

1. If a run at some u between buys the same first k projects, then every budget after them lies between that at s and at
   t. By induction: with no budget lower, Σ min(b_i, q) is no lower either, so that the q of the next purchase is no
   higher, and max(b_i - q, 0) is no lower.
2. So for every project the q of round k at u lies between that at t (the lower) and at s (the higher); what cannot be
   paid at t cannot be paid at u.
3. If in round k the place of the bought project at s, (q_s/cost, ladder), comes before (q_t/cost, ladder) of every other
   project, then it comes first at u too: its q is at most q_s and theirs at least q_t.
4. Holding in every round, this gives all u between the same purchases and the same cost, so that none of them could have
   ended the completion. This is what `certified` says. A gap that is not certified is halved, at last to one unit, where
   nothing lies between.
"""

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import compress
from math import lcm
from operator import mul
from typing import NamedTuple

from fedcoop.governance.motions.choices import Scores
from fedcoop.governance.motions.tallies import Pile

Rank = tuple[int, int, int]
"""The ladder of ties: approvals (negative), cost, place in the lot."""


@dataclass(frozen=True, slots=True)
class Project:
    """One project: its cost in minor units, its approvals, and its place in the ladder of ties."""

    key: str
    cost: int
    approvals: int
    rank: Rank


@dataclass(frozen=True, slots=True)
class Purchase:
    """One purchase: q as a part of the cost, and all that only the lot told apart from it, itself among them.

    `standing` is q/cost of every project that could be paid then, where that was asked for.
    """

    key: str
    ratio: Fraction
    level: tuple[str, ...] = ()
    standing: Mapping[str, Fraction] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Run:
    """What one start buys, in order. `scale` is a denominator that all its payments have in common."""

    start: Fraction
    purchases: tuple[Purchase, ...]
    cost: int
    scale: int

    @property
    def keys(self) -> tuple[str, ...]:
        """The projects in the order bought."""
        return tuple(purchase.key for purchase in self.purchases)


@dataclass(frozen=True, slots=True)
class Completed:
    """The last run that fits, and every lot that any run needed: those tied, with the start of the first such run."""

    run: Run
    lots: Mapping[tuple[str, ...], Fraction]


class _Supporters(NamedTuple):
    """The groups that approve a project, by their places, how many voters each has, and how many there are together."""

    places: tuple[int, ...]
    heads: tuple[int, ...]
    number: int


def _supporters(places: Sequence[int], weights: Sequence[int]) -> _Supporters:
    heads = tuple(weights[place] for place in places)
    return _Supporters(tuple(places), heads, sum(heads))


class Electorate:
    """Voters grouped by what they approve: those who approve the same have the same left at all times."""

    def __init__(self, projects: Sequence[Project], piles: Sequence[Pile]) -> None:
        groups: dict[frozenset[str], int] = {}
        for pile in piles:
            approved = _approved(pile)
            groups[approved] = groups.get(approved, 0) + pile.value
        self.voters = sum(groups.values())
        self.projects = {item.key: item for item in projects if item.approvals}
        self.weights = [groups[approved] for approved in groups if approved]
        members: dict[str, list[int]] = {key: [] for key in self.projects}
        for place, approved in enumerate(approved for approved in groups if approved):
            for key in approved:
                if key in members:
                    members[key].append(place)
        self.supporters = {key: _supporters(places, self.weights) for key, places in members.items()}


def _approved(pile: Pile) -> frozenset[str]:
    if isinstance(pile.choice, Scores):
        return frozenset(key for key, points in pile.choice.items() if points > 0)
    return frozenset(str(key) for key in pile.choice)


class _State:
    """Budgets in the middle of a run, as whole numbers over `scale`."""

    def __init__(self, electorate: Electorate, start: Fraction, scale: int) -> None:
        self._electorate = electorate
        self.scale = lcm(start.denominator, scale)
        self.used = start.denominator
        whole = start.numerator * (self.scale // start.denominator)
        self.budgets = [whole] * len(electorate.weights)
        self.supporters = dict(electorate.supporters)

    def price(self, project: Project) -> tuple[int, int] | None:
        """Return q as a numerator (over `scale`) and denominator, or None where the supporters cannot pay together."""
        payers, due = self.supporters[project.key], project.cost * self.scale
        budgets = list(map(self.budgets.__getitem__, payers.places))
        least = -(-due // payers.number)
        poorest = min(budgets)
        if poorest >= least:
            return due, payers.number
        if not poorest:
            payers, budgets = self._without_broke(project.key, budgets)
        return _shared(due, budgets, payers)

    def _without_broke(self, key: str, budgets: list[int]) -> tuple["_Supporters", list[int]]:
        """Forget who has nothing left: they never have again in this run."""
        payers = self.supporters[key]
        places, heads = tuple(compress(payers.places, budgets)), tuple(compress(payers.heads, budgets))
        self.supporters[key] = _Supporters(places, heads, sum(heads))
        return self.supporters[key], list(filter(None, budgets))

    def charge(self, key: str, price: Fraction) -> None:
        """Let every supporter pay the price, or what they have."""
        self.used = lcm(self.used, price.denominator)
        if self.scale % price.denominator:
            grown = lcm(self.scale, price.denominator)
            factor = grown // self.scale
            self.scale, self.budgets = grown, [budget * factor for budget in self.budgets]
        due, budgets = price.numerator * (self.scale // price.denominator), self.budgets
        for place in self.supporters.pop(key).places:
            left = budgets[place] - due
            budgets[place] = left if left > 0 else 0


def _shared(due: int, budgets: list[int], payers: _Supporters) -> tuple[int, int] | None:
    """Return what is left to pay for those who can pay the same, and their number; None where the budgets do not suffice.

    Whoever has less than an equal part gives all, and the rest is shared anew, until everybody left can pay.
    """
    heads, number = payers.heads, payers.number
    held = sum(map(mul, budgets, heads))
    if held < due:
        return None
    while True:
        least = -(-due // number)
        can = [budget >= least for budget in budgets]
        if all(can):
            return due, number
        budgets, heads = list(compress(budgets, can)), tuple(compress(heads, can))
        left, number = sum(map(mul, budgets, heads)), sum(heads)
        due, held = due - (held - left), left


Entry = tuple[Fraction, Rank, str, int]
"""A project in the heap: q/cost or a lower bound of it, its rank, its key, and for which round it was computed."""
_FAR = (Fraction(10**30), (0, 0))


def run(
    electorate: Electorate, start: Fraction, *, like: Run | None = None, scale: int = 1, every: bool = False
) -> Run | None:
    """Return what this start buys. With `like`, a run at a lower start: None unless all starts between are certified.

    `scale` is a guess of the common denominator, which spares work; `every` notes where all projects stand.
    """
    state = _State(electorate, start, scale)
    heap = [(Fraction(1, item.approvals), item.rank, item.key, -1) for item in electorate.projects.values()]
    heapq.heapify(heap)
    bought: list[Purchase] = []
    while True:
        model = _model(electorate, like, len(bought))
        near = _nearest(state, electorate, heap, len(bought), _FAR if every else model and model[:2])
        if like is not None and not _certified(near, model):
            return None
        if not near:
            return Run(start, tuple(bought), _cost(electorate, bought), state.used)
        first = near[0]
        bought.append(_purchase(near, model, every=every))
        state.charge(first[2], first[0] * electorate.projects[first[2]].cost)
        for entry in near[1:]:
            heapq.heappush(heap, entry)


Model = tuple[Fraction, tuple[int, int], Rank, str]


def _model(electorate: Electorate, like: Run | None, stage: int) -> Model | None:
    """Return what the other run bought in this round: q/cost, approvals and cost, the whole rank, the key."""
    if like is None or stage >= len(like.purchases):
        return None
    purchase = like.purchases[stage]
    rank = electorate.projects[purchase.key].rank
    return purchase.ratio, rank[:2], rank, purchase.key


def _nearest(
    state: _State,
    electorate: Electorate,
    heap: list[Entry],
    stage: int,
    reach: tuple[Fraction, tuple[int, int]] | None,
) -> list[Entry]:
    """Return the first projects in order, taken from the heap: all level with the first, and all up to `reach`.

    Budgets only fall in a run, so that what was computed in an earlier round is a lower bound in this one.
    """
    near: list[Entry] = []
    limit = reach
    while heap:
        ratio, rank, key, seen = heap[0]
        if near and limit is not None and (ratio, rank[:2]) > limit:
            break
        heapq.heappop(heap)
        if seen == stage:
            if not near:
                limit = max(reach or (ratio, rank[:2]), (ratio, rank[:2]))
            near.append((ratio, rank, key, seen))
            continue
        project = electorate.projects[key]
        price = state.price(project)
        if price is not None:
            exact = Fraction(price[0], price[1] * state.scale * project.cost)
            heapq.heappush(heap, (exact, rank, key, stage))
    return near


def _certified(near: Sequence[Entry], model: Model | None) -> bool:
    """Return whether this round buys what the other run bought, in front of all others even at that run's price."""
    if model is None or not near:
        return model is None and not near
    return near[0][2] == model[3] and all(entry[:2] > (model[0], model[2]) for entry in near[1:])


def _purchase(near: Sequence[Entry], model: Model | None, *, every: bool) -> Purchase:
    ratio, rank, key, _ = near[0]
    levels = {(ratio, rank[:2])} | ({model[:2]} if model else set())
    level = tuple(sorted(entry[2] for entry in near if entry[2] == key or (entry[0], entry[1][:2]) in levels))
    standing = {entry[2]: entry[0] for entry in near} if every else {}
    return Purchase(key, ratio, level if len(level) > 1 else (), standing)


def _cost(electorate: Electorate, bought: Sequence[Purchase]) -> int:
    return sum(electorate.projects[purchase.key].cost for purchase in bought)


def only_once(electorate: Electorate, budget: int) -> Completed:
    """Return the run where everybody starts with an equal share of the budget."""
    first = _run(electorate, Fraction(budget, max(electorate.voters, 1)))
    lots: dict[tuple[str, ...], Fraction] = {}
    _note_lots(first, lots)
    return Completed(first, lots)


def raised(electorate: Electorate, budget: int, unit: int) -> Completed:
    """Return the last run within the budget while the start is raised by one unit each time.

    It does not end because an outcome leaves room for nothing more, only when the next start would cost more than the
    budget, or when everything that anybody approves is bought.
    """
    found = only_once(electorate, budget)
    current, lots, step, same = found.run, dict(found.lots), 1, 0
    while len(current.purchases) < len(electorate.projects):
        start = current.start + step * unit
        like = current if step > 1 else None
        later = run(electorate, start, like=like, scale=current.scale)
        if later is None:
            step, same = max(1, step // 2), 0
            continue
        _note_lots(later, lots)
        if later.cost > budget:
            break
        same = same + 1 if later.keys == current.keys else 0
        step = step * 2 if same > 1 else step if same else 1
        current = later
    return Completed(current, lots)


def _run(electorate: Electorate, start: Fraction) -> Run:
    found = run(electorate, start)
    assert found is not None
    return found


def _note_lots(found: Run, lots: dict[tuple[str, ...], Fraction]) -> None:
    for purchase in found.purchases:
        if purchase.level:
            lots.setdefault(purchase.level, found.start)
