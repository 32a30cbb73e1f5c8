"""A request to quote a public object of ours: refused, because nobody may unless the co-op allows it (FEP-044f)."""

from typing import Any

from fedcoop.actions.fediverse.relations import receive_quote_request
from fedcoop.federation.inbox.contract import Received
from fedcoop.federation.wire.jsonld import id_of
from fedcoop.storage.unit_of_work import UnitOfWork


def apply(received: Received, uow: UnitOfWork, prepared: Any) -> None:
    """`Reject` is on its way."""
    sender = received.sender(uow)
    instrument = id_of(received.activity.raw.get("instrument")) or ""
    if sender is not None and received.object_id:
        receive_quote_request(
            uow, actor=sender, target=received.object_id, request_uri=received.id, instrument_uri=instrument
        )
