"""The one `Database`: plain functions of a sync Connection run whole where the connection lives (architecture.md 8.5).

SQLite: one writer thread takes all waiting units, begins with BEGIN IMMEDIATE, gives each a savepoint, commits once and
only then answers (group commit); readers are threads with connections of their own, and so is who moves what was written
from the log to the file, so that no unit waits for that. PostgreSQL: `storage/database/postgres.py`.
"""

import asyncio
import importlib.util
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from fedcoop.config import DatabaseConfig
from fedcoop.kernel.errors import ConfigError

T = TypeVar("T")
MAX_GROUP = 256
LONGEST_STRETCH = 64  # units of one batch before others have a turn
READERS = 3
_FOREVER_MS = 60_000
CHECKPOINT_FROM_BYTES = 4 << 20
CHECKPOINT_EVERY_S = 0.5


class Database(Protocol):
    """Runs functions of a Connection, each as one transaction."""

    dialect: str

    def stamp(self) -> int | None:
        """Return a mark that changes with each write of whatever process, without asking; None where there is none."""
        ...

    async def start(self) -> None:
        """Open the connections. Raises RuntimeError where they are open: one process has one writer."""
        ...

    async def close(self) -> None:
        """Finish what waits, close the connections."""
        ...

    async def write(self, fn: Callable[[Connection], T]) -> T:
        """Run `fn` in a transaction of its own; return its value once that is durable, or raise what it raised."""
        ...

    async def read(self, fn: Callable[[Connection], T]) -> T:
        """Run `fn` on a connection that cannot write."""
        ...

    async def read_whole(self, fn: Callable[[Connection], T]) -> T:
        """Run `fn` as `read` does; all of its statements see the same instant."""
        ...

    async def read_old(self, fn: Callable[[Connection], T]) -> T:
        """Run `fn` as `read` does, or on a copy that may be some seconds behind."""
        ...

    async def write_many(self, fns: Sequence[Callable[[Connection], T]]) -> list[T | BaseException]:
        """Run many functions, each in a transaction of its own, with one hop; a failed one leaves its exception."""
        ...


@dataclass(slots=True)
class _Unit:
    """Functions that wait for the writer, and where their answer goes."""

    fns: Sequence[Callable[[Connection], Any]]
    loop: asyncio.AbstractEventLoop
    future: "asyncio.Future[list[Any]]"
    results: list[Any]


class SqliteDatabase:
    """SQLite in one file, for one machine."""

    dialect = "sqlite"

    def __init__(self, path: Path, *, synchronous: str = "FULL") -> None:
        self._path = path
        self._synchronous = synchronous
        self._queue: queue.SimpleQueue[_Unit | None] = queue.SimpleQueue()
        self._writer: threading.Thread | None = None
        self._write_engine = self._engine(query_only=False)
        self._read_engine = self._engine(query_only=True)
        self._readers: ThreadPoolExecutor | None = None
        self._checkpointer: threading.Thread | None = None
        self._closing = threading.Event()
        self._local = threading.local()
        self._open: list[Connection] = []

    def stamp(self) -> int | None:
        """Return when the write-ahead log was last written to, in nanoseconds: each commit goes there first."""
        try:
            return Path(f"{self._path}-wal").stat().st_mtime_ns
        except FileNotFoundError:
            return 0

    async def start(self) -> None:
        """Open the writer's connection and start the threads."""
        if self._writer is not None:
            raise RuntimeError("the database is started already")
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        loop = asyncio.get_running_loop()
        self._writer = threading.Thread(target=self._run, args=(loop, ready), name="sqlite-writer", daemon=True)
        self._writer.start()
        try:
            await ready
        except (DBAPIError, sqlite3.Error):
            self._writer = None
            raise
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="sqlite-reader")
        self._closing.clear()
        self._checkpointer = threading.Thread(target=self._checkpoint, name="sqlite-checkpointer", daemon=True)
        self._checkpointer.start()

    async def close(self) -> None:
        """Run the units that wait, then end the threads."""
        if self._writer is not None:
            self._queue.put(None)
            await asyncio.to_thread(self._writer.join)
            self._writer = None
        if self._checkpointer is not None:
            self._closing.set()
            await asyncio.to_thread(self._checkpointer.join)
            self._checkpointer = None
        if self._readers is not None:
            await asyncio.to_thread(self._readers.shutdown)
            self._readers = None
        for conn in self._open:
            conn.close()
        self._open.clear()
        self._write_engine.dispose()
        self._read_engine.dispose()

    async def write(self, fn: Callable[[Connection], T]) -> T:
        """See Database."""
        result = (await self._submit([fn]))[0]
        if isinstance(result, _Raised):
            raise result.error
        value: T = result
        return value

    async def write_many(self, fns: Sequence[Callable[[Connection], T]]) -> list[T | BaseException]:
        """See Database."""
        results: list[Any] = []
        for start in range(0, len(fns), LONGEST_STRETCH):
            results += await self._submit(fns[start : start + LONGEST_STRETCH])
        return [result.error if isinstance(result, _Raised) else result for result in results]

    async def read(self, fn: Callable[[Connection], T]) -> T:
        """See Database."""
        if self._readers is None:
            raise RuntimeError("the database is not started")
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, fn)

    async def read_whole(self, fn: Callable[[Connection], T]) -> T:
        """See Database; any reader's transaction is one instant here."""
        return await self.read(fn)

    async def read_old(self, fn: Callable[[Connection], T]) -> T:
        """See Database; there is no copy of a file."""
        return await self.read(fn)

    def _submit(self, fns: Sequence[Callable[[Connection], Any]]) -> "asyncio.Future[list[Any]]":
        if self._writer is None:
            raise RuntimeError("the database is not started")
        loop = asyncio.get_running_loop()
        unit = _Unit(fns, loop, loop.create_future(), [])
        self._queue.put(unit)
        return unit.future

    def _read(self, fn: Callable[[Connection], T]) -> T:
        conn: Connection | None = getattr(self._local, "conn", None)
        if conn is None:
            conn = self._local.conn = self._read_engine.connect()
            self._open.append(conn)
        with conn.begin():
            conn.connection.cursor().execute("BEGIN")
            return fn(conn)

    def _run(self, loop: asyncio.AbstractEventLoop, ready: "asyncio.Future[None]") -> None:
        try:
            conn = self._write_engine.connect()
        except Exception as error:
            loop.call_soon_threadsafe(ready.set_exception, error)
            return
        loop.call_soon_threadsafe(ready.set_result, None)
        running = True
        while running:
            units, running = self._take()
            if units:
                self._commit_group(conn, units)
        conn.close()

    def _checkpoint(self) -> None:
        """Move what was committed from the write-ahead log to the file whenever the log is long, beside the writer.

        PASSIVE waits for nobody and nobody waits for it; the writer's own checkpoint stays as a bound on the log.
        """
        wal = Path(f"{self._path}-wal")
        conn = self._write_engine.connect()
        try:
            while not self._closing.wait(CHECKPOINT_EVERY_S):
                if wal.exists() and wal.stat().st_size >= CHECKPOINT_FROM_BYTES:
                    conn.connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)").close()
        finally:
            conn.close()

    def _take(self) -> tuple[list[_Unit], bool]:
        """Wait for one unit, then take all that wait, up to a bound; the bool says whether to go on after them."""
        units: list[_Unit] = []
        item = self._queue.get()
        number = 0
        while item is not None:
            if not item.future.cancelled():
                units.append(item)
                number += len(item.fns)
            if number >= MAX_GROUP:
                return units, True
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                return units, True
        return units, False

    def _commit_group(self, conn: Connection, units: list[_Unit]) -> None:
        try:
            with conn.begin():
                cursor = conn.connection.cursor()
                cursor.execute("BEGIN IMMEDIATE")
                for unit in units:
                    unit.results = [_with_savepoint(conn, cursor, fn) for fn in unit.fns]
        except Exception as error:
            for unit in units:
                unit.results = [_Raised(error)] * len(unit.fns)
        by_loop: dict[asyncio.AbstractEventLoop, list[_Unit]] = {}
        for unit in units:
            by_loop.setdefault(unit.loop, []).append(unit)
        for loop, answered in by_loop.items():
            if not loop.is_closed():
                loop.call_soon_threadsafe(_answer, answered)

    def _engine(self, *, query_only: bool) -> Engine:
        """Nothing listens to what its connections do: SQLAlchemy would ask at every statement."""
        engine = create_engine(
            f"sqlite:///{self._path}",
            poolclass=NullPool,
            connect_args={
                "check_same_thread": False,
                "timeout": _FOREVER_MS / 1000,
                "isolation_level": None,
                "cached_statements": 512,
            },
        )

        @event.listens_for(engine, "connect")
        def _pragmas(connection: Any, _: Any) -> None:
            cursor = connection.cursor()
            for pragma in (
                "journal_mode=WAL",
                f"synchronous={self._synchronous}",
                "foreign_keys=ON",
                "temp_store=MEMORY",
                "cache_size=-16000",
                "wal_autocheckpoint=40000",
                f"query_only={'ON' if query_only else 'OFF'}",
            ):
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()
            connection.create_function("lower", 1, _lower, deterministic=True)

        return engine


def _lower(text: str | None) -> str | None:
    """Return the text in lower case in every script: SQLite's own function knows ASCII only."""
    return None if text is None else text.lower()


@dataclass(frozen=True, slots=True)
class _Raised:
    error: BaseException


def _with_savepoint(conn: Connection, cursor: Any, fn: Callable[[Connection], Any]) -> Any:
    cursor.execute("SAVEPOINT unit")
    try:
        value = fn(conn)
    except Exception as error:
        cursor.execute("ROLLBACK TO unit")
        cursor.execute("RELEASE unit")
        return _Raised(error)
    cursor.execute("RELEASE unit")
    return value


def _answer(units: list[_Unit]) -> None:
    for unit in units:
        if not unit.future.done():
            unit.future.set_result(unit.results)


POOL = 16


def make_database(
    url: str,
    *,
    read_url: str = "",
    synchronous: str = "FULL",
    pooler: bool = False,
    pool_size: int = POOL,
    name: str = "",
) -> Database:
    """Return the database of `sqlite:///absolute/path` or `postgresql://…`; nothing is opened yet.

    PostgreSQL knows our sessions by `name`.

    Raises ConfigError (`database-url`, `database-driver`) for an address of PostgreSQL that cannot be used.
    """
    if url.startswith("sqlite:///"):
        return SqliteDatabase(Path(url.removeprefix("sqlite:///")), synchronous=synchronous)
    if importlib.util.find_spec("psycopg") is None:
        raise ConfigError("database-driver", "PostgreSQL needs psycopg: pip install 'fedcoop[postgres]'.")
    module = importlib.import_module("fedcoop.storage.database.postgres")  # not where there is SQLite: it costs memory
    found: Database = module.PostgresDatabase(url, read_url=read_url, pooler=pooler, pool_size=pool_size, name=name)
    return found


def open_database(config: DatabaseConfig, *, pool_size: int = POOL, name: str = "") -> Database:
    """Return the database that the settings name. Raises ConfigError as `make_database`."""
    return make_database(
        config.url,
        read_url=config.read_url,
        synchronous=config.synchronous,
        pooler=config.pooler,
        pool_size=pool_size,
        name=name,
    )
