"""A copy of the database that answers pages for strangers (`[database] read_url`), as long as it is fresh.

Fresh is a copy in which the last heartbeat of any node is young: that tells of slow replay, of a cut line and of a copy that
nobody feeds any more alike. Nothing that decides reads here (nodes.md 7).
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import BigInteger, Connection, cast, extract, func, select, type_coerce
from sqlalchemy.exc import DBAPIError

from fedcoop.kernel.clock import SystemClock
from fedcoop.storage import tables as t
from fedcoop.storage.database.connecting import Way

READERS = 4
MAX_AGE_US = 5_000_000
LOOK_EVERY_S = 1.0
STALLED_S = 1.5
_AGE_US = select(
    cast(extract("epoch", func.clock_timestamp()) * 1_000_000, BigInteger)
    - type_coerce(func.max(t.nodes.c.seen_at), BigInteger)
)


class NotFresh(Exception):
    """The copy is behind, away, or nothing tells how old it is."""


class Replica:
    """Connections to the copy. Raises ConfigError (`database-url`)."""

    def __init__(self, url: str, *, pooler: bool) -> None:
        self._way = Way(url, pooler=pooler, key="database.read_url")
        self._engine = self._way.engine(READERS, reading=True)
        self._under_way: dict[object, float] = {}
        self._now = SystemClock().monotonic
        self._lock = threading.Lock()
        self._looked_at = float("-inf")
        self._is_fresh = False

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """Lend a connection to the copy. Raises NotFresh."""
        ticket = object()
        self._under_way[ticket] = self._now()
        try:
            self._demand_fresh()
            with self._connect() as conn:
                yield conn
        finally:
            del self._under_way[ticket]

    def cut_stalled(self) -> None:
        """End the sessions of a copy that froze under a reader."""
        if self._now() - min(self._under_way.copy().values(), default=self._now()) > STALLED_S:
            self._way.cut()
            self._looked_at = float("-inf")

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def _demand_fresh(self) -> None:
        with self._lock:  # one looks, the others wait for what it sees
            if self._now() - self._looked_at >= LOOK_EVERY_S:
                self._is_fresh = self._look()
                self._looked_at = self._now()
        if not self._is_fresh:
            raise NotFresh

    def _connect(self) -> Connection:
        try:
            return self._engine.connect()
        except DBAPIError as error:
            raise NotFresh from error

    def _look(self) -> bool:
        try:
            with self._engine.connect() as conn:
                age: Any = conn.execute(_AGE_US).scalar()
        except DBAPIError:
            return False
        return age is not None and age <= MAX_AGE_US
