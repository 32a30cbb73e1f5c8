"""Delete of one thing by its owner: a post or poll is purged, a vote withdrawn (federation.md 8.4)."""

from typing import Any

from fedcoop.actions.fediverse.mirrors import delete_remote
from fedcoop.actions.fediverse.votes import withdraw_vote
from fedcoop.federation.inbox.contract import Received, digest_of
from fedcoop.storage.unit_of_work import UnitOfWork


def apply(received: Received, uow: UnitOfWork, prepared: Any) -> None:
    """What the sender owns of the named id is gone; whatever others own stays."""
    sender = received.sender(uow)
    if sender is None or not received.object_id:
        return
    digest = digest_of(received.object_id)
    if not withdraw_vote(uow, actor_id=sender.id, digest=digest, at=received.received_at):
        delete_remote(uow, actor=sender, uri=received.object_id, at=received.said_at)
