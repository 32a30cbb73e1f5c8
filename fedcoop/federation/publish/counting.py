"""The count of a closed motion: in a thread, or in a process of its own (`apart`) where there are very many ballots.

The process reads the ballots itself, counts, signs, and hands back the result and the recount file in small parts, each
stored by a unit of its own. Whatever is interrupted is begun again by the timer; parts are seen only once the outcome is
stored.
"""

import asyncio
import pickle
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime

from fedcoop.actions.motions import motion
from fedcoop.federation.publish import apart
from fedcoop.federation.publish.auditing import audit_one
from fedcoop.federation.publish.recounts import compute, gather
from fedcoop.governance.proof.recount import Counted
from fedcoop.kernel.ids import MotionId
from fedcoop.storage.proof.exports import pack
from fedcoop.storage.unit_of_work import Site, Units


async def count_motion(units: Units, key: str) -> None:
    """Timer: the closed motion has its outcome and its recount file. Counted already, nothing happens.

    A vote that was changed behind our back is told with the result; of a large vote the next audit tells (`auditing`).
    """
    ballots = await units.read(motion.ballots_to_count, key)
    if ballots is None:
        return
    counted = await (_count_here(units, key) if ballots < apart.APART_FROM else _count_apart(units, key))
    if counted is None:
        return
    await units.write(motion.store_count, key, counted)
    if ballots < apart.APART_FROM:
        await audit_one(units, MotionId(int(key)))


async def _count_here(units: Units, key: str) -> Counted | None:
    material = await units.read_whole(gather, key)
    if material is None:
        return None
    counted = await asyncio.to_thread(compute, units.site, material)
    n = 0
    for part in pack(counted.export):
        await units.write(motion.store_export_part, key, n, part)
        n += 1
    await units.write(motion.end_export, key, n)
    return counted


async def _count_apart(units: Units, key: str) -> Counted | None:
    """Have a process count; store the parts of the file as they come, and return the rest of what it found."""
    counted: Counted | None = None
    n = 0
    async with aclosing(apart.pieces(_count, units.site, key, units.clock.now())) as found:
        async for piece in found:
            if n == 0:
                counted = pickle.loads(piece)  # noqa: S301  a process of ours wrote it
            else:
                await units.write(motion.store_export_part, key, n - 1, piece)
            n += 1
    await units.write(motion.end_export, key, n - 1)
    return counted


def _count(site: Site, key: str, now: datetime) -> Iterator[bytes]:
    """Yield what was counted, without the recount file, then the parts of that."""
    material = apart.stored(site, now, gather, key)
    counted = None if material is None else compute(site, material)
    yield pickle.dumps(None if counted is None else replace(counted, export=""))
    yield from pack(counted.export) if counted is not None else ()
