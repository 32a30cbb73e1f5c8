"""Who reads first, what they read then: a signed GET is verified before anything is shown, also from memory (federation.md 4)."""

from collections.abc import Callable
from typing import Any

from aiohttp import web

from fedcoop.federation.server.access import reader_of
from fedcoop.federation.server.documents import Document, answer, document, failure, missing
from fedcoop.federation.server.keys import DOCUMENTS, UNITS
from fedcoop.storage.unit_of_work import UnitOfWork

FIRST_PAGES = frozenset({None, "first"})


def is_guarded(request: web.Request) -> bool:
    """Return whether every reader must sign (`authorized_fetch`)."""
    return request.app[UNITS].site.config.federation.authorized_fetch


def unsigned() -> web.Response:
    """Return the answer for whoever would be shown something if they signed."""
    return failure(401, "signature-required")


async def show(request: web.Request, path: str, find: Callable[[UnitOfWork], Document | None]) -> web.Response:
    """Answer a document that everybody may read who may read here; `path` names it among those kept, nothing keeps it not."""
    if is_guarded(request) and await reader_of(request) is None:
        return unsigned()
    units = request.app[UNITS]
    found = await (request.app[DOCUMENTS].get(path, lambda: units.read(find)) if path else units.read(find))
    return missing() if found is None else answer(request, found)


async def show_collection(
    request: web.Request, path: str, find: Callable[[UnitOfWork], dict[str, Any] | None], *, max_age: int
) -> web.Response:
    """Answer a collection or a page of it; those that all ask for are kept for a moment."""
    guarded = is_guarded(request)

    def made(uow: UnitOfWork) -> Document | None:
        value = find(uow)
        return None if value is None else document(value, max_age=max_age, signed=guarded)

    page = request.query.get("page")
    return await show(request, f"{path} {page}" if page in FIRST_PAGES else "", made)
