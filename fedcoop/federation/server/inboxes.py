"""POST to an inbox: limits, headers, body, receipt time, then who sent it, then one durable row (federation.md 8.1).

The steps and their order are those of the table there. Every limit of federation.md 16 that a sender can be told of is
looked at before (FEDERATION.md lists where). The answer 202 is given once the row is committed; what the
activity does is `inbox/process.py`. This file holds the door's table of errors.
"""

import asyncio
import logging
from datetime import timedelta
from functools import lru_cache
from math import ceil

from aiohttp import web

from fedcoop.federation.inbox.authenticate import Authenticated
from fedcoop.federation.inbox.refusal import Accepted, Refusal
from fedcoop.federation.inbox.replays import COPIES, Keys, is_new
from fedcoop.federation.remote.media_types import is_activitypub_media_type
from fedcoop.federation.server.door import Door
from fedcoop.federation.server.keys import AUTHENTICATOR, DOOR, UNITS
from fedcoop.federation.server.messages import message_of
from fedcoop.federation.wire.activities import is_vote
from fedcoop.federation.wire.jsonld import as_list
from fedcoop.storage.records import Inbound
from fedcoop.storage.unit_of_work import UnitOfWork

log = logging.getLogger(__name__)
routes = web.RouteTableDef()

MAX_BODY = 1 << 20
BODY_S = 10.0
REPLAY_WINDOW = timedelta(minutes=130)
_ACCEPTED = b""
_is_activity_type = lru_cache(maxsize=256)(is_activitypub_media_type)


@routes.post("/inbox")
async def post_shared_inbox(request: web.Request) -> web.Response:
    """Take an activity for any of our actors."""
    return await _post(request, None)


@routes.post("/actors/{name}/inbox")
async def post_inbox(request: web.Request) -> web.Response:
    """Take an activity for one actor of ours, who must exist."""
    return await _post(request, request.match_info["name"])


@routes.route("*", "/inbox")
@routes.route("*", "/actors/{name}/inbox")
async def refuse_method(request: web.Request) -> web.Response:
    """Answer 405: there is no client-to-server API (federation.md 4)."""
    return _error(405, "method-not-allowed", Allow="POST")


@routes.post("/actors/{name}/outbox")
async def refuse_outbox(request: web.Request) -> web.Response:
    """Answer 405: nobody posts to an outbox from outside."""
    return _error(405, "method-not-allowed", Allow="GET, HEAD")


async def _post(request: web.Request, owner: str | None) -> web.Response:
    door = request.app[DOOR]
    address = door.address_of(request)
    try:
        if owner is not None:
            await _check_owner(door, owner)
        door.admit(address)
        check_headers(request)
        body = await read_body(request)
        return await _receive(request, door, address, body)
    except Refusal as refusal:
        if refusal.code == "signature-host":
            door.tell_of_host(request.headers.get("Host", ""))
        return _refuse(door, address, refusal)
    except Accepted:
        return web.Response(status=202, body=_ACCEPTED)


async def _receive(request: web.Request, door: Door, address: str, body: bytes) -> web.Response:
    with request.app[UNITS].at_the_door() as received_at:
        message = message_of(request, body)
        verified = await request.app[AUTHENTICATOR].authenticate(message, received_at)
        door.remember_known(address)
        door.admit_sender(verified.origin, verified.actor_uri, marks=_marks(verified))
        row = Inbound(
            id=0,
            actor_uri=verified.actor_uri,
            raw=verified.raw,
            proven_by=verified.proven_by,
            received_at=received_at,
            signed_at=verified.signed_at,
            attempts=0,
        )
        forget_after = None if verified.has_id else REPLAY_WINDOW
        await request.app[UNITS].write(accept_inbound, row, verified.keys, forget_after)
    return web.Response(status=202, body=_ACCEPTED)


def accept_inbound(uow: UnitOfWork, row: Inbound, keys: Keys, forget_after: timedelta | None) -> bool:
    """Steps 14 and 15: the activity is stored, unless it is known; return whether it is new."""
    forget_at = None if forget_after is None else uow.now + forget_after
    if not is_new(uow, keys, as_copy=row.proven_by in COPIES, forget_at=forget_at):
        return False
    uow.queues.add_inbound(
        Inbound(uow.new_id(), row.actor_uri, row.raw, row.proven_by, row.received_at, row.signed_at, row.attempts)
    )
    uow.wake("inbox")
    return True


async def _check_owner(door: Door, name: str) -> None:
    status = await door.owners.status(name)
    if status != 200:
        raise Refusal(status, "gone" if status == 410 else "not-found")


def check_headers(request: web.Request) -> None:
    """Steps 3 to 5 as far as headers tell. Raises Refusal 415 or 413."""
    if not _is_activity_type(request.headers.get("Content-Type", "")):
        raise Refusal(415, "content-type")
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise Refusal(415, "content-encoding")
    if (request.content_length or 0) > MAX_BODY:
        raise Refusal(413, "too-large")


async def read_body(request: web.Request) -> bytes:
    """Return the whole body, counted, within ten seconds. Raises Refusal 413 or 408."""
    content = request.content
    if content.is_eof():
        body = content.read_nowait(-1)
        if len(body) > MAX_BODY:
            raise Refusal(413, "too-large")
        return body
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_S):
            while chunk := await content.readany():
                size += len(chunk)
                if size > MAX_BODY:
                    raise Refusal(413, "too-large")
                chunks.append(chunk)
    except TimeoutError:
        raise Refusal(408, "timeout") from None
    return b"".join(chunks)


def _marks(verified: Authenticated) -> int:
    """Return how many marks on polls the activity brings: each counts as a vote, however many come in one list."""
    if verified.document["type"] != "Create":
        return 0
    return sum(isinstance(item, dict) and is_vote(item) for item in as_list(verified.document.get("object")))


def _refuse(door: Door, address: str, refusal: Refusal) -> web.Response:
    if refusal.counts:
        door.count_bad_signature(address)
    log.debug("activity refused", extra={"status": refusal.status, "code": refusal.code})
    headers = {"Retry-After": str(max(1, ceil(refusal.retry_after_s)))} if refusal.retry_after_s else {}
    if refusal.status in (408, 413):
        headers["Connection"] = "close"
    return _error(refusal.status, refusal.code, **headers)


def _error(status: int, code: str, **headers: str) -> web.Response:
    body = b'{"error":"' + code.encode() + b'"}'
    return web.Response(status=status, body=body, headers={"Content-Type": "application/json", **headers})
