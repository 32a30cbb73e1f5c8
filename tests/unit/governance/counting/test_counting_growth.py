"""How the work of counts grows: twice the candidates and ballots make a record four times as long, and no more work than that.

Steps are lines that the interpreter passes, not seconds, so that a busy machine changes nothing.
"""

import random

import pytest

from fedcoop.governance.ballot_files.ballot_file import BallotFile, tidy
from fedcoop.governance.ballot_files.file_counts import count_file
from fedcoop.governance.motions.tallies import Pile, Ranking
from tests.steps import steps


def election(candidates: int, ballots: int, length: int, *, equal: bool = False) -> BallotFile:
    draw = random.Random(candidates)
    keys = [str(n) for n in range(1, candidates + 1)]
    piles = []
    for _ in range(ballots):
        names = draw.sample(keys, min(length, candidates))
        ranking: Ranking = (tuple(names[:3]), *names[3:]) if equal else tuple(names)
        piles.append(Pile(ranking))
    return BallotFile("", "", tidy(keys, 1), tuple(piles), {"seats": "3"}, digest="00")


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("scottish-stv", {}),
        ("minneapolis-stv", {}),
        ("meek", {}),
        ("irv", {}),
        ("wigm", {"equal_ranks": "share"}),
    ],
)
def test_rounds_cost_what_their_record_has_figures(rule: str, words: dict[str, str]) -> None:
    small, large = (
        steps(lambda n=n: count_file(election(n, 2 * n, 6, equal=bool(words)), rule=rule, words=words))
        for n in (40, 80)
    )
    assert large <= 4.6 * small


@pytest.mark.parametrize("rule", ["schulze", "ranked-pairs"])
def test_comparing_all_with_all_costs_what_there_are_pairs(rule: str) -> None:
    small, large = (steps(lambda n=n: count_file(election(n, 60, n), rule=rule)) for n in (30, 60))
    assert large <= 4.8 * small
