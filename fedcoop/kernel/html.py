"""The one sanitiser: what HTML is let in, what plain text is, and Markdown of ours (federation.md 11).

A sanitiser failure drops the text, never the worker. So does markup that is dear to parse: an HTML parser opens every
unclosed formatting element again in each new paragraph, and compares nested lists with all around them, so that a post of
100 KiB could hold a worker for seconds. Every step here takes time in proportion to the length of its input.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from html import escape as _escape
from html import unescape

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

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
_CLASSES = {"span": {"mention", "hashtag", "h-card"}}  # without `invisible` and `ellipsis` links are shown in full
_OUR_CLASSES = {**_CLASSES, "a": {"mention", "hashtag", "u-url"}}
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
MAX_TAGS = 6000
MAX_DRESSED = 20
_FOLD_CHARS = 1000
_FORMATTING = "b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u"
_DRESSED = re.compile(rf"<({_FORMATTING})[\s/][^<>]*>", re.IGNORECASE)
_STILL_DRESSED = re.compile(rf"<(?:{_FORMATTING})[\s/]", re.IGNORECASE)
_HEADING = re.compile(r"<(/?)h[1-6](?:\s[^<>]*)?>", re.IGNORECASE)
_BLOCK_END = re.compile(r"<br\s*/?>|</(?:p|div|li|blockquote|pre|h[1-6])>", re.IGNORECASE)
_SPACE = re.compile(r"\s+")
_UNSEEN = dict.fromkeys(
    [
        *range(0x09),
        *range(0x0B, 0x20),
        *range(0x7F, 0xA0),
        0xAD,
        0x061C,
        0x200B,
        *range(0x200E, 0x2010),
        *range(0x202A, 0x202F),
        *range(0x2060, 0x2070),
        0xFEFF,
        *range(0xFFF9, 0xFFFC),
    ]
)
_IDLE_JOINERS = re.compile("^[\u200c\u200d]+|[\u200c\u200d]{2,}|[\u200c\u200d]+$")  # one between letters has its use

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
    allowed_classes=_OUR_CLASSES,
    url_schemes=_SCHEMES,
    link_rel="nofollow noopener noreferrer",
)
_SCHEME = re.compile(r"\bhttps?$", re.IGNORECASE)
_SCHEME_CHARS = len("_https")
_ADDRESS = re.compile(r"https?://(?:[^\s<>\"“”`()\[\]]|\([^\s<>\"“”`()\[\]]*\))+(?<![.,;:!?'’*_])", re.IGNORECASE)
_nothing = nh3.Cleaner(tags=set(), clean_content_tags={"script", "style", "template"}, attributes={}, link_rel=None)


def clean_html(html: str) -> str:
    """Return remote `html` reduced to what we show (federation.md 11.1); empty if it cannot be made safe at a fair price."""
    return _clean(_incoming, _without_headings(html))


def markdown_to_html(text: str) -> str:
    """Return CommonMark `text` of a member as safe HTML."""
    return _outgoing.clean(_without_headings(_parser_of(text).render(text))).strip()


def plain_runs(text: str) -> list[str]:
    """Return the words of a member's CommonMark `text` that stand neither in a link nor in code, run by run."""
    return [
        token.content for inline in _inlines(_parser_of(text).parse(text)) for token, plain in _runs(inline) if plain
    ]


def markdown_with_links(
    text: str, pattern: re.Pattern[str], link: Callable[[re.Match[str]], tuple[str, str] | None]
) -> str:
    """Return CommonMark `text` as safe HTML in which what `pattern` finds in plain words became links.

    `link` gives address and class of one found, or None where it stays text (federation.md 11.2).
    """
    parser = _parser_of(text)
    tokens = parser.parse(text)
    for inline in _inlines(tokens):
        inline.children = [
            part for token, plain in _runs(inline) for part in (_linked(token, pattern, link) if plain else [token])
        ]
    return _outgoing.clean(_without_headings(parser.renderer.render(tokens, parser.options, {}))).strip()


def plain_to_html(text: str) -> str:
    """Return plain `text` as HTML: blank lines part paragraphs, other lines break, bare addresses are links."""
    paragraphs = (part.strip() for part in re.split(r"\n\s*\n", text.replace("\r\n", "\n")))
    return "".join(f"<p>{'<br>'.join(map(_with_links, part.split(_LINE)))}</p>" for part in paragraphs if part)


def _with_links(line: str) -> str:
    at, found = 0, ""
    for match in _ADDRESS.finditer(line):
        found += escape(line[at : match.start()]) + link_to(match[0])
        at = match.end()
    return found + escape(line[at:])


_LINE = "\n"


def _address(state: StateInline, silent: bool) -> bool:
    """A rule of the renderer: a bare address in plain words is a link, since other servers show a text as it comes."""
    scheme = (
        _SCHEME.search(state.pending[-_SCHEME_CHARS:]) if state.src[state.pos] == ":" and not state.linkLevel else None
    )
    match = _ADDRESS.match(state.src, state.pos - len(scheme[0])) if scheme else None
    if scheme is None or match is None:
        return False
    if not silent:
        state.pending = state.pending[: -len(scheme[0])]
        state.push("link_open", "a", 1).attrs = {"href": match[0]}
        state.push("text", "", 0).content = match[0]
        state.push("link_close", "a", -1)
    state.pos = match.end()
    return True


def _inlines(tokens: list[Token]) -> list[Token]:
    return [token for token in tokens if token.type == "inline"]


def _runs(inline: Token) -> Iterator[tuple[Token, bool]]:
    """Go through the pieces of a paragraph; True where one is plain words outside any link."""
    depth = 0
    for token in inline.children or []:
        depth += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        yield token, token.type == "text" and depth == 0


def _linked(
    token: Token, pattern: re.Pattern[str], link: Callable[[re.Match[str]], tuple[str, str] | None]
) -> Iterator[Token]:
    at = 0
    for match in pattern.finditer(token.content):
        found = link(match)
        if found is None:
            continue
        yield _text_token(token.content[at : match.start()])
        named = (("href", found[0]), ("class", found[1]))
        yield Token("link_open", "a", 1, attrs={name: value for name, value in named if value})
        yield _text_token(match[0])
        yield Token("link_close", "a", -1)
        at = match.end()
    yield _text_token(token.content[at:])


def _text_token(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _parser_of(text: str) -> MarkdownIt:
    """Return what reads Markdown: without tables where the rows of a wide one would be filled up far beyond what was typed."""
    cells, rows = 0, 0
    for line in reversed(text.split("\n")):
        rows = rows + 1 if line.strip() else 0
        if _DELIMITERS.fullmatch(line):
            cells += rows * line.count("|")
    return _markdown if cells <= FREE_CELLS + len(text) else _without_tables


def _new_parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False})
    parser.inline.ruler.after("text", "address", _address)
    return parser


_DELIMITERS = re.compile(r"[ \t>|:-]+")
FREE_CELLS = 200
_markdown = _new_parser().enable("table")
_without_tables = _new_parser()


def text_of_html(html: str) -> str:
    """Return the words of `html` as plain text, blocks parted by line breaks."""
    return unescape(_clean(_nothing, _BLOCK_END.sub("\n", html))).strip()


def plain_text(text: str, max_length: int) -> str:
    """Return `text` as one harmless line: NFC, without controls, bidi overrides and zero-width runs, cut to length."""
    seen = _SPACE.sub(" ", text.translate(_UNSEEN)).strip()[
        : 4 * max_length
    ]  # NFC takes four characters for one at most
    return unicodedata.normalize("NFC", _IDLE_JOINERS.sub("", seen))[:max_length].strip()


def prose(text: str) -> str:
    """Return what somebody wrote in several lines without controls, bidi overrides and unseen characters, ends cut."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").translate(_UNSEEN).split("\n")
    return "\n".join(_IDLE_JOINERS.sub("", line) for line in lines).strip()


def fold_name(name: str) -> str:
    """Return `name` as option names are compared: NFC, runs of white space one space, ends cut (federation.md 12.3).

    What is far longer than any option is left without NFC, which takes the square of the time on runs of accents.
    """
    folded = _SPACE.sub(" ", name).strip()
    return unicodedata.normalize("NFC", folded) if len(folded) <= _FOLD_CHARS else folded


def escape(text: str) -> str:
    """Return `text` escaped for HTML text and attribute values."""
    return _escape(text, quote=True)


def link_to(url: str) -> str:
    """Return the address as a link that shows it whole."""
    return f'<a href="{escape(url)}">{escape(url)}</a>'


def _clean(cleaner: nh3.Cleaner, html: str) -> str:
    """Return what `cleaner` leaves; nothing where it fails, or would work for too long."""
    bare = _DRESSED.sub(r"<\1>", html)
    if bare.count("<") > MAX_TAGS or len(_STILL_DRESSED.findall(bare)) > MAX_DRESSED:
        return ""
    try:
        return cleaner.clean(bare)
    except BaseException as failure:
        if isinstance(failure, Exception) or type(failure).__name__ == "PanicException":
            return ""
        raise


def _without_headings(html: str) -> str:
    return _HEADING.sub(lambda match: "</strong></p>" if match[1] else "<p><strong>", html)
