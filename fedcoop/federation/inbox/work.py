"""One row of the inbox as work, and the units that it is done in: claimed, applied and settled, or put off (architecture.md 6a).

Effect and settling are one transaction: a crash repeats a row or loses nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from fedcoop.actions.fediverse.forwarding import forward
from fedcoop.federation.inbox.authorise import Row
from fedcoop.federation.inbox.contract import Received
from fedcoop.federation.inbox.forwarding import is_to_be_forwarded
from fedcoop.storage.records import Inbound
from fedcoop.storage.unit_of_work import UnitOfWork

CLAIM = 256
LEASE = timedelta(minutes=5)
MAX_ATTEMPTS = 5
FIRST_PAUSE_S = 10.0


@dataclass(frozen=True, slots=True)
class Work:
    """One row with what it says and who handles it; `handler` is None for what is ignored."""

    row: Inbound
    received: Received | None
    matrix_row: Row | None
    handler: Any

    @property
    def resolves(self) -> bool:
        """Whether its handler must find out first what it is about."""
        return hasattr(self.handler, "resolve")

    @property
    def together(self) -> str | None:
        """Under which name others of the same handler may be done with it in one unit; None for none."""
        name = getattr(self.handler, "motion_of", None)
        return None if name is None or self.received is None or self.resolves else name(self.received)

    @property
    def is_first_of_many(self) -> bool:
        """Whether many servers hear this at once, and would all fetch the same now."""
        heard_by_many = getattr(self.handler, "is_broadcast", None)
        return self.row.attempts == 0 and heard_by_many is not None and bool(heard_by_many(self.received))

    @property
    def fetches(self) -> bool:
        """Whether its handler must fetch something first."""
        if self.received is None or self.resolves:
            return self.resolves
        return hasattr(self.handler, "prepare") and bool(self.handler.needs_fetch(self.received))


def claim(uow: UnitOfWork) -> list[Inbound]:
    """Lease the next rows."""
    return uow.queues.claim_inbound(uow.now, limit=CLAIM, lease=LEASE)


def apply(uow: UnitOfWork, *, work: Work, prepared: Any) -> None:
    """The row is settled and its effect stands, both or neither; a row that somebody else settled has no effect."""
    if not uow.queues.settle_inbound(work.row.id):
        return
    received = work.received
    if received is None or (work.fetches and prepared is None) or not _may(work, uow):
        return
    work.handler.apply(received, uow, prepared)
    author = received.sender(uow) if is_to_be_forwarded(received, uow) else None
    if author is not None and received.object_id:
        raw, type_ = work.row.raw, received.activity.type
        forward(uow, author=author, type_=type_, uri=received.id, target=received.object_id, raw=raw)


def apply_together(uow: UnitOfWork, *, works: Sequence[Work]) -> None:
    """Rows of one handler are settled and their effects stand, all or none; one that somebody else settled has none."""
    mine = uow.queues.settle_inbound_many([work.row.id for work in works])
    batch = [work.received for work in works if work.row.id in mine and _may(work, uow) and work.received is not None]
    if batch:
        works[0].handler.apply_many(batch, uow)


def _may(work: Work, uow: UnitOfWork) -> bool:
    """Return whether storage lets the sender do what its row of the matrix is about."""
    return work.received is not None and work.matrix_row is not None and work.matrix_row.may(work.received, uow)


def together_first(works: Sequence[Work]) -> tuple[list[list[Work]], list[Work]]:
    """Return what can be done together, each group in one unit, and what is done after that one by one.

    Rows of one actor keep their order, but for those in different groups: these have nothing to do with each other.
    """
    groups: dict[str, list[Work]] = {}
    rest: list[Work] = []
    behind: set[str] = set()
    for work in works:
        name = work.together
        if name is None or work.row.actor_uri in behind:
            behind.add(work.row.actor_uri)
            rest.append(work)
        else:
            groups.setdefault(name, []).append(work)
    return [*groups.values()], rest


def may(uow: UnitOfWork, row: Row, received: Received) -> bool:
    """Return whether storage lets the sender do this."""
    return row.may(received, uow)


def is_linked(uow: UnitOfWork, actor_uri: str) -> bool:
    """Return whether the actor is the account of a member, frozen or not."""
    voter = uow.members.voter(actor_uri)
    return voter is not None and voter.member_id is not None


def put_off(uow: UnitOfWork, *, row: Inbound, pause: timedelta) -> None:
    """The row is tried after the pause; no close waits for it."""
    uow.queues.postpone_inbound(row, due_at=uow.now + pause, error="", state="deferred")


def drop(uow: UnitOfWork, *, row_id: int) -> None:
    """The row is settled without effect."""
    uow.queues.settle_inbound(row_id)


def postpone(uow: UnitOfWork, *, row: Inbound, error: str, state: str = "waiting") -> None:
    """The row is tried again later, each time after twice the pause; after five attempts it is kept as failed."""
    if row.attempts + 1 >= MAX_ATTEMPTS:
        state = "failed"
    pause = timedelta(seconds=FIRST_PAUSE_S * 2**row.attempts)
    uow.queues.postpone_inbound(row, due_at=uow.now + pause, error=error, state=state)


def hasten(uow: UnitOfWork, *, origin: str) -> None:
    """Deliveries that wait for the origin are due now: it is alive."""
    if uow.queues.hasten(origin, uow.now):
        uow.wake("delivery")
