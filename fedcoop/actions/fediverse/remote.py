"""Actors of other servers as they say they are: their keys, their end, their moves.

Every function takes values that were verified and cleaned before (federation.md 8, 11); none of them talks to a network.
Who may cause them is `federation/inbox/authorise.py`; what ties them to our actors is `relations.py`, what they publish
`mirrors.py`. Source: federation.md 8.4, 14.4.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from fedcoop.accounts import freezing
from fedcoop.accounts.freezing import Face
from fedcoop.actions.fediverse.relations import want_follow
from fedcoop.actions.members.member import freeze_links
from fedcoop.kernel.ids import ActorId
from fedcoop.storage.records import Actor, ActorKey
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
    """An actor as its own document shows it, texts cleaned. `handle` is `name@host` after a loop-back, else empty.

    `asked_at` is when the document was asked for; without it, just now.
    """

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
    asked_at: datetime | None = None


# --- actors -----------------------------------------------------------------------------------------------------


def remember_actor(uow: UnitOfWork, seen: SeenActor, *, vouched: bool = False) -> Actor:
    """Store the actor and its keys as its own document shows them; if they were not asked for later already.

    Its links are frozen where federation.md 14.4 says so; `vouched` tells that the change came with an `Update`
    signed by a key we knew, which is what keeps a key rotation from freezing.
    """
    earlier = uow.actors.find(seen.uri)
    asked_at = seen.asked_at or uow.now
    if earlier is not None and (earlier.local or _was_seen_after(earlier, asked_at)):
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
        fetched_at=asked_at,
        gone_at=None,
        suspended_at=earlier.suspended_at if earlier else None,
        moved_to=seen.moved_to,
    )
    uow.actors.put(actor)
    uow.actors.note_announced(actor.origin, "rfc9421" if seen.takes_rfc9421 else "")
    known = freezing.known_keys(before, after, vouched=vouched)
    uow.actors.replace_keys(actor.id, [_key(uow, actor, key, known) for key in seen.keys])
    return actor


def _was_seen_after(actor: Actor, asked_at: datetime) -> bool:
    """Return whether we know better: two looks at one actor may end in another order than they began."""
    return any(at is not None and at > asked_at for at in (actor.fetched_at, actor.gone_at))


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
    uow.wake("documents")
    uow.notes.delete_remote_motions_of(actor.id, uow.now)
    uow.remote_outcomes.drop_those_of(actor.id)
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
