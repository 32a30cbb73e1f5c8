"""A group that we follow relays somebody's post or poll (federation.md 8.4, 13.8; FEP-1b12).

What is kept is what the object's own origin serves under its id, never the copy that came along; votes are never relayed.
"""

from collections.abc import Mapping
from typing import Any

from fedcoop.actions.remote import mirror_motion, store_note
from fedcoop.federation.inbox.contract import Received, Remote
from fedcoop.federation.inbox.seen import seen_motion, seen_note
from fedcoop.federation.wire.activities import is_vote
from fedcoop.federation.wire.jsonld import first_known_type, id_of, ids_of, is_public
from fedcoop.storage.unit_of_work import UnitOfWork

RELAYED = frozenset({"Create", "Update"})
POSTS = frozenset({"Note", "Article", "Page", "Event"})


def needs_fetch(received: Received) -> bool:
    """Return True: nothing relayed is believed without its origin."""
    return True


def is_broadcast(received: Received) -> bool:
    """Return True: a group relays to all its followers."""
    return True


async def prepare(received: Received, remote: Remote) -> Mapping[str, Any]:
    """Return the relayed object as its origin serves it, its author known; nothing of what may not be relayed."""
    uri = relayed_id(received)
    if uri is None or remote.units.site.urls.is_local(uri):
        return {}
    document = await remote.documents.fetch(uri)
    owners = ids_of(document.get("attributedTo"))
    if len(owners) != 1 or not is_public([*ids_of(document.get("to")), *ids_of(document.get("cc"))]):
        return {}
    await remote.actors.actor(owners[0])
    return document


def apply(received: Received, uow: UnitOfWork, prepared: Any) -> None:
    """The post or poll is kept as its author's, for display."""
    if not prepared or is_vote(prepared):
        return
    author = uow.actors.find(ids_of(prepared.get("attributedTo"))[0])
    if author is None or author.local or uow.actors.is_blocked(author.uri, author.origin):
        return
    if first_known_type(prepared, ("Question",)):
        mirror_motion(uow, author=author, seen=seen_motion(prepared))
    elif first_known_type(prepared, POSTS):
        store_note(uow, author=author, seen=seen_note(prepared), motion_id=None, kind="post")


def relayed_id(received: Received) -> str | None:
    """Return the id of the object that is relayed: named itself, or inside a relayed activity."""
    for item in received.activity.objects[:1]:
        if isinstance(item, Mapping) and "actor" in item:
            return id_of(item.get("object")) if item.get("type") in RELAYED else None
        return id_of(item)
    return None
