"""A co-op's pages on a loopback port, with real storage and a clock that stands still: for door and browser tests."""

import re
import socket
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

from aiohttp import ClientResponse, ClientSession, CookieJar, web
from cryptography.fernet import Fernet
from sqlalchemy import create_engine

from fedcoop.accounts.credentials import hash_password
from fedcoop.actions.instance.founding import found_instance
from fedcoop.actions.members.member import NewMember, add_member
from fedcoop.actions.motions import motion as motion_actions
from fedcoop.config import Config, FederationConfig, InstanceConfig, LimitsConfig
from fedcoop.federation.remote.lookup import WHAT_TO_PASTE
from fedcoop.federation.remote.sentences import explained
from fedcoop.governance.motions.motion import Motion, Option
from fedcoop.governance.proof.recount import count
from fedcoop.kernel.clock import FrozenClock
from fedcoop.kernel.errors import Invalid, PeerUnreachable
from fedcoop.storage.database.engine import SqliteDatabase
from fedcoop.storage.instance.vault import Vault
from fedcoop.storage.proof.exports import pack
from fedcoop.storage.tables import metadata
from fedcoop.storage.unit_of_work import Site, Units
from fedcoop.throttle import Throttle
from fedcoop.urls import Urls
from fedcoop.web.frame.keys import RemoteActor
from fedcoop.web.routes import SHARED, install

NOW = datetime(2026, 5, 12, 8, 0, tzinfo=UTC)
PASSWORD = "three old wooden spoons"
_HASH = hash_password(PASSWORD)
_CSRF = re.compile(r'name="csrf" value="([^"]+)"')


class Fediverse:
    """What pages ask of other servers: known handles and links answer, for all others there is no server."""

    def __init__(self) -> None:
        self.known: dict[str, RemoteActor] = {}
        self.followed: list[str] = []
        self.looked_at: list[int] = []

    def look_again(self, remote_motion_id: int) -> None:
        self.looked_at.append(remote_motion_id)

    async def look_up(self, handle: str) -> RemoteActor:
        found = self.known.get(handle.removeprefix("@"))
        if found is None and "@" not in handle:
            raise Invalid("handle", WHAT_TO_PASTE, field="handle")
        if found is None:
            host = handle.rpartition("@")[2]
            raise explained(PeerUnreachable("name-unknown", origin=f"https://{host}"), host)
        return found

    async def follow(self, handle: str, *, who: str) -> None:
        self.followed.append((await self.look_up(handle)).uri)


@dataclass
class Browser:
    """One person's browser, without script: cookies, forms with their hidden fields, no redirects followed."""

    site: "Website"
    session: ClientSession
    headers: dict[str, str] = field(default_factory=dict)

    async def get(self, path: str, **more: Any) -> "Page":
        async with self.session.get(
            self.site.origin + path, allow_redirects=False, headers=self.headers, **more
        ) as got:
            return await Page.of(got)

    async def post(self, path: str, fields: Any, *, headers: Mapping[str, str] | None = None) -> "Page":
        """Send a form as a script of the reader would: exactly these fields."""
        sent = {"Origin": self.site.origin, **self.headers, **(headers or {})}
        async with self.session.post(self.site.origin + path, data=fields, allow_redirects=False, headers=sent) as got:
            return await Page.of(got)

    async def submit(
        self, page: str, path: str, fields: Mapping[str, Any] | list[tuple[str, str]], **more: Any
    ) -> "Page":
        """Open `page`, take its token, and send the form to `path`."""
        token = (await self.get(page)).csrf
        pairs = list(fields.items()) if isinstance(fields, Mapping) else list(fields)
        return await self.post(path, [("csrf", token), *pairs], **more)

    async def sign_in(self, name: str) -> "Page":
        fields = {"email": f"{name}@example.org", "password": PASSWORD}
        page = await self.submit("/sign-in", "/sign-in", fields)
        assert page.status == 303, page.words
        return page


@dataclass(frozen=True)
class Page:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    text: str

    @staticmethod
    async def of(response: ClientResponse) -> "Page":
        return Page(response.status, response.headers, await response.text())

    @property
    def csrf(self) -> str:
        found = _CSRF.search(self.text)
        return found[1] if found else ""

    @property
    def words(self) -> str:
        """The text that people read, white space folded."""
        body = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", self.text, flags=re.S)
        flowing = re.sub(r"</?(?:b|a|bdi|time|em|strong|code)\b[^>]*>", "", body)
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", flowing)).split())

    @property
    def location(self) -> str:
        return self.headers.get("Location", "")


@dataclass
class Website:
    """The running pages and what stands behind them."""

    origin: str
    units: Units
    clock: FrozenClock
    remote: Fediverse
    members: dict[str, Any]
    throttle: Throttle
    _sessions: list[ClientSession] = field(default_factory=list)

    def browser(self, **headers: str) -> Browser:
        """Return a fresh browser."""
        session = ClientSession(cookie_jar=CookieJar(unsafe=True))
        self._sessions.append(session)
        return Browser(self, session, headers)

    async def signed_in(self, name: str) -> Browser:
        """Return a browser in which this member is signed in."""
        browser = self.browser()
        await browser.sign_in(name)
        return browser

    async def open_motion(self, by: str = "tomasz", **more: Any) -> Motion:
        """Open a motion, by default a resolution for two days."""
        values: dict[str, Any] = {
            "title": "Buy a second deck oven",
            "body": "1. We buy the oven.\n2. We pay it from the reserve.",
            "method": "resolution",
            "closes_at": self.clock.now() + timedelta(hours=50),
            **more,
        }
        if "options" in values:
            values["options"] = [item if isinstance(item, Option) else Option(*item) for item in values["options"]]
        draft = motion_actions.Draft(**values)
        return await self.units.write(motion_actions.open_motion, by=self.members[by].id, draft=draft)

    async def close(self, motion: Motion) -> None:
        """Let the closing time and the grace pass, and count."""
        self.clock.advance(motion.closes_at + motion.settings.grace - self.clock.now() + timedelta(seconds=1))
        await self.count(motion)

    async def count(self, motion: Motion) -> None:
        """Do what the timers do once acceptance is over."""
        key = str(motion.id)
        await self.units.write(motion_actions.close, key)
        material = await self.units.read(motion_actions.gather, key)
        if material is not None:
            counted = count(material, lambda document: document)
            for n, part in enumerate(pack(counted.export)):
                await self.units.write(motion_actions.store_export_part, key, n, part)
            await self.units.write(motion_actions.store_count, key, counted)


@asynccontextmanager
async def open_website(
    folder: Path, *, sign_ins: int = 0, pages: int = 0, instance: Mapping[str, Any] | None = None
) -> AsyncIterator[Website]:
    """Run the pages of Alder with four members; Ilse has an office."""
    path = folder / "fedcoop.db"
    engine = create_engine(f"sqlite:///{path}")
    metadata.create_all(engine)
    engine.dispose()
    clock = FrozenClock(NOW)
    app = web.Application()
    runner = web.AppRunner(app, access_log=None)
    values = {"name": "Alder Street Bakery", "actor": "alder", "time_zone": "Europe/Rome", **(instance or {})}
    database = SqliteDatabase(path, synchronous="NORMAL")
    await database.start()
    port = _free_port()
    origin = f"http://localhost:{port}"
    config = Config(
        instance=InstanceConfig(origin=origin, **values),
        federation=FederationConfig(allow_http=True),
        limits=LimitsConfig(pages=pages),
        root=folder,
    )
    urls = Urls(origin)
    site = Site(config=config, urls=urls, vault=Vault(Fernet.generate_key()))
    units = Units(database, site=site, clock=clock, reactions=defaultdict(tuple))
    remote, throttle = Fediverse(), Throttle(sign_ins)
    install(app, units=units, config=config, urls=urls, clock=clock, sign_in_throttle=throttle, remote=remote)
    for address, handler in SHARED.items():
        app.router.add_get(address, handler)
    website = Website(origin, units, clock, remote, await _found(units), throttle)
    await runner.setup()
    await web.TCPSite(runner, "localhost", port).start()
    try:
        yield website
    finally:
        for session in website._sessions:
            await session.close()
        await runner.cleanup()
        await database.close()


async def _found(units: Units) -> dict[str, Any]:
    await units.write(found_instance)
    members = {}
    for name, shown in (
        ("ilse", "Ilse Maurer"),
        ("tomasz", "Tomasz Wilk"),
        ("noor", "Noor Castellan"),
        ("bilal", "Bilal Haddad"),
    ):
        new = NewMember(name, f"{name}@example.org", shown, is_admin=name == "ilse", password_hash=_HASH)
        members[name], _ = await units.write(add_member, new=new, who="operator")
    return members


def _free_port() -> int:

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
