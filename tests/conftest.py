"""What every kind of test shares: databases of both makes, migrated once and copied, and an instance on each."""

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from fedcoop import wiring
from fedcoop.actions.instance.founding import found_instance
from fedcoop.config import Config, DatabaseConfig, InstanceConfig
from fedcoop.kernel.clock import FrozenClock
from fedcoop.storage.database.engine import Database, make_database
from fedcoop.storage.instance.migrations import upgrade
from fedcoop.storage.instance.vault import Vault
from fedcoop.storage.unit_of_work import Site, Units
from fedcoop.urls import Urls
from tests.postgres import TEMPLATE, PostgresMissingError, PostgresServer

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # tests start hundreds of processes: the first one compiles for all

ORIGIN = "https://alder.example"
NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
KEY = Fernet.generate_key()


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance without doors: units of work on a founded database, and the clock they read."""

    units: Units
    clock: FrozenClock
    database: Database


def make_units(database: Database, clock: FrozenClock, *, url: str = "") -> Units:
    config = Config(
        instance=InstanceConfig(origin=ORIGIN, name="Alder Works", actor="alder"), database=DatabaseConfig(url=url)
    )
    site = Site(config=config, urls=Urls(ORIGIN), vault=Vault(KEY))
    return Units(database, site=site, clock=clock, reactions=wiring.REACTIONS)


async def _found(url: str) -> None:
    database = make_database(url)
    await database.start()
    await database.write(upgrade)
    await make_units(database, FrozenClock(NOW), url=url).write(found_instance)
    await database.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    server = PostgresServer()
    try:
        server.start()
    except PostgresMissingError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What was founded already, by make of database."""
    return {"folder": str(tmp_path_factory.mktemp("templates"))}


async def database_url(make: str, request: pytest.FixtureRequest, templates: dict[str, str], folder: Path) -> str:
    """Return the address of a new founded database."""
    if make == "sqlite":
        template = Path(templates["folder"]) / "founded.db"
        if not template.exists():
            await _found(f"sqlite:///{template}")
        copy = folder / "fedcoop.db"
        shutil.copyfile(template, copy)
        return f"sqlite:///{copy}"
    server: PostgresServer = request.getfixturevalue("postgres")
    if "postgres" not in templates:
        templates["postgres"] = await server.create(name=TEMPLATE)
        await _found(templates["postgres"])
    return await server.create(template=TEMPLATE)


@pytest.fixture(params=["sqlite", "postgres"])
async def instance(
    request: pytest.FixtureRequest, templates: dict[str, str], tmp_path: Path
) -> AsyncIterator[Instance]:
    """An instance on each make of database in turn."""
    url = await database_url(request.param, request, templates, tmp_path)
    database = make_database(url)
    await database.start()
    clock = FrozenClock(NOW)
    yield Instance(make_units(database, clock, url=url), clock, database)
    await database.close()
    if request.param == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres")
        await server.drop(url)


async def _on_sqlite(url: str) -> AsyncIterator[Instance]:
    database = make_database(url, synchronous="OFF")
    await database.start()
    clock = FrozenClock(NOW)
    yield Instance(make_units(database, clock, url=url), clock, database)
    await database.close()


@pytest.fixture
async def coop(request: pytest.FixtureRequest, templates: dict[str, str], tmp_path: Path) -> AsyncIterator[Instance]:
    """An instance on SQLite, whose machine can be asked for its steps."""
    async for found in _on_sqlite(await database_url("sqlite", request, templates, tmp_path)):
        yield found


@pytest.fixture
async def larger(
    request: pytest.FixtureRequest, templates: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Instance]:
    """A second instance on SQLite, to compare with."""
    async for found in _on_sqlite(await database_url("sqlite", request, templates, tmp_path_factory.mktemp("larger"))):
        yield found
