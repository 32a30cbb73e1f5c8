"""The loop over visits: looks at actors and outboxes of other servers when that is due (federation.md 9, 14.4, 18).

Few at a time, two of one origin, so that the fetches of the inbox never wait for it. A visit that fails is tried again
later; what it did before it failed is not done twice.
"""

import asyncio
import logging
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

from fedcoop.actions.fediverse import visits as actions
from fedcoop.federation.catchup.news import from_origin, take, worth_fetching
from fedcoop.federation.catchup.outbox import Item, read_outbox
from fedcoop.federation.inbox.contract import Remote
from fedcoop.federation.inbox.looking import look_at
from fedcoop.federation.remote.lanes import Lanes
from fedcoop.federation.remote.webfinger import WebFinger
from fedcoop.federation.wire.jsonld import id_of, same_origin
from fedcoop.kernel.errors import DatabaseAway, FedcoopError, OriginMismatch, PeerError, PeerUnreachable
from fedcoop.queueing import LeasingLoop
from fedcoop.storage.fediverse.visits import ACTOR, Visit
from fedcoop.storage.records import Actor
from fedcoop.storage.unit_of_work import UnitOfWork, Units

log = logging.getLogger(__name__)

CLAIM = 50
PLAN_EVERY = timedelta(hours=1)
LEASE = timedelta(minutes=10)
AT_ONCE = 4
PER_ORIGIN = 2
VISIT_S = 300.0


class Visitor(LeasingLoop):
    """Makes the visits that are due."""

    name = "visits"
    table = "visits"
    idle_s = 5.0

    def __init__(self, units: Units, remote: Remote, webfinger: WebFinger) -> None:
        super().__init__(units)
        self._remote = remote
        self._webfinger = webfinger
        self._lanes = Lanes(total=AT_ONCE, per_key=PER_ORIGIN)
        self._per_origin: Counter[str] = Counter()
        self._planned_at: datetime | None = None

    async def run(self) -> None:
        """Visit until `stop`; planning the first visits may take longer than a round may."""
        self.last_ok = self._clock.now()
        await super().run()

    async def run_once(self) -> int:
        """Begin the visits that are due, those of newly linked actors planned; return how many."""
        await self._plan()
        room = CLAIM - len(self._tasks)
        busy = [origin for origin, number in self._per_origin.items() if number >= PER_ORIGIN * 4]
        found = await self._units.write(_claim, limit=room, busy=busy) if room > 0 else []
        fresh = [(visit, actor) for visit, actor in found if (visit.kind, visit.actor_id) not in self._held]
        for visit, actor in fresh:
            self._per_origin[actor.origin] += 1
            self._begin_with((visit.kind, visit.actor_id), self._visit(visit, actor))
        return len(fresh)

    async def next_due(self) -> datetime | None:
        """Return when the next visit is due, or planned."""
        planned = self._planned_at + PLAN_EVERY if self._planned_at is not None else self._clock.now()
        due = await self._units.read(lambda uow: uow.visits.next_due())
        return planned if due is None else min(planned, due)

    async def _plan(self) -> None:
        now = self._units.clock.now()
        if self._planned_at is None or now - self._planned_at >= PLAN_EVERY:
            while await self._units.write(actions.plan):
                pass
            self._planned_at = now

    def _ended(self, task: asyncio.Task[None]) -> None:
        super()._ended(task)
        self.wake()

    async def _visit(self, visit: Visit, actor: Actor) -> None:
        try:
            async with self._lanes.enter(actor.origin), asyncio.timeout(VISIT_S):
                await (self._look_at_actor(visit, actor) if visit.kind == ACTOR else self._read_outbox(visit, actor))
        except DatabaseAway:
            raise
        except (FedcoopError, TimeoutError) as error:
            code = error.code if isinstance(error, FedcoopError) else "timeout"
            log.info("visit in vain", extra={"actor": actor.uri, "kind": visit.kind, "code": code})
            unreachable = isinstance(error, PeerUnreachable) and code != "fetch-budget"
            await self._units.write(actions.not_found, visit, error=code, unreachable=unreachable)
        except Exception as error:
            log.exception("visit failed", extra={"actor": actor.uri, "kind": visit.kind})
            await self._units.write(actions.not_found, visit, error=repr(error), unreachable=False)
        finally:
            self._per_origin[actor.origin] -= 1
            if not self._per_origin[actor.origin]:
                del self._per_origin[actor.origin]

    async def _look_at_actor(self, visit: Visit, actor: Actor) -> None:
        """The actor's own document, and whether its name for itself is true (federation.md 2.2, 14.4)."""
        look = await look_at(actor.uri, self._remote.documents, now=self._units.clock.now())
        if look.is_gone:
            await self._units.write(actions.found_gone, visit)
        elif look.actor is None:
            await self._units.write(actions.found_elsewhere, visit)
        elif look.actor.uri != actor.uri:
            raise OriginMismatch("actor-id", uri=actor.uri)
        else:
            handle = (await self._webfinger.verify_handle(look.document or {}) or "").removeprefix("@")
            await self._units.write(actions.found_actor, visit, seen=replace(look.actor, handle=handle))
        self._remote.actors.forget(actor.uri)

    async def _read_outbox(self, visit: Visit, actor: Actor) -> None:
        """What the actor published since: taken like what is forwarded."""
        if not await self._units.read(_is_awaited, actor):
            await self._units.write(actions.needless, visit)
            return
        outbox = _outbox_of(actor)
        if outbox and visit.since is not None:
            items = await read_outbox(self._remote.documents, outbox, visit.since)
            for item in await self._units.read(worth_fetching, actor, items):
                await self._take(visit, actor, item)
        await self._units.write(actions.looked_at_outbox, visit)

    async def _take(self, visit: Visit, actor: Actor, item: Item) -> None:
        assert visit.since is not None
        try:
            activity = await from_origin(item, actor, visit.since, self._remote)
        except PeerUnreachable:
            raise
        except PeerError as error:
            log.info("item of an outbox dropped", extra={"actor": actor.uri, "code": error.code})
            return
        if activity is not None:
            await self._units.write(take, actor, activity)


def _claim(uow: UnitOfWork, *, limit: int, busy: list[str]) -> list[tuple[Visit, Actor]]:
    visits = uow.visits.claim(uow.now, limit=limit, lease=LEASE, busy=busy)
    actors = uow.actors.many([visit.actor_id for visit in visits])
    return [(visit, actors[visit.actor_id]) for visit in visits]


def _is_awaited(uow: UnitOfWork, actor: Actor) -> bool:
    """Whether we still follow it, or it is a partner or linked; and nobody has blocked it here."""
    if actor.gone_at is not None or actor.suspended_at is not None or uow.actors.is_blocked(actor.uri, actor.origin):
        return False
    return (
        uow.actors.is_followed_by_us(actor.id)
        or uow.actors.is_partner(actor.id)
        or uow.members.find_link(actor.id) is not None
    )


def _outbox_of(actor: Actor) -> str:
    found = id_of((actor.document or {}).get("outbox"))
    return found if found is not None and same_origin(found, actor.uri) else ""
