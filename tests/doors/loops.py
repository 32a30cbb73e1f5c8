"""The loops that a test instance runs when it is told to: timers that are due, deliveries that wait."""

import asyncio

from fedcoop.config import DeliveryConfig
from fedcoop.federation.catchup.polls import PollLooks
from fedcoop.federation.catchup.visitor import Visitor
from fedcoop.federation.delivery.worker import DeliveryWorker
from fedcoop.queueing import TimerLoop
from fedcoop.storage import tables as t
from fedcoop.wiring import LONG_TIMERS, TIMERS


async def fire_timers(bread) -> None:
    """Fire what is due now, and what that makes due."""
    loop = TimerLoop(bread.units, TIMERS, LONG_TIMERS)
    while await loop.run_once():
        pass


async def send_all(bread) -> None:
    """Send every delivery that is due now, and wait until each was tried."""
    worker = DeliveryWorker(bread.units, bread.parts.transport, DeliveryConfig())
    running = asyncio.create_task(worker.run())
    async with asyncio.timeout(10):
        while any(row.state == "waiting" and row.due_at <= bread.now for row in await bread.rows(t.deliveries)):
            await asyncio.sleep(0.01)
    await worker.stop()
    await running


async def settle(bread) -> None:
    """Fire timers and send what they made."""
    await fire_timers(bread)
    await send_all(bread)


async def make_visits(bread) -> None:
    """Look at whom it is time to look at, process what was found, and look at polls."""
    await Visitor(bread.units, bread.parts.remote, bread.parts.webfinger).drain()
    await bread.process()
    await PollLooks(bread.units, bread.parts.remote).drain()
