"""The heartbeat of one process beside others on the same database: by it they know that it is alive (architecture.md 8.5).

Each second on PostgreSQL, on a connection of its own, so that no busy pool holds it up. On SQLite a process is alone: it
says once that it is here, and is never woken to say it again.
"""

import asyncio
import logging
import os
import secrets
import socket
from collections.abc import Callable

from fedcoop.actions.instance import nodes
from fedcoop.kernel.errors import DatabaseAway
from fedcoop.kernel.ids import MAX_ID
from fedcoop.storage.database.engine import Database, open_database
from fedcoop.storage.instance.nodes import session_name
from fedcoop.storage.unit_of_work import UnitOfWork, Units

log = logging.getLogger(__name__)

EVERY_S = 1.0
SILENT_S = 4.0
"""After so long a silence a process takes nothing: a second later it is dead to the others (`storage.instance.nodes`)."""
JUDGES_AFTER_S = 3.0
"""Who was silent itself, as all are while the database is away, lets the others speak first."""


def new_node() -> int:
    """Return the id of a process that starts."""
    return 1 + secrets.randbelow(MAX_ID)


class Heartbeat:
    """Beats from `join` until `leave`; `units` are those of the process."""

    def __init__(self, units: Units) -> None:
        self._units = units
        self._who = {"name": f"{socket.gethostname()}-{os.getpid()}", "kind": ""}
        self._own: Database | None = None
        self._beats: Units | None = None
        self._task: asyncio.Task[None] | None = None
        self._last_s = self._silent_until_s = float("-inf")
        self._judges_at_s = 0.0

    async def join(self, kind: str) -> None:
        """Say that this process is here, and say so until `leave`."""
        self._who["kind"] = kind
        self._beats = self._units
        if self._units.database.dialect != "sqlite":
            self._own = open_database(
                self._units.site.config.database, pool_size=1, name=session_name(self._units.node)
            )
            await self._own.start()
            self._beats = self._units.on(self._own)
        now_s = self._units.clock.monotonic()
        await self._beats.write(nodes.join, **self._who)
        if self._own is not None:
            self._last_s = self._silent_until_s = now_s
            self._units.demand_heard = self._demand_heard
            self._task = asyncio.create_task(self._run(), name="heartbeat")

    async def _run(self) -> None:
        while True:
            await self.run_once()
            await asyncio.sleep(EVERY_S)

    async def run_once(self) -> None:
        """Say so now, and strike off who says it no more; an error costs a log line, never the loop."""
        assert self._beats is not None
        now_s = self._units.clock.monotonic()
        was_silent = now_s - self._last_s > SILENT_S
        if now_s - self._last_s > JUDGES_AFTER_S:
            self._judges_at_s = now_s + JUDGES_AFTER_S
        try:
            gone = await self._beats.write(nodes.beat, **self._who, judges=now_s >= self._judges_at_s)
        except Exception:
            log.exception("the heartbeat of the process could not be written")
            return
        if was_silent:
            self._silent_until_s = self._units.clock.monotonic()
        self._last_s = now_s
        for name in gone:
            log.warning("another process is gone: its work is taken up", extra={"node": name})

    def _demand_heard(self, arrived_s: float | None) -> None:
        """Return unless the others may have thought that this process is dead, now or since the request arrived.

        They waited for nothing at its door then. Raises DatabaseAway: whoever sends again is judged by when it was signed.
        """
        silent = self._units.clock.monotonic() - self._last_s > SILENT_S
        if silent or (arrived_s is not None and arrived_s < self._silent_until_s):
            raise DatabaseAway("the other processes did not hear of this one")

    async def drain(self) -> None:
        """Say that this process takes no more work."""
        await self._tell(nodes.drain)

    async def leave(self) -> None:
        """Say that this process is gone, and that what it did not finish is free."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._tell(nodes.leave)
        if self._own is not None:
            await self._own.close()

    async def _tell(self, what: Callable[[UnitOfWork], None]) -> None:
        if self._beats is None:
            return
        try:
            await self._beats.write(what)
        except Exception:
            log.exception("the others could not be told", extra={"what": what.__name__})
