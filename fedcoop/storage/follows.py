"""Who follows actors of ours, and who asks to: rows ↔ plain values. Whom we follow is in `actors.py`."""

from typing import Any

from sqlalchemy import Connection, Select, delete, func, select, update

from fedcoop.kernel.ids import ActorId
from fedcoop.storage import tables as t
from fedcoop.storage.records import Actor, Follow


class Follows:
    """Repository of requests to follow and of followers one by one."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def accept(self, follow: Follow) -> None:
        """The follow counts from now on."""
        self._conn.execute(update(t.follows).where(t.follows.c.id == follow.id).values(state="accepted"))

    def followers_of(
        self, actor_id: ActorId, state: str, *, before: int | None = None, limit: int = 50
    ) -> list[tuple[Follow, Actor]]:
        """Return who follows the actor (`accepted`) or asked to (`pending`), newest first, each with its actor."""
        c = t.follows.c
        query = (
            select(t.follows, t.actors)
            .join(t.actors, t.actors.c.id == c.follower_id)
            .where(c.followee_id == actor_id, c.state == state, t.actors.c.gone_at.is_(None))
            .order_by(c.id.desc())
            .limit(limit)
        )
        return follows_with_actors(self._conn, query if before is None else query.where(c.id < before))

    def count_requests(self, actor_id: ActorId) -> int:
        """Return how many ask to follow the actor and have no answer."""
        c = t.follows.c
        query = select(func.count()).select_from(t.follows).where(c.followee_id == actor_id, c.state == "pending")
        return int(self._conn.execute(query).scalar_one())

    def drop_oldest_requests(self, actor_id: ActorId, *, origin: str, most: int) -> int:
        """The oldest requests to follow beyond the newest `most`, of one origin or (empty) in all, are gone; how many."""
        c = t.follows.c
        query = select(c.id).join(t.actors, t.actors.c.id == c.follower_id)
        query = query.where(c.followee_id == actor_id, c.state == "pending")
        query = query if not origin else query.where(t.actors.c.origin == origin)
        excess = [int(row[0]) for row in self._conn.execute(query.order_by(c.id.desc()).offset(most).limit(100))]
        if excess:
            self._conn.execute(delete(t.follows).where(c.id.in_(excess)))
        return len(excess)


def follows_with_actors(conn: Connection, query: Select[Any]) -> list[tuple[Follow, Actor]]:
    """Return the rows of a query for follows and actors, in this order of columns."""
    width = len(t.follows.c)
    return [
        (Follow(*row[:width]), Actor(**dict(zip(t.actors.c.keys(), row[width:], strict=True))))
        for row in conn.execute(query)
    ]
