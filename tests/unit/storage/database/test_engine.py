"""The one `Database`: units apart from each other, in order, durable once answered, and readers that cannot write."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from fedcoop.storage.database.engine import Database, SqliteDatabase, make_database
from tests.postgres import PostgresServer

DIE = """
import asyncio, sys
from sqlalchemy import text
from fedcoop.storage.database.engine import make_database

async def main(url):
    database = make_database(url)
    await database.start()
    async def write(n):
        await database.write(lambda conn: conn.execute(text(f"INSERT INTO things VALUES ({n}, 'x')")))
        print(n, flush=True)
    for start in range(0, 100_000, 20):
        await asyncio.gather(*(write(n) for n in range(start, start + 20)))

asyncio.run(main(sys.argv[1]))
"""


@pytest.fixture(params=["sqlite", "postgres"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a new database with one table."""
    if request.param == "sqlite":
        address = f"sqlite:///{tmp_path / 'things.db'}"
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        address = await server.create()
    database = make_database(address)
    await database.start()
    await database.write(lambda conn: conn.execute(text("CREATE TABLE things (n BIGINT PRIMARY KEY, word TEXT)")))
    await database.close()
    return address


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    found = make_database(url)
    await found.start()
    yield found
    await found.close()


def put(number: int, word: str = "x") -> Callable[[Connection], int]:
    def write(conn: Connection) -> int:
        conn.execute(text("INSERT INTO things VALUES (:n, :w)"), {"n": number, "w": word})
        return number

    return write


def put_and_fail(number: int) -> Callable[[Connection], int]:
    def write(conn: Connection) -> int:
        put(number)(conn)
        raise LookupError(f"after {number}")

    return write


def numbers(conn: Connection) -> list[int]:
    return [row[0] for row in conn.execute(text("SELECT n FROM things ORDER BY n"))]


async def test_a_database_is_started_once_and_again_after_it_was_closed(url: str) -> None:
    database = make_database(url)
    await database.start()
    with pytest.raises(RuntimeError, match="started already"):
        await database.start()
    assert await database.write(lambda conn: conn.execute(text("SELECT 1")).scalar()) == 1
    await database.close()
    await database.start()
    assert await database.read(lambda conn: conn.execute(text("SELECT 2")).scalar()) == 2
    await database.close()


async def test_a_start_that_failed_leaves_nothing_behind_and_may_be_tried_again(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "later" / "things.db")
    for _ in range(2):
        with pytest.raises((DBAPIError, OSError)):
            await database.start()
    await database.close()
    (tmp_path / "later").mkdir()
    await database.start()
    assert await database.write(lambda conn: conn.execute(text("SELECT 1")).scalar()) == 1
    await database.close()


async def test_a_failing_unit_leaves_nothing_and_its_neighbours_everything(database: Database) -> None:
    await database.write(put(1))
    found = await database.write_many([put_and_fail(2), put(3), put(1), put(4)])
    assert [value for value in found if isinstance(value, int)] == [3, 4]
    assert isinstance(found[0], LookupError)
    assert isinstance(found[2], IntegrityError)
    assert await database.read(numbers) == [1, 3, 4]


async def test_the_caller_of_a_failing_unit_gets_its_error_and_nobody_else(database: Database) -> None:
    results = await asyncio.gather(
        *(database.write(put_and_fail(n) if n % 5 == 0 else put(n)) for n in range(50)), return_exceptions=True
    )
    for number, result in enumerate(results):
        assert (isinstance(result, LookupError) and str(number) in str(result)) if number % 5 == 0 else result == number
    assert await database.read(numbers) == [n for n in range(50) if n % 5]


async def test_two_hundred_writers_side_by_side_lose_nothing(database: Database) -> None:
    await database.write(put(0, "0"))

    def count_up(conn: Connection) -> None:
        query = "UPDATE things SET word = CAST(CAST(word AS BIGINT) + 1 AS TEXT) WHERE n = 0"
        conn.execute(text(query))

    await asyncio.gather(*(database.write(count_up) for _ in range(200)))
    assert await database.read(lambda conn: conn.execute(text("SELECT word FROM things")).scalar()) == "200"


async def test_what_was_answered_is_there_for_the_next_reader(database: Database) -> None:
    for number in range(20):
        await database.write(put(number))
        assert number in await database.read(numbers)


async def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(DBAPIError) as refused:
        await database.read(put(1))
    assert "read" in str(refused.value).lower()
    await database.write(put(1))
    assert await database.read(numbers) == [1]


async def test_a_caller_who_gives_up_disturbs_nobody(database: Database) -> None:
    tasks = [asyncio.ensure_future(database.write(put(n))) for n in range(60)]
    await asyncio.sleep(0)
    for task in tasks[::3]:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    kept = [result for result in results if isinstance(result, int)]
    assert len(kept) == 40
    assert set(kept) <= set(await database.read(numbers))
    await database.write(put(1000))
    assert 1000 in await database.read(numbers)


async def test_closing_finishes_what_waits(url: str) -> None:
    database = make_database(url)
    await database.start()
    tasks = [asyncio.ensure_future(database.write(put(n))) for n in range(30)]
    await asyncio.gather(*tasks)
    await database.close()
    again = make_database(url)
    await again.start()
    assert await again.read(numbers) == list(range(30))
    await again.close()


async def test_units_answered_before_a_kill_are_there_after_it(url: str) -> None:
    child = subprocess.Popen([sys.executable, "-c", DIE, url], stdout=subprocess.PIPE, cwd=Path(__file__).parents[4])
    assert child.stdout is not None
    answered = [int(child.stdout.readline()) for _ in range(150)]
    os.kill(child.pid, signal.SIGKILL)
    answered += [int(line) for line in child.stdout.read().splitlines() if line.isdigit()]
    child.wait(10)
    child.stdout.close()
    database = make_database(url)
    await database.start()
    assert set(answered) <= set(await database.read(numbers))
    await database.write(put(10**9))
    await database.close()


async def test_on_sqlite_units_run_one_after_another_in_the_order_they_came(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "order.db")
    await database.start()
    order: list[int] = []
    await asyncio.gather(*(database.write(lambda conn, n=n: order.append(n)) for n in range(300)))
    assert order == list(range(300))
    await database.write_many([lambda conn, n=n: order.append(n) for n in range(300, 500)])
    assert order == list(range(500))
    await database.close()


async def test_on_sqlite_what_was_answered_is_written_through_to_the_disk(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "durable.db")
    await database.start()

    def pragmas(conn: Connection) -> dict[str, Any]:
        names = ("synchronous", "journal_mode", "foreign_keys")
        return {name: conn.execute(text(f"PRAGMA {name}")).scalar() for name in names}

    assert await database.write(pragmas) == {"synchronous": 2, "journal_mode": "wal", "foreign_keys": 1}
    await database.close()
    with pytest.raises(RuntimeError):
        await database.write(pragmas)
    with pytest.raises(RuntimeError):
        await database.read(pragmas)


async def test_on_sqlite_a_database_that_cannot_be_opened_says_so_at_the_start(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "nowhere" / "things.db")
    with pytest.raises(DBAPIError):
        await database.start()


async def test_on_postgresql_a_deadlock_is_run_again(request: pytest.FixtureRequest) -> None:
    server: PostgresServer = request.getfixturevalue("postgres")
    address = await server.create()
    database = make_database(address)
    await database.start()
    await database.write(lambda conn: conn.execute(text("CREATE TABLE things (n BIGINT PRIMARY KEY, word TEXT)")))
    attempts = 0

    class Deadlock(Exception):
        sqlstate = "40P01"

    def unlucky(conn: Connection) -> int:
        nonlocal attempts
        attempts += 1
        put(attempts)(conn)
        if attempts < 3:
            raise DBAPIError("", {}, Deadlock("again"))
        return attempts

    assert await database.write(unlucky) == 3
    assert await database.read(numbers) == [3]
    await database.close()
