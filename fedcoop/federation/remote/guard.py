"""May we talk to this address or server? Rules on URLs before, and on IP addresses at, every connection.

Nothing outside this file decides it; nothing but `transport` opens connections. Source: federation.md 9 (Mastodon
CVE-2026-22245, Lemmy CVE-2026-33693, Fedify CVE-2026-50131: addresses that only look public).
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from fedcoop.kernel.errors import PeerUnreachable
from fedcoop.kernel.names import DEFAULT_PORTS, MAX_URL, ascii_host, origin_of

MAX_CACHED = 10_000

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_AUTHORITY = re.compile(r"(https?)://(\[[0-9a-fA-F:.]+\]|[^/?#@\[\]:%\\\s]+)(?::([0-9]{1,5}))?", re.IGNORECASE)
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_NEVER = (".local", ".internal", ".onion")
_V4_REFUSED = tuple(map(IPv4Network, ("192.0.0.0/24", "192.88.99.0/24", "240.0.0.0/4")))
_V6_GLOBAL = IPv6Network("2000::/3")
_V6_REFUSED = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))
_NAT64 = IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class CheckedOrigin:
    """An origin that passed every rule on names."""

    origin: str
    scheme: str
    host: str
    port: int
    is_closed: bool


@dataclass(frozen=True, slots=True)
class CheckedUrl:
    """A URL that may be asked for: lower-case ASCII host without final dot, no fragment, path and query as given.

    `is_closed` tells that one of the relaxations let it through (http, an IP literal, a local name, our own host, a low
    port): then it may be reached inside `allow_networks` and nowhere else.
    """

    url: str
    origin: str
    scheme: str
    host: str
    port: int
    is_closed: bool


def is_public_address(address: Address) -> bool:
    """Return whether `address` is one of the public internet: the address rule of federation.md 9.

    `ipaddress.is_global` alone calls ::127.0.0.1, 64:ff9b::7f00:1, fec0::/10 and 2002:7f00:1:: global.
    """
    if isinstance(address, IPv6Address):
        if address in _NAT64:
            return is_public_address(IPv4Address(int(address) & 0xFFFFFFFF))
        return address in _V6_GLOBAL and address.is_global and not any(address in network for network in _V6_REFUSED)
    return address.is_global and not address.is_multicast and not any(address in network for network in _V4_REFUSED)


def _nothing_blocked(origin: str) -> bool:
    return False


class AddressPolicy:
    """The rules of one instance. `allow_networks` and `allow_http` are for tests and closed networks.

    What they let through beyond the rules for everybody is marked (`is_closed`), and connects to their addresses only.
    """

    def __init__(
        self,
        *,
        own_origin: str,
        allow_networks: Iterable[Network] = (),
        allow_http: bool = False,
        is_blocked: Callable[[str], bool] = _nothing_blocked,
    ) -> None:
        self.own_origin = own_origin
        self.allow_http = allow_http
        self._networks = tuple(allow_networks)
        self._own_host = _host_of(own_origin)
        self._is_blocked = is_blocked
        self._cache: OrderedDict[str, CheckedOrigin] = OrderedDict()

    def check_url(self, url: str, *, even_blocked: bool = False) -> CheckedUrl:
        """Return `url` in its one spelling. Raises PeerUnreachable (`url-refused`, `origin-blocked`, `address-refused`).

        Refused: other schemes, user info, ports below 1024 but for the scheme's own, IP literals in any spelling, our
        own host, `localhost`, `.local`, `.internal`, `.onion`; and, unless `even_blocked`, blocked origins.
        """
        cut = url.find("/", 8)
        prefix = url if cut < 0 else url[:cut]
        known = self._cache.get(prefix)
        if known is None:
            prefix, known = self._learn(url)
        self._cache.move_to_end(prefix)
        if self._is_blocked(known.origin) and not even_blocked:
            raise PeerUnreachable("origin-blocked", origin=known.origin)
        target = _target(url, len(prefix))
        return CheckedUrl(
            known.origin + target, known.origin, known.scheme, known.host, known.port, is_closed=known.is_closed
        )

    def check_address(self, ip: str, closed: bool = False) -> None:
        """Return if a connection to `ip` may be opened; if `closed`, only inside the allowed networks.

        Raises PeerUnreachable (`address-refused`).
        """
        address = _parse(ip)
        if address is None or not (self._is_allowed(address) or (not closed and is_public_address(address))):
            raise PeerUnreachable("address-refused", address=ip)

    def check_resolved(self, host: str, port: int, ip: str, closed: bool = False) -> None:
        """Return if `host` may be reached at `ip`. Raises PeerUnreachable (`address-refused`).

        Names and ports that only closed networks may use must lie in one of the allowed networks.
        """
        self.check_address(ip, closed or self._is_relaxed("https", host, port))

    def _is_allowed(self, address: Address) -> bool:
        return any(address.version == network.version and address in network for network in self._networks)

    def _is_relaxed(self, scheme: str, host: str, port: int) -> bool:
        """Return whether this is a name or port that the public internet is never asked for."""
        local = "." not in host or host.endswith(".localhost")
        return local or host == self._own_host or (port != DEFAULT_PORTS[scheme] and port < 1024)

    def _learn(self, url: str) -> tuple[str, CheckedOrigin]:
        match = _AUTHORITY.match(url)
        if match is None or len(url) > MAX_URL or url[match.end() : match.end() + 1] not in ("", "/", "?", "#"):
            raise PeerUnreachable("url-refused", url=url[:MAX_URL])
        found = self._check_authority(match[1].lower(), match[2], match[3])
        self._cache[match[0]] = found
        if len(self._cache) > MAX_CACHED:
            self._cache.popitem(last=False)
        return match[0], found

    def _check_authority(self, scheme: str, raw_host: str, raw_port: str | None) -> CheckedOrigin:
        host = _normal_host(raw_host)
        port = int(raw_port) if raw_port else DEFAULT_PORTS[scheme]
        shown = f"[{host}]" if ":" in host else host
        origin = f"{scheme}://{shown}" + ("" if port == DEFAULT_PORTS[scheme] else f":{port}")
        if (scheme == "http" and not self.allow_http) or not 0 < port < 65536 or host.endswith(_NEVER):
            raise PeerUnreachable("url-refused", url=origin)
        if origin == self.own_origin:
            raise PeerUnreachable("url-refused", "that is ourselves", url=origin)
        relaxed = self._check_literal(host) or self._is_relaxed(scheme, host, port)
        if relaxed and not self._networks:
            raise PeerUnreachable("url-refused", url=origin)
        return CheckedOrigin(origin, scheme, host, port, is_closed=relaxed or scheme == "http")

    def _check_literal(self, host: str) -> bool:
        """Return whether `host` is an IP literal, which must then lie in an allowed network."""
        if ":" not in host and _NUMBER.fullmatch(host.rpartition(".")[2]) is None:
            return False
        address = _parse(host)
        if address is None:
            raise PeerUnreachable("url-refused", host=host)  # 0x7f.1, 2130706433, 127.1
        if not self._is_allowed(address):
            raise PeerUnreachable("address-refused", address=host)
        return True


def _target(url: str, start: int) -> str:
    """Return path and query of `url` as they go on the wire, without fragment."""
    end = url.find("#", start)
    target = url[start:] if end < 0 else url[start:end]
    if not target.isascii() or not target.isprintable() or " " in target or "\\" in target or len(url) > MAX_URL:
        raise PeerUnreachable("url-refused", url=url[:MAX_URL])
    if target.endswith("?") and target.count("?") == 1:
        target = target[:-1]
    return target if target.startswith("/") else "/" + target


def _normal_host(raw: str) -> str:
    """Return the ASCII form of a host: NFKC (so ①②⑦ are digits), lower case, IDNA, without final dot, no brackets."""
    if raw.startswith("["):
        address = _parse(raw[1:-1])
        if not isinstance(address, IPv6Address):
            raise PeerUnreachable("url-refused", host=raw)
        return str(address)
    host = ascii_host(raw)
    if host is None or len(host) > 253 or not all(map(_LABEL.fullmatch, host.split("."))):
        raise PeerUnreachable("url-refused", host=raw)
    return host


def _host_of(origin: str) -> str:
    normal = origin_of(origin)
    host = (normal or origin).partition("://")[2]
    host = host.rpartition(":")[0] if re.search(r":[0-9]+$", host) else host
    return host.strip("[]")


def _parse(ip: str) -> Address | None:
    try:
        return ip_address(ip)
    except ValueError:
        return None
