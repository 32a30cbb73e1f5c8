"""Member announcements: public ones go to followers, members-only ones stay on the members' pages (federation.md 13.7).

Whom a public one mentions was looked up before, outside the unit; who was not found stays text. Source of mentions,
hashtags and edits: federation.md 11.2, 12.5; members-place.md 5.2.
"""

from collections.abc import Mapping

from fedcoop.actions.acting import in_name_of
from fedcoop.actions.events import AnnouncementDeleted, AnnouncementEdited
from fedcoop.actions.members.registrar import demand_announcing
from fedcoop.governance.events import AnnouncementPublished
from fedcoop.governance.members.bylaws import Bylaws
from fedcoop.governance.members.permissions import Deed, demand
from fedcoop.kernel.errors import Conflict, Invalid, NotAllowed
from fedcoop.kernel.html import prose
from fedcoop.kernel.ids import MemberId, new_uuid
from fedcoop.kernel.mentions import MAX_MENTIONS, fold_tag, handles_in, hashtags_in, text_with_mentions
from fedcoop.storage.records import Actor, Announcement
from fedcoop.storage.unit_of_work import UnitOfWork

AUDIENCES = ("public", "members")
KINDS = ("general", "meeting", "membership", "finance", "work")
MAX_TEXT = 20_000


@in_name_of("by")
def publish_announcement(
    uow: UnitOfWork,
    *,
    by: MemberId,
    text: str,
    audience: str = "public",
    kind: str = "general",
    people: Mapping[str, str] | None = None,
) -> Announcement:
    """Publish a text in Markdown; `people` are actor ids by the handles it mentions, as far as they were found.

    Raises Invalid (`text-missing`, `text-long`, `mentions-many`, `audience`, `kind`) or NotAllowed.
    """
    demand_announcing(uow, by)
    _check(text, audience, kind)
    named = _named(uow, text, audience, people or {})
    announcement = Announcement(
        id=uow.new_id(),
        uuid=new_uuid(),
        author_id=by,
        body=prose(text),
        body_html=_html(uow, text, named),
        audience=audience,
        kind=kind,
        published_at=uow.now,
        deleted_at=None,
    )
    uow.notes.add_announcement(announcement)
    _keep_names(uow, announcement.id, text, named)
    uow.audit(
        "announcement-published",
        who=f"member:{by}",
        subject=uow.urls.note(announcement.uuid),
        details={"audience": audience},
    )
    uow.record(AnnouncementPublished(announcement_id=announcement.id))
    return announcement


@in_name_of("by")
def edit_announcement(
    uow: UnitOfWork, *, by: MemberId, uuid: str, text: str, base: int, people: Mapping[str, str] | None = None
) -> Announcement:
    """The announcement says `text` from now on; what it said before is kept, and whom it named stays addressed.

    Who was found for an earlier version is known, whether their server answers now or not.
    Raises NotFound, NotAllowed (`not-the-author`), Conflict (`announcement-deleted`, `edited-meanwhile` where `base` is
    not its present version) or Invalid. The same text again changes nothing.
    """
    earlier = uow.notes.announcement_at(uuid)
    if earlier.author_id != by:
        raise NotAllowed("not-the-author", "Only who wrote an announcement changes it.")
    demand_announcing(uow, by)
    _check_standing(earlier)
    _check(text, earlier.audience, earlier.kind)
    if base != earlier.version:
        raise Conflict(
            "edited-meanwhile", "This text was changed while you wrote. See what it says now, then send yours."
        )
    if prose(text) == earlier.body:
        return earlier
    named = _named(uow, text, earlier.audience, {**_found_before(uow, earlier), **(people or {})})
    uow.announcements.edit(earlier, body=prose(text), body_html=_html(uow, text, named), at=uow.now)
    _keep_names(uow, earlier.id, text, named)
    uow.audit(
        "announcement-edited",
        who=f"member:{by}",
        subject=uow.urls.note(uuid),
        details={"version": earlier.version + 1},
    )
    uow.record(AnnouncementEdited(announcement_id=earlier.id))
    return uow.notes.get_announcement(earlier.id)


@in_name_of("by")
def delete_announcement(uow: UnitOfWork, *, by: MemberId, announcement_id: int) -> None:
    """Take an announcement back. Raises NotAllowed for others than its author and admins, Conflict (`announcement-deleted`)."""
    announcement = uow.notes.get_announcement(announcement_id)
    member = uow.members.get(by)
    if announcement.author_id != by:
        demand(member, Deed.MODERATE, Bylaws())
    _check_standing(announcement)
    uow.notes.delete_announcement(announcement_id, uow.now)
    uow.announcements.forget_versions(announcement_id)
    uow.audit("announcement-deleted", who=f"member:{by}", subject=uow.urls.note(announcement.uuid))
    uow.record(AnnouncementDeleted(uuid=announcement.uuid))


def _named(uow: UnitOfWork, text: str, audience: str, people: Mapping[str, str]) -> dict[str, Actor | None]:
    """Return every handle of a public text with its actor: one of ours, or one found before that nobody blocked since."""
    if audience != "public":
        return {}
    return {handle: _actor(uow, handle, people) for handle in handles_in(text)}


def _found_before(uow: UnitOfWork, announcement: Announcement) -> dict[str, str]:
    found = uow.announcements.mentions([announcement.id]).get(announcement.id, [])
    actors = uow.actors.many([mention.actor_id for mention in found if mention.actor_id is not None])
    return {mention.handle: actors[mention.actor_id].uri for mention in found if mention.actor_id is not None}


def _actor(uow: UnitOfWork, handle: str, people: Mapping[str, str]) -> Actor | None:
    name, _, host = handle.rpartition("@")
    is_ours = host == uow.urls.authority
    actor = uow.actors.find_local(name.lower()) if is_ours else uow.actors.find(people.get(handle, ""))
    if actor is None or actor.gone_at is not None or uow.actors.is_blocked(actor.uri, actor.origin):
        return None
    return actor


def _html(uow: UnitOfWork, text: str, named: Mapping[str, Actor | None]) -> str:
    pages = {handle: actor.url or actor.uri for handle, actor in named.items() if actor is not None}
    return text_with_mentions(prose(text), people=pages, topics=uow.urls.topics)


def _keep_names(uow: UnitOfWork, announcement_id: int, text: str, named: Mapping[str, Actor | None]) -> None:
    found = {handle: None if actor is None else actor.id for handle, actor in named.items()}
    uow.announcements.name(announcement_id, found)
    uow.announcements.set_tags(announcement_id, [fold_tag(tag) for tag in hashtags_in(text)])


def _check_standing(announcement: Announcement) -> None:
    if announcement.deleted_at is not None:
        raise Conflict("announcement-deleted", "This announcement has been taken back already.")


def _check(text: str, audience: str, kind: str) -> None:
    if not prose(text):
        raise Invalid("text-missing", "Write the announcement.", field="text")
    if len(text) > MAX_TEXT:
        raise Invalid(
            "text-long",
            f"An announcement has at most {MAX_TEXT:,} characters; this one has {len(text):,}.",
            field="text",
        )
    named = len(handles_in(text)) if audience == "public" else 0
    if named > MAX_MENTIONS:
        message = f"An announcement can name at most {MAX_MENTIONS} people elsewhere; this one names {named}."
        raise Invalid("mentions-many", message, field="text")
    if audience not in AUDIENCES:
        raise Invalid("audience", f"The audience is one of: {', '.join(AUDIENCES)}.", field="audience")
    if kind not in KINDS:
        raise Invalid("kind", f"The kind is one of: {', '.join(KINDS)}.", field="kind")
