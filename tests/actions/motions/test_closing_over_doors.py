"""Who closes knows the doors of all processes that are alive; who counts finds a closed motion or comes again."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from fedcoop import wiring
from fedcoop.actions.instance import nodes
from fedcoop.actions.motions import motion as motions
from fedcoop.federation.server.door import InFlightTracker
from fedcoop.federation.server.heartbeat import SILENT_S, Heartbeat, new_node
from fedcoop.governance.motions.motion import Motion, MotionState
from fedcoop.kernel.errors import DatabaseAway
from fedcoop.queueing import TimerLoop
from fedcoop.storage.unit_of_work import NothingInFlight, Units
from tests.actions.coop import ask, join, vote
from tests.conftest import Instance

on_postgresql = pytest.mark.parametrize("instance", ["postgres"], indirect=True)


class Waiting(NothingInFlight):
    """A door at which something waits."""

    def __init__(self, received_at: datetime) -> None:
        self._received_at = received_at

    def oldest(self) -> datetime | None:
        return self._received_at


def process(instance: Instance, in_flight: Any = None) -> Units:
    """The units of one process of several on the instance's database."""
    return Units(
        instance.database,
        site=instance.units.site,
        clock=instance.clock,
        reactions=wiring.REACTIONS,
        in_flight=in_flight,
        node=new_node(),
    )


@pytest.fixture
async def motion(instance: Instance) -> Motion:
    """An open vote with one ballot."""
    (ada,) = await join(instance.units, "ada")
    found = await ask(instance, ada)
    await vote(instance, ada, found, "for")
    return found


async def close(instance: Instance, units: Units, motion: Motion) -> MotionState:
    await units.write(motions.close, str(motion.id))
    return await instance.units.read(lambda uow: uow.motions.get(motion.id).state)


def past_the_end(instance: Instance, motion: Motion) -> datetime:
    """Move the clock behind the grace; return an instant just before it ended."""
    instance.clock.advance(timedelta(days=7, minutes=10))
    return motion.closes_at + timedelta(seconds=1)


@on_postgresql
async def test_a_close_waits_for_the_door_of_another_process_that_is_alive(instance: Instance, motion: Motion) -> None:
    received_at = past_the_end(instance, motion)
    serve, worker = process(instance, Waiting(received_at)), process(instance)
    await serve.write(nodes.join, name="serve", kind="serve")
    await worker.write(nodes.join, name="worker", kind="worker")
    assert await close(instance, worker, motion) is MotionState.OPEN
    serve.in_flight = NothingInFlight()
    assert await close(instance, worker, motion) is MotionState.OPEN  # it has not said so yet
    await serve.write(nodes.beat, name="serve", kind="serve", judges=False)
    assert await close(instance, worker, motion) is MotionState.CLOSED


@on_postgresql
async def test_a_close_does_not_wait_for_a_dead_process(instance: Instance, motion: Motion) -> None:
    serve, worker = process(instance, Waiting(past_the_end(instance, motion))), process(instance)
    await serve.write(nodes.join, name="serve", kind="serve")
    await worker.write(nodes.join, name="worker", kind="worker")
    assert await close(instance, worker, motion) is MotionState.OPEN
    silent = text("UPDATE nodes SET seen_at = seen_at - 6000000 WHERE id = :id")
    await worker.write(lambda uow: uow.conn.execute(silent, {"id": serve.node}))
    assert await close(instance, worker, motion) is MotionState.CLOSED


@pytest.fixture
async def beating(instance: Instance) -> AsyncIterator[tuple[Units, Heartbeat]]:
    """A process that has told the others that it is here, and tells them again when it is asked to."""
    units = process(instance, InFlightTracker())
    heartbeat = Heartbeat(units)
    await heartbeat.join("serve")
    assert heartbeat._task is not None
    heartbeat._task.cancel()
    yield units, heartbeat
    await heartbeat.leave()


@on_postgresql
async def test_a_process_that_was_not_heard_of_takes_nothing(
    instance: Instance, beating: tuple[Units, Heartbeat]
) -> None:
    units, heartbeat = beating
    await units.write(lambda uow: uow.new_id())
    with units.at_the_door() as received_at:  # a request that lies there while the process stands still
        assert received_at == instance.clock.now()
        instance.clock.advance(timedelta(seconds=SILENT_S + 1))
        with pytest.raises(DatabaseAway):
            await units.write(lambda uow: uow.new_id())
        await heartbeat.run_once()
        with pytest.raises(DatabaseAway):
            await units.write(lambda uow: uow.new_id())
    instance.clock.advance(timedelta(seconds=1))
    with units.at_the_door():
        await units.write(lambda uow: uow.new_id())
    await units.write(lambda uow: uow.new_id())


async def test_a_count_that_finds_the_motion_open_comes_again(instance: Instance, motion: Motion) -> None:
    loop = TimerLoop(instance.units, wiring.TIMERS, wiring.LONG_TIMERS)
    await instance.units.write(lambda uow: uow.set_timer(motions.COUNT_TIMER, str(motion.id), uow.now))
    assert await loop.run_once() == 1
    assert await instance.units.read(lambda uow: uow.motions.get(motion.id).state) is MotionState.OPEN
    past_the_end(instance, motion)
    while await loop.run_once():
        continue
    outcome = await instance.units.read(lambda uow: uow.motions.outcome_of(motion.id))
    assert outcome is not None
    assert outcome.tally["voted"] == 1
