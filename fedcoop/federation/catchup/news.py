"""From an item of an outbox to an activity that is processed as if it had been forwarded: vouched for by its origin (8.3 b).

An item is asked for only if the matrix would let it in. Of a `Create` the object is fetched, since some servers' activities
cannot be; of anything else the activity. Votes and what is not for everybody are never taken this way.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from fedcoop.federation.catchup.outbox import Item, is_older
from fedcoop.federation.inbox.authorise import is_told_to_us, row_of
from fedcoop.federation.inbox.contract import Received, Remote, received_of
from fedcoop.federation.inbox.forwarded import vouch
from fedcoop.federation.inbox.refusal import Refusal
from fedcoop.federation.inbox.replays import Keys, is_known, is_new, keys_of
from fedcoop.federation.wire.activities import is_vote
from fedcoop.federation.wire.jsonld import id_of, ids_of, is_public, same_origin
from fedcoop.kernel.errors import MalformedActivity, PeerUnreachable
from fedcoop.storage.records import Actor, Inbound
from fedcoop.storage.unit_of_work import UnitOfWork

MAX_FETCHED = 100
SHOWING = frozenset({"Create", "Update"})


def worth_fetching(uow: UnitOfWork, actor: Actor, items: Sequence[Item]) -> list[Item]:
    """Return those of the items that are news and that the matrix would let in, the newest hundred, oldest first."""
    wanted = [item for item in items if _is_news(uow, actor, item) and _would_be_let_in(uow, actor, item)]
    return wanted[:MAX_FETCHED][::-1]


def _is_news(uow: UnitOfWork, actor: Actor, item: Item) -> bool:
    shown = id_of(item.get("object"))
    if id_of(item) is None or ("type" in item and is_known(uow, _keys(uow, actor, item))):
        return False
    if item.get("type") != "Create" or shown is None:
        return True
    return uow.notes.find_note(shown) is None and uow.notes.find_remote_motion(shown) is None


def _would_be_let_in(uow: UnitOfWork, actor: Actor, item: Item) -> bool:
    """What is no more than an id may be anything; a `Create` of one may be a reply to us, if its sender is linked."""
    if "type" not in item:
        return same_origin(str(item["id"]), actor.uri)
    try:
        received = received_of(_row(uow, actor.uri, item))
    except MalformedActivity:
        return False
    if received.actor_uri != actor.uri or received.all_votes:
        return False
    if received.activity.type in SHOWING and received.embedded is None:
        return same_origin(received.object_id or "", actor.uri) and _is_awaited(uow, actor, received)
    row = row_of(received, uow.urls)
    return row is not None and row.may(received, uow)


def _is_awaited(uow: UnitOfWork, actor: Actor, received: Received) -> bool:
    return is_told_to_us(received, uow) or uow.members.find_link(actor.id) is not None


async def from_origin(item: Item, actor: Actor, since: datetime, remote: Remote) -> Item | None:
    """Return the activity as its origin vouches for it, or None where it does not or it is none of ours. Raises PeerError."""
    if "type" not in item:
        item = await remote.documents.fetch(str(item["id"]))
    if id_of(item.get("actor")) != actor.uri or is_older(item, since):
        return None
    shown = id_of(item.get("object"))
    if item.get("type") in SHOWING and shown is not None and same_origin(shown, actor.uri):
        return _as_activity(item, await remote.documents.fetch(shown), since)
    try:
        return (await vouch(item, b"", proven=False, documents=remote.documents, actors=remote.actors)).document
    except Refusal as refusal:
        if refusal.status == 503:
            raise PeerUnreachable(refusal.code) from refusal
        return None


def _as_activity(item: Item, document: Mapping[str, Any], since: datetime) -> Item | None:
    """Return the activity with its object as the object's origin serves it; None for votes and for what is not public."""
    own = document["id"] == id_of(item.get("object")) and ids_of(document.get("attributedTo")) == [id_of(item["actor"])]
    audience = {key: document[key] for key in ("to", "cc") if key in document}
    if not own or is_vote(document) or not any(is_public(named) for named in audience.values()):
        return None
    if item["type"] == "Create" and is_older({"object": document}, since):
        return None
    said = {key: item[key] for key in ("id", "type", "actor", "published") if key in item}
    return {"@context": document.get("@context"), **said, **audience, "object": document}


def take(uow: UnitOfWork, actor: Actor, activity: Item) -> bool:
    """The activity waits in the inbox like one that was forwarded; return whether it was not taken before."""
    if not is_new(uow, _keys(uow, actor, activity), as_copy=True, forget_at=None):
        return False
    uow.queues.add_inbound(_row(uow, actor.uri, activity))
    uow.wake("inbox")
    return True


def _row(uow: UnitOfWork, actor_uri: str, activity: Item) -> Inbound:
    raw = json.dumps(activity).encode()
    return Inbound(uow.new_id(), actor_uri, raw, "fetch", uow.now, uow.now, 0)


def _keys(uow: UnitOfWork, actor: Actor, activity: Item) -> Keys:
    return keys_of(activity, actor_uri=actor.uri, raw=json.dumps(activity).encode(), signed_at=uow.now)
