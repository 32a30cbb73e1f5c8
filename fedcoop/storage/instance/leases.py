"""Rows that a process has taken for a while: by whom, which are free, and that what it does with them counts (ADR 23).

A lease of a process of `nodes` ends when that process is dead; its time only tells the process itself that a row which it
does not hold any more may be taken again. A lease of anything else, as of a command, ends by its time.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, exists, func, literal, or_, select, tuple_, update

from fedcoop.storage import tables as t

LEASED = [table for table in t.metadata.sorted_tables if "leased_by" in table.c]
"""Every table whose rows are taken."""
FREE: dict[str, Any] = {"leased_until": None, "leased_by": None}


def taken(now: datetime, lease: timedelta, me: int | None) -> dict[str, Any]:
    """Return the values of a row that `me` has taken."""
    return {"leased_until": now + lease, "leased_by": me}


def is_free(table: Table, now: datetime, me: int | None) -> ColumnElement[bool]:
    """Whether nobody has taken the row, or `me` only has and has forgotten it."""
    c = table.c
    return or_(c.leased_until.is_(None), and_(c.leased_until < now, or_(c.leased_by.is_(None), c.leased_by == me)))


def may_take(table: Table, now: datetime, me: int | None) -> ColumnElement[bool]:
    """Whether `me` may take the row: it is free, and nobody has struck `me` off the nodes."""
    free = is_free(table, now, me)
    return free if me is None else and_(free, exists().where(t.nodes.c.id == me))


def is_mine(table: Table, me: Any) -> ColumnElement[bool]:
    """Whether the row is still with `me`, a node or a parameter: asked by whatever settles it."""
    return table.c.leased_by.is_not_distinct_from(me)


def others_in_turn(conn: Connection, table: Table, me: int | None) -> list[int]:
    """Wait until nobody else takes rows of the table, to the end of the unit; return the other nodes.

    What they took before is seen then. On SQLite there is one writer anyway, and nobody else.
    """
    if conn.dialect.name == "sqlite":
        return []
    conn.execute(select(func.pg_advisory_xact_lock(literal(LEASED.index(table)))))
    return list(conn.execute(select(t.nodes.c.id).where(t.nodes.c.id != me)).scalars())


def free(conn: Connection, table: Table, *which: ColumnElement[bool]) -> None:
    """Nobody has taken these rows any more."""
    conn.execute(update(table).where(*which).values(**FREE))


def let_go(conn: Connection, table: Table, me: int | None, kept: Collection[Any]) -> None:
    """What `me` has taken is free, but for rows with these primary keys."""
    key = [*table.primary_key]
    column = key[0] if len(key) == 1 else tuple_(*key)
    if me is not None:
        free(conn, table, table.c.leased_by == me, column.not_in(list(kept)))
