"""Votes that arrive from the fediverse: counted as ballots by the one rule, withdrawn, or refused with a trace.

Traces of refusals are bounded, so that a thousand strangers leave no more than a few hundred rows an hour; members come
first. A server that counted a vote which did not count here is owed the true totals, within bounds of their own. Source:
federation.md 12.3, 12.4; governance.md 14.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fedcoop.actions.events import TotalsOwed, VoteRefused
from fedcoop.actions.motions.ballots import Box, cast_ballot, withdraw_ballot
from fedcoop.governance.motions.ballots import Cast
from fedcoop.governance.motions.motion import Change, Channel, Motion, MotionState
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.words.refusals import NotCounted, to_json
from fedcoop.kernel.errors import BallotRefused, Refused
from fedcoop.kernel.ids import ActorId, MemberId, MotionId
from fedcoop.storage.fediverse.votes import VoteRow
from fedcoop.storage.unit_of_work import UnitOfWork
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

    @property
    def is_simple(self) -> bool:
        """Whether it counts whole or not at all, and stays: nothing of it was taken back."""
        return not self.taken_back and (len(self.marks) == 1 or not self.accumulate)


class Repeated(BallotRefused):
    """The voter's server sent the very same mark again: no news for the voter."""


def count_vote(uow: UnitOfWork, vote: RemoteVote) -> tuple[NotCounted, ...]:
    """The member's ballot is what the vote says, or an approval is added to it; return the marks that did not count."""
    return count_votes(uow, vote.motion, [vote])[0]


def count_votes(uow: UnitOfWork, motion: Motion, votes: Sequence[RemoteVote]) -> list[tuple[NotCounted, ...]]:
    """Count votes on one motion, whose row is locked, each as if it came alone after those before it.

    Of several marks each counts that can, in their order; ids of those that did not count are not remembered. Where ballots
    can be changed the vote that was cast last counts, whichever arrives last; what its sender took back counts for nothing.
    However many they are, there are a few statements, but for what is taken back or refused.
    """
    left: list[tuple[NotCounted, ...]] = []
    waiting: list[RemoteVote] = []

    def count() -> None:
        for vote, refusal in zip(waiting, _count_whole(uow, motion, waiting), strict=True):
            left.append(() if refusal is None else _left(uow, vote, refusal))
        waiting.clear()

    for vote in votes:
        if vote.is_simple:
            waiting.append(vote)
            continue
        count()
        left.append(_count_parts(uow, motion, vote))
    count()
    return left


def _count_parts(uow: UnitOfWork, motion: Motion, vote: RemoteVote) -> tuple[NotCounted, ...]:
    """Count a vote with several marks whole or else mark by mark; then what its sender took back before it came is gone."""
    (refusal,) = _count_whole(uow, motion, [vote])
    if refusal is not None and vote.accumulate and len(vote.marks) > 1:
        alone = (_count_parts(uow, motion, replace(vote, marks=(mark,))) for mark in vote.marks)
        return tuple(left for found in alone for left in found)
    if refusal is not None:
        return _left(uow, vote, refusal)
    for digest in vote.taken_back:
        withdraw_vote(uow, actor_id=vote.actor_id, digest=digest, at=vote.received_at)
    return ()


def _left(uow: UnitOfWork, vote: RemoteVote, refusal: BallotRefused) -> tuple[NotCounted, ...]:
    if isinstance(refusal, Repeated):
        note_vote(uow, motion=vote.motion, actor_id=vote.actor_id, code=refusal.code)
        return ()
    return tuple(NotCounted(_name_of(vote.motion, mark.option_key), refusal.code) for mark in vote.marks)


def _count_whole(uow: UnitOfWork, motion: Motion, votes: Sequence[RemoteVote]) -> list[BallotRefused | None]:
    """Count each vote whole or not at all; return why it did not count."""
    if not votes:
        return []
    box = _VoteBox(uow, motion, votes)
    found = [box.refusal_of(vote) for vote in votes]
    box.store()
    return found


class _VoteBox:
    """Votes from afar on one motion: judged one after the other, stored together with their ids."""

    def __init__(self, uow: UnitOfWork, motion: Motion, votes: Sequence[RemoteVote]) -> None:
        members = [vote.member_id for vote in votes]
        self._uow = uow
        self._motion = motion
        self._box = Box(uow, motion, members)
        self._known = uow.votes.known(motion.id, [mark.digest for vote in votes for mark in vote.marks])
        replaces = motion.settings.change is not Change.NEVER and not all(vote.accumulate for vote in votes)
        self._last = uow.votes.last_cast(motion.id, members) if replaces else {}
        self._rows: list[VoteRow] = []

    def refusal_of(self, vote: RemoteVote) -> BallotRefused | None:
        """The vote counts, or is overtaken by a later one of the member that came before it; return why it does not."""
        marks = tuple(dict.fromkeys(vote.marks))
        last = None if vote.accumulate else self._last.get(vote.member_id)
        rows = [self._row(vote, mark) for mark in marks]
        try:
            for number, row in enumerate(rows):
                self._check_new(row, rows[:number])
            if last is None or vote.cast_at >= last:
                self._box.take(vote.member_id, _cast(vote, marks))
        except BallotRefused as refusal:
            return refusal
        self._rows += rows
        self._known.update({(row.digest, row.actor_id): row.option_key for row in rows})
        if not vote.accumulate and self._motion.settings.change is not Change.NEVER:
            self._last[vote.member_id] = max(vote.cast_at, last or vote.cast_at)
        return None

    def store(self) -> None:
        """What counted or was overtaken is stored, and its ids are remembered."""
        self._uow.votes.add_votes(self._rows)
        self._box.store()

    def _row(self, vote: RemoteVote, mark: Mark) -> VoteRow:
        return VoteRow(
            digest=mark.digest,
            actor_id=vote.actor_id,
            motion_id=self._motion.id,
            member_id=vote.member_id,
            activity_digest=vote.activity_digest,
            option_key=mark.option_key,
            cast_at=vote.cast_at,
        )

    def _check_new(self, row: VoteRow, beside: Sequence[VoteRow]) -> None:
        """The id is the vote's: nobody else's, on this motion. Raises BallotRefused (`replay`)."""
        same = next((other.option_key for other in beside if other.digest == row.digest), None)
        known = same if same is not None else self._known.get((row.digest, row.actor_id))
        if known is not None:
            raise (Repeated if known in ("", row.option_key) else BallotRefused)("replay")


def _cast(vote: RemoteVote, marks: Sequence[Mark]) -> Cast:
    return Cast(
        choice=tuple(mark.option_key for mark in marks),
        reason="",
        channel=Channel.ACTIVITYPUB,
        actor_id=vote.actor_id,
        cast_at=vote.cast_at,
        received_at=vote.received_at,
        accumulate=vote.accumulate,
    )


def unknown_key(name: str) -> str:
    """Return a key that no option has, for an answer that is not among them: the rule refuses it in its turn."""
    return f"{_UNKNOWN}{name[:100]}"


_UNKNOWN = "?"


def _name_of(motion: Motion, key: str) -> str:
    return next((option.name for option in motion.options if option.key == key), key.removeprefix(_UNKNOWN))


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
