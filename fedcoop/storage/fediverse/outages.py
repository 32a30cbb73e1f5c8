"""When we were away, who of those who may have voted then was told, and the heartbeat that shows it (federation.md 18)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, select, update

from fedcoop.governance.fediverse.outages import Outage
from fedcoop.kernel.ids import MemberId, MotionId
from fedcoop.storage import tables as t
from fedcoop.storage.database.rows import every, first, insert, insert_ignore, maker

_outage = maker(Outage)
_COLUMNS = [t.outages.c[name] for name in Outage.__slots__]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the work after an outage has come: the last actor to be looked at, the last member to be told."""

    looked_to: int
    told_to: int


class Outages:
    """Repository of outages."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def beat(self, name: str, now: datetime) -> datetime | None:
        """Remember that `name` is alive now; return when it last was, None the first time or if another process says so too.

        A clock that was set back, as at the start of a machine without one of its own, changes nothing.
        """
        c = t.heartbeats.c
        before = self.last_beat(name)
        if before is None:
            insert_ignore(self._conn, t.heartbeats, {"name": name, "at": now})
        if before is None or before > now:
            return None
        moved = self._conn.execute(update(t.heartbeats).where(c.name == name, c.at == before).values(at=now))
        return before if moved.rowcount else None

    def last_beat(self, name: str) -> datetime | None:
        """Return when `name` last said that it is alive."""
        return self._conn.execute(select(t.heartbeats.c.at).where(t.heartbeats.c.name == name)).scalar()

    def add(self, outage: Outage) -> None:
        """Store an outage that is over."""
        insert(self._conn, t.outages, {name: getattr(outage, name) for name in Outage.__slots__})

    def find(self, outage_id: int) -> tuple[Outage, Progress] | None:
        """Return the outage and how far the work after it has come."""
        c = t.outages.c
        row = self._conn.execute(select(*_COLUMNS, c.looked_to, c.told_to).where(c.id == outage_id)).first()
        return None if row is None else (Outage(*row[:3]), Progress(row.looked_to, row.told_to))

    def put_looked_to(self, outage_id: int, actor_id: int) -> None:
        """Remember up to which actor visits are set."""
        self._conn.execute(update(t.outages).where(t.outages.c.id == outage_id).values(looked_to=actor_id))

    def put_told_to(self, outage_id: int, member_id: int) -> None:
        """Remember up to which member it was looked whom to tell."""
        self._conn.execute(update(t.outages).where(t.outages.c.id == outage_id).values(told_to=member_id))

    def during(self, since: datetime, until: datetime, *, limit: int = 3) -> list[Outage]:
        """Return the newest outages that had any part in this time, newest first."""
        c = t.outages.c
        query = select(*_COLUMNS).where(c.ended_at > since, c.began_at < until)
        return every(self._conn, query.order_by(c.ended_at.desc()).limit(limit), _outage)

    def last(self) -> Outage | None:
        """Return the newest outage."""
        return first(self._conn, select(*_COLUMNS).order_by(t.outages.c.ended_at.desc()).limit(1), _outage)

    def forget(self, before: datetime) -> None:
        """Forget what was over before."""
        old = select(t.outages.c.id).where(t.outages.c.ended_at < before)
        self._conn.execute(delete(t.outage_notices).where(t.outage_notices.c.outage_id.in_(old)))
        self._conn.execute(delete(t.outages).where(t.outages.c.ended_at < before))

    # whom to tell

    def linked_members(self, *, after: int, limit: int) -> list[MemberId]:
        """Return members with an account that counts, in the order of their ids."""
        c = t.links.c
        query = select(c.member_id).distinct().where(c.state == "active", c.member_id > after)
        return [MemberId(row[0]) for row in self._conn.execute(query.order_by(c.member_id).limit(limit))]

    def without_ballot(
        self, member_ids: Sequence[MemberId], motion_ids: Collection[MotionId]
    ) -> dict[MemberId, list[MotionId]]:
        """Return in which of these motions which of these members are on the roll and have no ballot."""
        if not member_ids or not motion_ids:
            return {}
        r, b = t.roll_entries.c, t.ballots.c
        query = (
            select(r.member_id, r.motion_id)
            .outerjoin(t.ballots, (b.motion_id == r.motion_id) & (b.member_id == r.member_id))
            .where(r.motion_id.in_(list(motion_ids)), r.member_id.in_(list(member_ids)), b.id.is_(None))
        )
        found: dict[MemberId, list[MotionId]] = {}
        for member_id, motion_id in self._conn.execute(query.order_by(r.member_id, r.motion_id)):
            found.setdefault(MemberId(member_id), []).append(MotionId(motion_id))
        return found

    def note_told(self, outage_id: int, member_id: MemberId, at: datetime) -> bool:
        """Remember that the member is told of this outage; return False if that was so before."""
        return insert_ignore(self._conn, t.outage_notices, {"outage_id": outage_id, "member_id": member_id, "at": at})

    def count_told(self, member_ids: Sequence[MemberId], since: datetime) -> dict[MemberId, int]:
        """Return how many outages each of these members was told of since."""
        c = t.outage_notices.c
        query = select(c.member_id, func.count()).where(c.member_id.in_(list(member_ids)), c.at > since)
        return {MemberId(row[0]): int(row[1]) for row in self._conn.execute(query.group_by(c.member_id))}

    def count_told_of(self, outage_id: int) -> int:
        """Return how many members were told of this outage."""
        c = t.outage_notices.c
        query = select(func.count()).select_from(t.outage_notices).where(c.outage_id == outage_id)
        return int(self._conn.execute(query).scalar_one())
