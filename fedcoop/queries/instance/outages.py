"""What pages say of the times when we were away: to whom a vote may be lost, and to the office (federation.md 18)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from fedcoop.governance.fediverse.outages import Outage, closed_in, may_have_lost_votes
from fedcoop.governance.motions.lifecycle import acceptance_ends_at
from fedcoop.governance.motions.motion import Motion
from fedcoop.kernel.ids import MotionId
from fedcoop.storage.unit_of_work import UnitOfWork

SHOWN_FOR = timedelta(days=30)
SHOWN = 5
MOTIONS = 20


@dataclass(frozen=True, slots=True)
class Away:
    """Outages while one motion was open: in which a vote of this reader may be lost, and in which it closed."""

    lost: tuple[Outage, ...] = ()
    closed: Outage | None = None


NEVER = Away()


def away_during(uow: UnitOfWork, motion: Motion, *, may_have_lost: bool) -> Away:
    """Return what a member is told on the motion's page; `may_have_lost`: it votes from elsewhere and has no ballot."""
    found = uow.outages.during(motion.opens_at, acceptance_ends_at(motion))
    lost = tuple(outage for outage in found if may_have_lost and may_have_lost_votes(motion, outage))
    return Away(
        lost=lost if lost and is_public(uow, motion) else (),
        closed=next((outage for outage in found if closed_in(motion, outage)), None),
    )


def is_public(uow: UnitOfWork, motion: Motion) -> bool:
    """Return whether other servers know of the vote: who votes from there can lose a vote."""
    return uow.proposals.audience_of(motion.proposal_id) == "public"


@dataclass(frozen=True, slots=True)
class AwayLine:
    """Outages, and the motions in which a member's vote may be lost by them, or which closed in the one."""

    outages: tuple[Outage, ...]
    motions: tuple[Motion, ...]


def away_lately(uow: UnitOfWork, motions: Sequence[Motion], given: Collection[MotionId]) -> AwayLine | None:
    """Return the outages by which a vote in these open motions may be lost, and in which, where there is no ballot."""
    waiting = [motion for motion in motions if motion.id not in given]
    if not waiting:
        return None
    found = uow.outages.during(min(motion.opens_at for motion in waiting), uow.now)
    lost = [motion for motion in waiting if any(may_have_lost_votes(motion, outage) for outage in found)]
    hurt = tuple(motion for motion in lost if is_public(uow, motion))
    which = tuple(outage for outage in found if any(may_have_lost_votes(motion, outage) for motion in hurt))
    return AwayLine(which, hurt) if hurt else None


@dataclass(frozen=True, slots=True)
class LastOutage:
    """When we were away last, how many members were told, and how many outboxes are still to be looked at."""

    outage: Outage
    told: int
    to_look_at: int


def last_outage(uow: UnitOfWork) -> LastOutage | None:
    """Return the newest outage with what was done about it."""
    found = uow.outages.last()
    if found is None:
        return None
    return LastOutage(found, uow.outages.count_told_of(found.id), int(uow.visits.summary(uow.now)["waiting"]))


def away_for_office(uow: UnitOfWork) -> tuple[AwayLine, ...]:
    """Return the outages of the last month, each with the motions that closed in it, newest first."""
    found = uow.outages.during(uow.now - SHOWN_FOR, uow.now, limit=SHOWN)
    return tuple(
        AwayLine((o,), tuple(m for m in uow.motions.during(o.began_at, o.ended_at, limit=MOTIONS) if closed_in(m, o)))
        for o in found
    )
