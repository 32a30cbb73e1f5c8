"""Rolls after the opening: corrections of single rows, pages of names, objections and their answers (governance.md 3)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, delete, func, select, update

from fedcoop.governance.motions.ballots import RollEntry
from fedcoop.governance.motions.motion import MotionState
from fedcoop.kernel.errors import NotFound
from fedcoop.kernel.ids import MemberId, MotionId
from fedcoop.storage import tables as t
from fedcoop.storage.database.rows import every, first, insert, maker, upsert, upsert_many
from fedcoop.storage.members.member import name_holds
from fedcoop.storage.records import RollName, RollObjection

_objection = maker(RollObjection)
_PENDING = "pending"


class Rolls:
    """Repository of rolls by row, and of objections to them."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def put(self, entry: RollEntry) -> None:
        """Store one row, replacing the member's earlier one."""
        values = {name: getattr(entry, name) for name in RollEntry.__slots__}
        upsert(self._conn, t.roll_entries, values, keys=("motion_id", "member_id"))

    def put_many(self, entries: Sequence[RollEntry]) -> None:
        """Store these rows, each in the place of the member's earlier one."""
        rows = [{name: getattr(entry, name) for name in RollEntry.__slots__} for entry in entries]
        upsert_many(self._conn, t.roll_entries, rows, keys=("motion_id", "member_id"))

    def drop_many(self, motion_id: MotionId, member_ids: Sequence[MemberId]) -> None:
        """Remove the rows of these members."""
        r = t.roll_entries.c
        if member_ids:
            where = r.motion_id == motion_id, r.member_id.in_(list(member_ids))
            self._conn.execute(delete(t.roll_entries).where(*where))

    def size(self, motion_id: MotionId) -> int:
        """Return how many rows there are."""
        query = select(func.count()).select_from(t.roll_entries).where(t.roll_entries.c.motion_id == motion_id)
        return int(self._conn.execute(query).scalar_one())

    def with_vote(self, motion_id: MotionId) -> set[MemberId]:
        """Return who is on the roll with a vote."""
        r = t.roll_entries.c
        query = select(r.member_id).where(r.motion_id == motion_id, r.weight > 0)
        return {MemberId(row[0]) for row in self._conn.execute(query)}

    def drop(self, motion_id: MotionId, member_id: MemberId) -> None:
        """Remove the member's row."""
        r = t.roll_entries.c
        self._conn.execute(delete(t.roll_entries).where(r.motion_id == motion_id, r.member_id == member_id))

    def guest_ballots(self, motion_ids: Sequence[MotionId]) -> dict[MotionId, int]:
        """Return how many ballots of each motion are those of guests, which count nowhere."""
        r, b = t.roll_entries.c, t.ballots.c
        same = and_(r.motion_id == b.motion_id, r.member_id == b.member_id)
        query = select(b.motion_id, func.count()).join(t.roll_entries, same).group_by(b.motion_id)
        query = query.where(b.motion_id.in_(list(motion_ids)), r.weight == 0)
        return {MotionId(row[0]): int(row[1]) for row in self._conn.execute(query)} if motion_ids else {}

    def open_for(self, member_id: MemberId) -> list[MotionId]:
        """Return the open motions on whose roll the member stands, oldest first."""
        query = (
            select(t.motions.c.id)
            .join(t.roll_entries, t.roll_entries.c.motion_id == t.motions.c.id)
            .where(t.roll_entries.c.member_id == member_id, t.motions.c.state == MotionState.OPEN.value)
            .order_by(t.motions.c.id)
        )
        return [MotionId(row[0]) for row in self._conn.execute(query)]

    def page(self, motion_id: MotionId, *, words: str = "", skip: int = 0, limit: int = 100) -> list[RollName]:
        """Return rows with names, by member number, whose name holds `words`."""
        columns = (
            t.members.c.number,
            t.members.c.display_name.label("name"),
            t.roll_entries.c.member_class,
            t.roll_entries.c.weight,
            t.roll_entries.c.voter,
        )
        query = self._named(select(*columns), motion_id, words).order_by(t.members.c.number)
        return every(self._conn, query.offset(skip).limit(limit), maker(RollName))

    def count(self, motion_id: MotionId, *, words: str = "") -> int:
        """Return how many rows there are whose name holds `words`."""
        return int(self._conn.execute(self._named(select(func.count()), motion_id, words)).scalar_one())

    @staticmethod
    def _named(query: Select[Any], motion_id: MotionId, words: str) -> Select[Any]:
        query = query.select_from(t.roll_entries.join(t.members, t.members.c.id == t.roll_entries.c.member_id))
        query = query.where(t.roll_entries.c.motion_id == motion_id)
        return query.where(name_holds(words)) if words else query

    # objections

    def add_objection(self, objection: RollObjection) -> None:
        """Store a new objection."""
        insert(self._conn, t.roll_objections, {name: getattr(objection, name) for name in RollObjection.__slots__})

    def get_objection(self, objection_id: int) -> RollObjection:
        """Return the objection. Raises NotFound."""
        found = first(self._conn, select(t.roll_objections).where(t.roll_objections.c.id == objection_id), _objection)
        if found is None:
            raise NotFound("objection-unknown", "There is no such objection.")
        return found

    def objections(self, motion_id: MotionId) -> list[RollObjection]:
        """Return the objections to the motion's roll, oldest first."""
        o = t.roll_objections.c
        return every(self._conn, select(t.roll_objections).where(o.motion_id == motion_id).order_by(o.id), _objection)

    def pending(self) -> list[RollObjection]:
        """Return all objections without an answer, oldest first."""
        o = t.roll_objections.c
        return every(self._conn, select(t.roll_objections).where(o.state == _PENDING).order_by(o.id), _objection)

    def answer(self, objection_id: int, *, state: str, answer: str, at: datetime) -> None:
        """Store what became of the objection."""
        query = update(t.roll_objections).where(t.roll_objections.c.id == objection_id)
        self._conn.execute(query.values(state=state, answer=answer, answered_at=at))
