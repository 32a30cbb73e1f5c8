"""Small helpers by which repositories turn rows into dataclasses and write portable SQL."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Connection, Insert, Row, Select, Table
from sqlalchemy.dialects import postgresql, sqlite

T = TypeVar("T")


@cache
def _insert(table: Table, dialect: str) -> Any:
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


@cache
def _insert_ignore(table: Table, dialect: str) -> Insert:
    statement: Insert = _insert(table, dialect).on_conflict_do_nothing()
    return statement


@cache
def _upsert(table: Table, dialect: str, keys: tuple[str, ...], columns: tuple[str, ...]) -> Insert:
    base = _insert(table, dialect)
    statement: Insert = base.on_conflict_do_update(
        index_elements=list(keys), set_={column: base.excluded[column] for column in columns}
    )
    return statement


def insert_ignore(conn: Connection, table: Table, values: Mapping[str, Any]) -> bool:
    """Insert the row unless a constraint stands against it; return whether it was inserted."""
    return bool(conn.execute(_insert_ignore(table, conn.dialect.name), values).rowcount)


def insert_ignore_many(conn: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert those of `rows` that no constraint stands against."""
    if rows:
        conn.execute(_insert_ignore(table, conn.dialect.name), rows)


def upsert(
    conn: Connection, table: Table, values: Mapping[str, Any], *, keys: tuple[str, ...], keep: tuple[str, ...] = ()
) -> None:
    """Insert the row, or update all of its columns but `keys` and `keep` where a row with these keys stands."""
    columns = tuple(name for name in values if name not in keys and name not in keep)
    conn.execute(_upsert(table, conn.dialect.name, keys, columns), values)


def insert(conn: Connection, table: Table, values: Mapping[str, Any]) -> None:
    """Insert one row."""
    conn.execute(_plain_insert(table), values)


@cache
def _plain_insert(table: Table) -> Insert:
    return table.insert()


def first(
    conn: Connection, statement: Select[Any], make: Callable[[Row[Any]], T], params: Mapping[str, Any] | None = None
) -> T | None:
    """Return the first row as made by `make`, or None."""
    row = conn.execute(statement, params).first()
    return None if row is None else make(row)


def every(
    conn: Connection, statement: Select[Any], make: Callable[[Row[Any]], T], params: Mapping[str, Any] | None = None
) -> list[T]:
    """Return all rows as made by `make`."""
    return [make(row) for row in conn.execute(statement, params)]


def maker(record: Callable[..., T]) -> Callable[[Row[Any]], T]:
    """Return a function that makes `record` of a row whose columns have the field names, in any order."""

    def make(row: Row[Any]) -> T:
        return record(**row._mapping)

    return make
