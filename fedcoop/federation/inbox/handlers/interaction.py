"""Like, EmojiReact, Dislike and Announce of an object of ours: a counter, never a vote (federation.md 8.4)."""

from typing import Any

from fedcoop.actions.fediverse.relations import count_interaction
from fedcoop.federation.inbox.contract import Received
from fedcoop.storage.unit_of_work import UnitOfWork


def apply(received: Received, uow: UnitOfWork, prepared: Any) -> None:
    """The reaction is counted once for each sender and object."""
    sender = received.sender(uow)
    if sender is not None and received.object_id:
        count_interaction(
            uow,
            actor=sender,
            type_=received.activity.type,
            uri=received.id,
            target=received.object_id,
            said_at=received.said_at,
        )
