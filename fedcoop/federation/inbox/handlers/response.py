"""Accept or Reject of a Follow of ours; never creates a relation that we did not ask for (Pixelfed CVE-2025-30741)."""

from typing import Any

from fedcoop.actions.fediverse.relations import settle_follow
from fedcoop.federation.inbox.contract import Received
from fedcoop.storage.records import Follow
from fedcoop.storage.unit_of_work import UnitOfWork


def apply(received: Received, uow: UnitOfWork, prepared: Any) -> None:
    """Our follow of the sender is settled: pending becomes accepted, `Reject` also ends an accepted one."""
    follow = _our_follow(received, uow)
    if follow is None:
        return
    if received.activity.type == "Reject" or follow.state == "pending":
        settle_follow(uow, follow, accepted=received.activity.type == "Accept")


def _our_follow(received: Received, uow: UnitOfWork) -> Follow | None:
    """Find it by id, or by who follows whom where a peer answers with an id of its own; its target must be the sender.

    An id of ours that stands for nothing any more is a late answer to what is over.
    """
    sender, uri = received.sender(uow), received.object_id or ""
    if sender is None:
        return None
    if uow.urls.is_local(uri):
        return next((follow for follow in uow.actors.follows_by_uri(uri) if follow.followee_id == sender.id), None)
    follower = uow.actors.find(received.embedded_id("actor"))
    if follower is None or not follower.local or received.embedded_id("object") != received.actor_uri:
        return None
    return uow.actors.find_follow(follower.id, sender.id)
