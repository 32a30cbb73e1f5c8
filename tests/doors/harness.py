"""A real instance on a loopback port with a database of the test's own, a clock that stands still, and its inbox loop.

`Coop.process` runs the loop until nothing waits, so that tests need no sleeps. Network goes to loopback only.
"""

import asyncio
import contextlib
import socket
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, web
from cryptography.fernet import Fernet
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from fedcoop.accounts.actor_keys import NewKey, new_keys
from fedcoop.actions.instance.founding import INSTANCE_ACTOR, NewActor, create_local_actor
from fedcoop.actions.members.member import NewMember, add_member, link_by_operator
from fedcoop.config import Config, FederationConfig, InstanceConfig, LimitsConfig, Networks
from fedcoop.federation.inbox.process import InboxProcessor
from fedcoop.federation.remote.transport import Transport
from fedcoop.federation.server import routes as federation_routes
from fedcoop.federation.server.assembly import FederationParts, assemble
from fedcoop.federation.server.door import InFlightTracker
from fedcoop.federation.server.negotiation import by_accept
from fedcoop.kernel.clock import FrozenClock
from fedcoop.kernel.ids import MemberId
from fedcoop.storage import tables as t
from fedcoop.storage.database.engine import make_database
from fedcoop.storage.instance.vault import Vault
from fedcoop.storage.unit_of_work import Site, UnitOfWork, Units
from fedcoop.urls import Urls
from fedcoop.wiring import REACTIONS
from tests.doors.peer import PeerActor, Sent, send

START = datetime(2026, 3, 1, 10, 0, 0, tzinfo=UTC)
COOP = "bread"
OFF = LimitsConfig(
    address=0,
    known_address=0,
    origin=0,
    actor=0,
    votes=0,
    bad_signatures=0,
    pages=0,
    sign_ins=0,
    new_hosts=0,
    new_actors=0,
)
_VOLATILE = {"actors", "actor_keys", "hosts"}


@cache
def keys_of(name: str) -> tuple[NewKey, NewKey]:
    return new_keys()


@cache
def empty_database() -> bytes:
    """The bytes of a database with every table and no row: making the tables takes longer than a test."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.db"
        engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
        t.metadata.create_all(engine)
        engine.dispose()
        return path.read_bytes()


@dataclass
class Coop:
    """One running instance."""

    units: Units
    clock: FrozenClock
    parts: FederationParts
    processor: InboxProcessor
    session: ClientSession
    origin: str
    in_flight: InFlightTracker
    members: dict[str, MemberId] = field(default_factory=dict)

    @property
    def uri(self) -> str:
        return f"{self.origin}/actors/{COOP}"

    @property
    def inbox(self) -> str:
        return self.uri + "/inbox"

    @property
    def now(self) -> datetime:
        return self.clock.now()

    async def post(self, sent: Sent) -> int:
        """Send the request and return its status."""
        return (await send(self.session, sent))[0]

    async def deliver(self, actor: PeerActor, activity: dict[str, Any], *, inbox: str = "") -> int:
        """Deliver an activity as Mastodon does, and process it."""
        status = await self.post(actor.cavage(inbox or self.inbox, activity, self.now))
        await self.process()
        return status

    async def get(
        self, path: str, accept: str = "application/activity+json", **headers: str
    ) -> tuple[int, Mapping[str, str], Any]:
        """GET a path of ours without following redirects."""
        url = path if "://" in path else self.origin + path
        async with self.session.get(url, headers={"Accept": accept, **headers}, allow_redirects=False) as response:
            body = await response.read()
            value = await response.json(content_type=None) if body[:1] == b"{" else body
            return response.status, response.headers, value

    async def process(self) -> None:
        """Let the inbox loop do everything that is due."""
        await self.processor.drain()

    async def rows(self, table: Any) -> list[Any]:
        """Return all rows of a table."""
        return await self.units.read(lambda uow: list(uow.conn.execute(table.select())))

    async def state(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return everything that an activity could have changed, but for what was learned about its sender."""
        names = [name for name in t.metadata.tables if name not in _VOLATILE]

        def look(uow: UnitOfWork) -> dict[str, list[tuple[Any, ...]]]:
            return {name: [tuple(row) for row in uow.conn.execute(t.metadata.tables[name].select())] for name in names}

        return await self.units.read(look)

    async def audit_codes(self, what: str) -> list[str]:
        """Return the codes of audit lines of one kind, oldest first."""
        rows = await self.rows(t.audit_log)
        return [row.details.get("code", "") for row in rows if row.what == what]

    async def add_member(self, name: str) -> MemberId:
        """Enter a member."""
        new = NewMember(name=name, email=f"{name}@example.org", password_hash="x")
        member, _ = await self.units.write(add_member, new=new, who="test")
        self.members[name] = member.id
        return member.id

    async def link(self, name: str, actor: PeerActor) -> None:
        """Link the account of a peer to a member of ours, who is entered if needed."""
        member_id = self.members.get(name) or await self.add_member(name)
        await self.parts.actors.actor(actor.uri)

        def run(uow: UnitOfWork) -> None:
            found = uow.actors.find(actor.uri)
            assert found is not None
            link_by_operator(uow, member_id=member_id, actor=found, handle=f"{actor.name}@{actor.peer.host}")

        await self.units.write(run)

    def advance(self, **step: float) -> None:
        """Move the clock."""
        self.clock.advance(timedelta(**step))


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _found(uow: UnitOfWork) -> None:
    urls = uow.urls
    for new in (
        NewActor(urls.instance_actor, INSTANCE_ACTOR, "Application", "Bread Works"),
        NewActor(urls.actor(COOP), COOP, "Organization", "Bread Works"),
    ):
        create_local_actor(uow, new=new, keys=keys_of(new.name))


async def _page(request: web.Request) -> web.Response:
    return web.Response(text="page", content_type="text/html")


def _new_file(path: Path) -> str:
    path.write_bytes(empty_database())
    return f"sqlite:///{path}"


@contextlib.asynccontextmanager
async def coop(
    folder: Path,
    *,
    limits: LimitsConfig = OFF,
    federation: dict[str, Any] | None = None,
    change: Callable[[web.Application], None] = lambda app: None,
    database_url: str = "",
) -> AsyncIterator[Coop]:
    """Run an instance while the block lasts, on a new SQLite file or on the migrated database of the URL."""
    port = _free_port()
    urls = Urls(f"http://127.0.0.1:{port}")
    config = Config(
        instance=InstanceConfig(origin=urls.origin, name="Bread Works", actor=COOP, description="A bakery."),
        federation=FederationConfig(
            allow_http=True, allow_networks=Networks((IPv4Network("127.0.0.0/8"),)), **(federation or {})
        ),
        limits=limits,
    )
    database = make_database(database_url or _new_file(folder / f"fedcoop-{port}.db"), synchronous="NORMAL")
    await database.start()
    clock = FrozenClock(START)
    in_flight = InFlightTracker()
    site = Site(config, urls, Vault(Fernet.generate_key()))
    wakes: dict[str, Callable[[], None]] = {}
    units = Units(
        database,
        site=site,
        clock=clock,
        reactions=REACTIONS,
        wake=lambda queue: wakes.get(queue, lambda: None)(),
        in_flight=in_flight,
    )
    await units.write(_found)
    parts = await assemble(units, config, clock, in_flight)
    wakes |= {"standing": parts.refresher.wake, "documents": parts.cache.forget}
    refreshing = asyncio.create_task(parts.refresher.run())
    transport: Transport = parts.transport
    await transport.start()
    app = web.Application()
    parts.install(app)
    federation_routes.add_to(app)
    for shared, handler in federation_routes.SHARED.items():
        app.router.add_get(shared, by_accept(handler, _page))
    change(app)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    session = ClientSession()
    processor = InboxProcessor(units, parts.remote, pause_s=lambda: 0.0)
    try:
        yield Coop(units, clock, parts, processor, session, urls.origin, in_flight)
    finally:
        await session.close()
        await runner.cleanup()
        await parts.refresher.stop()
        await refreshing
        await transport.close()
        await database.close()
