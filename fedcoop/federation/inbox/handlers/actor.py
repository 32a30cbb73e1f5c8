"""What a remote actor says about itself: a new document, its end, a move; or that it blocks an actor of ours (8.4, 14.4).

The copy inside an `Update` is never believed: the document is fetched from its own id, and keys are compared.
"""

from dataclasses import dataclass
from typing import Any

from fedcoop.actions.members import freeze_links
from fedcoop.actions.relations import blocked_by
from fedcoop.actions.remote import SeenActor, actor_gone, delete_actor, move_actor, remember_actor
from fedcoop.federation.inbox.contract import Received, Remote
from fedcoop.federation.inbox.seen import seen_actor
from fedcoop.federation.wire.objects import parse_actor
from fedcoop.kernel.errors import MalformedActivity, PeerGone
from fedcoop.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Fetched:
    """What the network said: the actor as it is now, that it is gone, or that its inbox is on another server now."""

    actor: SeenActor | None
    is_gone: bool = False
    also_known_as: tuple[str, ...] = ()
    moved_to: str = ""


def needs_fetch(received: Received) -> bool:
    """Return whether there is something to do before: for `Update` the actor is fetched, for `Move` its target."""
    return received.activity.type in ("Update", "Move", "Delete")


def is_broadcast(received: Received) -> bool:
    """Return whether all who follow the actor hear this and look at the same document."""
    return received.activity.type in ("Update", "Move")


async def prepare(received: Received, remote: Remote) -> Fetched:
    """Return the actor (`Update`) or the target (`Move`) as its own document shows it now; keys in memory are dropped."""
    remote.actors.forget(received.actor_uri)
    if received.activity.type == "Delete":
        return Fetched(None)
    uri = received.activity.target if received.activity.type == "Move" else received.actor_uri
    if not uri:
        return Fetched(None)
    try:
        document = await remote.documents.fetch(uri)
    except PeerGone:
        return Fetched(None, is_gone=True)
    try:
        found = parse_actor(document)
    except MalformedActivity as error:
        if error.code == "actor-inbox":
            return Fetched(None)
        raise
    return Fetched(seen_actor(found, document), also_known_as=found.also_known_as, moved_to=found.moved_to)


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


def _update(received: Received, uow: UnitOfWork, fetched: Fetched) -> None:
    sender = received.sender(uow)
    if fetched.is_gone:
        actor_gone(uow, received.actor_uri)
    elif fetched.actor is None:
        freeze_links(uow, actor_ids=[sender.id] if sender is not None else [], reason="inbox-moved")
    elif fetched.actor.uri == received.actor_uri:
        remember_actor(uow, fetched.actor, vouched=received.proven_by == "signature" and not received.by_new_key)


def _move(received: Received, uow: UnitOfWork, fetched: Fetched) -> None:
    sender = received.sender(uow)
    target = fetched.actor
    if sender is None or target is None or fetched.moved_to or received.actor_uri not in fetched.also_known_as:
        return
    if not uow.urls.is_local(target.uri) and not uow.actors.is_blocked(target.uri):
        move_actor(uow, sender, remember_actor(uow, target))


def _block(received: Received, uow: UnitOfWork) -> None:
    sender = received.sender(uow)
    ours = uow.actors.find(received.object_id or "")
    if sender is not None and ours is not None and ours.local:
        blocked_by(uow, blocker=sender, ours=ours, at=received.said_at)
