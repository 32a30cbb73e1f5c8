"""Names to addresses, every one of them vetted: a name with one address that is not allowed is not reached at all.

Answers come from DNS by aiodns, without threads, or from a table of the configuration. Source: federation.md 9.
"""

import socket
from collections.abc import Mapping

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import AsyncResolver

from fedcoop.federation.remote.guard import AddressPolicy

DNS_TIMEOUT_S = 2.5
DNS_TRIES = 2


class VettingResolver(AbstractResolver):
    """Answers with allowed addresses only. `table` names addresses instead of asking; they are vetted just the same.

    `closed`: what asks here may be reached inside the allowed networks only.
    """

    def __init__(
        self,
        policy: AddressPolicy,
        *,
        table: Mapping[str, str] | None = None,
        inner: AbstractResolver | None = None,
        closed: bool = False,
    ) -> None:
        self._policy = policy
        self._closed = closed
        self._table = {host.lower(): ip for host, ip in (table or {}).items()}
        self._inner = inner or AsyncResolver(timeout=DNS_TIMEOUT_S, tries=DNS_TRIES)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return where `host` is. Raises PeerUnreachable (`address-refused`) or OSError."""
        fixed = self._table.get(host)
        found = [_result(host, fixed, port)] if fixed else await self._inner.resolve(host, port, family)
        for result in found:
            self._policy.check_resolved(host, port, result["host"], self._closed)
        return found

    async def close(self) -> None:
        """Give up sockets and pending questions."""
        await self._inner.close()


def _result(host: str, ip: str, port: int) -> ResolveResult:
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return ResolveResult(hostname=host, host=ip, port=port, family=family, proto=0, flags=flags)
