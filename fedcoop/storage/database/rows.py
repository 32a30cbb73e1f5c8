"""Small helpers by which repositories turn rows into dataclasses and write portable SQL."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Column, Connection, Row, Select, Table
from sqlalchemy.dialects import postgresql, sqlite

from fedcoop.storage.database.prepared import Prepared

T = TypeVar("T")


@cache
def _insert(table: Table, dialect: str) -> Any:
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


@cache
def _insert_ignore(table: Table, dialect: str, names: tuple[str, ...]) -> Prepared[None]:
    return Prepared(_insert(table, dialect).on_conflict_do_nothing(), nothing, columns=names)


@cache
def _upsert(
    table: Table, dialect: str, keys: tuple[str, ...], keep: tuple[str, ...], names: tuple[str, ...]
) -> Prepared[None]:
    base = _insert(table, dialect)
    changed = {name: base.excluded[name] for name in names if name not in keys and name not in keep}
    return Prepared(base.on_conflict_do_update(index_elements=list(keys), set_=changed), nothing, columns=names)


@cache
def _plain_insert(table: Table, names: tuple[str, ...]) -> Prepared[None]:
    return Prepared(table.insert(), nothing, columns=names)


def nothing() -> None:
    """Make nothing of a row: for statements that return none."""


def itself(value: T) -> T:
    """Make of a row of one column its value."""
    return value


def fields(table: Table, record: type[Any]) -> list[Column[Any]]:
    """Return the columns that are the fields of a record, in their order."""
    return [table.c[name] for name in record.__slots__]


def insert_ignore(conn: Connection, table: Table, values: Mapping[str, Any]) -> bool:
    """Insert the row unless a constraint stands against it; return whether it was inserted."""
    return bool(_insert_ignore(table, conn.dialect.name, tuple(values)).run(conn, values))


def insert_ignore_many(conn: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert those of `rows`, which have the same columns, that no constraint stands against."""
    if rows:
        _insert_ignore(table, conn.dialect.name, tuple(rows[0])).run_many(conn, rows)


def upsert(
    conn: Connection, table: Table, values: Mapping[str, Any], *, keys: tuple[str, ...], keep: tuple[str, ...] = ()
) -> None:
    """Insert the row, or update all of its columns but `keys` and `keep` where a row with these keys stands."""
    _upsert(table, conn.dialect.name, keys, keep, tuple(values)).run(conn, values)


def upsert_many(conn: Connection, table: Table, rows: Sequence[Mapping[str, Any]], *, keys: tuple[str, ...]) -> None:
    """Do the same with rows that have the same columns."""
    if rows:
        _upsert(table, conn.dialect.name, keys, (), tuple(rows[0])).run_many(conn, rows)


def insert(conn: Connection, table: Table, values: Mapping[str, Any]) -> None:
    """Insert one row."""
    _plain_insert(table, tuple(values)).run(conn, values)


def insert_many(conn: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that have the same columns."""
    if rows:
        _plain_insert(table, tuple(rows[0])).run_many(conn, rows)


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
