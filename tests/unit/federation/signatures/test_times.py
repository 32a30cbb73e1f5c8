"""Dates of signatures and the window they lie in."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from fedcoop.federation.signatures.times import check_window, from_seconds, http_date, parse_http_date
from fedcoop.kernel.errors import BadSignature, MalformedSignature

NOW = datetime(2026, 3, 1, 10, tzinfo=UTC)


def test_a_date_is_written_and_read_as_imf_fixdate():
    assert http_date(NOW) == "Sun, 01 Mar 2026 10:00:00 GMT"
    assert http_date(NOW.astimezone(timezone(timedelta(hours=2)))) == "Sun, 01 Mar 2026 10:00:00 GMT"
    assert parse_http_date("Sun, 01 Mar 2026 10:00:00 GMT") == NOW


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Sun, 1 Mar 2026 10:00:00 GMT",
        "Sun, 01 Mar 2026 10:00:00 UTC",
        "Sun, 01 Mar 2026 10:00:00 +0000",
        "Sunday, 01-Mar-26 10:00:00 GMT",
        "Sun Mar  1 10:00:00 2026",
        "Sun, 31 Feb 2026 10:00:00 GMT",
        "Sun, 01 Mar 2026 24:00:00 GMT",
        "Sun, 01 Mar 0000 10:00:00 GMT",
        "Sun, 01 Mar 2026 10:00:00 GMT\n",
        "Sun, ٠١ Mar 2026 10:00:00 GMT",
        "2026-03-01T10:00:00Z",
    ],
)
def test_a_date_in_another_form_is_unreadable(text):
    with pytest.raises(MalformedSignature) as caught:
        parse_http_date(text)
    assert caught.value.code == "date-unreadable"


@pytest.mark.parametrize("seconds", [-1, 10**12, float("inf"), float("nan")])
def test_seconds_out_of_our_years_are_unreadable(seconds):
    with pytest.raises(MalformedSignature):
        from_seconds(seconds)


@pytest.mark.parametrize("minutes", [-65, 0, 60])
def test_an_instant_within_the_window_passes(minutes):
    check_window(NOW + timedelta(minutes=minutes), NOW, NOW)


@pytest.mark.parametrize(
    ("age_s", "expires_s", "code"),
    [(-3601, None, "signature-early"), (3901, None, "signature-stale"), (60, -1, "signature-expired")],
)
def test_an_instant_out_of_the_window_is_refused(age_s, expires_s, code):
    expires = None if expires_s is None else NOW + timedelta(seconds=expires_s)
    with pytest.raises(BadSignature) as caught:
        check_window(NOW - timedelta(seconds=age_s), expires, NOW)
    assert caught.value.code == code
