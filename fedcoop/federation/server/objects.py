"""GET of our actors, objects and activities (federation.md 4).

What is public is readable unsigned unless `authorized_fetch` is on. What is not needs a signature whose owner is in the
audience; otherwise missing, private and blocked give one and the same answer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from fedcoop.federation.publish.decisions import motion_document
from fedcoop.federation.publish.profile import document_of
from fedcoop.federation.server.access import Reader, reader_of
from fedcoop.federation.server.documents import Document, answer, document, missing, raw_document, tombstone
from fedcoop.federation.server.keys import DOCUMENTS, UNITS
from fedcoop.federation.server.negotiation import wants_activitypub
from fedcoop.federation.server.showing import is_guarded, show, show_collection, unsigned
from fedcoop.kernel.canonical import canonical_bytes
from fedcoop.kernel.clock import rfc3339
from fedcoop.storage.records import Actor
from fedcoop.storage.unit_of_work import UnitOfWork

routes = web.RouteTableDef()

OBJECT_AGE_S = 60
ACTOR_AGE_S = 180


@dataclass(frozen=True, slots=True)
class Found:
    """What storage holds under a URI, and who may see it."""

    text: str
    type: str
    author_uri: str
    public: bool
    audience: tuple[str, ...]
    deleted_at: str


@routes.get("/actor")
async def get_instance_actor(request: web.Request) -> web.Response:
    """Answer the instance actor, always readable without a signature (federation.md 2.1)."""
    found = await request.app[DOCUMENTS].get("/actor", lambda: request.app[UNITS].read(instance_actor_document))
    return missing() if found is None else answer(request, found)


def instance_actor_document(uow: UnitOfWork) -> Document | None:
    """Return the document of the instance actor, or None before it was made."""
    actor = uow.actors.find(uow.urls.instance_actor)
    return None if actor is None else _rendered(uow, actor, signed=False)


@routes.get("/actors/{name}")
async def get_actor(request: web.Request) -> web.Response:
    """Answer the document of an actor of ours; a browser is sent to its page."""
    name = request.match_info["name"]
    if not wants_activitypub(request.headers.get("Accept", "")):
        return _to_page(request, name)
    guarded = is_guarded(request)
    return await show(request, f"@{name}", lambda uow: local_actor_document(uow, name, guarded))


def local_actor_document(uow: UnitOfWork, name: str, signed: bool) -> Document | None:
    """Return the document of our actor `name`, a tombstone for a deleted one, None for an unknown one."""
    actor = uow.actors.find_local(name)
    if actor is None or actor.uri == uow.urls.instance_actor:
        return None
    if actor.gone_at is not None:
        former = document_of(uow, actor)["type"]
        return tombstone(actor.uri, former, rfc3339(actor.gone_at), signed=signed)
    return _rendered(uow, actor, signed=signed)


def _rendered(uow: UnitOfWork, actor: Actor, *, signed: bool) -> Document:
    return document(document_of(uow, actor), max_age=ACTOR_AGE_S, signed=signed)


def _to_page(request: web.Request, name: str) -> web.Response:
    location = request.app[UNITS].site.urls.profile(name)
    return web.Response(status=303, headers={"Location": location, "Vary": "Accept"})


async def get_motion(request: web.Request) -> web.Response:
    """Answer a motion as it was published last; its page has the same URL (`negotiation.by_accept`)."""
    return await _get_object(request, request.app[UNITS].site.urls.motion(request.match_info["uuid"]))


async def get_note(request: web.Request) -> web.Response:
    """Answer a note of ours; its page has the same URL."""
    return await _get_object(request, request.app[UNITS].site.urls.note(request.match_info["uuid"]))


async def get_proposal(request: web.Request) -> web.Response:
    """Answer a proposal as it was published last; its page has the same URL."""
    return await _get_object(request, request.app[UNITS].site.urls.proposal(request.match_info["uuid"]))


@routes.get("/activities/{uuid}")
async def get_activity(request: web.Request) -> web.Response:
    """Answer an activity exactly as it was sent, proof and all."""
    uri = request.app[UNITS].site.urls.activity(request.match_info["uuid"])
    return await _serve(request, uri, _find_activity)


async def _get_object(request: web.Request, uri: str) -> web.Response:
    return await _serve(request, uri, _find_object)


async def _serve(request: web.Request, uri: str, find: Callable[[UnitOfWork, str], Found | None]) -> web.Response:
    """What is private is asked of the database for each asker and kept for nobody."""
    guarded, units = is_guarded(request), request.app[UNITS]
    reader = await reader_of(request) if guarded else None

    def look(uow: UnitOfWork) -> Document | Found | None:
        found = find(uow, uri)
        return found if found is None or not found.public else _shown(found, uri, guarded=guarded)

    found = await request.app[DOCUMENTS].get(uri, lambda: units.read(look))
    if isinstance(found, Document):
        return unsigned() if guarded and reader is None else answer(request, found)
    return await _serve_private(request, found, reader if guarded else await reader_of(request))


def _shown(found: Found, uri: str, *, guarded: bool) -> Document:
    if found.deleted_at:
        return tombstone(uri, found.type, found.deleted_at, signed=guarded)
    return raw_document(found.text, max_age=OBJECT_AGE_S, signed=guarded)


async def _serve_private(request: web.Request, found: Found | None, reader: Reader | None) -> web.Response:
    """A missing object costs the same verification as a private one, so that time tells nothing (federation.md 4)."""
    if found is None or reader is None or found.deleted_at:
        return missing()
    allowed = await request.app[UNITS].read(_may_read, found, reader)
    return answer(request, raw_document(found.text, signed=True)) if allowed else missing()


def _may_read(uow: UnitOfWork, found: Found, reader: Reader) -> bool:
    if reader.uri in found.audience:
        return True
    author = uow.actors.find(found.author_uri)
    asking = uow.actors.find(reader.uri)
    if author is None or asking is None or author.followers not in found.audience:
        return False
    follow = uow.actors.find_follow(asking.id, author.id)
    return follow is not None and follow.state == "accepted"


def _find_object(uow: UnitOfWork, uri: str) -> Found | None:
    stored = uow.notes.find_object(uri)
    if stored is None:
        return None
    author = uow.actors.get(stored.actor_id).uri
    deleted = rfc3339(stored.deleted_at) if stored.deleted_at else ""
    motion = None if deleted else uow.motions.find_by_url(uri)
    text = stored.document if motion is None else canonical_bytes(motion_document(uow, motion)).decode()
    return Found(text, stored.type, author, stored.public, stored.audience, deleted)


def _find_activity(uow: UnitOfWork, uri: str) -> Found | None:
    row = uow.queues.find_activity(uri)
    if row is None:
        return None
    author = uow.actors.get(row.actor_id).uri
    return Found(row.document, row.type, author, row.public, row.audience, "")


@routes.get("/contexts/{uuid}")
async def get_context(request: web.Request) -> web.Response:
    """Answer the conversation about a motion, oldest first (FEP-7888, FEP-f228)."""
    uuid = request.match_info["uuid"]
    return await show_collection(request, f"/contexts/{uuid}", lambda uow: _context(uow, uuid), max_age=OBJECT_AGE_S)


def _context(uow: UnitOfWork, uuid: str) -> dict[str, Any] | None:
    """Return the conversation: the proposal where one was published, its vote once that is open, and the answers to both."""
    motion, proposal = uow.motions.find_by_context(uuid), uow.proposals.find_by_context(uuid)
    begun = [uow.urls.proposal(proposal.uuid)] if proposal is not None else []
    objects = [(url, uow.notes.find_object(url)) for url in [*begun, *([motion.url] if motion is not None else [])]]
    public = [
        (url, stored) for url, stored in objects if stored is not None and stored.public and not stored.deleted_at
    ]
    if not public:
        return None
    answers = [item for url, _ in public for item in uow.notes.conversation(url)]
    ids = [item if "://" in item else uow.urls.note(item) for item in dict.fromkeys(answers)]
    items = [*(url for url, _ in public), *(item for item in ids if item not in dict(public))]
    return {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": uow.urls.context(uuid),
        "type": "OrderedCollection",
        "attributedTo": uow.actors.get(public[0][1].actor_id).uri,
        "totalItems": len(items),
        "orderedItems": items,
    }
