"""What a remote actor says about itself: a new document, its end, a move; or that it blocks an actor of ours (8.4, 14.4).

The copy inside an `Update` is never believed: the document is fetched from its own id, and keys are compared.
"""

from typing import Any

from fedcoop.actions.fediverse.relations import blocked_by
from fedcoop.actions.fediverse.remote import actor_gone, delete_actor, inbox_moved, move_actor, remember_actor
from fedcoop.federation.inbox.contract import Received, Remote
from fedcoop.federation.inbox.looking import Look, look_at
from fedcoop.storage.unit_of_work import UnitOfWork


def needs_fetch(received: Received) -> bool:
    """Return whether there is something to do before: for `Update` the actor is fetched, for `Move` its target."""
    return received.activity.type in ("Update", "Move", "Delete")


def is_broadcast(received: Received) -> bool:
    """Return whether all who follow the actor hear this and look at the same document."""
    return received.activity.type in ("Update", "Move")


async def prepare(received: Received, remote: Remote) -> Look:
    """Return the actor (`Update`) or the target (`Move`) as its own document shows it now; keys in memory are dropped."""
    remote.actors.forget(received.actor_uri)
    if received.activity.type == "Delete":
        return Look(None)
    uri = received.activity.target if received.activity.type == "Move" else received.actor_uri
    return await look_at(uri, remote.documents, now=remote.units.clock.now()) if uri else Look(None)


def apply(received: Received, uow: UnitOfWork, prepared: Any) -> None:
    """The actor's row, relations and links are what it said, within the rules of 14.4 and 14.5."""
    match received.activity.type:
        case "Update":
            _update(received, uow, prepared)
        case "Move":
            _move(received, uow, prepared)
        case "Delete":
            sender = received.sender(uow)
            if sender is not None and not sender.local:
                delete_actor(uow, sender)
        case _:
            _block(received, uow)


def _update(received: Received, uow: UnitOfWork, look: Look) -> None:
    if look.is_gone:
        actor_gone(uow, received.actor_uri)
    elif look.actor is None:
        inbox_moved(uow, received.actor_uri)
    elif look.actor.uri == received.actor_uri:
        remember_actor(uow, look.actor, vouched=received.proven_by == "signature" and not received.by_new_key)


def _move(received: Received, uow: UnitOfWork, look: Look) -> None:
    sender = received.sender(uow)
    target = look.actor
    if sender is None or target is None or target.moved_to or received.actor_uri not in look.also_known_as:
        return
    if not uow.urls.is_local(target.uri) and not uow.actors.is_blocked(target.uri):
        move_actor(uow, sender, remember_actor(uow, target))


def _block(received: Received, uow: UnitOfWork) -> None:
    sender = received.sender(uow)
    ours = uow.actors.find(received.object_id or "")
    if sender is not None and ours is not None and ours.local:
        blocked_by(uow, blocker=sender, ours=ours, at=received.said_at)
