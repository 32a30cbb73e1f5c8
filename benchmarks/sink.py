"""A server that answers 202 to every POST; a GET tells how many there were since the last GET, over how many connections
that were opened since, and when the first of them came (monotonic seconds, the same clock for all processes of a machine).

It listens on a free port, which it prints. Usage: python -m benchmarks.sink HOST [CERTIFICATE KEY]
"""

import asyncio
import json
import ssl
import sys
import time

import uvloop

ACCEPTED = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
seen = {"count": 0, "connections": 0, "first": 0.0}


class Sink(asyncio.Protocol):
    """Reads requests with a Content-Length, answers each."""

    def __init__(self) -> None:
        self.buffer = b""

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        self.has_posted = False

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end].lower()
            if head.startswith(b"get "):
                body = json.dumps(seen).encode()
                seen.update(count=0, connections=0, first=0.0)
                self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
                self.buffer = self.buffer[end + 4 :]
                continue
            at = head.find(b"content-length:")
            length = int(head[at + 15 : (head + b"\r\n").find(b"\r\n", at)]) if at >= 0 else 0
            if len(self.buffer) < end + 4 + length:
                return
            self.buffer = self.buffer[end + 4 + length :]
            self._note()
            self.transport.write(ACCEPTED)

    def _note(self) -> None:
        seen["count"] += 1
        seen["first"] = seen["first"] or time.perf_counter()
        seen["connections"] += not self.has_posted
        self.has_posted = True


async def main() -> None:
    context = None
    if len(sys.argv) > 2:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(sys.argv[2], sys.argv[3])
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Sink, sys.argv[1], 0, ssl=context, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
