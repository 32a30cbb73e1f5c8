"""One unit of work: repositories on one connection, the events of an action, and its reactions before COMMIT.

`Units.write(action, …)` runs a plain function whole where the connection lives (architecture.md 8.5): it cannot await,
so no network can happen inside. Events are recorded by actions only; a reaction that records one is an error.
Source: architecture.md 5.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from copy import copy
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy import Connection

from fedcoop.config import Config
from fedcoop.kernel.clock import Clock
from fedcoop.kernel.events import Event
from fedcoop.kernel.ids import new_id
from fedcoop.storage import tables as t
from fedcoop.storage.audit import Audit
from fedcoop.storage.database.engine import Database
from fedcoop.storage.database.rows import insert
from fedcoop.storage.delegation.delegations import Delegations
from fedcoop.storage.fediverse.actors import Actors
from fedcoop.storage.fediverse.desk import Desk
from fedcoop.storage.fediverse.follows import Follows
from fedcoop.storage.fediverse.looks import Looks
from fedcoop.storage.fediverse.notes import Notes
from fedcoop.storage.fediverse.outages import Outages
from fedcoop.storage.fediverse.remote_outcomes import RemoteOutcomes
from fedcoop.storage.fediverse.visits import Visits
from fedcoop.storage.fediverse.votes import Votes
from fedcoop.storage.follow_ups.follow_ups import Deciding
from fedcoop.storage.instance.condition import Condition
from fedcoop.storage.instance.media import Media
from fedcoop.storage.instance.nodes import Nodes
from fedcoop.storage.instance.vault import Vault
from fedcoop.storage.members.accounts import Accounts
from fedcoop.storage.members.classes import Classes
from fedcoop.storage.members.member import Members
from fedcoop.storage.motions.motion import Motions
from fedcoop.storage.motions.rolls import Rolls
from fedcoop.storage.motions.totals import Totals
from fedcoop.storage.proof.exports import Exports
from fedcoop.storage.proof.lots import Lots
from fedcoop.storage.proof.sortitions import Sortitions
from fedcoop.storage.proposals.proposal import Proposals
from fedcoop.storage.proposals.templates import Templates
from fedcoop.storage.queues import Queues
from fedcoop.storage.talk.announcements import Announcements
from fedcoop.urls import Urls

P = ParamSpec("P")
T = TypeVar("T")
Reaction = Callable[["UnitOfWork", Any], None]


@dataclass(frozen=True, slots=True)
class Site:
    """What an action may know of its instance: settings, addresses, the vault of its secrets."""

    config: Config
    urls: Urls
    vault: Vault

    @property
    def coop_name(self) -> str:
        """The name of the co-op's actor."""
        return self.config.instance.actor

    @property
    def media(self) -> str:
        """The folder of public pictures: at the media origin where there is one (federation.md 2.1)."""
        return f"{self.config.media.origin or self.urls.origin}/media"


class InFlight(Protocol):
    """Knows the earliest receipt time of requests that are at the door but not yet stored."""

    def arrive(self, clock: Clock) -> tuple[int, datetime]:
        """A request is received now; return its ticket and its receipt time."""
        ...

    def leave(self, ticket: int) -> None:
        """The request is answered: stored, or refused."""
        ...

    def oldest(self) -> datetime | None:
        """Return that instant, or None when nothing is under way."""
        ...


class NothingInFlight:
    """For processes without a door."""

    def arrive(self, clock: Clock) -> tuple[int, datetime]:
        """Return the present instant; nobody waits for it."""
        return 0, clock.now()

    def leave(self, ticket: int) -> None:
        """Nothing was kept."""

    def oldest(self) -> datetime | None:
        """Return None."""
        return None


ARRIVED_S: ContextVar[float | None] = ContextVar("arrived_s", default=None)
"""When, by the monotonic clock, the request arrived that is being handled."""


class UnitOfWork:
    """What one action works with. `now` is one instant for the whole unit; `node` the process, None for a command."""

    def __init__(
        self, conn: Connection, now: datetime, site: Site, in_flight: InFlight, *, node: int | None = None
    ) -> None:
        self.conn = conn
        self.now = now
        self.site = site
        self.urls = site.urls
        self.in_flight = in_flight
        self.node = node
        self.nodes = Nodes(conn, now, node)
        self.motions = Motions(conn)
        self.deciding = Deciding(conn)
        self.delegations = Delegations(conn)
        self.proposals = Proposals(conn)
        self.exports = Exports(conn)
        self.lots = Lots(conn)
        self.sortitions = Sortitions(conn)
        self.members = Members(conn, now)
        self.classes = Classes(conn)
        self.rolls = Rolls(conn)
        self.proposals = Proposals(conn)
        self.accounts = Accounts(conn)
        self.actors = Actors(conn)
        self.follows = Follows(conn)
        self.media = Media(conn)
        self.notes = Notes(conn)
        self.remote_outcomes = RemoteOutcomes(conn)
        self.announcements = Announcements(conn)
        self.desk = Desk(conn)
        self.queues = Queues(conn, node)
        self.votes = Votes(conn)
        self.totals = Totals(conn)
        self.templates = Templates(conn)
        self.outages = Outages(conn)
        self.looks = Looks(conn, node)
        self.visits = Visits(conn, node)
        self.audits = Audit(conn)
        self.condition = Condition(conn)
        self.events: list[Event] = []
        self.wakes: set[str] = set()
        self._closed_for_events = False

    def new_id(self) -> int:
        """Return a new internal id."""
        return new_id(self.now)

    def record(self, event: Event) -> None:
        """Remember that this happened; its reactions run at the end of the unit. Raises RuntimeError in a reaction."""
        if self._closed_for_events:
            raise RuntimeError(f"a reaction recorded {type(event).__name__}: depth is one (architecture.md 5)")
        self.events.append(event)

    def audit(
        self,
        what: str,
        *,
        who: str = "system",
        subject: str = "",
        details: Mapping[str, Any] | None = None,
        reason: str = "",
    ) -> None:
        """Append one line to the audit log (governance.md 1)."""
        values = {"id": self.new_id(), "at": self.now, "who": who, "what": what, "subject": subject}
        insert(self.conn, t.audit_log, {**values, "details": dict(details or {}), "reason": reason})

    def wake(self, queue: str) -> None:
        """After COMMIT, tell the loop of `queue` that there is work: a field of `app.Loops`."""
        self.wakes.add(queue)

    def set_timer(self, name: str, key: str, due_at: datetime) -> bool:
        """Set a timer unless one of the same name and key waits."""
        self.wakes.add("timers")
        return self.queues.set_timer(name, key, due_at)

    def react(self, reactions: Mapping[type[Event], Sequence[Reaction]]) -> None:
        """Run the reactions to every recorded event, in table order."""
        self._closed_for_events = True
        for event in self.events:
            for reaction in reactions[type(event)]:
                reaction(self, event)


def event_details(event: Event) -> dict[str, Any]:
    """Return the event's fields as JSON values for logs."""
    return {name: str(value) if isinstance(value, datetime) else value for name, value in asdict(event).items()}


class Units:
    """Runs actions and queries as units of work on one database, for the process `node`.

    `before` runs first in each that writes, and may refuse; so may `demand_heard`, last, with the time of arrival.
    """

    def __init__(
        self,
        database: Database,
        *,
        site: Site,
        clock: Clock,
        reactions: Mapping[type[Event], Sequence[Reaction]],
        wake: Callable[[str], None] = lambda queue: None,
        in_flight: InFlight | None = None,
        node: int | None = None,
        before: Callable[[UnitOfWork], None] | None = None,
    ) -> None:
        self.database = database
        self.site = site
        self.clock = clock
        self._reactions = reactions
        self._wake = wake
        self.in_flight = in_flight or NothingInFlight()
        self._before = before
        self.node = node
        self.demand_heard: Callable[[float | None], None] = lambda arrived_s: None

    @contextmanager
    def at_the_door(self) -> Iterator[datetime]:
        """While this lasts, closes wait for what was received when it began: yield that instant (federation.md 12.3)."""
        ticket, received_at = self.in_flight.arrive(self.clock)
        token = ARRIVED_S.set(self.clock.monotonic())
        try:
            yield received_at
        finally:
            ARRIVED_S.reset(token)
            self.in_flight.leave(ticket)

    def on(self, database: Database) -> "Units":
        """Return the same on other connections."""
        twin = copy(self)
        twin.database = database
        return twin

    async def write(self, action: Callable[Concatenate[UnitOfWork, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `action(uow, …)` and its reactions in one transaction; return its value once that is durable."""
        run, wakes = self._unit(action, *args, **kwargs)
        value = await self.database.write(run)
        self._tell(wakes)
        return value

    async def read(self, query: Callable[Concatenate[UnitOfWork, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `query(uow, …)` on a reading connection."""
        now = self.clock.now()
        return await self.database.read(
            lambda conn: query(UnitOfWork(conn, now, self.site, self.in_flight, node=self.node), *args, **kwargs)
        )

    async def read_old(self, query: Callable[Concatenate[UnitOfWork, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `query(uow, …)` on what may be some seconds old: a page for strangers, never what decides (`web.frame.guards`)."""
        now = self.clock.now()
        return await self.database.read_old(
            lambda conn: query(UnitOfWork(conn, now, self.site, self.in_flight, node=self.node), *args, **kwargs)
        )

    async def read_whole(self, query: Callable[Concatenate[UnitOfWork, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `query(uow, …)` as `read` does, all of it at the same instant: what is compared with each other, or counted."""
        now = self.clock.now()
        return await self.database.read_whole(
            lambda conn: query(UnitOfWork(conn, now, self.site, self.in_flight, node=self.node), *args, **kwargs)
        )

    async def write_many(self, actions: Sequence[Callable[[UnitOfWork], T]]) -> list[T | BaseException]:
        """Run many actions, each a unit of its own, in one hop; a failed one leaves its exception in its place."""
        units = [self._unit(action) for action in actions]
        results = await self.database.write_many([run for run, _ in units])
        for (_, wakes), result in zip(units, results, strict=True):
            if not isinstance(result, BaseException):
                self._tell(wakes)
        return results

    def _unit(
        self, action: Callable[Concatenate[UnitOfWork, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> tuple[Callable[[Connection], T], set[str]]:
        wakes: set[str] = set()
        arrived_s = ARRIVED_S.get()

        def run(conn: Connection) -> T:
            uow = UnitOfWork(conn, self.clock.now(), self.site, self.in_flight, node=self.node)
            if self._before is not None:
                self._before(uow)
            value = action(uow, *args, **kwargs)
            if uow.events:
                uow.react(self._reactions)
            self.demand_heard(arrived_s)
            wakes.clear()
            wakes.update(uow.wakes)
            return value

        return run, wakes

    def _tell(self, wakes: set[str]) -> None:
        for queue in wakes:
            self._wake(queue)
