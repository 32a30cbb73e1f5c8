"""How long a connection may take over its head, its body, its pause and the reading of its answer; and what is garbage."""

import asyncio
import datetime
import ipaddress
import logging
import socket
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from fedcoop.listening import connections, handler
from tests.unit.listening.door import GET, Client, on_both_loops, on_uvloop, serving

LARGE = b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n"
TIMES = {"head_s": 0.4, "idle_s": 1.0, "write_s": 0.3}


async def drip(client: Client, data: bytes, every_s: float) -> None:
    for byte in data:
        if not client.writer.is_closing():
            client.writer.write(bytes([byte]))
        await asyncio.sleep(every_s)


@on_uvloop
async def test_a_head_is_whole_in_its_time_or_the_connection_ends_however_it_comes() -> None:
    async with serving(**TIMES) as served:
        quick, silent, half, dripping, second = [await served.connect() for _ in range(5)]
        half.writer.write(GET[:10])
        task = asyncio.create_task(drip(dripping, GET, 0.1))
        assert await second.ask() == 200
        second.writer.write(GET[:10])
        await drip(quick, GET, 0)
        assert await quick.answer() == 200
        ended = await asyncio.gather(*(client.is_closed(2.0) for client in (silent, half, dripping, second)))
        assert ended == [True] * 4
        assert await quick.ask() == 200
        assert served.book.closed == {"slow": 4}
        task.cancel()


@on_uvloop
async def test_a_pause_is_longer_than_a_head_and_ends_too_except_for_a_proxy() -> None:
    async with serving(**TIMES) as served:
        idle, proxy, unused = [await served.connect(one) for one in ("127.0.0.1", "127.0.0.99", "127.0.0.99")]
        assert [await idle.ask(), await proxy.ask()] == [200, 200]
        assert not await idle.is_closed(0.6)
        assert await idle.ask() == 200
        assert await idle.is_closed(3.0)
        assert [await proxy.ask(), await unused.ask()] == [200, 200]
        unused.writer.write(GET[:10])
        assert await unused.is_closed(2.0)


@on_uvloop
async def test_a_body_that_trickles_ends_and_one_that_comes_is_read(monkeypatch) -> None:
    monkeypatch.setattr(handler, "BODY_S", 0.2)
    async with serving(**TIMES) as served:
        quick, slow = await served.connect(), await served.connect()
        slow.writer.write(POST + b"ab")
        assert await quick.ask(POST + b"abcd") == 200
        assert quick.body == b"4"
        assert await slow.is_closed(3.0)
        assert await quick.ask(POST + b"abcd") == 200


@on_uvloop
async def test_who_never_reads_an_answer_is_cut_off_and_who_reads_slowly_gets_it_whole() -> None:
    async with serving(**TIMES) as served:
        never, slow = await served.connect(buffer=4096), await served.connect(buffer=1 << 16)
        for client in (never, slow):
            client.writer.write(LARGE)
        received = 0
        while received < 8_000_000 and (data := await slow.reader.read(1 << 16)):
            received += len(data)
            await asyncio.sleep(0.01)
        assert received >= 8_000_000
        assert (served.book.closed, len(served.book)) == ({"slow": 1}, 1)


@on_both_loops
async def test_answers_that_are_not_read_are_bounded_in_all_and_the_oldest_goes(monkeypatch) -> None:
    monkeypatch.setattr(connections, "MAX_HELD", 12_000_000)
    async with serving() as served:
        first, second, third = [await served.connect(buffer=4096) for _ in range(3)]
        for client in (first, second):
            client.writer.write(LARGE)
            while not served.book._held and not served.book.closed:
                await asyncio.sleep(0)
        while not served.book.closed:
            await asyncio.sleep(0)
        assert await third.ask() == 200
        assert await second.answer() == 200
        assert len(second.body) == 8_000_000
        assert (served.book.closed, served.book._held, len(served.book)) == ({"memory": 1}, 0, 2)


@on_both_loops
async def test_who_leaves_in_the_midst_of_an_answer_or_never_reads_it_is_not_logged_as_a_fault(caplog) -> None:
    async with serving(**TIMES) as served:
        leaving, never = [await served.connect(buffer=4096) for _ in range(2)]
        for client in (leaving, never):
            client.writer.write(LARGE.replace(b"large", b"endless"))
        await leaving.reader.read(1000)
        leaving.close()
        async with asyncio.timeout(5):
            while len(served.book):
                await asyncio.sleep(0.05)
        assert served.book.closed == {"slow": 1}
        assert [record.message for record in caplog.records if record.levelno >= logging.ERROR] == []


@on_uvloop
async def test_who_asks_for_the_close_and_never_reads_is_cut_off_too() -> None:
    async with serving(**TIMES) as served:
        never = await served.connect(buffer=4096)
        never.writer.write(LARGE.replace(b"Host: a", b"Host: a\r\nConnection: close"))
        async with asyncio.timeout(5):
            while served.book.closed == {} or len(served.book):
                await asyncio.sleep(0.05)


@on_uvloop
@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000 + b"\r\n\r\n",
        b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: x\r\n" * 5000 + b"\r\n",
    ],
)
async def test_what_cannot_be_read_is_told_so_and_not_logged(garbage: bytes, caplog) -> None:
    caplog.set_level(logging.INFO)
    async with serving() as served:
        client, beside = await served.connect(), await served.connect()
        assert await client.ask(garbage) == 400
        assert client.body == b"The request cannot be read.\n"
        assert client.headers["Server"] == "fedcoop"
        assert client.headers["X-Content-Type-Options"] == "nosniff"
        assert await client.is_closed()
        assert await beside.ask(GET) == 200
        assert [record for record in caplog.records if record.levelno > logging.INFO] == []


@pytest.fixture(scope="module")
def tls() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context, and a client's that trusts it."""
    import tempfile
    from pathlib import Path

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    server, client = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), ssl.create_default_context()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "pem"
        file.write_bytes(pem + secret)
        server.load_cert_chain(file)
    client.load_verify_locations(cadata=pem.decode())
    return server, client


@on_both_loops
async def test_a_handshake_that_begins_with_the_connection_is_read_from_its_first_byte(tls) -> None:
    async with serving(tls=tls) as served:
        out = ssl.MemoryBIO()
        with pytest.raises(ssl.SSLWantReadError):
            served.tls.wrap_bio(ssl.MemoryBIO(), out, server_hostname="localhost").do_handshake()
        hello = out.read()
        for _ in range(3):
            with socket.create_connection(("127.0.0.1", served.port)) as early:
                early.sendall(hello)
                early.setblocking(False)
                async with asyncio.timeout(3):
                    answer = await asyncio.get_running_loop().sock_recv(early, 5)
                assert answer[:1] == b"\x16", "a handshake goes on"


@on_both_loops
async def test_the_same_holds_where_we_do_tls_ourselves(tls) -> None:
    async with serving(tls=tls, total=3, **TIMES) as served:
        plain = served.tls
        served.tls = None
        silent, garbage = await served.connect(), await served.connect()
        garbage.writer.write(b"GET / HTTP/1.1\r\n\r\n")
        served.tls = plain
        client = await served.connect()
        assert await client.ask() == 200
        assert await garbage.reader.read() != b"HTTP"
        assert await silent.is_closed(3.0)
        half = await served.connect()
        half.writer.write(GET[:10])
        assert await client.ask() == 200
        assert await half.is_closed(3.0)
        never = await served.connect(buffer=4096)
        never.writer.write(LARGE)
        async with asyncio.timeout(5):
            while len(served.book):
                await asyncio.sleep(0.05)
        assert await (await served.connect()).ask() == 200


@on_both_loops
async def test_one_too_many_is_told_so_over_tls(tls) -> None:
    async with serving(tls=tls, total=1) as served:
        client = await served.connect()
        client.writer.write(b"GET /held HTTP/1.1\r\nHost: a\r\n\r\n")
        while any(connection.is_waiting for connection in served.book._all):
            await asyncio.sleep(0)
        second = await served.connect()
        assert await second.ask() == 503
        served.release.set()
        assert await client.answer() == 200
        third = await served.connect()
        assert await third.ask() == 200
