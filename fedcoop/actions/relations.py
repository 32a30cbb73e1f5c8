"""What ties actors of other servers to ours: who follows whom, blocks, reactions to our objects, requests to quote.

Every function takes values that were verified before; none of them talks to a network. Source: federation.md 8.4.
"""

from dataclasses import replace

from fedcoop.actions.events import FollowReceived, FollowWanted, QuoteRequested
from fedcoop.actions.followers import bound_requests
from fedcoop.kernel.ids import ActorId, new_uuid
from fedcoop.storage.records import Actor, Follow
from fedcoop.storage.unit_of_work import UnitOfWork

# --- follows ----------------------------------------------------------------------------------------------------


def want_follow(uow: UnitOfWork, follower: ActorId, target: Actor) -> Follow:
    """Our actor has a pending follow of `target`, and the `Follow` is on its way."""
    uri = uow.urls.activity(new_uuid())
    follow = Follow(uow.new_id(), follower, target.id, uri, "pending", uow.now)
    uow.actors.put_follow(follow)
    uow.record(FollowWanted(follower_id=follower, followee_id=target.id, follow_uri=uri))
    return follow


def receive_follow(uow: UnitOfWork, *, follower: Actor, followee: Actor, uri: str) -> str:
    """Settle a `Follow` of an actor of ours; return `accepted`, `pending` or `rejected`, the first and last of which are answered.

    A member's actor decides itself who follows (`manuallyApprovesFollowers`); all others accept at once.
    """
    if uow.actors.is_blocked(follower.uri, follower.origin):
        state = "rejected"
    else:
        earlier = uow.actors.find_follow(follower.id, followee.id)
        settled = earlier is not None and earlier.state == "accepted"
        state = "accepted" if settled or not approves_followers(followee.kind) else "pending"
        uow.actors.put_follow(Follow(uow.new_id(), follower.id, followee.id, uri, state, uow.now))
        if state == "pending":
            bound_requests(uow, followee_id=followee.id, origin=follower.origin)
    if state != "pending":
        answer = FollowReceived(
            follower_id=follower.id, followee_id=followee.id, follow_uri=uri, accepted=state == "accepted"
        )
        uow.record(answer)
    return state


def approves_followers(kind: str) -> bool:
    """Return whether a local actor of this kind decides by hand who follows it (federation.md 3.3)."""
    return kind in ("Person", "member")


def settle_follow(uow: UnitOfWork, follow: Follow, *, accepted: bool) -> None:
    """Our pending follow was answered; a rejected one is forgotten."""
    if accepted:
        uow.actors.put_follow(replace(follow, state="accepted"))
    else:
        uow.actors.drop_follow(follow.follower_id, follow.followee_id)


def blocked_by(uow: UnitOfWork, *, blocker: Actor, ours: Actor) -> None:
    """A remote actor blocked ours: follows end both ways and nothing more is sent to it (federation.md 8.4)."""
    uow.actors.drop_follow(blocker.id, ours.id)
    uow.actors.drop_follow(ours.id, blocker.id)
    uow.queues.drop_deliveries_to(blocker.inbox)
    uow.audit("blocked-by", who=blocker.uri, subject=ours.uri)


# --- interactions -----------------------------------------------------------------------------------------------


def count_interaction(uow: UnitOfWork, *, actor: Actor, type_: str, uri: str, target: str) -> bool:
    """Count a Like, EmojiReact, Dislike or Announce of our object once per actor; never as a vote."""
    values = {
        "id": uow.new_id(),
        "uri": uri,
        "type": type_,
        "actor_id": actor.id,
        "object": target,
        "created_at": uow.now,
    }
    return uow.actors.note_interaction(values)


PINNED = "Add"


def pin(uow: UnitOfWork, *, author: Actor, target: str, uri: str) -> bool:
    """The author's own mirrored motion is marked as one that it features; return whether it is new."""
    motion = uow.notes.find_remote_motion(target)
    if motion is None or motion.actor_id != author.id:
        return False
    return count_interaction(uow, actor=author, type_=PINNED, uri=uri, target=target)


def unpin(uow: UnitOfWork, *, author: Actor, target: str) -> bool:
    """The author's mark on its motion is gone; return whether there was one."""
    return uow.actors.drop_interaction(actor_id=author.id, type_=PINNED, target=target)


def receive_quote_request(uow: UnitOfWork, *, actor: Actor, target: str, request_uri: str, instrument_uri: str) -> None:
    """Somebody wants to quote an object of ours; `Reject` is on its way (FEP-044f)."""
    uow.record(
        QuoteRequested(actor_id=actor.id, object_uri=target, request_uri=request_uri, instrument_uri=instrument_uri)
    )
