"""When a delivery is tried again, and when it is given up."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from fedcoop.federation.delivery.retry import DEAD_AFTER, Decision, next_attempt, origin_health, parse_retry_after

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
STEPS = [1, 4, 25, 90, 240, 360, 720, 1440]


class Middle(random.Random):
    """A random source without jitter."""

    def random(self) -> float:
        return 0.5


def decide(attempts: int, status: int | None, retry_after: str | None = None, **more) -> Decision:
    return next_attempt(attempts, status, retry_after=retry_after, now=NOW, rng=Middle(), **more)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_success_is_done(status: int):
    assert decide(0, status) == Decision("done")


def test_gone_is_gone():
    assert decide(0, 410) == Decision("gone")


@pytest.mark.parametrize("status", [400, 403, 404, 405, 406, 413, 415, 422, 451])
def test_a_refusal_is_final(status: int):
    assert decide(0, status) == Decision("give-up")


@pytest.mark.parametrize("status", [None, 302, 401, 408, 429, 500, 502, 503, 504])
def test_a_failure_that_may_pass_is_tried_again_after_a_minute(status: int | None):
    assert decide(0, status) == Decision("retry", NOW + timedelta(minutes=1))


def test_the_schedule_counts_from_the_first_attempt_and_ends():
    decisions = [decide(attempts, 503) for attempts in range(10)]
    waits = [decision.due_at - NOW for decision in decisions if decision.due_at]
    assert waits == [timedelta(minutes=minutes) for minutes in STEPS]
    assert [decision.kind for decision in decisions[8:]] == ["give-up", "give-up"]


def test_jitter_is_a_fifth_either_way():
    rng = random.Random(7)
    waits = [next_attempt(4, None, retry_after=None, now=NOW, rng=rng).due_at - NOW for _ in range(500)]
    assert timedelta(minutes=192) <= min(waits) < timedelta(minutes=200)
    assert timedelta(minutes=280) < max(waits) <= timedelta(minutes=288)


def test_partners_are_tried_daily_for_thirty_days():
    created = NOW - timedelta(days=20)
    assert decide(8, 503, partner=True, created_at=created) == Decision("retry", NOW + timedelta(days=1))
    assert decide(8, 503, partner=False, created_at=created) == Decision("give-up")
    assert decide(26, 503, partner=True, created_at=NOW - timedelta(days=29, hours=1)) == Decision("give-up")
    assert decide(8, 403, partner=True, created_at=created) == Decision("give-up")
    assert [decide(attempts, None, partner=True).kind for attempts in (8, 37, 38)] == ["retry", "retry", "give-up"]


def test_what_the_peer_asks_for_is_honoured_up_to_a_day():
    assert decide(0, 429, "600").due_at == NOW + timedelta(minutes=10)
    assert decide(0, 503, "5").due_at == NOW + timedelta(minutes=1)
    assert decide(0, 503, "9999999").due_at == NOW + timedelta(hours=24)
    assert decide(0, 503, "Sun, 01 Mar 2026 13:00:00 GMT").due_at == NOW + timedelta(hours=1)
    assert decide(8, 503, "60") == Decision("give-up")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        (" 120 ", 120),
        ("99999999999999999999", 86400),
        ("Sun, 01 Mar 2026 12:00:30 GMT", 30),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0),
        ("Tue, 01 Mar 2050 11:00:00 GMT", 86400),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: int):
    assert parse_retry_after(value, NOW) == timedelta(seconds=seconds)


@pytest.mark.parametrize("value", [None, "", "soon", "-5", "1.5", "²", "Sun, 99 Mar 2026 12:00:00 GMT"])
def test_retry_after_that_says_nothing_is_nothing(value: str | None):
    assert parse_retry_after(value, NOW) is None


def test_an_origin_is_dead_after_seven_days_and_probed_daily():
    assert origin_health(None, NOW, NOW).state == "well"
    assert origin_health(NOW - DEAD_AFTER + timedelta(seconds=1), NOW, NOW).state == "failing"
    dead = origin_health(NOW - DEAD_AFTER, NOW - timedelta(hours=5), NOW)
    assert (dead.state, dead.next_probe_at) == ("dead", NOW + timedelta(hours=19))
