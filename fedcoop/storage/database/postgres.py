"""PostgreSQL by psycopg 3: each unit runs whole in a thread of its own, and what cannot reach the database says so soon.

Units that write have one pool of threads and connections, readers another, whose sessions cannot write. No connection is
asked whether it lives before it is used: one found dead is replaced, and what did no lasting thing yet runs once more. A
COMMIT without an answer is never repeated here: the caller cannot know, and whoever sends again is told apart by activity
id, vote id or form key. Addresses are libpq's, with all of its options. Source: nodes.md 1 and 8, docs/adr/0022.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from fedcoop.kernel.errors import DatabaseAway
from fedcoop.storage.database.connecting import Way
from fedcoop.storage.database.replica import NotFresh, Replica
from fedcoop.storage.database.watching import Watch

T = TypeVar("T")
Unit = Callable[[Connection], T]
RETRIES = 5
_RETRYABLE = frozenset({"40001", "40P01", "23505"})
"""Serialization failure, deadlock; and a row that another unit wrote meanwhile, so that this one finds it the next time."""


class PostgresDatabase:
    """PostgreSQL, for one node or several."""

    dialect = "postgresql"

    def __init__(self, url: str, *, read_url: str = "", pooler: bool = False, pool_size: int, name: str = "") -> None:
        self._way = Way(url, pooler=pooler, name=name)
        self._replica = Replica(read_url, pooler=pooler) if read_url else None
        writers, readers = self._sizes = (pool_size, (pool_size + 1) // 2)
        self._write_engine = self._way.engine(writers, reading=False)
        self._read_engine = self._way.engine(readers, reading=True)
        self._writers: ThreadPoolExecutor | None = None
        self._readers: ThreadPoolExecutor | None = None
        self._watch = Watch(self._ask, self._way.cut)

    def stamp(self) -> int | None:
        """Return nothing: here only a question tells."""
        return None

    async def start(self) -> None:
        """Start the threads and connect once. Raises DatabaseAway, with what libpq said."""
        if self._writers is not None:
            raise RuntimeError("the database is started already")
        writers, readers = self._sizes
        self._writers = ThreadPoolExecutor(writers, thread_name_prefix="postgres-writer")
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix="postgres-reader")
        self._watch.start()
        try:
            await self.write(lambda conn: None)
        except DatabaseAway:
            await self.close()
            raise
        self._watch.has_answered = True

    async def close(self) -> None:
        """Finish what waits, close the connections."""
        for pool in (self._writers, self._readers):
            if pool is not None:
                await asyncio.to_thread(pool.shutdown)
        self._writers = self._readers = None
        await asyncio.to_thread(self._watch.stop)
        self._write_engine.dispose()
        self._read_engine.dispose()
        if self._replica is not None:
            self._replica.close()

    async def write(self, fn: Unit[T]) -> T:
        """See Database; what failed before its COMMIT by a deadlock or a lost connection is run again. Raises DatabaseAway."""
        return await self._submit(self._writers, self._write, fn)

    async def write_many(self, fns: Sequence[Unit[T]]) -> list[T | BaseException]:
        """See Database; side by side."""
        return list(await asyncio.gather(*map(self.write, fns), return_exceptions=True))

    async def read(self, fn: Unit[T]) -> T:
        """See Database; each statement sees what is committed when it begins. Raises DatabaseAway."""
        return await self._submit(self._readers, self._read, fn)

    async def read_whole(self, fn: Unit[T]) -> T:
        """See Database. Raises DatabaseAway."""
        begin = f"{'SET TRANSACTION' if self._way.pooler else 'BEGIN'} ISOLATION LEVEL REPEATABLE READ"

        def run(conn: Connection) -> T:
            conn.exec_driver_sql(begin)
            return fn(conn)

        return await self.read(run)

    async def read_old(self, fn: Unit[T]) -> T:
        """See Database; from the copy while that is fresh. Raises DatabaseAway."""
        return await self._submit(self._readers, self._read_old, fn)

    def _submit(self, pool: ThreadPoolExecutor | None, run: Callable[[Unit[T]], T], fn: Unit[T]) -> "asyncio.Future[T]":
        if pool is None:
            raise RuntimeError("the database is not started")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        ticket = self._watch.enter()

        def work() -> T | None:
            return None if answer.cancelled() else run(fn)

        def done(work: "Future[T | None]") -> None:
            self._watch.leave(ticket)
            with contextlib.suppress(RuntimeError):  # the loop was closed: nobody waits any more
                loop.call_soon_threadsafe(_hand_over, work, answer)

        pool.submit(work).add_done_callback(done)
        return answer

    def _write(self, fn: Unit[T]) -> T:
        for attempt in range(1, RETRIES + 1):
            committing = False
            try:
                with self._connect(self._write_engine) as conn, conn.begin():
                    value = fn(conn)
                    committing = True
                return value
            except DBAPIError as error:
                repeatable = _code(error) in _RETRYABLE or (error.connection_invalidated and not committing)
                if attempt < RETRIES and repeatable:
                    continue
                if error.connection_invalidated:
                    raise self._lost(error) from error
                raise
        raise AssertionError("unreachable")

    def _lost(self, error: DBAPIError) -> DatabaseAway:
        self._watch.tell(_words(error))
        return DatabaseAway(_words(error))

    def _read(self, fn: Unit[T]) -> T:
        for attempt in (1, 2):
            try:
                with self._connect(self._read_engine) as conn:
                    return fn(conn)
            except DBAPIError as error:
                if not error.connection_invalidated:
                    raise
                if attempt == 2:
                    raise self._lost(error) from error
        raise AssertionError("unreachable")

    def _read_old(self, fn: Unit[T]) -> T:
        """A copy that goes away is noticed at the next look; meanwhile there is the primary."""
        if self._replica is not None:
            try:
                with self._replica.connection() as conn:
                    return fn(conn)
            except NotFresh:
                pass
            except DBAPIError as error:
                if not error.connection_invalidated:
                    raise
        return self._read(fn)

    def _connect(self, engine: Engine) -> Connection:
        self._watch.demand()
        try:
            return engine.connect()
        except DBAPIError as error:
            self._watch.lost(_words(error))
            raise DatabaseAway(_words(error)) from error

    def _ask(self) -> None:
        """Raise psycopg.Error unless the database answers a new session."""
        with self._way.connect(reading=True) as connection:
            connection.execute("SELECT 1")
        if self._replica is not None:
            self._replica.cut_stalled()


def _hand_over(work: "Future[Any]", answer: "asyncio.Future[Any]") -> None:
    if answer.done():
        return
    error = work.exception()
    if error is None:
        answer.set_result(work.result())
    else:
        answer.set_exception(error)


def _code(error: DBAPIError) -> str | None:
    code: str | None = getattr(error.orig, "sqlstate", None)
    return code


def _words(error: DBAPIError) -> str:
    return str(error.orig).strip()
