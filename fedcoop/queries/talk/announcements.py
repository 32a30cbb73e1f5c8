"""Announcements as pages show them: text, time, and to members who wrote them."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fedcoop.governance.proposals.diffs import Paragraph, diff_texts
from fedcoop.kernel.errors import NotFound
from fedcoop.kernel.html import markdown_to_html
from fedcoop.kernel.ids import MemberId
from fedcoop.kernel.mentions import fold_tag
from fedcoop.queries.people import people
from fedcoop.queries.talk.replies import ReplyView, reply_view
from fedcoop.storage.records import Announcement
from fedcoop.storage.talk.announcements import AnnouncementVersion
from fedcoop.storage.unit_of_work import UnitOfWork

PAGE = 20
VERSIONS_SHOWN = 20
EVERYBODY = ("public",)
MEMBERS = ("public", "members")


@dataclass(frozen=True, slots=True)
class AnnouncementView:
    """One announcement. `author` is empty where names are not for the reader; `body_html` is safe to show.

    `edited_at` is when it got its present text, None where that is its first. `not_found` are addresses in a text of the
    reader's own that could not be found, so that nobody is told and they stay text.
    """

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
    edited_at: datetime | None
    not_found: tuple[str, ...]


def announcement_views(
    uow: UnitOfWork, found: Sequence[Announcement], *, names: bool, reader: MemberId | None = None
) -> tuple[AnnouncementView, ...]:
    """Return these announcements for a reader: with the authors' names to members, under the co-op's name to others."""
    authors = people(uow, [item.author_id for item in found]) if names else {}
    coop = uow.site.config.instance.name, uow.urls.actor(uow.site.coop_name)
    named = uow.announcements.mentions([item.id for item in found if item.author_id == reader])
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
            edited_at=item.updated_at,
            not_found=tuple(
                mention.handle for mention in named.get(item.id, ()) if mention.standing and mention.actor_id is None
            ),
        )
        for item in found
    )


def news(uow: UnitOfWork, *, reader: MemberId, before: int | None) -> tuple[tuple[AnnouncementView, ...], int | None]:
    """Return a page of all announcements for a member, newest first, and the id to go on from."""
    return _page(uow, uow.notes.announcements(MEMBERS, before=before, limit=PAGE + 1), reader)


def on_topic(
    uow: UnitOfWork, *, tag: str, reader: MemberId | None, before: int | None
) -> tuple[tuple[AnnouncementView, ...], int | None]:
    """Return a page of what this reader may see about a topic, newest first, and the id to go on from."""
    audiences = EVERYBODY if reader is None else MEMBERS
    return _page(uow, uow.announcements.of_tag(fold_tag(tag), audiences, before=before, limit=PAGE + 1), reader)


def _page(
    uow: UnitOfWork, found: Sequence[Announcement], reader: MemberId | None
) -> tuple[tuple[AnnouncementView, ...], int | None]:
    older = found[PAGE - 1].id if len(found) > PAGE else None
    return announcement_views(uow, found[:PAGE], names=reader is not None, reader=reader), older


def announcement(uow: UnitOfWork, *, uuid: str, reader: MemberId | None) -> AnnouncementView | None:
    """Return the announcement if it stands and this reader may see it; None otherwise."""
    found = _readable(uow, uuid, reader)
    return None if found is None else announcement_views(uow, [found], names=reader is not None, reader=reader)[0]


def _readable(uow: UnitOfWork, uuid: str, reader: MemberId | None) -> Announcement | None:
    found = uow.notes.find_announcement(uuid)
    if found is None or found.deleted_at is not None or (found.audience != "public" and reader is None):
        return None
    return found


@dataclass(frozen=True, slots=True)
class Draft:
    """The present text of an announcement, to be edited by its author."""

    uuid: str
    body: str
    version: int
    audience: str


def editable(uow: UnitOfWork, *, uuid: str, by: MemberId) -> Draft:
    """Return the text for its author. Raises NotFound for everybody else, and for one that was taken back."""
    found = _readable(uow, uuid, by)
    if found is None or found.author_id != by:
        raise NotFound("announcement-unknown", "There is no such announcement.")
    return Draft(found.uuid, found.body, found.version, found.audience)


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an announcement: what changed since the one before, or the first one's text."""

    number: int
    at: datetime
    changes: tuple[Paragraph, ...]
    html: str


@dataclass(frozen=True, slots=True)
class History:
    """A page of the versions, newest first, of `number` in all; `older` is the one to go on from."""

    item: AnnouncementView
    versions: tuple[Version, ...]
    number: int
    older: int | None


def history(uow: UnitOfWork, *, uuid: str, reader: MemberId | None, before: int | None = None) -> History:
    """Return the announcement and its versions up to `before`, for all who may read it. Raises NotFound."""
    found = _readable(uow, uuid, reader)
    if found is None:
        raise NotFound("announcement-unknown", "There is no such announcement.")
    last = found.version if before is None else min(before - 1, found.version)
    texts = [(item.version, item.body, item.at) for item in _texts_to(uow, found, last)]
    versions = [
        Version(number, at, diff_texts(earlier, body), "")
        for (_, earlier, _), (number, body, at) in itertools.pairwise(texts)
    ]
    if texts and texts[0][0] == 1:
        versions.insert(0, Version(1, texts[0][2], (), markdown_to_html(texts[0][1])))
    view = announcement_views(uow, [found], names=reader is not None, reader=reader)[0]
    older = versions[0].number if versions and versions[0].number > 1 else None
    return History(view, tuple(reversed(versions)), found.version, older)


def _texts_to(uow: UnitOfWork, found: Announcement, last: int) -> list[AnnouncementVersion]:
    """Return the texts of a page of versions up to `last`, and that of the one before them, oldest first."""
    kept = uow.announcements.versions(found.id, before=min(last + 1, found.version), limit=VERSIONS_SHOWN + 1)
    if last == found.version:
        now = AnnouncementVersion(found.id, found.version, found.body, found.updated_at or found.published_at)
        kept = [*kept, now][-VERSIONS_SHOWN - 1 :]
    return kept


def replies_to(uow: UnitOfWork, *, uuid: str) -> tuple[ReplyView, ...]:
    """Return public answers from elsewhere to a public announcement, oldest first."""
    return tuple(reply_view(note, actor) for note, actor in uow.notes.replies_to(uow.urls.note(uuid)))


def motion_of_note(uow: UnitOfWork, *, uuid: str) -> str | None:
    """Return the uuid of the motion whose outcome was published as this Note, or None."""
    motion = uow.motions.find_by_outcome_note(uuid)
    return None if motion is None else motion.uuid
