"""The collections of our actors: outbox, followers, following, featured, affiliations (federation.md 4).

Followers and following tell their number only. There is no client-to-server API: GET of an inbox and POST to an outbox
answer 405.
"""

import json
from collections.abc import Callable
from typing import Any

from aiohttp import web

from fedcoop.federation.server.documents import answer, document, failure
from fedcoop.federation.server.keys import UNITS
from fedcoop.federation.server.showing import show_collection
from fedcoop.kernel.errors import Invalid
from fedcoop.storage.records import Actor
from fedcoop.storage.unit_of_work import UnitOfWork

routes = web.RouteTableDef()

CONTEXT = "https://www.w3.org/ns/activitystreams"
OUTBOX_PAGE = 20
_AGE_S = 60


@routes.get("/actors/{name}/{collection:outbox|followers|following|featured|affiliations}")
async def get_collection(request: web.Request) -> web.Response:
    """Answer a collection of one of our actors; `?page=` of an outbox answers a page of it."""
    name, kind, page = request.match_info["name"], request.match_info["collection"], request.query.get("page")
    try:
        return await show_collection(
            request, f"{name}/{kind}", lambda uow: _collection(uow, name, kind, page), max_age=_AGE_S
        )
    except Invalid as error:
        return failure(400, error.code)


@routes.get("/actor/{collection:outbox|followers|following}")
async def get_instance_collection(request: web.Request) -> web.Response:
    """Answer an empty collection: the instance actor says nothing and follows nobody."""
    uri = f"{request.app[UNITS].site.urls.instance_actor}/{request.match_info['collection']}"
    return answer(request, document({"@context": CONTEXT, "id": uri, "type": "OrderedCollection", "totalItems": 0}))


def _collection(uow: UnitOfWork, name: str, kind: str, page: str | None) -> dict[str, Any] | None:
    actor = uow.actors.find_local(name)
    if actor is None or actor.gone_at is not None or actor.uri == uow.urls.instance_actor:
        return None
    if page is not None and kind != "outbox":
        raise Invalid("cursor", field="page")
    found = _outbox_page(uow, actor, page) if page is not None else _MAKERS[kind](uow, actor)
    return None if found is None else {"@context": CONTEXT, **found}


def _outbox(uow: UnitOfWork, actor: Actor) -> dict[str, Any]:
    uri = uow.urls.outbox(actor.name)
    total = uow.queues.count_outbox(actor.id)
    return {"id": uri, "type": "OrderedCollection", "totalItems": total, "first": f"{uri}?page=first"}


def _outbox_page(uow: UnitOfWork, actor: Actor, page: str) -> dict[str, Any]:
    uri = uow.urls.outbox(actor.name)
    rows = uow.queues.outbox(actor.id, before=cursor_of(page), limit=OUTBOX_PAGE + 1)
    shown = rows[:OUTBOX_PAGE]
    value: dict[str, Any] = {
        "id": f"{uri}?page={page}",
        "type": "OrderedCollectionPage",
        "partOf": uri,
        "orderedItems": [json.loads(row.document) for row in shown],
    }
    if len(rows) > OUTBOX_PAGE:
        value["next"] = f"{uri}?page={shown[-1].id:x}"
    return value


def cursor_of(page: str) -> int | None:
    """Return the id to go on from, None for the first page. Raises Invalid (`cursor`)."""
    if page == "first":
        return None
    if len(page) > 16 or not page.isascii() or not page.isalnum():
        raise Invalid("cursor", field="page")
    try:
        number = int(page, 16)
    except ValueError:
        raise Invalid("cursor", field="page") from None
    if number >= 1 << 63:
        raise Invalid("cursor", field="page")
    return number


def _followers(uow: UnitOfWork, actor: Actor) -> dict[str, Any]:
    total = uow.actors.count_followers(actor.id)
    return {"id": uow.urls.followers(actor.name), "type": "OrderedCollection", "totalItems": total}


def _following(uow: UnitOfWork, actor: Actor) -> dict[str, Any]:
    total = uow.actors.count_following(actor.id)
    return {"id": uow.urls.following(actor.name), "type": "OrderedCollection", "totalItems": total}


def _featured(uow: UnitOfWork, actor: Actor) -> dict[str, Any]:
    items = uow.notes.featured(actor.id)
    return {
        "id": uow.urls.featured(actor.name),
        "type": "OrderedCollection",
        "totalItems": len(items),
        "orderedItems": items,
    }


def _affiliations(uow: UnitOfWork, actor: Actor) -> dict[str, Any] | None:
    """Members who opted in by having a public actor; only the co-op has affiliations."""
    if actor.name != uow.site.coop_name:
        return None
    items = [found.uri for found in uow.actors.list_local() if found.kind in ("Person", "member")]
    return {
        "id": uow.urls.affiliations(actor.name),
        "type": "OrderedCollection",
        "totalItems": len(items),
        "orderedItems": items,
    }


_MAKERS: dict[str, Callable[[UnitOfWork, Actor], dict[str, Any] | None]] = {
    "outbox": _outbox,
    "followers": _followers,
    "following": _following,
    "featured": _featured,
    "affiliations": _affiliations,
}
