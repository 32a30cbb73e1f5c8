"""A large co-op, written row by row past the actions: what pages cost there, counted in steps of the database's machine."""

import json
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Connection, insert, select

from fedcoop.governance.motions.ballots import RollEntry
from fedcoop.governance.motions.motion import Motion
from fedcoop.governance.proof.logchain import next_head
from fedcoop.governance.proof.secrecy import leaf
from fedcoop.storage import tables as t
from fedcoop.storage.unit_of_work import UnitOfWork
from tests.conftest import Instance

T = TypeVar("T")
EVERY = 10
FIRST = 1000
"""The number of the first of the crowd, and what its id begins at."""


async def gather(instance: Instance, members: int) -> None:
    """So many more members, with names of no meaning."""

    def fill(uow: UnitOfWork) -> None:
        rows = [_member(uow, FIRST + n) for n in range(members)]
        uow.conn.execute(insert(t.members), rows)
        changes = [{name: row.get(name) for name in ("status", "member_class", "arrears_since")} for row in rows]
        own = [
            {**change, "member_id": row["id"], "at": row["joined_at"]}
            for change, row in zip(changes, rows, strict=True)
        ]
        uow.conn.execute(insert(t.member_changes), own)

    await instance.units.write(fill)


def _member(uow: UnitOfWork, number: int) -> dict[str, Any]:
    return {
        "id": number,
        "number": number,
        "name": f"m{number}",
        "display_name": f"Member {number}",
        "email": f"m{number}@example.org",
        "member_class": "member",
        "status": "full",
        "is_admin": False,
        "joined_at": uow.now,
    }


async def vote(instance: Instance, motion: Motion, voters: int, *, choice: tuple[str, ...] = ("for",)) -> None:
    """So many of the crowd have voted; every fifth gives a reason. The log tells it in one entry."""

    def fill(uow: UnitOfWork) -> None:
        entries = [entry for entry in uow.motions.roll(motion.id) if entry.member_id >= FIRST][:voters]
        uow.conn.execute(insert(t.ballots), [_ballot(uow, motion, entry, choice) for entry in entries])
        last, head = uow.motions.log_end(motion.id)
        note = json.dumps({"type": "crowd", "n": last + 1}).encode()
        row = {"motion_id": motion.id, "n": last + 1, "entry": note.decode(), "head": next_head(head, note)}
        uow.conn.execute(insert(t.log_entries), row)

    await instance.units.write(fill)


async def repeat(instance: Instance, motion: Motion, times: int) -> None:
    """So many more motions like this one, without a roll or a log."""

    def fill(uow: UnitOfWork) -> None:
        row = uow.conn.execute(select(t.motions).where(t.motions.c.id == motion.id)).one()._mapping
        same = [{**row, "id": uow.new_id(), "url": f"{motion.url}-{n}", "uuid": str(n)} for n in range(times)]
        uow.conn.execute(insert(t.motions), [{**one, "context_uuid": one["uuid"]} for one in same])

    await instance.units.write(fill)


def _ballot(uow: UnitOfWork, motion: Motion, entry: RollEntry, choice: tuple[str, ...]) -> dict[str, Any]:
    boxed = {"choice": list(choice), "nonce": entry.voter, "poll": motion.url, "voter": entry.voter}
    return {
        "id": uow.new_id(),
        "motion_id": entry.motion_id,
        "member_id": entry.member_id,
        "voter": entry.voter,
        "choice": json.dumps(list(choice)),
        "reason": "It is time." if entry.member_id % 5 == 0 else "",
        "channel": "web",
        "cast_at": uow.now,
        "received_at": uow.now,
        "nonce": entry.voter,
        "leaf": leaf(boxed),
    }


async def steps(instance: Instance, query: Callable[..., T], **kwargs: Any) -> tuple[int, T]:
    """Return how many steps SQLite's machine takes for the query, to the nearest ten, and what it found."""
    count = [0]

    def tick() -> int:
        count[0] += EVERY
        return 0

    def run(uow: UnitOfWork) -> T:
        raw: Any = _raw(uow.conn)
        raw.set_progress_handler(tick, EVERY)
        try:
            return query(uow, **kwargs)
        finally:
            raw.set_progress_handler(None, EVERY)

    found = await instance.units.read(run)
    return count[0], found


def _raw(conn: Connection) -> Any:
    return conn.connection.dbapi_connection
