"""Times to meet: typed, named, and as an iCalendar file (governance.md 7.18, RFC 5545)."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from fedcoop.governance.motions.motion import Option
from fedcoop.kernel.clock import parse_rfc3339, rfc3339
from fedcoop.kernel.errors import MotionRefused

UTC_NAME = "UTC"
USUAL_MINUTES, MOST_MINUTES = 60, 14 * 24 * 60
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})?")
_LENGTH = re.compile(r"([0-9]{1,5})\s*(m|min|h|d)")
_MINUTES = {"m": 1, "min": 1, "h": 60, "d": 24 * 60}
_HOW = "Write a time as 2026-09-22 18:00/2h, or with its offset as 2026-09-22T18:00+02:00/2h."
_LINE = 75


def zone_of(name: str) -> tzinfo:
    """Return the zone of an IANA name. Raises MotionRefused (`zone`)."""
    if name == UTC_NAME:
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise MotionRefused("zone", "zone is an IANA name, such as Europe/Rome.") from error


def with_zone(known: Collection[str], words: Mapping[str, str], zone: str) -> dict[str, str]:
    """Return the setting words with the co-op's own zone, where the method reads one and nobody chose another."""
    return {"zone": zone, **words} if "zone" in known else dict(words)


def option_of(key: str, text: str, zone: tzinfo) -> Option:
    """Return the option of a time as typed; without an offset it is on the clocks of `zone`. Raises MotionRefused (`options`).

    A local time that clocks skip in spring is moved forward, one that comes twice in autumn is the first.
    """
    moment, slash, length = text.strip().partition("/")
    match = _INSTANT.fullmatch(moment.strip())
    minutes = _minutes(length.strip()) if slash else USUAL_MINUTES
    if match is None or not 1 <= minutes <= MOST_MINUTES:
        raise MotionRefused("options", _HOW)
    try:
        given = datetime.fromisoformat(moment.strip())
        starts_at = (given if match[1] else given.replace(tzinfo=zone)).astimezone(UTC)
        name = name_of(starts_at, minutes, zone)
    except (ValueError, OverflowError) as error:
        raise MotionRefused("options", _HOW) from error
    return Option(key, name, starts_at=rfc3339(starts_at), minutes=minutes)


def _minutes(text: str) -> int:
    match = _LENGTH.fullmatch(text)
    return int(match[1]) * _MINUTES[match[2]] if match else 0


def name_of(starts_at: datetime, minutes: int, zone: tzinfo) -> str:
    """Return `Tue 22 Sep 2026, 18:00 to 20:00`; the end has its day too where that is another one."""
    start, end = starts_at.astimezone(zone), (starts_at + timedelta(minutes=minutes)).astimezone(zone)
    until = f"{end:%H:%M}" if start.date() == end.date() else f"{_day(end)}, {end:%H:%M}"
    return f"{_day(start)}, {start:%H:%M} to {until}" + (" UTC" if zone is UTC else "")


def _day(at: datetime) -> str:
    return f"{_DAYS[at.weekday()]} {at.day} {_MONTHS[at.month - 1]} {at.year}"


def check_time(option: Option) -> None:
    """Raise MotionRefused (`options`) unless the option is an instant with a length."""
    try:
        starts_at = parse_rfc3339(option.starts_at)
    except ValueError as error:
        raise MotionRefused("options", _HOW) from error
    if rfc3339(starts_at) != option.starts_at or not 1 <= option.minutes <= MOST_MINUTES:
        raise MotionRefused("options", _HOW)


# --- iCalendar --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Meeting:
    """A meeting as a calendar has it; `uid` stays the same when it changes, `stamp` is when the file was made."""

    uid: str
    title: str
    starts_at: datetime
    minutes: int
    url: str
    organiser: str
    stamp: datetime


def meeting_of(options: Sequence[Option], winner: str) -> tuple[datetime, int]:
    """Return start and minutes of the chosen time."""
    option = next(item for item in options if item.key == winner)
    return parse_rfc3339(option.starts_at), option.minutes


def calendar_file(meeting: Meeting) -> str:
    """Return the meeting as an iCalendar file with one event, lines ended by CRLF and folded. RFC 5545 §3.1, §3.6.1."""
    lines = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//fedcoop//time poll//EN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{_text(meeting.uid)}",
        f"DTSTAMP:{_stamp(meeting.stamp)}",
        f"DTSTART:{_stamp(meeting.starts_at)}",
        f"DTEND:{_stamp(meeting.starts_at + timedelta(minutes=meeting.minutes))}",
        f"SUMMARY:{_text(meeting.title)}",
        f"DESCRIPTION:{_text(f'{meeting.organiser} chose this time: {meeting.url}')}",
        f"URL:{meeting.url}",
        "END:VEVENT",
        "END:VCALENDAR",
    )
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(text: str) -> str:
    """Escape TEXT. RFC 5545 §3.3.11."""
    escaped = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return "".join(c for c in escaped.replace("\r\n", "\n").replace("\n", "\\n") if c >= " ")


def _folded(line: str) -> str:
    """Fold after 75 bytes, never inside a character; what follows begins with a space. RFC 5545 §3.1."""
    found, length = [], 0
    for character in line:
        size = len(character.encode())
        if length + size > _LINE:
            found.append("\r\n ")
            length = 1
        found.append(character)
        length += size
    return "".join(found)
