"""How motions of other co-ops ended, as their authors told us, also before the motion itself came (federation.md 13.4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, exists, select

from fedcoop.kernel.ids import ActorId
from fedcoop.storage import tables as t
from fedcoop.storage.database.rows import every, first, maker, upsert


@dataclass(frozen=True, slots=True)
class RemoteOutcome:
    """A Note by which another co-op says how a motion of its own ended (federation.md 13.4); `html` is sanitised."""

    uri: str
    motion_uri: str
    actor_id: ActorId
    outcome: Mapping[str, Any]
    html: str
    published_at: datetime | None
    updated_at: datetime | None
    said_at: datetime
    received_at: datetime


_outcome = maker(RemoteOutcome)


class RemoteOutcomes:
    """Repository of outcomes told by others."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def find(self, uri: str) -> RemoteOutcome | None:
        """Return the outcome that the Note of this id tells."""
        return first(self._conn, select(t.remote_outcomes).where(t.remote_outcomes.c.uri == uri), _outcome)

    def put(self, outcome: RemoteOutcome) -> None:
        """Store the outcome; one told by the same Note is replaced."""
        values = {name: getattr(outcome, name) for name in RemoteOutcome.__slots__}
        upsert(self._conn, t.remote_outcomes, values, keys=("uri",), keep=("actor_id", "received_at"))

    def drop(self, uri: str) -> None:
        """Forget the outcome that the Note of this id told."""
        self._conn.execute(delete(t.remote_outcomes).where(t.remote_outcomes.c.uri == uri))

    def told(self, motion_uri: str, actor_id: ActorId) -> list[RemoteOutcome]:
        """Return what this actor said of how the motion ended."""
        c = t.remote_outcomes.c
        query = select(t.remote_outcomes).where(c.motion_uri == motion_uri, c.actor_id == actor_id)
        return every(self._conn, query.order_by(c.uri), _outcome)

    def purge(self, before: datetime) -> None:
        """Forget outcomes received before an instant whose motion never came."""
        c = t.remote_outcomes.c
        known = exists().where(t.remote_motions.c.uri == c.motion_uri)
        self._conn.execute(delete(t.remote_outcomes).where(c.received_at < before, ~known))

    def drop_those_of(self, actor_id: ActorId) -> None:
        """Forget everything that the actor told."""
        self._conn.execute(delete(t.remote_outcomes).where(t.remote_outcomes.c.actor_id == actor_id))
