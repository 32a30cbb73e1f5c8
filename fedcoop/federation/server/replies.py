"""The public replies to an object of ours, as a collection of their ids, oldest first (federation.md 4).

Whoever is blocked and what was deleted is left out; private objects and deleted ones have no collection.
A browser is sent to the page on which the replies stand.
"""

from typing import Any

from aiohttp import web

from fedcoop.federation.server.collections import CONTEXT, cursor_of
from fedcoop.federation.server.documents import failure
from fedcoop.federation.server.keys import UNITS
from fedcoop.federation.server.negotiation import wants_activitypub
from fedcoop.federation.server.showing import show_collection
from fedcoop.kernel.errors import Invalid
from fedcoop.storage.unit_of_work import UnitOfWork
from fedcoop.urls import replies_of

routes = web.RouteTableDef()

PAGE = 50
_AGE_S = 60


@routes.get("/{kind:motions|notes|proposals}/{uuid}/replies")
async def get_replies(request: web.Request) -> web.Response:
    """Answer the collection, or with `?page=` a page of it."""
    path = f"/{request.match_info['kind']}/{request.match_info['uuid']}"
    if not wants_activitypub(request.headers.get("Accept", "")):
        return web.Response(status=303, headers={"Location": f"{path}#replies", "Vary": "Accept"})
    uri, page = request.app[UNITS].site.urls.origin + path, request.query.get("page")
    try:
        return await show_collection(request, f"{uri}/replies", lambda uow: _replies(uow, uri, page), max_age=_AGE_S)
    except Invalid as error:
        return failure(400, error.code)


def _replies(uow: UnitOfWork, uri: str, page: str | None) -> dict[str, Any] | None:
    stored = uow.notes.find_object(uri)
    if stored is None or not stored.public or stored.deleted_at is not None:
        return None
    collection = replies_of(uri)
    if page is None:
        total = uow.notes.count_replies(uri)
        value = {"id": collection, "type": "Collection", "totalItems": total, "first": f"{collection}?page=first"}
        return {"@context": CONTEXT, **value}
    rows = uow.notes.reply_ids(uri, after=cursor_of(page), limit=PAGE + 1)
    shown = rows[:PAGE]
    value = {
        "id": f"{collection}?page={page}",
        "type": "CollectionPage",
        "partOf": collection,
        "items": [reply for _, reply in shown],
        **({"next": f"{collection}?page={shown[-1][0]:x}"} if len(rows) > PAGE else {}),
    }
    return {"@context": CONTEXT, **value}
