"""What this process keeps in memory of what others decide, read anew: blocks every second, the key of our GETs often.

Blocks hold for connections that we open, too, and those ask without waiting (`Standing.has_blocked`): so somebody must
look even where no request comes in, as in a process of loops only.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime

from fedcoop.federation.inbox.standing import Standing
from fedcoop.kernel.clock import Clock

log = logging.getLogger(__name__)

EVERY_S = 1.0


class Refresher:
    """Runs until stopped; `wake` tells it that a block was set or lifted in this process."""

    def __init__(self, standing: Standing, refresh_key: Callable[[], Awaitable[None]], clock: Clock) -> None:
        self._standing = standing
        self._refresh_key = refresh_key
        self._clock = clock
        self._wake = asyncio.Event()
        self._stopping = False
        self.last_ok: datetime | None = None

    def wake(self) -> None:
        """Ask the database at once, and whoever asks `Standing` meanwhile waits for the answer."""
        self._standing.forget()
        self._wake.set()

    async def run(self) -> None:
        """Look every second until `stop`; an error costs a log line, never the loop."""
        while not self._stopping:
            self._wake.clear()
            try:
                await self.run_once()
                self.last_ok = self._clock.now()
            except Exception:
                log.exception("blocks and keys could not be read")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), EVERY_S)

    async def run_once(self) -> None:
        """Look now at what is older than it may be."""
        await self._standing.refresh()
        await self._refresh_key()

    async def stop(self) -> None:
        """Look no more."""
        self._stopping = True
        self._wake.set()
