"""Member announcements: public ones go to followers, members-only ones stay on the members' pages (federation.md 13.7)."""

from fedcoop.actions.events import AnnouncementDeleted
from fedcoop.governance.bylaws import Bylaws
from fedcoop.governance.events import AnnouncementPublished
from fedcoop.governance.permissions import Deed, demand
from fedcoop.kernel.errors import Conflict, Invalid
from fedcoop.kernel.html import markdown_to_html
from fedcoop.kernel.ids import MemberId, new_uuid
from fedcoop.storage.records import Announcement
from fedcoop.storage.unit_of_work import UnitOfWork

AUDIENCES = ("public", "members")
KINDS = ("general", "meeting", "membership", "finance", "work")
MAX_TEXT = 20_000


def publish_announcement(
    uow: UnitOfWork, *, by: MemberId, text: str, audience: str = "public", kind: str = "general"
) -> Announcement:
    """Publish a text in Markdown. Raises Invalid (`text-missing`, `text-long`, `audience`, `kind`) or NotAllowed."""
    demand(uow.members.get(by), Deed.ANNOUNCE, Bylaws())
    _check(text, audience, kind)
    announcement = Announcement(
        id=uow.new_id(),
        uuid=new_uuid(),
        author_id=by,
        body=text.strip(),
        body_html=markdown_to_html(text.strip()),
        audience=audience,
        kind=kind,
        published_at=uow.now,
        deleted_at=None,
    )
    uow.notes.add_announcement(announcement)
    uow.audit(
        "announcement-published",
        who=f"member:{by}",
        subject=uow.urls.note(announcement.uuid),
        details={"audience": audience},
    )
    uow.record(AnnouncementPublished(announcement_id=announcement.id))
    return announcement


def delete_announcement(uow: UnitOfWork, *, by: MemberId, announcement_id: int) -> None:
    """Take an announcement back. Raises NotAllowed for others than its author and admins, Conflict (`announcement-deleted`)."""
    announcement = uow.notes.get_announcement(announcement_id)
    member = uow.members.get(by)
    if announcement.author_id != by:
        demand(member, Deed.MODERATE, Bylaws())
    if announcement.deleted_at is not None:
        raise Conflict("announcement-deleted", "This announcement has been taken back already.")
    uow.notes.delete_announcement(announcement_id, uow.now)
    uow.audit("announcement-deleted", who=f"member:{by}", subject=uow.urls.note(announcement.uuid))
    uow.record(AnnouncementDeleted(uuid=announcement.uuid))


def _check(text: str, audience: str, kind: str) -> None:
    if not text.strip():
        raise Invalid("text-missing", "Write the announcement.", field="text")
    if len(text) > MAX_TEXT:
        raise Invalid(
            "text-long",
            f"An announcement has at most {MAX_TEXT:,} characters; this one has {len(text):,}.",
            field="text",
        )
    if audience not in AUDIENCES:
        raise Invalid("audience", f"The audience is one of: {', '.join(AUDIENCES)}.", field="audience")
    if kind not in KINDS:
        raise Invalid("kind", f"The kind is one of: {', '.join(KINDS)}.", field="kind")
