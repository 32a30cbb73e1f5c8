"""Whatever two processes do in whatever order, what one actor sent and what is about one object is done in its order, once."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fedcoop.actions.instance import nodes
from fedcoop.storage import tables as t
from fedcoop.storage.records import Inbound
from fedcoop.storage.unit_of_work import UnitOfWork, Units
from tests.actions.coop import follow, know
from tests.actions.instance.test_nodes import process
from tests.actions.instance.test_queues import say
from tests.conftest import Instance

LEASE = timedelta(minutes=2)
SENDERS = 3
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(0, SENDERS - 1)),
        st.tuples(st.just("claim"), st.integers(0, 1), st.integers(1, 4)),
        st.tuples(st.just("claim at once"), st.integers(1, 4)),
        st.tuples(st.just("finish"), st.integers(0, 1), st.integers(0, SENDERS - 1)),
        st.tuples(st.just("die"), st.integers(0, 1)),
    ),
    max_size=24,
)
FIRST = [("add", sender) for sender in (0, 1, 0, 2, 0)]


@dataclass(frozen=True)
class Queue:
    """A queue whose rows have senders, and are done in order for each of them."""

    add: Callable[[Instance, int], Any]
    claim: Callable[[UnitOfWork, int], list[Any]]
    settle: Callable[[UnitOfWork, Any], Any]
    sender: Callable[[Any], str]


async def _add_inbound(instance: Instance, sender: int) -> None:
    def act(uow: UnitOfWork) -> None:
        row = Inbound(uow.new_id(), f"https://far.example/{sender}", b"{}", "signature", uow.now, uow.now, 0)
        uow.queues.add_inbound(row)

    await instance.units.write(act)


async def _add_delivery(instance: Instance, sender: int) -> None:
    await say(instance, "Create", f"https://alder.example/motions/{sender}")


QUEUES = {
    "inbox": Queue(
        _add_inbound,
        lambda uow, limit: uow.queues.claim_inbound(uow.now, limit=limit, lease=LEASE),
        lambda uow, row: uow.queues.settle_inbound(row.id),
        lambda row: row.actor_uri,
    ),
    "deliveries": Queue(
        _add_delivery,
        lambda uow, limit: uow.queues.claim_deliveries(uow.now, limit=limit, lease=LEASE),
        lambda uow, job: uow.queues.settle_deliveries([job.id]),
        lambda job: job.order_key,
    ),
}


@dataclass
class Run:
    """Two processes on one queue, what each has taken, and what was done of each sender."""

    instance: Instance
    queue: Queue
    units: tuple[Units, Units]
    held: tuple[list[Any], list[Any]] = field(default_factory=lambda: ([], []))
    done: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    added: int = 0

    async def step(self, name: str, *rest: int) -> None:
        if name == "add":
            await self.queue.add(self.instance, rest[0])
            self.added += 1
        elif name == "claim":
            await self.claim(*rest)
        elif name == "claim at once":
            await asyncio.gather(*(self.claim(number, rest[0]) for number in (0, 1)))
        elif name == "finish":
            await self.finish(*rest)
        else:
            await self.die(rest[0])
        here, there = ({self.queue.sender(row) for row in rows} for rows in self.held)
        assert not here & there, "two processes have rows of one sender"

    async def claim(self, number: int, limit: int) -> None:
        self.held[number].extend(await self.units[number].write(self.queue.claim, limit))

    async def finish(self, number: int, sender: int) -> None:
        """The first row that the process has of one of its senders is done; others may be slower."""
        senders = sorted({self.queue.sender(row) for row in self.held[number]})
        if senders:
            chosen = senders[sender % len(senders)]
            row = next(row for row in self.held[number] if self.queue.sender(row) == chosen)
            await self.units[number].write(self.queue.settle, row)
            self.held[number].remove(row)
            self.done[chosen].append(row.id)

    async def die(self, number: int) -> None:
        """The process is struck off, and one that has just started takes its place."""
        units = self.units[number]
        self.held[number].clear()
        await units.write(nodes.leave)
        await units.write(nodes.join, name="", kind="serve")

    async def more(self) -> bool:
        """Both go on; return whether there was anything to do."""
        for number in (0, 1):
            await self.step("claim", number, 3)
        busy = [number for number in (0, 1) if self.held[number]]
        for number in busy:
            await self.step("finish", number, 0)
        return bool(busy)


@pytest.mark.parametrize("instance", ["postgres"], indirect=True)
@pytest.mark.parametrize("queue", QUEUES)
@given(steps=STEPS)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_what_one_sender_sent_is_done_once_and_in_its_order(instance: Instance, queue: str, steps: Any) -> None:
    for table in (t.inbound, t.deliveries, t.nodes):
        await instance.database.write(lambda conn, table=table: conn.execute(table.delete()))
    await follow(instance, await know(instance, "zoe"))
    run = Run(instance, QUEUES[queue], (process(instance, 1), process(instance, 2)))
    for units in run.units:
        await units.write(nodes.join, name="", kind="serve")
    for step in [*FIRST, *steps]:
        await run.step(*step)
    while await run.more():
        pass
    assert sum(map(len, run.done.values())) == run.added
    assert all(ids == sorted(set(ids)) for ids in run.done.values())
