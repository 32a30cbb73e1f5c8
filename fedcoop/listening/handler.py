"""One connection from its first byte to its last, within times: head, body, pause, and how slowly answers may be read.

aiohttp speaks HTTP and closes what idles; bounded here is what it leaves open: a TLS handshake or a head that never gets
whole, a body that trickles, an answer that nobody reads, a close that never ends. What cannot be read is told so in one
sentence and without a traceback in the log: strangers decide how often that happens.
"""

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import Coroutine, Mapping
from typing import Any, cast

from aiohttp import StreamReader, web
from aiohttp.web_protocol import RequestHandler

from fedcoop.config import ServerConfig
from fedcoop.listening.connections import Connections
from fedcoop.listening.refusing import Refused, refusal

log = logging.getLogger(__name__)

MAX_HEAD = 32_768  # bytes of a head that is not whole yet
MAX_BODY = 1 << 20  # doors keep no more of a body
BODY_S = 60.0  # what reads a body gives up sooner
PROXY_IDLE_S = (
    3630.0  # longer than any proxy keeps a connection: closing first could cost the request that it just sends
)
UNSENT = 65_536  # bytes that the system keeps for sending: more stay with us, where it shows whether they get fewer
SLOWEST = 1024  # bytes a second: who reads an answer more slowly is cut off
LOOK_S = 5.0
REFUSING = 64  # connections too many that are told so at once; more are just closed


def keep_little_unsent(wire: asyncio.Transport) -> None:
    """Have the system take no more than it can send soon, where it can be told so."""
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):
        with contextlib.suppress(OSError):  # closed by the other side meanwhile
            wire.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT)


class Handler(RequestHandler):
    """One connection."""

    __slots__ = ("_body", "_body_since", "_head_since", "_held", "_listener", "_looking", "_unread", "_wire")

    def __init__(self, listener: "Listener", **settings: Any) -> None:
        super().__init__(listener, **settings)
        self._listener = listener
        self._wire: asyncio.Transport | None = None
        self._looking: asyncio.TimerHandle | None = None
        self._head_since: float | None = None
        self._body: StreamReader | None = None
        self._body_since: float | None = None
        self._held = 0
        self._unread: tuple[float, int] | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether nothing is being answered: no request came whole yet, or none since the last."""
        return self._request_count == 0 or (self._waiter is not None and not self._waiter.done())

    @property
    def is_stalled(self) -> bool:
        """Whether a body has not come whole, also one that nobody wants, or much of an answer waits to be read."""
        return self._paused or self._awaits_body()

    def drop(self) -> None:
        """Close at once, whatever was not sent."""
        if self._wire is not None:
            self._wire.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody has connected: let in, or told why not."""
        wire, listener, now = cast(asyncio.Transport, transport), self._listener, self._loop.time()
        address = str((wire.get_extra_info("peername") or ("",))[0])
        if not listener.book.admit(self, address, now):
            listener.refuse(wire)
            return
        self._wire = wire
        keep_little_unsent(wire)
        if listener.book.is_proxy(address):
            self._keepalive_timeout = PROXY_IDLE_S
        else:
            self._head_since = now
        self._looking = self._loop.call_later(listener.look_s, self._look)
        listener.greet(wire, self)

    def begin(self, transport: asyncio.Transport) -> None:
        """From now on requests are answered, unless it is over already."""
        if self._manager is not None:
            super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        """It is over."""
        self._listener.book.leave(self)
        if self._looking is not None:
            self._looking.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Note since when a head has been coming that is not whole, and how much there is of a request that is not."""
        before = self._request_count
        super().data_received(data)
        is_new = self._request_count != before
        if is_new:
            self._head_since = None
            self._body = self._messages[-1][1]
        awaits_head = not is_new and self.is_waiting
        if self._paused:
            return
        if awaits_head or self._awaits_body():
            if data:
                self._hold(len(data), is_head=awaits_head)
        elif self._held:
            self._held = 0
            self._listener.book.release(self)

    def pause_writing(self) -> None:
        """Much of an answer waits to be read."""
        super().pause_writing()
        self._loop.call_soon(self._hold_unread)  # not at once: it may be closed for it, in the midst of its own writing

    def resume_writing(self) -> None:
        """The client reads: much was waiting, little is left."""
        self._unread = None
        self._held = 0
        self._listener.book.release(self)
        super().resume_writing()

    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """Answer what could not be read, and log only what is a fault of ours."""
        if status >= 500 and not isinstance(exc, ConnectionError):
            response = super().handle_error(request, status, exc, message)
        elif request.writer.output_size > 0:
            raise ConnectionError("broken off in the midst of its answer")
        else:
            log.debug("request cannot be read", extra={"status": status})
            response = web.Response(status=status, text="The request cannot be read.\n")
            response.force_close()
        response.headers.update(self._listener.headers)
        return response

    def _look(self) -> None:
        now = self._loop.time()
        if self._head_is_late(now) or self._body_is_late(now) or self._nobody_reads(now):
            self._listener.book.close(self, "slow", now)
        else:
            self._looking = self._loop.call_later(self._listener.look_s, self._look)

    def _head_is_late(self, now: float) -> bool:
        return self._head_since is not None and now - self._head_since > self._listener.config.head_s

    def _body_is_late(self, now: float) -> bool:
        if not self._awaits_body():
            self._body_since = None
        elif self._body_since is None:
            self._body_since = now
        return self._body_since is not None and now - self._body_since > BODY_S

    def _awaits_body(self) -> bool:
        return self._body is not None and not self._body.is_eof()

    def _hold(self, number: int, *, is_head: bool) -> None:
        now = self._loop.time()
        self._held += number
        if is_head and self._head_since is None:
            self._head_since = now
        if is_head and self._held > MAX_HEAD:
            self._listener.book.close(self, "large", now)
        else:
            self._listener.book.hold(self, min(self._held, MAX_BODY), now)

    def _hold_unread(self) -> None:
        if self._paused and self._wire is not None:
            self._listener.book.hold(self, self._wire.get_write_buffer_size(), self._loop.time())

    def _nobody_reads(self, now: float) -> bool:
        """Whether less was read than `SLOWEST` asks, of what waited to be sent `write_s` ago."""
        unread = self._wire.get_write_buffer_size() if self._wire is not None else 0
        if not unread:
            self._unread = None
            return False
        since, before = self._unread = self._unread or (now, unread)
        if now - since <= self._listener.config.write_s:
            return False
        self._unread = now, unread
        return before - unread < SLOWEST * (now - since)


class Listener(web.Server):
    """Makes the connections of one application, and knows the rules for them."""

    def __init__(
        self,
        made: web.Server,
        *,
        book: Connections,
        config: ServerConfig,
        headers: Mapping[str, str],
        tls: ssl.SSLContext | None,
    ) -> None:
        settings = {**made._kwargs, "keepalive_timeout": config.idle_s}
        super().__init__(made.request_handler, request_factory=made.request_factory, **settings)
        self.book = book
        self.config = config
        self.headers = headers
        self.look_s = min(LOOK_S, config.head_s / 4, config.write_s / 4)
        self._tls = tls
        self._refusing = 0
        self._handshakes: set[asyncio.Task[None]] = set()

    def __call__(self) -> RequestHandler:
        """Return the protocol of a new connection."""
        return Handler(self, loop=self._loop, **self._kwargs)

    def refuse(self, wire: asyncio.Transport) -> None:
        """Tell one too many that it is, or close it where too many are being told already."""
        if self._refusing >= REFUSING:
            wire.abort()
            return
        self._refusing += 1
        refused = Refused(wire, refusal(self.headers), self._told)
        wire.set_protocol(refused)
        self.greet(wire, refused)

    def greet(self, wire: asyncio.Transport, guest: Handler | Refused) -> None:
        """Begin to talk, after a handshake where we do TLS ourselves."""
        if self._tls is None:
            guest.begin(wire)
            return
        # begun at once: uvloop reads on after this, whatever was paused, and the first bytes belong to the handshake
        handshake = self._loop.start_tls(
            wire, guest, self._tls, server_side=True, ssl_handshake_timeout=self.config.head_s
        )
        task = self._loop.create_task(self._shake_hands(wire, guest, handshake, handshake.send(None)))
        self._handshakes.add(task)
        task.add_done_callback(self._handshakes.discard)

    async def _shake_hands(
        self,
        wire: asyncio.Transport,
        guest: Handler | Refused,
        handshake: Coroutine[Any, None, asyncio.Transport | None],
        is_over: asyncio.Future[None],
    ) -> None:
        secured = None
        try:
            await asyncio.wait([is_over])
            handshake.send(None)
        except StopIteration as ended:
            secured = ended.value
        except OSError:  # whatever went wrong, they know
            secured = None
        finally:
            handshake.close()
        if secured is None:
            wire.abort()
            guest.connection_lost(None)
        else:
            guest.begin(secured)

    def _told(self) -> None:
        self._refusing -= 1


class Runner(web.AppRunner):
    """Runs an application behind our own listener."""

    __slots__ = ("_rules",)

    def __init__(
        self,
        app: web.Application,
        *,
        book: Connections,
        config: ServerConfig,
        headers: Mapping[str, str],
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(app, access_log=None, handle_signals=False, shutdown_timeout=2.0)
        self._rules: dict[str, Any] = {"book": book, "config": config, "headers": headers, "tls": tls}

    async def _make_server(self) -> web.Server:
        return Listener(await super()._make_server(), **self._rules)
