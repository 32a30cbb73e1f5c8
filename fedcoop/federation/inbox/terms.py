"""Our extension terms in our spelling, where a partner writes them under another (federation.md 10)."""

from collections.abc import Mapping
from typing import Any

from fedcoop.federation.inbox.contract import Remote
from fedcoop.federation.wire.extensions import says_it_otherwise


async def our_terms(document: Mapping[str, Any], context: Any, *, origin: str, remote: Remote) -> dict[str, Any]:
    """Return the terms that `document` says otherwise; none for others than partners."""
    if not says_it_otherwise(document, context):
        return {}
    if origin not in await remote.units.read(lambda uow: uow.actors.partner_origins()):
        return {}
    return await remote.compactor.our_terms({**document, "@context": context})
