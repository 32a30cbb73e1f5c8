"""Rows that need doing: inbound activities, deliveries, timers; ids that were seen, or ended first. Claim, settle, purge.

A claim sets a lease, and settling asks for it (`leases`); whoever dies with it costs a repeat, never a loss. On PostgreSQL
several nodes claim, one after the other; on SQLite there is one writer.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Select,
    Table,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    text,
    update,
)

from fedcoop.kernel.ids import ActivityId, ActorId
from fedcoop.storage import tables as t
from fedcoop.storage.columns import UtcDateTime
from fedcoop.storage.database.prepared import Prepared
from fedcoop.storage.database.rows import (
    every,
    first,
    insert,
    insert_ignore,
    insert_ignore_many,
    itself,
    maker,
    nothing,
    upsert,
)
from fedcoop.storage.instance.leases import FREE, free, is_mine, may_take, others_in_turn, taken
from fedcoop.storage.records import ActivityRow, DeliveryJob, Inbound, TimerRow

_inbound, _job, _timer, _activity = maker(Inbound), maker(DeliveryJob), maker(TimerRow), maker(ActivityRow)
_INBOUND_COLUMNS = [t.inbound.c[name] for name in Inbound.__slots__]
_JOB_COLUMNS = [t.deliveries.c[name] for name in DeliveryJob.__slots__]
_OPEN = ("waiting", "deferred")
_ME = bindparam("me", type_=BigInteger)


def _next_in(table: Table, *states: str) -> list[Select[Any]]:
    """Return what finds the first row by an index: one statement for each state, if it has any."""
    free = select(table.c.due_at).where(table.c.leased_until.is_(None)).order_by(table.c.due_at).limit(1)
    return [free.where(table.c.state == state) for state in states] or [free]


_NEXT_DUE = {
    "inbound": _next_in(t.inbound, *_OPEN),
    "deliveries": _next_in(t.deliveries, "waiting"),
    "timers": _next_in(t.timers),
}
_SETTLE_INBOUND = Prepared(
    delete(t.inbound).where(t.inbound.c.id == bindparam("inbound_id"), is_mine(t.inbound, _ME)), nothing
)
_SETTLE_ALL = Prepared(
    delete(t.inbound)
    .where(t.inbound.c.id.in_(bindparam("inbound_ids", expanding=True)), is_mine(t.inbound, _ME))
    .returning(t.inbound.c.id),
    int,
    lists=("inbound_ids",),
)
_SETTLE_DELIVERY = Prepared(
    delete(t.deliveries).where(t.deliveries.c.id == bindparam("delivery_id"), is_mine(t.deliveries, _ME)), nothing
)
_SEEN = Prepared(select(t.seen_ids.c.digest).where(t.seen_ids.c.digest == bindparam("digest")), itself)
_BURIED = Prepared(
    select(t.tombstones.c.digest, t.tombstones.c.said_at).where(
        t.tombstones.c.digest.in_(bindparam("digests", expanding=True))
    ),
    lambda digest, said_at: (bytes(digest), said_at),
    lists=("digests",),
)
_elsewhere = t.inbound.alias("elsewhere")
_earlier = t.deliveries.alias("earlier")
_begins = exists().where(t.activities.c.id == _earlier.c.activity_id, t.activities.c.type == "Create")
_HELD_UP = exists().where(
    _earlier.c.inbox == t.deliveries.c.inbox,
    _earlier.c.order_key == t.deliveries.c.waits_for,
    _earlier.c.state == "waiting",
    _earlier.c.id < t.deliveries.c.id,
    or_(t.deliveries.c.waits_for == t.deliveries.c.order_key, _begins),
)
"""A delivery waits for the earlier ones of its own object; for those of the object that it replies to only with `Create`."""
_HOLD_BEHIND = (
    update(t.deliveries)
    .where(
        t.deliveries.c.inbox == bindparam("held_inbox"),
        t.deliveries.c.waits_for == bindparam("held_by"),
        t.deliveries.c.id > bindparam("delivery_id"),
        t.deliveries.c.state == "waiting",
        t.deliveries.c.leased_until.is_(None),
        t.deliveries.c.due_at < bindparam("until"),
    )
    .values(due_at=bindparam("until"))
)


@cache
def _attempts(names: tuple[str, ...]) -> Prepared[None]:
    """Return the statement that stores these columns of a delivery, and gives its lease back."""
    mine = t.deliveries.c.id == bindparam("new_id"), is_mine(t.deliveries, _ME)
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
    return Prepared(update(t.deliveries).where(*mine).values(**values, **FREE), nothing)


class Queues:
    """Repository of the three queues and of seen ids; `me` is the process that takes rows."""

    def __init__(self, conn: Connection, me: int | None = None) -> None:
        self._conn = conn
        self._me = me

    # seen ids

    def see(self, digest: bytes, *, forget_at: datetime | None = None) -> bool:
        """Remember an activity id's digest; return False if it was seen before."""
        return insert_ignore(self._conn, t.seen_ids, {"digest": digest, "forget_at": forget_at})

    def was_seen(self, digest: bytes) -> bool:
        """Return whether the digest is remembered."""
        return _SEEN.first(self._conn, {"digest": digest}) is not None

    # tombstones

    def bury(
        self, digest: bytes, *, row_id: int, origin: str, said_at: datetime, noted_at: datetime, most: int
    ) -> None:
        """Remember what ended before it was known; of one origin the `most` newest are kept (federation.md 8.1)."""
        c = t.tombstones.c
        values = {"id": row_id, "digest": digest, "origin": origin, "said_at": said_at, "noted_at": noted_at}
        if not insert_ignore(self._conn, t.tombstones, values):
            later = case((c.said_at < said_at, literal(said_at, UtcDateTime)), else_=c.said_at)
            same = update(t.tombstones).where(c.digest == digest)
            self._conn.execute(same.values(said_at=later, noted_at=noted_at))
            return
        surplus = select(c.id).where(c.origin == origin).order_by(c.id.desc()).offset(most).limit(1)
        oldest = self._conn.execute(surplus).scalar()
        if oldest is not None:
            self._conn.execute(delete(t.tombstones).where(c.origin == origin, c.id <= oldest))

    def buried(self, digests: Collection[bytes]) -> dict[bytes, datetime]:
        """Return which of these are said to have ended, and when."""
        return dict(_BURIED.every(self._conn, {"digests": list(digests)}))

    # inbound

    def add_inbound(self, row: Inbound) -> None:
        """Store an accepted activity for processing at once."""
        values = {name: getattr(row, name) for name in Inbound.__slots__}
        insert(self._conn, t.inbound, {**values, "state": "waiting", "due_at": row.received_at, "last_error": ""})

    def claim_inbound(self, now: datetime, *, limit: int, lease: timedelta) -> list[Inbound]:
        """Lease up to `limit` due rows, those that came first; of one actor all are with one process (federation.md 8.1)."""
        c = t.inbound.c
        due = select(c.id).where(c.state.in_(_OPEN), c.due_at <= now, may_take(t.inbound, now, self._me))
        if others := others_in_turn(self._conn, t.inbound, self._me):
            held = select(_elsewhere.c.actor_uri).where(_elsewhere.c.leased_by.in_(others))
            due = due.where(c.actor_uri.not_in(held))
        due = due.order_by(c.id).limit(limit).with_for_update(skip_locked=True)
        query = update(t.inbound).where(c.id.in_(due)).values(**taken(now, lease, self._me))
        found = [_inbound(row) for row in self._conn.execute(query.returning(*_INBOUND_COLUMNS))]
        return sorted(found, key=lambda row: (row.received_at, row.id))

    def settle_inbound(self, inbound_id: int) -> bool:
        """Remove the processed row in the unit that holds its effect; False if somebody else did."""
        return bool(_SETTLE_INBOUND.run(self._conn, {"inbound_id": inbound_id, "me": self._me}))

    def settle_inbound_many(self, inbound_ids: Sequence[int]) -> set[int]:
        """Remove processed rows in the unit that holds their effects; return which nobody else did."""
        return set(_SETTLE_ALL.every(self._conn, {"inbound_ids": inbound_ids, "me": self._me}))

    def postpone_inbound(self, row: Inbound, *, due_at: datetime, error: str, state: str) -> None:
        """Try the row again at `due_at` (`waiting`; `deferred`: for want of another server), or keep it (`failed`)."""
        values = {"attempts": row.attempts + 1, "due_at": due_at, "last_error": error[:500], **FREE}
        mine = t.inbound.c.id == row.id, is_mine(t.inbound, self._me)
        self._conn.execute(update(t.inbound).where(*mine).values(**values, state=state))

    def has_inbound_received_by(self, instant: datetime) -> bool:
        """Return whether an activity received by `instant` still waits: closes wait for it (federation.md 12.3).

        Not for what another server keeps us from: no vote needs one, and a silent server must not hold up an outcome.
        """
        query = select(t.inbound.c.id).where(t.inbound.c.state == "waiting", t.inbound.c.received_at <= instant)
        return self._conn.execute(query.limit(1)).first() is not None

    # activities and deliveries

    def add_activity(self, row: ActivityRow) -> None:
        """Store an activity of ours as sent."""
        insert(self._conn, t.activities, {name: getattr(row, name) for name in ActivityRow.__slots__})

    def find_activity(self, uri: str) -> ActivityRow | None:
        """Return the activity with this id."""
        return first(self._conn, select(t.activities).where(t.activities.c.uri == uri), _activity)

    def activities_many(self, ids: Iterable[ActivityId]) -> dict[ActivityId, ActivityRow]:
        """Return these activities by internal id."""
        found = every(self._conn, select(t.activities).where(t.activities.c.id.in_(list(ids))), _activity)
        return {row.id: row for row in found}

    def outbox(self, actor_id: ActorId, *, before: int | None, limit: int) -> list[ActivityRow]:
        """Return the actor's public activities, newest first, below the id `before`."""
        c = t.activities.c
        query = select(t.activities).where(c.actor_id == actor_id, text(t.LISTED))
        if before is not None:
            query = query.where(c.id < before)
        return every(self._conn, query.order_by(c.id.desc()).limit(limit), _activity)

    def count_outbox(self, actor_id: ActorId) -> int:
        """Return how many public activities the outbox shows."""
        c = t.activities.c
        query = select(func.count()).select_from(t.activities)
        query = query.where(c.actor_id == actor_id, text(t.LISTED))
        return int(self._conn.execute(query).scalar_one())

    def add_deliveries(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Queue deliveries; (activity, inbox) is unique."""
        insert_ignore_many(self._conn, t.deliveries, rows)

    def supersede(self, order_key: str, activity_ids_of_type: str, inboxes: Collection[str]) -> None:
        """Drop waiting `Update`s of the object that were not yet tried: the newest one says it all (federation.md 16)."""
        c = t.deliveries.c
        older = select(t.activities.c.id).where(
            t.activities.c.object == order_key, t.activities.c.type == activity_ids_of_type
        )
        query = delete(t.deliveries).where(c.order_key == order_key, c.state == "waiting", c.leased_until.is_(None))
        self._conn.execute(query.where(c.activity_id.in_(older), c.inbox.in_(list(inboxes))))

    def claim_deliveries(
        self, now: datetime, *, limit: int, lease: timedelta, busy: Collection[str] = ()
    ) -> list[DeliveryJob]:
        """Lease up to `limit` due deliveries that wait for no earlier one to the same inbox; skip `busy` origins.

        What is about one object goes in order, and a reply to it after its `Create` (federation.md 7). What was given up
        holds up nothing.
        """
        c = t.deliveries.c
        due = select(c.id).where(c.state == "waiting", c.due_at <= now, may_take(t.deliveries, now, self._me))
        due = due.where(or_(c.waits_for == "", ~_HELD_UP))
        if busy:
            due = due.where(c.origin.not_in(list(busy)))
        due = due.order_by(c.due_at, c.id).limit(limit).with_for_update(skip_locked=True)
        query = update(t.deliveries).where(c.id.in_(due)).values(**taken(now, lease, self._me))
        return sorted(map(_job, self._conn.execute(query.returning(*_JOB_COLUMNS))), key=lambda job: job.id)

    def hold_behind(self, jobs: Iterable[tuple[DeliveryJob, datetime]]) -> None:
        """Put off what waits behind deliveries until these are due again: till then no claim needs to look at it."""
        held = [
            {"delivery_id": job.id, "held_inbox": job.inbox, "held_by": job.order_key, "until": until}
            for job, until in jobs
            if job.order_key
        ]
        if held:
            self._conn.execute(_HOLD_BEHIND, held)

    def settle_deliveries(self, ids: Sequence[int]) -> None:
        """Remove deliveries that are done."""
        _SETTLE_DELIVERY.run_many(self._conn, [{"delivery_id": delivery_id, "me": self._me} for delivery_id in ids])

    def put_attempts(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Store the attempts of deliveries: id, attempts, due_at, state, last_status, last_error; all with the same columns."""
        if rows:
            changed = [{**{f"new_{name}": value for name, value in row.items()}, "me": self._me} for row in rows]
            _attempts(tuple(name for name in rows[0] if name != "id")).run_many(self._conn, changed)

    def release_deliveries(self, ids: Sequence[int]) -> None:
        """Give leases back untouched."""
        free(self._conn, t.deliveries, t.deliveries.c.id.in_(list(ids)), is_mine(t.deliveries, self._me))

    def hasten(self, origin: str, now: datetime) -> bool:
        """Make all waiting deliveries of the origin due at once: it is alive (federation.md 7)."""
        c, h = t.deliveries.c, t.hosts.c
        self._conn.execute(update(t.hosts).where(h.origin == origin, h.next_try_at > now).values(next_try_at=None))
        query = update(t.deliveries).where(c.origin == origin, c.state == "waiting", c.due_at > now)
        return bool(self._conn.execute(query.values(due_at=now)).rowcount)

    def drop_deliveries_to(self, inbox: str) -> None:
        """Drop everything waiting for an inbox that is gone, but for last words."""
        self._conn.execute(
            delete(t.deliveries).where(t.deliveries.c.inbox == inbox, t.deliveries.c.last_word.is_(False))
        )

    def drop_deliveries_of_origin(self, origin: str) -> None:
        """Drop everything waiting for a blocked origin, but for last words."""
        c = t.deliveries.c
        self._conn.execute(delete(t.deliveries).where(c.origin == origin, c.last_word.is_(False)))

    def count_waiting(self, origins: Collection[str]) -> dict[str, int]:
        """Return how many deliveries wait for each of these origins."""
        c = t.deliveries.c
        query = (
            select(c.origin, func.count()).where(c.state == "waiting", c.origin.in_(list(origins))).group_by(c.origin)
        )
        return {str(row[0]): int(row[1]) for row in self._conn.execute(query)}

    def drop_oldest(self, origin: str, number: int) -> None:
        """Drop the oldest waiting deliveries of an origin that holds too many; never those to partners (federation.md 16)."""
        c = t.deliveries.c
        oldest = (
            select(c.id)
            .where(c.origin == origin, c.state == "waiting", c.partner.is_(False))
            .order_by(c.id)
            .limit(number)
        )
        self._conn.execute(delete(t.deliveries).where(c.id.in_(oldest)))

    # timers

    def set_timer(self, name: str, key: str, due_at: datetime) -> bool:
        """Set the timer unless one of the same name and key waits; return whether it was set."""
        return insert_ignore(self._conn, t.timers, {"name": name, "key": key, "due_at": due_at})

    def move_timer(self, name: str, key: str, due_at: datetime) -> None:
        """Set the timer, or move the one that waits."""
        values = {"name": name, "key": key, "due_at": due_at, "attempts": 0, **FREE}
        upsert(self._conn, t.timers, values, keys=("name", "key"))

    def drop_timer(self, name: str, key: str) -> None:
        """Remove the timer."""
        self._conn.execute(delete(t.timers).where(t.timers.c.name == name, t.timers.c.key == key))

    def claim_timers(self, now: datetime, *, limit: int, lease: timedelta) -> list[TimerRow]:
        """Lease up to `limit` due timers, the earliest first."""
        c = t.timers.c
        due = select(c.name, c.key, c.due_at, c.attempts).where(c.due_at <= now, may_take(t.timers, now, self._me))
        due = due.order_by(c.due_at).limit(limit).with_for_update(skip_locked=True)
        rows = every(self._conn, due, _timer)
        for row in rows:
            same = and_(c.name == row.name, c.key == row.key)
            self._conn.execute(update(t.timers).where(same).values(**taken(now, lease, self._me)))
        return rows

    def settle_timer(self, timer: TimerRow) -> bool:
        """Remove the fired timer unless it was set anew, or taken by another process; return whether it was there."""
        c = t.timers.c
        same = c.name == timer.name, c.key == timer.key, c.due_at == timer.due_at
        return bool(self._conn.execute(delete(t.timers).where(*same, is_mine(t.timers, self._me))).rowcount)

    def holds_timer(self, name: str, key: str) -> bool:
        """Return whether this process has the timer still: if not, what it does for it is another's by now."""
        c = t.timers.c
        mine = select(c.due_at).where(c.name == name, c.key == key, is_mine(t.timers, self._me))
        return self._me is None or self._conn.execute(mine).first() is not None

    def postpone_timer(self, timer: TimerRow, due_at: datetime) -> None:
        """Let the timer fire again at `due_at`."""
        c = t.timers.c
        same = c.name == timer.name, c.key == timer.key, is_mine(t.timers, self._me)
        values = {"due_at": due_at, "attempts": timer.attempts + 1, **FREE}
        self._conn.execute(update(t.timers).where(*same).values(**values))

    def next_due(self, queue: str) -> datetime | None:
        """Return when the next row of `inbound`, `deliveries` or `timers` that nobody holds is due."""
        return min(
            (at for query in _NEXT_DUE[queue] if (at := self._conn.execute(query).scalar()) is not None), default=None
        )

    # what an operator sees

    def summary(self, now: datetime) -> dict[str, dict[str, Any]]:
        """Return waiting, due, failed and the oldest age in seconds of each queue."""
        found: dict[str, dict[str, Any]] = {}
        for name, table in (("inbox", t.inbound), ("deliveries", t.deliveries)):
            since = table.c.received_at if table is t.inbound else table.c.created_at
            found[name] = self._summary(table, since, now)
        waiting = int(self._conn.execute(select(func.count()).select_from(t.timers)).scalar_one())
        due = int(
            self._conn.execute(select(func.count()).select_from(t.timers).where(t.timers.c.due_at <= now)).scalar_one()
        )
        oldest = self._conn.execute(select(func.min(t.timers.c.due_at)).where(t.timers.c.due_at <= now)).scalar()
        found["timers"] = {"waiting": waiting, "due": due, "failed": 0, "oldest_s": _age(oldest, now)}
        return found

    def _summary(self, table: Any, since: Any, now: datetime) -> dict[str, Any]:
        def count(*conditions: Any) -> int:
            return int(self._conn.execute(select(func.count()).select_from(table).where(*conditions)).scalar_one())

        oldest = self._conn.execute(select(func.min(since)).where(table.c.state.in_(_OPEN))).scalar()
        return {
            "waiting": count(table.c.state.in_(_OPEN)),
            "due": count(table.c.state.in_(_OPEN), table.c.due_at <= now),
            "failed": count(table.c.state == "failed"),
            "oldest_s": _age(oldest, now),
        }

    def failed(self, limit: int = 50) -> list[dict[str, Any]]:
        """Return failed rows of both queues: queue, id, where, error."""
        deliveries = select(t.deliveries.c.id, t.deliveries.c.inbox, t.deliveries.c.last_error).where(
            t.deliveries.c.state == "failed"
        )
        inbound = select(t.inbound.c.id, t.inbound.c.actor_uri, t.inbound.c.last_error).where(
            t.inbound.c.state == "failed"
        )
        found = [
            ("deliveries", row)
            for row in self._conn.execute(deliveries.order_by(t.deliveries.c.id.desc()).limit(limit))
        ]
        found += [("inbox", row) for row in self._conn.execute(inbound.order_by(t.inbound.c.id.desc()).limit(limit))]
        return [{"queue": queue, "id": row[0], "where": row[1], "error": row[2]} for queue, row in found]

    def retry(self, row_id: int, now: datetime) -> bool:
        """Let a failed or waiting row run at once; return whether there is one with this id."""
        values = {"state": "waiting", "due_at": now, **FREE}
        found = [
            self._conn.execute(update(table).where(table.c.id == row_id).values(**values)).rowcount
            for table in (t.inbound, t.deliveries)
        ]
        return any(found)

    def purge(self, now: datetime, *, failed_before: datetime, buried_before: datetime) -> None:
        """Forget expired signatures, failures older than `failed_before`, and tombstones noted before `buried_before`."""
        self._conn.execute(delete(t.seen_ids).where(t.seen_ids.c.forget_at <= now))
        self._conn.execute(delete(t.tombstones).where(t.tombstones.c.noted_at < buried_before))
        self._conn.execute(
            delete(t.deliveries).where(t.deliveries.c.state == "failed", t.deliveries.c.created_at < failed_before)
        )
        self._conn.execute(
            delete(t.inbound).where(t.inbound.c.state == "failed", t.inbound.c.received_at < failed_before)
        )


def _age(since: datetime | None, now: datetime) -> int | None:
    return None if since is None else max(0, int((now - since).total_seconds()))
