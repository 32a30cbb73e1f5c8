"""The desk as its people read it: who wrote what about which thing of ours, what was answered, what a report names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from fedcoop.governance.members.bylaws import Bylaws
from fedcoop.governance.members.member import Member
from fedcoop.governance.members.permissions import Deed, demand, desks_of
from fedcoop.kernel.html import text_of_html
from fedcoop.kernel.ids import ActorId, MemberId
from fedcoop.queries.people import Person, people
from fedcoop.storage.fediverse.desk import DeskItem, DeskReply, Report
from fedcoop.storage.records import Actor, Note
from fedcoop.storage.unit_of_work import UnitOfWork

PAGE = 20
KINDS = ("message", "mention", "answer", "report")
SHOWN_OBJECTS = 3
EXCERPT = 140


@dataclass(frozen=True, slots=True)
class Author:
    """Somebody elsewhere. `address` is `name@host`; it is `verified` once it looped back, else it is what they claim."""

    name: str
    uri: str
    url: str
    address: str
    verified: bool
    origin: str
    is_coop: bool
    gone: bool
    blocked: bool


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that a post or report is about: what to call it, where it stands; `ours` or of another server."""

    title: str
    address: str
    ours: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What an office holder wrote back."""

    by: str
    html: str
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class DeskLine:
    """One item. `html` of a post was sanitised when it came in, `text` of a report is plain; `address` leads to the post."""

    id: int
    kind: str
    author: Author
    html: str
    text: str
    warning: str
    language: str
    address: str
    public: bool
    received_at: datetime
    edited_at: datetime | None
    deleted: bool
    about: tuple[Thing, ...]
    more_things: int
    done_at: datetime | None
    done_by: str
    remark: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class DeskView:
    """A page of the desk; `older` is the id to go on from."""

    lines: tuple[DeskLine, ...]
    waiting: Mapping[str, int]
    older: int | None

    @property
    def number(self) -> int:
        """How many items wait in all."""
        return sum(self.waiting.values())


def office_desk(uow: UnitOfWork, *, by: Member, done: bool, kind: str = "", before: int | None = None) -> DeskView:
    """Return what was written to the co-op, newest first. Raises NotAllowed for members without an office."""
    demand(by, Deed.MODERATE, Bylaws())
    coop = uow.actors.local(uow.site.coop_name)
    return _desk(uow, coop.id, done=done, kind=kind, before=before)


def own_desk(uow: UnitOfWork, *, member: Member) -> DeskView | None:
    """Return what waits for a member's public profile; None without one."""
    actor_id = uow.members.actor_id_of(member.id)
    return None if actor_id is None else _desk(uow, actor_id, done=False, kind="", before=None)


def _desk(uow: UnitOfWork, recipient: ActorId, *, done: bool, kind: str, before: int | None) -> DeskView:
    found = uow.desk.listing(recipient, done=done, kind=kind, before=before, limit=PAGE + 1)
    older = found[PAGE - 1].id if len(found) > PAGE else None
    return DeskView(_lines(uow, found[:PAGE], SHOWN_OBJECTS), uow.desk.waiting(recipient), older)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One item with all that went between its author and us; `auto_replied_at` is when the author got the automatic answer."""

    line: DeskLine
    lines: tuple[DeskLine, ...]
    auto_replied_at: datetime | None


def exchange(uow: UnitOfWork, *, item_id: int, by: Member) -> Exchange:
    """Return the item for who may read it. Raises NotFound."""
    coop = uow.actors.local(uow.site.coop_name).id
    item = uow.desk.get_for(item_id, desks_of(by, own=uow.members.actor_id_of(by.id), coop=coop))
    others = [] if item.kind == "report" else uow.desk.exchange(item.recipient_id, item.actor_id)
    items = others if any(other.id == item.id for other in others) else [item, *others]
    lines = _lines(uow, items, 50)
    return Exchange(
        line=next(line for line in lines if line.id == item.id),
        lines=lines,
        auto_replied_at=uow.desk.auto_replied_at(item.actor_id),
    )


def _lines(uow: UnitOfWork, items: Sequence[DeskItem], most: int) -> tuple[DeskLine, ...]:
    """Everything that these lines show is read in one go for all of them, but for what each is about."""
    posts, reports, replies = uow.desk.posts(items), uow.desk.reports(items), uow.desk.replies(items)
    actors = uow.actors.many([item.actor_id for item in items])
    blocked = uow.actors.blocked_among([target for actor in actors.values() for target in (actor.uri, actor.origin)])
    by = {item.done_by for item in items} | {reply.member_id for found in replies.values() for reply in found}
    names = people(uow, [member for member in by if member is not None])
    return tuple(
        _line(
            uow,
            item,
            author_of(actors[item.actor_id], blocked),
            posts.get(item.note_id) if item.note_id is not None else None,
            reports.get(item.report_id) if item.report_id is not None else None,
            _answers(replies.get(item.id, []), names),
            _name(names, item.done_by),
            most,
        )
        for item in items
    )


def _line(
    uow: UnitOfWork,
    item: DeskItem,
    author: Author,
    post: Note | None,
    report: Report | None,
    answers: tuple[Answer, ...],
    done_by: str,
    most: int,
) -> DeskLine:
    named = list(report.objects) if report is not None else [post.in_reply_to] if post and post.in_reply_to else []
    return DeskLine(
        id=item.id,
        kind=item.kind,
        author=author,
        html=post.content if post is not None else "",
        text=report.content if report is not None else "",
        warning=post.summary if post is not None else "",
        language=post.language if post is not None else "",
        address=(post.url or post.uri) if post is not None else "",
        public=post is not None and post.public,
        received_at=item.received_at,
        edited_at=post.updated_at if post is not None else None,
        deleted=post is not None and post.deleted_at is not None,
        about=tuple(_thing(uow, uri) for uri in named[:most]),
        more_things=max(0, len(named) - most),
        done_at=item.done_at,
        done_by=done_by,
        remark=item.remark,
        answers=answers,
    )


def _name(names: Mapping[MemberId, Person], member_id: MemberId | None) -> str:
    found = None if member_id is None else names.get(member_id)
    return "" if found is None else found.name


def _answers(replies: Sequence[DeskReply], names: Mapping[MemberId, Person]) -> tuple[Answer, ...]:
    return tuple(Answer(_name(names, reply.member_id), reply.body_html, reply.sent_at) for reply in replies)


def author_of(actor: Actor, blocked: frozenset[str] = frozenset()) -> Author:
    """Return how an actor of another server is named here; `blocked` are targets of blocks."""
    return Author(
        name=actor.display_name or actor.name,
        uri=actor.uri,
        url=actor.url or actor.uri,
        address=actor.address,
        verified=bool(actor.handle),
        origin=actor.origin.partition("://")[2],
        is_coop=actor.kind in ("Organization", "Group"),
        gone=actor.gone_at is not None,
        blocked=not blocked.isdisjoint((actor.uri, actor.origin)),
    )


def _thing(uow: UnitOfWork, uri: str) -> Thing:
    """Return what an id names, as far as it is known here."""
    local = uow.urls.parse(uri)
    if local is None:
        return _their_thing(uow, uri)
    title = ""
    if local.kind == "motion":
        motion = uow.motions.find_by_url(uri)
        title = motion.title if motion is not None else ""
    elif local.kind == "proposal":
        proposal = uow.proposals.find(local.name)
        title = proposal.title if proposal is not None else ""
    elif local.kind == "note":
        announcement = uow.notes.find_announcement(local.name)
        title = _excerpt(announcement.body_html) if announcement is not None else ""
    elif local.kind in ("actor", "profile"):
        actor = uow.actors.find_local(local.name)
        title = actor.display_name or actor.name if actor is not None else ""
    path = uri.removeprefix(uow.urls.origin)
    return Thing(title or path, path, ours=True)


def _their_thing(uow: UnitOfWork, uri: str) -> Thing:
    note, actor = uow.notes.find_note(uri), uow.actors.find(uri)
    if note is not None and note.public and note.deleted_at is None:
        return Thing(_excerpt(note.content) or uri, note.url or uri, ours=False)
    if actor is not None:
        return Thing(f"@{actor.address}", actor.url or uri, ours=False)
    return Thing(uri, uri if uri.startswith(("https://", "http://")) else "", ours=False)


def _excerpt(html: str) -> str:
    text = " ".join(text_of_html(html).split())
    return text if len(text) <= EXCERPT else text[:EXCERPT].rstrip() + "…"
