"""When we look again at a poll elsewhere: around its close, and when a member opens its page (federation.md 9, 12.6).

An author's server may never send an `Update`: the last totals show all the same. Whoever has not signed in makes us look at
nothing. The looking itself is `federation/catchup/polls.py`.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fedcoop.governance.fediverse.looks import again_at
from fedcoop.kernel.ids import RemoteMotionId
from fedcoop.storage.fediverse.looks import GONE, NOT_FOUND, Look
from fedcoop.storage.records import RemoteMotion
from fedcoop.storage.unit_of_work import UnitOfWork

SPREAD_S = 60
LEASE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Due:
    """A poll that it is time to look at."""

    remote_motion_id: RemoteMotionId
    uri: str
    author_uri: str
    origin: str


def plan(uow: UnitOfWork, motion: RemoteMotion) -> None:
    """The poll is looked at next when that makes sense by what its author told just now."""
    look, due_at = uow.looks.find(motion.id) or Look(motion.id), _next(motion, uow.now)
    if look.due_at != due_at:
        uow.looks.put(replace(look, due_at=due_at))
        uow.wake("polls")


def ask_anew(uow: UnitOfWork, remote_motion_id: RemoteMotionId) -> bool:
    """A member reads the poll: it is looked at now, unless that was done just before; return whether it will be."""
    motion, look = _found(uow, remote_motion_id)
    if motion.deleted_at is not None or not motion.told.may_ask(look.asked_at, uow.now):
        return False
    uow.looks.put(replace(look, due_at=uow.now, asked_at=uow.now))
    uow.wake("polls")
    return True


def claim(uow: UnitOfWork, *, limit: int) -> list[Due]:
    """Lease the polls that it is time to look at; whoever dies with one costs a repeat. What was taken back is forgotten."""
    found = []
    for remote_motion_id in uow.looks.claim(uow.now, limit=limit, lease=LEASE):
        motion = uow.notes.get_remote_motion(remote_motion_id)
        if motion.deleted_at is not None:
            uow.looks.put(Look(motion.id))
            continue
        author = uow.actors.get(motion.actor_id)
        found.append(Due(motion.id, motion.uri, author.uri, author.origin))
    return found


def looked(uow: UnitOfWork, remote_motion_id: RemoteMotionId) -> None:
    """What was seen is kept; the next look is planned by it."""
    motion = uow.notes.get_remote_motion(remote_motion_id)
    uow.looks.put(Look(motion.id, _next(motion, uow.now), uow.now))


def looked_in_vain(uow: UnitOfWork, remote_motion_id: RemoteMotionId, *, code: str) -> None:
    """Nothing was seen: what we show stays, and says of when it is.

    The totals of the end are tried for again, five times in some thirty hours. What is gone (410), or not found (404) in
    all that time, is purged: its author took it back and we did not hear.
    """
    if not uow.looks.holds(remote_motion_id):
        return
    motion, look = _found(uow, remote_motion_id)
    wanted = code == NOT_FOUND or (motion.is_over(uow.now) and not motion.told.is_final(uow.now))
    since = (look.failing_since or uow.now) if wanted else None
    due_at = again_at(since, uow.now) if since is not None else None
    if code == GONE or (code == NOT_FOUND and due_at is None):
        uow.notes.put_remote_motion(motion.purged(uow.now))
    uow.looks.put(Look(motion.id, due_at or _next(motion, uow.now), uow.now, code, since))


def _found(uow: UnitOfWork, remote_motion_id: RemoteMotionId) -> tuple[RemoteMotion, Look]:
    return uow.notes.get_remote_motion(remote_motion_id), uow.looks.find(remote_motion_id) or Look(remote_motion_id)


def _next(motion: RemoteMotion, now: datetime) -> datetime | None:
    return motion.told.next_look(now, spread=timedelta(seconds=motion.id % SPREAD_S))
