"""Follow, Accept, Reject, Undo and Block between our actors and theirs (federation.md 8.4), and the end of our own actors."""

import json

from fedcoop.actions.events import (
    ActivityForwarded,
    ActorRemoved,
    FollowDropped,
    FollowEnded,
    FollowReceived,
    FollowWanted,
    QuoteRequested,
)
from fedcoop.federation.publish.outbox import Parcel, coop_actor, queue, replied_to, send
from fedcoop.federation.wire.jsonld import AS_PUBLIC
from fedcoop.storage.unit_of_work import UnitOfWork
from fedcoop.urls import origin_of


def answer_follow(uow: UnitOfWork, event: FollowReceived) -> None:
    """The follower is told `Accept` or `Reject`; a repeated Follow is answered again."""
    ours, theirs = uow.actors.get(event.followee_id), uow.actors.get(event.follower_id)
    follow = {"id": event.follow_uri, "type": "Follow", "actor": theirs.uri, "object": ours.uri}
    type_ = "Accept" if event.accepted else "Reject"
    send(uow, ours, Parcel(type_, follow, [theirs.uri], order_key=theirs.uri, last_word=not event.accepted))


def ask_to_follow(uow: UnitOfWork, event: FollowWanted) -> None:
    """Our `Follow` is on its way under the id that the Accept will name."""
    ours, theirs = uow.actors.get(event.follower_id), uow.actors.get(event.followee_id)
    send(
        uow, ours, Parcel(type="Follow", object=theirs.uri, to=[theirs.uri], uri=event.follow_uri, order_key=theirs.uri)
    )


def undo_follow(uow: UnitOfWork, event: FollowEnded) -> None:
    """Our `Undo` of the Follow is on its way, also to whom we have blocked."""
    ours, theirs = uow.actors.get(event.follower_id), uow.actors.get(event.followee_id)
    follow = {"id": event.follow_uri, "type": "Follow", "actor": ours.uri, "object": theirs.uri}
    send(uow, ours, Parcel("Undo", follow, [theirs.uri], order_key=theirs.uri, last_word=True))


def reject_follower(uow: UnitOfWork, event: FollowDropped) -> None:
    """A former follower is told `Reject`: else a blocked one goes on reading what others fetched (federation.md 18)."""
    ours, theirs = uow.actors.get(event.followee_id), uow.actors.get(event.follower_id)
    follow = {"id": event.follow_uri, "type": "Follow", "actor": theirs.uri, "object": ours.uri}
    send(uow, ours, Parcel("Reject", follow, [theirs.uri], order_key=theirs.uri, last_word=True))


def reject_quote(uow: UnitOfWork, event: QuoteRequested) -> None:
    """Nobody quotes unless the co-op allows it (FEP-044f; federation.md 8.4)."""
    ours, theirs = coop_actor(uow), uow.actors.get(event.actor_id)
    request = {
        "id": event.request_uri,
        "type": "QuoteRequest",
        "actor": theirs.uri,
        "object": event.object_uri,
        "instrument": event.instrument_uri,
    }
    send(uow, ours, Parcel(type="Reject", object=request, to=[theirs.uri]))


def announce_removal(uow: UnitOfWork, event: ActorRemoved) -> None:
    """Followers of our actor are told that it is gone."""
    actor = uow.actors.get(event.actor_id)
    send(uow, actor, Parcel(type="Delete", object=actor.uri, to=[AS_PUBLIC], cc=[actor.followers]))


def pass_on(uow: UnitOfWork, event: ActivityForwarded) -> None:
    """Somebody's words, unchanged, are on their way to our followers elsewhere than on the author's own server."""
    row = uow.queues.activities_many([event.activity_id])[event.activity_id]
    inboxes = [inbox for inbox in uow.actors.follower_inboxes(row.actor_id) if origin_of(inbox) != event.from_origin]
    after = replied_to(uow, row.type, json.loads(row.document).get("object"))
    queue(uow, row, inboxes, order_key=row.object, after=after)
