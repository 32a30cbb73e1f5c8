"""From an empty database to the tables of this version, in steps and at once, on both makes."""

from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config as AlembicConfig
from sqlalchemy import Connection, inspect, text

from fedcoop.kernel.errors import ConfigError
from fedcoop.storage.engine import make_database
from fedcoop.storage.migrations import current, differences, upgrade
from fedcoop.storage.tables import metadata
from fedcoop.storage.version import check_version, head, revisions, scripts
from tests.postgres import PostgresServer


@pytest.fixture(params=["sqlite", "postgres"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    server: PostgresServer = request.getfixturevalue("postgres")
    return await server.create()


def upgrade_to(conn: Connection, revision: str) -> None:
    config = AlembicConfig()
    config.set_main_option("script_location", str(scripts()))
    config.attributes["connection"] = conn
    command.upgrade(config, revision)


async def test_the_migrated_tables_are_those_of_the_program(url: str) -> None:
    database = make_database(url)
    await database.start()
    with pytest.raises(ConfigError) as empty:
        await check_version(database)
    assert empty.value.code == "database-old"
    assert await database.write(upgrade) == (None, head())
    await check_version(database)
    assert await database.read(differences) == []
    assert await database.write(upgrade) == (head(), head())
    tables = await database.read(lambda conn: set(inspect(conn).get_table_names()))
    assert tables == {*metadata.tables, "alembic_version"}
    await database.write(lambda conn: conn.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    with pytest.raises(ConfigError) as newer:
        await check_version(database)
    assert newer.value.code == "database-new"
    await database.close()


async def test_each_step_leads_to_the_next_and_keeps_the_rows(url: str) -> None:
    database = make_database(url)
    await database.start()
    row = "INSERT INTO seen_ids (digest) VALUES (:digest)"
    for number, revision in enumerate(revisions()):
        await database.write(lambda conn, revision=revision: upgrade_to(conn, revision))
        assert await database.read(current) == revision
        await database.write(lambda conn, number=number: conn.execute(text(row), {"digest": bytes([number]) * 16}))
    assert await database.read(differences) == []
    kept = await database.read(lambda conn: conn.execute(text("SELECT count(*) FROM seen_ids")).scalar())
    assert kept == len(revisions())
    await database.close()


async def test_an_upgrade_that_fails_changes_nothing(url: str) -> None:
    database = make_database(url)
    await database.start()

    def half(conn: Connection) -> None:
        upgrade(conn)
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        await database.write(half)
    assert await database.read(lambda conn: inspect(conn).get_table_names()) == []
    await database.write(upgrade)
    await check_version(database)
    await database.close()
