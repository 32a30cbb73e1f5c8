"""Who asks: the verified actor of a signed GET, from a server that is not blocked (federation.md 4)."""

from dataclasses import dataclass

from aiohttp import web

from fedcoop.federation.inbox.authenticate import Refusal
from fedcoop.federation.server.keys import AUTHENTICATOR, CLOCK
from fedcoop.federation.server.messages import message_of


@dataclass(frozen=True, slots=True)
class Reader:
    """A verified asker."""

    uri: str


async def reader_of(request: web.Request) -> Reader | None:
    """Return who signed this GET, or None without a good signature or from a blocked server."""
    if "Signature" not in request.headers:
        return None
    try:
        message = message_of(request, b"")
        uri = await request.app[AUTHENTICATOR].verify_fetch(message, request.app[CLOCK].now())
    except Refusal:
        return None
    return Reader(uri)
