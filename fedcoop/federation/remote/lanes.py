"""At most so many things at once, and at most so many of one kind: fetches overall and from one origin."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Lanes:
    """Lets `total` in at once and `per_key` with one key; those waiting for a busy key keep nobody else out."""

    def __init__(self, *, total: int, per_key: int) -> None:
        self._total = asyncio.Semaphore(total)
        self._per_key = per_key
        self._lanes: dict[str, tuple[asyncio.Semaphore, int]] = {}

    @asynccontextmanager
    async def enter(self, key: str) -> AsyncIterator[None]:
        """Wait for a place and hold it."""
        lane, users = self._lanes.get(key) or (asyncio.Semaphore(self._per_key), 0)
        self._lanes[key] = (lane, users + 1)
        try:
            async with lane, self._total:
                yield
        finally:
            lane, users = self._lanes[key]
            if users == 1:
                del self._lanes[key]
            else:
                self._lanes[key] = (lane, users - 1)
