"""Sends prepared HTTP/1.1 requests over keep-alive connections as fast as the server answers; prints one JSON line.

Usage: python -m benchmarks.http_load HOST PORT CONNECTIONS FILE [REPEAT [tls]]; FILE is a pickle of a list of bytes.
"""

import asyncio
import json
import pickle
import ssl
import sys
import time
from collections import Counter
from functools import partial
from pathlib import Path

import uvloop


class Connection(asyncio.Protocol):
    """One keep-alive connection with one request under way, from `send` on."""

    def __init__(self, requests: list[bytes], next_one: "iter[int]", statuses: Counter, done: asyncio.Future) -> None:
        self.requests = requests
        self.next_one = next_one
        self.statuses = statuses
        self.done = done
        self.buffer = b""

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport

    def send(self) -> None:
        """Send the next request, or close the connection where there is none."""
        number = next(self.next_one, None)
        if number is None:
            self.transport.close()
            return
        self.transport.write(self.requests[number])

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head_end = self.buffer.find(b"\r\n\r\n")
        if head_end < 0:
            return
        head = self.buffer[:head_end].lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15 : (head + b"\r\n").find(b"\r\n", at)]) if at >= 0 else 0
        if len(self.buffer) < head_end + 4 + length:
            return
        self.statuses[int(head[9:12])] += 1
        self.buffer = self.buffer[head_end + 4 + length :]
        self.send()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)


async def run(host: str, port: int, connections: int, requests: list[bytes], repeat: int, *, tls: bool) -> dict:
    statuses: Counter = Counter()
    numbers = iter([n for _ in range(repeat) for n in range(len(requests))])
    loop = asyncio.get_running_loop()
    context = _anybody() if tls else None
    opened = []
    for _ in range(connections):
        done = loop.create_future()
        make = partial(Connection, requests, numbers, statuses, done)
        opened.append((await loop.create_connection(make, host, port, ssl=context))[1])
    started = time.perf_counter()
    for connection in opened:
        connection.send()
    await asyncio.wait_for(asyncio.gather(*(connection.done for connection in opened)), 120)
    return {"seconds": time.perf_counter() - started, "statuses": dict(statuses)}


def _anybody() -> ssl.SSLContext:
    """The instance is ours, on loopback, and its certificate signs itself."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


if __name__ == "__main__":
    host, port, connections, file = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
    repeat = int(sys.argv[5]) if len(sys.argv) > 5 else 1
    prepared = pickle.loads(file.read_bytes())
    print(json.dumps(uvloop.run(run(host, port, connections, prepared, repeat, tls="tls" in sys.argv))))
