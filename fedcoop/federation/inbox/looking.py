"""An actor as its own server shows it now: its document, that it is gone, or that its inbox is elsewhere (federation.md 14.4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fedcoop.actions.fediverse.remote import SeenActor
from fedcoop.federation.inbox.seen import seen_actor
from fedcoop.federation.remote.documents import Documents
from fedcoop.federation.wire.jsonld import types_of
from fedcoop.federation.wire.objects import parse_actor
from fedcoop.kernel.errors import MalformedActivity, PeerGone


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen; without an actor that it is gone, or else that its inbox is on another server."""

    actor: SeenActor | None
    is_gone: bool = False
    also_known_as: tuple[str, ...] = ()
    document: Mapping[str, Any] | None = None


async def look_at(uri: str, documents: Documents, *, now: datetime) -> Look:
    """Return the actor that is served at `uri` now, under the id that its document has. Raises PeerError."""
    try:
        document = await documents.fetch(uri)
    except PeerGone:
        return Look(None, is_gone=True)
    if "Tombstone" in types_of(document) and document["id"] == uri:
        return Look(None, is_gone=True)
    try:
        found = parse_actor(document)
    except MalformedActivity as error:
        if error.code == "actor-inbox" and document["id"] == uri:
            return Look(None)
        raise
    return Look(seen_actor(found, document, asked_at=now), also_known_as=found.also_known_as, document=document)
