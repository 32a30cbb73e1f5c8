"""Visits to other servers' actors: who is to be looked at, and what follows from what was found (federation.md 14.4, 18).

The documents of linked actors are looked at daily, spread over the day: some servers tell nobody but followers what became
of an account. After an outage the outboxes of followed and linked actors and of partners are, for what was published then.
The looking itself is `federation/catchup`.
"""

import secrets
from dataclasses import replace
from datetime import datetime, timedelta

from fedcoop.actions.fediverse import looks
from fedcoop.actions.fediverse.relations import want_follow
from fedcoop.actions.fediverse.remote import SeenActor, actor_gone, inbox_moved, remember_actor
from fedcoop.actions.motions.timers import LOOK_TIMER as LOOK_TIMER
from fedcoop.storage.fediverse.visits import ACTOR, Visit
from fedcoop.storage.records import Actor
from fedcoop.storage.unit_of_work import UnitOfWork

PLANNED_AT_ONCE = 500
DAY = timedelta(days=1)
WEEK = timedelta(days=7)
SOONER = timedelta(hours=2)
LOOKED_AT_ONCE = 200
PAUSE = timedelta(minutes=1)
EACH_S = 2
LOOK_AGAIN = timedelta(minutes=65)
"""Some servers try an origin that was away only once an hour (federation.md 18): what they hold back is fetched then."""
ASKED_LATELY = timedelta(days=30)
ASKED_AGAIN = 100
MAX_POLLS = 20
SUSPENDED = "suspended"
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360))
ACTOR_PAUSES = (timedelta(hours=1), timedelta(hours=4), timedelta(hours=12))


def plan(uow: UnitOfWork) -> bool:
    """Some linked actors that nobody was going to look at have their time of the day; return whether there are more."""
    found = uow.visits.unplanned(limit=PLANNED_AT_ONCE)
    uow.visits.add([{"kind": ACTOR, "actor_id": actor_id, "due_at": uow.now + _up_to(DAY)} for actor_id in found])
    return len(found) == PLANNED_AT_ONCE


def look_after_outage(uow: UnitOfWork, key: str) -> None:
    """Timer: some of those who may have said something while we were away are to be looked at; set again until all are.

    Whom we asked to follow, and whose answer may be lost, is asked again. A follow that somebody sent us then is lost: no
    outbox shows it, and its sender has to ask anew.
    """
    found = uow.outages.find(int(key))
    if found is None:
        return
    outage, progress = found
    actor_ids = uow.visits.worth_catching_up(after=progress.looked_to, limit=LOOKED_AT_ONCE)
    spread = min(PAUSE, timedelta(seconds=EACH_S * len(actor_ids)))
    for actor_id in actor_ids:
        again_at = outage.ended_at + LOOK_AGAIN + _up_to(PAUSE)
        uow.visits.plan_outbox(actor_id, since=outage.began_at, due_at=uow.now + _up_to(spread), again_at=again_at)
    if not progress.looked_to:
        _ask_again(uow, outage.ended_at)
    if len(actor_ids) == LOOKED_AT_ONCE:
        uow.outages.put_looked_to(outage.id, actor_ids[-1])
        uow.queues.move_timer(LOOK_TIMER, key, uow.now + PAUSE)
    uow.wake("visits")


def _ask_again(uow: UnitOfWork, ended_at: datetime) -> None:
    for follow in uow.follows.asked_to_follow(ended_at - ASKED_LATELY, ended_at, limit=ASKED_AGAIN):
        want_follow(uow, follow.follower_id, uow.actors.get(follow.followee_id))


def _up_to(length: timedelta) -> timedelta:
    """Return a random part of the length, so that not all is asked at once (federation.md 9)."""
    return timedelta(seconds=secrets.randbelow(int(length.total_seconds()) + 1))


# --- what was found ---------------------------------------------------------------------------------------------


def found_actor(uow: UnitOfWork, visit: Visit, *, seen: SeenActor) -> None:
    """The linked actor is as its own document shows it now; another name of it stands with the link."""
    _note_news(uow, remember_actor(uow, seen))
    _next_day(uow, visit, DAY)


def found_gone(uow: UnitOfWork, visit: Visit) -> None:
    """The actor's server says that it is gone: its links are frozen, and it is looked at weekly (federation.md 14.4)."""
    actor_gone(uow, uow.actors.get(visit.actor_id).uri)
    _next_day(uow, visit, WEEK)


def found_elsewhere(uow: UnitOfWork, visit: Visit) -> None:
    """The actor's inbox is on another server: its links are frozen (federation.md 14.4)."""
    inbox_moved(uow, uow.actors.get(visit.actor_id).uri)
    _next_day(uow, visit, DAY)


def looked_at_outbox(uow: UnitOfWork, visit: Visit) -> None:
    """What the outbox showed is on its way; it is looked at once more where that was planned.

    No outbox shows how polls stand: those that we show and that are not over are looked at by themselves.
    """
    for remote_motion_id in uow.notes.open_polls_of(visit.actor_id, limit=MAX_POLLS):
        looks.ask_anew(uow, remote_motion_id)
    if visit.again_at is None or visit.again_at <= uow.now:
        uow.visits.settle(visit)
    else:
        uow.visits.succeed(visit, due_at=visit.again_at)


def not_found(uow: UnitOfWork, visit: Visit, *, error: str, unreachable: bool) -> None:
    """The visit was in vain and is tried again later; a whole origin that does not answer is left alone for that long.

    An outbox is given up after five times; the document of a linked actor never is.
    """
    actor = uow.actors.get(visit.actor_id)
    pauses = ACTOR_PAUSES if visit.kind == ACTOR else PAUSES
    if visit.kind != ACTOR and visit.attempts >= len(pauses):
        uow.audit("outbox-unread", subject=actor.uri, details={"code": error})
        uow.visits.settle(visit)
        return
    pause = pauses[visit.attempts] if visit.attempts < len(pauses) else DAY
    due_at = uow.now + pause + _up_to(pause / 4)
    uow.visits.fail(visit, at=uow.now, due_at=due_at, error=error)
    if unreachable:
        uow.visits.put_off_origin(actor.origin, due_at, uow.now)


def needless(uow: UnitOfWork, visit: Visit) -> None:
    """Nobody needs to look there any more."""
    uow.visits.settle(visit)


def _next_day(uow: UnitOfWork, visit: Visit, after: timedelta) -> None:
    if uow.members.find_link(visit.actor_id) is None:
        uow.visits.settle(visit)
    else:
        uow.visits.succeed(visit, due_at=uow.now + after - _up_to(SOONER))


def _note_news(uow: UnitOfWork, actor: Actor) -> None:
    """The link says whether its account is suspended there; its new name, if it has one, beside the one it was linked by."""
    link = uow.members.find_link(actor.id)
    if link is None:
        return
    if link.state == "active":
        suspended = (actor.document or {}).get("suspended") is True
        link = replace(link, reason=SUSPENDED if suspended else "")
        uow.members.put_link(link)
    if not actor.handle or actor.handle.lower() == link.handle.lower():
        return
    former = link.former_handle or link.handle
    former = "" if former.lower() == actor.handle.lower() else former
    uow.members.put_link(replace(link, handle=actor.handle, former_handle=former))
    details = {"actor": actor.uri, "before": link.handle, "after": actor.handle}
    uow.audit("link-renamed", subject=f"member:{link.member_id}", details=details)
