"""The count of a closed motion: in a thread, or in a process of its own where there are so many ballots that the others
would feel it.

Theory: the interpreter runs one thread at a time, so that a long count beside the server delays every request a little. A
process reads the ballots itself, counts, signs, and hands back the result and the recount file in small parts, each stored
by a unit of its own. Whatever is interrupted is begun again by the timer; parts are seen only once the outcome is stored.
"""

import asyncio
import logging
import os
import pickle
import struct
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, BinaryIO

from fedcoop.actions import motions
from fedcoop.federation.publish.auditing import audit_one
from fedcoop.federation.publish.recounts import compute, gather
from fedcoop.governance.recount import Counted
from fedcoop.kernel.ids import MotionId
from fedcoop.storage.engine import open_database
from fedcoop.storage.exports import pack
from fedcoop.storage.unit_of_work import NothingInFlight, Site, UnitOfWork, Units

log = logging.getLogger(__name__)

APART_FROM = 1_000
"""Ballots from which on the count gets a process of its own: starting one takes most of a second."""
ENDS_WITHIN_S = 2.0
"""How long a process that was told everything, or has told everything, may take to end before it is ended."""
_COMMAND = (sys.executable, "-m", "fedcoop.federation.publish.counting")
_LENGTH = struct.Struct(">Q")


async def count_motion(units: Units, key: str) -> None:
    """Timer: the closed motion has its outcome and its recount file. Counted already, nothing happens.

    A vote that was changed behind our back is told with the result; of a large vote the next audit tells (`auditing`).
    """
    ballots = await units.read(motions.ballots_to_count, key)
    if ballots is None:
        return
    counted = await (_count_here(units, key) if ballots < APART_FROM else _count_apart(units, key))
    if counted is None:
        return
    await units.write(motions.store_count, key, counted)
    if ballots < APART_FROM:
        await audit_one(units, MotionId(int(key)))


async def _count_here(units: Units, key: str) -> Counted | None:
    material = await units.read_whole(gather, key)
    if material is None:
        return None
    counted = await asyncio.to_thread(compute, units.site, material)
    n = 0
    for part in pack(counted.export):
        await units.write(motions.store_export_part, key, n, part)
        n += 1
    await units.write(motions.end_export, key, n)
    return counted


async def _count_apart(units: Units, key: str) -> Counted | None:
    """Have a process count; store the parts of the file as they come, and return the rest of what it found."""
    async with _process() as (stdin, stdout):
        order = pickle.dumps((units.site, key, units.clock.now()))
        stdin.write(_LENGTH.pack(len(order)) + order)
        await stdin.drain()
        counted: Counted | None = pickle.loads(await _frame(stdout))  # noqa: S301  a process of ours wrote it
        n = 0
        while part := await _frame(stdout):
            await units.write(motions.store_export_part, key, n, part)
            n += 1
    await units.write(motions.end_export, key, n)
    return counted


@asynccontextmanager
async def _process() -> AsyncIterator[tuple[asyncio.StreamWriter, asyncio.StreamReader]]:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*_COMMAND, stdin=pipe, stdout=pipe, env=_environment())
    if process.stdin is None or process.stdout is None:
        raise OSError("the counting process has no pipes")
    try:
        yield process.stdin, process.stdout
    finally:
        if process.returncode is None:
            process.stdin.close()
            await _ended(process)


async def _ended(process: asyncio.subprocess.Process) -> None:
    """The process is gone. One that is slow to end has said all it had to say: what it counted stands."""
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


async def _frame(stdout: asyncio.StreamReader) -> bytes:
    (length,) = _LENGTH.unpack(await stdout.readexactly(_LENGTH.size))
    return await stdout.readexactly(length)


# --- in the process -------------------------------------------------------------------------------------------------


async def _work(site: Site, key: str, now: datetime) -> Counted | None:
    database = open_database(site.config.database)
    await database.start()
    try:
        material = await database.read_whole(lambda conn: gather(UnitOfWork(conn, now, site, NothingInFlight()), key))
    finally:
        await database.close()
    return None if material is None else compute(site, material)


def _answer(out: BinaryIO, data: bytes) -> None:
    out.write(_LENGTH.pack(len(data)))
    out.write(data)


def main() -> None:
    """Read one order, count, and write the result, the parts of the file, and an empty frame."""
    os.nice(10)
    (length,) = _LENGTH.unpack(sys.stdin.buffer.read(_LENGTH.size))
    order: Any = pickle.loads(sys.stdin.buffer.read(length))  # noqa: S301  the parent wrote it
    counted = asyncio.run(_work(*order))
    out = sys.stdout.buffer
    _answer(out, pickle.dumps(None if counted is None else replace(counted, export="")))
    for part in pack(counted.export) if counted is not None else ():
        _answer(out, part)
    _answer(out, b"")
    out.flush()


if __name__ == "__main__":
    main()
