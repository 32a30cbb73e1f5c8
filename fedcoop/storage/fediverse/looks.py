"""When polls elsewhere are looked at again: one row a poll, claimed like the rows of the queues."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select, update

from fedcoop.kernel.ids import RemoteMotionId
from fedcoop.storage import tables as t
from fedcoop.storage.database.rows import first, maker, upsert
from fedcoop.storage.instance.leases import FREE, is_mine, may_take, taken

NOT_FOUND, GONE = "not-found", "gone"
_TAKEN_AT_ONCE = 50  # by all processes together; what is taken was due before all others
_MOMENT = timedelta.resolution  # the instant at which a lease ends is after it


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
    """Repository of looks; `me` is the process that looks."""

    def __init__(self, conn: Connection, me: int | None = None) -> None:
        self._conn = conn
        self._me = me

    def find(self, remote_motion_id: RemoteMotionId) -> Look | None:
        """Return the poll's look."""
        c = t.remote_looks.c
        return first(self._conn, select(*_COLUMNS).where(c.remote_motion_id == remote_motion_id), _look)

    def put(self, look: Look) -> None:
        """Store the poll's look, replacing what stood; nobody has taken it."""
        values = {name: getattr(look, name) for name in Look.__slots__}
        upsert(self._conn, t.remote_looks, {**values, **FREE}, keys=("remote_motion_id",))

    def claim(self, now: datetime, *, limit: int, lease: timedelta) -> list[RemoteMotionId]:
        """Lease up to `limit` due looks, the earliest first; return whose they are."""
        c = t.remote_looks.c
        due = select(c.remote_motion_id).where(c.due_at <= now, may_take(t.remote_looks, now + _MOMENT, self._me))
        due = due.order_by(c.due_at).limit(limit).with_for_update(skip_locked=True)
        ids = [RemoteMotionId(row[0]) for row in self._conn.execute(due)]
        if ids:
            values = {"asked_at": now, **taken(now, lease, self._me)}
            self._conn.execute(update(t.remote_looks).where(c.remote_motion_id.in_(ids)).values(**values))
        return ids

    def holds(self, remote_motion_id: RemoteMotionId) -> bool:
        """Return whether this process has the look still: if not, what it saw is old by now."""
        c = t.remote_looks.c
        mine = select(c.due_at).where(c.remote_motion_id == remote_motion_id, is_mine(t.remote_looks, self._me))
        return self._me is None or self._conn.execute(mine).first() is not None

    def next_due(self) -> datetime | None:
        """Return when the next look is due; one that is taken, when its lease is over."""
        c = t.remote_looks.c
        first = select(c.due_at, c.leased_until).where(c.due_at.is_not(None)).order_by(c.due_at).limit(_TAKEN_AT_ONCE)
        due = first.subquery().c
        return self._conn.execute(select(func.min(func.coalesce(due.leased_until, due.due_at)))).scalar()
