"""Whatever comes to any address: never a 5xx, and never a traceback. All routes of a real node, by strangers, members and office.

Path, query, form, headers and both kinds of `Accept` are drawn from what breaks parsers: numbers at the ends of what columns
hold, halves of characters, other alphabets' digits, ids of other things, dates out of range.
"""

import asyncio
import logging
import re
import socket
import tempfile
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, CookieJar, web
from cryptography.fernet import Fernet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from yarl import URL

from fedcoop.actions.instance.founding import INSTANCE_ACTOR, NewActor, create_local_actor
from fedcoop.actions.members.accounts import open_session
from fedcoop.actions.members.member import NewMember, add_member
from fedcoop.actions.motions.motion import open_motion
from fedcoop.actions.talk.announcements import publish_announcement
from fedcoop.app import Node
from fedcoop.config import (
    Config,
    DatabaseConfig,
    FederationConfig,
    InstanceConfig,
    LimitsConfig,
    Networks,
    ServerConfig,
)
from fedcoop.kernel.clock import FrozenClock
from fedcoop.kernel.errors import PeerError
from fedcoop.storage.instance.migrations import upgrade
from fedcoop.storage.unit_of_work import UnitOfWork
from fedcoop.web.frame.guards import STATUS, cookie_name, csrf_token
from fedcoop.web.frame.pace import UNCOUNTED
from tests.actions.coop import Draft
from tests.doors.harness import START, keys_of

EXAMPLES = 250
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
ODD = [
    *(
        "0",
        "1",
        "-1",
        "9" * 19,
        str(2**63),
        str(2**63 - 1),
        str(2**64),
        "9" * 400,
        "00",
        "1e9",
        "0x10",
        "٣",
        "²",
        "1.0",
    ),
    *(
        "%00",
        "%ff",
        "%c3%28",
        "%ed%a0%80",
        "..%2f..",
        "%2e%2e",
        "%",
        "a%20b",
        "\u00e9",
        "\U0001f600",
        "x" * 2000,
        "'\"<>&",
    ),
    *("{motion}", "{proposal}", "{note}", "{actor}", "00000000-0000-4000-8000-000000000000", "ada", "M0001", "first"),
    *(
        "0001-01-01T00:00",
        "9999-12-31T23:59",
        "2026-02-30T10:00",
        "31 Feb 2026 10:00",
        "for",
        "[]",
        "{}",
        '{"a":' * 1_500,
        "null",
        "true",
    ),
    *(
        "https://[::1",
        "http://127.0.0.1:1/x",
        "@a@b",
        "acct:alder@x",
        "javascript:1",
        "//x",
        "\r\nX: y",
        "\ud7ff",
        "a=b&c",
    ),
]
NAMES = [
    *(
        "page",
        "before",
        "q",
        "done",
        "next",
        "receipt",
        "uri",
        "resource",
        "rel",
        "state",
        "kind",
        "item",
        "made",
        "ballots",
    ),
    *("objection", "paragraph", "piece", "reply", "show", "template", "to", "vote"),
    *(
        "act",
        "number",
        "status",
        "reason",
        "since",
        "name",
        "title",
        "weight",
        "share",
        "member",
        "group",
        "text",
        "body",
    ),
    *(
        "choice",
        "do",
        "link",
        "handle",
        "code",
        "email",
        "password",
        "closes",
        "opens",
        "options",
        "method",
        "settings",
    ),
    *("based_on", "base", "note", "was", "reads", "places", "minima", "value_at", "classes", "key", "follower", "step"),
    *(
        "quorum",
        "threshold",
        "scope",
        "until",
        "topic",
        "audience",
        "effective",
        "review",
        "keep",
        "drop",
        "commitment",
    ),
]
VALUES = st.sampled_from(ODD)
PAIRS = st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=6)
HEADERS = st.dictionaries(
    st.sampled_from(
        [
            *("Cookie", "X-Forwarded-For", "Accept-Language", "Accept-Encoding", "Range", "If-None-Match", "Signature"),
            *(
                "If-Modified-Since",
                "Origin",
                "Sec-Fetch-Site",
                "Date",
                "Signature-Input",
                "User-Agent",
                "Authorization",
            ),
        ]
    ),
    st.sampled_from(
        ["", "x", "\u00e9", "=;=", "bytes=0-", 'keyId="x"', "sig1=()", "*", "null", "9" * 300, "same-origin"]
    ),
    max_size=3,
)
TYPES = [
    *("application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=punycode", "text/plain"),
    *(
        "multipart/form-data; boundary=b",
        "multipart/form-data",
        "application/json",
        "application/activity+json",
        "",
        "a;b=c",
    ),
]
ACCEPTS = [
    "text/html",
    "application/activity+json",
    "*/*",
    "application/ld+json;q=2",
    ",;q=",
    "text/html;q=0, */*;q=0.1",
]


class World:
    """A running node with a member who has an office, one who has none, a vote and an announcement."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory()
        self.loop.run_until_complete(self._start(Path(self.folder.name)))

    async def _start(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.origin = f"http://127.0.0.1:{port}"
        (folder / "key").write_bytes(Fernet.generate_key())
        config = Config(
            instance=InstanceConfig(origin=self.origin, name="Alder", actor="alder", key_file=str(folder / "key")),
            server=ServerConfig(listen=f"127.0.0.1:{port}"),
            database=DatabaseConfig(url=f"sqlite:///{folder / 'fedcoop.db'}", synchronous="NORMAL"),
            federation=FederationConfig(allow_http=True, allow_networks=Networks((IPv4Network("127.0.0.0/8"),))),
            limits=OFF,
            root=folder,
        )
        founding = Node(config, FrozenClock(START))
        await founding.database.start()
        await founding.database.write(upgrade)
        self.sessions = await founding.units.write(_found)
        await founding.database.close()
        self.node = Node(config, FrozenClock(START))
        self.known = {"motion": self.sessions.pop("motion"), "note": self.sessions.pop("note"), "actor": "alder"}
        self.known["proposal"] = self.sessions.pop("proposal")
        await self.node.start()
        application = self.node.application()
        self.routes = sorted(
            {(route.method, *_parts(route.resource)) for route in application.router.routes() if route.resource}
        )
        self.reached: set[tuple[str, str]] = set()
        application.middlewares.append(self._remember)
        self.runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.2)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", port).start()
        self.client = ClientSession(cookie_jar=CookieJar(unsafe=True), auto_decompress=False)

    @web.middleware
    async def _remember(self, request: web.Request, handler: Any) -> web.StreamResponse:
        resource = request.match_info.route.resource
        if resource is not None:
            self.reached.add((request.method, resource.canonical))
        answer: web.StreamResponse = await handler(request)
        return answer

    def fill(self, text: str) -> str:
        for name, value in self.known.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    async def ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        url = URL(self.origin + path, encoded=True)
        async with self.client.request(method, url, data=body, headers=headers, allow_redirects=False) as got:
            return got.status, await got.read()

    async def stop(self) -> None:
        await self.client.close()
        await self.runner.cleanup()
        await self.node.stop()

    def close(self) -> None:
        self.loop.run_until_complete(self.stop())
        self.loop.close()
        self.folder.cleanup()


def _found(uow: UnitOfWork) -> dict[str, str]:
    urls = uow.urls
    for new in (
        NewActor(urls.instance_actor, INSTANCE_ACTOR, "Application", "Alder"),
        NewActor(urls.actor("alder"), "alder", "Organization", "Alder"),
    ):
        create_local_actor(uow, new=new, keys=keys_of(new.name))
    found = {}
    for name in ("ada", "ben"):
        member, _ = add_member(
            uow, new=NewMember(name, f"{name}@example.org", name, is_admin=name == "ada"), who="test"
        )
        account = uow.accounts.of_member(member.id)
        assert account is not None
        found[name] = open_session(uow, account_id=account.id, browser="test")
    ada = uow.members.find_by_name("ada")
    assert ada is not None
    draft = Draft(
        title="Oven", body="One\n\nTwo", method="resolution", closes_at=uow.now.replace(year=uow.now.year + 1)
    )
    motion = open_motion(uow, by=ada.id, draft=draft)
    news = publish_announcement(uow, by=ada.id, text="Hello")
    proposal = uow.proposals.get(motion.proposal_id)
    return {**found, "motion": motion.uuid, "note": news.uuid, "proposal": proposal.uuid}


@pytest.fixture(scope="module")
def world():
    found = World()
    yield found
    found.close()


Place = tuple[str, str]
FITTING = ("9" * 19, "1", "0" * 32 + ".png", "2.0", "named")


def _parts(resource: web.AbstractResource) -> tuple[str, tuple[Place, ...]]:
    """Return the address, and the name and the pattern of each part that changes."""
    pattern = resource.get_info().get("pattern")
    found = re.findall(r"\(\?P<(\w+)>((?:[^()]|\(\?:[^()]*\))+)\)", pattern.pattern) if pattern else []
    return resource.canonical, tuple(found)


def _path(world: World, canonical: str, places: tuple[Place, ...], fillings: list[str]) -> str:
    """Return an address that the route takes: what is given where it may stand, else a word or a number that may."""
    path = canonical
    for (name, shape), filling in zip(places, [*fillings, *["1"] * 9], strict=False):
        words = shape.split("|")
        turn = sum(filling.encode()) % len(words)
        given = world.fill(_quoted(filling))
        fitting = (text for text in (given, *words[turn:], *words, *FITTING) if re.fullmatch(shape, text))
        path = path.replace(f"{{{name}}}", next(fitting, "1"), 1)
    return path


def _quoted(text: str) -> str:
    """What is a broken escape stays one; the rest is sent as a browser would."""
    return text if "%" in text or "{" in text else str(URL.build(path="/" + text).raw_path)[1:]


def _form(world: World, pairs: list[tuple[str, str]]) -> bytes:
    return "&".join(f"{name}={world.fill(_quoted(value))}" for name, value in pairs).encode()


def _headers(world: World, who: str, accept: str, kind: str, more: dict[str, str]) -> tuple[dict[str, str], str]:
    headers = {"Accept": accept, "Content-Type": kind, **more}
    headers = {name: value for name, value in headers.items() if value or name == "Cookie"}
    if who == "nobody":
        return headers, ""
    session = world.sessions[who]
    headers["Cookie"] = f"{cookie_name(world.origin)}={session}"
    return headers, csrf_token(session)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=False,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_no_request_to_any_address_is_answered_by_a_fault(world: World, caplog: Any, data: st.DataObject) -> None:
    method, canonical, places = data.draw(st.sampled_from(world.routes))
    fillings = data.draw(st.lists(VALUES, min_size=3, max_size=3))
    pairs, query = data.draw(PAIRS), data.draw(PAIRS)
    who = data.draw(st.sampled_from(["nobody", "ada", "ben"]))
    accept, kind = data.draw(st.sampled_from(ACCEPTS)), data.draw(st.sampled_from(TYPES))
    headers, csrf = _headers(world, who, accept, kind, data.draw(HEADERS))
    path = _path(world, canonical, places, fillings)
    path += "?" + _form(world, query).decode() if query else ""
    sent = "GET" if method in ("*", "HEAD") else method
    body = b"" if sent == "GET" else _form(world, [*pairs, ("csrf", csrf)])
    caplog.clear()
    with caplog.at_level(logging.ERROR):
        try:
            status, _ = world.loop.run_until_complete(world.ask(sent, path, body, headers))
        except (ValueError, UnicodeError):
            return  # the client itself does not send this
    told = [record.getMessage() for record in caplog.records if record.exc_info]
    assert told == [], (sent, path, body, who)
    assert status < 500, (status, sent, path, body, who, headers)


@pytest.mark.parametrize("who", ["nobody", "ada"])
def test_every_address_takes_every_odd_number_and_name(world: World, who: str) -> None:
    world.reached.clear()
    wanted = set()
    for method, canonical, places in world.routes:
        if method not in ("GET", "POST") or canonical == "/sign-out":
            continue
        wanted.add((method, canonical))
        for value in ("9" * 19, str(2**63 - 1), str(2**63), "{motion}"):
            headers, csrf = _headers(world, who, "text/html", TYPES[0], {})
            query = "&".join(f"{name}={value}" for name in ("before", "page", "item", "paragraph", "receipt"))
            path = world.fill(_path(world, canonical, places, [value] * 3) + "?" + query)
            body = _form(world, [("csrf", csrf), ("link", value), ("number", value)]) if method == "POST" else b""
            status, _ = world.loop.run_until_complete(world.ask(method, path, body, headers))
            assert status < 500, (status, method, path)
    assert wanted - world.reached == set()


@pytest.mark.parametrize("sent", [b"text=half", b"--b\r\nContent-Disposition: form-data; name=x\r\n\r\nha"])
def test_an_upload_that_breaks_off_is_no_fault(world: World, caplog: Any, sent: bytes) -> None:
    kind = TYPES[0] if sent.startswith(b"text") else "multipart/form-data; boundary=b"

    async def break_off() -> None:
        for method, canonical, places in world.routes:
            if method == "POST":
                path = _path(world, canonical, places, ["{motion}"] * 3)
                _, writer = await asyncio.open_connection("127.0.0.1", int(world.origin.rpartition(":")[2]))
                head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nContent-Length: 900\r\n\r\n"
                writer.write(head.encode() + sent)
                await writer.drain()
                writer.close()
        await asyncio.sleep(0.1)

    with caplog.at_level(logging.WARNING):
        world.loop.run_until_complete(break_off())
        whole, _ = world.loop.run_until_complete(world.ask("GET", "/healthz", b"", {}))
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []
    assert whole == 200


def test_what_the_limit_of_pages_leaves_out_is_there(world: World) -> None:
    assert {canonical for _, canonical, _ in world.routes} >= UNCOUNTED


def test_no_error_that_can_be_told_is_told_as_a_fault_of_ours() -> None:
    assert max(status for _, status in STATUS) < 500
    assert {status for kind, status in STATUS if kind is PeerError} == {424}
