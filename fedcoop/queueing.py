"""Loops that take rows, and the one over timers: rows that say what is due when (architecture.md 8.5).

What the name of a timer does stands in `wiring`. A timer may fire twice: after a crash another process takes it and it fires
again; its function must not mind. A short timer is settled in the very unit that has its effect. A long one is a function
that takes its own units, one after the other, with the work between them.
"""

import logging
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

from fedcoop.kernel.errors import DatabaseAway
from fedcoop.loops import LONGEST_S, Loop
from fedcoop.storage.records import TimerRow
from fedcoop.storage.unit_of_work import UnitOfWork, Units

log = logging.getLogger(__name__)

CLAIM = 50
LEASE = timedelta(minutes=10)
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(hours=1)
Timer = Callable[[UnitOfWork, str], None]
LongTimer = Callable[[Units, str], Awaitable[None]]
"""Work that would hold up the writer: between short units it computes in a thread or in a process of its own."""


class LeasingLoop(Loop):
    """Takes rows of its `table`; `_held` are the primary keys of those that it works on beside the rounds."""

    table: ClassVar[str]

    def __init__(self, units: Units) -> None:
        super().__init__(units.clock)
        self._units = units
        self._held: set[Any] = set()

    async def next_due(self) -> datetime | None:
        """Return when the next row that nobody holds is due."""
        return await self._units.read(_next_due, table=self.table)

    async def _round(self) -> int:
        """After a round or a task that broke, what was taken and is not held is free before anything is taken anew."""
        if self._broken:
            await self._units.write(_let_go, table=self.table, kept=list(self._held))
            self._broken = False
        return await super()._round()

    def _begin_with(self, key: Any, work: Coroutine[Any, Any, None]) -> None:
        """Begin work on the row with this primary key; it is held to the end of the work."""
        self._held.add(key)
        self._begin(_then(work, lambda: self._held.discard(key)))


async def _then(work: Coroutine[Any, Any, None], ended: Callable[[], None]) -> None:
    try:
        await work
    finally:
        ended()


def _next_due(uow: UnitOfWork, *, table: str) -> datetime | None:
    return uow.queues.next_due(table)


def _let_go(uow: UnitOfWork, *, table: str, kept: Collection[Any]) -> None:
    uow.nodes.let_go(table, kept)


class TimerLoop(LeasingLoop):
    """Fires due timers; `stop` leaves the one that runs to `run`."""

    name = "timers"
    table = "timers"

    def __init__(self, units: Units, timers: Mapping[str, Timer], long_timers: Mapping[str, LongTimer]) -> None:
        super().__init__(units)
        self._timers = timers
        self._long = long_timers

    async def run_once(self) -> int:
        """Fire every timer that is due now, once; return how many."""
        due = await self._units.write(_claim)
        for timer in due:
            try:
                await self.fire(timer)
            except DatabaseAway:
                raise
            except Exception as error:
                log.exception("timer failed", extra={"timer": timer.name, "key": timer.key})
                await self._units.write(_postpone, timer=timer, error=repr(error))
        return len(due)

    async def fire(self, timer: TimerRow) -> None:
        """Have the timer's effect and settle it."""
        if timer.name in self._long:
            await self._long[timer.name](self._units, timer.key)
            await self._units.write(_settle, timer=timer)
        elif timer.name in self._timers:
            await self._units.write(_fire, timer=timer, function=self._timers[timer.name])
        else:
            log.warning("timer of no known name", extra={"timer": timer.name})
            await self._units.write(_settle, timer=timer)

    async def rest_s(self) -> float:
        """Return the seconds until the next timer is due: its time is known, whoever else may write."""
        return self.until(await self.next_due(), LONGEST_S if self.patient else self.idle_s)


def _claim(uow: UnitOfWork) -> list[TimerRow]:
    return uow.queues.claim_timers(uow.now, limit=CLAIM, lease=LEASE)


def _fire(uow: UnitOfWork, *, timer: TimerRow, function: Timer) -> None:
    """Settled first: a function may set its own timer anew."""
    if uow.queues.settle_timer(timer):
        function(uow, timer.key)


def _settle(uow: UnitOfWork, *, timer: TimerRow) -> None:
    uow.queues.settle_timer(timer)


def _postpone(uow: UnitOfWork, *, timer: TimerRow, error: str) -> None:
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(timer.attempts, 12))
    uow.queues.postpone_timer(timer, uow.now + pause)
