"""Which connections are open, and which goes when there are too many: one that waits, the oldest first.

Somebody who holds hundreds of connections keeps neither others nor their own vote out: the oldest connection on which
nothing is asked makes room for the new one; failing that, one on which the other side keeps us waiting. Only where we are
at work for all of them the new one is refused.
"""

import logging
from collections import Counter, OrderedDict
from ipaddress import ip_address
from typing import Protocol

from fedcoop.config import ServerConfig
from fedcoop.throttle import client_address

log = logging.getLogger(__name__)

LOOKS = 256
"""How many are looked at for one that waits: letting one in costs the same however many there are."""
MAX_HELD = 128 << 20
"""Bytes that are kept for all connections together: of requests that have not come whole, of answers that are not read."""
TELL_EVERY_S = 10.0


class Connection(Protocol):
    """What the book must know of a connection."""

    @property
    def is_waiting(self) -> bool:
        """Whether nothing is being answered: it is idle, or the head of its request has not come whole."""
        ...

    @property
    def is_stalled(self) -> bool:
        """Whether the other side has not sent all of its request, or does not read the answer."""
        ...

    def drop(self) -> None:
        """Close it at once."""
        ...


class Connections:
    """The book of open connections: `total` at most, and so many from one address that is no proxy of ours.

    IPv6 counts by /64. `refused` and `closed` count by cause: `address`, `total`; `closed` also `slow`, `large`, `memory`.
    """

    def __init__(self, server: ServerConfig, total: int) -> None:
        self._total = total
        self._per_address = server.connections_per_address
        self._proxies = server.trusted_proxies
        self._all: OrderedDict[Connection, str] = OrderedDict()
        self._of: dict[str, OrderedDict[Connection, str]] = {}
        self._bytes: dict[Connection, int] = {}
        self._held = 0
        self._told_at: dict[tuple[str, str], float] = {}
        self._untold: Counter[tuple[str, str]] = Counter()
        self.refused: Counter[str] = Counter()
        self.closed: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._all)

    def is_proxy(self, address: str) -> bool:
        """Return whether `address` is one that we trust to speak for others."""
        try:
            return self._proxies.holds(ip_address(address.partition("%")[0]))
        except ValueError:
            return False

    def admit(self, connection: Connection, address: str, now: float) -> bool:
        """Let it in, closing one that waits where there are too many; False where none does. `now` is monotonic."""
        key = "" if self.is_proxy(address) else client_address(address, "", ())
        of_address = self._of.get(key) if key else None
        if of_address is not None and len(of_address) >= self._per_address:
            let_in = self._made_room(of_address, "address", now)
        else:
            let_in = len(self._all) < self._total or self._made_room(self._all, "total", now)
        if let_in:
            self._all[connection] = key
            self._of.setdefault(key, OrderedDict())[connection] = key
        return let_in

    def leave(self, connection: Connection) -> None:
        """It is closed, or was never let in."""
        self.release(connection)
        key = self._all.pop(connection, None)
        if key is not None:
            of_address = self._of[key]
            del of_address[connection]
            if not of_address:
                del self._of[key]

    def hold(self, connection: Connection, number: int, now: float) -> None:
        """So many bytes are kept for it; the one for which that has been so for longest goes if all together are too many."""
        if connection not in self._all:
            return
        self._held += number - self._bytes.get(connection, 0)
        self._bytes[connection] = number
        while self._held > MAX_HELD:
            self.close(next(iter(self._bytes)), "memory", now)

    def release(self, connection: Connection) -> None:
        """Nothing is kept for it any more."""
        self._held -= self._bytes.pop(connection, 0)

    def close(self, connection: Connection, cause: str, now: float) -> None:
        """Close one that took longer or sent more than anybody may, or that makes room."""
        self.leave(connection)
        connection.drop()
        self.closed[cause] += 1
        self._tell("connections closed", cause, now)

    def _made_room(self, held: OrderedDict[Connection, str], cause: str, now: float) -> bool:
        """Look from the oldest on; what is being answered stands at the end afterwards, so that it is not looked at again."""
        stalled: Connection | None = None
        for _ in range(min(len(held), LOOKS)):
            oldest = next(iter(held))
            if oldest.is_waiting:
                self.close(oldest, cause, now)
                return True
            stalled = stalled or (oldest if oldest.is_stalled else None)
            held.move_to_end(oldest)
        if stalled is not None:
            self.close(stalled, cause, now)
            return True
        self.refused[cause] += 1
        self._tell("connections refused", cause, now)
        return False

    def _tell(self, event: str, cause: str, now: float) -> None:
        """A line of the log for many: once in ten seconds a kind, with how many there were since."""
        kind = event, cause
        self._untold[kind] += 1
        if now - self._told_at.get(kind, now - TELL_EVERY_S) >= TELL_EVERY_S:
            self._told_at[kind] = now
            log.warning(event, extra={"because": cause, "number": self._untold.pop(kind), "open": len(self)})
