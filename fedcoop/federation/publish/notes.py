"""Announcements to followers, direct words to one person, and our members' votes on polls elsewhere.

Sources: federation.md 12.2 (votes), 13.7 (announcements), 14 (links).
"""

from fedcoop.actions.events import (
    AnnouncementDeleted,
    AnnouncementEdited,
    CodeSent,
    LinkConfirmed,
    LinkProven,
)
from fedcoop.federation.publish.outbox import Parcel, coop_actor, publish_object, send
from fedcoop.federation.translate.outgoing import (
    Names,
    announcement_note,
    direct_note,
    hashtag_tag,
    mention_tag,
    vote_note,
)
from fedcoop.federation.wire.jsonld import AS_PUBLIC
from fedcoop.governance.events import AnnouncementPublished, VoteSentAbroad
from fedcoop.kernel.clock import rfc3339
from fedcoop.kernel.html import escape, link_to
from fedcoop.kernel.ids import new_uuid
from fedcoop.kernel.mentions import hashtags_in, tag_url
from fedcoop.storage.records import Actor, Announcement, wire_names
from fedcoop.storage.unit_of_work import UnitOfWork


def announce(uow: UnitOfWork, event: AnnouncementPublished) -> None:
    """A public announcement is on its way to followers and to whom it names; a members-only one stays here (13.7)."""
    _send_announcement(uow, uow.notes.get_announcement(event.announcement_id), "Create")


def announce_edit(uow: UnitOfWork, event: AnnouncementEdited) -> None:
    """The newer version is on its way to all who got the earlier ones, and to whom it names now (12.5)."""
    _send_announcement(uow, uow.notes.get_announcement(event.announcement_id), "Update")


def _send_announcement(uow: UnitOfWork, announcement: Announcement, type_: str) -> None:
    if announcement.audience != "public":
        return
    actor = coop_actor(uow)
    uri = uow.urls.note(announcement.uuid)
    document = announcement_note(
        uri=uri,
        url=uri,
        author=actor.uri,
        followers=actor.followers,
        content=announcement.body_html,
        language=uow.site.config.instance.languages[0],
        kind=announcement.kind,
        at=announcement.published_at,
        updated=announcement.updated_at,
        names=_names(uow, announcement),
    )
    publish_object(uow, actor, document)
    send(uow, actor, Parcel(type=type_, object=document, to=document["to"], cc=document["cc"]))


def _names(uow: UnitOfWork, announcement: Announcement) -> Names:
    """Whom the text names now gets a tag; whoever was named by any version stays addressed."""
    mentions = uow.announcements.mentions([announcement.id]).get(announcement.id, [])
    people = uow.actors.many([found.actor_id for found in mentions if found.actor_id is not None])
    named = [(people[found.actor_id], found) for found in mentions if found.actor_id is not None]
    topics = [(name, tag_url(uow.urls.topics, name)) for name in hashtags_in(announcement.body)]
    return Names(
        tags=[
            *(mention_tag(actor.uri, found.handle) for actor, found in named if found.standing),
            *(hashtag_tag(name, href) for name, href in topics),
        ],
        addressed=list(dict.fromkeys(actor.uri for actor, _ in named)),
    )


def retract(uow: UnitOfWork, event: AnnouncementDeleted) -> None:
    """A deleted public announcement is a tombstone here, and all who got it are told."""
    uri = uow.urls.note(event.uuid)
    stored = uow.notes.find_object(uri)
    if stored is None:
        return
    actor = coop_actor(uow)
    uow.notes.delete_object(uri, uow.now)
    tombstone = {"id": uri, "type": "Tombstone", "formerType": "Note", "deleted": rfc3339(uow.now)}
    others = [target for target in stored.audience if target != AS_PUBLIC]
    send(uow, actor, Parcel(type="Delete", object=tombstone, to=[AS_PUBLIC], cc=others))


def tell(uow: UnitOfWork, recipient: Actor, html: str, *, in_reply_to: str = "", uuid: str = "") -> None:
    """A direct Note of the co-op's actor to `recipient` is on its way; `html` is ours, already safe."""
    _tell(uow, coop_actor(uow), recipient, html, in_reply_to=in_reply_to, uuid=uuid)


def _tell(uow: UnitOfWork, actor: Actor, recipient: Actor, html: str, *, in_reply_to: str = "", uuid: str = "") -> None:
    document = direct_note(
        uri=uow.urls.note(uuid or new_uuid()),
        author=actor.uri,
        recipient=recipient.uri,
        handle=recipient.address,
        content=html,
        language=uow.site.config.instance.languages[0],
        at=uow.now,
        in_reply_to=in_reply_to,
    )
    publish_object(uow, actor, document, listed=False)
    send(uow, actor, Parcel(type="Create", object=document, to=document["to"]))


def confirm_proof(uow: UnitOfWork, event: LinkProven) -> None:
    """The account that sent the code is told where the member confirms it (14.3)."""
    name, page = escape(uow.site.config.instance.name), link_to(uow.urls.settings_accounts)
    html = (
        f"<p>Your code has arrived at {name}. One step is left: say on this page that the account is yours.</p>"
        f"<p>{page}</p>"
    )
    tell(uow, uow.actors.get(event.actor_id), html)


def confirm_link(uow: UnitOfWork, event: LinkConfirmed) -> None:
    """The linked account is told that its poll votes are ballots now, and how to undo that (14.3)."""
    name, page = escape(uow.site.config.instance.name), link_to(uow.urls.settings_accounts)
    html = (
        f"<p>This account is now linked to a membership of {name}. When you vote from here in its polls, that is your "
        "vote. Your server and ours can both read it.</p>"
        f"<p>To undo this, or if it was not you: {page}</p>"
    )
    tell(uow, uow.actors.get(event.actor_id), html)


def send_code(uow: UnitOfWork, event: CodeSent) -> None:
    """The code is on its way as a direct Note of our member's actor (14.2)."""
    _tell(uow, uow.actors.get(event.actor_id), uow.actors.get(event.recipient_id), f"<p>{escape(event.code)}</p>")


def send_vote(uow: UnitOfWork, event: VoteSentAbroad) -> None:
    """Each chosen option is on its way as a vote Note of its own, to the poll author's personal inbox (12.2).

    It is named by the very words of the poll, which need not be those that we show: its server compares texts.
    """
    motion = uow.notes.get_remote_motion(event.remote_motion_id)
    member_actor = uow.members.actor_id_of(event.member_id)
    vote = uow.notes.find_vote_abroad(event.remote_motion_id, event.member_id)
    if member_actor is None or vote is None:
        return
    voter, author = uow.actors.get(member_actor), uow.actors.get(motion.actor_id)
    words = dict(zip((option["name"] for option in motion.options), wire_names(motion.options), strict=True))
    for name in vote.choice:
        uri = uow.urls.note(new_uuid())
        note = vote_note(uri=uri, voter=voter.uri, poll=motion.uri, author=author.uri, name=words[name])
        send(uow, voter, Parcel(type="Create", object=note, to=[author.uri], order_key=motion.uri))
