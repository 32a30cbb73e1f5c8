"""When a poll elsewhere is looked at again: around its close, when one of us reads it, never beyond a year."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedcoop.governance.fediverse.looks import AGAIN, AROUND, EVERY, EVERY_FINAL, FAR, Told, again_at

NOW = datetime(2026, 3, 1, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SPREAD = timedelta(seconds=30)
minutes = st.integers(-3_000_000, 3_000_000).map(lambda number: NOW + number * MINUTE)


def told(closes: int | None, at: int = -10_000, closed: int | None = None) -> Told:
    """A poll whose numbers were told `at`, in minutes from now, as the other values are."""
    closed_at = None if closed is None else NOW + closed * MINUTE
    return Told(None if closes is None else NOW + closes * MINUTE, closed_at, NOW + at * MINUTE)


@pytest.mark.parametrize(
    ("closes", "minute"),
    [
        (120, 118.5),
        (2, 0.5),
        (1, 2.5),
        (0, 1.5),
        (-1, 0.5),
        (-2, 4.5),
        (-6, 0.5),
        (-7, None),
        (-100, None),
        (None, None),
    ],
)
def test_it_is_looked_at_shortly_before_and_after_the_close(closes: int | None, minute: float | None) -> None:
    expected = None if minute is None else NOW + minute * MINUTE
    assert told(closes).next_look(NOW, spread=SPREAD) == expected


def test_what_was_told_as_closed_is_not_looked_at_again() -> None:
    assert told(-3, at=-2, closed=-3).next_look(NOW, spread=SPREAD) is None
    assert told(-3, at=-4, closed=-3).next_look(NOW, spread=SPREAD) == NOW + 3.5 * MINUTE
    assert told(3, at=-2, closed=3).next_look(NOW, spread=SPREAD) == NOW + 1.5 * MINUTE


def test_nothing_is_planned_beyond_a_year() -> None:
    year = int(FAR / MINUTE)
    assert told(year + 3).next_look(NOW, spread=SPREAD) is None
    assert told(year + 1).next_look(NOW, spread=SPREAD) is not None
    assert told(year + 3).next_look(NOW + 3 * MINUTE, spread=SPREAD) is not None


@given(closes=st.none() | minutes, closed=st.none() | minutes, at=minutes, seconds=st.integers(0, 59))
def test_a_look_is_ahead_within_a_year_and_there_are_three_at_most(
    closes: datetime | None, closed: datetime | None, at: datetime, seconds: int
) -> None:
    poll, looks, now = Told(closes, closed, at), 0, NOW
    while (due := poll.next_look(now, spread=timedelta(seconds=seconds))) is not None:
        assert now < due <= now + FAR
        assert closes is not None
        assert abs(due - closes) < AROUND[-1] + MINUTE
        now, looks = due, looks + 1
    assert looks <= len(AROUND)


@pytest.mark.parametrize(("poll", "pause"), [(told(60), EVERY), (told(None), EVERY), (told(-60, at=-50), EVERY_FINAL)])
def test_a_reader_has_it_asked_once_a_minute_and_once_a_day_when_it_is_final(poll: Told, pause: timedelta) -> None:
    assert poll.may_ask(None, poll.told_at + EVERY_FINAL)
    later = NOW + 2 * EVERY_FINAL
    assert not poll.may_ask(later, later + pause - timedelta(seconds=1))
    assert poll.may_ask(later, later + pause)
    assert not poll.may_ask(None, poll.told_at + timedelta(seconds=59))


@given(minutes=st.lists(st.integers(1, 3000), min_size=1, max_size=10).map(sorted))
def test_what_fails_is_tried_for_a_day_and_some_hours_however_often_somebody_asks_meanwhile(minutes: list[int]) -> None:
    for minute in minutes:
        now = NOW + minute * MINUTE
        again = again_at(NOW, now)
        assert (again is None) == (now >= NOW + AGAIN[-1])
        assert again is None or now < again
    assert again_at(NOW, NOW) == NOW + 5 * MINUTE
