"""When to look again at a poll that somebody else counts: around its close, and when one of us reads it (federation.md 9, 12.6)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

AROUND = tuple(timedelta(minutes=minutes) for minutes in (-1, 1, 6))
"""Of the close: for an extension at the last minute, for totals, and once the longest grace of ours (12.3) is over."""
FAR = timedelta(days=365)
EVERY = timedelta(minutes=1)
EVERY_FINAL = timedelta(days=1)
AGAIN = tuple(timedelta(minutes=minutes) for minutes in (5, 30, 150, 480, 1920))


@dataclass(frozen=True, slots=True)
class Told:
    """What its author told of the end, and when the numbers: `closes_at` is the earlier of all ends, `over` true by its state."""

    closes_at: datetime | None
    closed_at: datetime | None
    told_at: datetime
    over: bool = False

    def is_final(self, now: datetime) -> bool:
        """Return whether the numbers are those of the end: told as closed, or when all that was in time had been counted."""
        if self.closes_at is None:
            return self.over
        if self.closes_at > now:
            return False
        return (
            self.closed_at is not None and self.closed_at <= self.told_at
        ) or self.told_at >= self.closes_at + AROUND[-1]

    def next_look(self, now: datetime, *, spread: timedelta) -> datetime | None:
        """Return when to look without being asked: around the close, `spread` apart from others, and never beyond a year."""
        if self.closes_at is None or self.is_final(now):
            return None
        due = (self.closes_at + step + (spread if step > timedelta() else -spread) for step in AROUND)
        return next((at for at in due if now < at <= now + FAR), None)

    def may_ask(self, asked_at: datetime | None, now: datetime) -> bool:
        """Return whether to ask for one who reads it: not within a minute of the last time, or a day where it is final."""
        last = self.told_at if asked_at is None else max(asked_at, self.told_at)
        return last <= now - (EVERY_FINAL if self.is_final(now) else EVERY)


def again_at(failing_since: datetime, now: datetime) -> datetime | None:
    """Return when to try next what has failed since then, ever more seldom, or None once that is more than a day ago."""
    return next((at for step in AGAIN if (at := failing_since + step) > now), None)
