"""Following redirects by our own code: every hop is checked and signed anew, whoever asks (federation.md 9).

Fedify CVE-2026-77632 and CVE-2025-23221: redirects that lead around the guard, or for ever.
"""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urldefrag, urljoin

from fedcoop.federation.remote.transport import Response
from fedcoop.kernel.errors import PeerGone, PeerSaidNo, PeerUnreachable

MAX_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


async def follow(send: Callable[[str], Awaitable[Response]], url: str) -> Response:
    """Return the first answer that is no redirect; `send` checks and signs each hop, `response.url` says where it ended.

    Raises PeerSaidNo (`redirect-refused`) for a fourth hop, one to a visited URL, or one from https to http.
    """
    response = await send(url)
    visited = {urldefrag(url).url, response.url}
    for _ in range(MAX_REDIRECTS):
        if response.status not in _REDIRECTS:
            return response
        following = _target(response)
        if following in visited or (response.url.startswith("https:") and not following.startswith("https:")):
            raise PeerSaidNo("redirect-refused", url=following)
        visited.add(following)
        response = await send(following)
        visited.add(response.url)
    if response.status in _REDIRECTS:
        raise PeerSaidNo("redirect-refused", "too many redirects", url=response.url)
    return response


def _target(response: Response) -> str:
    location = response.headers.get("Location", "").strip()
    if not location:
        raise PeerSaidNo("redirect-refused", "a redirect to nowhere", url=response.url)
    try:
        return urldefrag(urljoin(response.url, location)).url
    except ValueError:
        raise PeerSaidNo("redirect-refused", url=response.url) from None


def check_status(response: Response) -> None:
    """Return if the answer is 200. Raises PeerGone (`not-found`, `gone`), PeerUnreachable (`peer-busy`) or PeerSaidNo."""
    status = response.status
    if status == 200:
        return
    details: dict[str, Any] = {"status": status, "url": response.url}
    if status in (404, 410):
        raise PeerGone("gone" if status == 410 else "not-found", **details)
    if status >= 500 or status in (408, 429):
        raise PeerUnreachable("peer-busy", retry_after=response.headers.get("Retry-After"), **details)
    if status in (401, 403):
        raise PeerSaidNo("peer-refused", **details)
    raise PeerSaidNo("unexpected-status", **details)
