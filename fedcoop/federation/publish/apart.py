"""Long work in a process of its own, where there is so much of it that the others would feel it.

Theory: the interpreter runs one thread at a time, so that long work beside the server delays every request a little. The
process is given a function of a module and its values, runs it, and hands back what it yields, piece by piece.
"""

import asyncio
import os
import pickle
import struct
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, BinaryIO, Concatenate, ParamSpec, TypeVar

from fedcoop.storage.database.engine import open_database
from fedcoop.storage.unit_of_work import NothingInFlight, Site, UnitOfWork

P = ParamSpec("P")
Q = ParamSpec("Q")
T = TypeVar("T")

APART_FROM = 1_000
"""Ballots from which on a motion is counted and audited in a process of its own: starting one takes most of a second."""
ENDS_WITHIN_S = 2.0
"""How long a process that was told everything, or has told everything, may take to end before it is ended."""
_COMMAND = (sys.executable, "-m", "fedcoop.federation.publish.apart")
_LENGTH = struct.Struct(">Q")


async def pieces(work: Callable[P, Iterator[bytes]], *args: P.args, **kwargs: P.kwargs) -> AsyncGenerator[bytes, None]:
    """Have a process run `work`; yield what it yields, none of it empty. Close it (`aclosing`) when leaving early.

    Raises EOFError if the process ends before it has said everything.
    """
    async with _process() as (stdin, stdout):
        order = pickle.dumps((work, args, kwargs))
        stdin.write(_LENGTH.pack(len(order)) + order)
        await stdin.drain()
        while piece := await _piece(stdout):
            yield piece


@asynccontextmanager
async def _process() -> AsyncIterator[tuple[asyncio.StreamWriter, asyncio.StreamReader]]:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*_COMMAND, stdin=pipe, stdout=pipe, env=_environment())
    if process.stdin is None or process.stdout is None:
        raise OSError("the process has no pipes")
    try:
        yield process.stdin, process.stdout
    finally:
        if process.returncode is None:
            process.stdin.close()
            await _ended(process)


async def _ended(process: asyncio.subprocess.Process) -> None:
    """The process is gone. One that is slow to end has said all it had to say: what it found stands."""
    try:
        await asyncio.wait_for(process.wait(), ENDS_WITHIN_S)
    except TimeoutError:
        process.kill()
        await process.wait()
    except asyncio.CancelledError:
        process.kill()
        raise


def _environment() -> dict[str, str]:
    """The process finds the same modules as this one."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


async def _piece(stdout: asyncio.StreamReader) -> bytes:
    (length,) = _LENGTH.unpack(await stdout.readexactly(_LENGTH.size))
    return await stdout.readexactly(length)


# --- in the process -------------------------------------------------------------------------------------------------


def stored(
    site: Site, now: datetime, query: Callable[Concatenate[UnitOfWork, Q], T], *args: Q.args, **kwargs: Q.kwargs
) -> T:
    """Return what the query finds in the database of the site, read as it stood at one moment."""

    async def read() -> T:
        database = open_database(site.config.database)
        await database.start()
        try:
            return await database.read_whole(
                lambda conn: query(UnitOfWork(conn, now, site, NothingInFlight()), *args, **kwargs)
            )
        finally:
            await database.close()

    return asyncio.run(read())


def _answer(out: BinaryIO, data: bytes) -> None:
    out.write(_LENGTH.pack(len(data)))
    out.write(data)


def main() -> None:
    """Read one order, do it, and write each piece and an empty one."""
    os.nice(10)
    (length,) = _LENGTH.unpack(sys.stdin.buffer.read(_LENGTH.size))
    order: Any = pickle.loads(sys.stdin.buffer.read(length))  # noqa: S301  the parent wrote it
    work, args, kwargs = order
    out = sys.stdout.buffer
    for piece in work(*args, **kwargs):
        _answer(out, piece)
    _answer(out, b"")
    out.flush()


if __name__ == "__main__":
    main()
