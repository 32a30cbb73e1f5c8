"""Try again, when, or give up? Pure: the one place that decides it (federation.md 7).

The schedule counts from the first attempt: at about 0, 1 min, 5 min, 30 min, 2 h, 6 h, 12 h, 24 h and 48 h. What goes to
partners goes on daily for 30 days after that. An origin that failed everything for 7 days is dead and probed daily.
"""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Literal

Kind = Literal["done", "retry", "give-up", "gone"]
Health = Literal["well", "failing", "dead"]

SCHEDULE = (
    timedelta(0),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(hours=12),
    timedelta(hours=24),
    timedelta(hours=48),
)
JITTER = 0.2
DAY = timedelta(days=1)
PARTNERS_FOR = timedelta(days=30)
DEAD_AFTER = timedelta(days=7)
MAX_RETRY_AFTER = timedelta(hours=24)
_WORTH_ANOTHER_TRY = frozenset({401, 408, 429})


@dataclass(frozen=True, slots=True)
class Decision:
    """What comes of an attempt; `due_at` is set for `retry` only. `gone`: the inbox said 410, drop that follower."""

    kind: Kind
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OriginHealth:
    """How an origin is as a receiver; `next_probe_at` is when a dead one may be tried again."""

    state: Health
    next_probe_at: datetime | None = None


def next_attempt(
    attempts: int,
    status: int | None,
    *,
    retry_after: str | None,
    now: datetime,
    rng: random.Random,
    partner: bool = False,
    created_at: datetime | None = None,
) -> Decision:
    """Return what follows an attempt that got `status` (None: no answer) after `attempts` earlier ones.

    `partner`: daily for 30 days from `created_at` beyond the schedule; without `created_at` there are 30 daily attempts.
    """
    if status is not None and 200 <= status < 300:
        return Decision("done")
    if status == 410:
        return Decision("gone")
    if status is not None and 400 <= status < 500 and status not in _WORTH_ANOTHER_TRY:
        return Decision("give-up")
    gap = _gap(attempts + 1, partner=partner, age=None if created_at is None else now - created_at)
    if gap is None:
        return Decision("give-up")
    due_at = now + gap * (1 + JITTER * (2 * rng.random() - 1))
    asked = parse_retry_after(retry_after, now)
    return Decision("retry", due_at if asked is None else max(due_at, now + asked))


def _gap(attempt: int, *, partner: bool, age: timedelta | None) -> timedelta | None:
    """Return the time from the attempt before to attempt number `attempt` (from 0), or None if there is no more."""
    if attempt < len(SCHEDULE):
        return SCHEDULE[attempt] - SCHEDULE[attempt - 1]
    if not partner:
        return None
    beyond = attempt - len(SCHEDULE) >= PARTNERS_FOR // DAY if age is None else age + DAY > PARTNERS_FOR
    return None if beyond else DAY


def parse_retry_after(value: str | None, now: datetime) -> timedelta | None:
    """Return how long a `Retry-After` (seconds or HTTP-date, RFC 9110 §10.2.3) asks us to wait, 24 h at most."""
    text = (value or "").strip()
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return min(timedelta(seconds=int(text[:9])), MAX_RETRY_AFTER)
    try:
        instant = parsedate_to_datetime(text)
    except ValueError:
        return None
    instant = instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant
    return min(max(instant - now, timedelta(0)), MAX_RETRY_AFTER)


def origin_health(failing_since: datetime | None, last_try_at: datetime, now: datetime) -> OriginHealth:
    """Return how an origin is that has failed everything since `failing_since` (None: its last attempt succeeded)."""
    if failing_since is None:
        return OriginHealth("well")
    if now - failing_since < DEAD_AFTER:
        return OriginHealth("failing")
    return OriginHealth("dead", last_try_at + DAY)
