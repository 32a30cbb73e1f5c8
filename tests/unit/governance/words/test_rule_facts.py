"""What the sentence of a rule has no room for stands under "About this vote" (design.md 7)."""

from datetime import timedelta

import pytest

from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.words.rule_facts import days, further_rules
from tests.unit.governance.samples import motion


@pytest.mark.parametrize(
    ("method", "settings", "told"),
    [
        ("resolution", {}, ()),
        (
            "resolution",
            {"preset": "rule_change"},
            (
                "If too few take part, the same text is called again after 7 days, for 7 days; no quorum is needed then.",
            ),
        ),
        (
            "resolution",
            {"second_call": "36h", "second_call_quorum": "1/4"},
            (
                "If too few take part, the same text is called again after 36 hours, for 7 days; "
                "at least 30 of 120 must take part then.",
            ),
        ),
        (
            "resolution",
            {"preset": "dissolution"},
            ("Once carried, a second vote must confirm it, 14 days later at the earliest. It has no effect before.",),
        ),
        (
            "resolution",
            {"base": "present", "present": "40"},
            ("40 members were marked present. If more vote, all who voted count as present.",),
        ),
        (
            "consent",
            {},
            (
                "Silence counts because everybody has notice of at least 3 days.",
                "While an objection stands, an amended version is asked anew, and all answers begin again. "
                "After 3 rounds the author may turn to a special resolution with three quarters.",
            ),
        ),
        (
            "consent",
            {"silence": "not_counted", "fallback": "none"},
            ("While an objection stands, an amended version is asked anew, and all answers begin again.",),
        ),
        ("advice", {}, ("The decision comes 2 days after the opening at the earliest.",)),
        (
            "advice",
            {"advisers": "ada", "experts": "ben", "min_time": "1d", "adviser_deadline": "2026-05-01T18:00:00Z"},
            (
                "The decision comes after 1 day at the earliest, once these have answered or "
                "2026-05-01T18:00:00Z has passed: ada, ben.",
            ),
        ),
    ],
)
def test_further_facts_are_whole_sentences(method: str, settings: dict[str, str], told: tuple[str, ...]) -> None:
    assert further_rules(method, motion(method, **settings).settings, 120) == told


@pytest.mark.parametrize("method", list(METHODS))
def test_any_method_may_have_further_facts_or_none(method: str) -> None:
    assert all(line.endswith(".") for line in further_rules(method, motion(method).settings, 12))


def test_durations_are_told_in_whole_units() -> None:
    assert [days(timedelta(hours=h)) for h in (24, 48, 36, 1)] == ["1 day", "2 days", "36 hours", "1 hour"]
    assert days(timedelta(minutes=90)) == "90 minutes"
