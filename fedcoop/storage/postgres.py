"""PostgreSQL by psycopg 3: each unit runs whole in a thread of its own, and what cannot reach the database says so soon.

Units that write have one pool of threads and connections, readers another, whose sessions cannot write. No connection is
asked whether it lives before it is used: one found dead is replaced, and what did no lasting thing yet runs once more. A
COMMIT without an answer is never repeated here: the caller cannot know, and whoever sends again is told apart by activity
id, vote id or form key. Addresses are libpq's, with all of its options. Source: nodes.md 1 and 8, docs/adr/0022.
"""

import asyncio
import contextlib
import logging
import os
import re
import socket
import threading
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

import psycopg
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from fedcoop.kernel.clock import SystemClock
from fedcoop.kernel.errors import ConfigError, DatabaseAway

log = logging.getLogger(__name__)

T = TypeVar("T")
Unit = Callable[[Connection], T]
RETRIES = 3
_RETRYABLE = frozenset({"40001", "40P01"})
_GONE = re.compile(r"08...|57P0[1-3]")
_READ_ONLY = "25006"  # of a writer: the server became a copy of another
PREPARED = 500
CONNECT_S = 2
SLOW_S = 1.5
"""From so long a unit on, it is asked whether the database still answers at all."""
LOOK_S = 0.5
SAY_EVERY_S = 10.0
IDLE_IN_UNIT = "20s"
"""A process that froze within a unit loses its locks after this long."""


def options_of(url: str, *, key: str = "database.url") -> dict[str, Any]:
    """Return libpq's options of an address. Raises ConfigError (`database-url`) that names what libpq does not know."""
    try:
        return dict(conninfo_to_dict(url))
    except psycopg.ProgrammingError as error:
        unknown = re.search(r'invalid URI query parameter: "([^"]*)"', str(error))
        what = f'libpq has no option "{unknown[1]}"' if unknown else "this is no address that libpq can read"
        hint = "; behind a pooler write `pooler = true`" if unknown and "statement_cache" in unknown[1] else ""
        raise ConfigError("database-url", f"{key}: {what}{hint}.") from None


class PostgresDatabase:
    """PostgreSQL, for one node or several."""

    dialect = "postgresql"

    def __init__(self, url: str, *, pooler: bool = False, pool_size: int) -> None:
        self._options = options_of(url)
        self._pooler = pooler
        self._sockets: weakref.WeakSet[psycopg.Connection[Any]] = weakref.WeakSet()
        writers, readers = self._sizes = (pool_size, (pool_size + 1) // 2)
        self._write_engine = self._engine(writers, reading=False)
        self._read_engine = self._engine(readers, reading=True)
        self._writers: ThreadPoolExecutor | None = None
        self._readers: ThreadPoolExecutor | None = None
        self._watch = Watch(self._ask, self._cut)

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

    async def close(self) -> None:
        """Finish what waits, close the connections."""
        for pool in (self._writers, self._readers):
            if pool is not None:
                await asyncio.to_thread(pool.shutdown)
        self._writers = self._readers = None
        await asyncio.to_thread(self._watch.stop)
        self._write_engine.dispose()
        self._read_engine.dispose()

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
        begin = f"{'SET TRANSACTION' if self._pooler else 'BEGIN'} ISOLATION LEVEL REPEATABLE READ"

        def run(conn: Connection) -> T:
            conn.exec_driver_sql(begin)
            return fn(conn)

        return await self.read(run)

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
                    raise DatabaseAway(_words(error)) from error
                raise
        raise AssertionError("unreachable")

    def _read(self, fn: Unit[T]) -> T:
        for attempt in (1, 2):
            try:
                with self._connect(self._read_engine) as conn:
                    return fn(conn)
            except DBAPIError as error:
                if not error.connection_invalidated:
                    raise
                if attempt == 2:
                    raise DatabaseAway(_words(error)) from error
        raise AssertionError("unreachable")

    def _connect(self, engine: Engine) -> Connection:
        self._watch.demand()
        try:
            return engine.connect()
        except DBAPIError as error:
            self._watch.lost(_words(error))
            raise DatabaseAway(_words(error)) from error

    def _engine(self, size: int, *, reading: bool) -> Engine:
        engine = create_engine(
            "postgresql+psycopg://",
            creator=lambda: self._new_connection(reading=reading),
            pool_size=size,
            max_overflow=0,
            use_native_hstore=False,
            execution_options={"preserve_rowcount": True},  # of an INSERT too: did it find its row there?
        )

        @event.listens_for(engine, "handle_error")
        def _told(context: Any) -> None:
            code = getattr(context.original_exception, "sqlstate", None) or ""
            if _GONE.fullmatch(code) or (code == _READ_ONLY and not reading):
                context.is_disconnect = True

        return engine

    def _new_connection(self, *, reading: bool) -> psycopg.Connection[Any]:
        """A session that reads sends no BEGIN; behind a pooler nothing is set that would outlast a transaction."""
        options: dict[str, Any] = {
            "connect_timeout": CONNECT_S,
            "fallback_application_name": "fedcoop",
            **self._options,
        }
        if not self._pooler:
            ours = f"-c idle_in_transaction_session_timeout={IDLE_IN_UNIT}"
            options["options"] = f"{ours} {options.get('options') or ''}".strip()
        connection = psycopg.connect(**options)
        self._sockets.add(connection)
        connection.prepared_max = PREPARED
        if self._pooler:
            connection.prepare_threshold = None
            connection.read_only = reading or None
        elif reading:
            connection.autocommit = True
            connection.execute(
                "SET default_transaction_read_only = on"
            )  # no option: it would rule out read-write hosts
        return connection

    def _ask(self) -> None:
        """Raise psycopg.Error unless the database answers a new session."""
        with self._new_connection(reading=True) as connection:
            connection.execute("SELECT 1")

    def _cut(self) -> None:
        """End every connection under the hands of who waits on it: a server that froze never ends one itself."""
        for connection in list(self._sockets):
            with contextlib.suppress(psycopg.Error, OSError), socket.socket(fileno=os.dup(connection.fileno())) as line:
                line.shutdown(socket.SHUT_RDWR)


class Watch:
    """Knows whether the database answers: asks when a unit takes long or was lost, and says so once in a while.

    While it does not answer, whoever comes is refused at once; it is asked twice a second.
    """

    def __init__(self, ask: Callable[[], None], cut: Callable[[], None]) -> None:
        self._ask = ask
        self._cut = cut
        self._now = SystemClock().monotonic
        self._under_way: dict[object, float] = {}
        self._because = ""
        self._said_at = 0.0
        self._busy = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to look."""
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="postgres-watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stopping.set()
        self._busy.set()
        if self._thread is not None:
            self._thread.join()
        self._thread = None

    def enter(self) -> object:
        """A unit waits from now on; return its ticket."""
        ticket = object()
        self._under_way[ticket] = self._now()
        self._busy.set()
        return ticket

    def leave(self, ticket: object) -> None:
        """The unit has ended."""
        self._under_way.pop(ticket, None)

    def demand(self) -> None:
        """Return if the database answered when it was asked last. Raises DatabaseAway."""
        if self._because:
            raise DatabaseAway(self._because)

    def lost(self, because: str) -> None:
        """No new connection can be had: until one can, nobody tries but the watch."""
        if not self._because:
            self._because = because
        self._say(because)
        self._busy.set()

    def _run(self) -> None:
        while self._busy.wait() and not self._stopping.wait(LOOK_S):
            started = list(self._under_way.copy().values())
            if self._because or (started and self._now() - min(started) > SLOW_S):
                self._look()
            elif not started:
                self._busy.clear()
                if self._under_way:  # whoever came meanwhile
                    self._busy.set()

    def _look(self) -> None:
        asked = threading.Thread(target=self._asked, name="postgres-ask", daemon=True)
        asked.start()
        asked.join(CONNECT_S + LOOK_S)
        if asked.is_alive():
            self.lost("it does not answer")
            self._cut()

    def _asked(self) -> None:
        try:
            self._ask()
        except psycopg.Error as error:
            self.lost(str(error).strip())
            self._cut()
        else:
            if self._because:
                log.warning("the database answers again")
            self._because, self._said_at = "", 0.0

    def _say(self, because: str) -> None:
        now = self._now()
        if not self._said_at or now - self._said_at >= SAY_EVERY_S:
            self._said_at = now
            log.error("the database does not answer", extra={"because": because})


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
