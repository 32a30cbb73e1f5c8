"""Somebody follows an actor of ours: answered at once, or kept pending where a person decides (federation.md 8.4)."""

from typing import Any

from fedcoop.actions.fediverse.relations import receive_follow
from fedcoop.federation.inbox.contract import Received
from fedcoop.storage.unit_of_work import UnitOfWork


def apply(received: Received, uow: UnitOfWork, prepared: Any) -> None:
    """The follow is stored and `Accept` or `Reject` on its way; a repeated Follow is answered again."""
    follower = received.sender(uow)
    followee = uow.actors.find(received.object_id or "")
    if follower is not None and followee is not None:
        receive_follow(uow, follower=follower, followee=followee, uri=received.id, said_at=received.said_at)
