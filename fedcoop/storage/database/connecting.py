"""How a session with PostgreSQL comes about: an address of libpq, with what we set in each session ourselves."""

import contextlib
import os
import re
import socket
import weakref
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import Engine, create_engine, event

from fedcoop.kernel.errors import ConfigError

_GONE = re.compile(r"08...|57P0[1-3]")
_READ_ONLY = "25006"  # of a writer: the server became a copy of another
PREPARED = 500
CONNECT_S = 2
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


class Way:
    """The way to one server, whose sessions bear the `name`. Raises ConfigError (`database-url`)."""

    def __init__(self, url: str, *, pooler: bool, key: str = "database.url", name: str = "") -> None:
        self.pooler = pooler
        self._name = {"application_name": name} if name else {}
        self._options = options_of(url, key=key)
        self._sockets: weakref.WeakSet[psycopg.Connection[Any]] = weakref.WeakSet()

    def engine(self, size: int, *, reading: bool) -> Engine:
        """Return a pool of sessions; of an error that says that the server is gone, all of them are made anew."""
        engine = create_engine(
            "postgresql+psycopg://",
            creator=lambda: self.connect(reading=reading),
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

    def connect(self, *, reading: bool) -> psycopg.Connection[Any]:
        """A session that reads sends no BEGIN; behind a pooler nothing is set that would outlast a transaction."""
        options: dict[str, Any] = {
            "connect_timeout": CONNECT_S,
            "fallback_application_name": "fedcoop",
            **self._options,
            **self._name,
        }
        if not self.pooler:
            ours = f"-c idle_in_transaction_session_timeout={IDLE_IN_UNIT}"
            options["options"] = f"{ours} {options.get('options') or ''}".strip()
        connection = psycopg.connect(**options)
        self._sockets.add(connection)
        connection.prepared_max = PREPARED
        if self.pooler:
            connection.prepare_threshold = None
            connection.read_only = reading or None
        elif reading:
            connection.autocommit = True
            connection.execute(
                "SET default_transaction_read_only = on"
            )  # no option: it would rule out read-write hosts
        return connection

    def cut(self) -> None:
        """End every connection under the hands of who waits on it: a server that froze never ends one itself."""
        for connection in list(self._sockets):
            with contextlib.suppress(psycopg.Error, OSError), socket.socket(fileno=os.dup(connection.fileno())) as line:
                line.shutdown(socket.SHUT_RDWR)
