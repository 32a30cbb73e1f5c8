"""The frame of every loop of a process: rounds until told to stop, a pause where nothing was found, tasks that it minds.

What a round does is the loop's own matter. State that needs doing is in the database; a loop that is killed loses nothing.
Where the database shows by a mark that somebody wrote (SQLite does), a loop that found nothing sleeps until its next work is
due, and `Watch` wakes it when another process wrote: an idle instance asks nothing.
"""

import asyncio
import contextlib
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Iterable
from datetime import datetime
from typing import Any, ClassVar

from fedcoop.kernel.clock import Clock

log = logging.getLogger(__name__)

AFTER_ERROR_S = 1.0
LONGEST_S = 30.0
"""Well below the minute after which a loop that does not go round is reported."""
SHORTEST_S = 0.02
WATCH_S = 1.0


class Loop(ABC):
    """Runs until stopped; `wake` tells it that there is work. `last_ok` is when a round last went well.

    A patient one need not look around every `idle_s`: whoever writes has it woken.
    """

    name: ClassVar[str]
    idle_s: ClassVar[float] = 1.0

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._wake = asyncio.Event()
        self._stopping = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._broken = False
        self.patient = False
        self.last_ok: datetime | None = None

    @abstractmethod
    async def run_once(self) -> int:
        """Begin what is due now; return how much that was, 0 to wait until woken or until the pause is over."""

    async def rest_s(self) -> float:
        """Return how long to wait, in seconds, after a round that found nothing."""
        if not self.patient:
            return self.idle_s
        return self.until(await self.next_due(), LONGEST_S)

    async def next_due(self) -> datetime | None:
        """Return when there is work again if nobody writes; None for never."""
        return None

    def until(self, due: datetime | None, most_s: float) -> float:
        """Return the seconds until `due`, at most `most_s`."""
        if due is None:
            return most_s
        return min(most_s, max(SHORTEST_S, (due - self._clock.now()).total_seconds()))

    def wake(self) -> None:
        """Look for work now."""
        self._wake.set()

    async def run(self) -> None:
        """Go round until `stop`; an error costs a pause and a log line, never the loop."""
        while not self._stopping:
            self._wake.clear()
            try:
                pause_s = 0.0 if await self._round() else await self.rest_s()
                self.last_ok = self._clock.now()
            except Exception:
                log.exception("round failed", extra={"loop": self.name})
                self._broken = True
                pause_s = AFTER_ERROR_S
            if pause_s and not self._stopping:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), pause_s)

    async def stop(self, timeout_s: float = 2.0) -> None:
        """Begin nothing more; a task that does not end within `timeout_s` is done again after the restart."""
        self._stopping = True
        self._wake.set()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=timeout_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def drain(self) -> None:
        """Do everything that is due now, to its end; for tests and the command line."""
        while await self.run_once() or self._tasks:
            if self._tasks:
                await asyncio.wait(self._tasks)

    async def _round(self) -> int:
        return await self.run_once()

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` beside the rounds; `stop` and `drain` wait for it."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("task failed", exc_info=task.exception(), extra={"loop": self.name})
            self._broken = True
            self.wake()


class Watch:
    """Wakes loops when somebody wrote to the database, be it another process; `stamp` is a mark that changes with each write."""

    def __init__(self, stamp: Callable[[], int | None], loops: Iterable[Loop]) -> None:
        self._stamp = stamp
        self._loops = tuple(loops)
        self._last = stamp()
        for loop in self._loops:
            loop.patient = self._last is not None

    async def run(self) -> None:
        """Look once a second, without asking the database; where it shows no mark there is nothing to do."""
        while self._last is not None:
            await asyncio.sleep(WATCH_S)
            self.look()

    def look(self) -> None:
        """Wake all if somebody wrote since the last look."""
        found = self._stamp()
        if found != self._last:
            self._last = found
            for loop in self._loops:
                loop.wake()
