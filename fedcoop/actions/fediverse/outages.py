"""The heartbeat, and what follows when it shows that we were away: others are looked at, members are told (federation.md 18).

A vote that was lost cannot be fetched: it was private. So linked members without a ballot are told, once for each outage.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from fedcoop.actions.events import VotesMayBeLost
from fedcoop.actions.motions.timers import LOOK_TIMER
from fedcoop.governance.fediverse.outages import LONGEST_GRACE, Outage, closed_in, is_outage, may_have_lost_votes
from fedcoop.governance.motions.motion import Motion
from fedcoop.kernel.clock import rfc3339
from fedcoop.kernel.ids import MemberId, MotionId
from fedcoop.storage.unit_of_work import UnitOfWork

DOOR = "door"
TELL_TIMER = "tell_outage"
MAX_MOTIONS = 20
TOLD_AT_ONCE = 50
PAUSE = timedelta(seconds=5)
MAX_TOLD = 5_000
TOLD_A_DAY = 3
KEEP = timedelta(days=90)


def beat(uow: UnitOfWork) -> Outage | None:
    """Our door is open now; return the outage that is over by that, if we were away for two minutes or longer."""
    last = uow.outages.beat(DOOR, uow.now)
    return come_back(uow, last) if last is not None and is_outage(last, uow.now) else None


def leave(uow: UnitOfWork) -> None:
    """Our door closes now: whatever time passes until it is open again begins here."""
    uow.outages.beat(DOOR, uow.now)


def come_back(uow: UnitOfWork, last: datetime) -> Outage:
    """We were away since `last`: it is remembered, the office sees which votes closed meanwhile, and the rest is due."""
    outage = Outage(uow.new_id(), last, uow.now)
    uow.outages.add(outage)
    times = {"from": rfc3339(outage.began_at), "to": rfc3339(outage.ended_at)}
    uow.audit("was-away", details=times)
    for motion in _motions_in(uow, outage):
        if closed_in(motion, outage):
            uow.audit("closed-while-away", subject=motion.url, details=times)
    for timer in (TELL_TIMER, LOOK_TIMER):
        uow.set_timer(timer, str(outage.id), uow.now)
    return outage


def _motions_in(uow: UnitOfWork, outage: Outage, *, public: bool = False) -> list[Motion]:
    """Return the motions that the outage concerns, those that close last first, 20 at most."""
    return uow.motions.during(outage.began_at - LONGEST_GRACE, outage.ended_at, limit=MAX_MOTIONS, public=public)


def tell_members(uow: UnitOfWork, key: str) -> None:
    """Timer: some linked members without a ballot are told; the timer is set again until all were looked at."""
    found = uow.outages.find(int(key))
    if found is None:
        return
    outage, progress = found
    public = _motions_in(uow, outage, public=True)
    motions = {motion.id: motion for motion in public if may_have_lost_votes(motion, outage)}
    if not motions or uow.outages.count_told_of(outage.id) >= MAX_TOLD:
        return
    members = uow.outages.linked_members(after=progress.told_to, limit=TOLD_AT_ONCE)
    _tell(uow, outage, members, motions)
    if len(members) == TOLD_AT_ONCE:
        uow.outages.put_told_to(outage.id, members[-1])
        uow.queues.move_timer(TELL_TIMER, key, uow.now + PAUSE)


def _tell(uow: UnitOfWork, outage: Outage, members: Sequence[MemberId], motions: Mapping[MotionId, Motion]) -> None:
    missing = uow.outages.without_ballot(members, motions)
    known = uow.members.many(list(missing))
    told = uow.outages.count_told(list(missing), uow.now - timedelta(days=1))
    for member_id, ids in missing.items():
        status = known[member_id].status
        may_vote = tuple(found for found in ids if motions[found].settings.electorate.lets_vote(status))
        if not may_vote or told.get(member_id, 0) >= TOLD_A_DAY:
            continue
        if uow.outages.note_told(outage.id, member_id, uow.now):
            uow.record(VotesMayBeLost(outage_id=outage.id, member_id=member_id, motion_ids=may_vote))
