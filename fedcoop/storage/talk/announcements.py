"""What belongs to an announcement beside its present text: earlier versions, whom it names, its topics."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from fedcoop.kernel.ids import ActorId
from fedcoop.storage import tables as t
from fedcoop.storage.database.rows import every, insert, insert_ignore_many, maker, upsert
from fedcoop.storage.records import Announcement


@dataclass(frozen=True, slots=True)
class AnnouncementVersion:
    """What an announcement said before it was edited; `at` is when that version was published."""

    announcement_id: int
    version: int
    body: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AnnouncementMention:
    """Somebody whom an announcement names by `handle` (`name@host`); without an actor the address could not be found.

    `standing` says that the present version still names them; who was named once stays addressed.
    """

    announcement_id: int
    handle: str
    actor_id: ActorId | None
    standing: bool


_announcement, _version, _mention = maker(Announcement), maker(AnnouncementVersion), maker(AnnouncementMention)


class Announcements:
    """Repository of versions, mentions and topics; the announcements themselves are in `notes.Notes`."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def edit(self, before: Announcement, *, body: str, body_html: str, at: datetime) -> None:
        """The announcement has a new text; what it said before is its version `before.version`."""
        values = {"announcement_id": before.id, "version": before.version, "body": before.body}
        insert(self._conn, t.announcement_versions, {**values, "at": before.updated_at or before.published_at})
        query = update(t.announcements).where(t.announcements.c.id == before.id)
        newer = {"body": body, "body_html": body_html, "version": before.version + 1, "updated_at": at}
        self._conn.execute(query.values(**newer))

    def versions(self, announcement_id: int, *, before: int, limit: int) -> list[AnnouncementVersion]:
        """Return what it said in versions before that number, the latest of them, oldest first."""
        c = t.announcement_versions.c
        query = select(t.announcement_versions).where(c.announcement_id == announcement_id, c.version < before)
        return every(self._conn, query.order_by(c.version.desc()).limit(limit), _version)[::-1]

    def name(self, announcement_id: int, found: Mapping[str, ActorId | None]) -> None:
        """These handles are what the present version names; who was named before stays, and stands no more."""
        c = t.announcement_mentions.c
        self._conn.execute(
            update(t.announcement_mentions).where(c.announcement_id == announcement_id).values(standing=False)
        )
        for handle, actor_id in found.items():
            values = {"announcement_id": announcement_id, "handle": handle, "actor_id": actor_id, "standing": True}
            upsert(self._conn, t.announcement_mentions, values, keys=("announcement_id", "handle"))

    def mentions(self, announcement_ids: Iterable[int]) -> dict[int, list[AnnouncementMention]]:
        """Return whom these announcements name or named, by announcement."""
        c = t.announcement_mentions.c
        query = select(t.announcement_mentions).where(c.announcement_id.in_(list(announcement_ids))).order_by(c.handle)
        found: dict[int, list[AnnouncementMention]] = {}
        for mention in every(self._conn, query, _mention):
            found.setdefault(mention.announcement_id, []).append(mention)
        return found

    def set_tags(self, announcement_id: int, tags: Iterable[str]) -> None:
        """These folded topics are those of the announcement, and no others."""
        self._conn.execute(delete(t.announcement_tags).where(t.announcement_tags.c.announcement_id == announcement_id))
        rows = [{"tag": tag, "announcement_id": announcement_id} for tag in dict.fromkeys(tags)]
        insert_ignore_many(self._conn, t.announcement_tags, rows)

    def of_tag(self, tag: str, audiences: Iterable[str], *, before: int | None, limit: int) -> list[Announcement]:
        """Return announcements to these audiences on a folded topic, newest first, without deleted ones."""
        c, a = t.announcement_tags.c, t.announcements.c
        query = (
            select(t.announcements)
            .join(t.announcement_tags, c.announcement_id == a.id)
            .where(c.tag == tag, a.audience.in_(list(audiences)), a.deleted_at.is_(None))
            .order_by(c.announcement_id.desc())
            .limit(limit)
        )
        return every(self._conn, query if before is None else query.where(c.announcement_id < before), _announcement)

    def forget_versions(self, announcement_id: int) -> None:
        """What it said before is gone, and its topics: the announcement was taken back. Whom it named stays, to be told."""
        for table in (t.announcement_versions, t.announcement_tags):
            self._conn.execute(delete(table).where(table.c.announcement_id == announcement_id))
