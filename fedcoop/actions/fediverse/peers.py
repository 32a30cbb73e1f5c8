"""Whom we follow, call partners, and block: what the operator decides about other servers.

Fetching the other side's document comes before, outside the unit: here its actor is already known.
Source: federation.md 8.4, 14.4, 15.
"""

import re

from fedcoop.actions.events import FollowDropped, FollowEnded
from fedcoop.actions.fediverse.relations import want_follow
from fedcoop.kernel.errors import Conflict, Invalid, NotFound
from fedcoop.storage.records import Actor, Follow
from fedcoop.storage.unit_of_work import UnitOfWork
from fedcoop.urls import origin_of

LAST_WORDS_TIMER = "last_words"
TOLD_AT_ONCE = 50
_HANDLE = re.compile(r"(?:acct:)?[@!]?[^@!\s/:?#]+@[^@\s/?#]+")
MAX_TOLD = 10_000  # as many as may wait for one origin (federation.md 16)


def follow(uow: UnitOfWork, *, actor_uri: str, who: str = "system") -> Follow:
    """The co-op's actor follows `actor_uri`, or has asked to; again sends the `Follow` again while it is pending.

    Raises NotFound (`actor-unknown`), Conflict (`actor-ours`, `actor-blocked`).
    """
    target = _known(uow, actor_uri)
    coop = uow.actors.local(uow.site.coop_name)
    if target.local:
        raise Conflict("actor-ours", "That is an actor of this server.")
    if uow.actors.is_blocked(target.uri, target.origin):
        raise Conflict("actor-blocked", "That server is blocked here; unblock it first.")
    earlier = uow.actors.find_follow(coop.id, target.id)
    if earlier is not None and earlier.state == "accepted":
        return earlier
    made = want_follow(uow, coop.id, target)
    uow.audit("peer-followed", who=who, subject=target.uri)
    return made


def unfollow(uow: UnitOfWork, *, actor_uri: str, who: str = "system") -> bool:
    """The co-op's actor no longer follows `actor_uri`; return whether it did."""
    target = _known(uow, actor_uri)
    coop = uow.actors.local(uow.site.coop_name)
    earlier = uow.actors.find_follow(coop.id, target.id)
    if earlier is None:
        return False
    uow.actors.drop_follow(coop.id, target.id)
    uow.record(FollowEnded(follower_id=coop.id, followee_id=target.id, follow_uri=earlier.uri))
    uow.audit("peer-unfollowed", who=who, subject=target.uri)
    return True


def partner(uow: UnitOfWork, *, actor_uri: str, state: str = "partner", who: str = "system") -> None:
    """The remote co-op is a partner (`proposed` or `partner`): privileged activities need that (federation.md 1)."""
    if state not in ("proposed", "partner"):
        raise Invalid("partner-state", "A partnership is proposed or partner.", field="state")
    target = _known(uow, actor_uri)
    if target.local:
        raise Conflict("actor-ours", "That is an actor of this server.")
    uow.actors.put_peer(target.id, state, uow.now)
    uow.audit("peer-partner", who=who, subject=target.uri, details={"state": state})


def block(uow: UnitOfWork, *, target: str, reason: str = "", who: str = "system") -> None:
    """Nothing comes from `target` and nothing goes there; its links are frozen.

    `target` is a host name or an origin, or one account: its id, or the handle or page of one that is known here. Raises
    Invalid (`block-target`), NotFound (`actor-unknown`) or Conflict (`actor-ours`).
    Follows end both ways, and both are told so: `Reject` and `Undo` are the last that goes there (federation.md 18).
    """
    kind, name = _target(uow, target)
    uow.actors.block(name, kind, uow.now, reason)
    _drop_deliveries(uow, kind, name)
    untold = _part(uow, kind, name)
    if uow.members.freeze_links_with(name, kind, "blocked"):
        uow.audit("links-frozen", details={"target": name}, reason="blocked")
    _tell_readers(uow)
    uow.audit("peer-blocked", who=who, subject=name, reason=reason, details={"untold": untold} if untold else None)


def unblock(uow: UnitOfWork, *, target: str, who: str = "system") -> bool:
    """The block is lifted; frozen links stay frozen until they are confirmed again. Return whether there was one."""
    _, name = _target(uow, target)
    lifted = uow.actors.unblock(name)
    if lifted:
        uow.audit("peer-unblocked", who=who, subject=name)
        _tell_readers(uow)
    return lifted


def _tell_readers(uow: UnitOfWork) -> None:
    """Who may read here is another, and whose answers are shown."""
    uow.wake("standing")
    uow.wake("documents")


def say_last_words(uow: UnitOfWork, key: str) -> None:
    """Timer: some of the followers that a block ended are told `Reject`; the timer is set again until all are."""
    ended = uow.follows.rejected(limit=TOLD_AT_ONCE)
    for follow in ended:
        uow.actors.drop_follow(follow.follower_id, follow.followee_id)
        uow.record(FollowDropped(follow.follower_id, follow.followee_id, follow.uri))
    if len(ended) == TOLD_AT_ONCE:
        uow.queues.move_timer(LAST_WORDS_TIMER, key, uow.now)


def _part(uow: UnitOfWork, kind: str, name: str) -> int:
    """All follows with whom the block names are over; return how many followers are not told, for being too many."""
    for follow in uow.follows.our_follows_of(name, kind):
        uow.actors.drop_follow(follow.follower_id, follow.followee_id)
        uow.record(FollowEnded(follow.follower_id, follow.followee_id, follow.uri))
    untold = uow.follows.reject_followers(name, kind, told=MAX_TOLD)
    uow.set_timer(LAST_WORDS_TIMER, "", uow.now)
    return untold


def _target(uow: UnitOfWork, target: str) -> tuple[str, str]:
    text = target.strip()
    if _HANDLE.fullmatch(text):
        return "actor", _shown(uow, text).uri
    if "://" not in text:
        text = f"{uow.urls.scheme}://{text}"
    origin = origin_of(text)
    if origin is None:
        raise Invalid("block-target", "Write a host name, an origin or an actor's id.", field="target")
    if origin == uow.urls.origin:
        raise Conflict("actor-ours", "That is this server.")
    is_origin = text.rstrip("/").lower() == origin or text.rstrip("/").count("/") == 2
    if is_origin:
        return "origin", origin
    found = uow.actors.find(text) or uow.actors.find_shown(text)
    return "actor", text if found is None else found.uri


def _shown(uow: UnitOfWork, handle: str) -> Actor:
    found = uow.actors.find_shown(handle.removeprefix("acct:").lstrip("@!"))
    if found is None:
        raise NotFound("actor-unknown", "No account of this address is known here. Give its id, or block its server.")
    return found


def _drop_deliveries(uow: UnitOfWork, kind: str, name: str) -> None:
    if kind == "origin":
        uow.queues.drop_deliveries_of_origin(name)
        return
    actor = uow.actors.find(name)
    if actor is not None and actor.inbox:
        uow.queues.drop_deliveries_to(actor.inbox)


def _known(uow: UnitOfWork, actor_uri: str) -> Actor:
    found = uow.actors.find(actor_uri)
    if found is None or found.gone_at is not None:
        raise NotFound("actor-unknown", "That actor is not known here; fetch it first.", actor=actor_uri)
    return found
