"""Does a ballot stand, and what does it replace (governance.md 4)? The one place that decides it."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from fedcoop.governance.members.electorate import ElectorateRule
from fedcoop.governance.members.member import MemberStatus
from fedcoop.governance.motions.choices import Choice, Scores, Shape
from fedcoop.governance.motions.lifecycle import acceptance_ends_at, taken_by
from fedcoop.governance.motions.motion import Change, Channel, Motion, MotionState, Reasons
from fedcoop.governance.motions.registry import METHODS
from fedcoop.kernel.errors import BallotRefused
from fedcoop.kernel.html import prose
from fedcoop.kernel.ids import ActorId, MemberId, MotionId

FROM_AFAR = frozenset({Channel.ACTIVITYPUB, Channel.PEER})
"""Channels whose ballots other servers pass on: grace is theirs, and they may wait in a queue before they are judged."""
_EVERYBODY = ElectorateRule()


@dataclass(frozen=True, slots=True)
class RollEntry:
    """One row of the frozen roll (governance.md 3). `voter` is the member's pseudonym in this motion."""

    motion_id: MotionId
    member_id: MemberId
    voter: str
    member_class: str
    weight: int


@dataclass(frozen=True, slots=True)
class Ballot:
    """One member's current ballot on one motion. `nonce` is 32 hex digits, new with each ballot (5.2)."""

    id: int
    motion_id: MotionId
    member_id: MemberId
    voter: str
    choice: Choice
    reason: str
    channel: Channel
    actor_id: ActorId | None
    cast_at: datetime
    received_at: datetime
    nonce: str


class Boxed(NamedTuple):
    """What of a ballot lies in the box, and is counted (governance.md 5.2)."""

    voter: str
    choice: Choice
    nonce: str


@dataclass(frozen=True, slots=True)
class Cast:
    """A ballot as it comes in at any door.

    `cast_at` is the receipt time, but for federation the signed date if that is earlier. `accumulate` adds the marks to
    the same sender's earlier ones: polls send one message for each mark (federation.md 12.3).
    """

    choice: Choice
    reason: str
    channel: Channel
    actor_id: ActorId | None
    cast_at: datetime
    received_at: datetime
    accumulate: bool = False


def accept(
    motion: Motion, entry: RollEntry | None, earlier: Ballot | None, cast: Cast, *, ballot_id: int, nonce: str
) -> Ballot:
    """Return the ballot that stands from now on, replacing `earlier`, in the order of checks of federation.md 12.3.

    Raises BallotRefused: `channel`, `secret`, `early`, `late`, `closed`, `ineligible`, `option`, `too-many`, `too-few`,
    `reason`, `reason-long`, `duplicate`, `superseded`. Nothing is stored then.
    """
    _check_channel(motion, cast)
    _check_time(motion, cast)
    if entry is None:
        raise BallotRefused(
            "ineligible", "This vote opened without you on its roll. You can vote from the next one on."
        )
    choice = _ordered(motion, _whole_choice(earlier, cast))
    method = METHODS[motion.method]
    method.check(choice, motion.options, motion.settings)
    reason = _reason(motion, choice, cast)
    if earlier is not None and not _adds_to(earlier, cast):
        _check_replacing(motion, earlier, cast)
    return Ballot(
        id=ballot_id,
        motion_id=motion.id,
        member_id=entry.member_id,
        voter=entry.voter,
        choice=choice,
        reason=reason,
        channel=cast.channel,
        actor_id=cast.actor_id,
        cast_at=cast.cast_at,
        received_at=cast.received_at,
        nonce=nonce,
    )


def entitled(
    entry: RollEntry | None, status: MemberStatus | None, rule: ElectorateRule = _EVERYBODY
) -> RollEntry | None:
    """Return the roll entry if its member may vote now: whoever is suspended or left cannot cast any more (governance.md 3)."""
    return entry if rule.lets_vote(status) else None


def may_withdraw(motion: Motion, at: datetime) -> None:
    """Raise BallotRefused (`closed`, `late`, `duplicate`) unless a ballot may be withdrawn by a wish received `at`."""
    if motion.state is not MotionState.OPEN:
        raise BallotRefused("closed", "This vote is closed.")
    if at > motion.closes_at:
        raise BallotRefused("late", "This vote has closed.")
    if motion.settings.change is Change.NEVER:
        raise BallotRefused("duplicate", "A vote on this proposal cannot be changed.")


def _check_channel(motion: Motion, cast: Cast) -> None:
    """A mark from a poll counts only where there was one: a ranking in one name would say what nobody meant (12.1)."""
    if motion.settings.secrecy != "open" and cast.channel in FROM_AFAR:
        raise BallotRefused("secret", "This is a secret vote; it is cast on the co-op’s page.")
    from_poll = cast.channel is Channel.ACTIVITYPUB
    taken = taken_by(motion.method, motion.options, motion.settings, motion.channels) if from_poll else motion.channels
    if cast.channel is not Channel.PAPER and cast.channel not in taken:
        raise BallotRefused("channel", "Votes on this proposal are not taken this way.")


def _check_time(motion: Motion, cast: Cast) -> None:
    """Judge by when it was cast and received, whatever the clock says now: a backlog makes no vote late.

    A signed date has whole seconds only, so from afar the opening counts from the beginning of its second.
    """
    from_afar = cast.channel in FROM_AFAR
    opens_at = motion.opens_at.replace(microsecond=0) - motion.settings.grace if from_afar else motion.opens_at
    if motion.state is MotionState.SCHEDULED or cast.cast_at < opens_at:
        raise BallotRefused("early", "This vote has not opened yet.")
    last = acceptance_ends_at(motion) if from_afar else motion.closes_at
    if cast.cast_at > motion.closes_at or cast.received_at > last:
        raise BallotRefused("late", "This vote closed before your vote arrived. It could not be counted.")
    if motion.state is not MotionState.OPEN:
        raise BallotRefused("closed", "This vote is closed.")


def _adds_to(earlier: Ballot, cast: Cast) -> bool:
    """Return whether the marks join those that the same actor sent the same way; ballots of others never merge."""
    return (
        cast.accumulate
        and cast.actor_id is not None
        and (earlier.channel, earlier.actor_id) == (cast.channel, cast.actor_id)
    )


def _whole_choice(earlier: Ballot | None, cast: Cast) -> Choice:
    if earlier is None or not _adds_to(earlier, cast):
        return cast.choice
    return (*earlier.choice, *cast.choice)


def _check_replacing(motion: Motion, earlier: Ballot, cast: Cast) -> None:
    """The ballot received last counts, also when one from afar waited in a queue while a newer one was cast here."""
    if motion.settings.change is Change.NEVER:
        raise BallotRefused("duplicate", "You have voted; a vote on this proposal cannot be changed.")
    if cast.channel in FROM_AFAR and cast.received_at < earlier.received_at:
        raise BallotRefused("superseded", "A later vote of yours stands.")


def _ordered(motion: Motion, choice: Choice) -> Choice:
    """Return sets and scores in the order of the options, so that equal ballots are equal; a ranking stays as it is."""
    if METHODS[motion.method].shape is Shape.RANKING:
        return choice
    known = [option.key for option in motion.options if option.key in choice]
    unknown = [key for key in choice if key not in known]
    if isinstance(choice, Scores):
        return Scores({key: choice[key] for key in (*known, *unknown)})
    return (*known, *unknown)


def _reason(motion: Motion, choice: Choice, cast: Cast) -> str:
    settings = motion.settings
    reason = prose(cast.reason)
    if settings.reasons is Reasons.OFF:
        reason = ""
    if len(reason) > settings.reason_max:
        raise BallotRefused(
            "reason-long", f"A reason has at most {settings.reason_max} characters; yours has {len(reason)}."
        )
    if not reason and wants_reason(motion, choice):
        raise BallotRefused("reason", "This answer needs a reason.")
    return reason


def wants_reason(motion: Motion, choice: Choice) -> bool:
    """Return whether this choice stands with a reason only: by the motion's settings or by its method."""
    settings = motion.settings
    wanted = settings.reasons is Reasons.REQUIRED or (
        settings.reasons is Reasons.REQUIRED_FOR and not set(settings.reasons_for).isdisjoint(choice)
    )
    return wanted or METHODS[motion.method].needs_reason(choice, settings)
