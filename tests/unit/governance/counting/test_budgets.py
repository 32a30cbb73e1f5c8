"""Greedy and equal shares: the worked example of governance.md 11.2, ties, costs as typed, what breaks the rules."""

from fractions import Fraction
from typing import Any

import pytest

from fedcoop.governance.counting import equal_shares
from fedcoop.governance.counting.projects import standings
from fedcoop.governance.counting.tallying import Ballots, tally_motion
from fedcoop.governance.counting.ties import LOT
from fedcoop.governance.motions.choices import Scores
from fedcoop.governance.motions.lot_order import Lot
from fedcoop.governance.motions.motion import Motion, Option
from fedcoop.governance.motions.outcomes import OutcomeCode
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.motions.tallies import Count, Pile, exact_text
from fedcoop.governance.words.wording import plain, rule_sentence
from fedcoop.kernel.errors import BallotRefused, MotionRefused
from tests.unit.governance.counting.test_seats import SEED, decided, vector
from tests.unit.governance.samples import motion

EXAMPLE = vector("budgets")


def projects(**costs: str) -> tuple[Option, ...]:
    return tuple(METHODS["greedy"].read_option(name, f"{name}: {cost}", {}) for name, cost in costs.items())


def example(method: str, **settings: str) -> Motion:
    return motion(method, options=projects(**EXAMPLE["projects"]), budget=EXAMPLE["budget"], **settings)


def example_piles() -> list[Pile]:
    return [
        Pile(tuple(sorted(name for name, who in EXAMPLE["supporters"].items() if voter in who)))
        for voter in range(1, EXAMPLE["voters"] + 1)
    ]


def counted(asked: Motion, piles: list[Pile], lot: Lot = SEED) -> Count:
    tally = tally_motion(Ballots(asked.method, asked.options, asked.settings, lot), piles, {"member": 100})
    assert tally.count is not None
    return tally.count


def test_greedy_takes_the_most_approved_and_of_equals_the_cheaper() -> None:
    count = counted(example("greedy"), example_piles())
    assert list(count.elected) == EXAMPLE["greedy"]
    assert count.facts["spent_minor"] == 95_000
    assert [(item.kind, item.of[0]) for item in count.rounds][:2] == [("purchase", "Bikes"), ("purchase", "Solar")]
    assert {item.kind for item in count.rounds[2:]} == {"skipped"}
    assert count.ties == ()


def test_one_run_of_equal_shares_buys_by_effective_votes() -> None:
    count = counted(example("equal_shares", completion="none", fill="none"), example_piles())
    assert len(count.rounds) == len(EXAMPLE["first_run"])
    for item, wanted in zip(count.rounds, EXAMPLE["first_run"], strict=True):
        assert item.of == (wanted["project"],)
        assert Fraction(item.facts["most_paid_minor"]) == Fraction(wanted["q"]) * 100
        assert abs(item.totals[wanted["project"]] - Fraction(wanted["effective"])) < Fraction(1, 1000)
    assert count.facts["spent_minor"] == 75_000


def test_completion_raises_the_start_until_the_next_would_cost_too_much() -> None:
    count = counted(example("equal_shares"), example_piles())
    assert list(count.elected) == EXAMPLE["equal_shares"]
    assert count.facts["start_minor"] == "12100"
    assert count.facts["spent_minor"] == 95_000


def test_the_starts_of_the_worked_example_buy_what_it_says() -> None:
    asked, piles = example("equal_shares"), example_piles()
    voters = equal_shares.Electorate(
        [
            equal_shares.Project(item.key, item.cost, item.supporters, (-item.supporters, item.cost, 0))
            for item in standings(piles, asked.options)
        ],
        piles,
    )
    at_115 = equal_shares.run(voters, Fraction(11_500))
    at_122 = equal_shares.run(voters, Fraction(12_200))
    assert at_115 is not None
    assert at_122 is not None
    assert list(at_115.keys) == EXAMPLE["at"]["115"]
    assert at_122.cost == int(EXAMPLE["too_much"]["cost"]) * 100


def test_the_rest_is_filled_greedily_unless_that_is_off() -> None:
    asked = {"options": projects(Big="600", Small="300"), "budget": "1000"}
    piles = [Pile(("Big",), 9), Pile(("Small",))]
    once = counted(motion("equal_shares", completion="none", **asked), piles)
    assert once.elected == ("Big", "Small")
    assert [item.kind for item in once.rounds] == ["purchase", "fill"]
    assert counted(motion("equal_shares", completion="none", fill="none", **asked), piles).elected == ("Big",)


def test_equals_in_everything_are_told_apart_by_lot_where_the_money_is_short_and_else_put_in_order_by_it() -> None:
    options = projects(One="60", Two="60", Three="10")
    piles = [Pile(("One", "Two"), 2), Pile(("Three",))]
    for method in ("greedy", "equal_shares"):
        winners = set()
        for number in range(6):
            lot = Lot(bytes([number]) * 32)
            count = counted(motion(method, options=options, budget="100"), piles, lot)
            assert {tie.rung for tie in count.ties} == {LOT}
            assert all(tie.among == ("One", "Two") for tie in count.ties)
            assert count.elected[0] == lot.order(["One", "Two"])[0]
            winners.add(count.elected[0])
        assert winners == {"One", "Two"}
    (order,) = counted(motion("greedy", options=options, budget="200"), piles).ties
    assert (order.among, order.rung, order.about) == (("One", "Two"), LOT, "order of purchase")
    assert counted(motion("greedy", options=options, budget="50"), piles).ties == ()


def test_without_skipping_the_first_that_does_not_fit_ends_it() -> None:
    options = projects(A="40", B="90", C="30")
    piles = [Pile(("A",), 3), Pile(("B",), 2), Pile(("C",))]
    assert counted(motion("greedy", options=options, budget="100"), piles).elected == ("A", "C")
    assert counted(motion("greedy", options=options, budget="100", skip="off"), piles).elected == ("A",)


def test_a_project_below_the_threshold_is_not_funded() -> None:
    options, piles = projects(A="40", B="30"), [Pile(("A",), 3), Pile(("B",), 2)]
    assert counted(motion("greedy", options=options, budget="100", min_score="2"), piles).elected == ("A", "B")
    assert counted(motion("greedy", options=options, budget="100", min_score="3"), piles).elected == ("A",)


def test_points_of_files_count_as_points_and_their_holders_as_supporters() -> None:
    options = projects(A="60", B="60")
    piles = [Pile(Scores({"A": 5})), Pile(Scores({"B": 2}), 2)]
    count = counted(motion("greedy", options=options, budget="100"), piles)
    assert count.elected == ("A",)
    assert (count.facts["points"], count.facts["supporters"]) == ({"A": 5, "B": 4}, {"A": 1, "B": 2})
    assert counted(motion("equal_shares", options=options, budget="100"), piles).elected == ("B",)


@pytest.mark.parametrize("method", ["greedy", "equal_shares"])
def test_the_outcome_says_what_is_spent_and_what_is_left(method: str) -> None:
    asked = motion(method, options=projects(A="60.50", B="90"), budget="100")
    _, outcome = decided(asked, [("A",), ("A",)])
    assert (outcome.code, outcome.winners) == (OutcomeCode.FUNDED, ("A",))
    assert outcome.notes == ("60.50 EUR of 100 EUR are spent; 39.50 EUR are left.",)
    _, nothing = decided(motion(method, options=projects(A="600", B="900"), budget="100"), [("A",)])
    assert nothing.code is OutcomeCode.NOT_CARRIED
    _, too_few = decided(motion(method, options=asked.options, budget="100", quorum="1/2"), [("A",)])
    assert too_few.code is OutcomeCode.INQUORATE


@pytest.mark.parametrize(
    ("text", "settings", "name", "cost"),
    [
        ("Solar panels: 500", {}, "Solar panels", 50_000),
        ("Solar panels=500.50", {}, "Solar panels", 50_050),
        ("Bikes: the big ones: 1.200,50", {}, "Bikes: the big ones", 120_050),
        ("Bikes = 1,200.50", {}, "Bikes", 120_050),
        ("Bikes: 1 200", {}, "Bikes", 120_000),
        ("Rice: 500", {"currency": "JPY"}, "Rice", 500),
        ("Rice: 0,5", {"currency": "KWD"}, "Rice", 500),
    ],
)
def test_a_project_is_typed_with_its_cost(text: str, settings: dict[str, str], name: str, cost: int) -> None:
    for method in ("greedy", "equal_shares"):
        assert METHODS[method].read_option("a", text, settings) == Option("a", name, cost=cost)


@pytest.mark.parametrize(
    "text", ["Solar panels", "Solar: many", ": 500", "Solar: 0", "Solar: -5", "Solar: 1.234", "Solar: 500.505", "x: ٣"]
)
def test_a_project_without_a_cost_is_refused(text: str) -> None:
    METHODS["greedy"].read_option("a", "Solar: 1", {})
    with pytest.raises(MotionRefused) as refused:
        METHODS["greedy"].read_option("a", text, {})
    assert refused.value.code == "options"


@pytest.mark.parametrize(
    ("right", "wrong", "code"),
    [
        ({"budget": "10"}, {"budget": "0"}, "budget"),
        ({"budget": "10.50"}, {"budget": "10.505"}, "budget"),
        ({"budget": "10"}, {"budget": "10.50", "currency": "JPY"}, "budget"),
        ({"currency": "PLN"}, {"currency": "zł"}, "currency"),
        ({"max": "1"}, {"max": "0"}, "max"),
        ({"min": "1"}, {"min": "-1"}, "min"),
        ({"min": "2", "max": "2"}, {"min": "2", "max": "1"}, "max"),
    ],
)
def test_settings_of_a_budget_that_cannot_be_are_refused_by_name(
    right: dict[str, str], wrong: dict[str, str], code: str
) -> None:
    for method in ("greedy", "equal_shares"):
        motion(method, **right)
        with pytest.raises(MotionRefused) as refused:
            motion(method, **wrong)
        assert refused.value.code == code


@pytest.mark.parametrize(
    ("method", "settings", "code"),
    [
        ("greedy", {"min_score": "-1"}, "min_score"),
        ("equal_shares", {"completion": "eps"}, "completion"),
        ("equal_shares", {"fill": "maybe"}, "fill"),
    ],
)
def test_settings_of_one_method_that_cannot_be_are_refused(method: str, settings: dict[str, str], code: str) -> None:
    motion(method)
    with pytest.raises(MotionRefused) as refused:
        motion(method, **settings)
    assert refused.value.code == code


def test_a_budget_needs_projects_with_costs() -> None:
    for options in ((Option("a", "A", cost=5),), (Option("a", "A", cost=5), Option("b", "B"))):
        with pytest.raises(MotionRefused) as refused:
            METHODS["greedy"].validate(options, motion("greedy").settings)
        assert refused.value.code == "options"


@pytest.mark.parametrize(
    ("settings", "choice", "code"),
    [
        ({}, ("z",), "option"),
        ({}, ("a", "a"), "option"),
        ({"max": "2"}, ("a", "b", "c"), "too-many"),
        ({"min": "2"}, ("a",), "too-few"),
        ({}, Scores({"a": 1}), "choice-shape"),
    ],
)
def test_ticks_that_break_the_rule_are_refused(settings: dict[str, str], choice: Any, code: str) -> None:
    for method in ("greedy", "equal_shares"):
        asked = motion(method, **settings)
        METHODS[method].check(("a", "b"), asked.options, asked.settings)
        METHODS[method].check((), asked.options, asked.settings)
        with pytest.raises(BallotRefused) as refused:
            METHODS[method].check(choice, asked.options, asked.settings)
        assert refused.value.code == code


@pytest.mark.parametrize(
    ("method", "settings", "sentence"),
    [
        (
            "greedy",
            {},
            "The projects with most support are funded one after the other from a budget of 100 EUR."
            " What no longer fits is skipped.",
        ),
        (
            "greedy",
            {"skip": "off", "min_score": "3", "quorum": "1/2"},
            "The projects with most support are funded one after the other from a budget of 100 EUR, if at least 6 of 12"
            " members take part. The first that no longer fits ends it. A project needs at least 3 votes.",
        ),
        (
            "equal_shares",
            {"budget": "1200.50", "currency": "CHF"},
            "Everybody who votes decides over an equal share of a budget of 1,200.50 CHF."
            " Supporters of a project pay for it together.",
        ),
    ],
)
def test_rule_sentences_of_budgets(method: str, settings: dict[str, str], sentence: str) -> None:
    asked = motion(method, **settings)
    assert plain(rule_sentence(method, asked.options, asked.settings, asked.eligible)) == sentence


def test_many_voters_are_counted_in_groups_and_exactly() -> None:
    piles = [Pile(("a",), 3), Pile(("a", "b"), 4, 2), Pile((), 2)]
    count = counted(motion("equal_shares", budget="130", completion="none", fill="none"), piles)
    assert count.facts["start_minor"] == exact_text(Fraction(13_000, 13))
    assert count.elected == ("a", "b")
