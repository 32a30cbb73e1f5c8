"""The only code that opens a connection to another server: client sessions behind the guard (federation.md 9).

Every connection is vetted where its socket is made: the connector calls the socket factory with the real address,
whether it was resolved or a literal (dependencies.md). What only closed networks may use has a session of its own, so
that no cached name and no kept connection of the public internet can serve it. Redirects are never followed here:
`redirects` does that, with all checks again. No cookies, no ambient proxy, bounded headers and bodies, a hard deadline.
Retries are decided elsewhere; the one repeat made here is for a kept connection that the peer had closed.
"""

import asyncio
import socket
import ssl
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp
from aiohttp.abc import AbstractResolver
from multidict import MultiMapping
from yarl import URL

from fedcoop.federation.remote.guard import AddressPolicy, CheckedUrl
from fedcoop.federation.remote.resolver import VettingResolver
from fedcoop.kernel.errors import PeerError, PeerSaidNo, PeerUnreachable

MAX_DOCUMENT = 1 << 20
MAX_ANSWER = 16 * 1024
MAX_HEADER_BYTES = 16 * 1024
MAX_HEADER_LINE = 8190
MAX_HEADERS = 64
CONNECT_S = 5.0
TOTAL_S = 15.0
DNS_CACHE_S = 300
KEEP_ALIVE_S = 30.0

_WINDOW_BITS = {"gzip": 31, "x-gzip": 31, "deflate": 15}
_STALE = (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, ConnectionResetError, BrokenPipeError)
_MALFORMED = (aiohttp.ClientPayloadError, aiohttp.ClientResponseError, zlib.error, ValueError)
_CODES = (
    (TimeoutError, "timeout"),
    (aiohttp.ClientConnectorDNSError, "name-unknown"),
    (aiohttp.ClientSSLError, "tls-failed"),  # a certificate's is a ValueError too
    (ssl.SSLError, "tls-failed"),
)


@dataclass(frozen=True, slots=True)
class Response:
    """An answer, read whole within its bounds. `headers` is asked without regard to case; `url` is what answered."""

    status: int
    headers: MultiMapping[str]
    body: bytes
    url: str


class AddressRefusedError(OSError):
    """A socket was about to be opened to an address that is not allowed."""


class Transport:
    """Sends GET and POST requests under the rules of `policy`, from `start` until `close`.

    `resolve` is a table of addresses instead of DNS; `ca_file` is trusted besides the system's authorities. All failures
    are PeerUnreachable (`url-refused`, `address-refused`, `origin-blocked`, `name-unknown`, `tls-failed`, `timeout`,
    `connection-failed`) or PeerSaidNo (`answer-too-large`, `answer-malformed`).
    """

    def __init__(
        self,
        policy: AddressPolicy,
        *,
        user_agent: str,
        ca_file: str = "",
        resolve: Mapping[str, str] | None = None,
        resolver: AbstractResolver | None = None,
        per_origin: int = 4,
        total: int = 200,
        connect_s: float = CONNECT_S,
    ) -> None:
        self.policy = policy
        self._user_agent = user_agent
        self._ca_file = ca_file
        self._table = dict(resolve or {})
        self._resolver = resolver
        self._per_origin = per_origin
        self._total = total
        self._connect_s = connect_s
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    async def start(self) -> None:
        """Be ready for requests. Raises OSError for an unreadable `ca_file`."""
        context = await asyncio.to_thread(_tls_context, self._ca_file)
        self._sessions = {closed: self._session(context, closed=closed) for closed in (False, True)}

    def _session(self, context: ssl.SSLContext, *, closed: bool) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            ssl=context,
            resolver=VettingResolver(self.policy, table=self._table, inner=self._resolver, closed=closed),
            ttl_dns_cache=DNS_CACHE_S,
            limit=self._total,
            limit_per_host=self._per_origin,
            keepalive_timeout=KEEP_ALIVE_S,
            socket_factory=lambda info: self._open_socket(info, closed=closed),
        )
        return aiohttp.ClientSession(
            connector=connector,
            headers={"User-Agent": self._user_agent, "Accept-Encoding": "identity"},
            skip_auto_headers=("Accept", "Content-Type"),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._connect_s),
            auto_decompress=False,
            trust_env=False,
            raise_for_status=False,
            max_line_size=MAX_HEADER_LINE,
            max_field_size=MAX_HEADER_LINE,
            max_headers=MAX_HEADERS,
        )

    async def close(self) -> None:
        """Close every connection."""
        sessions, self._sessions = self._sessions, {}
        for session in sessions.values():
            await session.close()

    async def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str],
        max_bytes: int = MAX_DOCUMENT,
        deadline_s: float = TOTAL_S,
    ) -> Response:
        """Return the answer to a GET; a body over `max_bytes`, counted after inflating, is `answer-too-large`."""
        return await self._send("GET", self.policy.check_url(url), headers, None, max_bytes, deadline_s)

    async def post(
        self,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes,
        deadline_s: float = TOTAL_S,
        even_blocked: bool = False,
    ) -> Response:
        """Return the answer to a POST of exactly `body`, cut after 16 KiB; `even_blocked` is for last words."""
        target = self.policy.check_url(url, even_blocked=even_blocked)
        return await self._send("POST", target, headers, body, MAX_ANSWER, deadline_s)

    async def _send(
        self,
        method: str,
        target: CheckedUrl,
        headers: Mapping[str, str],
        body: bytes | None,
        max_bytes: int,
        deadline_s: float,
    ) -> Response:
        try:
            async with asyncio.timeout(deadline_s):
                try:
                    return await self._once(method, target, headers, body, max_bytes)
                except (aiohttp.ClientError, OSError) as error:
                    if method != "POST" or not _is_stale(error):
                        raise
                    return await self._once(method, target, headers, body, max_bytes)
        except PeerError:
            raise
        except (aiohttp.ClientError, OSError, ValueError, zlib.error) as error:
            raise _told(error, target) from error

    async def _once(
        self, method: str, target: CheckedUrl, headers: Mapping[str, str], body: bytes | None, max_bytes: int
    ) -> Response:
        session = self._sessions.get(target.is_closed)
        if session is None:
            raise PeerUnreachable("transport-closed")
        async with session.request(
            method, URL(target.url, encoded=True), headers=headers, data=body, allow_redirects=False
        ) as answer:
            _check_headers(answer)
            read = await (_read_head(answer, max_bytes) if method == "POST" else _read_whole(answer, max_bytes))
            return Response(answer.status, answer.headers, read, target.url)

    def _open_socket(self, info: aiohttp.AddrInfoType, *, closed: bool) -> socket.socket:
        """The choke point: raises for any address that is not allowed, however it got here."""
        family, kind, protocol, _, address = info
        try:
            self.policy.check_address(str(address[0]), closed)
        except PeerUnreachable as refused:
            raise AddressRefusedError(str(refused)) from refused
        return socket.socket(family=family, type=kind, proto=protocol)


def _tls_context(ca_file: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca_file:
        context.load_verify_locations(cafile=ca_file)
    return context


def _check_headers(answer: aiohttp.ClientResponse) -> None:
    if sum(len(name) + len(value) for name, value in answer.raw_headers) > MAX_HEADER_BYTES:
        answer.close()
        raise PeerSaidNo("answer-too-large", "the headers of the answer are too large")


async def _read_head(answer: aiohttp.ClientResponse, max_bytes: int) -> bytes:
    """Return at most `max_bytes`, as they came; a connection with more on it is not used again."""
    chunks: list[bytes] = []
    room = max_bytes
    async for chunk in answer.content.iter_any():
        chunks.append(chunk[:room])
        room -= len(chunk)
        if room < 0:
            answer.close()
            break
    return b"".join(chunks)


async def _read_whole(answer: aiohttp.ClientResponse, max_bytes: int) -> bytes:
    """Return the whole body, inflated. Raises PeerSaidNo (`answer-too-large`, `answer-malformed`)."""
    coding = answer.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in _WINDOW_BITS and coding != "identity":
        answer.close()
        raise PeerSaidNo("answer-malformed", "the answer is compressed in a way that was not asked for", coding=coding)
    inflater = zlib.decompressobj(_WINDOW_BITS[coding]) if coding != "identity" else None
    body = bytearray()
    received = 0
    async for chunk in answer.content.iter_any():
        received += len(chunk)
        body += inflater.decompress(chunk, max_bytes + 1 - len(body)) if inflater else chunk
        if max(received, len(body)) > max_bytes:
            answer.close()
            raise PeerSaidNo("answer-too-large", limit=max_bytes)
    if inflater and not inflater.eof and body:
        raise PeerSaidNo("answer-malformed", "the compressed answer is cut off")
    return bytes(body)


def _told(error: BaseException, target: CheckedUrl) -> PeerError:
    """Return what went wrong as an error of ours; only the origin is named, for paths may be secret."""
    details = {"origin": target.origin, "reason": type(error).__name__}
    code = next((code for kind, code in _CODES if isinstance(error, kind)), "")
    if not code and isinstance(error, _MALFORMED):
        return PeerSaidNo("answer-malformed", **details)
    if isinstance(getattr(error, "os_error", error), AddressRefusedError):
        code = "address-refused"
    return PeerUnreachable(code or "connection-failed", **details)


def _is_stale(error: Exception) -> bool:
    """Return whether a kept connection had been closed by the peer: to connect anew is no repeat."""
    return not isinstance(error, aiohttp.ClientConnectorError) and isinstance(error, _STALE)
