"""The delivery loop: lease, sign, POST, settle; many at once, few to one origin (federation.md 7).

State that needs doing is in the database: a killed worker's leases run out and its deliveries are sent again; receivers
drop an activity that they have seen. One delivery of one object at a time goes to one inbox, so order is kept by the
claim itself (`storage.queues.claim_deliveries`).
"""

import asyncio
import contextlib
import logging
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from fedcoop.config import DeliveryConfig
from fedcoop.federation.delivery.lines import Line, Sealed
from fedcoop.federation.delivery.settlement import Result, postpone, settle
from fedcoop.federation.delivery.signing import Letter, sign, sign_all
from fedcoop.federation.remote.keyring import private_key
from fedcoop.federation.remote.knocking import Form, form_for, knocks_again, other, second_counts
from fedcoop.federation.remote.transport import Response, Transport
from fedcoop.kernel.errors import FedcoopError
from fedcoop.kernel.ids import ActivityId
from fedcoop.queueing import LeasingLoop
from fedcoop.storage.records import ActorKey, DeliveryJob, Host
from fedcoop.storage.unit_of_work import UnitOfWork, Units

log = logging.getLogger(__name__)

CLAIM = 200
IN_MEMORY = 600
LEASE = timedelta(minutes=2)
FLUSH = 100
SIGNED_AT_ONCE = 8  # some milliseconds


class Batch:
    """What a claimed batch needs for sending: bodies, keys, and what is known of the origins."""

    def __init__(
        self, bodies: dict[ActivityId, bytes], keys: dict[ActivityId, ActorKey], hosts: dict[str, Host]
    ) -> None:
        self.bodies = bodies
        self.keys = keys
        self.hosts = hosts


def claim(uow: UnitOfWork, *, limit: int, busy: Sequence[str]) -> tuple[list[DeliveryJob], Batch]:
    """Lease due deliveries and return them with everything that sending needs."""
    jobs = uow.queues.claim_deliveries(uow.now, limit=limit, lease=LEASE, busy=busy)
    if not jobs:
        return jobs, Batch({}, {}, {})
    activities = uow.queues.activities_many({job.activity_id for job in jobs})
    signing = {
        actor_id: uow.actors.signing_keys(actor_id, "rsa", uow.now) for actor_id in {job.actor_id for job in jobs}
    }
    keys = {activity_id: signing[row.actor_id].of(row.created_at) for activity_id, row in activities.items()}
    bodies = {activity_id: row.document.encode() for activity_id, row in activities.items()}
    return jobs, Batch(bodies, keys, uow.actors.hosts({job.origin for job in jobs}))


class DeliveryWorker(LeasingLoop):
    """Sends what is due."""

    name = "delivery"
    table = "deliveries"

    def __init__(self, units: Units, transport: Transport, config: DeliveryConfig) -> None:
        super().__init__(units)
        self._transport = transport
        self._config = config
        self._lines: dict[str, Line] = {}
        self._in_memory = 0
        self._sent = asyncio.Event()
        self._total = asyncio.Semaphore(config.total)
        self._for_failing = asyncio.Semaphore(max(1, config.total // 2))
        self._results: list[Result] = []
        self._settled = asyncio.Event()
        self._rng = random.Random()  # noqa: S311 - jitter, not a secret
        self._settler: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Send until `stop`, and store beside it what came of it."""
        self._settler = asyncio.create_task(self._settle_loop())
        await super().run()

    async def stop(self, timeout_s: float = 8.0) -> None:
        """Take no more work, finish what is under way within `timeout_s`, store what came of it."""
        await super().stop(timeout_s)
        if self._settler is not None:
            self._settler.cancel()
            await asyncio.gather(self._settler, return_exceptions=True)
        await self._flush()

    async def run_once(self) -> int:
        """Take what is due and begin to send it; return how many letters that was."""
        room = IN_MEMORY - self._in_memory
        if room < CLAIM:
            self._sent.clear()
            await self._sent.wait()
            return 1
        busy = [origin for origin, line in self._lines.items() if len(line) >= self._config.per_origin * 16]
        jobs, batch = await self._units.write(claim, limit=min(CLAIM, room), busy=busy)
        jobs = await self._rest([job for job in jobs if job.id not in self._held], batch)
        if not jobs:
            return 0
        for start in range(0, len(jobs), SIGNED_AT_ONCE):
            await self._seal(jobs[start : start + SIGNED_AT_ONCE], batch)
        return len(jobs)

    async def _seal(self, jobs: Sequence[DeliveryJob], batch: Batch) -> None:
        """Sign some letters, and hand them to those who carry while the next ones are signed."""
        now = self._units.clock.now()
        letters = [self._letter(job, batch, now) for job in jobs]
        headers = await asyncio.to_thread(sign_all, letters, now)
        for job, letter, signed in zip(jobs, letters, headers, strict=True):
            host = batch.hosts.get(job.origin)
            line = self._lines.get(job.origin)
            if line is None:
                line = self._lines[job.origin] = Line(job.origin, form_for(host, now), self._config.per_origin)
            line.waiting.append(Sealed(job, letter, signed, host))
            self._held.add(job.id)
            self._in_memory += 1
            self._hand_out(line)

    async def _rest(self, jobs: list[DeliveryJob], batch: Batch) -> list[DeliveryJob]:
        """Put off what is for origins that are resting after failures; return the others."""
        now = self._units.clock.now()
        resting = {
            origin: host.next_try_at
            for origin, host in batch.hosts.items()
            if host.next_try_at and host.next_try_at > now
        }
        late = [(job, due) for job in jobs if (due := resting.get(job.origin)) is not None]
        if late:
            await self._units.write(postpone, jobs=late)
        return [job for job in jobs if job.origin not in resting]

    def _letter(self, job: DeliveryJob, batch: Batch, now: datetime) -> Letter:
        key = batch.keys[job.activity_id]
        line = self._lines.get(job.origin)
        return Letter(
            inbox=job.inbox,
            body=batch.bodies[job.activity_id],
            key=private_key(self._units.site.vault, key),
            key_id=key.key_id,
            scheme=(line.form if line is not None else form_for(batch.hosts.get(job.origin), now)).scheme,
        )

    def _hand_out(self, line: Line) -> None:
        while line.needs_carrier():
            line.carriers += 1
            self._begin(self._carry(line))

    async def _carry(self, line: Line) -> None:
        """Send one letter after another until none waits."""
        try:
            while line.waiting:
                await self._deliver(line.waiting.popleft(), line)
                line.came_through = True
                self._hand_out(line)
        finally:
            line.carriers -= 1
            if not len(line):
                del self._lines[line.origin]
            elif not self._stopping:
                self._hand_out(line)

    async def _deliver(self, sealed: Sealed, line: Line) -> None:
        failing = self._for_failing if sealed.host is not None and sealed.host.failures else contextlib.nullcontext()
        line.under_way += 1
        try:
            async with failing, self._total:
                self._report(await self._attempt(sealed, line))
        except BaseException:
            self._held.discard(sealed.job.id)
            raise
        finally:
            line.under_way -= 1
            self._in_memory -= 1
            self._sent.set()

    async def _attempt(self, sealed: Sealed, line: Line) -> Result:
        """Knock, perhaps once more in the other form of signature (federation.md 5.1)."""
        job, letter, headers, form = sealed.job, sealed.letter, sealed.headers, line.form
        try:
            if letter.scheme != form.scheme:
                letter, headers = await self._signed(letter, form.scheme)
            response = await self._post(job, letter, headers)
            if knocks_again(response.status, form):
                second, signed = await self._signed(letter, other(letter.scheme))
                knocked = await self._post(job, second, signed)
                if second_counts(response.status, knocked.status):
                    letter, response = second, knocked
            if response.status < 300:
                line.form = Form(letter.scheme, is_proven=True)
        except FedcoopError as error:
            return Result(job, None, None, error.code, letter.scheme, self._units.clock.now())
        told = "" if response.status < 300 else response.body.decode("utf-8", "replace")
        retry_after = response.headers.get("Retry-After")
        return Result(job, response.status, retry_after, told, letter.scheme, self._units.clock.now())

    async def _signed(self, letter: Letter, scheme: str) -> tuple[Letter, dict[str, str]]:
        """Return the letter and its headers in this form of signature."""
        found = replace(letter, scheme=scheme)
        return found, await asyncio.to_thread(sign, found, self._units.clock.now())

    async def _post(self, job: DeliveryJob, letter: Letter, headers: dict[str, str]) -> Response:
        return await self._transport.post(
            letter.inbox,
            headers=headers,
            body=letter.body,
            deadline_s=self._config.total_s,
            even_blocked=job.last_word,
        )

    def _report(self, result: Result) -> None:
        self._results.append(result)
        self._settled.set()

    async def _settle_loop(self) -> None:
        while True:
            await self._settled.wait()
            if len(self._results) < FLUSH:
                await asyncio.sleep(0.01)
            try:
                await self._flush()
            except Exception:
                log.exception("deliveries could not be settled")
                await asyncio.sleep(self.idle_s)

    async def _flush(self) -> None:
        self._settled.clear()
        results, self._results = self._results, []
        if not results:
            return
        try:
            await self._units.write(settle, results=results, rng=self._rng)
        except BaseException:
            self._results = results + self._results
            self._settled.set()
            raise
        for result in results:
            self._held.discard(result.job.id)
            log.debug(
                "delivery settled",
                extra={"inbox": result.job.inbox, "attempt": result.job.attempts, "status": result.status},
            )
        self._wake.set()
