"""Public pictures as they are served: in the database, so that every process of every machine has them."""

from datetime import datetime

from sqlalchemy import Connection, select

from fedcoop.storage import tables as t
from fedcoop.storage.database.rows import insert_ignore


class Media:
    """Repository of pictures by name; one name never has other bytes."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def keep(self, name: str, media_type: str, body: bytes, at: datetime) -> None:
        """Store a picture; again is harmless."""
        insert_ignore(self._conn, t.media, {"name": name, "media_type": media_type, "body": body, "created_at": at})

    def has(self, name: str) -> bool:
        """Return whether a picture of this name is stored."""
        return self._conn.execute(select(t.media.c.name).where(t.media.c.name == name)).first() is not None

    def find(self, name: str) -> tuple[str, bytes] | None:
        """Return type and bytes of a picture."""
        c = t.media.c
        row = self._conn.execute(select(c.media_type, c.body).where(c.name == name)).first()
        return None if row is None else (str(row[0]), bytes(row[1]))
