"""An idle instance sleeps until something is due; what another process writes is done soon all the same."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from fedcoop import wiring
from fedcoop.actions.instance.founding import found_instance
from fedcoop.app import Node
from fedcoop.config import Config, DatabaseConfig, InstanceConfig
from fedcoop.kernel.clock import SystemClock
from fedcoop.loops import WATCH_S
from fedcoop.storage import tables as t
from fedcoop.storage.database.engine import make_database
from fedcoop.storage.instance.migrations import upgrade
from fedcoop.storage.unit_of_work import UnitOfWork, Units

FOR_S = 2.5
HANDFUL = 3
KEY = "17"


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[Node]:
    """A whole process on SQLite, its start-up done."""
    url = f"sqlite:///{tmp_path}/fedcoop.db"
    key_file = tmp_path / "instance.key"
    key_file.write_bytes(Fernet.generate_key())
    config = Config(
        instance=InstanceConfig(
            origin="https://alder.example", name="Alder Works", actor="alder", key_file=str(key_file)
        ),
        database=DatabaseConfig(url=url),
        root=tmp_path,
    )
    found = Node(config)
    await found.database.start()
    await found.database.write(upgrade)
    await found.units.write(found_instance)
    await found.database.close()
    node = Node(config)
    await node.start()
    await asyncio.sleep(1.5 + WATCH_S)
    yield node
    await node.stop()


def _counted(node: Node, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    asked: list[str] = []
    for name in ("read", "read_whole", "write", "write_many"):
        run = getattr(node.database, name)
        monkeypatch.setattr(node.database, name, lambda what, run=run, name=name: asked.append(name) or run(what))
    return asked


async def test_an_idle_process_asks_the_database_next_to_nothing(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = _counted(node, monkeypatch)
    await asyncio.sleep(FOR_S)
    assert len(asked) <= HANDFUL
    assert node.loops is not None
    assert node.loops.failing(node.clock.now()) == []


async def _until_gone(units: Units) -> None:
    same = t.timers.select().where(t.timers.c.key == KEY)
    while await units.read(lambda uow: uow.conn.execute(same).first()):
        await asyncio.sleep(0.02)


def _set(uow: UnitOfWork, *, in_s: float = 0) -> None:
    uow.set_timer("of-no-known-name", KEY, uow.now + timedelta(seconds=in_s))


async def test_what_another_process_writes_is_done_soon(node: Node) -> None:
    other = make_database(node.config.database.url)
    await other.start()
    units = Units(other, site=node.units.site, clock=SystemClock(), reactions=wiring.REACTIONS)
    await units.write(_set)
    async with asyncio.timeout(5 * WATCH_S):
        await _until_gone(units)
    await other.close()


async def test_what_this_process_writes_and_what_comes_due_meanwhile_is_done_in_time(node: Node) -> None:
    for in_s in (0, 1.5):
        await node.units.write(_set, in_s=in_s)
        async with asyncio.timeout(in_s + 4 * WATCH_S):
            await _until_gone(node.units)
