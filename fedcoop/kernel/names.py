"""What an actor's name and an origin look like (federation.md 1, 2.1)."""

import re
import unicodedata
from functools import lru_cache
from importlib import import_module
from types import ModuleType
from urllib.parse import quote, urlsplit, urlunsplit

NAME_PATTERN = r"[a-z0-9_]+(?:[.-][a-z0-9_]+)*"
DEFAULT_PORTS = {"https": 443, "http": 80}
MAX_NAME = 64
MAX_URL = 2048
_KEPT = "%!$&'()*+,;=:@/?#[]"

_NAME = re.compile(NAME_PATTERN)


def is_name(text: str) -> bool:
    """Return whether `text` can be an actor's name."""
    return len(text) <= MAX_NAME and _NAME.fullmatch(text) is not None


def origin_of(url: str) -> str | None:
    """Return scheme, host and port (if not the default) of `url` as text, or None where it has none.

    FEP-fe34: "same origin" means that this text is equal. The host is in lower case, in ASCII (IDNA) and without final dot:
    two spellings of one server are one origin. A URL with user info, spaces or control characters has none.
    """
    return _origin_of(url) if len(url) <= MAX_URL else None  # the bound is the cache's too


@lru_cache(maxsize=8192)
def _origin_of(url: str) -> str | None:
    if not url.isprintable() or " " in url or "\\" in url:
        return None
    try:
        parts = urlsplit(url)
        raw, port = parts.hostname, parts.port
    except ValueError:
        return None
    host = ascii_host(raw) if raw else None
    if not host or parts.scheme not in DEFAULT_PORTS or "@" in parts.netloc:
        return None
    shown = f"[{host}]" if ":" in host else host
    suffix = "" if port in (None, DEFAULT_PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{shown}{suffix}"


def ascii_host(host: str) -> str | None:
    """Return the host in lower case, in ASCII (NFKC, then IDNA) and without final dot; None where it has no such form."""
    host = unicodedata.normalize("NFKC", host).lower()
    if host.isascii():
        return host.removesuffix(".")
    try:
        return str(_idna().encode(host, uts46=True), "ascii").removesuffix(".")
    except UnicodeError:
        return None


def shown_host(host: str) -> str:
    """Return the host in the letters of its language; as it is where it has no such form."""
    if "xn--" not in host:
        return host
    try:
        return str(_idna().decode(host))
    except UnicodeError:
        return host


def _idna() -> ModuleType:
    """Return the library, loaded when it is used: its tables are large, and most hosts are ASCII."""
    return import_module("idna")


def to_uri(iri: str) -> str:
    """Return the URI that is asked for an IRI: the host in IDNA, the rest percent-encoded as UTF-8 (RFC 3987, 3.1).

    What is ASCII stays exactly as it is, so does what has no such form.
    """
    if iri.isascii():
        return iri
    try:
        parts = urlsplit(iri)
        raw, port = parts.hostname or "", parts.port
    except ValueError:
        return iri
    host = ascii_host(raw)
    if host is None or "@" in parts.netloc:
        return iri
    netloc = (f"[{host}]" if ":" in host else host) + ("" if port is None else f":{port}")
    path, query, fragment = (quote(part, safe=_KEPT) for part in (parts.path, parts.query, parts.fragment))
    return urlunsplit((parts.scheme, netloc, path, query, fragment))


def is_origin(text: str) -> bool:
    """Return whether `text` is an origin and nothing more, in its one spelling."""
    return origin_of(text) == text
