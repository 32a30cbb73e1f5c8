"""Instants, numbers and lists as pages show them."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from fedcoop.kernel import dates
from fedcoop.web.frame import formats

ROME = ZoneInfo("Europe/Rome")
NOW = datetime(2026, 5, 12, 8, 0, tzinfo=UTC)


def test_a_moment_is_told_on_the_coops_clocks() -> None:
    assert dates.moment(datetime(2026, 5, 14, 16, 0, tzinfo=UTC), ROME, NOW) == "Thu 14 May, 18:00"
    assert dates.moment(datetime(2026, 5, 14, 16, 0, tzinfo=UTC), ROME, NOW, long=True) == "Thursday 14 May, 18:00"


@pytest.mark.parametrize(
    ("zone", "told"),
    [
        ("UTC", "Sun 6 Dec, 21:47 UTC"),
        ("Etc/UTC", "Sun 6 Dec, 21:47 UTC"),
        ("Europe/Berlin", "Sun 6 Dec, 22:47, Berlin time"),
        ("America/Argentina/Buenos_Aires", "Sun 6 Dec, 18:47, Buenos Aires time"),
    ],
)
def test_for_readers_elsewhere_a_moment_names_its_zone(zone: str, told: str) -> None:
    assert dates.moment_abroad(datetime(2026, 12, 6, 21, 47, tzinfo=UTC), ZoneInfo(zone), NOW) == told


def test_another_year_is_named() -> None:
    assert dates.day_of(datetime(2027, 9, 1, tzinfo=UTC), ROME, NOW) == "1 Sep 2027"


def test_the_year_is_that_of_the_coops_clocks() -> None:
    new_year = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    assert formats.full_day(new_year, ROME) == "1 January 2027"


@pytest.mark.parametrize(
    ("left", "told"),
    [
        (timedelta(days=4, hours=3), "in 4 days"),
        (timedelta(hours=47), "in 47 hours"),
        (timedelta(hours=1), "in 1 hour"),
        (timedelta(minutes=12), "in 12 minutes"),
        (timedelta(seconds=20), "in less than a minute"),
        (-timedelta(hours=3), "3 hours ago"),
    ],
)
def test_what_is_left_is_told_in_the_largest_unit(left: timedelta, told: str) -> None:
    assert formats.ago(NOW + left, NOW) == told


@pytest.mark.parametrize(
    ("left", "tone"),
    [
        (timedelta(hours=49), ""),
        (timedelta(hours=47), "soon"),
        (timedelta(hours=6), "soon"),
        (timedelta(hours=5), "now"),
        (timedelta(0), "now"),
        (-timedelta(seconds=1), "over"),
    ],
)
def test_a_deadline_is_soon_under_two_days_and_now_under_six_hours(left: timedelta, tone: str) -> None:
    assert formats.urgency(NOW + left, NOW) == tone


def test_numbers_are_grouped_from_ten_thousand_on() -> None:
    assert [formats.whole(n) for n in (9_999, 10_000, 1_234_567)] == ["9999", "10\u202f000", "1\u202f234\u202f567"]


def test_shares_are_rounded_only_when_shown() -> None:
    assert formats.percent(48, 69) == "69.57%"
    assert formats.percent(1, 2) == "50%"
    assert formats.percent(0, 0) == "–"
    assert formats.width(Fraction(2, 3), 1) == "66.67%"
    assert formats.width(5, 2) == "100%"
    assert formats.width(1, 0) == "0%"


def test_lists_and_plurals_read_as_people_write_them() -> None:
    assert formats.listed([]) == ""
    assert formats.listed(["Rye"]) == "Rye"
    assert formats.listed(["Rye", "Spelt", "Olive"]) == "Rye, Spelt and Olive"
    assert formats.plural(1, "member") == "1 member"
    assert formats.plural(2, "entry", "entries") == "2 entries"


def test_a_fingerprint_is_shown_in_groups_of_four() -> None:
    assert formats.fingerprint("sha-256:5c1e90abffff0000", 2) == "5c1e 90ab"


def test_the_next_try_is_told_in_whole_minutes_never_too_early() -> None:
    at = datetime(2026, 5, 12, 8, 0, 30, tzinfo=UTC)
    assert formats.later(at, 45) == datetime(2026, 5, 12, 8, 2, tzinfo=UTC)
    assert formats.later(NOW, 60) == datetime(2026, 5, 12, 8, 1, tzinfo=UTC)
