"""The loop over looks at polls elsewhere: fetched from their own servers when `actions/fediverse/looks.py` says so
(federation.md 12.6).

A few at a time, so that a server that does not answer holds up few others; a page only tells this loop and never waits.
"""

import asyncio
import logging
from datetime import datetime

from fedcoop.actions.fediverse import looks
from fedcoop.actions.fediverse.looks import Due
from fedcoop.actions.fediverse.mirrors import SeenMotion, mirror_motion
from fedcoop.federation.inbox.contract import Remote
from fedcoop.federation.inbox.seen import seen_motion
from fedcoop.federation.inbox.terms import our_terms
from fedcoop.federation.wire.jsonld import ids_of, types_of
from fedcoop.federation.wire.polls import owned
from fedcoop.kernel.errors import DatabaseAway, FedcoopError, OriginMismatch, PeerGone
from fedcoop.kernel.ids import RemoteMotionId
from fedcoop.queueing import LeasingLoop
from fedcoop.storage.fediverse.looks import GONE
from fedcoop.storage.unit_of_work import UnitOfWork, Units

log = logging.getLogger(__name__)

AT_ONCE = 5
MAX_ASKED = 1000


class PollLooks(LeasingLoop):
    """`wake` tells it that a look was planned, `ask` that a member reads a poll."""

    name = "polls"
    table = "remote_looks"

    def __init__(self, units: Units, remote: Remote) -> None:
        super().__init__(units)
        self._remote = remote
        self._asked: set[RemoteMotionId] = set()

    def ask(self, remote_motion_id: RemoteMotionId) -> None:
        """Have the poll looked at soon, if it was not just before. Returns at once."""
        if len(self._asked) < MAX_ASKED:
            self._asked.add(remote_motion_id)
            self.wake()

    async def run_once(self) -> int:
        """Begin the looks that are due, as far as there is room; return how many."""
        while self._asked:
            await self._units.write(looks.ask_anew, self._asked.pop())
        room = AT_ONCE - len(self._tasks)
        due_at = await self._units.read(lambda uow: uow.looks.next_due())
        if room <= 0 or due_at is None or due_at > self._units.clock.now():
            return 0
        found = await self._units.write(looks.claim, limit=room)
        fresh = [due for due in found if due.remote_motion_id not in self._held]
        for due in fresh:
            self._begin_with(due.remote_motion_id, self._look(due))
        return len(fresh)

    async def next_due(self) -> datetime | None:
        """Return when the next look is due."""
        return await self._units.read(lambda uow: uow.looks.next_due())

    def _ended(self, task: asyncio.Task[None]) -> None:
        super()._ended(task)
        self.wake()

    async def _look(self, due: Due) -> None:
        try:
            seen = await self._see(due)
            await self._units.write(_keep, due, seen)
        except DatabaseAway:
            raise
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
    if not uow.looks.holds(due.remote_motion_id):
        return
    mirror_motion(uow, author=uow.actors.get(uow.notes.get_remote_motion(due.remote_motion_id).actor_id), seen=seen)
    looks.looked(uow, due.remote_motion_id)
