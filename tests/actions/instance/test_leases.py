"""Rows that a process has taken: with it while it lives however long that is, free the moment it is dead, settled by it alone."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event

from fedcoop.actions.instance import nodes
from fedcoop.actions.motions.motion import COUNT_TIMER
from fedcoop.storage import tables as t
from fedcoop.storage.fediverse.looks import Look
from fedcoop.storage.fediverse.visits import ACTOR
from fedcoop.storage.instance.leases import LEASED
from fedcoop.storage.records import Inbound
from fedcoop.storage.unit_of_work import UnitOfWork, Units
from tests.actions.coop import follow, know, rows
from tests.actions.fediverse.test_looking_again import mirror
from tests.actions.instance.test_nodes import process
from tests.actions.instance.test_queues import say
from tests.conftest import Instance

LEASE = timedelta(minutes=2)


@dataclass(frozen=True)
class Kind:
    """How rows of one table are taken, and how what was taken is settled or put off."""

    claim: Callable[[UnitOfWork], list[Any]]
    settle: Callable[[UnitOfWork, Any], Any]
    put_off: Callable[[UnitOfWork, Any], Any]


def _later(uow: UnitOfWork, job: Any) -> None:
    uow.queues.put_attempts([{"id": job.id, "due_at": uow.now, "state": "waiting"}])


def _look_is_mine(uow: UnitOfWork, motion_id: Any) -> None:
    if uow.looks.holds(motion_id):
        uow.looks.put(Look(motion_id))


KINDS = {
    "inbound": Kind(
        lambda uow: uow.queues.claim_inbound(uow.now, limit=9, lease=LEASE),
        lambda uow, row: uow.queues.settle_inbound(row.id),
        lambda uow, row: uow.queues.postpone_inbound(row, due_at=uow.now, error="", state="waiting"),
    ),
    "deliveries": Kind(
        lambda uow: uow.queues.claim_deliveries(uow.now, limit=9, lease=LEASE),
        lambda uow, job: uow.queues.settle_deliveries([job.id]),
        _later,
    ),
    "timers": Kind(
        lambda uow: uow.queues.claim_timers(uow.now, limit=9, lease=LEASE),
        lambda uow, timer: uow.queues.settle_timer(timer),
        lambda uow, timer: uow.queues.postpone_timer(timer, uow.now),
    ),
    "visits": Kind(
        lambda uow: uow.visits.claim(uow.now, limit=9, lease=LEASE),
        lambda uow, visit: uow.visits.settle(visit),
        lambda uow, visit: uow.visits.fail(visit, at=uow.now, due_at=uow.now, error=""),
    ),
    "remote_looks": Kind(lambda uow: uow.looks.claim(uow.now, limit=9, lease=LEASE), _look_is_mine, _look_is_mine),
}


async def due(instance: Instance) -> None:
    """One row of every table is due, and no other."""
    zoe = await know(instance, "zoe")
    await follow(instance, zoe)
    motion = await mirror(instance, zoe, 1, 600)
    await say(instance, "Create")

    def more(uow: UnitOfWork) -> None:
        uow.conn.execute(t.timers.delete())
        uow.set_timer("x", "", uow.now)
        uow.queues.add_inbound(Inbound(7, zoe.uri, b"{}", "signature", uow.now, uow.now, 0))
        uow.visits.add([{"kind": ACTOR, "actor_id": zoe.id, "due_at": uow.now}])
        uow.looks.put(Look(motion.id, uow.now))

    await instance.units.write(more)


@pytest.fixture
async def two(instance: Instance) -> tuple[Units, Units]:
    """Two processes on one database, where one row of every table is due."""
    await due(instance)
    both = process(instance, 1), process(instance, 2)
    for units in both:
        await units.write(nodes.join, name=str(units.node), kind="serve")
    return both


def test_every_table_of_leases_is_looked_at_here() -> None:
    assert set(KINDS) == {table.name for table in LEASED}


@pytest.mark.parametrize("table", KINDS)
async def test_what_a_living_process_has_taken_no_other_one_takes(
    instance: Instance, two: tuple[Units, Units], table: str
) -> None:
    kind, (here, there) = KINDS[table], two
    (row,) = await here.write(kind.claim)
    assert await there.write(kind.claim) == []
    assert await here.write(kind.claim) == []
    instance.clock.advance(timedelta(hours=2))
    assert await there.write(kind.claim) == [], "a long count is not begun by another one"
    assert len(await here.write(kind.claim)) == 1, "what it has forgotten itself it finds again"
    for settle in (kind.put_off, kind.settle):
        await there.write(settle, row)
        assert [found.leased_by for found in await rows(instance, t.metadata.tables[table])] == [1]
    await here.write(lambda uow: uow.nodes.let_go(table, [_key(table, row)]))
    assert await there.write(kind.claim) == [], "it works on it"
    await here.write(lambda uow: uow.nodes.let_go(table, ()))
    assert len(await there.write(kind.claim)) == 1


async def test_taking_and_settling_cost_no_more_statements_than_they_need(
    instance: Instance, two: tuple[Units, Units]
) -> None:
    """Only the inbox on PostgreSQL has two more, for its turn and the others; timers and visits are taken one by one."""

    def run(uow: UnitOfWork, kind: Kind) -> tuple[int, int]:
        with counted(uow.conn) as claims:
            (row,) = kind.claim(uow)
        with counted(uow.conn) as settles:
            kind.settle(uow, row)
        return len(claims), len(settles)

    found = {table: await two[0].write(run, kind) for table, kind in KINDS.items()}
    turn = 0 if instance.database.dialect == "sqlite" else 2
    assert found.pop("inbound") == (1 + turn, 1)
    assert found == {"deliveries": (1, 1), "timers": (2, 1), "visits": (2, 1), "remote_looks": (2, 2)}


@contextmanager
def counted(conn: Connection) -> Iterator[list[str]]:
    """The statements that run meanwhile."""
    seen: list[str] = []
    driver: Any = conn.connection.driver_connection
    if conn.dialect.name == "sqlite":  # what is prepared goes to the driver itself
        driver.set_trace_callback(seen.append)
        yield seen
        driver.set_trace_callback(None)
        return

    def look(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        seen.append(statement)

    event.listen(conn, "before_cursor_execute", look)
    try:
        yield seen
    finally:
        event.remove(conn, "before_cursor_execute", look)


@pytest.mark.parametrize("table", KINDS)
async def test_what_a_dead_process_had_taken_is_taken_at_once_and_it_settles_nothing(
    instance: Instance, two: tuple[Units, Units], table: str
) -> None:
    kind, (here, there) = KINDS[table], two
    (row,) = await here.write(kind.claim)
    await here.write(nodes.leave)
    assert await here.write(kind.claim) == [], "who was struck off takes nothing"
    (again,) = await there.write(kind.claim)
    assert _key(table, again) == _key(table, row)
    for settle in (kind.put_off, kind.settle):
        await here.write(settle, row)
        assert [found.leased_by for found in await rows(instance, t.metadata.tables[table])] == [2]
    await there.write(kind.settle, again)
    left = await rows(instance, t.metadata.tables[table])
    assert [found for found in left if found.leased_by or (table != "remote_looks")] == []


def _key(table: str, row: Any) -> Any:
    columns = t.metadata.tables[table].primary_key
    key = [row] if isinstance(row, int) else [getattr(row, column.name) for column in columns]
    return key[0] if len(key) == 1 else tuple(key)


async def test_a_count_that_another_process_has_taken_over_stores_nothing(
    instance: Instance, two: tuple[Units, Units]
) -> None:
    here, there = two
    await instance.units.write(lambda uow: uow.queues.move_timer(COUNT_TIMER, "1", uow.now))
    claim = KINDS["timers"].claim
    assert len(await here.write(claim)) == 2

    async def holders() -> list[bool]:
        return [await units.read(lambda uow: uow.queues.holds_timer(COUNT_TIMER, "1")) for units in two]

    assert await holders() == [True, False]
    await here.write(nodes.leave)
    assert await holders() == [False, False]
    assert len(await there.write(claim)) == 2
    assert await holders() == [False, True]
