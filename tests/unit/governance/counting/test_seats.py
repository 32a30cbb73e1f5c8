"""Approval, score and dots: the vectors of governance.md 7.9 and 7.10, ties by the ladder of 10.1, what breaks the rules."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from fedcoop.governance.counting.tallying import Ballots, tally_motion
from fedcoop.governance.counting.ties import LOT
from fedcoop.governance.motions.choices import Choice, Scores
from fedcoop.governance.motions.lot_order import Lot
from fedcoop.governance.motions.motion import Motion, Option
from fedcoop.governance.motions.outcomes import Outcome, OutcomeCode
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.motions.tallies import Count, Pile, Tally
from fedcoop.governance.words.wording import plain, rule_sentence
from fedcoop.kernel.errors import BallotRefused, MotionRefused
from tests.unit.governance.samples import motion

VECTORS = Path(__file__).parents[3] / "vectors/methods"
SEED = Lot(bytes(32))


def vector(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((VECTORS / f"{name}.json").read_text())
    return found


def asked_with(method: str, keys: Sequence[str], **settings: str) -> Motion:
    return motion(method, options=tuple(Option(key, key) for key in keys), **settings)


def decided(
    asked: Motion, choices: Sequence[Choice | Mapping[str, int]], lot: Lot | None = SEED
) -> tuple[Tally, Outcome]:
    piles = [Pile(Scores(choice) if isinstance(choice, Mapping) else choice) for choice in choices]
    for pile in piles:
        METHODS[asked.method].check(pile.choice, asked.options, asked.settings)
    rule = Ballots(asked.method, asked.options, asked.settings, lot)
    tally = tally_motion(rule, piles, {"member": asked.eligible})
    return tally, METHODS[asked.method].decide(tally, asked.options, asked.settings)


def count_of(tally: Tally) -> Count:
    assert tally.count is not None
    return tally.count


@pytest.mark.parametrize("rule", ["sum", "mean", "median"])
def test_score_gives_sum_mean_raters_and_lower_median_and_the_winner_by_the_rule_named(rule: str) -> None:
    given = vector("score")
    tally, outcome = decided(asked_with("score", given["options"], rule=rule), given["ballots"])
    facts = count_of(tally).facts
    assert tally.counts == given["sums"] == facts["sums"]
    assert (facts["means"], facts["raters"], facts["medians"]) == (given["means"], given["raters"], given["medians"])
    assert outcome.winners == (given["winner"][rule],)
    assert outcome.code is OutcomeCode.CARRIED


def test_by_mean_an_option_needs_enough_raters() -> None:
    ballots = [{"a": 5}, {"b": 3}, {"b": 4}, {"b": 3}]
    assert decided(motion("score", rule="mean"), ballots)[1].winners == ("b",)
    assert decided(motion("score", rule="mean", min_raters="1/4"), ballots)[1].winners == ("a",)
    assert decided(motion("score", rule="mean", min_raters="100%"), ballots)[1].code is OutcomeCode.NOT_CARRIED


def test_weights_count_in_sum_mean_and_median() -> None:
    asked = motion("score")
    piles = [Pile(Scores({"a": 5, "b": 1}), weight=3), Pile(Scores({"a": 0, "b": 2}), number=2)]
    count = METHODS["score"].count(piles, asked.options, asked.settings, SEED)
    assert count is not None
    assert count.facts["sums"] == {"a": 15, "b": 7, "c": 0}
    assert count.facts["means"] == {"a": "3", "b": "7/5"} or count.facts["means"] == {"a": "3", "b": "1.4"}
    assert count.facts["medians"] == {"a": 5, "b": 1}


def test_dots_are_summed_and_most_win() -> None:
    given = vector("dots")
    tally, outcome = decided(asked_with("dots", given["options"], **given["settings"]), given["ballots"])
    assert tally.counts == given["dots"]
    assert count_of(tally).facts == {"spent": given["spent"], "dots": given["of"]}
    assert outcome.winners == ("P",)


@pytest.mark.parametrize("method", ["score", "dots"])
def test_of_equal_totals_the_one_with_more_supporters_wins(method: str) -> None:
    ballots: list[Mapping[str, int]] = [{"a": 4}, {"b": 2}, {"b": 2}]
    tally, outcome = decided(motion(method), ballots)
    assert outcome.winners == ("b",)
    (tie,) = count_of(tally).ties
    assert (tie.rung, tie.among, tie.order) == ("supporters", ("a", "b"), ("b", "a"))
    assert outcome.notes == ("Rye and Wheat were equal for the last place. More supporters put first Wheat.",)


@pytest.mark.parametrize(
    ("method", "ballots"),
    [("approval", [("a",), ("b",)]), ("score", [{"a": 3}, {"b": 3}]), ("dots", [{"a": 3}, {"b": 3}])],
)
def test_those_really_tied_for_the_last_place_go_to_the_lot(method: str, ballots: list[Any]) -> None:
    winners = set()
    for number in range(8):
        lot = Lot(bytes([number]) * 32)
        tally, outcome = decided(motion(method), ballots, lot)
        (tie,) = count_of(tally).ties
        assert (tie.rung, tie.among, tie.order) == (LOT, ("a", "b"), lot.order(["a", "b"]))
        assert outcome.code is OutcomeCode.CARRIED
        assert outcome.winners == tie.order[:1]
        assert "The lot chose" in outcome.notes[0]
        winners |= set(outcome.winners)
    assert winners == {"a", "b"}


def test_a_tie_that_decides_no_place_is_put_in_order_by_a_lot_that_is_listed() -> None:
    tally, outcome = decided(motion("approval", seats="2"), [("a", "b"), ("a", "b"), ("c",)])
    (tie,) = count_of(tally).ties
    assert (tie.among, tie.rung, tie.about) == (("a", "b"), LOT, "order of election")
    assert outcome.winners == tie.order
    names = {"a": "Rye", "b": "Wheat"}
    assert outcome.notes == (f"Rye and Wheat were equal, and all are chosen. The lot put {names[tie.order[0]]} first.",)
    tally, outcome = decided(motion("dots", seats="2"), [{"a": 2, "b": 2}, {"c": 1}])
    (tie,) = count_of(tally).ties
    assert (tie.among, tie.rung, outcome.winners) == (("a", "b"), LOT, tie.order)
    tally, outcome = decided(motion("dots", seats="2"), [{"a": 2, "b": 1}, {"b": 1}])
    (tie,) = count_of(tally).ties
    assert (tie.rung, tie.about, outcome.winners) == ("supporters", "order of election", ("b", "a"))
    assert decided(motion("approval", seats="2"), [("a", "b"), ("b",), ("c",), ("a", "b")])[0].count is None


def test_a_tie_in_an_approval_stays_one_where_the_status_quo_holds() -> None:
    _, outcome = decided(motion("approval", ties="status_quo"), [("a",), ("b",)])
    assert outcome.code is OutcomeCode.TIED


def test_nobody_wins_without_a_vote() -> None:
    for method in ("approval", "score", "dots"):
        assert decided(motion(method), [()])[1].code is OutcomeCode.NOT_CARRIED


def test_too_few_who_take_part_are_no_quorum() -> None:
    for method, ballot in (("score", {"a": 1}), ("dots", {"a": 1})):
        asked = motion(method, quorum="1/2")
        assert decided(asked, [ballot])[1].code is OutcomeCode.INQUORATE
        assert decided(asked, [ballot] * 6)[1].code is OutcomeCode.CARRIED


def test_a_look_meanwhile_names_nobody_of_those_tied() -> None:
    _, outcome = decided(motion("dots", seats="2"), [{"a": 3, "b": 1, "c": 1}], None)
    assert outcome.winners == ("a",)


@pytest.mark.parametrize(
    ("method", "settings", "right", "wrong", "code"),
    [
        ("score", {}, {"a": 5}, {"a": 6}, "range"),
        ("score", {"min": "1"}, {"a": 1}, {"a": 0}, "range"),
        ("score", {}, {"a": 5}, {"z": 5}, "option"),
        ("score", {"allow_blank": "off"}, {"a": 5, "b": 0, "c": 1}, {"a": 5, "b": 0}, "too-few"),
        ("score", {}, {"a": 5}, ("a",), "choice-shape"),
        ("dots", {}, {"a": 8}, {"a": 8, "b": 1}, "too-many"),
        ("dots", {"cap": "4"}, {"a": 4}, {"a": 5}, "range"),
        ("dots", {}, {"a": 1}, {"a": -1}, "range"),
        ("dots", {}, {"a": 1}, {"z": 1}, "option"),
        ("dots", {"spend_all": "on"}, {"a": 8}, {"a": 7}, "too-few"),
    ],
)
def test_what_breaks_the_rule_is_refused(
    method: str, settings: dict[str, str], right: Any, wrong: Any, code: str
) -> None:
    asked = motion(method, **settings)
    METHODS[method].check(Scores(right), asked.options, asked.settings)
    with pytest.raises(BallotRefused) as refused:
        METHODS[method].check(Scores(wrong) if isinstance(wrong, dict) else wrong, asked.options, asked.settings)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("method", "right", "wrong", "code"),
    [
        ("score", {"seats": "3"}, {"seats": "4"}, "seats"),
        ("score", {"min": "0", "max": "1"}, {"min": "2", "max": "1"}, "max"),
        ("score", {"max": "1000"}, {"max": "1001"}, "min"),
        ("score", {"rule": "mean"}, {"rule": "mode"}, "rule"),
        ("score", {"rule": "mean", "min_raters": "1/3"}, {"min_raters": "1/3"}, "min_raters"),
        ("score", {"rule": "mean", "min_raters": "1/3"}, {"rule": "mean", "min_raters": "half"}, "min_raters"),
        ("dots", {"dots": "1000"}, {"dots": "0"}, "dots"),
        ("dots", {"cap": "8"}, {"cap": "9"}, "cap"),
        ("dots", {"spend_all": "on", "cap": "3"}, {"spend_all": "on", "cap": "2"}, "cap"),
        ("approval", {"ties": "lot"}, {"ties": "chair"}, "ties"),
    ],
)
def test_settings_that_cannot_be_are_refused_by_name(
    method: str, right: dict[str, str], wrong: dict[str, str], code: str
) -> None:
    motion(method, **right)
    with pytest.raises(MotionRefused) as refused:
        motion(method, **wrong)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("method", "settings", "sentence"),
    [
        ("score", {}, "The one choice with the highest sum is chosen. A blank counts as 0."),
        (
            "score",
            {"rule": "median", "seats": "2", "quorum": "1/2"},
            "The two choices with the highest median are chosen, if at least 6 of 12 members take part."
            " A choice needs numbers from at least half of the ballots.",
        ),
        ("dots", {}, "Each member has 8 dots. The one choice with most dots is chosen."),
        (
            "dots",
            {"cap": "4", "seats": "2", "quorum": "1/2"},
            "Each member has 8 dots, at most 4 for one choice. The two choices with most dots are chosen,"
            " if at least 6 of 12 members take part.",
        ),
    ],
)
def test_rule_sentences_of_score_and_dots(method: str, settings: dict[str, str], sentence: str) -> None:
    asked = motion(method, **settings)
    assert plain(rule_sentence(method, asked.options, asked.settings, asked.eligible)) == sentence
