"""What ties actors of other servers to ours: who follows whom, blocks, reactions to our objects, requests to quote.

Every function takes values that were verified before; none of them talks to a network. A relation is as its actor said
last, by the signed date, in whatever order the words came. Source: federation.md 8.1 step 14, 8.4.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from fedcoop.actions.events import FollowReceived, FollowWanted, QuoteRequested
from fedcoop.actions.fediverse import overtaking
from fedcoop.actions.fediverse.followers import bound_requests
from fedcoop.kernel.ids import ActorId, new_uuid
from fedcoop.storage.records import Actor, Follow
from fedcoop.storage.unit_of_work import UnitOfWork

FOLLOW = "Follow"
PINNED = "Add"
REACTIONS = frozenset({"Like", "EmojiReact", "Dislike", "Announce"})
UNDOABLE = (FOLLOW, *sorted(REACTIONS))
_INSTANT = timedelta(microseconds=1)


# --- follows ----------------------------------------------------------------------------------------------------


def want_follow(uow: UnitOfWork, follower: ActorId, target: Actor) -> Follow:
    """Our actor has a pending follow of `target`, and the `Follow` is on its way."""
    uri = uow.urls.activity(new_uuid())
    follow = Follow(uow.new_id(), follower, target.id, uri, "pending", uow.now)
    uow.actors.put_follow(follow)
    uow.record(FollowWanted(follower_id=follower, followee_id=target.id, follow_uri=uri))
    return follow


def receive_follow(
    uow: UnitOfWork, *, follower: Actor, followee: Actor, uri: str, said_at: datetime | None = None
) -> str:
    """Settle a `Follow` of an actor of ours; return `accepted`, `pending`, `rejected` (answered unless pending) or `ended`.

    A member's actor decides itself who follows (`manuallyApprovesFollowers`); all others accept at once. A follow that
    its actor undid or blocked since `said_at` is `ended`; one that stands under this very id is not answered again.
    """
    said_at = said_at or uow.now
    if _has_ended(uow, follower, FOLLOW, uri=uri, target=followee.uri, said_at=said_at):
        return "ended"
    earlier = uow.actors.find_follow(follower.id, followee.id)
    if uow.actors.is_blocked(follower.uri, follower.origin):
        state = "rejected"
    else:
        settled = earlier is not None and earlier.state == "accepted"
        state = "accepted" if settled or not approves_followers(followee.kind) else "pending"
        newest = Follow(uow.new_id(), follower.id, followee.id, uri, state, said_at)
        said_before = earlier is not None and earlier.created_at >= said_at
        uow.actors.put_follow(replace(earlier, state=state) if earlier is not None and said_before else newest)
        if state == "pending":
            bound_requests(uow, followee_id=followee.id, origin=follower.origin)
    if state != "pending" and not (earlier is not None and (earlier.uri, earlier.state) == (uri, state)):
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


def blocked_by(uow: UnitOfWork, *, blocker: Actor, ours: Actor, at: datetime) -> None:
    """A remote actor blocked ours: follows of before end both ways and nothing more is sent to it (federation.md 8.4)."""
    _end(uow, blocker, FOLLOW, ours.uri, at)
    follow = uow.actors.find_follow(ours.id, blocker.id)
    if follow is not None and follow.created_at <= at:
        uow.actors.drop_follow(ours.id, blocker.id)
    uow.queues.drop_deliveries_to(blocker.inbox)
    uow.audit("blocked-by", who=blocker.uri, subject=ours.uri)


# --- interactions -----------------------------------------------------------------------------------------------


def count_interaction(uow: UnitOfWork, *, actor: Actor, type_: str, uri: str, target: str, said_at: datetime) -> bool:
    """Count a Like, EmojiReact, Dislike or Announce of our object once per actor, unless it was undone; never as a vote."""
    if _has_ended(uow, actor, type_, uri=uri, target=target, said_at=said_at):
        return False
    values = {"uri": uri, "type": type_, "actor_id": actor.id, "object": target}
    return uow.actors.note_interaction({**values, "id": uow.new_id(), "created_at": said_at})


def pin(uow: UnitOfWork, *, author: Actor, target: str, uri: str, said_at: datetime) -> bool:
    """The author's own mirrored motion is marked as one that it features; return whether that is new."""
    motion = uow.notes.find_remote_motion(target)
    if motion is None or motion.actor_id != author.id:
        return False
    return count_interaction(uow, actor=author, type_=PINNED, uri=uri, target=target, said_at=said_at)


def unpin(uow: UnitOfWork, *, author: Actor, target: str, at: datetime) -> None:
    """The author's mark of before on its motion is gone."""
    motion = uow.notes.find_remote_motion(target)
    if motion is not None and motion.actor_id == author.id:
        _end(uow, author, PINNED, target, at)


# --- what its actor takes back ----------------------------------------------------------------------------------


def undo(uow: UnitOfWork, *, actor: Actor, uri: str, types: Iterable[str], target: str, at: datetime) -> None:
    """What the actor itself did before `at` is reversed: by the id of that, or by its type and object if we know no such id.

    What is not known yet will be found undone when it comes (federation.md 8.1). Of others nothing is reversed.
    """
    known = _known(uow, uri) if uri else []
    own = [(relation, named) for owner, relation, named in known if owner == actor.id]
    if known and not own:
        return
    is_new = overtaking.ended_at(uow, actor=actor, how=overtaking.UNDONE, uri=uri) is None
    overtaking.bury(uow, actor=actor, how=overtaking.UNDONE, uri=uri, at=at)
    if not own and is_new and target:
        own = [(relation, target) for relation in UNDOABLE if relation in types]
    for relation, named in own:
        _end(uow, actor, relation, named, at if known or not uri else at - _INSTANT)


def _known(uow: UnitOfWork, uri: str) -> list[tuple[ActorId, str, str]]:
    """Return what activities of this id made stand: whose, of what kind, about what."""
    follows = uow.actors.follows_by_uri(uri)
    found = [(follow.follower_id, FOLLOW, uow.actors.get(follow.followee_id).uri) for follow in follows]
    return found + [(row.actor_id, row.type, row.object) for row in uow.actors.interactions_by_uri(uri)]


def _has_ended(uow: UnitOfWork, actor: Actor, relation: str, *, uri: str, target: str, said_at: datetime) -> bool:
    """Return whether the actor took this back before it came: under its id, or with whatever it said of this kind before.

    Only a Follow may come again under the id of one that ended, if it was said later (federation.md 8.1 step 14).
    """
    undone_at = overtaking.ended_at(uow, actor=actor, how=overtaking.UNDONE, uri=uri)
    if undone_at is not None and (relation != FOLLOW or said_at <= undone_at):
        _end(uow, actor, relation, target, undone_at - _INSTANT)
        return True
    ended_at = overtaking.ended_at(uow, actor=actor, how=relation, uri=target)
    return ended_at is not None and said_at < ended_at


def _end(uow: UnitOfWork, actor: Actor, relation: str, target: str, at: datetime) -> None:
    """The relation is over as far as it was said by then, whether it came or is still to come."""
    overtaking.end(uow, actor=actor, relation=relation, target=target, at=at)
    if relation != FOLLOW:
        uow.actors.drop_interaction(actor_id=actor.id, type_=relation, target=target, said_by=at)
        return
    followee = uow.actors.find(target)
    follow = None if followee is None else uow.actors.find_follow(actor.id, followee.id)
    if follow is not None and follow.created_at <= at:
        uow.actors.drop_follow(follow.follower_id, follow.followee_id)


def receive_quote_request(uow: UnitOfWork, *, actor: Actor, target: str, request_uri: str, instrument_uri: str) -> None:
    """Somebody wants to quote an object of ours; `Reject` is on its way (FEP-044f)."""
    uow.record(
        QuoteRequested(actor_id=actor.id, object_uri=target, request_uri=request_uri, instrument_uri=instrument_uri)
    )
