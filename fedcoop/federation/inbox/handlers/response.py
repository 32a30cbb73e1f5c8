"""Accept or Reject of a Follow of ours; never creates a relation that we did not ask for (Pixelfed CVE-2025-30741)."""

from typing import Any

from fedcoop.actions.relations import settle_follow
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
    """Find it by id, or by who follows whom where a peer answers with another id; its target must be the sender."""
    sender = received.sender(uow)
    if sender is None:
        return None
    found = uow.actors.find_follow_by_uri(received.object_id) if received.object_id else None
    if found is None and received.embedded is not None:
        follower = uow.actors.find(received.embedded_id("actor"))
        if follower is not None and follower.local and received.embedded_id("object") == received.actor_uri:
            found = uow.actors.find_follow(follower.id, sender.id)
    return (
        found
        if found is not None and found.followee_id == sender.id and uow.actors.get(found.follower_id).local
        else None
    )
