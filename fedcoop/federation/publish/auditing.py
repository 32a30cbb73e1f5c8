"""The audit of stored motions: what is stored is recounted, one motion after the other, and a difference is never silent.

It runs after every start and then each week, the newest motion first: read in one unit, recounted in a thread; one with a
long log in a process of its own, so that nobody feels it.
Source: governance.md 5; interface.md 2.
"""

import asyncio
import contextlib
import json
import logging
import pickle
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing
from datetime import datetime

from fedcoop.actions.proof.auditing import note
from fedcoop.federation.publish import apart
from fedcoop.federation.publish.recounts import verify
from fedcoop.governance.motions.motion import Motion
from fedcoop.governance.proof import auditing
from fedcoop.governance.proof.auditing import Entry, Result, Stored
from fedcoop.governance.rolls import roll
from fedcoop.kernel.errors import Refused
from fedcoop.kernel.ids import MotionId
from fedcoop.storage.unit_of_work import Site, UnitOfWork, Units

log = logging.getLogger(__name__)

EVERY_S = 7 * 24 * 3600.0
PAUSE_S = 0.2
AFTER_ERROR_S = 60.0
NEWEST = (1 << 63) - 1
AT_ONCE = 50
LOOKS = 3


class Auditor:
    """Runs until stopped."""

    def __init__(self, units: Units, *, every_s: float = EVERY_S, pause_s: float = PAUSE_S) -> None:
        self._units = units
        self._every_s = every_s
        self._pause_s = pause_s
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Look through all motions now and every week, until `stop`; an error costs a log line, never the loop."""
        while not self._stopping.is_set():
            wait_s = self._every_s
            try:
                await self.run_once()
            except Exception:
                log.exception("the audit failed")
                wait_s = AFTER_ERROR_S
            await self._wait(wait_s)

    async def run_once(self) -> None:
        """Look through all motions once; differences are stored, those that are over go."""
        async for motion_id, refused in findings(self._units):
            await _remember(self._units, motion_id, refused)
            await self._wait(self._pause_s)
            if self._stopping.is_set():
                return

    async def _wait(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    async def stop(self) -> None:
        """Begin no other motion."""
        self._stopping.set()


async def audit_one(units: Units, motion_id: MotionId) -> None:
    """Look through one motion; a difference is stored, one that is over goes."""
    await _remember(units, motion_id, await _look(units, motion_id))


async def _remember(units: Units, motion_id: MotionId, refused: Refused | None) -> None:
    """Write only where something changes: the writer is everybody's."""
    known = await units.read(lambda uow: uow.condition.difference_of(motion_id))
    if known is None and refused is None:
        return
    news = await units.write(note, motion_id, refused)
    if news and refused is not None:
        log.error("what is stored of a motion differs", extra={"motion": motion_id, "code": refused.code})


async def findings(units: Units) -> AsyncIterator[tuple[MotionId, Refused | None]]:
    """Recount what is stored, the newest motion first; yield each with its first difference, or None."""
    before = NEWEST
    while found := await units.read(_older, before=before):
        for motion_id in found:
            yield motion_id, await _look(units, motion_id)
        before = found[-1]


def _older(uow: UnitOfWork, *, before: int) -> Sequence[MotionId]:
    return uow.condition.with_log(before=before, limit=AT_ONCE)


async def _look(units: Units, motion_id: MotionId) -> Refused | None:
    """A difference is one that is there twice: while votes come in, rows that are read one after the other may not fit."""
    refused = None
    is_large = (await units.read(lambda uow: uow.motions.log_end(motion_id)))[0] >= apart.APART_FROM
    for _ in range(LOOKS):
        refused = await (_look_apart if is_large else _look_here)(units, motion_id)
        if refused is None:
            break
    return refused


async def _look_here(units: Units, motion_id: MotionId) -> Refused | None:
    return await asyncio.to_thread(_difference, await units.read_whole(gather, motion_id))


async def _look_apart(units: Units, motion_id: MotionId) -> Refused | None:
    async with aclosing(apart.pieces(_found, units.site, motion_id, units.clock.now())) as pieces:
        found: Refused | None = pickle.loads(await anext(pieces))  # noqa: S301  a process of ours wrote it
    return found


def _found(site: Site, motion_id: MotionId, now: datetime) -> Iterator[bytes]:
    """In the process: yield the first difference, or None."""
    yield pickle.dumps(_difference(apart.stored(site, now, gather, motion_id)))


def _difference(stored: Stored) -> Refused | None:
    try:
        auditing.check(stored, verify)
    except Refused as refused:
        return refused
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        return Refused("audit-shape", f"A part of what is stored is of another kind than it was: {error!r}.")
    return None


def gather(uow: UnitOfWork, motion_id: MotionId) -> Stored:
    """Return all that is stored of the motion."""
    motion = uow.motions.get(motion_id)
    return Stored(
        motion=motion,
        ballots=uow.motions.box(motion_id),
        roll=roll.roll_lines(uow.motions.roll(motion_id)),
        log=[Entry(entry.n, entry.entry, entry.head) for entry in uow.motions.log(motion_id)],
        result=_result(uow, motion),
    )


def _result(uow: UnitOfWork, motion: Motion) -> Result | None:
    row = uow.motions.outcome_of(motion.id)
    if row is None:
        return None
    told = uow.audits.newest("motion-decided", motion.url)
    published = uow.notes.find_object(uow.urls.note(row.note_uuid))
    return Result(
        code=row.code,
        outcome=row.outcome,
        tally=row.tally,
        box_root=row.box_root,
        log_head=row.log_head,
        log_length=row.log_length,
        file=uow.exports.of(motion.id),
        told_head=told.details["log_head"] if told is not None else None,
        published=json.loads(published.document)["coop:outcome"] if published is not None else None,
    )
