"""The desk: what others wrote to actors of ours waits there for a person, who answers, marks it as done, or blocks.

What is to the co-op is for people with an office, what is to a member's public profile for that member; private messages
are shown to nobody else and leave by no other door. What strangers can pile up is bounded by day, actor and server: the
oldest gives way, and the log says so. Source: federation.md 8.4, 11.1, 14; members-place.md 6.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from fedcoop.actions.acting import in_name_of
from fedcoop.actions.events import DeskReplied, MessageReceived
from fedcoop.actions.fediverse import peers
from fedcoop.actions.fediverse.mirrors import SeenNote, store_note
from fedcoop.actions.fediverse.votes import AN_HOUR, IN_ALL, PER_ORIGIN, STRANGERS_SHARE
from fedcoop.governance.members.bylaws import Bylaws
from fedcoop.governance.members.permissions import Deed, demand, desks_of
from fedcoop.kernel.errors import Conflict, Invalid, NotFound
from fedcoop.kernel.html import markdown_to_html, prose
from fedcoop.kernel.ids import MemberId, NoteId, new_uuid
from fedcoop.storage.fediverse.desk import DeskItem, DeskReply, Report
from fedcoop.storage.records import Actor
from fedcoop.storage.unit_of_work import UnitOfWork

A_DAY = timedelta(days=1)
PER_ACTOR_DAY = 20
PER_ORIGIN_DAY = 200
MOST_KEPT = 5_000
KEEP_DONE = timedelta(days=90)
KEEP_WAITING = timedelta(days=365)
PURGED_AT_ONCE = 500
BETWEEN_AUTO_REPLIES = timedelta(days=30)
MAX_REPORT = 5_000
MAX_OBJECTS = 50
MAX_REPLY = 5_000
MAX_REMARK = 1_000


# --- what comes in ----------------------------------------------------------------------------------------------


def receive_post(uow: UnitOfWork, *, author: Actor, recipient: Actor, uri: str, kind: str) -> None:
    """A kept public post that mentions or answers an actor of ours is put before its people, once."""
    note = uow.notes.find_note(uri)
    if note is not None:
        _put(uow, author, recipient, kind, note_id=note.id)


def receive_message(
    uow: UnitOfWork, *, author: Actor, recipient: Actor, seen: SeenNote, said_at: datetime | None = None
) -> None:
    """A post that is not public is kept for its recipient alone; one to the co-op gets the automatic reply, if it may."""
    if not store_note(uow, author=author, seen=seen, motion_id=None, kind="message", said_at=said_at):
        return
    note = uow.notes.find_note(seen.uri)
    if note is None or not _put(uow, author, recipient, "message", note_id=note.id):
        return
    if recipient.name == uow.site.coop_name and _may_auto_reply(uow, author):
        uow.desk.note_auto_reply(author.id, author.origin, uow.now)
        uow.record(MessageReceived(actor_id=author.id, note_uri=seen.uri))


def receive_report(uow: UnitOfWork, *, actor: Actor, content: str, objects: Sequence[str]) -> None:
    """A report about things of ours is put before the co-op's people, cut to 5000 characters and 50 objects."""
    report = Report(uow.new_id(), actor.id, prose(content)[:MAX_REPORT], tuple(objects[:MAX_OBJECTS]), uow.now)
    uow.desk.add_report(report)
    _put(uow, actor, uow.actors.local(uow.site.coop_name), "report", report_id=report.id)
    uow.audit("report-received", who=actor.origin, subject=actor.origin, details={"report": report.id})


def _put(
    uow: UnitOfWork,
    author: Actor,
    recipient: Actor,
    kind: str,
    *,
    note_id: NoteId | None = None,
    report_id: int | None = None,
) -> bool:
    item = DeskItem(uow.new_id(), kind, recipient.id, author.id, author.origin, note_id, report_id, uow.now)
    if not uow.desk.add(item):
        return False
    since = uow.now - A_DAY
    if uow.desk.count_since(since, origin=author.origin, actor_id=author.id) > PER_ACTOR_DAY:
        _give_way(uow, author, author)
    elif uow.desk.count_since(since, origin=author.origin) > PER_ORIGIN_DAY:
        _give_way(uow, author, uow.actors.get(uow.desk.busiest(since, origin=author.origin)))
    return True


def _give_way(uow: UnitOfWork, author: Actor, busiest: Actor) -> None:
    """The oldest of the day of who sent most gives way; one line an hour and server says so."""
    uow.desk.drop_oldest(uow.now - A_DAY, origin=author.origin, actor_id=busiest.id)
    hour = int(uow.now.timestamp()) // 3600
    digest = hashlib.sha256(f"desk {author.origin} {hour}".encode()).digest()[:16]
    if uow.queues.see(digest, forget_at=uow.now + AN_HOUR):
        uow.audit("desk-overflowed", who=author.origin, subject=author.origin)


def _may_auto_reply(uow: UnitOfWork, author: Actor) -> bool:
    """At most once in 30 days, to people only (two machines could thank each other), within the limits of refused votes."""
    since = uow.now - BETWEEN_AUTO_REPLIES
    last = uow.desk.auto_replied_at(author.id)
    if author.kind != "Person" or (last is not None and last > since) or uow.desk.answered_since(author.id, since):
        return False
    part, whole = (1, 1) if uow.members.find_link(author.id) is not None else STRANGERS_SHARE
    hour = uow.now - AN_HOUR
    if uow.desk.count_auto_replies(hour) >= IN_ALL * part // whole:
        return False
    return uow.desk.count_auto_replies(hour, author.origin) < PER_ORIGIN * part // whole


# --- what people do with it -------------------------------------------------------------------------------------


@in_name_of("by")
def settle(uow: UnitOfWork, *, by: MemberId, item_id: int, remark: str = "") -> DeskItem:
    """The item is done, with a remark for those who look later. Raises NotFound, NotAllowed, Invalid (`remark-long`)."""
    item = item_for(uow, by=by, item_id=item_id)
    if len(remark) > MAX_REMARK:
        raise Invalid("remark-long", f"A note has at most {MAX_REMARK:,} characters.", field="remark")
    if item.done_at is None:
        uow.desk.mark([item.id], at=uow.now, by=by, remark=prose(remark))
        _audit(uow, "desk-done", by, item)
    return item


@in_name_of("by")
def reopen(uow: UnitOfWork, *, by: MemberId, item_id: int) -> DeskItem:
    """The item waits again. Raises NotFound, NotAllowed."""
    item = item_for(uow, by=by, item_id=item_id)
    if item.done_at is not None:
        uow.desk.mark([item.id], at=None, by=None)
        _audit(uow, "desk-reopened", by, item)
    return item


@in_name_of("by")
def reply(uow: UnitOfWork, *, by: MemberId, item_id: int, text: str) -> DeskReply:
    """The co-op answers the item's author by a direct Note in its own name, and the item is done.

    Raises NotFound, NotAllowed, Invalid (`text-missing`, `text-long`), Conflict (`author-gone`, `author-blocked`,
    `report-no-reply`).
    """
    item = item_for(uow, by=by, item_id=item_id)
    if item.recipient_id != uow.actors.local(uow.site.coop_name).id:
        raise NotFound("desk-item-unknown", "There is nothing at this address.")
    _check_answerable(uow, item)
    if not prose(text):
        raise Invalid("text-missing", "Write the answer.", field="text")
    if len(text) > MAX_REPLY:
        message = f"An answer has at most {MAX_REPLY:,} characters; this one has {len(text):,}."
        raise Invalid("text-long", message, field="text")
    answer = DeskReply(
        id=uow.new_id(),
        item_id=item.id,
        member_id=by,
        note_uuid=new_uuid(),
        body=prose(text),
        body_html=markdown_to_html(prose(text)),
        sent_at=uow.now,
    )
    uow.desk.add_reply(answer)
    if item.done_at is None:
        uow.desk.mark([item.id], at=uow.now, by=by)
    _audit(uow, "desk-replied", by, item)
    uow.record(DeskReplied(reply_id=answer.id))
    return answer


@in_name_of("by")
def block_author(uow: UnitOfWork, *, by: MemberId, item_id: int) -> str:
    """Nothing comes from the item's author any more, and all that waits of theirs is done; return who is blocked."""
    item = item_for(uow, by=by, item_id=item_id)
    member = uow.members.get(by)
    demand(member, Deed.MODERATE, Bylaws())
    target = uow.actors.get(item.actor_id).uri
    peers.block(uow, target=target, who=f"member:{member.number}")
    uow.desk.mark(uow.desk.waiting_of(item.actor_id), at=uow.now, by=by)
    return target


@in_name_of("by")
def unblock_author(uow: UnitOfWork, *, by: MemberId, item_id: int) -> str:
    """The block of the item's author is lifted; return of whom. Items stay as they are."""
    item = item_for(uow, by=by, item_id=item_id)
    member = uow.members.get(by)
    demand(member, Deed.MODERATE, Bylaws())
    target = uow.actors.get(item.actor_id).uri
    peers.unblock(uow, target=target, who=f"member:{member.number}")
    return target


def item_for(uow: UnitOfWork, *, by: MemberId, item_id: int) -> DeskItem:
    """Return the item if this member reads it. Raises NotFound for others: that somebody wrote is not theirs to know."""
    own, coop = uow.members.actor_id_of(by), uow.actors.local(uow.site.coop_name).id
    return uow.desk.get_for(item_id, desks_of(uow.members.get(by), own=own, coop=coop))


def _check_answerable(uow: UnitOfWork, item: DeskItem) -> None:
    author = uow.actors.get(item.actor_id)
    if item.kind == "report":
        raise Conflict(
            "report-no-reply", "A report comes from a server, not from a person, so nobody would read an answer."
        )
    if author.gone_at is not None:
        raise Conflict("author-gone", "This account does not exist any more.")
    if uow.actors.is_blocked(author.uri, author.origin):
        raise Conflict("author-blocked", "This account is blocked. Lift the block first.")


def _audit(uow: UnitOfWork, what: str, by: MemberId, item: DeskItem) -> None:
    uow.audit(what, who=f"member:{by}", subject=f"desk:{item.id}", details={"kind": item.kind})


# --- what goes away ---------------------------------------------------------------------------------------------


def purge(uow: UnitOfWork) -> None:
    """What was done 90 days ago, waited for a year, or is beyond the newest 5,000 is gone; some hundreds at a time."""
    old = uow.desk.over(done_before=uow.now - KEEP_DONE, received_before=uow.now - KEEP_WAITING, limit=PURGED_AT_ONCE)
    excess = uow.desk.excess(MOST_KEPT, limit=PURGED_AT_ONCE)
    if excess:
        uow.audit("desk-overflowed", details={"number": len(excess)})
    uow.desk.drop([*old, *excess])
    uow.desk.forget_auto_replies(uow.now - BETWEEN_AUTO_REPLIES)
