"""Units of work on SQLite: group commit with many callers, and batches in one hop."""

import asyncio
import tempfile
import time

from sqlalchemy import Column, Connection, Integer, MetaData, Table, Text

from fedcoop.storage.database.engine import make_database

metadata = MetaData()
first = Table("first", metadata, Column("id", Integer, primary_key=True), Column("value", Text))
second = Table("second", metadata, Column("id", Integer, primary_key=True), Column("value", Text))
_FIRST, _SECOND = first.insert(), second.insert()


def _unit(conn: Connection) -> None:
    conn.execute(_FIRST, {"value": "a"})
    conn.execute(_SECOND, {"value": "b"})


def units() -> dict[str, float]:
    """Return units a second with 64 callers, and with 200 units a hop."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_units(folder))


async def _units(folder: str) -> dict[str, float]:
    database = make_database(f"sqlite:///{folder}/bench.db")
    await database.start()
    await database.write(metadata.create_all)

    async def caller() -> None:
        for _ in range(150):
            await database.write(_unit)

    started = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(64)))
    single = 64 * 150 / (time.perf_counter() - started)
    started = time.perf_counter()
    for _ in range(50):
        await database.write_many([_unit] * 200)
    batched = 50 * 200 / (time.perf_counter() - started)
    await database.close()
    return {"units-single": single, "units-batched": batched}
