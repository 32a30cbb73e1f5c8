"""The delivery loop: lease, sign, POST, settle; many at once, few to one origin (federation.md 7).

State that needs doing is in the database: a killed worker's leases run out and its deliveries are sent again; receivers
drop an activity that they have seen. One delivery of one object at a time goes to one inbox, so order is kept by the
claim itself (`storage.queues.claim_deliveries`).
"""

import asyncio
import contextlib
import logging
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from fedcoop.config import DeliveryConfig
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


class Slots:
    """How many requests run at once to one origin: the first alone, so that the others find its connection open.

    `form` is how to sign for it, as far as the letters under way have found out.
    """

    def __init__(self, number: int, form: Form) -> None:
        self.free = asyncio.Semaphore(1)
        self.form = form
        self._more = number - 1

    def open_all(self) -> None:
        """The first request is through: let the others run side by side."""
        for _ in range(self._more):
            self.free.release()
        self._more = 0


class DeliveryWorker(LeasingLoop):
    """Sends what is due."""

    name = "delivery"
    table = "deliveries"

    def __init__(self, units: Units, transport: Transport, config: DeliveryConfig) -> None:
        super().__init__(units)
        self._transport = transport
        self._config = config
        self._per_origin: Counter[str] = Counter()
        self._slots: dict[str, Slots] = {}
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
        room = IN_MEMORY - len(self._tasks)
        if room < CLAIM:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
            return 1
        busy = [origin for origin, number in self._per_origin.items() if number >= self._config.per_origin * 16]
        jobs, batch = await self._units.write(claim, limit=min(CLAIM, room), busy=busy)
        jobs = await self._rest([job for job in jobs if job.id not in self._held], batch)
        if not jobs:
            return 0
        now = self._units.clock.now()
        letters = [self._letter(job, batch, now) for job in jobs]
        headers = await asyncio.to_thread(sign_all, letters, now)
        for job, letter, signed in zip(jobs, letters, headers, strict=True):
            self._per_origin[job.origin] += 1
            host = batch.hosts.get(job.origin)
            self._held.add(job.id)
            self._begin(self._deliver(job, letter, signed, host))
        return len(jobs)

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
        return Letter(
            inbox=job.inbox,
            body=batch.bodies[job.activity_id],
            key=private_key(self._units.site.vault, key),
            key_id=key.key_id,
            scheme=form_for(batch.hosts.get(job.origin), now).scheme,
        )

    async def _deliver(self, job: DeliveryJob, letter: Letter, headers: dict[str, str], host: Host | None) -> None:
        slot = self._slots.get(job.origin)
        if slot is None:
            form = form_for(host, self._units.clock.now())
            slot = self._slots[job.origin] = Slots(self._config.per_origin, form)
        failing = self._for_failing if host is not None and host.failures else contextlib.nullcontext()
        try:
            async with slot.free, failing, self._total:
                self._report(await self._attempt(job, letter, headers, slot))
            slot.open_all()
        except BaseException:
            self._held.discard(job.id)
            raise
        finally:
            self._per_origin[job.origin] -= 1
            if not self._per_origin[job.origin]:
                del self._per_origin[job.origin]
                self._slots.pop(job.origin, None)

    async def _attempt(self, job: DeliveryJob, letter: Letter, headers: dict[str, str], slot: Slots) -> Result:
        """Knock, perhaps once more in the other form of signature (federation.md 5.1)."""
        form = slot.form
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
                slot.form = Form(letter.scheme, is_proven=True)
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
