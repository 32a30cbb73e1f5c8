"""A motion opens: its roll is frozen, its digest fixed, its log begun (governance.md 2, 3).

In a small co-op that is one unit. A large roll would hold the writer, so there the motion stays scheduled until its timer has
had the roll computed by a reader and written in parts (`publish/opening`). Nobody sees a part: a roll is shown, and a vote
taken, once the motion is open, and the last unit opens it only if what is stored is the whole roll. The instant that decides
who is on it is the one the motion names (`rolls.register_at`): so it does not matter when, or how often, it is computed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from fedcoop.actions.delegation import delegations
from fedcoop.actions.motions import lots, rolls
from fedcoop.actions.motions.scheduling import OPEN_TIMER
from fedcoop.actions.motions.transitions import move_with
from fedcoop.governance.events import MotionOpened
from fedcoop.governance.fediverse.publication import motion_digest, published
from fedcoop.governance.motions import lifecycle
from fedcoop.governance.motions.ballots import RollEntry
from fedcoop.governance.motions.motion import Motion, MotionState
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.proof import logchain
from fedcoop.governance.proposals.proposal import ProposalEvent, ProposalState
from fedcoop.governance.rolls import roll
from fedcoop.governance.words.posts import Place, vote_post
from fedcoop.kernel.errors import MotionRefused
from fedcoop.kernel.ids import MemberId, MotionId
from fedcoop.storage.unit_of_work import UnitOfWork

CLOSE_TIMER = "close_motion"
MOST_AT_ONCE = 2_000
"""Members up to which a roll is made in the unit that opens."""
PART = 1_000
"""Rows that one unit writes of a larger one."""


@dataclass(frozen=True, slots=True)
class Frozen:
    """A whole roll and its hash, as the log and the motion name it."""

    entries: tuple[RollEntry, ...]
    roll_hash: str


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of a roll to be stored, and members whose rows are to go."""

    put: tuple[RollEntry, ...] = ()
    drop: tuple[MemberId, ...] = ()


def start_motion(uow: UnitOfWork, motion: Motion, body_html: str, *, context_uuid: str) -> Motion:
    """Store a new motion and open it, or set the timer that will; its proposal is not moved."""
    is_poll = lifecycle.is_poll(motion.method, motion.options, motion.settings, motion.channels)
    uow.motions.add(motion, body_html=body_html, is_poll=is_poll, context_uuid=context_uuid)
    if motion.opens_at > uow.now or opens_in_parts(uow):
        uow.set_timer(OPEN_TIMER, str(motion.id), motion.opens_at)
        return motion
    return _open(uow, motion, body_html, _frozen(uow, motion))


def opens_in_parts(uow: UnitOfWork) -> bool:
    """Return whether a roll of all members is more than one unit may write."""
    return uow.members.count_active() > MOST_AT_ONCE


def open_scheduled(uow: UnitOfWork, key: str) -> None:
    """The scheduled motion is open, or its timer is due where the roll is large; opened already, nothing happens."""
    motion = uow.motions.get(MotionId(int(key)), lock=True)
    if motion.state is not MotionState.SCHEDULED:
        return
    if opens_in_parts(uow):
        uow.queues.move_timer(OPEN_TIMER, key, uow.now)
        uow.wake("timers")
        return
    _moved(uow, motion)
    _open(uow, motion, uow.motions.presentation(motion.id)[0], _frozen(uow, motion))


# --- in parts ---------------------------------------------------------------------------------------------------


def roll_to_write(uow: UnitOfWork, key: str) -> Frozen | None:
    """Return the roll of a scheduled motion, or None if it is to be opened no more; for a reader."""
    motion = uow.motions.get(MotionId(int(key)))
    return _frozen(uow, motion) if motion.state is MotionState.SCHEDULED else None


def stored_roll(uow: UnitOfWork, key: str) -> list[RollEntry]:
    """Return the rows that lie stored of a motion that has no roll yet, or was withdrawn without one."""
    motion = uow.motions.get(MotionId(int(key)))
    return [] if motion.roll_hash else uow.motions.roll(motion.id)


def parts_between(stored: Sequence[RollEntry], wanted: Sequence[RollEntry]) -> Iterator[Part]:
    """Yield what makes the one roll of the other, never more than `PART` rows at once."""
    has = {entry.member_id: entry for entry in stored}
    wants = {entry.member_id for entry in wanted}
    drop = [member_id for member_id in has if member_id not in wants]
    put = sorted((entry for entry in wanted if has.get(entry.member_id) != entry), key=lambda entry: entry.member_id)
    for start in range(0, len(drop), PART):
        yield Part(drop=tuple(drop[start : start + PART]))
    for start in range(0, len(put), PART):
        yield Part(put=tuple(put[start : start + PART]))


def store_part(uow: UnitOfWork, key: str, part: Part) -> None:
    """The rows are stored or gone, unless the motion has its roll, or is to have none any more."""
    motion = uow.motions.get(MotionId(int(key)), lock=True)
    if motion.roll_hash:
        return
    uow.rolls.drop_many(motion.id, part.drop)
    if motion.state is MotionState.SCHEDULED:
        uow.rolls.put_many(part.put)


def open_with(uow: UnitOfWork, key: str, frozen: Frozen) -> None:
    """The motion is open with the roll that lies stored; opened or withdrawn meanwhile, nothing happens.

    Raises RuntimeError where the stored roll is not the whole one: the timer begins again.
    """
    motion = uow.motions.get(MotionId(int(key)), lock=True)
    if motion.state is not MotionState.SCHEDULED:
        return
    if uow.rolls.size(motion.id) != len(frozen.entries):
        raise RuntimeError("the roll is not stored whole")
    _moved(uow, motion)
    _begin(uow, motion, uow.motions.presentation(motion.id)[0], frozen)


# --- the opening itself -----------------------------------------------------------------------------------------


def _moved(uow: UnitOfWork, motion: Motion) -> None:
    """The proposal is voted on; where the vote was asked for now, that has been so since."""
    if uow.motions.get_proposal(motion.proposal_id).state is not ProposalState.VOTING:
        move_with(uow, motion, ProposalEvent.OPEN)


def _frozen(uow: UnitOfWork, motion: Motion) -> Frozen:
    register = rolls.register_at(uow, motion)
    entries = roll.freeze(motion.id, register, motion.settings, motion.poll_secret)
    entries = roll.mark(entries, register.members, METHODS[motion.method].marked(motion.settings))
    return Frozen(entries, roll.roll_hash(roll.roll_lines(entries)))


def _open(uow: UnitOfWork, motion: Motion, body_html: str, frozen: Frozen) -> Motion:
    uow.motions.add_roll(frozen.entries)
    return _begin(uow, motion, body_html, frozen)


def _begin(uow: UnitOfWork, motion: Motion, body_html: str, frozen: Frozen) -> Motion:
    """Fix number and digest, begin the log, set the timer of the close; the roll is stored."""
    eligible = roll.eligible_in(frozen.entries)
    if not eligible:
        raise MotionRefused("electorate", "Nobody could vote on this: no member has a vote by its rule.")
    ready = replace(lifecycle.opened(motion), eligible=eligible, first_eligible=eligible, roll_hash=frozen.roll_hash)
    coop = uow.urls.actor(uow.site.coop_name)
    content = vote_post(ready, body_html, _place(uow))
    ready = replace(ready, motion_digest=motion_digest(ready, content=content, electorate=coop))
    uow.motions.put(ready)
    uow.motions.put_published(ready.id, published(ready, content=content, electorate=coop))
    uow.motions.append_log(ready.id, ready.url, logchain.open_entry(ready))
    lots.log_commits(uow, ready)
    delegations.freeze(uow, ready)
    uow.set_timer(CLOSE_TIMER, str(ready.id), lifecycle.acceptance_ends_at(ready))
    details = {"eligible": ready.eligible, "roll_hash": frozen.roll_hash}
    uow.audit("motion-opened", subject=ready.url, details=details)
    uow.record(MotionOpened(motion_id=ready.id))
    return ready


def _place(uow: UnitOfWork) -> Place:
    instance = uow.site.config.instance
    return Place(instance.name, uow.urls.settings_accounts, ZoneInfo(instance.time_zone))
