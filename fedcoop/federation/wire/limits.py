"""What one object of a document may hold, wherever in the document it stands: recipients, ids, texts (federation.md 16).

`jsonld.parse_document` asks for every object that it walks over, so what is over a limit is refused before anything of it
is stored or believed, whether it was sent or fetched. What is cut and not refused is cut where it is read (`objects`).
"""

from collections.abc import Iterable, Mapping
from typing import Any

from fedcoop.kernel.errors import MalformedActivity

MAX_RECIPIENTS = 200
MAX_CONTENT = 100 * 1024
MAX_ID = 2048
MAX_USERNAME = 128

_ADDRESSED = frozenset({"to", "cc", "audience"})
_IDS = frozenset(
    {"id", "actor", "object", "target", "attributedTo", "inReplyTo", "owner", "controller", "bto", "bcc", *_ADDRESSED}
)
_SHORTEST = MAX_USERNAME
LIMITED = _IDS | {"content", "contentMap", "preferredUsername"}


def check_member(key: str, value: Any) -> int:
    """Return how many recipients this member of an object names; `key` is one of LIMITED.

    Raises MalformedActivity (`id-long`, `note-long`, `actor-name`). Objects inside it are not looked at.
    """
    if isinstance(value, str):
        if len(value) > _SHORTEST:
            _check_text(key, value)
        return key in _ADDRESSED
    if isinstance(value, list):
        _check_texts(key, value)
        return len(value) if key in _ADDRESSED else 0
    if isinstance(value, Mapping) and key == "contentMap":
        _check_texts(key, value.values())
    return value is not None and key in _ADDRESSED


def check_recipients(number: int) -> None:
    """Raise MalformedActivity (`audience`) for more recipients than an object may have."""
    if number > MAX_RECIPIENTS:
        raise MalformedActivity("audience", f"more than {MAX_RECIPIENTS} recipients")


def is_long(content: str) -> bool:
    """Return whether a text is over 100 KiB in UTF-8."""
    return len(content) > MAX_CONTENT or (
        not content.isascii() and len(content.encode("utf-8", "surrogatepass")) > MAX_CONTENT
    )


def _check_texts(key: str, items: Iterable[Any]) -> None:
    for item in items:
        if isinstance(item, str) and len(item) > _SHORTEST:
            _check_text(key, item)


def _check_text(key: str, text: str) -> None:
    if key in _IDS and len(text) > MAX_ID:
        raise MalformedActivity("id-long", f"an id over {MAX_ID} characters", key=key)
    if key in ("content", "contentMap") and is_long(text):
        raise MalformedActivity("note-long", "a text over 100 KiB")
    if key == "preferredUsername" and len(text) > MAX_USERNAME:
        raise MalformedActivity("actor-name", f"a name over {MAX_USERNAME} characters")
