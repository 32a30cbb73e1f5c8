"""What people typed, parsed: a form keeps its input and collects errors by field, so that a page can show both again."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from aiohttp import web
from multidict import MultiDict, MultiDictProxy

from fedcoop.kernel.dates import MONTHS
from fedcoop.kernel.errors import Invalid
from fedcoop.web.frame.form_reading import read_fields

T = TypeVar("T")
YEARS = range(1900, 2200)
"""Years that people mean; others leave what clocks can be reckoned with."""
_MONTH_NUMBERS = {name.lower()[:3]: number for number, name in enumerate(MONTHS, 1)}
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2})?")
_SPOKEN = re.compile(r"([0-9]{1,2})\.?\s+([A-Za-z]{3})[a-z]*\s+([0-9]{4})\s+([0-9]{1,2}):([0-9]{2})")
_FIELDS = web.RequestKey("fields", MultiDict)


class Form:
    """The fields of one form with the errors found in them."""

    def __init__(self, fields: MultiDictProxy[str] | None = None) -> None:
        self._fields = fields if fields is not None else MultiDictProxy(MultiDict[str]())
        self.errors: dict[str, str] = {}

    def text(self, name: str, default: str = "") -> str:
        """Return the first value, line ends as `\\n`, ends trimmed."""
        return self._fields.get(name, default).replace("\r\n", "\n").replace("\0", "").strip()

    def raw(self, name: str) -> str:
        """Return the first value exactly as sent: for passwords."""
        return self._fields.get(name, "")

    def all(self, name: str) -> tuple[str, ...]:
        """Return every value of the field, in order, without empty ones."""
        return tuple(value for value in self._fields.getall(name, []) if value)

    def has(self, name: str) -> bool:
        """Return whether the field was sent."""
        return name in self._fields

    def wrong(self, name: str, message: str) -> None:
        """Note what is wrong with a field; the first message stays."""
        self.errors.setdefault(name, message)

    def take(self, name: str, parse: Callable[[str], T]) -> T | None:
        """Return the parsed text, or None with its error noted. `parse` raises Invalid."""
        try:
            return parse(self.text(name))
        except Invalid as error:
            self.wrong(name, error.message)
            return None

    def required(self, name: str, message: str, *, most: int = 200) -> str:
        """Return the text; note `message` if it is empty, or that it is longer than `most` characters."""
        value = self.text(name)
        if not value:
            self.wrong(name, message)
        elif len(value) > most:
            self.wrong(name, f"This has {len(value)} characters; {most} is the most.")
        return value


async def read_form(request: web.Request) -> Form:
    """Return the form of the request, read once; of files and other types nothing is read. Raises UnreadableFormError."""
    fields = request.get(_FIELDS)
    if fields is None:
        fields = request[_FIELDS] = await read_fields(request)
    return Form(MultiDictProxy(fields))


def local_instant(text: str, zone: ZoneInfo) -> datetime:
    """Return the instant of `2026-05-31T18:00`, `31 May 2026 18:00` or `31 May 2026, 18:00` on the clocks of `zone`.

    A time that clocks skip in spring is moved forward, one that comes twice in autumn is the first. Raises Invalid.
    """
    plain = text.strip().replace(",", " ")
    there = _iso(plain, zone) or _spoken(plain, zone)
    if there is None or there.year not in YEARS:
        raise Invalid("date", "Give a day and a time like 31 May 2026, 18:00.")
    return there.astimezone(UTC)


def _iso(text: str, zone: ZoneInfo) -> datetime | None:
    if _ISO.fullmatch(text) is None:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone)
    except ValueError:
        return None


def _spoken(text: str, zone: ZoneInfo) -> datetime | None:
    match = _SPOKEN.fullmatch(text)
    month = _MONTH_NUMBERS.get(match[2].lower()) if match else None
    if match is None or month is None:
        return None
    try:
        return datetime(int(match[3]), month, int(match[1]), int(match[4]), int(match[5]), tzinfo=zone)
    except ValueError:
        return None


def lines(text: str) -> tuple[str, ...]:
    """Return the non-empty lines, trimmed."""
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def one_of(values: Iterable[str], message: str) -> Callable[[str], str]:
    """Return a parser that accepts only these values."""
    known = frozenset(values)

    def parse(text: str) -> str:
        if text not in known:
            raise Invalid("choice", message)
        return text

    return parse
