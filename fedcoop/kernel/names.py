"""What an actor's name and an origin look like (federation.md 1, 2.1)."""

import re
from urllib.parse import urlsplit

NAME_PATTERN = r"[a-z0-9_]+(?:[.-][a-z0-9_]+)*"
DEFAULT_PORTS = {"https": 443, "http": 80}
MAX_NAME = 64

_NAME = re.compile(NAME_PATTERN)


def is_name(text: str) -> bool:
    """Return whether `text` can be an actor's name."""
    return len(text) <= MAX_NAME and _NAME.fullmatch(text) is not None


def origin_of(url: str) -> str | None:
    """Return scheme, lower-case host and port (if not the default) of `url` as text, or None where it has none.

    FEP-fe34: "same origin" means that this text is equal. A URL with user info, spaces or control characters has none.
    """
    if not url.isprintable() or " " in url or "\\" in url:
        return None
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if not host or parts.scheme not in DEFAULT_PORTS or parts.username is not None:
        return None
    shown = f"[{host}]" if ":" in host else host
    suffix = "" if port in (None, DEFAULT_PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{shown}{suffix}"


def is_origin(text: str) -> bool:
    """Return whether `text` is an origin and nothing more, in its one spelling."""
    return origin_of(text) == text
