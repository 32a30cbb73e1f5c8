"""The inbox loop: claim rows, ask the matrix, fetch what a handler needs, apply and settle in one unit (architecture.md 6a).

Rows of one actor keep their order; rows of different actors do not wait for each other's fetches. Effect and settling are
one transaction, so a crash repeats a row or loses nothing. What breaks unexpectedly is tried five times, then kept as
failed for the operator.
"""

import asyncio
import importlib
import logging
import pkgutil
import secrets
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from fedcoop.federation.inbox import handlers
from fedcoop.federation.inbox.authorise import MATRIX, row_of
from fedcoop.federation.inbox.contract import (
    Handler,
    PreparingHandler,
    Received,
    Remote,
    ResolvingHandler,
    received_of,
)
from fedcoop.federation.inbox.work import (
    Work,
    apply,
    apply_together,
    claim,
    drop,
    hasten,
    is_linked,
    may,
    postpone,
    put_off,
    together_first,
)
from fedcoop.kernel.errors import DatabaseAway, FedcoopError, PeerUnreachable
from fedcoop.queueing import LeasingLoop
from fedcoop.storage.records import Inbound
from fedcoop.storage.unit_of_work import UnitOfWork, Units

log = logging.getLogger(__name__)

PREPARE_S = 30.0  # the wall time of one activity's fetches (federation.md 9)
FETCHING = 10
HASTEN_EVERY = timedelta(seconds=5)
MAX_ORIGINS = 10_000


def up_to_a_minute() -> float:
    """Return a random pause, so that a broadcast does not make all who hear it ask at once (federation.md 9)."""
    return secrets.randbelow(60_001) / 1000


def load_handlers() -> dict[str, Handler]:
    """Return the handler of every meaning in the matrix, found by listing the folder, sorted. Raises ImportError."""
    names = sorted(module.name for module in pkgutil.iter_modules(handlers.__path__))
    found: dict[str, Any] = {name: importlib.import_module(f"{handlers.__name__}.{name}") for name in names}
    missing = {row.meaning for row in MATRIX} - set(found)
    if missing:
        raise ImportError(f"no handler for {', '.join(sorted(missing))}")
    return found


class InboxProcessor(LeasingLoop):
    """`pause_s` is how long a fetch after a broadcast waits."""

    name = "inbox"
    table = "inbound"

    def __init__(self, units: Units, remote: Remote, *, pause_s: Callable[[], float] = up_to_a_minute) -> None:
        super().__init__(units)
        self._remote = remote
        self._pause_s = pause_s
        self._handlers = load_handlers()
        self._chains: dict[str, deque[Work]] = {}
        self._fetching = asyncio.Semaphore(FETCHING)
        self._hastened: dict[str, datetime] = {}

    async def run_once(self) -> int:
        """Process one claimed batch; return how many rows it had."""
        rows = await self._units.write(claim)
        fresh = [self._work(row) for row in rows if row.id not in self._held]
        at_once: list[Work] = []
        for work in fresh:
            actor = work.row.actor_uri
            if actor in self._chains:
                self._hold(work, self._chains[actor])
            elif work.fetches:
                self._chains[actor] = deque()
                self._hold(work, self._chains[actor])
                self._begin(self._run_chain(actor))
            else:
                at_once.append(work)
        groups, rest = together_first(at_once)
        await self._apply_groups(groups)
        await self._apply_in_order(rest)
        return len(fresh)

    async def _apply_groups(self, groups: Sequence[list[Work]]) -> None:
        """One hop for all groups, a unit for each; a group that fails is done one by one, so that one row fails alone."""
        actions: list[Callable[[UnitOfWork], None]] = [partial(apply_together, works=group) for group in groups]
        heard = self._newly_heard([work for group in groups for work in group])
        actions += [partial(hasten, origin=origin) for origin in heard]
        results = await self._units.write_many(actions) if actions else []
        for group, result in zip(groups, results, strict=False):
            if isinstance(result, BaseException):
                log.info("activities are tried one by one", extra={"because": repr(result)})
                await self._apply_in_order(group)

    async def _apply_in_order(self, works: list[Work]) -> None:
        for round_ in self._rounds(works):
            await self._apply_all(round_)

    def _rounds(self, works: list[Work]) -> list[list[Work]]:
        """SQLite runs a batch in its order; PostgreSQL side by side, so there each actor has one row in a round."""
        if self._units.database.dialect == "sqlite":
            return [works]
        rounds: list[list[Work]] = []
        placed: dict[str, int] = {}
        for work in works:
            number = placed.get(work.row.actor_uri, 0)
            placed[work.row.actor_uri] = number + 1
            if number == len(rounds):
                rounds.append([])
            rounds[number].append(work)
        return rounds

    def _hold(self, work: Work, chain: deque[Work]) -> None:
        self._held.add(work.row.id)
        chain.append(work)

    async def _run_chain(self, actor: str) -> None:
        """Rows of one actor, one after the other, until none waits."""
        chain = self._chains[actor]
        try:
            while chain:
                work = chain[0]
                await self._fetch_and_apply(work)
                chain.popleft()
                self._held.discard(work.row.id)
        finally:
            del self._chains[actor]
            self._held.difference_update(work.row.id for work in chain)

    async def _fetch_and_apply(self, work: Work) -> None:
        if not work.fetches:
            await self._apply_all([work])
            return
        try:
            if await self._put_off(work):
                return
            if work.resolves:
                work = await self._resolve(work)
            prepared = await self._prepare(work) if work.fetches else None
        except (PeerUnreachable, TimeoutError) as error:
            await self._units.write(postpone, row=work.row, error=str(error) or "timeout", state="deferred")
        except DatabaseAway:
            raise
        except FedcoopError as error:
            log.info("activity dropped", extra={"code": error.code, "actor": work.row.actor_uri})
            await self._units.write(drop, row_id=work.row.id)
        except Exception as error:
            log.exception("activity could not be prepared", extra={"actor": work.row.actor_uri})
            await self._units.write(postpone, row=work.row, error=repr(error))
        else:
            await self._apply_all([work], prepared)

    async def _put_off(self, work: Work) -> bool:
        """Return whether the row waits a little; what a voter says of itself never does: it may freeze a link (14.4)."""
        pause = timedelta(seconds=self._pause_s()) if work.is_first_of_many else timedelta()
        if not pause or await self._units.read(is_linked, work.row.actor_uri):
            return False
        await self._units.write(put_off, row=work.row, pause=pause)
        return True

    async def _resolve(self, work: Work) -> Work:
        """Return the same row with what it is about; without a handler where nothing may or can be found out."""
        assert work.received is not None
        assert work.matrix_row is not None
        if not await self._units.read(may, work.matrix_row, work.received):
            return Work(work.row, work.received, None, None)
        handler: ResolvingHandler = work.handler
        async with self._fetching, asyncio.timeout(PREPARE_S):
            found = await handler.resolve(work.received, self._remote)
        return Work(work.row, work.received, None, None) if found is None else self._dispatch(work.row, found)

    async def _prepare(self, work: Work) -> Any:
        assert work.received is not None
        assert work.matrix_row is not None
        if not await self._units.read(may, work.matrix_row, work.received):
            return None
        handler: PreparingHandler = work.handler
        async with self._fetching, asyncio.timeout(PREPARE_S):
            return await handler.prepare(work.received, self._remote)

    async def _apply_all(self, works: Sequence[Work], prepared: Any = None) -> None:
        """One hop for the whole batch, a unit for each row; what fails is told apart afterwards.

        Raises DatabaseAway: the rows that are left are taken anew.
        """
        if not works:
            return
        actions: list[Callable[[UnitOfWork], None]] = [partial(apply, work=work, prepared=prepared) for work in works]
        actions += [partial(hasten, origin=origin) for origin in self._newly_heard(works)]
        results = await self._units.write_many(actions)
        again: list[Callable[[UnitOfWork], None]] = []
        for work, result in zip(works, results, strict=False):
            if isinstance(result, DatabaseAway):
                raise result
            if isinstance(result, FedcoopError):
                log.info("activity dropped", extra={"code": result.code, "actor": work.row.actor_uri})
                again.append(partial(drop, row_id=work.row.id))
            elif isinstance(result, BaseException):
                log.error(
                    "activity failed", exc_info=result, extra={"actor": work.row.actor_uri, "inbound": work.row.id}
                )
                again.append(partial(postpone, row=work.row, error=repr(result)))
        if again:
            await self._units.write_many(again)

    def _newly_heard(self, works: Sequence[Work]) -> list[str]:
        """Origins that were not heard for some seconds: what waits for them is due at once (federation.md 7)."""
        now = self._units.clock.now()
        found: list[str] = []
        for origin in {work.received.origin for work in works if work.received is not None}:
            last = self._hastened.get(origin)
            if last is None or now - last > HASTEN_EVERY:
                if len(self._hastened) >= MAX_ORIGINS:
                    self._hastened.clear()
                self._hastened[origin] = now
                found.append(origin)
        return found

    def _work(self, row: Inbound) -> Work:
        try:
            received = received_of(row)
        except FedcoopError as error:
            log.warning("stored activity cannot be read", extra={"code": error.code, "actor": row.actor_uri})
            return Work(row, None, None, None)
        return self._dispatch(row, received)

    def _dispatch(self, row: Inbound, received: Received) -> Work:
        matrix_row = row_of(received, self._units.site.urls)
        handler = None if matrix_row is None else self._handlers[matrix_row.meaning]
        return Work(row, received, matrix_row, handler)
