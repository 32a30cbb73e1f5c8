"""The one sanitiser: what HTML is let in, what plain text is, and Markdown of ours (federation.md 11).

A sanitiser failure drops the text, never the worker.
"""

import re
import unicodedata
from html import escape as _escape
from html import unescape

import nh3
from markdown_it import MarkdownIt

_ELEMENTS = frozenset(
    (
        "p",
        "br",
        "span",
        "a",
        "del",
        "s",
        "pre",
        "blockquote",
        "code",
        "b",
        "strong",
        "u",
        "sub",
        "sup",
        "i",
        "em",
        "ul",
        "ol",
        "li",
    )
)
_OURS = _ELEMENTS | {"hr", "table", "thead", "tbody", "tr", "th", "td"}
_ATTRIBUTES = {"a": {"href"}, "ol": {"start", "reversed"}, "li": {"value"}}
_CLASSES = {"span": {"mention", "hashtag", "h-card"}, "a": {"mention", "hashtag", "u-url"}}
_SCHEMES = {"http", "https", "mailto"}
_DROPPED_WHOLE = {
    "script",
    "style",
    "template",
    "noscript",
    "iframe",
    "object",
    "svg",
    "math",
    "title",
    "textarea",
    "select",
}
_REL = "nofollow noopener noreferrer ugc"
_HEADING = re.compile(r"<(/?)h[1-6](?:\s[^>]*)?>", re.IGNORECASE)
_BLOCK_END = re.compile(r"<br\s*/?>|</(?:p|div|li|blockquote|pre|h[1-6])>", re.IGNORECASE)
_SPACE = re.compile(r"\s+")
_UNSEEN = dict.fromkeys(
    [
        *range(0x09),
        *range(0x0B, 0x20),
        *range(0x7F, 0xA0),
        *range(0x200B, 0x2010),
        *range(0x202A, 0x202F),
        *range(0x2060, 0x206A),
        0xFEFF,
    ]
)
_JOINERS = {0x200C: "\u200c", 0x200D: "\u200d"}

_incoming = nh3.Cleaner(
    tags=set(_ELEMENTS),
    clean_content_tags=_DROPPED_WHOLE,
    attributes=_ATTRIBUTES,
    allowed_classes=_CLASSES,
    url_schemes=_SCHEMES,
    url_relative="deny",
    link_rel=_REL,
    strip_comments=True,
)
_outgoing = nh3.Cleaner(
    tags=set(_OURS),
    clean_content_tags=_DROPPED_WHOLE,
    attributes={**_ATTRIBUTES, "th": {"align"}, "td": {"align"}},
    allowed_classes=_CLASSES,
    url_schemes=_SCHEMES,
    link_rel="nofollow noopener noreferrer",
)
_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
_nothing = nh3.Cleaner(tags=set(), clean_content_tags={"script", "style", "template"}, attributes={}, link_rel=None)


def clean_html(html: str) -> str:
    """Return remote `html` reduced to what we show (federation.md 11.1); empty if it cannot be made safe."""
    try:
        return _incoming.clean(_without_headings(html))
    except BaseException as failure:
        if isinstance(failure, Exception) or type(failure).__name__ == "PanicException":
            return ""
        raise


def markdown_to_html(text: str) -> str:
    """Return CommonMark `text` of a member as safe HTML."""
    return _outgoing.clean(_without_headings(_markdown.render(text))).strip()


def text_of_html(html: str) -> str:
    """Return the words of `html` as plain text, blocks parted by line breaks."""
    return unescape(_nothing.clean(_BLOCK_END.sub("\n", html))).strip()


def plain_text(text: str, max_length: int) -> str:
    """Return `text` as one harmless line: NFC, without controls, bidi overrides and zero-width runs, cut to length."""
    return _SPACE.sub(" ", unicodedata.normalize("NFC", text.translate({**_UNSEEN, **_JOINERS}))).strip()[:max_length]


def fold_name(name: str) -> str:
    """Return `name` as option names are compared: NFC, runs of white space one space, ends cut (federation.md 12.3)."""
    return _SPACE.sub(" ", unicodedata.normalize("NFC", name)).strip()


def escape(text: str) -> str:
    """Return `text` escaped for HTML text and attribute values."""
    return _escape(text, quote=True)


def _without_headings(html: str) -> str:
    return _HEADING.sub(lambda match: "</strong></p>" if match[1] else "<p><strong>", html)
