"""Undo of what the sender did before: a follow, a reaction, a block or a vote (federation.md 8.4).

The inner activity is matched by its id, or by type, sender and object where we do not know the id; and it may still be on
its way. A block is an event to us: what it ended stays ended.
"""

from typing import Any

from fedcoop.actions.fediverse.relations import undo
from fedcoop.actions.fediverse.votes import withdraw_vote
from fedcoop.federation.inbox.contract import Received, digest_of
from fedcoop.storage.unit_of_work import UnitOfWork


def apply(received: Received, uow: UnitOfWork, prepared: Any) -> None:
    """What the sender itself did is reversed; of others nothing."""
    sender = received.sender(uow)
    if sender is None or received.embedded_id("actor") not in ("", received.actor_uri):
        return
    uri = received.object_id or ""
    if uri and withdraw_vote(uow, actor_id=sender.id, digest=digest_of(uri), at=received.received_at):
        return
    undo(
        uow,
        actor=sender,
        uri=uri,
        types=received.object_types,
        target=received.embedded_id("object"),
        at=received.said_at,
    )
