"""When polls elsewhere are looked at again: one row a poll, claimed like the rows of the queues."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select, update

from fedcoop.kernel.ids import RemoteMotionId
from fedcoop.storage import tables as t
from fedcoop.storage.rows import first, maker, upsert

NOT_FOUND, GONE = "not-found", "gone"


@dataclass(frozen=True, slots=True)
class Look:
    """A look at a poll elsewhere: when it is due, when we last asked, with which code that failed, and since when it does."""

    remote_motion_id: RemoteMotionId
    due_at: datetime | None = None
    asked_at: datetime | None = None
    error: str = ""
    failing_since: datetime | None = None


_look = maker(Look)
_COLUMNS = [t.remote_looks.c[name] for name in Look.__slots__]


class Looks:
    """Repository of looks."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def find(self, remote_motion_id: RemoteMotionId) -> Look | None:
        """Return the poll's look."""
        c = t.remote_looks.c
        return first(self._conn, select(*_COLUMNS).where(c.remote_motion_id == remote_motion_id), _look)

    def put(self, look: Look) -> None:
        """Store the poll's look, replacing what stood."""
        values = {name: getattr(look, name) for name in Look.__slots__}
        upsert(self._conn, t.remote_looks, values, keys=("remote_motion_id",))

    def claim(self, now: datetime, *, limit: int, lease: timedelta) -> list[RemoteMotionId]:
        """Let up to `limit` due looks, the earliest first, be due after the lease; return whose they are."""
        c = t.remote_looks.c
        due = select(c.remote_motion_id).where(c.due_at <= now).order_by(c.due_at).limit(limit)
        ids = [RemoteMotionId(row[0]) for row in self._conn.execute(due.with_for_update(skip_locked=True))]
        if ids:
            values = {"due_at": now + lease, "asked_at": now}
            self._conn.execute(update(t.remote_looks).where(c.remote_motion_id.in_(ids)).values(**values))
        return ids

    def next_due(self) -> datetime | None:
        """Return when the next look is due."""
        return self._conn.execute(select(func.min(t.remote_looks.c.due_at))).scalar()
