"""How instants, numbers and lists read on pages, in the co-op's own time zone (architecture.md 8.3, design.md 5 and 8).

Dates themselves are `kernel.dates`, which posts use too. The texts are English; numbers are digits.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from fedcoop.governance.motions.motion import Option
from fedcoop.kernel.clock import parse_rfc3339
from fedcoop.kernel.dates import MONTHS, moment
from fedcoop.kernel.money import Currency

SOON = timedelta(hours=48)
NOW = timedelta(hours=6)


def local(instant: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant on the clocks of `zone`."""
    return instant.astimezone(zone)


def occasion(option: Option, zone: ZoneInfo, now: datetime) -> str:
    """Return `Tue 22 Sep, 18:00 to 20:00` for an option that is a time, else its name."""
    if not option.starts_at:
        return option.name
    starts = parse_rfc3339(option.starts_at)
    ends = starts + timedelta(minutes=option.minutes)
    if not option.minutes:
        return moment(starts, zone, now)
    same = starts.astimezone(zone).date() == ends.astimezone(zone).date()
    return f"{moment(starts, zone, now)} to {clock(ends, zone) if same else moment(ends, zone, now)}"


def full_day(instant: datetime, zone: ZoneInfo) -> str:
    """Return `14 May 2026`."""
    there = instant.astimezone(zone)
    return f"{there.day} {MONTHS[there.month - 1]} {there.year}"


def clock(instant: datetime, zone: ZoneInfo, *, seconds: bool = False) -> str:
    """Return `18:00`, or `18:00:40`."""
    return instant.astimezone(zone).strftime("%H:%M:%S" if seconds else "%H:%M")


def span(length: timedelta) -> str:
    """Return a length of time in its largest unit, rounded down: `2 days`, `3 hours`, `1 minute`."""
    seconds = max(int(length.total_seconds()), 0)
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= size and not (unit == "day" and seconds < 2 * size):
            return plural(seconds // size, unit)
    return "less than a minute"


def ago(instant: datetime, now: datetime) -> str:
    """Return `in 2 days` or `3 hours ago`."""
    return f"in {span(instant - now)}" if instant >= now else f"{span(now - instant)} ago"


def urgency(instant: datetime, now: datetime) -> str:
    """Return the class of a deadline chip: empty over 48 h, `soon`, under 6 h `now`, then `over` (design.md 5)."""
    left = instant - now
    if left < timedelta(0):
        return "over"
    return "now" if left < NOW else "soon" if left < SOON else ""


def plural(number: int, one: str, many: str = "") -> str:
    """Return `1 vote`, `2 votes`."""
    return f"{whole(number)} {one if number == 1 else many or one + 's'}"


def whole(number: int) -> str:
    """Return the number in digits, in groups of three from 10 000 on, with no-break thin spaces."""
    return f"{number:,}".replace(",", "\u202f") if abs(number) >= 10_000 else str(number)


def percent(part: int, base: int, digits: int = 2) -> str:
    """Return `69.57%`; an en dash where there is no base."""
    if base <= 0:
        return "–"
    scaled = Fraction(part * 100, base)
    return f"{float(scaled):.{digits}f}".rstrip("0").rstrip(".") + "%" if digits else f"{round(scaled)}%"


def width(part: int | Fraction, base: int | Fraction) -> str:
    """Return a length for an SVG attribute, in percent, within 0 and 100."""
    if base <= 0:
        return "0%"
    return (
        f"{float(min(max(Fraction(part) / Fraction(base) * 100, Fraction(0)), Fraction(100))):.2f}".rstrip("0").rstrip(
            "."
        )
        + "%"
    )


_SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$"}


def money(amount_minor: int, currency: str = "") -> str:
    """Return `1,200.50 €` or `450 CHF` for an amount in minor units, with a no-break space; no currency is no word."""
    number, _, code = Currency(currency).text(amount_minor).rpartition(" ")
    return f"{number}\u00a0{_SYMBOLS.get(code, code)}".rstrip("\u00a0")


def listed(words: Sequence[str], last: str = "and") -> str:
    """Return `a, b and c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}" if words else ""


def fingerprint(digest: str, groups: int = 2) -> str:
    """Return the first digits of a digest in groups of four (design.md 5, Proof)."""
    bare = digest.rpartition(":")[2]
    return " ".join(bare[at : at + 4] for at in range(0, groups * 4, 4))


def size(count: int) -> str:
    """Return `24 kB`."""
    return (
        f"{count} bytes"
        if count < 1000
        else f"{round(count / 1000)} kB"
        if count < 1_000_000
        else f"{count / 1e6:.1f} MB"
    )


def later(now: datetime, seconds: float) -> datetime:
    """Return the instant some seconds on, rounded up to the next whole minute."""
    at = now + timedelta(seconds=seconds)
    return at if at.second == 0 and at.microsecond == 0 else at.replace(second=0, microsecond=0) + timedelta(minutes=1)
