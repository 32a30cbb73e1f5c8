"""What other servers tell us and we keep: actors, their moves, their polls and posts.

Every function takes values that were verified and cleaned before (federation.md 8, 11); none of them talks to a network.
Who may cause them is `federation/inbox/authorise.py`; what ties their actors to ours is `relations.py`. Source:
federation.md 8.4, 12.6, 14.4.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from fedcoop.accounts import freezing
from fedcoop.accounts.freezing import Face
from fedcoop.actions import looks
from fedcoop.actions.members import freeze_links
from fedcoop.actions.relations import want_follow
from fedcoop.governance.events import MotionMirrored
from fedcoop.kernel.ids import ActorId, MotionId, NoteId, RemoteMotionId, new_uuid
from fedcoop.storage.records import Actor, ActorKey, Note, Options, RemoteMotion, wire_names
from fedcoop.storage.unit_of_work import UnitOfWork
from fedcoop.urls import origin_of

MOVE_PAUSE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class SeenKey:
    """A public key as an actor document shows it."""

    key_id: str
    algorithm: str
    material: str


@dataclass(frozen=True, slots=True)
class SeenActor:
    """An actor as its own document shows it, texts cleaned. `handle` is `name@host` after a loop-back, else empty."""

    uri: str
    kind: str
    name: str
    display_name: str
    summary: str
    url: str
    inbox: str
    shared_inbox: str
    followers: str
    moved_to: str
    document: Mapping[str, Any]
    keys: tuple[SeenKey, ...]
    handle: str = ""
    takes_rfc9421: bool = False


@dataclass(frozen=True, slots=True)
class SeenMotion:
    """A poll of another server, texts cleaned, options cut to 50.

    `options` are {name, votes} and, where a vote names the answer by other words than those we show, {raw}. `closed` says
    that it is over without saying since when. `public` is None where the document names no audience.
    """

    uri: str
    url: str
    title: str
    content: str
    options: tuple[Mapping[str, Any], ...]
    multiple: bool
    ends_at: datetime | None
    closed_at: datetime | None
    voters_count: int | None
    motion: Mapping[str, Any] | None
    published_at: datetime | None
    updated_at: datetime | None
    closed: bool = False
    public: bool | None = True

    def closed_since(self, now: datetime) -> datetime | None:
        """Return since when it is closed, or will be; where its author names no instant, since its end or `now`."""
        return min(now, self.ends_at or now) if self.closed else self.closed_at


@dataclass(frozen=True, slots=True)
class SeenNote:
    """A post of another server, texts cleaned."""

    uri: str
    in_reply_to: str
    content: str
    summary: str
    language: str
    url: str
    public: bool
    published_at: datetime | None
    updated_at: datetime | None


# --- actors -----------------------------------------------------------------------------------------------------


def remember_actor(uow: UnitOfWork, seen: SeenActor, *, vouched: bool = False) -> Actor:
    """Store the actor and its keys as its own document shows them now.

    Its links are frozen where federation.md 14.4 says so; `vouched` tells that the change came with an `Update`
    signed by a key we knew, which is what keeps a key rotation from freezing.
    """
    earlier = uow.actors.find(seen.uri)
    if earlier is not None and earlier.local:
        return earlier
    before, after = None if earlier is None else _face(uow, earlier), _face_seen(seen)
    reason = freezing.why_freeze(before, after, vouched=vouched) if before is not None else ""
    if earlier is not None and reason:
        freeze_links(uow, actor_ids=[earlier.id], reason=reason)
    actor = Actor(
        id=earlier.id if earlier else ActorId(uow.new_id()),
        uri=seen.uri,
        local=False,
        kind=seen.kind,
        name=seen.name,
        origin=origin_of(seen.uri) or "",
        handle=seen.handle or (earlier.handle if earlier else ""),
        display_name=seen.display_name,
        summary=seen.summary,
        url=seen.url,
        inbox=seen.inbox,
        shared_inbox=seen.shared_inbox,
        followers=seen.followers,
        document=seen.document,
        created_at=earlier.created_at if earlier else uow.now,
        fetched_at=uow.now,
        gone_at=None,
        suspended_at=earlier.suspended_at if earlier else None,
        moved_to=seen.moved_to,
    )
    uow.actors.put(actor)
    uow.actors.note_announced(actor.origin, "rfc9421" if seen.takes_rfc9421 else "")
    known = freezing.known_keys(before, after, vouched=vouched)
    uow.actors.replace_keys(actor.id, [_key(uow, actor, key, known) for key in seen.keys])
    return actor


def _key(uow: UnitOfWork, actor: Actor, key: SeenKey, known: frozenset[str]) -> ActorKey:
    is_known = freezing.key_text(key.material) in known
    return ActorKey(key.key_id, actor.id, key.algorithm, key.material, None, uow.now, is_known)


def _face(uow: UnitOfWork, actor: Actor) -> Face:
    return Face(
        keys=freezing.key_texts(key.material for key in uow.actors.keys_of(actor.id) if key.known),
        inbox=actor.inbox,
        handle=actor.handle,
        claimed=_claimed(actor.document),
        is_gone=actor.gone_at is not None,
    )


def _face_seen(seen: SeenActor) -> Face:
    return Face(
        keys=freezing.key_texts(key.material for key in seen.keys),
        inbox=seen.inbox,
        handle=seen.handle,
        claimed=_claimed(seen.document),
    )


def _claimed(document: Mapping[str, Any] | None) -> str:
    found = (document or {}).get("webfinger")
    return found if isinstance(found, str) else ""


def know_keys(uow: UnitOfWork, *, actor_uri: str, key_ids: Collection[str]) -> None:
    """These keys have signed one and the same thing: if one of them is known, all are from now on (federation.md 14.4)."""
    actor = uow.actors.find(actor_uri)
    if actor is None or actor.local:
        return
    if any(key.known for key in uow.actors.keys_of(actor.id) if key.key_id in key_ids):
        uow.actors.trust_keys(actor.id, key_ids)


def note_handle(uow: UnitOfWork, *, uri: str, handle: str) -> Actor:
    """Keep the handle that looped back, if there is one; its links freeze if it is of another domain now.

    Raises NotFound (`actor-unknown`).
    """
    earlier = uow.actors.find(uri)
    if earlier is not None and freezing.is_elsewhere(earlier.handle, handle):
        freeze_links(uow, actor_ids=[earlier.id], reason=freezing.HANDLE_MOVED)
    return uow.actors.note_handle(uri, handle)


def inbox_moved(uow: UnitOfWork, uri: str) -> None:
    """The actor's own document names an inbox on another server: its links are frozen (federation.md 14.4)."""
    actor = uow.actors.find(uri)
    if actor is not None and not actor.local:
        freeze_links(uow, actor_ids=[actor.id], reason=freezing.INBOX_MOVED)


def actor_gone(uow: UnitOfWork, uri: str) -> None:
    """The actor's server said 404 or 410: its links are frozen, and stay so if it comes back (federation.md 14.4)."""
    actor = uow.actors.find(uri)
    if actor is not None and not actor.local and actor.gone_at is None:
        uow.actors.mark_gone(actor.id, uow.now)
        uow.actors.replace_keys(actor.id, [])
        freeze_links(uow, actor_ids=[actor.id], reason=freezing.GONE)


def delete_actor(uow: UnitOfWork, actor: Actor) -> None:
    """The actor deleted itself: posts, polls and relations are purged; ballots that counted stay (federation.md 8.4)."""
    uow.actors.mark_gone(actor.id, uow.now)
    uow.actors.replace_keys(actor.id, [])
    uow.notes.delete_notes_of(actor.id, uow.now)
    uow.notes.delete_remote_motions_of(actor.id, uow.now)
    uow.actors.drop_follows_of(actor.id)
    if actor.inbox:
        uow.queues.drop_deliveries_to(actor.inbox)
    freeze_links(uow, actor_ids=[actor.id], reason=freezing.GONE)
    uow.audit("actor-deleted", who=actor.uri, subject=actor.uri)


def move_actor(uow: UnitOfWork, actor: Actor, target: Actor) -> bool:
    """Our follows go over to where the actor moved; links do not (federation.md 14.5). False: it moved within 7 days."""
    recent = [entry for entry in uow.audits.about(actor.uri, limit=20) if entry.what == "actor-moved"]
    if recent and recent[0].at > uow.now - MOVE_PAUSE:
        return False
    uow.actors.put(replace(actor, moved_to=target.uri))
    for follower in uow.actors.local_followers(actor.id):
        uow.actors.drop_follow(follower, actor.id)
        if uow.actors.find_follow(follower, target.id) is None:
            want_follow(uow, follower, target)
    uow.audit("actor-moved", who=actor.uri, subject=actor.uri, details={"target": target.uri})
    return True


# --- posts and polls --------------------------------------------------------------------------------------------


def store_note(uow: UnitOfWork, *, author: Actor, seen: SeenNote, motion_id: MotionId | None, kind: str) -> bool:
    """Keep a post, or what its author made of it since; return whether it stands.

    A post of another author under the same id, a deleted one and an older version change nothing.
    """
    earlier = uow.notes.find_note(seen.uri)
    if earlier is not None and (earlier.actor_id != author.id or earlier.deleted_at is not None):
        return False
    if earlier is not None and not _is_newer(seen.updated_at, earlier.updated_at):
        return False
    uow.notes.put_note(
        Note(
            id=earlier.id if earlier else NoteId(uow.new_id()),
            uri=seen.uri,
            actor_id=author.id,
            in_reply_to=earlier.in_reply_to if earlier else seen.in_reply_to,
            motion_id=earlier.motion_id if earlier else motion_id,
            content=seen.content,
            summary=seen.summary,
            language=seen.language,
            url=seen.url,
            public=seen.public and (earlier is None or earlier.public),
            kind=earlier.kind if earlier else kind,
            published_at=earlier.published_at if earlier else seen.published_at,
            updated_at=seen.updated_at,
            received_at=uow.now,
            deleted_at=None,
        )
    )
    return True


def _is_newer(new: datetime | None, old: datetime | None) -> bool:
    return new is not None and (old is None or new > old)


def mirror_motion(uow: UnitOfWork, *, author: Actor, seen: SeenMotion) -> RemoteMotion | None:
    """Keep a public poll of another server, or its new numbers (federation.md 12.6).

    None if it is another's, was deleted, became another thing or is not for everybody: what was public and is no longer is
    purged, and what never was is not kept.
    """
    earlier = uow.notes.find_remote_motion(seen.uri)
    if earlier is None:
        return _new_remote_motion(uow, author, seen) if seen.public else None
    if earlier.actor_id != author.id or earlier.deleted_at is not None or bool(earlier.options) != bool(seen.options):
        return None
    if seen.public is False:
        uow.notes.put_remote_motion(earlier.purged(uow.now))
        return None
    updated = _with_numbers(earlier, seen, uow.now)
    if _is_newer(seen.updated_at, earlier.updated_at):
        same = earlier.multiple == seen.multiple and wire_names(earlier.options) == wire_names(seen.options)
        updated = replace(
            updated,
            title=seen.title,
            content=seen.content,
            options=seen.options,
            multiple=seen.multiple,
            motion=seen.motion,
            updated_at=seen.updated_at,
            ends_at=seen.ends_at,
            answers_at=earlier.answers_at if same else uow.now,
        )
    uow.notes.put_remote_motion(updated)
    looks.plan(uow, updated)
    return updated


def _new_remote_motion(uow: UnitOfWork, author: Actor, seen: SeenMotion) -> RemoteMotion:
    motion = RemoteMotion(
        id=RemoteMotionId(uow.new_id()),
        uuid=new_uuid(),
        uri=seen.uri,
        actor_id=author.id,
        url=seen.url,
        title=seen.title,
        content=seen.content,
        options=seen.options,
        multiple=seen.multiple,
        ends_at=seen.ends_at,
        closed_at=seen.closed_since(uow.now),
        voters_count=seen.voters_count,
        motion=seen.motion,
        outcome=None,
        outcome_html="",
        published_at=seen.published_at,
        updated_at=seen.updated_at,
        received_at=uow.now,
        deleted_at=None,
        told_at=uow.now,
    )
    uow.notes.put_remote_motion(motion)
    looks.plan(uow, motion)
    uow.record(MotionMirrored(remote_motion_id=motion.id))
    return motion


def _with_numbers(earlier: RemoteMotion, seen: SeenMotion, now: datetime) -> RemoteMotion:
    """Numbers answer by answer: an update never renames, adds or drops one unless it is a newer version; what closed stays so."""
    ends_at = earlier.ends_at if earlier.ends_at is None or seen.ends_at is None else max(earlier.ends_at, seen.ends_at)
    is_closed = earlier.closed_at is not None and earlier.closed_at <= now
    return replace(
        earlier,
        options=_renumbered(earlier.options, seen.options),
        voters_count=seen.voters_count,
        closed_at=earlier.closed_at if is_closed else seen.closed_since(now),
        ends_at=ends_at,
        motion=seen.motion if seen.motion is not None else earlier.motion,
        told_at=now,
    )


def _renumbered(kept: Options, seen: Options) -> Options:
    """Return the kept answers with the numbers seen: by place where all are the same, else by name where it is the only one."""
    names = wire_names(seen)
    if wire_names(kept) == names:
        return tuple({**ours, "votes": theirs["votes"]} for ours, theirs in zip(kept, seen, strict=True))
    votes = {name: option["votes"] for name, option in zip(names, seen, strict=True) if names.count(name) == 1}
    return tuple(
        {**option, "votes": votes.get(name, option["votes"])}
        for name, option in zip(wire_names(kept), kept, strict=True)
    )


def mirror_outcome(uow: UnitOfWork, *, author: Actor, motion_uri: str, outcome: Mapping[str, Any], html: str) -> bool:
    """Keep the outcome that the poll's own author published; return whether there is such a poll."""
    motion = uow.notes.find_remote_motion(motion_uri)
    if motion is None or motion.actor_id != author.id or motion.deleted_at is not None:
        return False
    closed_at = min(motion.closed_at or uow.now, uow.now)
    uow.notes.put_remote_motion(replace(motion, outcome=outcome, outcome_html=html, closed_at=closed_at))
    return True


def delete_remote(uow: UnitOfWork, *, actor: Actor, uri: str) -> bool:
    """Purge the post or poll `uri` if it is the actor's own; return whether it was. An offered template goes with its post."""
    uow.templates.drop_offer(uri, actor.id)
    note = uow.notes.find_note(uri)
    if note is not None and note.actor_id == actor.id:
        uow.notes.delete_note(uri, uow.now)
        return True
    motion = uow.notes.find_remote_motion(uri)
    if motion is not None and motion.actor_id == actor.id:
        uow.notes.put_remote_motion(motion.purged(uow.now))
        return True
    return False
