"""Bounded memory for what strangers make us remember: refusals that last a while, and counts of what was learned.

Source: federation.md 5.5, 9.
"""

from fedcoop.kernel.errors import PeerError, PeerUnreachable
from fedcoop.kernel.lru import Lru

HOUR_S = 3600.0
MAX_ENTRIES = 10_000


class Refusals:
    """Failures that are repeated from memory until their time is over."""

    def __init__(self, size: int = MAX_ENTRIES) -> None:
        self._kept: Lru[str, tuple[type[PeerError], str, float]] = Lru(size)

    def __len__(self) -> int:
        return len(self._kept)

    def note(self, key: str, error: PeerError, until: float) -> None:
        """Remember the failure of `key` until the monotonic time `until`."""
        self._kept.put(key, (type(error), error.code, until))

    def check(self, key: str, now: float) -> None:
        """Raise the remembered failure again, if it still holds."""
        found = self._kept.find(key)
        if found is None:
            return
        kind, code, until = found
        if now < until:
            raise kind(code, from_memory=True, retry_after_s=until - now)
        self._kept.drop(key)


class LearningLimits:
    """How much of unknown servers is learned in an hour; 0 is no limit (federation.md 9)."""

    def __init__(self, *, new_hosts: int = 10, new_actors: int = 1000, size: int = MAX_ENTRIES) -> None:
        self._new_hosts = new_hosts
        self._new_actors = new_actors
        self._hosts: Lru[str, tuple[float, int]] = Lru(size)
        self._actors: Lru[str, tuple[float, int]] = Lru(size)

    def check(self, origin: str, host: str, *, new_host: bool, now: float) -> None:
        """Return if an actor of `origin` may be learned. Raises PeerUnreachable (`learning-limit`)."""
        if new_host:
            _check(self._hosts, _parent(host), self._new_hosts, now)
        _check(self._actors, origin, self._new_actors, now)

    def count(self, origin: str, host: str, *, new_host: bool, now: float) -> None:
        """Count an actor that was learned; what could not be fetched counts for nothing, or strangers could use it up."""
        if new_host:
            _count(self._hosts, _parent(host), now)
        _count(self._actors, origin, now)


def _parent(host: str) -> str:
    return host.partition(".")[2]


def _check(table: Lru[str, tuple[float, int]], key: str, limit: int, now: float) -> None:
    ends_at, number = table.find(key) or (0.0, 0)
    if limit and number >= limit and now < ends_at:
        raise PeerUnreachable("learning-limit", retry_after_s=ends_at - now)


def _count(table: Lru[str, tuple[float, int]], key: str, now: float) -> None:
    ends_at, number = table.find(key) or (0.0, 0)
    table.put(key, (ends_at, number + 1) if now < ends_at else (now + HOUR_S, 1))
