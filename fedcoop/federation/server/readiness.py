"""`/readyz`: 503 while a part does not work, 200 with what is wrong but works (interface.md 3).

It writes, so that a full or read-only disk shows; at most once in five seconds, whoever asks how often.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from aiohttp import web

from fedcoop.actions.holding import HELD
from fedcoop.federation.server.holding import Holding
from fedcoop.queries.alarms import alarms_of
from fedcoop.storage.unit_of_work import UnitOfWork, Units

log = logging.getLogger(__name__)

WRITES_EVERY_S = 5.0
WRITES_WITHIN_S = 2.0
BEAT = "ready"


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
        answer = {"failing": failing} | ({"alarms": self._alarms} if self._alarms else {})
        return web.json_response(answer, status=503 if failing else 200, headers={"Cache-Control": "no-store"})

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
        except Exception:
            log.exception("the database does not answer")
            self._database = ["database"]
        else:
            self._database, self._alarms = [], alarms


def _beat(uow: UnitOfWork) -> None:
    uow.outages.beat(BEAT, uow.now)
