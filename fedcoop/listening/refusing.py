"""One connection too many: it is told so, in an answer that any client understands, and closed within a second."""

import asyncio
from collections.abc import Callable, Mapping

REFUSE_S = 1.0
RETRY_AFTER_S = 10
_BODY = b'{"error":"too-many-connections"}'


def refusal(headers: Mapping[str, str]) -> bytes:
    """Return the whole answer, 503 with `Retry-After`; `headers` are those that every answer of ours carries."""
    lines = {
        **headers,
        "Content-Type": "application/json",
        "Content-Length": str(len(_BODY)),
        "Retry-After": str(RETRY_AFTER_S),
        "Connection": "close",
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 503 Service Unavailable\r\n{head}\r\n".encode() + _BODY


class Refused(asyncio.Protocol):
    """Answers once something was asked: closing before that would take the answer away with it. `ended` is called once."""

    def __init__(self, wire: asyncio.Transport, answer: bytes, ended: Callable[[], None]) -> None:
        self._answer = answer
        self._ended = ended
        self._transport: asyncio.Transport | None = None
        self._was_asked = False
        self._closing = asyncio.get_running_loop().call_later(REFUSE_S, wire.abort)

    def begin(self, transport: asyncio.Transport) -> None:
        """From now on it can be answered."""
        self._transport = transport
        if self._was_asked:
            self._tell(transport)

    def data_received(self, data: bytes) -> None:
        """Whatever it is, it gets the one answer."""
        if self._transport is not None and not self._was_asked:
            self._tell(self._transport)
        self._was_asked = True

    def connection_lost(self, exc: BaseException | None) -> None:
        """It is over."""
        if not self._closing.cancelled():
            self._closing.cancel()
            self._ended()

    def _tell(self, transport: asyncio.Transport) -> None:
        transport.write(self._answer)
        transport.close()
