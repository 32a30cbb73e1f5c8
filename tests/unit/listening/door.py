"""A small application behind the listener, with short times, and clients that misbehave at will."""

import asyncio
import inspect
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network

import pytest
import uvloop
from aiohttp import web

from fedcoop.config import Networks, ServerConfig
from fedcoop.listening.answers import on_every_answer
from fedcoop.listening.connections import Connections
from fedcoop.listening.handler import Runner

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
PROXY = Networks((ip_network("127.0.0.99/32"),))


def _on(*factories: Callable[[], asyncio.AbstractEventLoop]) -> Callable[..., Callable[..., None]]:
    def mark(test: Callable[..., object]) -> Callable[..., None]:
        def run(factory, **given) -> None:
            with asyncio.Runner(loop_factory=factory) as runner:
                runner.run(test(**given))

        kind = inspect.Parameter.KEYWORD_ONLY
        given = [parameter.replace(kind=kind) for parameter in inspect.signature(test).parameters.values()]
        run.__signature__ = inspect.Signature([*given, inspect.Parameter("factory", kind)])
        run.__name__, run.__module__ = test.__name__, test.__module__
        run.pytestmark = getattr(test, "pytestmark", [])
        return pytest.mark.parametrize("factory", factories, ids=lambda factory: factory.__module__)(run)

    return mark


on_uvloop = _on(uvloop.new_event_loop)
on_both_loops = _on(uvloop.new_event_loop, asyncio.new_event_loop)
"""The test runs on the loop of the server, and on Python's own: their transports differ."""


@dataclass
class Served:
    """What listens: `held` requests wait for `release`, `/large` answers with eight million bytes, `/body` reads one."""

    book: Connections
    port: int
    release: asyncio.Event = field(default_factory=asyncio.Event)
    tls: ssl.SSLContext | None = None
    clients: list["Client"] = field(default_factory=list)

    async def connect(self, address: str = "127.0.0.1", *, buffer: int = 0) -> "Client":
        sock = socket.socket()
        if buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        sock.setblocking(False)
        sock.bind((address, 0))
        await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", self.port))
        named = {"ssl": self.tls, "server_hostname": "localhost"} if self.tls else {}
        reader, writer = await asyncio.open_connection(sock=sock, limit=buffer or 1 << 16, **named)
        self.clients.append(Client(reader, writer))
        return self.clients[-1]


@dataclass
class Client:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def ask(self, request: bytes = GET) -> int:
        """Send it; return the status, with `headers` and the body read."""
        self.writer.write(request)
        return await self.answer()

    async def answer(self) -> int:
        async with asyncio.timeout(5):
            head = await self.reader.readuntil(b"\r\n\r\n")
            lines = head.decode().split("\r\n")
            self.headers = dict(line.split(": ", 1) for line in lines[1:] if line)
            self.body = await self.reader.readexactly(int(self.headers.get("Content-Length", "0")))
            return int(lines[0].split()[1])

    async def is_closed(self, within_s: float = 5.0) -> bool:
        """Whether the other side closes it in this time, having said nothing more."""
        try:
            async with asyncio.timeout(within_s):
                return await self.reader.read() == b""
        except TimeoutError:
            return False
        except ConnectionError:
            return True

    def close(self) -> None:
        self.writer.transport.abort()


@asynccontextmanager
async def serving(
    *,
    tls: tuple[ssl.SSLContext, ssl.SSLContext] | None = None,
    total: int = 100,
    connections_per_address: int = 100,
    head_s: float = 5.0,
    idle_s: float = 5.0,
    write_s: float = 5.0,
) -> AsyncIterator[Served]:
    config = ServerConfig(
        trusted_proxies=PROXY,
        connections_per_address=connections_per_address,
        head_s=head_s,
        idle_s=idle_s,
        write_s=write_s,
    )
    served = Served(Connections(config, total), 0, tls=tls[1] if tls else None)

    async def front(request: web.Request) -> web.Response:
        return web.Response(text="fine")

    async def held(request: web.Request) -> web.Response:
        await served.release.wait()
        return web.Response(text="fine")

    async def large(request: web.Request) -> web.Response:
        return web.Response(body=bytes(8_000_000))

    async def body(request: web.Request) -> web.Response:
        return web.Response(text=str(len(await request.read())))

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(bytes(1 << 16))

    app = web.Application()
    app.router.add_get("/endless", endless)
    app.router.add_get("/", front)
    app.router.add_get("/held", held)
    app.router.add_get("/large", large)
    app.router.add_post("/body", body)
    headers = on_every_answer(is_secure=False)
    runner = Runner(app, book=served.book, config=config, headers=headers, tls=tls[0] if tls else None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    served.port = runner.addresses[0][1]
    try:
        yield served
    finally:
        served.release.set()
        for client in served.clients:
            client.close()
        await runner.cleanup()
        async with asyncio.timeout(2):
            while len(served.book):
                await asyncio.sleep(0)
