"""Is the database at this program's version? Asked at every start, so without loading Alembic.

The scripts lie in `migrations/` of a checkout and in `fedcoop/_migrations/` of an installed package; a script's name
begins with its revision, and revisions are numbers in order (`0001_first_tables.py`).
"""

from functools import cache
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from fedcoop.kernel.errors import ConfigError
from fedcoop.storage.database.engine import Database

_PACKAGED = Path(__file__).parents[2] / "_migrations"
_CHECKOUT = Path(__file__).parents[3] / "migrations"


def scripts() -> Path:
    """Return the folder of the migration scripts."""
    return _PACKAGED if _PACKAGED.exists() else _CHECKOUT


@cache
def revisions() -> tuple[str, ...]:
    """Return all revisions, the oldest first. Raises ConfigError (`migrations-missing`)."""
    found = tuple(sorted(path.name.partition("_")[0] for path in (scripts() / "versions").glob("[0-9]*.py")))
    if not found:
        raise ConfigError(
            "migrations-missing", f"{scripts()}: there are no migration scripts; install the program again"
        )
    return found


def head() -> str:
    """Return the newest revision."""
    return revisions()[-1]


def stored_revision(conn: Connection) -> str | None:
    """Return the revision that the database says it is at, None for an empty one."""
    if not inspect(conn).has_table("alembic_version"):
        return None
    found = conn.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


async def check_version(database: Database) -> None:
    """Raise ConfigError (`database-old`, `database-new`) unless the database is at this version."""
    found = await database.read(stored_revision)
    if found == head():
        return
    if found is None or found in revisions():
        raise ConfigError("database-old", "The database is of an earlier version: run `fedcoop upgrade`.")
    raise ConfigError("database-new", "The database is of a later version than this program: install that version.")
