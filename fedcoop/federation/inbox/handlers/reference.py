"""A `Create` or `Update` that only names its object: its own server shows it, then the matrix is asked again (8.2, 8.4)."""

from typing import Any

from fedcoop.federation.inbox.contract import Received, Remote, with_object
from fedcoop.federation.wire.jsonld import AS_PUBLIC
from fedcoop.storage.unit_of_work import UnitOfWork


def is_broadcast(received: Received) -> bool:
    """Return whether it was said to everybody."""
    return AS_PUBLIC in received.activity.recipients


async def resolve(received: Received, remote: Remote) -> Received | None:
    """Return the activity with its object as served under exactly the named id. Raises PeerError."""
    uri = received.object_id or ""
    document = await remote.documents.fetch(uri)
    return with_object(received, document) if document["id"] == uri else None


def apply(received: Received, uow: UnitOfWork, prepared: Any) -> None:
    """Nothing: what was found has a row of its own."""
