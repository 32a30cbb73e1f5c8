"""The only place that asks the system for the time (architecture.md 8.3)."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

MAY_STAND_BEHIND = timedelta(seconds=60)


class Clock(Protocol):
    """Tells the wall clock (aware UTC) and a monotonic clock (seconds)."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start that never run backwards."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start that never run backwards."""
        return time.monotonic()


class FrozenClock:
    """A clock for tests: stands still until it is told to move."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._monotonic = 1000.0

    def now(self) -> datetime:
        """Return the instant it was set to."""
        return self._now

    def monotonic(self) -> float:
        """Return seconds that grow only by `advance`."""
        return self._monotonic

    def advance(self, step: timedelta) -> None:
        """Move both clocks forward by `step`."""
        self._now += step
        self._monotonic += step.total_seconds()


def runs_behind(now: datetime, last: datetime | None) -> bool:
    """Return whether the clock stands more than a minute before `last`, the newest instant that was ever written down."""
    return last is not None and last - now > MAY_STAND_BEHIND


def rfc3339(instant: datetime) -> str:
    """Return `instant` as RFC 3339 text in UTC with `Z`, without trailing zeros in the fraction.

    Whole seconds carry no fraction: peers compare `created` of a proof as text (federation.md 6).
    """
    text = instant.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00")
    return text.rstrip("0").rstrip(".") + "Z" if "." in text else text + "Z"


def parse_rfc3339(text: str) -> datetime:
    """Return the aware UTC instant that RFC 3339 `text` names. Raises ValueError without an offset."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("an instant needs an offset or Z")
    return instant.astimezone(UTC)
