"""Counts of rankings held against slow ones written from the rule alone: paper by paper, and by the equations of Meek's rule.

An oracle stops at the first tie: which way that goes is the ladder's, and is tested elsewhere.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import floor

from hypothesis import given, settings
from hypothesis import strategies as st

from fedcoop.governance.motions.tallies import Count
from tests.properties.strategies import rankings
from tests.properties.test_rankings import KEYS, Ballot, count

piles = st.lists(st.tuples(rankings(KEYS), st.integers(1, 40)), min_size=1, max_size=14)
TENTH_MILLION = Fraction(1, 10**7)


class Paper:
    """One ballot paper with its value and where it lies."""

    def __init__(self, names: Ballot) -> None:
        self.names, self.value, self.at = names, Fraction(1), names[0]

    def move(self, continuing: set[str]) -> None:
        onward = self.names[self.names.index(self.at) + 1 :]
        self.at = next((name for name in onward if name in continuing), "")


class Tied(Exception):
    """The rule alone does not say who is next."""


def only(keys: Sequence[str]) -> str:
    if len(keys) != 1:
        raise Tied
    return keys[0]


def scottish_stages(ballots: Sequence[tuple[Ballot, int]], seats: int) -> list[dict[str, Fraction]]:
    """The totals of each stage, up to the end or the first tie."""
    papers = [Paper(names) for names, number in ballots for _ in range(number)]
    quota = len(papers) // (seats + 1) + 1
    continuing, elected, stages = set(KEYS), list[str](), list[dict[str, Fraction]]()
    kept: dict[str, Fraction] = {}
    try:
        while True:
            totals = {key: kept.get(key, sum((p.value for p in papers if p.at == key), Fraction(0))) for key in KEYS}
            stages.append(totals)
            reached = [key for key in continuing if totals[key] >= quota or len(continuing) <= seats - len(elected)]
            elected += reached
            continuing -= set(reached)
            if len(elected) >= seats or not continuing:
                return stages
            over = [key for key in elected if totals[key] > quota]
            if over:
                key = only([k for k in over if totals[k] == max(totals[o] for o in over)])
                for paper in papers:
                    if paper.at == key:
                        exact = (totals[key] - quota) * paper.value / totals[key]
                        paper.value = Fraction(floor(exact * 100_000), 100_000)
                        paper.move(continuing)
                kept[key] = Fraction(quota)
            else:
                key = only([k for k in continuing if totals[k] == min(totals[o] for o in continuing)])
                continuing.discard(key)
                for paper in papers:
                    if paper.at == key:
                        paper.move(continuing)
    except Tied:
        return stages


@given(ballots=piles, seats=st.integers(1, 4))
@settings(max_examples=120, deadline=None)
def test_a_scottish_count_is_that_of_papers_moved_one_by_one(ballots: list[tuple[Ballot, int]], seats: int) -> None:
    found, expected = count("stv_scottish", ballots, seats), scottish_stages(ballots, seats)
    assert [dict(stage.totals) for stage in found.rounds[: len(expected)]] == expected
    tied = any(tie.rung for tie in found.ties)
    assert tied or len(found.rounds) == len(expected)


@given(ballots=piles)
@settings(max_examples=100, deadline=None)
def test_an_instant_runoff_is_that_of_ballots_read_anew_each_round(ballots: list[tuple[Ballot, int]]) -> None:
    found, standing = count("runoff", ballots), set(KEYS)
    for stage in found.rounds:
        tops = [(next((name for name in names if name in standing), ""), number) for names, number in ballots]
        totals = {key: sum(number for top, number in tops if top == key) for key in KEYS}
        assert stage.totals == totals
        base = sum(totals.values())
        for key in stage.elected:
            assert 2 * totals[key] > base or standing == {key}
        for key in stage.excluded:
            assert totals[key] == min(totals[other] for other in standing)
            assert all(2 * totals[other] <= base for other in standing)
            standing.discard(key)


@given(ballots=piles, seats=st.integers(1, 4))
@settings(max_examples=120, deadline=None)
def test_every_round_of_meek_solves_its_equations(ballots: list[tuple[Ballot, int]], seats: int) -> None:
    """Votes follow from the keep factors; the quota from the votes; before an exclusion nobody elected has more than it."""
    found = count("stv_meek", ballots, seats)
    seated, hopeful = set[str](), set(KEYS)
    for stage in found.rounds:
        keep = {key: Fraction(text) for key, text in stage.facts["keep"].items()}
        assert set(keep) == seated
        votes, rest = shared_out(ballots, keep, hopeful)
        assert all(abs(votes[key] - stage.totals[key]) < TENTH_MILLION * 100 for key in KEYS)
        assert abs(rest - stage.exhausted) < TENTH_MILLION * 100
        quota = Fraction(stage.facts["quota"])
        share = sum(stage.totals.values()) / (seats + 1)
        assert share < quota <= share + Fraction(1, 10**9)
        enough = [key for key in hopeful if stage.totals[key] >= quota]
        if stage.excluded:
            assert not enough
            assert sum(max(Fraction(0), stage.totals[key] - quota) for key in seated) < Fraction(1, 10**5)
            assert stage.totals[stage.excluded[0]] <= min(stage.totals[k] for k in hopeful) + Fraction(1, 10**6)
        else:
            assert set(stage.elected) == set(enough) or len(hopeful) <= seats - len(seated)
        seated |= set(stage.elected)
        hopeful -= {*stage.elected, *stage.excluded}
    _check_end(found, seats)


def shared_out(
    ballots: Sequence[tuple[Ballot, int]], keep: Mapping[str, Fraction], hopeful: set[str]
) -> tuple[dict[str, Fraction], Fraction]:
    votes, rest = dict.fromkeys(KEYS, Fraction(0)), Fraction(0)
    for names, number in ballots:
        weight = Fraction(1)
        for name in names:
            share = weight * (1 if name in hopeful else keep.get(name, Fraction(0)))
            votes[name] += number * share
            weight -= share
        rest += number * weight
    return votes, rest


def _check_end(found: Count, seats: int) -> None:
    assert len(found.elected) == seats
    assert found.facts["iterations"] == sum(stage.facts["iterations"] for stage in found.rounds)
