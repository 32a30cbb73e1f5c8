"""Undo of what the sender did before: a follow, a reaction, a block or a vote (federation.md 8.4).

The inner activity is matched by its id, or by type, sender and object where we do not know the id.
"""

from typing import Any

from fedcoop.actions.votes import withdraw_vote
from fedcoop.federation.inbox.contract import Received, digest_of
from fedcoop.storage.records import Actor
from fedcoop.storage.unit_of_work import UnitOfWork


def apply(received: Received, uow: UnitOfWork, prepared: Any) -> None:
    """What the sender itself did is reversed; of others nothing."""
    sender = received.sender(uow)
    if sender is None or received.embedded_id("actor") not in ("", received.actor_uri):
        return
    if received.object_id:
        digest = digest_of(received.object_id)
        if withdraw_vote(uow, actor_id=sender.id, digest=digest, at=received.received_at):
            return
    if _undo_follow(received, uow, sender):
        return
    if received.object_id and uow.actors.drop_interaction(actor_id=sender.id, type_=None, target=received.object_id):
        return
    target = received.embedded_id("object")
    for kind in received.object_types if target else ():
        uow.actors.drop_interaction(actor_id=sender.id, type_=kind, target=target)


def _undo_follow(received: Received, uow: UnitOfWork, sender: Actor) -> bool:
    follow = uow.actors.find_follow_by_uri(received.object_id) if received.object_id else None
    if follow is None and "Follow" in received.object_types:
        followee = uow.actors.find(received.embedded_id("object"))
        follow = None if followee is None else uow.actors.find_follow(sender.id, followee.id)
    if follow is None or follow.follower_id != sender.id:
        return False
    uow.actors.drop_follow(follow.follower_id, follow.followee_id)
    return True
