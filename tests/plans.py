"""How the database finds what a query asks for: every statement that ran, and those that read a whole table."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, event

from fedcoop.storage.tables import metadata
from fedcoop.storage.unit_of_work import UnitOfWork

_READS = re.compile(r"\s*(?:WITH|SELECT)\b", re.IGNORECASE)
_SCAN = {
    "sqlite": re.compile(r"^SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?", re.MULTILINE),
    "postgresql": re.compile(r"Seq Scan on (\w+)()"),
}
_PARTIAL = {
    index.name
    for table in metadata.tables.values()
    for index in table.indexes
    if index.dialect_options["sqlite"]["where"] is not None
}
"""Indexes that hold only what needs something: to read one whole is to read what is asked for."""
_ALIASED = re.compile(r"(?:FROM|JOIN) (\w+) AS (\w+)", re.IGNORECASE)


def _in_order(sql: str, plan: str) -> bool:
    """Return whether SQLite walks along an index only as far as the limit says: it names that a scan too."""
    return "LIMIT" in sql and "USING" in plan and "TEMP B-TREE" not in plan


class Plans:
    """Reads of one connection, each once, with how it was found."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self._asked: dict[str, Any] = {}

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Remember what is asked within."""
        raw: Any = self._conn.connection.dbapi_connection
        if self._conn.dialect.name == "sqlite":
            raw.set_trace_callback(lambda sql: self._asked.setdefault(sql, None))
            yield
            raw.set_trace_callback(None)
            return

        def heard(conn: Any, cursor: Any, sql: str, params: Any, context: Any, many: bool) -> None:
            self._asked.setdefault(sql, params)

        event.listen(self._conn, "before_cursor_execute", heard)
        yield
        event.remove(self._conn, "before_cursor_execute", heard)

    def scans(self) -> set[tuple[str, str]]:
        """Return table and statement of each read of a whole table. PostgreSQL is told to use indexes where it can."""
        raw: Any = self._conn.connection.dbapi_connection
        cursor, name = raw.cursor(), self._conn.dialect.name
        if name == "postgresql":
            cursor.execute("SET enable_seqscan = off")
        found = set()
        for sql, params in self._asked.items():
            if _READS.match(sql):
                words = ("EXPLAIN QUERY PLAN " if name == "sqlite" else "EXPLAIN ") + sql
                cursor.execute(words, *(() if params is None else (params,)))
                plan = "\n".join(str(row[-1]) for row in cursor.fetchall())
                aliases = {alias: table for table, alias in _ALIASED.findall(sql)}
                if name == "postgresql" or not _in_order(sql, plan):
                    scans = [table for table, index in _SCAN[name].findall(plan) if index not in _PARTIAL]
                    found |= {(aliases.get(table, table), sql) for table in scans}
        if name == "postgresql":
            cursor.execute("RESET enable_seqscan")
        return found


def scans_of(uow: UnitOfWork, query: Callable[..., Any], **kwargs: Any) -> set[tuple[str, str]]:
    """Return which tables the query reads whole, with the statements that do."""
    plans = Plans(uow.conn)
    with plans.listening():
        query(uow, **kwargs)
    return plans.scans()
