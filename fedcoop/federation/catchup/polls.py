"""The loop over looks at polls elsewhere: fetched from their own servers when `actions/looks.py` says so (federation.md 12.6).

A few at a time, so that a server that does not answer holds up few others; a page only tells this loop and never waits.
"""

import asyncio
import contextlib
import logging
from datetime import datetime

from fedcoop.actions import looks
from fedcoop.actions.looks import Due
from fedcoop.actions.mirrors import SeenMotion, mirror_motion
from fedcoop.federation.inbox.contract import Remote
from fedcoop.federation.inbox.seen import seen_motion
from fedcoop.federation.inbox.terms import our_terms
from fedcoop.federation.wire.jsonld import ids_of, types_of
from fedcoop.federation.wire.polls import owned
from fedcoop.kernel.errors import FedcoopError, OriginMismatch, PeerGone
from fedcoop.kernel.ids import RemoteMotionId
from fedcoop.storage.looks import GONE
from fedcoop.storage.unit_of_work import UnitOfWork, Units

log = logging.getLogger(__name__)

AT_ONCE = 5
IDLE_S = 1.0
MAX_ASKED = 1000


class PollLooks:
    """Runs until stopped; `wake` tells it that a look was planned, `ask` that a member reads a poll."""

    def __init__(self, units: Units, remote: Remote) -> None:
        self._units = units
        self._remote = remote
        self._asked: set[RemoteMotionId] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._stopping = False
        self.last_ok: datetime | None = None

    def wake(self) -> None:
        """Look for work now."""
        self._wake.set()

    def ask(self, remote_motion_id: RemoteMotionId) -> None:
        """Have the poll looked at soon, if it was not just before. Returns at once."""
        if len(self._asked) < MAX_ASKED:
            self._asked.add(remote_motion_id)
            self._wake.set()

    async def run(self) -> None:
        """Look until `stop`; an error costs a pause and a log line, never the loop."""
        while not self._stopping:
            self._wake.clear()
            try:
                await self.run_once()
                self.last_ok = self._units.clock.now()
            except Exception:
                log.exception("round of looks failed")
            if not self._stopping:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), IDLE_S)

    async def stop(self, timeout_s: float = 2.0) -> None:
        """Begin no more looks; one that does not end within `timeout_s` is taken again after the restart."""
        self._stopping = True
        self._wake.set()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=timeout_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def drain(self) -> None:
        """Look at everything that is due now; for tests."""
        while await self.run_once() or self._tasks:
            if self._tasks:
                await asyncio.wait(self._tasks)

    async def run_once(self) -> int:
        """Begin the looks that are due, as far as there is room; return how many."""
        while self._asked:
            await self._units.write(looks.ask_anew, self._asked.pop())
        room = AT_ONCE - len(self._tasks)
        due_at = await self._units.read(lambda uow: uow.looks.next_due())
        if room <= 0 or due_at is None or due_at > self._units.clock.now():
            return 0
        found = await self._units.write(looks.claim, limit=room)
        for due in found:
            task = asyncio.create_task(self._look(due))
            self._tasks.add(task)
            task.add_done_callback(self._done)
        return len(found)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._wake.set()

    async def _look(self, due: Due) -> None:
        try:
            seen = await self._see(due)
            await self._units.write(_keep, due, seen)
        except FedcoopError as error:
            log.info("poll not seen", extra={"code": error.code, "uri": due.uri})
            await self._units.write(looks.looked_in_vain, due.remote_motion_id, code=error.code)
        except Exception:
            log.exception("look at a poll failed", extra={"uri": due.uri})
            await self._units.write(looks.looked_in_vain, due.remote_motion_id, code="failed")

    async def _see(self, due: Due) -> SeenMotion:
        """Return the poll as its own server shows it now. Raises PeerError; OriginMismatch where it is another's or another."""
        document = await self._remote.documents.fetch(due.uri)
        if "Tombstone" in types_of(document):
            raise PeerGone(GONE, uri=due.uri)
        if document["id"] != due.uri or ids_of(owned(document).get("attributedTo")) != [due.author_uri]:
            raise OriginMismatch("not-the-poll", uri=due.uri)
        terms = await our_terms(document, document.get("@context"), origin=due.origin, remote=self._remote)
        return seen_motion({**document, **terms})


def _keep(uow: UnitOfWork, due: Due, seen: SeenMotion) -> None:
    mirror_motion(uow, author=uow.actors.get(uow.notes.get_remote_motion(due.remote_motion_id).actor_id), seen=seen)
    looks.looked(uow, due.remote_motion_id)
