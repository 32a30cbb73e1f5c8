"""Votes that arrive from the fediverse: counted as ballots by the one rule, withdrawn, or refused with a trace.

Traces of refusals are bounded, so that a thousand strangers leave no more than a few hundred rows an hour; members come
first. A server that counted a vote which did not count here is owed the true totals, within bounds of their own. Source:
federation.md 12.3, 12.4; governance.md 14.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fedcoop.actions.ballots import cast_ballot, withdraw_ballot
from fedcoop.actions.events import TotalsOwed, VoteRefused
from fedcoop.governance.methods import METHODS
from fedcoop.governance.motions import Change, Channel, Motion, MotionState
from fedcoop.governance.refusals import NotCounted, to_json
from fedcoop.kernel.errors import BallotRefused, Refused
from fedcoop.kernel.ids import ActorId, MemberId, MotionId
from fedcoop.storage.unit_of_work import UnitOfWork
from fedcoop.storage.votes import VoteRow
from fedcoop.urls import origin_of

PER_ORIGIN = 30
IN_ALL = 300
STRANGERS_SHARE = 2, 3  # the rest of both budgets is kept for linked members
AN_HOUR = timedelta(hours=1)
SAME_NEWS = timedelta(days=30)
"""How long a voter whose account is not linked is not told so again, whatever they vote on."""
LAST_MARK_WITHIN = timedelta(seconds=10)
"""Polls send one message for each tick: who ticked several is told once, after the last one."""
OWED_PER_ORIGIN = 30
OWED_IN_ALL = 1_000
"""Motions of one origin, and of all, whose totals are noted as owed within an hour: what is noted is sent by and by."""
SEVERAL = "anyOf"


@dataclass(frozen=True, slots=True)
class Mark:
    """One marked option: its key, and the digest of the id by which the voter's server knows it."""

    digest: bytes
    option_key: str


@dataclass(frozen=True, slots=True)
class RemoteVote:
    """What one activity says: marks on a motion by a linked actor, and when.

    `taken_back` are ids of it that its sender undid or deleted before it came.
    """

    motion: Motion
    member_id: MemberId
    actor_id: ActorId
    marks: tuple[Mark, ...]
    activity_digest: bytes
    cast_at: datetime
    received_at: datetime
    accumulate: bool
    taken_back: tuple[bytes, ...] = ()


class Repeated(BallotRefused):
    """The voter's server sent the very same mark again: no news for the voter."""


def count_vote(uow: UnitOfWork, vote: RemoteVote) -> tuple[NotCounted, ...]:
    """The member's ballot is what the vote says, or an approval is added to it; return the marks that did not count.

    Of several marks each counts that can, in their order; ids of those that did not count are not remembered. Where ballots
    can be changed the vote that was cast last counts, whichever arrives last; what its sender took back counts for nothing.
    """
    try:
        _count_whole(uow, vote)
    except BallotRefused as refusal:
        if not vote.accumulate or len(vote.marks) == 1:
            return _left(uow, vote, refusal)
    else:
        return ()
    alone = (count_vote(uow, replace(vote, marks=(mark,))) for mark in vote.marks)
    return tuple(left for found in alone for left in found)


def _left(uow: UnitOfWork, vote: RemoteVote, refusal: BallotRefused) -> tuple[NotCounted, ...]:
    if isinstance(refusal, Repeated):
        note_vote(uow, motion=vote.motion, actor_id=vote.actor_id, code=refusal.code)
        return ()
    return tuple(NotCounted(_name_of(vote.motion, mark.option_key), refusal.code) for mark in vote.marks)


def _count_whole(uow: UnitOfWork, vote: RemoteVote) -> None:
    is_overtaken = _is_overtaken(uow, vote)
    remembered: list[bytes] = []
    try:
        for mark in dict.fromkeys(vote.marks):
            _remember(uow, vote, mark)
            remembered.append(mark.digest)
        if not is_overtaken:
            _cast(uow, vote)
    except BallotRefused:
        for digest in remembered:
            uow.votes.forget_vote(digest, motion_id=vote.motion.id, actor_id=vote.actor_id)
        raise
    for digest in vote.taken_back:
        withdraw_vote(uow, actor_id=vote.actor_id, digest=digest, at=vote.received_at)


def _is_overtaken(uow: UnitOfWork, vote: RemoteVote) -> bool:
    """Return whether a later vote of the member came before this one, which it replaces."""
    if vote.accumulate or vote.motion.settings.change is Change.NEVER:
        return False
    last = uow.votes.last_cast(vote.motion.id, vote.member_id)
    return last is not None and vote.cast_at < last


def _cast(uow: UnitOfWork, vote: RemoteVote) -> None:
    cast_ballot(
        uow,
        voter=vote.member_id,
        motion_id=vote.motion.id,
        choice=tuple(mark.option_key for mark in dict.fromkeys(vote.marks)),
        channel=Channel.ACTIVITYPUB,
        cast_at=vote.cast_at,
        received_at=vote.received_at,
        actor_id=vote.actor_id,
        accumulate=vote.accumulate,
    )


def unknown_key(name: str) -> str:
    """Return a key that no option has, for an answer that is not among them: the rule refuses it in its turn."""
    return f"{_UNKNOWN}{name[:100]}"


_UNKNOWN = "?"


def _name_of(motion: Motion, key: str) -> str:
    return next((option.name for option in motion.options if option.key == key), key.removeprefix(_UNKNOWN))


def _remember(uow: UnitOfWork, vote: RemoteVote, mark: Mark) -> None:
    """The id is the vote's: nobody else's, on this motion. Raises BallotRefused (`replay`)."""
    motion_id, actor_id = vote.motion.id, vote.actor_id
    is_new = uow.votes.add_vote(
        mark.digest,
        motion_id=motion_id,
        member_id=vote.member_id,
        actor_id=actor_id,
        activity_digest=vote.activity_digest,
        option_key=mark.option_key,
        cast_at=vote.cast_at,
    )
    if not is_new:
        known = uow.votes.option_of(mark.digest, motion_id=motion_id, actor_id=actor_id)
        raise (Repeated if known in ("", mark.option_key) else BallotRefused)("replay")


def withdraw_vote(uow: UnitOfWork, *, actor_id: ActorId, digest: bytes, at: datetime) -> bool:
    """The votes with this id, or of the activity with it, are taken back by their actor; return whether it sent such.

    Of an approval ballot only that mark goes. Once the motion is over, or where ballots cannot be changed, it stays.
    """
    votes = uow.votes.votes_by_id(digest, actor_id)
    for vote in votes:
        _withdraw(uow, vote, at)
    return bool(votes)


def _withdraw(uow: UnitOfWork, vote: VoteRow, at: datetime) -> None:
    motion_id, member_id, actor_id, key = vote.motion_id, vote.member_id, vote.actor_id, vote.option_key
    ballot = uow.motions.ballot_of(motion_id, member_id)
    if ballot is None or not key or ballot.actor_id != actor_id or key not in ballot.choice:
        return
    rest = tuple(chosen for chosen in ballot.choice if chosen != key)
    try:
        if rest:
            _recast(uow, motion_id, member_id, actor_id, rest, at)
        else:
            withdraw_ballot(uow, voter=member_id, motion_id=motion_id, channel=Channel.ACTIVITYPUB, at=at)
    except Refused:
        return
    uow.votes.drop_vote(vote.digest, motion_id=motion_id, actor_id=actor_id)


def _recast(
    uow: UnitOfWork, motion_id: MotionId, member_id: MemberId, actor_id: ActorId, choice: Sequence[str], at: datetime
) -> None:
    cast_ballot(
        uow,
        voter=member_id,
        motion_id=motion_id,
        choice=tuple(choice),
        channel=Channel.ACTIVITYPUB,
        cast_at=at,
        received_at=at,
        actor_id=actor_id,
    )


def refuse_vote(
    uow: UnitOfWork,
    *,
    motion: Motion,
    actor_id: ActorId,
    origin: str,
    code: str,
    linked: bool,
    marks: Sequence[NotCounted] = (),
) -> None:
    """The vote, or these marks of it, have no effect but a trace: an audit line, and one answer at most.

    One for each motion and actor; whoever is not linked hears so once a month, whatever they vote on. The voter's server
    raised its own count, and is owed the totals.
    """
    _owe_totals(uow, motion, actor_id)
    if not linked and uow.votes.was_told(actor_id, since=uow.now - SAME_NEWS):
        return
    if not _within_budget(uow, origin, linked=linked):
        _note_flood(uow, motion)
        return
    waits = linked and METHODS[motion.method].wire == SEVERAL
    values = {"motion_id": motion.id, "actor_id": actor_id, "origin": origin, "code": code, "linked": linked}
    answered_at = uow.now + LAST_MARK_WITHIN if waits else uow.now
    first = uow.votes.note_refused_vote({**values, "marks": to_json(marks), "answered_at": answered_at, "at": uow.now})
    if not first and marks:
        uow.votes.add_refused_marks(motion.id, actor_id, to_json(marks), now=uow.now)
    if first or linked:
        uow.audit("vote-refused", subject=motion.url, details={"actor": actor_id, "code": code})
    if first:
        uow.record(VoteRefused(motion_id=motion.id, actor_id=actor_id, code=code, linked=linked))


def _owe_totals(uow: UnitOfWork, motion: Motion, actor_id: ActorId) -> None:
    """Note, once for each motion and inbox, that the voter's server has a count which is too high (12.4)."""
    if motion.state is MotionState.SCHEDULED or not uow.motions.presentation(motion.id)[1]:
        return
    actor = uow.actors.get(actor_id)
    inbox = actor.shared_inbox or actor.inbox
    origin = origin_of(inbox)
    if origin is not None and uow.votes.owe_totals(
        motion.id, origin, inbox, now=uow.now, since=uow.now - AN_HOUR, per_origin=OWED_PER_ORIGIN, in_all=OWED_IN_ALL
    ):
        uow.record(TotalsOwed(motion_id=motion.id))


def note_vote(uow: UnitOfWork, *, motion: Motion, actor_id: ActorId, code: str) -> None:
    """The vote has no effect, and nobody is told: not its voter's own doing, or no news. One audit line an hour says so."""
    hour = int(uow.now.timestamp()) // 3600
    digest = hashlib.sha256(f"noted vote {code} {motion.id} {actor_id} {hour}".encode()).digest()[:16]
    if uow.queues.see(digest, forget_at=uow.now + AN_HOUR):
        uow.audit("vote-refused", subject=motion.url, details={"actor": actor_id, "code": code})


def _within_budget(uow: UnitOfWork, origin: str, *, linked: bool) -> bool:
    part, whole = (1, 1) if linked else STRANGERS_SHARE
    since = uow.now - AN_HOUR
    if uow.votes.count_answers(since) >= IN_ALL * part // whole:
        return False
    return uow.votes.count_answers(since, origin) < PER_ORIGIN * part // whole


def _note_flood(uow: UnitOfWork, motion: Motion) -> None:
    """One line an hour says that there were more refusals than are noted one by one."""
    hour = int(uow.now.timestamp()) // 3600
    digest = hashlib.sha256(f"refused votes {motion.id} {hour}".encode()).digest()[:16]
    if uow.queues.see(digest, forget_at=uow.now + AN_HOUR):
        uow.audit("votes-refused-many", subject=motion.url)
