"""The condition of the instance: whose database this is, was it restored, which outcomes differ, when was last written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from fedcoop.kernel.ids import MotionId
from fedcoop.storage import tables as t
from fedcoop.storage.database.rows import every, first, insert_ignore, maker, upsert

_ROW = 1


@dataclass(frozen=True, slots=True)
class Difference:
    """A motion whose stored votes, log, outcome and publications do not agree: the first thing that differs."""

    motion_id: MotionId
    code: str
    message: str
    found_at: datetime


_difference = maker(Difference)


class Condition:
    """Repository of what the machine knows of itself."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    # whose it is

    def note_origin(self, origin: str) -> None:
        """Remember whose database this is, unless that is known."""
        insert_ignore(self._conn, t.instance, {"id": _ROW, "origin": origin})

    def mark_restored(self, at: datetime) -> None:
        """Remember that the database is a restored copy."""
        self._conn.execute(update(t.instance).values(restored_at=at))

    def confirm(self, origin: str) -> None:
        """Remember that a person wants this database to act for `origin`."""
        upsert(self._conn, t.instance, {"id": _ROW, "origin": origin, "restored_at": None}, keys=("id",))

    def held(self, origin: str) -> str:
        """Return why nothing may be done for `origin` before a person confirms: `restored`, `origin`, or nothing."""
        row = self._conn.execute(select(t.instance.c.origin, t.instance.c.restored_at)).first()
        if row is None:
            return ""
        return "restored" if row.restored_at is not None else "" if row.origin == origin else "origin"

    # what differs

    def note_difference(self, difference: Difference) -> bool:
        """Remember it; return whether the same was not known before."""
        known = self.difference_of(difference.motion_id)
        if known is not None and (known.code, known.message) == (difference.code, difference.message):
            return False
        values = {name: getattr(difference, name) for name in Difference.__slots__}
        upsert(self._conn, t.differences, values, keys=("motion_id",))
        return True

    def drop_difference(self, motion_id: MotionId) -> bool:
        """Forget it, everything agrees again; return whether there was one."""
        gone = self._conn.execute(delete(t.differences).where(t.differences.c.motion_id == motion_id))
        return bool(gone.rowcount)

    def difference_of(self, motion_id: MotionId) -> Difference | None:
        """Return what differs in this motion."""
        return first(self._conn, select(t.differences).where(t.differences.c.motion_id == motion_id), _difference)

    def differences(self, *, limit: int) -> list[Difference]:
        """Return what differs, the newest motion first."""
        return every(
            self._conn, select(t.differences).order_by(t.differences.c.motion_id.desc()).limit(limit), _difference
        )

    def with_log(self, *, before: int, limit: int) -> Sequence[MotionId]:
        """Return motions older than the id `before` that have a log, the newest first."""
        c = t.motions.c
        query = select(c.id).where(
            c.id < before, c.id.in_(select(t.log_entries.c.motion_id).where(t.log_entries.c.n == 1))
        )
        return [MotionId(row[0]) for row in self._conn.execute(query.order_by(c.id.desc()).limit(limit))]

    # when

    def last_entry_at(self) -> datetime | None:
        """Return the instant of the newest line of the audit log, or of the newest vote."""
        audit, ballots = t.audit_log.c, t.ballots.c
        found = (
            self._conn.execute(select(audit.at).order_by(audit.id.desc()).limit(1)).scalar(),
            self._conn.execute(select(ballots.received_at).order_by(ballots.id.desc()).limit(1)).scalar(),
        )
        return max((at for at in found if at is not None), default=None)
