"""How an instant reads, on the clocks of a zone (design.md 5 and 8). The texts are English; numbers are digits.

Pages show the co-op's own zone and say so once; what leaves the co-op, a post or a message, names its zone each time.
"""

from datetime import datetime, tzinfo

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_SHORT_MONTH = {month: month if len(month) <= 5 else month[:3] for month in MONTHS}


def moment(instant: datetime, zone: tzinfo, now: datetime, *, long: bool = False) -> str:
    """Return `Thu 14 May, 18:00`, or with `long` `Thursday 14 May, 18:00`; the year where it is another one."""
    there = instant.astimezone(zone)
    day = DAYS[there.weekday()]
    return f"{day if long else day[:3]} {day_of(instant, zone, now)}, {there:%H:%M}"


def day_of(instant: datetime, zone: tzinfo, now: datetime) -> str:
    """Return `14 May`, with the year where it is not this year."""
    there = instant.astimezone(zone)
    year = "" if there.year == now.astimezone(zone).year else f" {there.year}"
    return f"{there.day} {_SHORT_MONTH[MONTHS[there.month - 1]]}{year}"


def moment_abroad(instant: datetime, zone: tzinfo, now: datetime) -> str:
    """Return `Thu 14 May, 18:00 UTC` or `Thu 14 May, 18:00, Berlin time`: whoever reads it has other clocks."""
    clocks = clocks_of(str(zone))
    return f"{moment(instant, zone, now)}{' ' if clocks.isupper() else ', '}{clocks}"


def clocks_of(zone_name: str) -> str:
    """Return whose clocks an IANA name means: `Berlin time`, `UTC`."""
    place = zone_name.rpartition("/")[2].replace("_", " ")
    return place if place.isupper() else f"{place} time"
