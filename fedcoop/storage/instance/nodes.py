"""The processes that work on one database: who is alive, and what a dead one had taken (architecture.md 8.5).

Alive by the database's own clock and, on PostgreSQL, by a lock of the session: the server drops that the moment a process
is gone, and the clock tells of what it cannot see, a frozen process or a cut line. On SQLite there is one process, so who
starts is the only one alive and nobody needs to say so again.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    and_,
    bindparam,
    cast,
    delete,
    extract,
    false,
    func,
    literal,
    or_,
    select,
    text,
    type_coerce,
    update,
)

from fedcoop.storage import tables as t
from fedcoop.storage.columns import UtcDateTime
from fedcoop.storage.database.rows import every, maker, upsert
from fedcoop.storage.instance.leases import LEASED, free, let_go

GONE_AFTER = timedelta(seconds=2)
DEAD_AFTER = timedelta(seconds=5)
_MICROSECOND = timedelta(microseconds=1)
_NO_SESSION = text(
    "NOT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1"
    " AND (CAST(classid AS bigint) << 32 | CAST(objid AS bigint)) = nodes.id)"
)


_END_SESSIONS = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name IN :names"
).bindparams(bindparam("names", expanding=True))


def session_name(node: int | None) -> str:
    """Return by which name the database knows the sessions of a process."""
    return f"fedcoop-{node}"


@dataclass(frozen=True, slots=True)
class NodeRow:
    """A process at work: its `kind` is `serve` or `worker`, `seen_at` by the database's clock.

    `clear_until`: nothing that was received up to then is at its door without an answer (federation.md 12.3).
    """

    id: int
    name: str
    kind: str
    version: str
    started_at: datetime
    seen_at: datetime
    clear_until: datetime | None
    draining: bool


_node = maker(NodeRow)


class Nodes:
    """Repository of processes; `me` is the one that asks, None for a command."""

    def __init__(self, conn: Connection, now: datetime, me: int | None) -> None:
        self._conn = conn
        self._now = now
        self._me = me
        self._is_alone = conn.dialect.name == "sqlite"

    def join(self, *, name: str, kind: str, version: str, clear_until: datetime) -> None:
        """This process is alive from now on."""
        values = {"id": self._me, "name": name, "kind": kind, "version": version, "started_at": self._now}
        values |= {"seen_at": self._now, "clear_until": clear_until, "draining": False}
        upsert(self._conn, t.nodes, values, keys=("id",), keep=("started_at",))
        self.beat(clear_until)
        self._free_orphaned()

    def beat(self, clear_until: datetime) -> bool:
        """Say that this process is alive; return False if it was struck off and has to join anew."""
        moved = update(t.nodes).where(t.nodes.c.id == self._me)
        found = self._conn.execute(moved.values(seen_at=self._clock(), clear_until=clear_until))
        if not self._is_alone:
            self._conn.execute(select(func.pg_try_advisory_lock(self._me)))
        return bool(found.rowcount)

    def be_alone(self) -> None:
        """This process has just started, and there is no other one: nothing is taken."""
        self._conn.execute(delete(t.nodes).where(t.nodes.c.id.is_distinct_from(self._me)))
        for table in LEASED:
            free(self._conn, table, table.c.leased_until.is_not(None))

    def drain(self) -> None:
        """Say that this process takes no more work."""
        self._conn.execute(update(t.nodes).where(t.nodes.c.id == self._me).values(draining=True))

    def leave(self) -> None:
        """This process is gone, and nothing that it had taken is taken any more."""
        self._conn.execute(delete(t.nodes).where(t.nodes.c.id == self._me))
        self._free_orphaned()

    def living(self) -> list[NodeRow]:
        """Return the processes that are alive, in the order of their ids."""
        return every(self._conn, select(t.nodes).where(~self._is_dead()).order_by(t.nodes.c.id), _node)

    def others(self) -> list[NodeRow]:
        """Return the processes that are alive besides this one; on SQLite there is none."""
        return [] if self._is_alone else [node for node in self.living() if node.id != self._me]

    def strike_off_dead(self) -> Sequence[str]:
        """Remove other processes that are dead and free what they had taken; return their names.

        Their sessions end first: one that froze within a unit would keep its rows locked, and must not commit any more.
        """
        dead = select(t.nodes.c.id, t.nodes.c.name).where(t.nodes.c.id != self._me, self._is_dead())
        found = {row.id: row.name for row in self._conn.execute(dead)}
        if found:
            names = [session_name(node) for node in found]
            self._conn.execute(_END_SESSIONS, {"names": names})
            self._conn.execute(delete(t.nodes).where(t.nodes.c.id.in_(found)))
            self._free_orphaned()
        return tuple(found.values())

    def _free_orphaned(self) -> None:
        for table in LEASED:
            free(self._conn, table, table.c.leased_by.is_not(None), table.c.leased_by.not_in(select(t.nodes.c.id)))

    def let_go(self, table: str, kept: Collection[Any]) -> None:
        """What this process has taken of the table is free, but for rows with these primary keys: it works on those."""
        let_go(self._conn, t.metadata.tables[table], self._me, kept)

    def _is_dead(self) -> ColumnElement[bool]:
        if self._is_alone:
            return false()
        silent = type_coerce(self._clock(), BigInteger) - type_coerce(t.nodes.c.seen_at, BigInteger)
        gone = and_(silent > GONE_AFTER // _MICROSECOND, _NO_SESSION)
        return or_(silent > DEAD_AFTER // _MICROSECOND, gone)

    def _clock(self) -> ColumnElement[datetime]:
        if self._is_alone:
            return literal(self._now, UtcDateTime)
        microseconds = cast(extract("epoch", func.clock_timestamp()) * 1_000_000, BigInteger)
        return type_coerce(microseconds, UtcDateTime)
