"""Statements that are built and compiled once: for what is asked again and again.

Theory: SQLAlchemy looks each statement up anew, and wraps its cursor, its rows and their values; on SQLite that costs ten
times what the statement does. So there the compiled text goes to the driver's own cursor, with the same conversion of
values and the same kinds of errors. On PostgreSQL the way to the server costs more than all of this, and SQLAlchemy
knows lost connections: there it runs the very same statement.
"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Dialect
from sqlalchemy.exc import DBAPIError

T = TypeVar("T")
Process = Callable[[Any], Any] | None
Params = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Plan:
    """The text with the values it asks for, in order, and how they and what it returns are converted."""

    sql: str
    binds: tuple[tuple[str, Process], ...]
    constants: Params
    lists: Mapping[str, Sequence[str]]
    results: tuple[tuple[int, Callable[[Any], Any]], ...]

    def arguments(self, params: Params) -> list[Any]:
        """Return the values for the driver. Raises KeyError for one that is missing."""
        found = {**self.constants, **params}
        for name, parts in self.lists.items():
            found.update(zip(parts, found[name], strict=True))
        return [found[name] if process is None else process(found[name]) for name, process in self.binds]

    def converted(self, row: tuple[Any, ...]) -> Sequence[Any]:
        """Return the values of a row of the driver as Python's."""
        if not self.results:
            return row
        values = list(row)
        for number, process in self.results:
            values[number] = process(values[number])
        return values


class Prepared(Generic[T]):
    """A statement of SQLAlchemy Core with named values; each row that it returns becomes `make(*values)`.

    `columns` are those that an INSERT is given; `lists` the values that are lists of any length (`expanding`).
    Raises DBAPIError as SQLAlchemy does.
    """

    def __init__(
        self,
        statement: Any,
        make: Callable[..., T],
        *,
        columns: Sequence[str] | None = None,
        lists: Sequence[str] = (),
    ) -> None:
        self._statement = statement
        self._make = make
        self._columns = columns
        self._lists = tuple(lists)
        self._plans: dict[tuple[int, ...], _Plan] = {}

    def first(self, conn: Connection, params: Params) -> T | None:
        """Return the first row, or None."""
        if conn.dialect.name != "sqlite":
            row = conn.execute(self._statement, params).first()
            return None if row is None else self._make(*row)
        plan, cursor = self._execute(conn, params)
        found = cursor.fetchone()
        cursor.close()
        return None if found is None else self._make(*plan.converted(found))

    def every(self, conn: Connection, params: Params) -> list[T]:
        """Return all rows."""
        if conn.dialect.name != "sqlite":
            return [self._make(*row) for row in conn.execute(self._statement, params)]
        plan, cursor = self._execute(conn, params)
        return [self._make(*plan.converted(row)) for row in cursor.fetchall()]

    def run(self, conn: Connection, params: Params) -> int:
        """Run it; return how many rows it touched."""
        if conn.dialect.name != "sqlite":
            return int(conn.execute(self._statement, params).rowcount)
        return int(self._execute(conn, params)[1].rowcount)

    def run_many(self, conn: Connection, rows: Sequence[Params]) -> None:
        """Run it once for each of the rows, in one go."""
        if not rows:
            return
        if conn.dialect.name != "sqlite":
            conn.execute(self._statement, rows)
            return
        plan = self._plan(conn.dialect, rows[0])
        cursor: Any = conn.connection.cursor()
        _tried(conn, cursor.executemany, plan.sql, [plan.arguments(row) for row in rows])

    def _execute(self, conn: Connection, params: Params) -> tuple[_Plan, sqlite3.Cursor]:
        if self._lists:
            params = {**params, **{name: _padded(params[name]) for name in self._lists}}
        plan = self._plan(conn.dialect, params)
        cursor: Any = conn.connection.cursor()
        _tried(conn, cursor.execute, plan.sql, plan.arguments(params))
        return plan, cursor

    def _plan(self, dialect: Dialect, params: Params) -> _Plan:
        lengths = tuple(len(params[name]) for name in self._lists)
        found = self._plans.get(lengths)
        if found is None:
            found = self._plans[lengths] = self._compiled(dialect, params)
        return found

    def _compiled(self, dialect: Dialect, params: Params) -> _Plan:
        compiled = self._statement.compile(dialect=dialect, column_keys=self._columns)
        constants = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
        state = compiled.construct_expanded_state({**constants, **params})
        lists = dict(state.parameter_expansion)
        whole = {part: name for name, parts in lists.items() for part in parts}
        kinds = [(name, compiled.binds[whole.get(name, name)].type) for name in state.positiontup]
        binds = tuple((name, kind.dialect_impl(dialect).bind_processor(dialect)) for name, kind in kinds)
        results = enumerate(
            column.type.dialect_impl(dialect).result_processor(dialect, None) for column in _returned(self._statement)
        )
        wanted = tuple((number, process) for number, process in results if process is not None)
        return _Plan(str(state.statement), binds, constants, lists, wanted)


def _tried(conn: Connection, run: Callable[[str, Any], Any], sql: str, arguments: list[Any]) -> None:
    try:
        run(sql, arguments)
    except sqlite3.Error as error:
        raise DBAPIError.instance(
            sql, arguments, error, sqlite3.Error, hide_parameters=True, dialect=conn.dialect
        ) from error


def _padded(values: Sequence[Any]) -> Sequence[Any]:
    """Return the values with the last one repeated up to a power of two: as many plans as there are of these."""
    length = len(values)
    return [*values, *[values[-1]] * ((1 << (length - 1).bit_length()) - length)] if length else values


def _returned(statement: Any) -> Sequence[Any]:
    return list(statement.exported_columns) if not statement.is_dml or statement.returning_column_descriptions else ()
