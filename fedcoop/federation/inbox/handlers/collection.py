"""Add to and Remove from the featured collection of a followed co-op: what it pins is marked here (federation.md 8.4)."""

from typing import Any

from fedcoop.actions.fediverse.relations import pin, unpin
from fedcoop.federation.inbox.contract import Received
from fedcoop.storage.unit_of_work import UnitOfWork


def apply(received: Received, uow: UnitOfWork, prepared: Any) -> None:
    """The mirrored motion of that very author is pinned, or no longer."""
    sender = received.sender(uow)
    if sender is None or not received.object_id:
        return
    if received.activity.type == "Add":
        pin(uow, author=sender, target=received.object_id, uri=received.id, said_at=received.said_at)
    else:
        unpin(uow, author=sender, target=received.object_id, at=received.said_at)
