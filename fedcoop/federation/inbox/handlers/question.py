"""A motion of a followed co-op or partner: kept for display, its numbers believed from its owner only (federation.md 12.6).

A partner may write our extension terms under another spelling: those are brought to ours first (federation.md 10).
"""

from typing import Any

from fedcoop.actions.fediverse.mirrors import mirror_motion
from fedcoop.federation.inbox.contract import Received, Remote
from fedcoop.federation.inbox.seen import seen_motion
from fedcoop.federation.inbox.terms import our_terms
from fedcoop.federation.wire.extensions import says_it_otherwise
from fedcoop.storage.unit_of_work import UnitOfWork


def needs_fetch(received: Received) -> bool:
    """Return whether the terms have to be brought to our spelling, outside the unit."""
    embedded = received.embedded
    return embedded is not None and says_it_otherwise(embedded, received.context)


async def prepare(received: Received, remote: Remote) -> dict[str, Any]:
    """Return the poll's extension terms in our spelling; none for others than partners."""
    return await our_terms(received.embedded or {}, received.context, origin=received.origin, remote=remote)


def apply(received: Received, uow: UnitOfWork, prepared: Any) -> None:
    """The poll is kept, or its new numbers are."""
    sender = received.sender(uow)
    if sender is not None and received.embedded is not None:
        seen = seen_motion({**received.embedded, **(prepared or {})})
        mirror_motion(uow, author=sender, seen=seen, said_at=received.said_at)
