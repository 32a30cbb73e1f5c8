"""Where a web page says that its ActivityPub document is: a `Link` header, or a `link` element of its head.

Asked only for an address that a person pasted, never while an activity is handled (federation.md 9, Fedify CVE-2025-68475).
The head is read by an HTML parser, as far as a head can go: what stands in the body, in comments, scripts or titles is
somebody's words and no link. RFC 8288; HTML, "in head" insertion mode.
"""

import contextlib
import re
from collections.abc import Iterable
from html.parser import HTMLParser
from urllib.parse import urljoin

from fedcoop.federation.remote.media_types import is_activitypub_media_type
from fedcoop.federation.remote.transport import Response

MAX_HEAD = 256 * 1024
MAX_TAGS = 2000
MAX_LINK_HEADER = 8192

Link = tuple[str, str, str]
"""Relations, media type and target."""

_HTML = ("text/html", "application/xhtml+xml")
_HEAD = frozenset({"html", "head", "base", "link", "meta", "style", "script"})
_OPAQUE = frozenset({"title", "noscript", "template"})
_TARGET = re.compile(r"\s*<([^<>\s]*)>")
_PARAMETER = re.compile(r'\s*;\s*([!#$%&\'*+.^_`|~0-9A-Za-z-]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s";,]*)))?')
_COMMA = re.compile(r"\s*,")


class _HeadIsOver(Exception):
    """Nothing that follows can be a link of the head."""


class _Head(HTMLParser):
    """Collects the links of a document's head; raises _HeadIsOver where it ends."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.base = ""
        self.links: list[Link] = []
        self._inside = ""
        self._tags = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a link; the first element that belongs into a body ends the head."""
        self._tags += 1
        if self._tags > MAX_TAGS:
            raise _HeadIsOver
        if self._inside:
            return
        if tag in _OPAQUE:
            self._inside = tag
        elif tag not in _HEAD:
            raise _HeadIsOver
        else:
            self._take(tag, {name: value or "" for name, value in reversed(attrs)})

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take `<link … />` as `<link …>`: the slash says nothing in HTML."""
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        """Leave a title or the like; the end of the head is the end."""
        if tag == self._inside:
            self._inside = ""
        elif tag in ("head", "html", "body") and not self._inside:
            raise _HeadIsOver

    def handle_data(self, data: str) -> None:
        """Words outside a title or script are the body."""
        if not self._inside and data.strip() and self.cdata_elem is None:
            raise _HeadIsOver

    def _take(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "base" and not self.base:
            self.base = attributes.get("href", "")
        elif tag == "link":
            self.links.append((attributes.get("rel", ""), attributes.get("type", ""), attributes.get("href", "")))


def is_page(response: Response) -> bool:
    """Return whether the answer is a web page."""
    return response.headers.get("Content-Type", "").partition(";")[0].strip().lower() in _HTML


def alternate_of(response: Response) -> str:
    """Return the address of the page's ActivityPub document, or nothing. Called in a thread: pages are long."""
    links: list[Link] = [*_header_links(response), *(_head_links(response) if is_page(response) else ())]
    for rel, media_type, href in links:
        if "alternate" in rel.lower().split() and is_activitypub_media_type(media_type) and href:
            return href
    return ""


def _head_links(response: Response) -> list[Link]:
    head = _Head()
    with contextlib.suppress(_HeadIsOver):
        head.feed(response.body[:MAX_HEAD].decode("utf-8", "replace"))
    base = _joined(response.url, head.base) or response.url
    return [(rel, media_type, _joined(base, href)) for rel, media_type, href in head.links]


def _joined(base: str, href: str) -> str:
    """Return the address that a link means, or nothing for an empty or unreadable one."""
    try:
        return urljoin(base, href.strip()) if href.strip() else ""
    except ValueError:
        return ""


def _header_links(response: Response) -> Iterable[Link]:
    for value in response.headers.getall("Link", ()):
        for rel, media_type, href in _links_in(value[:MAX_LINK_HEADER]):
            yield rel, media_type, _joined(response.url, href)


def _links_in(value: str) -> Iterable[Link]:
    """Yield relation, type and target of each link of a header; one that cannot be read ends the list (RFC 8288, 3)."""
    at = 0
    while target := _TARGET.match(value, at):
        parameters: dict[str, str] = {}
        at = target.end()
        while found := _PARAMETER.match(value, at):
            name, quoted, plain = found.groups()
            parameters.setdefault(name.lower(), re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else plain or "")
            at = found.end()
        yield parameters.get("rel", ""), parameters.get("type", ""), target[1]
        comma = _COMMA.match(value, at)
        if comma is None:
            return
        at = comma.end()
