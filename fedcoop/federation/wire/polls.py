"""Polls of other servers as typed values: one meaning for their many spellings (federation.md 12.2, 12.6; FEP-9967).

What a poll says too little of stays unsaid: a count that is no whole number is None, never 0. No clock is asked here:
`ends_at`, `closed_at` and `closed` are what the document says; whether that is over, `RemoteMotion` tells.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fedcoop.federation.wire.jsonld import as_list, one_string, origin_of, types_of
from fedcoop.federation.wire.objects import Note, instant, parse_note
from fedcoop.kernel.errors import MalformedActivity
from fedcoop.kernel.html import plain_text, text_of_html

MAX_OPTIONS = 50
MAX_NAME = 200
MAX_RAW_NAME = 2000
MAX_COUNT = 10**9
_WHOLE = re.compile(r"([0-9]{1,10})(?:\.0{1,10})?")


@dataclass(frozen=True, slots=True)
class PollOption:
    """One answer: `name` is safe to show, `raw` the very text by which a vote names it; `votes` None where none are told."""

    name: str
    raw: str
    votes: int | None


@dataclass(frozen=True, slots=True)
class Question:
    """A remote poll; `note` is everything that it shares with a post.

    Voting lasts until the earlier of `ends_at` and `closed_at`: `closed` is read as `endTime` is (FEP-9967), so one in the
    future is open until then. `closed` is True where it is said without an instant.
    """

    note: Note
    options: tuple[PollOption, ...]
    multiple: bool
    ends_at: datetime | None
    closed_at: datetime | None
    closed: bool
    voters_count: int | None
    motion: Mapping[str, Any] | None


def parse_question(value: Mapping[str, Any]) -> Question:
    """Return the poll. Raises MalformedActivity (`question-options`, or what `parse_note` raises).

    With both `oneOf` and `anyOf` only one answer may be chosen: no server takes less than that.
    """
    one, any_ = as_list(value.get("oneOf")), as_list(value.get("anyOf"))
    read = [_option(item, number) for number, item in enumerate((one or any_)[:MAX_OPTIONS], start=1)]
    options = tuple(option for option in read if option is not None)
    if not options:
        raise MalformedActivity("question-options")
    motion, closed = value.get("coop:motion"), value.get("closed")
    return Question(
        note=parse_note(owned(value)),
        options=options,
        multiple=not one,
        ends_at=instant(value.get("endTime")),
        closed_at=instant(closed),
        closed=closed is True or isinstance(closed, Mapping) or closed == "true",
        voters_count=count(value.get("votersCount")),
        motion=motion if isinstance(motion, Mapping) else None,
    )


def owned(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a Question with its owner in `attributedTo`; as an activity it has one in `actor` (Bonfire, federation.md 8.4)."""
    if "Question" in types_of(value) and value.get("attributedTo") is None and value.get("actor") is not None:
        return {**value, "attributedTo": value["actor"]}
    return value


def count(value: Any) -> int | None:
    """Return a number of things, also from a text or float; None for what is no whole number from 0 to a thousand million."""
    if isinstance(value, str):
        found = _WHOLE.fullmatch(value.strip())
        value = int(found[1]) if found else None
    elif isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_COUNT else None


def _option(item: Any, number: int) -> PollOption | None:
    """Return the answer; None for what has no words at all. Raises MalformedActivity where they are too many to be sent back."""
    raw, shown = _words(item)
    if not raw:
        return None
    if len(raw) > MAX_RAW_NAME:
        raise MalformedActivity("question-options")
    return PollOption(name=plain_text(shown, MAX_NAME) or f"Answer {number}", raw=raw, votes=_votes(item))


def _words(item: Any) -> tuple[str, str]:
    """Return by which words a vote names the answer, and these as plain text: `name`, else `content`, else a bare string."""
    if isinstance(item, str):
        return (item, item) if item.strip() and origin_of(item) is None else ("", "")
    if not isinstance(item, Mapping):
        return "", ""
    name, content = _text(item, "name"), _text(item, "content")
    return (name, name) if name else (content, text_of_html(content[: MAX_RAW_NAME + 1]))


def _text(item: Mapping[str, Any], key: str) -> str:
    by_language = item.get(f"{key}Map")
    texts = [one_string(item.get(key)), *(by_language.values() if isinstance(by_language, Mapping) else [])]
    return next((text for text in texts if isinstance(text, str) and text.strip()), "")


def _votes(item: Any) -> int | None:
    """Return what `replies` counts: a collection, or the number itself."""
    replies = item.get("replies") if isinstance(item, Mapping) else None
    if isinstance(replies, list) and len(replies) == 1:
        replies = replies[0]
    return count(replies.get("totalItems") if isinstance(replies, Mapping) else replies)
