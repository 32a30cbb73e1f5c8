"""Visits: whose document, and whose outbox, at other servers is to be looked at, when, and how that went (federation.md 14, 18)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, delete, exists, func, select, union, update

from fedcoop.kernel.ids import ActorId
from fedcoop.storage import tables as t
from fedcoop.storage.database.rows import every, insert_ignore_many, maker, upsert
from fedcoop.storage.instance.leases import FREE, is_free, is_mine, may_take, taken

ACTOR = "actor"
OUTBOX = "outbox"


@dataclass(frozen=True, slots=True)
class Visit:
    """A look at an actor of another server that is planned: at its document, or at what its outbox shows `since`.

    `again_at`: the outbox is to be looked at once more then.
    """

    kind: str
    actor_id: ActorId
    since: datetime | None
    again_at: datetime | None
    due_at: datetime
    attempts: int
    failing_since: datetime | None


_visit = maker(Visit)
_COLUMNS = [t.visits.c[name] for name in Visit.__slots__]


class Visits:
    """Repository of visits; `me` is the process that makes them."""

    def __init__(self, conn: Connection, me: int | None = None) -> None:
        self._conn = conn
        self._me = me

    # what is to be looked at

    def unplanned(self, *, limit: int) -> list[ActorId]:
        """Return linked actors whose documents nobody is going to look at."""
        planned = exists().where(t.visits.c.kind == ACTOR, t.visits.c.actor_id == t.links.c.actor_id)
        query = select(t.links.c.actor_id).where(~planned).order_by(t.links.c.actor_id).limit(limit)
        return [ActorId(row[0]) for row in self._conn.execute(query)]

    def add(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Plan these visits, but for those of a kind and actor that are planned."""
        insert_ignore_many(self._conn, t.visits, rows)

    def worth_catching_up(self, *, after: int, limit: int) -> list[ActorId]:
        """Return the actors that we follow, that are linked, and partners, in the order of their ids."""
        local = select(t.actors.c.id).where(t.actors.c.local.is_(True))
        f = t.follows.c
        followed = select(f.followee_id).where(f.follower_id.in_(local), f.state == "accepted", f.followee_id > after)
        linked = select(t.links.c.actor_id).where(t.links.c.state == "active", t.links.c.actor_id > after)
        partners = select(t.peers.c.actor_id).where(t.peers.c.state == "partner", t.peers.c.actor_id > after)
        found = union(followed, linked, partners).subquery()
        remote = select(t.actors.c.id).where(t.actors.c.local.is_(False), t.actors.c.gone_at.is_(None))
        ids = select(found.c[0]).where(found.c[0].in_(remote)).order_by(found.c[0]).limit(limit)
        return [ActorId(row[0]) for row in self._conn.execute(ids)]

    def plan_outbox(self, actor_id: ActorId, *, since: datetime, due_at: datetime, again_at: datetime) -> None:
        """Have the outbox looked at for what was said since, or since earlier where that was planned before."""
        earlier = self.find(OUTBOX, actor_id)
        first = since if earlier is None or earlier.since is None else min(since, earlier.since)
        values = {"kind": OUTBOX, "actor_id": actor_id, "since": first, "due_at": due_at, "again_at": again_at}
        upsert(self._conn, t.visits, {**values, "attempts": 0, **FREE}, keys=("kind", "actor_id"))

    def find(self, kind: str, actor_id: ActorId) -> Visit | None:
        """Return the visit that is planned."""
        query = select(*_COLUMNS).where(t.visits.c.kind == kind, t.visits.c.actor_id == actor_id)
        return next(iter(every(self._conn, query, _visit)), None)

    def of_actors(self, actor_ids: Collection[ActorId]) -> dict[ActorId, Visit]:
        """Return the visits to the documents of these actors."""
        query = select(*_COLUMNS).where(t.visits.c.kind == ACTOR, t.visits.c.actor_id.in_(list(actor_ids)))
        return {visit.actor_id: visit for visit in every(self._conn, query, _visit)}

    # looking

    def claim(self, now: datetime, *, limit: int, lease: timedelta, busy: Iterable[str] = ()) -> list[Visit]:
        """Lease up to `limit` due visits, the earliest first; none to the `busy` origins."""
        c = t.visits.c
        due = select(*_COLUMNS).where(c.due_at <= now, may_take(t.visits, now, self._me))
        if kept_out := list(busy):
            due = due.where(c.actor_id.not_in(select(t.actors.c.id).where(t.actors.c.origin.in_(kept_out))))
        rows = every(self._conn, due.order_by(c.due_at).limit(limit).with_for_update(skip_locked=True), _visit)
        for row in rows:
            self._conn.execute(update(t.visits).where(_is(row)).values(**taken(now, lease, self._me)))
        return rows

    def next_due(self) -> datetime | None:
        """Return when the next visit that nobody makes is due."""
        c = t.visits.c
        query = select(c.due_at).where(c.leased_until.is_(None)).order_by(c.due_at).limit(1)
        return self._conn.execute(query).scalar()

    def settle(self, visit: Visit) -> None:
        """Remove the visit, unless it was planned anew meanwhile or taken by another process."""
        self._conn.execute(delete(t.visits).where(_is(visit), is_mine(t.visits, self._me)))

    def succeed(self, visit: Visit, *, due_at: datetime, again_at: datetime | None = None) -> None:
        """The visit was made; the next one is due then."""
        self._move(visit, due_at=due_at, again_at=again_at, attempts=0, failing_since=None, last_error="")

    def fail(self, visit: Visit, *, at: datetime, due_at: datetime, error: str) -> None:
        """The visit was tried in vain, and is tried again then."""
        since = visit.failing_since or at
        self._move(visit, due_at=due_at, attempts=visit.attempts + 1, failing_since=since, last_error=error[:300])

    def put_off_origin(self, origin: str, until: datetime, now: datetime) -> None:
        """Nobody at the origin is visited before: it has just not answered."""
        c = t.visits.c
        there = c.actor_id.in_(select(t.actors.c.id).where(t.actors.c.origin == origin))
        free = is_free(t.visits, now, self._me)
        self._conn.execute(update(t.visits).where(there, free, c.due_at <= now).values(due_at=until))

    def _move(self, visit: Visit, **values: Any) -> None:
        self._conn.execute(update(t.visits).where(_is(visit), is_mine(t.visits, self._me)).values(**values, **FREE))

    # what an operator sees

    def summary(self, now: datetime) -> dict[str, Any]:
        """Return how many outboxes wait to be looked at and are due, and for how many seconds the oldest has been due."""
        c = t.visits.c
        counted = func.count(), func.count().filter(c.due_at <= now), func.min(c.due_at)
        waiting, due, oldest = self._conn.execute(select(*counted).where(c.kind == OUTBOX)).one()
        age = int((now - oldest).total_seconds()) if due else None
        return {"waiting": int(waiting), "due": int(due), "failed": 0, "oldest_s": age}


def _is(visit: Visit) -> Any:
    c = t.visits.c
    return and_(c.kind == visit.kind, c.actor_id == visit.actor_id, c.due_at == visit.due_at)
