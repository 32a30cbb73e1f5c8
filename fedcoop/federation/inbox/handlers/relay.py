"""Somebody whom we follow relays a post or poll of somebody else (federation.md 8.4, 13.8; FEP-1b12).

What is kept is what the object's own origin serves under its id, never the copy that came along; the matrix is asked about
it as about its owner's own word. Votes, and what is not for everybody, are never relayed.
"""

from collections.abc import Mapping
from typing import Any

from fedcoop.federation.inbox.contract import Received, Remote, relayed
from fedcoop.federation.wire.activities import is_vote
from fedcoop.federation.wire.jsonld import first_known_type, id_of, ids_of, is_public
from fedcoop.federation.wire.polls import owned
from fedcoop.storage.unit_of_work import UnitOfWork

RELAYED = frozenset({"Create", "Update"})


def is_broadcast(received: Received) -> bool:
    """Return True: it is relayed to all followers."""
    return True


async def resolve(received: Received, remote: Remote) -> Received | None:
    """Return the relayed object as its origin serves it, its author known; None for what may not be relayed. Raises PeerError."""
    uri = relayed_id(received)
    if uri is None or remote.units.site.urls.is_local(uri):
        return None
    document = owned(await remote.documents.fetch(uri))
    owners = ids_of(document.get("attributedTo"))
    if len(owners) != 1 or is_vote(document) or not (is_public(document.get("to")) or is_public(document.get("cc"))):
        return None
    await remote.actors.actor(owners[0])
    return relayed(received, document, owner=owners[0])


def apply(received: Received, uow: UnitOfWork, prepared: Any) -> None:
    """Nothing: what was found has a row of its own."""


def relayed_id(received: Received) -> str | None:
    """Return the id of the object that is relayed: named itself, or inside a relayed activity."""
    for item in received.activity.objects[:1]:
        if isinstance(item, Mapping) and "actor" in item and first_known_type(item, ("Question",)) is None:
            return id_of(item.get("object")) if first_known_type(item, RELAYED) else None
        return id_of(item)
    return None
