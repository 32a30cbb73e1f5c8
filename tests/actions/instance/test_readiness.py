"""Whether we can work is asked by writing, once in five seconds at most."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from fedcoop.federation.server.holding import Holding
from fedcoop.federation.server.readiness import BEAT, Readiness
from tests.conftest import Instance

NO_ROOM = (
    "CREATE TRIGGER no_room BEFORE {what} ON heartbeats BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
)


def readiness(instance: Instance) -> Readiness:
    return Readiness(instance.units, Holding(instance.units), lambda now: [])


async def written_at(instance: Instance) -> object:
    return await instance.units.read(lambda uow: uow.outages.last_beat(BEAT))


async def test_it_writes_once_in_five_seconds_whoever_asks(instance: Instance):
    asked = readiness(instance)
    began = instance.clock.now()
    for step in (0, 2, 2.9):
        instance.clock.advance(timedelta(seconds=step))
        assert await asked.failing() == []
        assert await written_at(instance) == began
    instance.clock.advance(timedelta(seconds=0.1))
    assert await asked.failing() == []
    assert await written_at(instance) == instance.clock.now()


@pytest.mark.parametrize("instance", ["sqlite"], indirect=True)
async def test_a_full_or_read_only_disk_is_told_and_forgotten_when_it_is_over(instance: Instance):
    asked = readiness(instance)
    assert await asked.failing() == []
    for what in ("INSERT", "UPDATE"):
        statement = text(NO_ROOM.format(what=what).replace("no_room", f"no_room_{what}"))
        await instance.database.write(lambda conn, statement=statement: conn.execute(statement) and None)
    instance.clock.advance(timedelta(seconds=5))
    assert await asked.failing() == ["database"]
    for what in ("INSERT", "UPDATE"):
        statement = text(f"DROP TRIGGER no_room_{what}")
        await instance.database.write(lambda conn, statement=statement: conn.execute(statement) and None)
    instance.clock.advance(timedelta(seconds=5))
    assert await asked.failing() == []
