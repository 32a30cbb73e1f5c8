"""What ended before we knew it: a Delete, an Undo, a Block that overtook what it ends is remembered for thirty days.

So the order of arrival does not matter: what comes late finds its end here. An end belongs to the actor who said it, so
nobody ends what others say; it is kept by digest, and bounded for each origin. Source: federation.md 8.1.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256

from fedcoop.storage.records import Actor
from fedcoop.storage.unit_of_work import UnitOfWork
from fedcoop.urls import origin_of

KEEP = timedelta(days=30)
PER_ORIGIN = 10_000
DELETED = "Delete"
UNDONE = "Undo"


def bury(uow: UnitOfWork, *, actor: Actor, how: str, uri: str, at: datetime) -> None:
    """What the actor says under the id `uri`, of its own origin, is over since `at`: `how` is DELETED or UNDONE."""
    if origin_of(uri) == actor.origin:
        _note(uow, actor, how, uri, at)


def end(uow: UnitOfWork, *, actor: Actor, relation: str, target: str, at: datetime) -> None:
    """What the actor said of this kind about `target` (a `Follow`, a `Like`, …) before `at` is over."""
    _note(uow, actor, relation, target, at)


def ended_at(uow: UnitOfWork, *, actor: Actor, how: str, uri: str) -> datetime | None:
    """Return since when what has this id, or the relation `how` to this target, is over; None if it is not."""
    digest = _digest(actor.uri, how, uri)
    return uow.queues.buried([digest]).get(digest)


def taken_back(uow: UnitOfWork, said: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return which of these (actor, id) the actor deleted or undid before what the id names came."""
    digests = {(actor, uri): {_digest(actor, how, uri) for how in (DELETED, UNDONE)} for actor, uri in said if uri}
    buried = uow.queues.buried(set().union(*digests.values()))
    return {named for named, own in digests.items() if not own.isdisjoint(buried)}


def _note(uow: UnitOfWork, actor: Actor, how: str, uri: str, at: datetime) -> None:
    digest = _digest(actor.uri, how, uri)
    uow.queues.bury(digest, row_id=uow.new_id(), origin=actor.origin, said_at=at, noted_at=uow.now, most=PER_ORIGIN)


def _digest(actor: str, how: str, uri: str) -> bytes:
    return sha256(f"{actor}\n{how}\n{uri}".encode()).digest()[:16]
