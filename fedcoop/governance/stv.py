"""The single transferable vote by Scottish rules: one surplus or exclusion a stage, values cut off (governance.md 7.15).

A round lists who was elected or excluded on its totals; papers of the excluded move in the round after it. Theory of the
loop: a surplus passes before anybody is excluded; the largest goes first; when as many remain as there are seats left, all
of them are elected and nothing moves any more.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from fedcoop.governance.lookback import apart, by_votes, deciding, lowest
from fedcoop.governance.lots import Lot
from fedcoop.governance.ranking import Contest, Rankings
from fedcoop.governance.stages import gains_of, number_text, numbers, ranking_of, ties_of
from fedcoop.governance.tallies import Count, Round, Tie
from fedcoop.governance.transfers import Hands


def count_stv(rankings: Rankings, contest: Contest, decimals: int, lot: Lot) -> Count:
    """Return the count with every stage. Same rankings and lot, same count."""
    return _Stv(rankings, contest, 10**decimals, lot).run(decimals) if rankings.valid else no_ballots(rankings)


def no_ballots(rankings: Rankings) -> Count:
    """Return the count of no valid ballot."""
    return Count(facts={"valid": 0, "blank": rankings.blank})


class _Stv:
    def __init__(self, rankings: Rankings, contest: Contest, unit: int, lot: Lot) -> None:
        self.rankings, self.contest, self.unit, self.lot = rankings, contest, unit, lot
        self.quota = (rankings.valid // (contest.seats + 1) + 1) * unit
        self.hands = Hands(rankings, contest, unit)
        self.seated: list[str] = []
        self.leaving = ""
        self.history: list[Mapping[str, int]] = []
        self.rounds: list[Round] = []

    def run(self, decimals: int) -> Count:
        self._end_stage("first", (), {}, {}, ())
        while not self._is_over():
            if self._in_surplus():
                self._surplus_stage()
            else:
                gains = self.hands.exclude(self.leaving)
                self._end_stage("exclusion", (self.leaving,), gains, {}, ())
        facts = {
            "quota": number_text(self.quota, self.unit),
            "valid": self.rankings.valid,
            "blank": self.rankings.blank,
            "seats": self.contest.seats,
            "decimals": decimals,
        }
        ranking = ranking_of(self.rounds, self.contest.standing)
        elected = self.contest.without_stop(self.seated)
        return Count(elected, ranking, tuple(self.rounds), ties_of(self.rounds), facts)

    def _is_over(self) -> bool:
        stopped = self.contest.stop in self.seated
        return stopped or not self.hands.continuing or len(self.seated) >= self.contest.seats

    def _in_surplus(self) -> list[str]:
        return [key for key in self.seated if self.hands.totals[key] > self.quota]

    def _surplus_stage(self) -> None:
        totals, over = self.hands.totals, self._in_surplus()
        largest = max(totals[key] for key in over)
        order, ties = apart(
            (key for key in over if totals[key] == largest),
            self.history[:-1],
            self.lot,
            about="surplus",
            which=slice(1),
        )
        surplus = largest - self.quota
        gains, values = self.hands.pass_surplus(order[0], self.quota)
        facts = {
            "surplus": number_text(surplus, self.unit),
            "values": {number_text(old, self.unit): number_text(new, self.unit) for old, new in sorted(values.items())},
        }
        self._end_stage("surplus", order[:1], gains, facts, ties)

    def _end_stage(
        self, kind: str, of: Sequence[str], gains: Mapping[str, int], facts: Mapping[str, Any], ties: Sequence[Tie]
    ) -> None:
        elected, told = self._elect()
        excluded: tuple[str, ...] = ()
        if not self._is_over() and not self._in_surplus():
            self.leaving, more = lowest(self.hands.continuing, self.hands.totals, self.history, self.lot)
            excluded, told = (self.leaving,), (*told, *more)
        unit = self.unit
        self.rounds.append(
            Round(
                kind=kind,
                totals=numbers(self.hands.totals, unit),
                of=tuple(of),
                moves=gains_of(gains, unit),
                exhausted=Fraction(self.hands.exhausted, unit),
                lost=Fraction(self.hands.lost, unit),
                elected=elected,
                excluded=excluded,
                ties=(*ties, *told),
                facts=facts,
            )
        )
        self.history.append(dict(self.hands.totals))

    def _elect(self) -> tuple[tuple[str, ...], tuple[Tie, ...]]:
        """Elect who has the quota, or all that remain if there are seats for them, in order of votes."""
        hands, free = self.hands, self.contest.seats - len(self.seated)
        winners = [key for key in hands.continuing if len(hands.continuing) <= free or hands.totals[key] >= self.quota]
        order, ties = by_votes(winners, hands.totals, self.history, self.lot, about="order of election")
        elected = self.contest.filled(order, len(self.seated))
        self.seated += elected
        hands.continuing.difference_update(elected)
        return elected, deciding(ties, self.contest)
