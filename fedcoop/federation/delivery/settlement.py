"""What came of deliveries, written in batches: rows settled, next attempts, and what is known of each origin.

Pure decisions are `retry`; this file turns them into rows. Source: federation.md 7.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fedcoop.federation.delivery.retry import Decision, next_attempt, origin_health
from fedcoop.federation.remote.knocking import is_news
from fedcoop.storage.records import DeliveryJob, Host
from fedcoop.storage.unit_of_work import UnitOfWork

REST_AFTER = 4
FIRST_REST = timedelta(seconds=30)
LONGEST_REST = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Result:
    """One attempt: the status, or None where no answer came, with what the peer asked for and which form it took."""

    job: DeliveryJob
    status: int | None
    retry_after: str | None
    error: str
    scheme: str
    at: datetime

    @property
    def reached(self) -> bool:
        """Whether the origin answered as a working server does."""
        return self.status is not None and self.status < 500 and self.status not in (408, 429)


def settle(uow: UnitOfWork, *, results: Sequence[Result], rng: random.Random) -> list[str]:
    """Store what came of these attempts; return the origins that are alive again and have more waiting."""
    done: list[int] = []
    attempts: list[dict[str, object]] = []
    again: list[tuple[DeliveryJob, datetime]] = []
    for result in results:
        decision = _decide(result, rng)
        if decision.kind == "retry":
            attempts.append(_attempt(result, decision))
            again.append((result.job, decision.due_at or result.at))
        elif decision.kind == "give-up":
            attempts.append({**_attempt(result, decision), "state": "failed", "due_at": result.at})
        else:
            done.append(result.job.id)
        if decision.kind == "gone":
            uow.actors.drop_follower_inbox(result.job.inbox)
            uow.queues.drop_deliveries_to(result.job.inbox)
    uow.queues.settle_deliveries(done)
    uow.queues.put_attempts(attempts)
    uow.queues.hold_behind(again)
    return _note_hosts(uow, results)


def postpone(uow: UnitOfWork, *, jobs: Iterable[tuple[DeliveryJob, datetime]]) -> None:
    """Put off deliveries to origins that are resting, and what waits behind them, without counting an attempt."""
    late = list(jobs)
    uow.queues.put_attempts([{"id": job.id, "due_at": due} for job, due in late])
    uow.queues.hold_behind(late)


def _decide(result: Result, rng: random.Random) -> Decision:
    return next_attempt(
        result.job.attempts,
        result.status,
        retry_after=result.retry_after,
        now=result.at,
        rng=rng,
        partner=result.job.partner,
        created_at=result.job.created_at,
    )


def _attempt(result: Result, decision: Decision) -> dict[str, object]:
    return {
        "id": result.job.id,
        "attempts": result.job.attempts + 1,
        "due_at": decision.due_at or result.at,
        "last_status": result.status,
        "last_error": result.error[:300],
        "state": "waiting",
    }


def _note_hosts(uow: UnitOfWork, results: Sequence[Result]) -> list[str]:
    """Update each origin once for the whole batch; the newest attempt says how it is."""
    newest = {result.job.origin: result for result in results}
    known = uow.actors.hosts(newest)
    changed: list[Host] = []
    alive: list[str] = []
    for origin, result in newest.items():
        before = known.get(origin) or Host(origin, "", None, 0, None, None, None)
        after = _host_after(before, result)
        if after != before:
            changed.append(after)
        if result.reached and before.failures and uow.queues.hasten(origin, result.at):
            alive.append(origin)
    uow.actors.put_hosts(changed)
    return alive


def _host_after(before: Host, result: Result) -> Host:
    if not result.reached:
        return _failing(before, result.at)
    took = result.status is not None and result.status < 300
    stale = before.last_success_at is None or result.at - before.last_success_at > timedelta(minutes=1)
    healthy = replace(before, failures=0, failing_since=None, next_try_at=None)
    if took and is_news(before, result.scheme, result.at):
        healthy = replace(healthy, scheme=result.scheme, scheme_at=result.at)
    return replace(healthy, last_success_at=result.at) if stale or before.failures else healthy


def _failing(before: Host, at: datetime) -> Host:
    """After some failures in a row the origin rests, longer each time; dead ones are probed daily (federation.md 7)."""
    failures, since = before.failures + 1, before.failing_since or at
    health = origin_health(since, at, at)
    rest = None if failures < REST_AFTER else at + min(LONGEST_REST, FIRST_REST * 2 ** min(failures - REST_AFTER, 10))
    return replace(before, failures=failures, failing_since=since, next_try_at=health.next_probe_at or rest)
