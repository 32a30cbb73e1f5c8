"""When the links of a fediverse account rest until their members confirm them again, and which keys are known (federation.md 14.4).

A key is known that the account showed when it was first seen or linked, that a known key's `Update` brought, or that has
signed what a known key signed too. One that merely appeared beside the known ones freezes nothing and proves nothing yet:
whoever takes over a lost domain can copy the old public key and put one of their own beside it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

KEYS_CHANGED = "keys-changed"
INBOX_MOVED = "inbox-moved"
HANDLE_MOVED = "handle-moved"
CAME_BACK = "came-back"
GONE = "gone"


@dataclass(frozen=True, slots=True)
class Face:
    """What an account's links hang on, as its documents show it.

    `keys` are the texts of public keys: of an account seen before the known ones only. `handle` is `name@host` where it
    looped back, `claimed` what the account says of itself; either may be empty.
    """

    keys: frozenset[str]
    inbox: str
    handle: str
    claimed: str
    is_gone: bool = False


def why_freeze(before: Face, after: Face, *, vouched: bool) -> str:
    """Return the reason to freeze, or nothing; `vouched`: an `Update` signed by a known key brought the change of keys."""
    if before.is_gone:
        return CAME_BACK
    if not vouched and not before.keys <= after.keys:
        return KEYS_CHANGED
    if host_of(before.inbox) != host_of(after.inbox):
        return INBOX_MOVED
    return HANDLE_MOVED if _handle_moved(before, after) else ""


def known_keys(before: Face | None, after: Face, *, vouched: bool) -> frozenset[str]:
    """Return which of the keys shown now are known.

    All of them at first sight, where they were vouched for, and where the links froze: then a member confirms what there
    is now.
    """
    if before is None or vouched or not before.keys or why_freeze(before, after, vouched=vouched):
        return after.keys
    return before.keys & after.keys


def key_text(material: str) -> str:
    """Return the text by which keys are compared: line ends and spaces do not make another key."""
    return "".join(material.split())


def key_texts(materials: Iterable[str]) -> frozenset[str]:
    """Return the texts by which these keys are compared."""
    return frozenset(map(key_text, materials))


def is_elsewhere(earlier: str, now: str) -> bool:
    """Return whether two handles (`name@host`) are known and of two domains."""
    return bool(earlier and now) and _domain(earlier) != _domain(now)


def host_of(url: str) -> str:
    """Return the host of a URL in its one spelling, or nothing."""
    return (urlsplit(url).hostname or "").rstrip(".")


def _handle_moved(before: Face, after: Face) -> bool:
    """Compare like with like: what looped back, else what the account says of itself, else that with what looped back."""
    if before.handle and after.handle:
        return is_elsewhere(before.handle, after.handle)
    return is_elsewhere(before.claimed or before.handle, after.claimed)


def _domain(handle: str) -> str:
    return handle.rpartition("@")[2].lower().rstrip(".")
