"""When a request was signed: HTTP dates, Unix seconds, and the window they must lie in (federation.md 5.2.4)."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from fedcoop.kernel.errors import BadSignature, MalformedSignature

MAX_AGE = timedelta(minutes=65)
MAX_AHEAD = timedelta(minutes=60)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH_NUMBERS = {name: number for number, name in enumerate(_MONTHS, start=1)}
_IMF_FIXDATE = re.compile(
    rf"(?:{'|'.join(_DAYS)}), ([0-9]{{2}}) ({'|'.join(_MONTHS)}) ([0-9]{{4}}) ([0-9]{{2}}):([0-9]{{2}}):([0-9]{{2}}) GMT"
)
_MAX_SECONDS = 99_999_999_999


def http_date(instant: datetime) -> str:
    """Return `instant` as an IMF-fixdate (RFC 9110 §5.6.7)."""
    utc = instant.astimezone(UTC)
    return f"{_DAYS[utc.weekday()]}, {utc:%d} {_MONTHS[utc.month - 1]} {utc.year:04} {utc:%H:%M:%S} GMT"


@lru_cache(maxsize=256)
def parse_http_date(text: str) -> datetime:
    """Return the instant of an IMF-fixdate. Raises MalformedSignature `date-unreadable` for any other form."""
    found = _IMF_FIXDATE.fullmatch(text)
    if found is None:
        raise MalformedSignature("date-unreadable")
    day, month, year, hour, minute, second = found.groups()
    try:
        return datetime(int(year), _MONTH_NUMBERS[month], int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    except ValueError as error:
        raise MalformedSignature("date-unreadable") from error


@lru_cache(maxsize=256)
def from_seconds(seconds: float) -> datetime:
    """Return the instant of Unix time. Raises MalformedSignature `date-unreadable` outside of the years we know."""
    if not 0 <= seconds <= _MAX_SECONDS:
        raise MalformedSignature("date-unreadable")
    return datetime.fromtimestamp(seconds, UTC)


def check_window(signed_at: datetime, expires: datetime | None, now: datetime) -> None:
    """Raise BadSignature `signature-early`, `signature-stale` or `signature-expired` unless `now` is in the window."""
    if signed_at - now > MAX_AHEAD:
        raise BadSignature("signature-early")
    if now - signed_at > MAX_AGE:
        raise BadSignature("signature-stale")
    if expires is not None and expires < now:
        raise BadSignature("signature-expired")
