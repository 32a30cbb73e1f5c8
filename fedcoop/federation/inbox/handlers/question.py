"""A motion of a followed co-op or partner: kept for display, its numbers believed from its owner only (federation.md 12.6)."""

from typing import Any

from fedcoop.actions.remote import mirror_motion
from fedcoop.federation.inbox.contract import Received
from fedcoop.federation.inbox.seen import seen_motion
from fedcoop.storage.unit_of_work import UnitOfWork


def apply(received: Received, uow: UnitOfWork, prepared: Any) -> None:
    """The poll is kept, or its new numbers are."""
    sender = received.sender(uow)
    if sender is not None and received.embedded is not None:
        mirror_motion(uow, author=sender, seen=seen_motion(received.embedded))
