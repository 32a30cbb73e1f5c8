"""The one connection to other servers, against real servers on loopback: what passes, and beside it what must not."""

import asyncio
import gzip
import ipaddress
import ssl
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from fedcoop.federation.remote.guard import AddressPolicy
from fedcoop.federation.remote.redirects import follow
from fedcoop.federation.remote.transport import MAX_ANSWER, Response, Transport
from fedcoop.kernel.errors import PeerError, PeerSaidNo, PeerUnreachable

LOOPBACK = [ipaddress.ip_network("127.0.0.0/8")]
OPEN = AddressPolicy(own_origin="http://alder.example", allow_networks=LOOPBACK, allow_http=True)
STRICT = AddressPolicy(own_origin="http://alder.example", allow_http=True)


class Answers(AbstractResolver):
    """A DNS that says what it is told to."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses

    async def resolve(self, host, port=0, family=0):
        if not self.addresses:
            raise OSError("no such name")
        return [
            {"hostname": host, "host": ip, "port": port, "family": 10 if ":" in ip else 2, "proto": 0, "flags": 0}
            for ip in self.addresses
        ]

    async def close(self) -> None:
        return None


class Peer:
    """A server that answers as told and remembers what it was asked."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        self.answer = web.Response(text="fine")
        self.stream = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.requests.append((request.method, request.raw_path, dict(request.headers), body))
        if self.stream:
            return await self.stream(request)
        made = web.Response(status=self.answer.status, body=self.answer.body)
        made.headers.update(self.answer.headers)
        return made


@asynccontextmanager
async def serving(peer: Peer, tls: ssl.SSLContext | None = None) -> AsyncIterator[Peer]:
    app = web.Application(client_max_size=1 << 24)
    app.router.add_route("*", "/{tail:.*}", peer.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    peer.port = runner.addresses[0][1]
    try:
        yield peer
    finally:
        await runner.cleanup()


@asynccontextmanager
async def transport(policy: AddressPolicy = OPEN, **more) -> AsyncIterator[Transport]:
    made = Transport(
        policy, user_agent="fedcoop/0 (+http://alder.example)", **{"resolver": Answers("127.0.0.1"), **more}
    )
    await made.start()
    try:
        yield made
    finally:
        await made.close()


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    async with serving(Peer()) as running:
        yield running


async def refused(made: Transport, url: str, **more) -> str:
    with pytest.raises(PeerError) as caught:
        await made.get(url, headers={}, **more)
    return caught.value.code


async def test_get_sends_what_was_signed_and_nothing_ambient(peer: Peer, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    peer.answer = web.Response(text="fine", headers={"Set-Cookie": "a=b", "X-Thing": "1"})
    async with transport() as made:
        for _ in range(2):
            url = f"{peer.url}/a%2Fb/../c?x=%41&y=+"
            answer = await made.get(url, headers={"Host": "birch.example", "Signature": "s", "Date": "d"})
    assert (answer.status, answer.body, answer.headers.get("x-thing"), answer.url) == (200, b"fine", "1", url)
    method, path, headers, body = peer.requests[1]
    assert (method, path, body) == ("GET", "/a%2Fb/../c?x=%41&y=+", b"")
    assert headers == {
        "Host": "birch.example",
        "Signature": "s",
        "Date": "d",
        "User-Agent": "fedcoop/0 (+http://alder.example)",
        "Accept-Encoding": "identity",
    }


async def test_post_sends_exactly_the_body_and_reads_the_head_of_the_answer(peer: Peer):
    peer.answer = web.Response(status=202, body=b"x" * (MAX_ANSWER + 1))
    headers = {"Content-Type": "application/activity+json"}
    async with transport() as made:
        answer = await made.post(f"{peer.url}/inbox", headers=headers, body=b'{"a": 1}')
        peer.answer = web.Response(status=202)
        empty = await made.post(f"{peer.url}/inbox", headers=headers, body=b"{}")
    assert (answer.status, answer.body) == (202, b"x" * MAX_ANSWER)
    assert (empty.status, empty.body) == (202, b"")
    assert [request[3] for request in peer.requests] == [b'{"a": 1}', b"{}"]
    assert peer.requests[0][2]["Content-Type"] == "application/activity+json"


async def test_redirects_are_not_followed_by_the_transport(peer: Peer):
    peer.answer = web.Response(status=302, headers={"Location": f"{peer.url}/b"})
    async with transport() as made:
        got = await made.get(f"{peer.url}/a", headers={})
        posted = await made.post(f"{peer.url}/a", headers={}, body=b"{}")
    assert (got.status, posted.status, len(peer.requests)) == (302, 302, 2)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::ffff:127.0.0.1]", "①②⑦.0.0.1", "0x7f.1", "2130706433", "localhost"])
async def test_loopback_by_literal_is_refused_unless_its_network_is_allowed(peer: Peer, host: str):
    async with transport() as made:
        assert (await made.get(f"{peer.url}/a", headers={})).status == 200
    async with transport(STRICT) as made:
        assert await refused(made, f"http://{host}:{peer.port}/a") in ("address-refused", "url-refused")
    assert len(peer.requests) == 1


@pytest.mark.parametrize("answers", [("127.0.0.1",), ("93.184.215.14", "127.0.0.1"), ("169.254.169.254",), ("::1",)])
async def test_a_name_that_leads_to_a_private_address_is_refused(peer: Peer, answers: tuple[str, ...]):
    url = f"http://birch.example:{peer.port}/a"
    async with transport() as made:
        assert (await made.get(url, headers={})).status == 200
    async with transport(STRICT, resolver=Answers(*answers)) as made:
        assert await refused(made, url) == "address-refused"
    assert len(peer.requests) == 1


async def test_the_table_of_the_configuration_is_vetted_too(peer: Peer):
    url = f"http://birch.example:{peer.port}/a"
    table = {"Birch.example": "127.0.0.1"}
    async with transport(resolve=table, resolver=Answers()) as made:
        assert (await made.get(url, headers={})).status == 200
    async with transport(STRICT, resolve=table, resolver=Answers()) as made:
        assert await refused(made, url) == "address-refused"
    assert len(peer.requests) == 1


async def test_the_socket_itself_refuses_what_slipped_past_every_other_check(peer: Peer, monkeypatch):
    url = f"http://birch.example:{peer.port}/a"
    policy = AddressPolicy(own_origin="http://alder.example", allow_http=True)
    monkeypatch.setattr(policy, "check_resolved", lambda *_: None)
    async with transport(policy) as made:
        assert await refused(made, url) == "address-refused"
        monkeypatch.setattr(policy, "check_address", lambda *_: None)
        assert (await made.get(url, headers={})).status == 200
    assert len(peer.requests) == 1


@pytest.mark.parametrize(
    "target", ["https://birch.example:80", "https://birch.example:22", "http://birch.example:8443"]
)
async def test_relaxed_urls_are_not_contacted_at_public_addresses(monkeypatch, target: str):
    opened: list[str] = []

    def no_traffic(**_: object):
        opened.append("socket")
        raise OSError("no traffic leaves the test")

    monkeypatch.setattr("fedcoop.federation.remote.transport.socket.socket", no_traffic)
    async with transport(resolver=Answers("93.184.215.14")) as made:
        assert await refused(made, "https://birch.example:8443/a") == "connection-failed"
        assert opened == ["socket"]
        assert await refused(made, f"{target}/a") == "address-refused"  # also where the name is cached already
        with pytest.raises(PeerUnreachable) as caught:
            await made.post(f"{target}/inbox", headers={}, body=b"{}")
    assert caught.value.code == "address-refused"
    assert opened == ["socket"]
    async with transport(resolver=Answers("127.0.0.1")) as made:
        assert await refused(made, f"{target}/a") == "connection-failed"
    assert opened == ["socket"] * 2


async def test_a_redirect_to_a_relaxed_url_at_a_public_address_is_refused(peer: Peer):
    peer.answer = web.Response(status=302, headers={"Location": "http://birch.example/secret"})
    async with transport(resolver=Answers("93.184.215.14")) as made:
        with pytest.raises(PeerUnreachable) as caught:
            await follow(lambda hop: made.get(hop, headers={}), f"{peer.url}/a")
    assert caught.value.code == "address-refused"


async def test_a_redirect_to_a_private_address_is_refused(peer: Peer):
    peer.answer = web.Response(status=302, headers={"Location": "http://10.0.0.1/secret"})
    async with transport() as made:

        async def send(hop: str) -> Response:
            return await made.get(hop, headers={})

        with pytest.raises(PeerUnreachable) as caught:
            await follow(send, f"{peer.url}/a")
    assert caught.value.code == "address-refused"


@pytest.mark.parametrize("chunked", [True, False])
async def test_a_body_over_the_limit_is_refused_declared_or_not(peer: Peer, chunked: bool):
    async def stream(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        if not chunked:
            answer.content_length = size
        await answer.prepare(request)
        await answer.write(b"x" * size)
        return answer

    peer.stream = stream
    async with transport() as made:
        size = 1000
        assert len((await made.get(f"{peer.url}/a", headers={}, max_bytes=1000)).body) == 1000
        size = 1001
        assert await refused(made, f"{peer.url}/a", max_bytes=1000) == "answer-too-large"


async def test_a_compressed_body_is_counted_inflated(peer: Peer):
    async with transport() as made:
        for coding, squeeze in (("gzip", gzip.compress), ("deflate", zlib.compress)):
            peer.answer = web.Response(body=squeeze(b"x" * 100_000), headers={"Content-Encoding": coding})
            assert (await made.get(f"{peer.url}/a", headers={}, max_bytes=100_000)).body == b"x" * 100_000
            peer.answer = web.Response(body=squeeze(b"\0" * 20_000_000), headers={"Content-Encoding": coding})
            assert await refused(made, f"{peer.url}/a", max_bytes=100_000) == "answer-too-large"


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(b"x" * 1000, mtime=0)[:-9]),
        ("gzip", b"no gzip at all"),
        ("br", b"x"),
        ("gzip, gzip", b"x"),
    ],
)
async def test_a_broken_or_unasked_compression_is_refused(peer: Peer, coding: str, body: bytes):
    peer.answer = web.Response(body=body, headers={"Content-Encoding": coding})
    async with transport() as made:
        assert await refused(made, f"{peer.url}/a") == "answer-malformed"


async def test_a_body_that_never_ends_meets_the_deadline(peer: Peer):
    never = asyncio.Event()

    async def stream(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        await answer.write(b"x")
        await never.wait()
        return answer

    peer.stream = stream
    async with transport() as made:
        assert await refused(made, f"{peer.url}/a", deadline_s=0.1) == "timeout"
        with pytest.raises(PeerUnreachable) as caught:
            await made.post(f"{peer.url}/a", headers={}, body=b"{}", deadline_s=0.1)
    assert caught.value.code == "timeout"
    never.set()


@pytest.mark.parametrize(
    "headers", [{"X-Long": "x" * 9000}, {f"X-{n}": "x" * 3000 for n in range(6)}, {f"X-{n}": "x" for n in range(90)}]
)
async def test_too_many_header_bytes_are_refused(peer: Peer, headers: dict[str, str]):
    async with transport() as made:
        peer.answer = web.Response(headers={"X-Short": "x" * 3000})
        assert (await made.get(f"{peer.url}/a", headers={})).status == 200
        peer.answer = web.Response(headers=headers)
        assert await refused(made, f"{peer.url}/a") in ("answer-too-large", "answer-malformed")


async def test_failures_of_the_network_are_told_apart(peer: Peer, unused_tcp_port: int):
    async with transport(resolver=Answers()) as made:
        assert await refused(made, "http://birch.example/a") == "name-unknown"
        assert await refused(made, f"http://127.0.0.1:{unused_tcp_port}/a") == "connection-failed"
    assert await refused(made, f"{peer.url}/a") == "transport-closed"


async def test_a_kept_connection_that_the_peer_closed_is_opened_anew():
    posts = 0

    async def answer_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal posts
        await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(2)
        posts += 1
        writer.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n") if posts == 1 else None
        writer.close()

    server = await asyncio.start_server(answer_once, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/inbox"
    async with server, transport() as made:
        statuses = [(await made.post(url, headers={}, body=b"{}")).status for _ in range(2)]
    assert statuses == [202, 202]


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> Path:
    """A private authority that is its own certificate for birch.example."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "birch.example")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("birch.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "ca.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder


async def test_tls_is_verified_under_the_name_and_a_private_authority_is_trusted_when_named(authority: Path):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(authority / "ca.pem", authority / "key.pem")
    async with serving(Peer(), context) as peer:
        async with transport(ca_file=str(authority / "ca.pem")) as made:
            assert (await made.get(f"https://birch.example:{peer.port}/a", headers={})).status == 200
            assert await refused(made, f"https://cedar.example:{peer.port}/a") == "tls-failed"
        async with transport() as made:
            assert await refused(made, f"https://birch.example:{peer.port}/a") == "tls-failed"
    assert len(peer.requests) == 1


async def test_no_error_tells_more_than_the_origin(peer: Peer, unused_tcp_port: int):
    async with transport() as made:
        with pytest.raises(PeerError) as caught:
            await made.get(f"http://127.0.0.1:{unused_tcp_port}/secret", headers={"Signature": "hidden"})
    assert "secret" not in repr(caught.value.details)
    assert not isinstance(caught.value, PeerSaidNo)
