"""Processes on one database: who is alive, how far its door is clear, and what becomes of what a dead one had taken."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from fedcoop.actions.instance import nodes
from fedcoop.federation.server.heartbeat import Heartbeat, new_node
from fedcoop.storage import tables as t
from fedcoop.storage.instance.nodes import LEASED, NodeRow
from fedcoop.storage.unit_of_work import Units
from tests.actions.coop import rows
from tests.conftest import Instance


def process(instance: Instance, node: int, in_flight: Any = None) -> Units:
    """The units of one process of several on the instance's database."""
    units = instance.units
    return Units(instance.database, site=units.site, clock=instance.clock, reactions={}, in_flight=in_flight, node=node)


async def living(units: Units) -> list[NodeRow]:
    return await units.read(lambda uow: uow.nodes.living())


async def test_a_process_is_known_from_its_start_to_its_stop(instance: Instance) -> None:
    units = process(instance, new_node())
    heartbeat = Heartbeat(units)
    await heartbeat.leave()
    heartbeat = Heartbeat(units)
    await units.write(nodes.join, name="here", kind="serve")
    (row,) = await living(units)
    assert (row.id, row.name, row.kind, row.draining) == (units.node, "here", "serve", False)
    assert row.clear_until == instance.clock.now()
    await units.write(nodes.drain)
    assert [found.draining for found in await living(units)] == [True]
    await units.write(nodes.leave)
    assert await living(units) == []


async def test_a_door_is_clear_until_what_waits_there(instance: Instance) -> None:
    received = instance.clock.now() - timedelta(seconds=2)

    class Waiting:
        def oldest(self) -> Any:
            return received

    units = process(instance, new_node(), Waiting())
    await units.write(nodes.join, name="here", kind="serve")
    (row,) = await living(units)
    assert row.clear_until is not None
    assert timedelta() < received - row.clear_until < timedelta(milliseconds=1)


async def silent_for(instance: Instance, node: int, seconds: int) -> None:
    await instance.units.write(
        lambda uow: uow.conn.execute(
            text("UPDATE nodes SET seen_at = seen_at - :us WHERE id = :id"), {"us": seconds * 1_000_000, "id": node}
        )
    )


@pytest.mark.parametrize("instance", ["postgres"], indirect=True)
async def test_a_dead_process_is_struck_off_and_what_it_had_taken_is_free(instance: Instance) -> None:
    """Silent for five seconds it is dead, and after two where its session is gone; one whose session stands has three more."""
    here, there = process(instance, new_node()), process(instance, new_node())
    for units in (here, there):
        await units.write(nodes.join, name=str(units.node), kind="serve")
    await instance.units.write(lambda uow: uow.set_timer("x", "", uow.now))
    await instance.units.write(
        lambda uow: uow.conn.execute(t.timers.update().values(leased_by=there.node, leased_until=uow.now))
    )
    who: Any = {"name": "here", "kind": "serve"}
    assert await here.write(nodes.beat, **who, judges=True) == ()
    await silent_for(instance, there.node or 0, 3)
    assert len(await living(here)) == 2, "the pool of this test holds the session's lock"
    await silent_for(instance, there.node or 0, 3)
    assert await here.write(nodes.beat, **who, judges=False) == ()
    assert await here.write(nodes.beat, **who, judges=True) == (str(there.node),)
    assert [row.id for row in await living(here)] == [here.node]
    assert {row.leased_by for row in await rows(instance, t.timers)} == {None}
    assert await there.write(nodes.beat, **who, judges=True) == ()
    assert len(await living(here)) == 2, "who thaws joins anew"


async def test_who_is_alone_frees_what_another_had_taken(instance: Instance) -> None:
    await process(instance, 7).write(nodes.join, name="before", kind="serve")
    here = process(instance, 8)
    await here.write(nodes.join, name="now", kind="serve")
    await instance.units.write(lambda uow: uow.set_timer("x", "", uow.now))
    await instance.units.write(
        lambda uow: uow.conn.execute(t.timers.update().values(leased_by=7, leased_until=uow.now))
    )
    await here.write(lambda uow: uow.nodes.be_alone())
    assert [row.id for row in await living(here)] == [8]
    assert {(row.leased_by, row.leased_until) for row in await rows(instance, t.timers)} == {(None, None)}


def test_every_table_whose_rows_are_taken_says_by_whom() -> None:
    taken = {table.name for table in t.metadata.tables.values() if "leased_until" in table.c}
    assert taken == {table.name for table in LEASED}
    assert taken == {"inbound", "deliveries", "timers", "visits", "remote_looks"}
