"""The composition root: the only place that builds database, transport, application and loops, starts and stops them.

`serve` is one process with everything; `work` has the loops only; `open_remote` lends commands what they need to look
at other servers.
"""

import asyncio
import contextlib
import gc
import logging
import signal
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from ipaddress import ip_address, ip_network

from aiohttp import web

from fedcoop import wiring
from fedcoop.actions.fediverse import peers
from fedcoop.actions.fediverse.remote import note_handle
from fedcoop.actions.instance import upkeep
from fedcoop.actions.instance.holding import WORDS
from fedcoop.config import Config
from fedcoop.federation.catchup.polls import PollLooks
from fedcoop.federation.catchup.visitor import Visitor
from fedcoop.federation.delivery.worker import DeliveryWorker
from fedcoop.federation.inbox.process import InboxProcessor
from fedcoop.federation.publish import profile
from fedcoop.federation.publish.auditing import Auditor
from fedcoop.federation.remote.lookup import FoundAccount
from fedcoop.federation.server import objects
from fedcoop.federation.server.assembly import FederationParts, assemble
from fedcoop.federation.server.documents import DocumentCache
from fedcoop.federation.server.door import InFlightTracker
from fedcoop.federation.server.heartbeat import Heartbeat, new_node
from fedcoop.federation.server.holding import Holding
from fedcoop.federation.server.negotiation import wants_activitypub
from fedcoop.federation.server.presence import Presence
from fedcoop.federation.server.readiness import Readiness
from fedcoop.federation.server.refreshing import Refresher
from fedcoop.federation.server.routes import TABLES as FEDERATION_TABLES
from fedcoop.kernel.clock import Clock, SystemClock
from fedcoop.kernel.ids import RemoteMotionId
from fedcoop.listening import files
from fedcoop.listening.answers import adding, errors, on_every_answer
from fedcoop.listening.connections import Connections
from fedcoop.listening.handler import Runner
from fedcoop.loops import Watch
from fedcoop.media import ProfilePictures, profile_pictures
from fedcoop.queueing import TimerLoop
from fedcoop.storage.database.engine import Database, open_database
from fedcoop.storage.instance.nodes import session_name
from fedcoop.storage.instance.vault import load_vault
from fedcoop.storage.instance.version import check_version
from fedcoop.storage.unit_of_work import Site, UnitOfWork, Units
from fedcoop.throttle import Throttle, client_address
from fedcoop.urls import Urls
from fedcoop.web import routes as pages
from fedcoop.web.frame.guards import unavailable
from fedcoop.web.frame.keys import RemoteActor

log = logging.getLogger(__name__)

STOP_S = 8.0
STALE = timedelta(seconds=60)
FORWARDING = frozenset(
    {*("forwarded", "via", "x-real-ip", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-port")}
)
SERVE, WORKER = "serve", "worker"
LOOPS = ("inbox", "delivery", "timers", "standing", "polls", "visits")


class Fediverse:
    """What doors and commands ask of other servers (`web.frame.keys.Remote`)."""

    def __init__(self, parts: FederationParts, polls: PollLooks) -> None:
        self.parts = parts
        self._polls = polls

    def look_again(self, remote_motion_id: RemoteMotionId) -> None:
        """Have a poll elsewhere looked at soon, if that was not done just before. Returns at once."""
        self._polls.ask(remote_motion_id)

    async def look_up(self, handle: str) -> RemoteActor:
        """Find, fetch and store the account of a handle, or of a link to a profile or post. Raises PeerError or Refused."""
        found = await self.parts.finder.find(handle)
        return await self.parts.units.write(_keep_found, found=found)

    async def follow(self, handle: str, *, who: str) -> None:
        """Look the actor up and ask to follow it as the co-op. Raises PeerError or Refused."""
        found = await self.look_up(handle)
        await self.parts.units.write(peers.follow, actor_uri=found.uri, who=who)


@dataclass(slots=True)
class Loops:
    """The loops of one process."""

    inbox: InboxProcessor
    delivery: DeliveryWorker
    timers: TimerLoop
    standing: Refresher
    polls: PollLooks
    visits: Visitor
    documents: DocumentCache

    def wake(self, queue: str) -> None:
        """Tell the loop of `queue` that there is work, or the memory of documents that one of ours has changed."""
        if queue == "documents":
            self.documents.forget()
            return
        wakes = {"inbox": self.inbox.wake, "delivery": self.delivery.wake, "timers": self.timers.wake}
        {**wakes, "standing": self.standing.wake, "polls": self.polls.wake, "visits": self.visits.wake}[queue]()

    def failing(self, now: datetime) -> list[str]:
        """Return the names of loops that have not gone round for a minute."""
        seen = {name: getattr(self, name).last_ok for name in LOOPS}
        return [name for name, last in seen.items() if last is None or now - last > STALE]


class Node:
    """One process of an instance: database, fediverse, loops and, if it serves, the application."""

    def __init__(self, config: Config, clock: Clock | None = None) -> None:
        self.config = config
        self.clock: Clock = clock or SystemClock()
        self.headers = on_every_answer(is_secure=config.instance.origin.startswith("https:"))
        self.in_flight = InFlightTracker()
        node = new_node()
        self.database: Database = open_database(config.database, name=session_name(node))
        site = Site(config=config, urls=Urls(config.instance.origin), vault=load_vault(config.instance.key_file))
        self.units = Units(
            self.database,
            site=site,
            clock=self.clock,
            reactions=wiring.REACTIONS,
            wake=self._wake,
            in_flight=self.in_flight,
            node=node,
        )
        self._parts: FederationParts | None = None
        self.loops: Loops | None = None
        self.presence = Presence(self.units)
        self.holding = Holding(self.units)
        self.auditor = Auditor(self.units)
        self.heartbeat = Heartbeat(self.units)
        self.connections = Connections(config.server, files.room(config, files.limits()[0]))
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, *, kind: str = SERVE) -> None:
        """Open the database, check its version, show the co-op as the settings have it, start the loops.

        While the instance is held, all that acts waits until a person has confirmed. Raises ConfigError, before anything
        is opened, for a picture of its profile that is none.
        """
        pictures = await asyncio.to_thread(self._pictures) if kind == SERVE else None
        await self.database.start()
        await check_version(self.database)
        if await self.holding.look():
            log.warning("nothing is sent, counted or taken", extra={"because": WORDS[self.holding.why]})
        else:
            await self._take_over(kind, pictures)
        self._parts = parts = await assemble(self.units, self.config, self.clock, self.in_flight)
        await parts.transport.start()
        self.loops = Loops(
            inbox=InboxProcessor(self.units, parts.remote),
            delivery=DeliveryWorker(self.units, parts.transport, self.config.delivery),
            timers=TimerLoop(self.units, wiring.TIMERS, wiring.LONG_TIMERS),
            standing=parts.refresher,
            polls=PollLooks(self.units, parts.remote),
            visits=Visitor(self.units, parts.remote, parts.webfinger),
            documents=parts.cache,
        )
        if self.holding.why:
            self._tasks = [asyncio.create_task(self._act_once_released(kind, pictures), name="held")]
        else:
            self._tasks = self._run_loops()

    async def _take_over(self, kind: str, pictures: ProfilePictures | None) -> None:
        await self.heartbeat.join(kind)
        await self.units.write(upkeep.start_up, only_process=self.config.database.is_sqlite)
        if pictures is not None:
            await self.units.write(profile.take_over_settings, pictures)

    async def _act_once_released(self, kind: str, pictures: ProfilePictures | None) -> None:
        await self.holding.released()
        await self._take_over(kind, pictures)
        self._tasks += self._run_loops()

    def _run_loops(self) -> list[asyncio.Task[None]]:
        loops = {name: getattr(self.loops, name) for name in LOOPS}
        all_of_them = loops | {"audit": self.auditor, "watch": Watch(self.database.stamp, loops.values())}
        return [asyncio.create_task(loop.run(), name=name) for name, loop in all_of_them.items()]

    def open_door(self) -> None:
        """Others can reach us from now on: that is remembered again and again, so that a time without it shows."""
        self._tasks.append(asyncio.create_task(self._be_present(), name="presence"))

    async def _be_present(self) -> None:
        await self.holding.released()
        await self.presence.run()

    def _pictures(self) -> ProfilePictures:
        instance, most = self.config.instance, self.config.media.max_bytes
        return profile_pictures(instance, uri=self.units.site.urls.actor(instance.actor), max_bytes=most)

    async def stop(self) -> None:
        """Take no more work, finish or release what is under way, close everything; within some eight seconds."""
        await self.heartbeat.drain()
        await self.presence.stop()
        await self.auditor.stop()
        if self.loops is not None:
            await asyncio.gather(
                self.loops.inbox.stop(STOP_S),
                self.loops.delivery.stop(STOP_S),
                self.loops.timers.stop(),
                self.loops.standing.stop(),
                self.loops.polls.stop(),
                self.loops.visits.stop(),
            )
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=1.0)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        if self._parts is not None:
            await close_parts(self._parts)
        await self.heartbeat.leave()
        await self.database.close()

    def application(self) -> web.Application:
        """Return the application with every door; the node must have been started."""
        if self._parts is None or self.loops is None:
            raise RuntimeError("the node is not started")
        app = web.Application(client_max_size=1 << 20, middlewares=[errors, self.holding.middleware(unavailable)])
        app.on_response_prepare.append(adding(self.headers))
        self._parts.install(app)
        for table in FEDERATION_TABLES:
            app.router.add_routes(table)
        pages.install(
            app,
            units=self.units,
            config=self.config,
            urls=self.units.site.urls,
            clock=self.clock,
            sign_in_throttle=Throttle(self.config.limits.sign_ins),
            remote=Fediverse(self._parts, self.loops.polls),
            is_known=self._parts.door.is_known,
        )
        self._add_shared(app)
        self._add_health(app)
        return app

    def _add_shared(self, app: web.Application) -> None:
        """One URL, two readers: `Accept` chooses between the page and the object."""
        documents = {
            "/motions/{uuid}": objects.get_motion,
            "/notes/{uuid}": objects.get_note,
            "/proposals/{uuid}": objects.get_proposal,
        }
        for path, page in pages.SHARED.items():
            document = documents.get(path)
            app.router.add_get(path, page if document is None else _either(document, page))

    def _add_health(self, app: web.Application) -> None:
        async def healthz(request: web.Request) -> web.Response:
            return web.Response(text="ok\n")

        async def metrics_page(request: web.Request) -> web.Response:
            if not self._may_see_metrics(request):
                raise web.HTTPNotFound
            body = await self.units.read(_figures, connections=self.connections)
            return web.Response(text=body, content_type="text/plain", charset="utf-8")

        app.router.add_get("/healthz", healthz)
        app.router.add_get("/readyz", Readiness(self.units, self.holding, self._standing_still).get)
        app.router.add_get("/metrics", metrics_page)

    def _standing_still(self, now: datetime) -> list[str]:
        return self.loops.failing(now) if self.loops is not None else ["loops"]

    def _may_see_metrics(self, request: web.Request) -> bool:
        """A loopback peer that passes nobody on, or a configured network: one cut by its /64 must lie in it whole."""
        forwarded = not FORWARDING.isdisjoint(name.lower() for name in request.headers)
        if not forwarded and request.remote and ip_address(request.remote).is_loopback:
            return True
        told = ",".join(request.headers.getall("X-Forwarded-For", []))
        server = self.config.server
        asks = ip_network(client_address(request.remote or "::", told, server.trusted_proxies))
        return all(server.metrics_networks.holds(end) for end in (asks.network_address, asks.broadcast_address))

    def _wake(self, queue: str) -> None:
        if self.loops is not None:
            self.loops.wake(queue)


async def serve(config: Config) -> None:
    """Run pages, federation and all loops until SIGTERM or SIGINT; print `fedcoop ready ORIGIN` once listening."""
    files.raise_limit(config)
    node = Node(config)
    await node.start()
    rules = config.server
    runner = Runner(node.application(), book=node.connections, config=rules, headers=node.headers, tls=_tls(config))
    await runner.setup()
    try:
        site = web.TCPSite(runner, rules.host, rules.port, backlog=files.BACKLOG)
        await site.start()
        node.open_door()
        gc.collect()
        gc.freeze()  # what was loaded stays: looking through it again would hold up a request by a tenth of a second
        print(f"fedcoop ready {config.instance.origin}", flush=True)
        await _until_told()
    finally:
        await runner.cleanup()
        await node.stop()


async def work(config: Config) -> None:
    """Run the loops only, beside other processes on one database, until SIGTERM or SIGINT."""
    files.raise_limit(config)
    node = Node(config)
    await node.start(kind=WORKER)
    try:
        print(f"fedcoop working for {config.instance.origin}", flush=True)
        await _until_told()
    finally:
        await node.stop()


@asynccontextmanager
async def open_remote(config: Config, units: Units) -> AsyncIterator[Fediverse]:
    """Lend what looks at other servers to a command."""
    parts = await assemble(units, config, units.clock, InFlightTracker())
    await parts.transport.start()
    try:
        yield Fediverse(parts, PollLooks(units, parts.remote))
    finally:
        await close_parts(parts)


async def close_parts(parts: FederationParts) -> None:
    """Give up what is under way to other servers."""
    await parts.actors.close()
    await parts.remote.compactor.close()
    await parts.transport.close()


async def _until_told() -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, told.set)
    await told.wait()


def _tls(config: Config) -> ssl.SSLContext | None:
    if not config.server.tls_cert:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(config.server.tls_cert, config.server.tls_key or None)
    return context


def _figures(uow: UnitOfWork, *, connections: Connections) -> str:
    """Return what Prometheus asks for; its library is loaded by the thread that answers, where somebody asks."""
    return str(import_module("fedcoop.metrics").text(uow, connections=connections))


def _either(
    document: Callable[[web.Request], Awaitable[web.StreamResponse]],
    page: Callable[[web.Request], Awaitable[web.StreamResponse]],
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def choose(request: web.Request) -> web.StreamResponse:
        found = document if wants_activitypub(request.headers.get("Accept", "")) else page
        response = await found(request)
        response.headers["Vary"] = "Accept" + (", Signature, Signature-Input" if found is document else ", Cookie")
        return response

    return choose


def _keep_found(uow: UnitOfWork, *, found: FoundAccount) -> RemoteActor:
    actor = note_handle(uow, uri=found.uri, handle=found.handle)
    name = actor.display_name or actor.name
    return RemoteActor(uri=actor.uri, handle=actor.handle, name=name, doubt=found.doubt)
