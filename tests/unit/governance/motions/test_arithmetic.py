"""The worked examples of governance.md 1 and 6, and exact comparison."""

from fractions import Fraction

import pytest

from fedcoop.governance.motions.method import ceil_of, least, needed, reaches, share_words
from fedcoop.governance.motions.motion import Quorum, Threshold
from fedcoop.governance.motions.outcomes import OutcomeCode
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.motions.setting_words import quorum_of, threshold_of
from fedcoop.governance.motions.settings import settings_from_json, settings_to_json
from fedcoop.kernel.errors import MotionRefused
from tests.unit.governance.samples import motion, tally


def test_two_thirds_of_69_is_met_by_46_and_a_rounded_decimal_is_not() -> None:
    assert reaches(46, 69, Threshold(Fraction(2, 3)))
    decimal = threshold_of("66.67%")
    assert decimal == Threshold(Fraction(6667, 10000))
    assert not reaches(46, 69, decimal)


@pytest.mark.parametrize(("eligible", "quorum"), [(23, 5), (120, 12), (900, 90), (8, 4), (4, 2)])
def test_quorum_is_the_larger_of_floor_and_tenth_and_the_floor_asks_for_half_at_most(
    eligible: int, quorum: int
) -> None:
    assert needed(quorum_of("max(5, 1/10)"), eligible) == quorum


def test_no_quorum_exceeds_the_electorate() -> None:
    assert needed(Quorum(Fraction(1), 9), 3) == 3


@pytest.mark.parametrize(
    ("threshold", "base", "code"),
    [
        (">1/2", "yes_no", "carried"),
        (">1/2", "cast", "carried"),
        (">1/2", "eligible", "not_carried"),
        ("2/3", "yes_no", "carried"),
        ("2/3", "cast", "not_carried"),
        ("2/3", "eligible", "not_carried"),
        ("3/4", "yes_no", "not_carried"),
        ("3/4", "cast", "not_carried"),
        ("3/4", "eligible", "not_carried"),
    ],
)
def test_worked_table_of_48_21_9_of_120(threshold: str, base: str, code: str) -> None:
    asked = motion(eligible=120, threshold=threshold, base=base)
    outcome = METHODS["resolution"].decide(
        tally(120, **{"for": 48}, against=21, abstain=9), asked.options, asked.settings
    )
    assert outcome.code == code


@pytest.mark.parametrize(
    ("threshold", "base", "need"),
    [
        ("2/3", 69, 46),
        ("2/3", 78, 52),
        ("2/3", 120, 80),
        ("3/4", 69, 52),
        ("3/4", 78, 59),
        ("3/4", 120, 90),
        (">1/2", 69, 35),
    ],
)
def test_the_number_needed_is_the_smallest_that_reaches(threshold: str, base: int, need: int) -> None:
    asked = threshold_of(threshold)
    assert asked is not None
    assert least(base, asked) == need
    assert reaches(need, base, asked)
    assert not reaches(need - 1, base, asked)


def test_the_sum_is_told_in_words() -> None:
    asked = motion(eligible=120, threshold="2/3", quorum="1/2")
    outcome = METHODS["resolution"].decide(
        tally(120, **{"for": 48}, against=21, abstain=9), asked.options, asked.settings
    )
    assert [r.work for r in outcome.requirements] == [
        "48 for + 21 against = 69. Two thirds of 69 is 46. 48 is at least 46.",
        "78 members of 120 took part. 78 is at least 60.",
    ]


def test_too_few_voters_is_inquorate_and_not_a_rejection() -> None:
    asked = motion(eligible=120)
    decide = METHODS["resolution"].decide
    assert (
        decide(tally(120, **{"for": 11}, against=0, abstain=0), asked.options, asked.settings).code
        is OutcomeCode.INQUORATE
    )
    assert (
        decide(tally(120, **{"for": 12}, against=0, abstain=0), asked.options, asked.settings).code
        is OutcomeCode.CARRIED
    )


def test_an_equal_vote_at_simple_majority_is_tied_and_at_two_thirds_not_carried() -> None:
    simple, special = motion(), motion(threshold="2/3")
    votes = tally(12, **{"for": 4}, against=4, abstain=1)
    assert METHODS["resolution"].decide(votes, simple.options, simple.settings).code is OutcomeCode.TIED
    assert METHODS["resolution"].decide(votes, special.options, special.settings).code is OutcomeCode.NOT_CARRIED


def test_nobody_voting_without_a_quorum_carries_nothing() -> None:
    asked = motion(quorum="0", threshold="1/2")
    assert (
        METHODS["resolution"].decide(tally(12, **{"for": 0}, against=0, abstain=0), asked.options, asked.settings).code
        is OutcomeCode.NOT_CARRIED
    )


def test_an_approval_quorum_counts_votes_for_only() -> None:
    asked = motion(eligible=120, approval_quorum="1/4", quorum="0")
    decide = METHODS["resolution"].decide
    assert (
        decide(tally(120, **{"for": 30}, against=10, abstain=0), asked.options, asked.settings).code
        is OutcomeCode.CARRIED
    )
    assert (
        decide(tally(120, **{"for": 29}, against=10, abstain=50), asked.options, asked.settings).code
        is OutcomeCode.NOT_CARRIED
    )


def test_settings_survive_json_and_unknown_ones_are_refused_by_name() -> None:
    asked = motion(
        "approval", seats="2", max="2", threshold="1/3", grace="0s", visibility="after_close", change="never"
    )
    assert settings_from_json(settings_to_json(asked.settings)) == asked.settings
    for words, code in [
        ({"treshold": "1/2"}, "treshold"),
        ({"threshold": "two"}, "threshold"),
        ({"quorum": "7"}, "quorum"),
        ({"grace": "5m"}, "grace"),
        ({"change": "maybe"}, "change"),
        ({"secrecy": "secret"}, "secrecy"),
    ]:
        with pytest.raises(MotionRefused) as refused:
            motion(**words)
        assert refused.value.code == code


def test_shares_have_words_or_exact_numbers() -> None:
    assert share_words(Fraction(2, 3)) == "two thirds"
    assert share_words(Fraction(6667, 10000)) == "66.67%"
    assert share_words(Fraction(55, 100)) == "55%"
    assert share_words(Fraction(5, 7)) == "5/7"
    assert ceil_of(Fraction(7, 2)) == 4
