"""How a mirrored motion ended, said by its own author (federation.md 13.4)."""

from typing import Any

from fedcoop.actions.fediverse.mirrors import mirror_outcome
from fedcoop.federation.inbox.contract import Received
from fedcoop.federation.inbox.seen import seen_note
from fedcoop.federation.wire.jsonld import id_of
from fedcoop.storage.unit_of_work import UnitOfWork


def apply(received: Received, uow: UnitOfWork, prepared: Any) -> None:
    """The public outcome stands beside the mirrored motion; one about a motion of somebody else changes nothing."""
    sender = received.sender(uow)
    if sender is None or received.embedded is None:
        return
    outcome = received.embedded["coop:outcome"]
    motion_uri = id_of(outcome.get("coop:motion")) or received.embedded_id("inReplyTo")
    note = seen_note(received.embedded)
    if not note.public:
        return
    mirror_outcome(
        uow,
        author=sender,
        motion_uri=motion_uri,
        outcome=outcome,
        html=note.content,
        note=note,
        said_at=received.said_at,
    )
