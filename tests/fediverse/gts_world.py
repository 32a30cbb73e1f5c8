"""A whole co-op in this process and a GoToSocial-like server beside it, over real HTTP on loopback and on one clock.

The co-op is what `fedcoop serve` runs: doors, pages and all loops (`app.Node`). `World.settle` returns when neither side has
anything left to do, `World.advance` lets time pass first: so the stories need no sleeps, and hours cost nothing.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, CookieJar, web
from sqlalchemy import func, select

from fedcoop.actions.fediverse.outages import DOOR
from fedcoop.actions.instance.founding import INSTANCE_ACTOR, NewActor, create_local_actor
from fedcoop.actions.members.member import NewMember, add_member, link_by_operator, one_time_link
from fedcoop.actions.motions import motion as motions
from fedcoop.app import Node
from fedcoop.config import Config, DatabaseConfig, FederationConfig, InstanceConfig, Networks, ServerConfig
from fedcoop.governance.motions.motion import Channel, Motion, Option
from fedcoop.kernel.clock import FrozenClock
from fedcoop.kernel.html import text_of_html
from fedcoop.kernel.ids import MemberId
from fedcoop.storage import tables as t
from fedcoop.storage.instance.vault import Vault
from fedcoop.storage.instance.version import head
from fedcoop.storage.unit_of_work import UnitOfWork
from tests.doors.harness import OFF, empty_database, keys_of
from tests.fediverse.coop import Web
from tests.fediverse.gts_server import GotoSocialLike
from tests.fediverse.gts_user import User
from tests.fediverse.harness import free_port

START = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
COOP = "alder"
BOTH = frozenset({Channel.WEB, Channel.ACTIVITYPUB})


@dataclass
class Coop:
    """The co-op: a node that can be stopped and started, its members, and what tests ask of it."""

    config: Config
    clock: FrozenClock
    node: Node
    members: dict[str, MemberId] = field(default_factory=dict)
    _runner: web.AppRunner | None = None

    @property
    def origin(self) -> str:
        return self.config.instance.origin

    @property
    def uri(self) -> str:
        return f"{self.origin}/actors/{COOP}"

    @property
    def handle(self) -> str:
        return f"@{COOP}@{self.origin.removeprefix('http://')}"

    async def start(self) -> None:
        await self.node.start()
        self._runner = web.AppRunner(self.node.application(), access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, self.config.server.host, self.config.server.port).start()
        self.node.open_door()
        while self.node.presence.last_ok is None:
            await asyncio.sleep(0.002)

    async def down(self) -> None:
        """The server is stopped; its database stays."""
        assert self._runner is not None
        await self._runner.cleanup()
        await self.node.stop()
        self._runner = None

    async def up(self) -> None:
        """A new process, so to speak, on the same database."""
        self.node = Node(self.config, self.clock)
        await self.start()

    @property
    def is_up(self) -> bool:
        return self._runner is not None

    async def has_work(self) -> bool:
        """Whether a loop has something in hand, or could take something now: looked up by the loops' own claims."""
        try:
            await self.node.units.write(_claim_and_undo)
        except Claimed as found:
            return found.number > 0
        return False

    async def pass_time(self) -> None:
        """The clock has moved: our door was open all the while, and the loops look what is due."""
        await self.node.units.write(lambda uow: uow.outages.beat(DOOR, uow.now))
        self.wake()

    def wake(self) -> None:
        assert self.node.loops is not None
        for loop in fields(self.node.loops):
            self.node.loops.wake(loop.name)

    # ------------------------------------------------------------------------------------------------ what people do

    async def write(self, action: Any, **values: Any) -> Any:
        return await self.node.units.write(action, **values)

    async def add_member(self, name: str, *, is_admin: bool = False) -> MemberId:
        new = NewMember(name, f"{name}@example.org", name.title(), is_admin=is_admin, password_hash="x")
        member, _ = await self.write(add_member, new=new, who="test")
        self.members[name] = member.id
        return member.id

    async def link(self, name: str, user: User) -> None:
        """The account is linked by the operator's word."""
        if name not in self.members:
            await self.add_member(name)
        assert self.node._parts is not None
        await self.node._parts.actors.actor(user.uri)

        def run(uow: UnitOfWork) -> None:
            found = uow.actors.find(user.uri)
            assert found is not None
            link_by_operator(uow, member_id=self.members[name], actor=found, handle=user.handle)

        await self.node.units.write(run)

    async def open_poll(self, title: str = "Buy a second oven", **more: Any) -> Motion:
        """A motion that members vote on for a week, public, with Noor as its proposer."""
        values: dict[str, Any] = {"method": "resolution", "closes_at": self.clock.now() + timedelta(days=7)}
        values |= {"body": "Cost 9 000 EUR.", "channels": BOTH, **more}
        values["options"] = tuple(Option(name.lower(), name) for name in values.get("options", ()))
        return await self.write(
            motions.open_motion, by=self.members["noor"], draft=motions.Draft(title=title, **values)
        )

    async def motion(self, motion: Motion) -> Motion:
        found: Motion = await self.node.units.read(lambda uow: uow.motions.get(motion.id))
        return found

    async def ballots(self, motion: Motion) -> dict[str, tuple[str, ...]]:
        """The choice of every member who has a ballot."""

        def look(uow: UnitOfWork) -> dict[str, tuple[str, ...]]:
            found = {name: uow.motions.ballot_of(motion.id, member) for name, member in self.members.items()}
            return {name: tuple(ballot.choice) for name, ballot in found.items() if ballot is not None}

        return await self.node.units.read(look)

    @asynccontextmanager
    async def signed_in(self, name: str) -> AsyncIterator[Web]:
        """A browser of the member."""
        secret = await self.write(one_time_link, member_id=self.members[name], purpose="sign-in")
        async with ClientSession(trust_env=False, cookie_jar=CookieJar(unsafe=True)) as session:
            browser = Web(self.origin, session)
            await browser.send(f"/sign-in/{secret}")
            yield browser


@dataclass
class World:
    """Both servers, and the clock they share."""

    clock: FrozenClock
    coop: Coop
    gts: GotoSocialLike

    async def settle(self) -> None:
        """Everything that is due now has been done, on both sides."""
        async with asyncio.timeout(20):
            while True:
                await self.gts.settle()
                if self.coop.is_up and await self.coop.has_work():
                    self.coop.wake()
                    await asyncio.sleep(0.01)
                elif not self.gts.is_busy():
                    return

    async def advance(self, **step: float) -> None:
        """What is due is done; time passes; and what became due meanwhile is done."""
        await self.settle()
        self.clock.advance(timedelta(**step))
        if self.coop.is_up:
            await self.coop.pass_time()
        await self.settle()

    def totals(self, motion: Motion) -> tuple[list[int], int, bool]:
        """Votes, voters, and whether it is over, as people at the other server see the poll now."""
        poll = self.gts.statuses[motion.url].poll
        assert poll is not None
        return poll.votes, poll.voters, bool(poll.closed_at)

    def told(self, user: User) -> list[str]:
        """What the co-op wrote to this account alone, but for the word that it is linked."""
        words = [text_of_html(found.content) for found in user.messages() if found.author == self.coop.uri]
        return [text for text in words if "now linked" not in text]

    async def account(self, name: str, *, member: str = "", follows: bool = True) -> User:
        """A new account at the other server, linked to the member if one is named."""
        user = self.gts.user(name)
        if member:
            await self.coop.link(member, user)
        if follows:
            await user.follow(await user.search(self.coop.uri))
        await self.settle()
        return user


class Claimed(Exception):
    """Undoes the unit in which work was looked for; says how much there was."""

    def __init__(self, number: int) -> None:
        self.number = number


def _claim_and_undo(uow: UnitOfWork) -> None:
    queues, now, lease = uow.queues, uow.now, timedelta(minutes=1)
    leased = [
        uow.conn.execute(select(func.count()).select_from(table).where(table.c.leased_until >= now)).scalar_one()
        for table in t.metadata.tables.values()
        if "leased_until" in table.c
    ]
    claims = (queues.claim_inbound, queues.claim_deliveries, queues.claim_timers, uow.visits.claim, uow.looks.claim)
    raise Claimed(sum(leased) + sum(len(claim(now, limit=1, lease=lease)) for claim in claims))


def _new_database(path: Path) -> None:
    path.write_bytes(empty_database())
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        connection.execute("INSERT INTO alembic_version VALUES (?)", (head(),))
    connection.close()


def _found(uow: UnitOfWork) -> None:
    for new in (
        NewActor(uow.urls.instance_actor, INSTANCE_ACTOR, "Application", "Alder Works"),
        NewActor(uow.urls.actor(COOP), COOP, "Organization", "Alder Works"),
    ):
        create_local_actor(uow, new=new, keys=keys_of(new.name))


def _config(folder: Path, port: int, **federation: Any) -> Config:
    database, key = folder / "fedcoop.db", folder / "instance.key"
    _new_database(database)
    Vault.create(key)
    loopback = Networks((IPv4Network("127.0.0.0/8"),))
    return Config(
        instance=InstanceConfig(
            origin=f"http://127.0.0.1:{port}",
            name="Alder Works",
            actor=COOP,
            key_file=str(key),
            description="A bakery.",
        ),
        server=ServerConfig(listen=f"127.0.0.1:{port}"),
        database=DatabaseConfig(url=f"sqlite:///{database}", synchronous="NORMAL"),
        federation=FederationConfig(allow_http=True, allow_networks=loopback, **federation),
        limits=OFF,
        root=folder,
    )


@asynccontextmanager
async def world(folder: Path, *, split_domain: bool = False, port: int = 0, **federation: Any) -> AsyncIterator[World]:
    """Both servers run while the block lasts. The co-op has the members Noor and Ilse; Ilse has an office."""
    clock = FrozenClock(START)
    config = _config(folder, port or free_port(), **federation)
    node = Node(config, clock)
    await node.database.start()
    await node.units.write(_found)
    await node.database.close()
    coop = Coop(config, clock, Node(config, clock))
    gts = GotoSocialLike(clock, split_domain=split_domain)
    await gts.start()
    await coop.start()
    try:
        await coop.add_member("noor")
        await coop.add_member("ilse", is_admin=True)
        made = World(clock, coop, gts)
        await made.settle()
        yield made
    finally:
        if coop.is_up:
            await coop.down()
        await gts.close()
