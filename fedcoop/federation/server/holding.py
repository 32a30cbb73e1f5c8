"""While an instance is held (`actions.instance.holding`), its doors show what is stored and take nothing: 503 with the reason.

Requests that are signed are not answered either: their keys would have to be asked for, and nothing is sent.
"""

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Middleware

from fedcoop.actions.instance.holding import HELD, WORDS, held
from fedcoop.storage.unit_of_work import Units

LOOK_S = 1.0
RETRY_AFTER_S = "300"
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_SIGNED = ("Signature", "Signature-Input")
Served = Callable[[web.Request], Awaitable[web.StreamResponse]]
Tell = Callable[[web.Request, str, str], web.StreamResponse]


class Holding:
    """Whether the instance is held; `why` is a key of `WORDS`, or nothing."""

    def __init__(self, units: Units) -> None:
        self._units = units
        self.why = ""

    async def look(self) -> str:
        """Read the reason anew and return it."""
        self.why = await self._units.read(held)
        return self.why

    async def released(self) -> None:
        """Return once a person has confirmed."""
        while self.why:
            await self._pause()
            await self.look()

    async def _pause(self) -> None:
        await asyncio.sleep(LOOK_S)

    def middleware(self, tell: Tell) -> Middleware:
        """Return the middleware that refuses all that is more than reading; `tell` makes a page of code and message."""

        @web.middleware
        async def refuse(request: web.Request, handler: Served) -> web.StreamResponse:
            if not self.why or (request.method in _READING and not any(name in request.headers for name in _SIGNED)):
                return await handler(request)
            message = WORDS[self.why]
            if "text/html" in request.headers.get("Accept", ""):
                response = tell(request, HELD, message)
            else:
                response = web.json_response({"error": HELD, "message": message}, status=503)
            response.headers["Retry-After"] = RETRY_AFTER_S
            return response

        return refuse
