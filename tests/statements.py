"""Counts the statements that reach the database, also those that pass SQLAlchemy by; many rows in one go are one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

from fedcoop.storage.database import prepared

_FRAME = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK", "SET ")


@contextmanager
def statements() -> Iterator[list[str]]:
    """The statements of units while the block lasts, of every database of this process."""
    seen: list[str] = []
    tried = prepared._tried

    def note(conn: Any, cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(_FRAME):
            seen.append(statement)

    def noted(conn: Any, run: Any, sql: str, arguments: Any) -> None:
        seen.append(sql)
        tried(conn, run, sql, arguments)

    event.listen(Engine, "before_cursor_execute", note)
    prepared._tried = noted
    try:
        yield seen
    finally:
        prepared._tried = tried
        event.remove(Engine, "before_cursor_execute", note)
