"""`/readyz`: 503 while a part does not work, 200 with what is wrong but works (interface.md 3).

It writes, so that a full or read-only disk shows; at most once in five seconds, whoever asks how often.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from aiohttp import web

from fedcoop.actions.instance.holding import HELD
from fedcoop.federation.server.holding import Holding
from fedcoop.federation.server.messages import message_of
from fedcoop.federation.signatures.incoming import check, read_claim
from fedcoop.federation.signatures.keys import load_public
from fedcoop.kernel.errors import BadSignature, MalformedSignature
from fedcoop.queries.instance.alarms import alarms_of
from fedcoop.storage.records import ActorKey
from fedcoop.storage.unit_of_work import UnitOfWork, Units

log = logging.getLogger(__name__)

WRITES_EVERY_S = 5.0
WRITES_WITHIN_S = 2.0
BEAT = "ready"
SELF_CHECK = "signature"
"""A query that asks how the signature of the request was received: `fedcoop doctor` signs one with our own key."""


class Readiness:
    """Answers for one process; `failing` names loops that stand still."""

    def __init__(self, units: Units, holding: Holding, failing: Callable[[datetime], list[str]]) -> None:
        self._units = units
        self._holding = holding
        self._loops = failing
        self._lock = asyncio.Lock()
        self._written_at: float | None = None
        self._database: list[str] = []
        self._alarms: list[str] = []

    async def get(self, request: web.Request) -> web.Response:
        """Answer with what fails, and with alarms beside it."""
        failing = await self.failing()
        answer: dict[str, Any] = {"failing": failing} | ({"alarms": self._alarms} if self._alarms else {})
        if SELF_CHECK in request.query:
            answer["signature"] = await self._signature(request)
        return web.json_response(answer, status=503 if failing else 200, headers={"Cache-Control": "no-store"})

    async def _signature(self, request: web.Request) -> str:
        """Return how a request that is signed with our own key reaches us: `fine`, or why it would be refused."""
        try:
            claim = read_claim(message_of(request, b""), self._units.clock.now())
            key = await self._units.read(_own_key, key_id=claim.key_id)
            if key is None or not check(claim, load_public("rsa", key.material)):
                return "signature-key"
        except (BadSignature, MalformedSignature) as error:
            return error.code
        return "fine"

    async def failing(self) -> list[str]:
        """Return the names of parts that do not work."""
        async with self._lock:
            now = self._units.clock.monotonic()
            if self._written_at is None or now - self._written_at >= WRITES_EVERY_S:
                await self._write()
                self._written_at = self._units.clock.monotonic()
        if self._database:
            return self._database
        return [HELD] if self._holding.why else self._loops(self._units.clock.now())

    async def _write(self) -> None:
        try:
            async with asyncio.timeout(WRITES_WITHIN_S):
                alarms = (await self._units.read(alarms_of)).names
                await self._units.write(_beat)
        except TimeoutError:
            log.warning("the database was slow", extra={"seconds": WRITES_WITHIN_S})
            self._database = ["database"]
        except Exception:
            log.exception("the database cannot be written")
            self._database = ["database"]
        else:
            self._database, self._alarms = [], alarms


def _beat(uow: UnitOfWork) -> None:
    uow.outages.beat(BEAT, uow.now)


def _own_key(uow: UnitOfWork, *, key_id: str) -> ActorKey | None:
    """Return our instance's RSA key if that is the one named: nobody else's is looked up for a stranger."""
    actor = uow.actors.find(uow.urls.instance_actor)
    keys = [] if actor is None else uow.actors.keys_of(actor.id)
    return next((key for key in keys if key.algorithm == "rsa" and key.key_id == key_id), None)
