"""The single transferable vote by Scottish rules: one surplus or exclusion a stage, values cut off (governance.md 7.15).

A round lists who was elected or excluded on its totals; papers of the excluded move in the round after it. Theory of the
loop: a surplus passes before anybody is excluded; the largest goes first; when as many remain as there are seats left, all
of them are elected and nothing moves any more. Where losers are defeated together, those who cannot win any more go before
any surplus passes, in one round (Minneapolis Code of Ordinances 167.60, 167.70).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby, pairwise
from typing import Any

from fedcoop.governance.motions.lot_order import Lot
from fedcoop.governance.motions.tallies import Count, Round, Tie
from fedcoop.governance.ranked.ranking import Contest, Rankings
from fedcoop.governance.ranked.stages import Figures, number_text, ranking_of, ties_of
from fedcoop.governance.ranked.tie_history import Ladder
from fedcoop.governance.ranked.transfers import Gains, Hands


@dataclass(frozen=True, slots=True)
class Rule:
    """How a count goes: values with so many decimals or exact ones, the quota of Hare or Droop, losers one by one or together.

    `shares`: papers lie with all names of an equal rank in equal parts; without it nobody receives at such a rank.
    """

    decimals: int
    exact: bool = False
    hare: bool = False
    together: bool = False
    shares: bool = False

    def quota(self, valid: int, seats: int) -> int:
        """Return the whole votes that a seat takes: floor(valid/(seats+1))+1, or by Hare valid/seats rounded up."""
        return -(-valid // seats) if self.hare else valid // (seats + 1) + 1


def count_stv(rankings: Rankings, contest: Contest, rule: Rule, lot: Lot) -> Count:
    """Return the count with every stage. Same rankings and lot, same count."""
    return _Stv(rankings, contest, rule, lot).run() if rankings.valid else no_ballots(rankings)


def no_ballots(rankings: Rankings) -> Count:
    """Return the count of no valid ballot."""
    return Count(facts={"valid": 0, "blank": rankings.blank})


class _Stv:
    def __init__(self, rankings: Rankings, contest: Contest, rule: Rule, lot: Lot) -> None:
        self.rankings, self.contest, self.rule = rankings, contest, rule
        self.quota = rule.quota(rankings.valid, contest.seats)
        unit = 1 if rule.exact else 10**rule.decimals
        self.hands = Hands(rankings, contest, unit, shares=rule.shares, exact=rule.exact)
        self.ladder = Ladder(contest.standing, lot)
        self.figures = Figures()
        self.seated: list[str] = []
        self.leaving: tuple[str, ...] = ()
        self.rounds: list[Round] = []

    def run(self) -> Count:
        self._end_stage("first", (), {}, {}, ())
        while not self._is_over():
            if self.leaving:
                gains = self.hands.exclude(self.leaving)
                self._end_stage("exclusion", self.leaving, gains, {}, ())
            else:
                self._surplus_stage()
        rule = self.rule
        arithmetic = {"exact": self.hands.exact} if rule.exact else {"decimals": rule.decimals}
        facts = {
            "quota": str(self.quota),
            "valid": self.rankings.valid,
            "blank": self.rankings.blank,
            "seats": self.contest.seats,
            **arithmetic,
            **({"hare": True} if rule.hare else {}),
        }
        ranking = ranking_of(self.rounds, self.contest.standing)
        elected = self.contest.without_stop(self.seated)
        return Count(elected, ranking, tuple(self.rounds), ties_of(self.rounds), facts)

    def _is_over(self) -> bool:
        stopped = self.contest.stop in self.seated
        return stopped or not self.hands.continuing or len(self.seated) >= self.contest.seats

    def _surpluses(self) -> dict[str, int]:
        """Return what the elected have above the quota, in units; nothing of those who have none."""
        totals, quota = self.hands.totals, self.quota * self.hands.unit
        return {key: totals[key] - quota for key in self.seated if totals[key] > quota}

    def _surplus_stage(self) -> None:
        over, unit = self._surpluses(), self.hands.unit
        largest = max(over.values())
        tied = (key for key, surplus in over.items() if surplus == largest)
        order, ties = self.ladder.apart(tied, about="surplus", which=slice(1))
        gains, values = self.hands.pass_surplus(order[0], self.quota)
        now = self.hands.unit
        facts = {
            "surplus": number_text(largest, unit),
            "values": {number_text(old, now): number_text(new, now) for old, new in sorted(values.items())},
        }
        self._end_stage("surplus", order[:1], gains, facts, ties)

    def _end_stage(
        self, kind: str, of: Sequence[str], gains: Gains, facts: Mapping[str, Any], ties: Sequence[Tie]
    ) -> None:
        elected, told = self._elect()
        self.leaving, more = self._leave()
        unit = self.hands.unit
        self.rounds.append(
            Round(
                kind=kind,
                totals=self.figures.of(self.hands.totals, unit),
                of=tuple(of),
                moves=self.figures.gains(gains, unit),
                exhausted=Fraction(self.hands.exhausted, unit),
                lost=Fraction(self.hands.lost, unit),
                elected=elected,
                excluded=self.leaving,
                ties=(*ties, *told, *more),
                facts=facts,
            )
        )
        self.ladder.record(self.hands.totals, (*self.hands.continuing, *self._surpluses()))

    def _elect(self) -> tuple[tuple[str, ...], tuple[Tie, ...]]:
        """Elect who has the quota, or all that remain if there are seats for them, in order of votes."""
        hands, free = self.hands, self.contest.seats - len(self.seated)
        quota, all_in = self.quota * hands.unit, len(hands.continuing) <= free
        winners = [key for key in hands.continuing if all_in or hands.totals[key] >= quota]
        order, ties = self.ladder.by_votes(winners, hands.totals)
        elected = self.contest.filled(order, len(self.seated))
        self.seated += elected
        hands.continuing.difference_update(elected)
        return elected, ties

    def _leave(self) -> tuple[tuple[str, ...], tuple[Tie, ...]]:
        """Return who is excluded on these totals: those who cannot win, where they go together; else the lowest, when
        no surplus is left to pass on.
        """
        if self._is_over():
            return (), ()
        if self.rule.together and (losers := self._certain_losers()):
            return losers, ()
        if self._surpluses():
            return (), ()
        lowest, ties = self.ladder.lowest(self.hands.continuing, self.hands.totals)
        return (lowest,), ties

    def _certain_losers(self) -> tuple[str, ...]:
        """Return as many as possible from the bottom whose votes together with all surplus are fewer than the next one has.

        Equals stay together, and as many as there are seats left remain.
        """
        totals = self.hands.totals
        ordered = sorted(self.hands.continuing, key=lambda key: (totals[key], key))
        groups = [list(group) for _, group in groupby(ordered, key=totals.__getitem__)]
        most = len(ordered) - (self.contest.seats - len(self.seated))
        together, seen, losers = sum(self._surpluses().values()), 0, 0
        for group, following in pairwise(groups):
            seen += len(group)
            together += totals[group[0]] * len(group)
            if seen > most:
                break
            if together < totals[following[0]]:
                losers = seen
        return tuple(ordered[:losers])
