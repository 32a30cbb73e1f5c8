"""Bringing a database up to this version: Alembic, configured here, so that no file of its own is needed.

The scripts lie in `migrations/` of a checkout and in `fedcoop/_migrations/` of an installed package.
"""

import asyncio

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from fedcoop.config import DatabaseConfig
from fedcoop.storage.database.engine import Database, open_database
from fedcoop.storage.instance.version import head, scripts
from fedcoop.storage.tables import metadata


def current(conn: Connection) -> str | None:
    """Return the revision that the database is at, None for an empty one."""
    return MigrationContext.configure(conn).get_current_revision()


def upgrade(conn: Connection) -> tuple[str | None, str]:
    """Bring the database up to this version in the caller's transaction; return the revisions before and after."""
    before = current(conn)
    config = AlembicConfig()
    config.set_main_option("script_location", str(scripts()).replace("%", "%%"))
    config.attributes["connection"] = conn
    command.upgrade(config, "head")
    return before, head()


def differences(conn: Connection) -> list[object]:
    """Return what differs between the database and `tables.py`; nothing, for a database that is up to date."""
    context = MigrationContext.configure(conn, opts={"compare_type": False})
    return list(compare_metadata(context, metadata))


def upgrade_database(config: DatabaseConfig) -> tuple[str | None, str]:
    """Bring the database that the settings name up to this version; return the revisions before and after."""
    return asyncio.run(_upgrade(open_database(config)))


async def _upgrade(database: Database) -> tuple[str | None, str]:
    await database.start()
    try:
        return await database.write(upgrade)
    finally:
        await database.close()
