"""The frame of the loops: an error costs a round, a resting loop can be woken, stopping waits a while and no longer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fedcoop.kernel.clock import SystemClock
from fedcoop.loops import Loop


class Counted(Loop):
    """Takes what is in `due`: an exception is raised, a coroutine is begun; `rounds` counts."""

    name = "counted"
    idle_s = 60.0

    def __init__(self) -> None:
        super().__init__(SystemClock())
        self.due = []
        self.rounds = 0
        self.rested = asyncio.Event()

    async def run_once(self) -> int:
        self.rounds += 1
        if not self.due:
            return 0
        work = self.due.pop(0)
        if isinstance(work, Exception):
            raise work
        self._begin(work)
        return 1

    async def rest_s(self) -> float:
        self.rested.set()
        return await super().rest_s()


@asynccontextmanager
async def running(loop: Counted) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(loop.run())
    try:
        async with asyncio.timeout(5):
            yield task
    finally:
        await loop.stop(0.01)
        await task


async def test_an_error_costs_a_round_and_a_log_line_and_the_loop_goes_on(caplog) -> None:
    loop = Counted()
    loop.due.append(ValueError("broken"))
    async with running(loop):
        while not caplog.records:
            await asyncio.sleep(0)
        assert (caplog.records[0].message, caplog.records[0].loop) == ("round failed", "counted")
        assert loop.last_ok is None
        loop.wake()
        await loop.rested.wait()
        assert loop.last_ok is not None


async def test_a_resting_loop_goes_round_when_it_is_woken() -> None:
    loop = Counted()
    async with running(loop):
        await loop.rested.wait()
        begun = asyncio.Event()

        async def work() -> None:
            begun.set()

        loop.due.append(work())
        loop.wake()
        await begun.wait()
        assert loop.rounds >= 2


async def test_stopping_lets_work_end_and_cancels_what_does_not() -> None:
    loop = Counted()
    ended = []

    async def work(seconds: float) -> None:
        try:
            await asyncio.sleep(seconds)
            ended.append("done")
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    loop.due += [work(0.01), work(60)]
    assert [await loop.run_once(), await loop.run_once(), await loop.run_once()] == [1, 1, 0]
    await loop.stop(0.1)
    assert ended == ["done", "cancelled"]


async def test_draining_ends_when_nothing_is_due_and_nothing_runs() -> None:
    loop = Counted()
    ended = []

    async def work(number: int) -> None:
        await asyncio.sleep(0)
        ended.append(number)
        if number:
            loop.due.append(work(number - 1))

    loop.due.append(work(3))
    await loop.drain()
    assert ended == [3, 2, 1, 0]
