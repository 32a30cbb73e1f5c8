"""Who follows actors of ours and who asks to, and what a block ended: rows ↔ plain values. Whom we follow is in `actors.py`."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, delete, func, select, update

from fedcoop.kernel.ids import ActorId
from fedcoop.storage import tables as t
from fedcoop.storage.database.rows import every, maker
from fedcoop.storage.records import Actor, Follow

_follow = maker(Follow)


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

    # what a block ends, and what an outage leaves open

    def reject_followers(self, target: str, kind: str, *, told: int) -> int:
        """No actor of the origin, or not this one, follows us any more; the `told` newest follows stay as `rejected`.

        Return how many are gone without a word.
        """
        c, theirs = t.follows.c, _those_of(target, kind)
        open_ = and_(c.follower_id.in_(theirs), c.state != "rejected")
        newest = select(c.id).where(open_).order_by(c.id.desc()).limit(told)
        self._conn.execute(update(t.follows).where(c.id.in_(newest)).values(state="rejected"))
        return int(self._conn.execute(delete(t.follows).where(open_)).rowcount)

    def rejected(self, *, limit: int) -> list[Follow]:
        """Return follows that were ended and whose followers are still to be told, the oldest first."""
        query = select(t.follows).where(t.follows.c.state == "rejected").order_by(t.follows.c.id).limit(limit)
        return every(self._conn, query, _follow)

    def asked_to_follow(self, since: datetime, until: datetime, *, limit: int) -> list[Follow]:
        """Return follows of ours, asked for in this time, that were not answered yet, newest first."""
        c, local = t.follows.c, select(t.actors.c.id).where(t.actors.c.local.is_(True))
        query = select(t.follows).where(
            c.follower_id.in_(local), c.state == "pending", c.created_at.between(since, until)
        )
        return every(self._conn, query.order_by(c.id.desc()).limit(limit), _follow)

    def our_follows_of(self, target: str, kind: str) -> list[Follow]:
        """Return which follows of ours have an actor of the origin, or this one, at their other end."""
        query = select(t.follows).where(t.follows.c.followee_id.in_(_those_of(target, kind)))
        return every(self._conn, query.order_by(t.follows.c.id), _follow)


def _those_of(target: str, kind: str) -> Select[Any]:
    """Return the ids of what a block names: remote actors of an origin (`kind` `origin`), or one (`actor`)."""
    named = t.actors.c.origin if kind == "origin" else t.actors.c.uri
    return select(t.actors.c.id).where(named == target, t.actors.c.local.is_(False))


def follows_with_actors(conn: Connection, query: Select[Any]) -> list[tuple[Follow, Actor]]:
    """Return the rows of a query for follows and actors, in this order of columns."""
    width = len(t.follows.c)
    return [
        (Follow(*row[:width]), Actor(**dict(zip(t.actors.c.keys(), row[width:], strict=True))))
        for row in conn.execute(query)
    ]
