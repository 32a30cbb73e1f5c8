"""Announcements as pages show them: text, time, and to members who wrote them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fedcoop.kernel.ids import MemberId
from fedcoop.queries.people import people
from fedcoop.storage.records import Announcement
from fedcoop.storage.unit_of_work import UnitOfWork

PAGE = 20
EVERYBODY = ("public",)
MEMBERS = ("public", "members")


@dataclass(frozen=True, slots=True)
class AnnouncementView:
    """One announcement. `author` is empty where names are not for the reader; `body_html` is safe to show."""

    id: int
    uuid: str
    author: str
    author_uri: str
    audience: str
    kind: str
    body_html: str
    published_at: datetime
    mine: bool
    is_person: bool


def announcement_views(
    uow: UnitOfWork, found: Sequence[Announcement], *, names: bool, reader: MemberId | None = None
) -> tuple[AnnouncementView, ...]:
    """Return these announcements for a reader: with the authors' names to members, under the co-op's name to others."""
    authors = people(uow, [item.author_id for item in found]) if names else {}
    coop = uow.site.config.instance.name, uow.urls.actor(uow.site.coop_name)
    return tuple(
        AnnouncementView(
            id=item.id,
            uuid=item.uuid,
            author=authors[item.author_id].name if names else coop[0],
            author_uri=authors[item.author_id].uri if names else coop[1],
            audience=item.audience,
            kind=item.kind,
            body_html=item.body_html,
            published_at=item.published_at,
            mine=item.author_id == reader,
            is_person=names,
        )
        for item in found
    )


def news(uow: UnitOfWork, *, reader: MemberId, before: int | None) -> tuple[tuple[AnnouncementView, ...], int | None]:
    """Return a page of all announcements for a member, newest first, and the id to go on from."""
    found = uow.notes.announcements(MEMBERS, before=before, limit=PAGE + 1)
    older = found[PAGE - 1].id if len(found) > PAGE else None
    return announcement_views(uow, found[:PAGE], names=True, reader=reader), older


def announcement(uow: UnitOfWork, *, uuid: str, reader: MemberId | None) -> AnnouncementView | None:
    """Return the announcement if it stands and this reader may see it; None otherwise."""
    found = uow.notes.find_announcement(uuid)
    if found is None or found.deleted_at is not None or (found.audience != "public" and reader is None):
        return None
    return announcement_views(uow, [found], names=reader is not None, reader=reader)[0]


def motion_of_note(uow: UnitOfWork, *, uuid: str) -> str | None:
    """Return the uuid of the motion whose outcome was published as this Note, or None."""
    motion = uow.motions.find_by_outcome_note(uuid)
    return None if motion is None else motion.uuid
