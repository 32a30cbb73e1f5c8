"""One ballot through the rounds: what the sum of all ballots says must be what the rounds say."""

from collections import Counter
from fractions import Fraction

import pytest

from fedcoop.governance.ranked.travel import Step, travel
from tests.unit.governance.ranked.rules import Vote
from tests.unit.governance.ranked.test_ranked_methods import VECTOR

PROFILE = [(number, ranks) for number, ranks in VECTOR["profiles"]["79"]["ballots"]]


def test_a_ballot_moves_on_with_the_surplus_and_with_the_exclusion() -> None:
    count = Vote("stv_scottish", PROFILE, seats="2").count
    value, kept = Fraction("0.06896"), {"A": Fraction("0.93104")}
    assert travel(tuple("AECB"), count) == (
        Step(1, "A", Fraction(1), "first"),
        Step(2, "E", value, "surplus", "A", kept),
        Step(3, "C", value, "exclusion", "E", kept),
        Step(4, "B", value, "exclusion", "C", kept),
    )


def test_a_ballot_without_a_further_name_is_exhausted() -> None:
    count = Vote("runoff", PROFILE).count
    steps = travel(("D", "C"), count)
    assert [(step.at, step.why) for step in steps] == [
        ("D", "first"),
        ("D", "stays"),
        ("D", "stays"),
        ("", "exclusion"),
    ]
    assert steps[-1].of == "D"


def test_by_meek_the_elected_keep_a_share_in_every_round() -> None:
    count = Vote("stv_meek", PROFILE, seats="2").count
    steps = travel(tuple("AECB"), count)
    assert [step.at for step in steps] == ["A", "E", "C", "C"]
    assert [step.why for step in steps] == ["first", "shares", "exclusion", "stays"]
    assert steps[3].kept == {"A": Fraction("0.908045978")}
    assert steps[3].value == 1 - Fraction("0.908045978")
    gone = travel(("B", "E"), count)
    assert (gone[3].at, gone[3].value, gone[3].why) == ("", 1, "exclusion")


@pytest.mark.parametrize("method", ["stv_scottish", "stv_meek", "runoff"])
@pytest.mark.parametrize("profile", ["79", "45"])
def test_all_ballots_together_are_the_totals_of_each_round(method: str, profile: str) -> None:
    ballots = VECTOR["profiles"][profile]["ballots"]
    count = Vote(method, ballots, **({} if method == "runoff" else {"seats": "3"})).count
    for number, stage in enumerate(count.rounds):
        found: Counter[str] = Counter()
        for papers, ranks in ballots:
            step = travel(tuple(ranks), count)[number]
            found[step.at] += papers * step.value
            for key, share in step.kept.items():
                found[key] += papers * share
        lost = Fraction(0)
        for key, total in stage.totals.items():
            lost += found[key] - total
        assert found[""] == stage.exhausted
        assert lost == stage.lost


def test_counts_without_rounds_and_ballots_without_names_have_no_way() -> None:
    assert travel(("A",), Vote("schulze", PROFILE).count) == ()
    assert travel((), Vote("runoff", PROFILE).count) == ()
    assert travel((("A", "B"), "C"), Vote("runoff", PROFILE).count) == ()
