"""How many pages, documents and forms somebody may ask for in a minute: a stranger by address, a member by session.

Memory only, and bounded. A session counts for itself once it was found good; until then it counts apart from those of its
address that show none, so that strangers behind one address keep no member out. A server whose signatures are good may read
as much as it may send (`[limits] known_address`). Who asks through a proxy of ours that does not say for whom cannot be told
from all others behind it, and is not counted. What is left out counts elsewhere (inboxes) or costs next to nothing.
"""

import math
from collections.abc import Awaitable, Callable
from functools import lru_cache
from ipaddress import ip_network

from aiohttp import web
from aiohttp.typedefs import Middleware

from fedcoop.config import LimitsConfig, Networks
from fedcoop.kernel.clock import Clock
from fedcoop.kernel.lru import Lru
from fedcoop.storage.instance.vault import token_hash
from fedcoop.throttle import Throttle, client_address

CODE = "too-many-requests"
MESSAGE = "Too much was asked for from here within a minute. Wait a moment, then load the page again."
MAX_SESSIONS = 50_000
MAX_TOKEN = 128
UNCOUNTED = frozenset(
    {"/static/{path}", "/healthz", "/readyz", "/metrics", "/inbox", "/actors/{name}/inbox"}  # inboxes: federation.md 16
)
Served = Callable[[web.Request], Awaitable[web.StreamResponse]]
Tell = Callable[[web.Request, str, str], web.StreamResponse]


def session_of(request: web.Request, cookie: str) -> str:
    """Return the token in the session's cookie; nothing for what cannot be one."""
    token = request.cookies.get(cookie, "")
    return token if len(token) <= MAX_TOKEN and token.isascii() else ""


class Pace:
    """Counts who asks; `cookie` is the name of the session's cookie, `is_known` says whose signatures are good."""

    def __init__(
        self, limits: LimitsConfig, clock: Clock, *, proxies: Networks, cookie: str, is_known: Callable[[str], bool]
    ) -> None:
        self._clock = clock
        self._cookie = cookie
        self._is_known = is_known
        self._readers = Throttle(limits.pages)
        self._servers = Throttle(limits.known_address if limits.pages else 0)
        self._good: Lru[str, bool] = Lru(MAX_SESSIONS)
        self._address_of = lru_cache(maxsize=4096)(lambda peer, told: _address_of(peer, told, proxies))

    def remember(self, token: str) -> None:
        """This session is good: from now on it counts for itself."""
        self._good.put(token_hash(token).hex(), True)

    def wait_s(self, request: web.Request) -> float:
        """Count one request; return 0.0, or how many seconds the asker has to wait."""
        now, token = self._clock.monotonic(), session_of(request, self._cookie)
        session = token_hash(token).hex() if token else ""
        if session and self._good.find(session):
            return self._readers.take(f"session:{session}", now)
        told = request.headers.getall("X-Forwarded-For", ())
        address = self._address_of(request.remote or "", ",".join(told))
        if not address:
            return 0.0
        if token:
            return self._readers.take(f"unknown:{address}", now)
        return (self._servers if self._is_known(address) else self._readers).take(address, now)

    def middleware(self, tell: Tell) -> Middleware:
        """Return the middleware that answers 429 to who asks too much; `tell` makes a page of code and message."""

        @web.middleware
        async def hold(request: web.Request, handler: Served) -> web.StreamResponse:
            resource = request.match_info.route.resource
            counts = resource is None or resource.canonical not in UNCOUNTED
            wait_s = self.wait_s(request) if counts else 0.0
            if not wait_s:
                return await handler(request)
            if "text/html" in request.headers.get("Accept", ""):
                response = tell(request, CODE, MESSAGE)
            else:
                response = web.json_response({"error": CODE, "message": MESSAGE}, status=429)
            response.headers["Retry-After"] = str(math.ceil(wait_s))
            response.headers["Cache-Control"] = "no-store"
            return response

        return hold


def _address_of(peer: str, forwarded_for: str, proxies: Networks) -> str:
    """Return who asks, or nothing for a proxy of ours and for what has no address."""
    address = client_address(peer, forwarded_for, proxies)
    try:
        asks = ip_network(address)
    except ValueError:
        return ""
    return "" if any(asks.version == ours.version and asks.overlaps(ours) for ours in proxies) else address
