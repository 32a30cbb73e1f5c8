"""A post as Mastodon's web interface shows it: HTML for a picture, made from the document alone that a server receives.

What Mastodon does not read is not shown; text is cleaned by its rules (federation.md 11): its elements, its attributes, its
classes, and nothing else. The layout resembles the real one and is our own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from pathlib import Path
from typing import Any

import nh3

ELEMENTS = {
    *("p", "br", "span", "a", "del", "s", "pre", "blockquote", "code", "b", "strong", "u", "sub", "sup", "i", "em"),
    *("ul", "ol", "li"),
}
ATTRIBUTES = {"a": {"href", "class"}, "span": {"class"}, "ol": {"start", "reversed"}, "li": {"value"}}
CLASSES = frozenset({"mention", "hashtag", "ellipsis", "invisible", "h-card", "u-url"})
UNITS = (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1)))
Json = dict[str, Any]

STYLE = Path(__file__).with_suffix(".css").read_text(encoding="utf-8")
ICONS = (
    "M8 5 3 10l5 5M3 10h9a5 5 0 0 1 5 5v1",
    "M4 8V6h10l-3-3m3 3-3 3M16 12v2H6l3 3m-3-3 3-3",
    "m10 3 2.2 4.6 5 .7-3.6 3.5.9 5L10 14.4 5.5 16.8l.9-5L2.800 8.300l5-.7z",
    "M6 3h8v14l-4-3-4 3z",
    "M4 10h.1M10 10h.1M16 10h.1",
)
LOCK = "M5 9h10v8H5zM7 9V6a3 3 0 0 1 6 0v3"


@dataclass(frozen=True)
class Author:
    """Whose post it is, as the author's own document and handle say."""

    uri: str
    name: str
    handle: str
    picture: str = ""


@dataclass(frozen=True)
class Post:
    """A received Note or Question; `shows_results` where the reader has voted or asked for the numbers."""

    document: Json
    author: Author
    shows_results: bool = False


def page(posts: Sequence[Post], now: datetime) -> str:
    """Return a document with these posts, one below the other."""
    shown = "".join(_article(post, now) for post in posts)
    return f'<!doctype html><html lang="en"><meta charset="utf-8"><style>{STYLE}</style><body>{shown}</body></html>'


def clean(html: str) -> str:
    """Return what is left of a text by Mastodon's rules."""
    return nh3.clean(html, tags=ELEMENTS, attributes=ATTRIBUTES, attribute_filter=_known_classes)


def _known_classes(element: str, attribute: str, value: str) -> str | None:
    return " ".join(word for word in value.split() if word in CLASSES) if attribute == "class" else value


def _article(post: Post, now: datetime) -> str:
    document, author = post.document, post.author
    picture = f'<img src="{escape(author.picture)}" alt="">' if author.picture else "<i></i>"
    text = f'<div class="text">{clean(document["content"])}</div>{_poll(post, now)}'
    if document.get("summary"):
        text = f'<div class="warning"><b>{escape(document["summary"])}</b><span class="more">Show more</span></div>'
    icons = "".join(_icon(path) for path in ICONS)
    return (
        f"<article>{_about(post)}<header>{picture}<div><div class=name>{escape(author.name)}</div>"
        f"<div class=faint>{escape(author.handle)}</div></div><time>{_ago(document, now)}</time></header>"
        f"{text}<nav>{icons}</nav></article>"
    )


def _icon(path: str) -> str:
    return f'<svg viewBox="0 0 20 20"><path d="{path}"/></svg>'


def _about(post: Post) -> str:
    """Return the line above a private mention or a reply."""
    audience = [*_listed(post.document.get("to")), *_listed(post.document.get("cc"))]
    if not any(uri.endswith(("#Public", "/followers")) for uri in audience):
        return f"<div class=about>{_icon(LOCK)}Private mention</div>"
    if post.document.get("inReplyTo"):
        return f"<div class=about>{_icon(ICONS[0])}Continued thread</div>"
    return ""


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value] if value else []


def _ago(document: Json, now: datetime) -> str:
    passed = now - datetime.fromisoformat(document["published"])
    unit = next(((name, step) for name, step in UNITS if passed >= step), None)
    edited = "*" if document.get("updated") else ""
    return ("now" if unit is None else f"{passed // unit[1]}{unit[0][0]}") + edited


def _poll(post: Post, now: datetime) -> str:
    document = post.document
    if document["type"] != "Question":
        return ""
    options = document.get("oneOf") or document["anyOf"]
    over = "closed" in document or datetime.fromisoformat(document["endTime"]) <= now
    shows_results = over or post.shows_results
    voters = document["votersCount"]
    most = max(option["replies"]["totalItems"] for option in options)
    rows = "".join(
        _result(option, voters, most) if shows_results else _choice(option, "anyOf" in document) for option in options
    )
    button = "" if shows_results else "<button>Vote</button><u>See results</u> · "
    refresh = "<u>Refresh</u> · " if shows_results and not over else ""
    people = f"{voters} {'person' if voters == 1 else 'people'}"
    return f"<div class=poll><ul>{rows}</ul><div class=below>{button}{refresh}{people} · {_left(document, now, over)}</div></div>"


def _choice(option: Json, several: bool) -> str:
    shape = "square" if several else "round"
    return f'<li><span class="box {shape}"></span><span>{escape(option["name"])}</span></li>'


def _result(option: Json, voters: int, most: int) -> str:
    votes = option["replies"]["totalItems"]
    share = round(100 * votes / voters) if voters else 0
    leads = " leads" if votes and votes == most else ""
    name = f"<span class=share>{share}%</span><span>{escape(option['name'])}</span>"
    return f'<li class=result>{name}<span class="bar{leads}" style="width:{max(share, 1)}%"></span></li>'


def _left(document: Json, now: datetime, over: bool) -> str:
    if over:
        return "Closed"
    left = datetime.fromisoformat(document["endTime"]) - now
    unit = next(((name, step) for name, step in UNITS if left >= step), None)
    if unit is None:
        return "Moments remaining"
    number = left // unit[1]
    return f"{number} {unit[0]}{'' if number == 1 else 's'} left"
