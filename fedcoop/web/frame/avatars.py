"""Drawn signs of people (round) and co-ops (square), from the digest of the actor's address (design.md 3)."""

import hashlib

from markupsafe import Markup

from fedcoop.media import PALETTES, quarter_turns

PAIRS = (
    ("d3e9de", "a6d2bc"), ("d8e6f5", "aecbea"), ("f2dfec", "dfb6d3"), ("fae2d3", "f1bd9d"),
    ("f5e9c6", "e8cc72"), ("e6edc8", "c7d58b"), ("e7e1f7", "c8baed"), ("dfe9ed", "b6ccd6"),
)  # fmt: skip
_ROUND = "M16 0v7.6l6-2.2v9.2l-6-2.2v7.2l-6-2.2v9.2l6-2.2V32A16 16 0 0 1 16 0z"
_SQUARE = "M16 0v7.6l6-2.2v9.2l-6-2.2v7.2l-6-2.2v9.2l6-2.2V32H8a8 8 0 0 1-8-8V8a8 8 0 0 1 8-8z"


def initials(name: str) -> str:
    """Return the first letters of the first and the last word."""
    words = [word for word in name.split() if word[0].isalnum()]
    letters = [words[0][0], words[-1][0]] if len(words) > 1 else [word[0] for word in words]
    return "".join(letters).upper()


_PERSON = Markup(
    '<svg class="{}" viewBox="0 0 32 32" aria-hidden="true"><circle cx="16" cy="16" r="16" fill="#{}"/>'
    '<path transform="rotate({} 16 16)" fill="#{}" d="{}"/><text x="16" y="20.4">{}</text></svg>'
)
_COOP = Markup(
    '<svg class="{}" viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="8" fill="#{}"/>'
    '<path transform="rotate({} 16 16)" fill="#{}" d="{}"/></svg>'
)


def person(uri: str, name: str, size: str = "") -> Markup:
    """Return the round sign of a person; `size` is empty, `s` or `l`."""
    digest = hashlib.sha256(uri.encode()).digest()
    light, dark = PAIRS[digest[0] % 8]
    return _PERSON.format(_classes(size), light, digest[1] % 8 * 45, dark, _ROUND, initials(name))


def coop(uri: str, accent: str = "", size: str = "") -> Markup:
    """Return the square sign of a co-op: its palette's colours, drawn ones for another co-op's."""
    names = tuple(PALETTES)
    light, dark = PALETTES.get(accent) or PALETTES[names[hashlib.sha256(uri.encode()).digest()[0] % 8]]
    return _COOP.format(_classes(size), light, quarter_turns(uri) * 90, dark, _SQUARE)


def _classes(size: str) -> str:
    return f"ava ava-{size}" if size else "ava"
