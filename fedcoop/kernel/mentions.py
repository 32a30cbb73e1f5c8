"""Whom and what a text of ours names: `@name@host` and `#topic`, as found in plain words (federation.md 11.2).

What stands in code or in a link is left alone. A mention is a link only where the caller knows who it is.
"""

import re
import unicodedata
from collections.abc import Mapping
from urllib.parse import quote

from fedcoop.kernel.html import markdown_with_links, plain_runs

MAX_MENTIONS = 10
MAX_HASHTAGS = 30
MAX_TAG = 100
_HOST = r"\w(?:[\w.-]*\w)?(?::[0-9]{1,5})?"
_FOUND = re.compile(rf"(?<![\w@/.#&])(?:@(?P<name>\w(?:[\w.-]*\w)?)@(?P<host>{_HOST})|#(?P<tag>\w++))(?![\w@])")
_LETTER = re.compile(r"[^\W\d_]")


def handles_in(text: str) -> tuple[str, ...]:
    """Return every `name@host` that the text mentions, once, hosts in small letters, in the order of the text."""
    return tuple(dict.fromkeys(_handle(match) for match in _matches(text) if match["name"]))


def hashtags_in(text: str) -> tuple[str, ...]:
    """Return the topics that the text names as it writes them, without `#`, once each whatever the case; at most 30."""
    tags: dict[str, str] = {}
    for match in _matches(text):
        if _is_tag(match):
            tags.setdefault(fold_tag(match["tag"]), match["tag"])
    return tuple(tags.values())[:MAX_HASHTAGS]


def fold_tag(tag: str) -> str:
    """Return the topic as it is compared: NFKC, without case."""
    return unicodedata.normalize("NFKC", tag).casefold()


def text_with_mentions(text: str, *, people: Mapping[str, str], topics: str) -> str:
    """Return CommonMark `text` as HTML: mentions of `people` (handle → page) and topics (under `topics`) are links."""
    tags = {fold_tag(tag) for tag in hashtags_in(text)}

    def link(match: re.Match[str]) -> tuple[str, str] | None:
        if match["name"]:
            page = people.get(_handle(match))
            return None if page is None else (page, "u-url mention")
        is_topic = _is_tag(match) and fold_tag(match["tag"]) in tags
        return (tag_url(topics, match["tag"]), "mention hashtag") if is_topic else None

    return markdown_with_links(text, _FOUND, link)


def tag_url(topics: str, tag: str) -> str:
    """Return the page of a topic under `topics`."""
    return f"{topics}/{quote(fold_tag(tag), safe='')}"


def _matches(text: str) -> list[re.Match[str]]:
    return [match for run in plain_runs(text) for match in _FOUND.finditer(run)]


def _handle(match: re.Match[str]) -> str:
    return f"{match['name']}@{match['host'].lower()}"


def _is_tag(match: re.Match[str]) -> bool:
    tag = match["tag"]
    return bool(tag) and len(tag) <= MAX_TAG and _LETTER.search(tag) is not None
