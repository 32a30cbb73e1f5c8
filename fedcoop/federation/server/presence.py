"""The heartbeat of our door: while others can reach us, a row says so; a time without it was an outage (federation.md 18).

It tells of restarts, of a loop that stood still and of a machine that slept, all by the clock on the wall.
"""

import asyncio
import contextlib
import logging
from datetime import datetime

from fedcoop.actions.fediverse.outages import beat, leave
from fedcoop.storage.unit_of_work import Units

log = logging.getLogger(__name__)

EVERY_S = 15.0


class Presence:
    """Runs from when the door is open until `stop`."""

    def __init__(self, units: Units, *, every_s: float = EVERY_S) -> None:
        self._units = units
        self._every_s = every_s
        self._stopping = asyncio.Event()
        self.last_ok: datetime | None = None

    async def run(self) -> None:
        """Say every 15 seconds that we are here, until `stop`; an error costs a log line, never the loop."""
        while not self._stopping.is_set():
            await self.run_once()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), self._every_s)

    async def run_once(self) -> None:
        """Say that we are here."""
        try:
            outage = await self._units.write(beat)
        except Exception:
            log.exception("the heartbeat could not be written")
            return
        self.last_ok = self._units.clock.now()
        if outage is not None:
            times = {"from": outage.began_at.isoformat(), "to": outage.ended_at.isoformat()}
            log.warning("we were away", extra=times)

    async def stop(self) -> None:
        """Say it no more; where it was said before, an outage begins when the door closes and no sooner."""
        if self.last_ok is not None and not self._stopping.is_set():
            self._stopping.set()
            try:
                await self._units.write(leave)
            except Exception:
                log.exception("the heartbeat could not be written")
