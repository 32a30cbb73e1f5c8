"""The desk: what others wrote to actors of ours and a person should read, what we wrote back, reports, automatic replies.

An item points at a post in `notes` or at a report. Nothing of it is public: only pages of the people it is for read it.
"""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, exists, func, or_, select, update

from fedcoop.kernel.errors import NotFound
from fedcoop.kernel.ids import ActorId, MemberId, NoteId
from fedcoop.storage import tables as t
from fedcoop.storage.database.prepared import Prepared
from fedcoop.storage.database.rows import every, first, insert, insert_ignore, maker, upsert
from fedcoop.storage.records import Note


@dataclass(frozen=True, slots=True)
class DeskItem:
    """Something for a person to read, for our actor `recipient_id`: a post in `notes`, or a report.

    `kind` is `mention`, `answer` (to something we announced), `message` (not public) or `report`.
    """

    id: int
    kind: str
    recipient_id: ActorId
    actor_id: ActorId
    origin: str
    note_id: NoteId | None
    report_id: int | None
    received_at: datetime
    done_at: datetime | None = None
    done_by: MemberId | None = None
    remark: str = ""


@dataclass(frozen=True, slots=True)
class DeskReply:
    """What an office holder wrote back in the co-op's name, as a direct Note to the item's author."""

    id: int
    item_id: int
    member_id: MemberId
    note_uuid: str
    body: str
    body_html: str
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Report:
    """A moderation report (`Flag`): plain text, and the ids it names, at least one of them ours."""

    id: int
    actor_id: ActorId
    content: str
    objects: tuple[str, ...]
    received_at: datetime


_item, _reply, _note = maker(DeskItem), maker(DeskReply), maker(Note)
_i = t.desk_items.c
_since = (
    select(func.count())
    .select_from(t.desk_items)
    .where(_i.origin == bindparam("origin"), _i.received_at > bindparam("since"))
)
_OF_ORIGIN = Prepared(_since, int)
_OF_ACTOR = Prepared(_since.where(_i.actor_id == bindparam("actor_id")), int)


def _report(row: Row[Any]) -> Report:
    return Report(**{**row._mapping, "objects": tuple(row._mapping["objects"])})


class Desk:
    """Repository of items, replies, reports and automatic replies."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def add(self, item: DeskItem) -> bool:
        """Put an item on the desk; False if its post or report is there already."""
        return insert_ignore(self._conn, t.desk_items, {name: getattr(item, name) for name in DeskItem.__slots__})

    def add_report(self, report: Report) -> None:
        """Store a report."""
        values = {name: getattr(report, name) for name in Report.__slots__}
        insert(self._conn, t.reports, {**values, "objects": list(report.objects)})

    def get(self, item_id: int) -> DeskItem:
        """Return the item. Raises NotFound."""
        found = first(self._conn, select(t.desk_items).where(_i.id == item_id), _item)
        if found is None:
            raise NotFound("desk-item-unknown", "There is nothing at this address.")
        return found

    def get_for(self, item_id: int, recipients: Container[ActorId]) -> DeskItem:
        """Return the item if it is to one of these actors of ours. Raises NotFound for every other."""
        item = self.get(item_id)
        if item.recipient_id not in recipients:
            raise NotFound("desk-item-unknown", "There is nothing at this address.")
        return item

    def listing(
        self, recipient: ActorId, *, done: bool, kind: str = "", before: int | None = None, limit: int = 20
    ) -> list[DeskItem]:
        """Return what waits for a reader, or is done, newest first; of one kind or of all."""
        query = select(t.desk_items).where(_i.recipient_id == recipient)
        query = query.where(_i.done_at.is_not(None) if done else _i.done_at.is_(None))
        query = query if not kind else query.where(_i.kind == kind)
        query = query if before is None else query.where(_i.id < before)
        return every(self._conn, query.order_by(_i.id.desc()).limit(limit), _item)

    def waiting(self, recipient: ActorId) -> dict[str, int]:
        """Return how many items wait for a reader, by kind."""
        query = select(_i.kind, func.count()).where(_i.recipient_id == recipient, _i.done_at.is_(None))
        return {str(kind): int(number) for kind, number in self._conn.execute(query.group_by(_i.kind))}

    def exchange(self, recipient: ActorId, actor_id: ActorId, *, limit: int = 50) -> list[DeskItem]:
        """Return the newest items of one author to one of our actors, oldest first, without reports."""
        query = select(t.desk_items).where(_i.actor_id == actor_id, _i.recipient_id == recipient, _i.kind != "report")
        return every(self._conn, query.order_by(_i.id.desc()).limit(limit), _item)[::-1]

    def mark(self, item_ids: Iterable[int], *, at: datetime | None, by: MemberId | None, remark: str = "") -> None:
        """These items are done, or without a time wait again."""
        query = update(t.desk_items).where(_i.id.in_(list(item_ids)))
        self._conn.execute(query.values(done_at=at, done_by=by, remark=remark))

    def waiting_of(self, actor_id: ActorId) -> list[int]:
        """Return the ids of an author's items that wait for a reader."""
        query = select(_i.id).where(_i.actor_id == actor_id, _i.done_at.is_(None))
        return [int(row[0]) for row in self._conn.execute(query)]

    def posts(self, items: Iterable[DeskItem]) -> dict[NoteId, Note]:
        """Return the posts of these items, by id."""
        wanted = [item.note_id for item in items if item.note_id is not None]
        found = every(self._conn, select(t.notes).where(t.notes.c.id.in_(wanted)), _note) if wanted else []
        return {note.id: note for note in found}

    def reports(self, items: Iterable[DeskItem]) -> dict[int, Report]:
        """Return the reports of these items, by id."""
        wanted = [item.report_id for item in items if item.report_id is not None]
        found = every(self._conn, select(t.reports).where(t.reports.c.id.in_(wanted)), _report) if wanted else []
        return {report.id: report for report in found}

    # how much there is

    def count_since(self, since: datetime, *, origin: str, actor_id: ActorId | None = None) -> int:
        """Return how many items came since, of an origin or of one actor there."""
        params = {"origin": origin, "since": since}
        if actor_id is None:
            return _OF_ORIGIN.first(self._conn, params) or 0
        return _OF_ACTOR.first(self._conn, {**params, "actor_id": actor_id}) or 0

    def busiest(self, since: datetime, *, origin: str) -> ActorId:
        """Return who of an origin sent most since; there must be somebody."""
        query = select(_i.actor_id).where(_i.origin == origin, _i.received_at > since).group_by(_i.actor_id)
        return ActorId(self._conn.execute(query.order_by(func.count().desc(), _i.actor_id).limit(1)).scalar_one())

    def drop_oldest(self, since: datetime, *, origin: str, actor_id: ActorId) -> None:
        """The oldest item that came since of one actor is gone, with its post or report and what was written back."""
        query = select(t.desk_items).where(_i.origin == origin, _i.received_at > since, _i.actor_id == actor_id)
        self.drop(every(self._conn, query.order_by(_i.id).limit(1), _item))

    def over(self, *, done_before: datetime, received_before: datetime, limit: int) -> list[DeskItem]:
        """Return items that were done, or lay there, for longer than they are kept, oldest first."""
        over = or_(_i.done_at < done_before, _i.received_at < received_before)
        return every(self._conn, select(t.desk_items).where(over).order_by(_i.id).limit(limit), _item)

    def excess(self, most: int, *, limit: int) -> list[DeskItem]:
        """Return the oldest items beyond the newest `most`."""
        query = select(t.desk_items).order_by(_i.id.desc()).offset(most).limit(limit)
        return every(self._conn, query, _item)

    def drop(self, items: Sequence[DeskItem]) -> None:
        """These items are gone, with what was written back, their reports, and posts that stand nowhere else."""
        ids = [item.id for item in items]
        notes = [item.note_id for item in items if item.note_id is not None]
        reports = [item.report_id for item in items if item.report_id is not None]
        self._conn.execute(delete(t.desk_replies).where(t.desk_replies.c.item_id.in_(ids)))
        self._conn.execute(delete(t.desk_items).where(_i.id.in_(ids)))
        n = t.notes.c
        self._conn.execute(
            delete(t.notes).where(n.id.in_(notes), n.motion_id.is_(None), n.kind.in_(("mention", "message")))
        )
        self._conn.execute(delete(t.reports).where(t.reports.c.id.in_(reports)))

    def drop_all_of(self, recipient: ActorId) -> None:
        """Everything that was written to one of our actors is gone."""
        self.drop(every(self._conn, select(t.desk_items).where(_i.recipient_id == recipient), _item))

    # what we wrote back

    def add_reply(self, reply: DeskReply) -> None:
        """Store what an office holder answered."""
        insert(self._conn, t.desk_replies, {name: getattr(reply, name) for name in DeskReply.__slots__})

    def reply(self, reply_id: int) -> DeskReply:
        """Return the reply. Raises NotFound."""
        found = first(self._conn, select(t.desk_replies).where(t.desk_replies.c.id == reply_id), _reply)
        if found is None:
            raise NotFound("desk-reply-unknown")
        return found

    def replies(self, items: Iterable[DeskItem]) -> dict[int, list[DeskReply]]:
        """Return what was answered to these items, oldest first, by item."""
        c = t.desk_replies.c
        query = select(t.desk_replies).where(c.item_id.in_([item.id for item in items])).order_by(c.id)
        found: dict[int, list[DeskReply]] = {}
        for reply in every(self._conn, query, _reply):
            found.setdefault(reply.item_id, []).append(reply)
        return found

    def answered_since(self, actor_id: ActorId, since: datetime) -> bool:
        """Return whether somebody wrote back to this actor since."""
        c = t.desk_replies.c
        query = select(exists().where(c.item_id == _i.id, _i.actor_id == actor_id, c.sent_at > since))
        return bool(self._conn.execute(query).scalar())

    def auto_replied_at(self, actor_id: ActorId) -> datetime | None:
        """Return when this actor last got the automatic reply."""
        query = select(t.auto_replies.c.sent_at).where(t.auto_replies.c.actor_id == actor_id)
        return self._conn.execute(query).scalar()

    def note_auto_reply(self, actor_id: ActorId, origin: str, at: datetime) -> None:
        """This actor gets the automatic reply now."""
        upsert(self._conn, t.auto_replies, {"actor_id": actor_id, "origin": origin, "sent_at": at}, keys=("actor_id",))

    def count_auto_replies(self, since: datetime, origin: str | None = None) -> int:
        """Return how many automatic replies went out since, to one origin or in all."""
        c = t.auto_replies.c
        query = select(func.count()).select_from(t.auto_replies).where(c.sent_at >= since)
        return int(self._conn.execute(query if origin is None else query.where(c.origin == origin)).scalar_one())

    def forget_auto_replies(self, before: datetime) -> None:
        """Forget automatic replies that were sent before an instant."""
        self._conn.execute(delete(t.auto_replies).where(t.auto_replies.c.sent_at < before))
