"""The advice process of governance.md 7.4: when the decider may decide, and how many may call it in."""

from datetime import UTC, datetime, timedelta

import pytest

from fedcoop.governance.follow_ups.advice import (
    Advice,
    call_in_needed,
    deadline,
    may_call_in,
    may_decide,
    named_advisers,
)
from fedcoop.governance.motions.motion import Settings
from fedcoop.kernel.errors import MotionRefused

OPENED = datetime(2026, 3, 1, 9, tzinfo=UTC)
ASKED = Settings(extra={"advisers": "ada, ben", "experts": "ben, cem", "min_time": "2d", "adviser_deadline": "5d"})
ANSWERED = tuple(Advice(name, answered=True) for name in ("ada", "ben", "cem"))


def codes(after: timedelta, *given: Advice) -> list[str]:
    found = may_decide(ASKED, opened_at=OPENED, now=OPENED + after, given=given)
    assert all(item.words.endswith(".") for item in found)
    return [item.code for item in found]


def test_the_decider_waits_the_minimum_time() -> None:
    assert codes(timedelta(days=2) - timedelta(microseconds=1), *ANSWERED) == ["advice-early"]
    assert codes(timedelta(days=2), *ANSWERED) == []


def test_each_named_adviser_answers_or_their_time_passes() -> None:
    assert named_advisers(ASKED) == ("ada", "ben", "cem")
    assert codes(timedelta(days=5), *ANSWERED[:2]) == ["advice-missing"]
    assert codes(timedelta(days=5, microseconds=1), *ANSWERED[:2]) == []
    assert codes(timedelta(days=5, microseconds=1)) == []


def test_every_advice_has_a_written_answer_also_of_those_who_were_not_named() -> None:
    assert codes(timedelta(days=3), *ANSWERED, Advice("dov", answered=False)) == ["advice-unanswered"]
    assert codes(timedelta(days=3), *ANSWERED, Advice("dov", answered=True)) == []


def test_all_hindrances_are_told_at_once() -> None:
    assert codes(timedelta(days=1), Advice("ada", answered=False)) == [
        "advice-early",
        "advice-missing",
        "advice-unanswered",
    ]


def test_the_deadline_is_a_duration_or_an_instant() -> None:
    assert deadline(ASKED, OPENED) == OPENED + timedelta(days=5)
    assert deadline(Settings(extra={"adviser_deadline": "2026-03-04T12:00:00Z"}), OPENED).day == 4
    for wrong in ("soon", "2026-03-04Tnoon"):
        with pytest.raises(MotionRefused) as refused:
            deadline(Settings(extra={"adviser_deadline": wrong}), OPENED)
        assert refused.value.code == "adviser_deadline"


@pytest.mark.parametrize(("eligible", "need"), [(1, 1), (2, 2), (3, 3), (60, 3), (61, 4), (120, 6), (900, 45)])
def test_a_call_in_takes_three_or_a_twentieth_but_never_more_than_there_are(eligible: int, need: int) -> None:
    assert call_in_needed(eligible) == need


def test_a_call_in_is_possible_for_seven_days() -> None:
    assert may_call_in(OPENED, OPENED + timedelta(days=7))
    assert not may_call_in(OPENED, OPENED + timedelta(days=7, microseconds=1))
