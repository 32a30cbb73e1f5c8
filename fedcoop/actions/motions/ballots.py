"""Casting and withdrawing ballots: every door calls these (architecture.md 1). No door checks a rule itself."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from fedcoop.actions.acting import in_name_of
from fedcoop.actions.motions import rolls
from fedcoop.actions.motions.joining import watch_target
from fedcoop.governance.delegation.delegation_rule import DelegationMode
from fedcoop.governance.events import BallotCast, BallotWithdrawn, VoteSentAbroad
from fedcoop.governance.motions.ballots import Ballot, Cast, RollEntry, accept, entitled, may_withdraw
from fedcoop.governance.motions.choices import Choice, Scores, Shape
from fedcoop.governance.motions.motion import Channel, Motion
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.motions.tallies import Ranking
from fedcoop.governance.proof import logchain
from fedcoop.governance.ranked.ranking import on_paper
from fedcoop.kernel.clock import rfc3339
from fedcoop.kernel.errors import BallotRefused, Conflict, NotFound
from fedcoop.kernel.html import fold_name
from fedcoop.kernel.ids import ActorId, MemberId, MotionId, RemoteMotionId
from fedcoop.storage.records import VoteAbroad
from fedcoop.storage.unit_of_work import UnitOfWork


def cast_ballot(
    uow: UnitOfWork,
    *,
    voter: MemberId,
    motion_id: MotionId,
    choice: Choice,
    channel: Channel,
    cast_at: datetime,
    received_at: datetime,
    reason: str = "",
    actor_id: ActorId | None = None,
    accumulate: bool = False,
) -> Ballot:
    """Record a member's ballot, replacing an earlier one where the motion allows it.

    Raises BallotRefused with a code (`late`, `ineligible`, `duplicate`, …); nothing is stored then.
    """
    cast = Cast(choice, reason, channel, actor_id, cast_at, received_at, accumulate)
    (found,) = cast_many(uow, motion_id, [(voter, cast)])
    if isinstance(found, BallotRefused):
        raise found
    return found


def cast_many(
    uow: UnitOfWork, motion_id: MotionId, casts: Sequence[tuple[MemberId, Cast]]
) -> list[Ballot | BallotRefused]:
    """Record ballots of members on one motion, each as if it came alone after those before it, with a few statements.

    Return for each the ballot, or why it does not stand; then nothing of it is stored.
    """
    box = Box(uow, uow.motions.get(motion_id, lock=True), [voter for voter, _ in casts])
    found: list[Ballot | BallotRefused] = []
    for voter, cast in casts:
        try:
            found.append(box.take(voter, cast)[0])
        except BallotRefused as refusal:
            found.append(refusal)
    box.store()
    return found


def cast_on_page(
    uow: UnitOfWork, *, voter: MemberId, uuid: str, marks: Choice, reason: str, received_at: datetime
) -> bool:
    """Record what a member marked on the motion's page; return whether it changed what they had chosen before.

    "None of these" clears the other marks (design.md 5), and nothing marked is a ballot only where that is an abstention.
    Raises BallotRefused as `cast_ballot` does, and NotFound.
    """
    motion = uow.motions.find_by_uuid(uuid, lock=True)
    if motion is None:
        raise NotFound("motion-unknown", "There is no such proposal.")
    none = motion.settings.extra.get("none")
    choice = (str(none),) if none in marks else marks if isinstance(marks, Scores) else tuple(dict.fromkeys(marks))
    cast = Cast(choice, reason, Channel.WEB, None, received_at, received_at)
    box = Box(uow, motion, [voter])
    ballot, earlier = box.take(voter, cast)
    box.store()
    if not choice and motion.settings.extra.get("min", 0):
        raise BallotRefused("too-few", "Choose an answer.")
    return earlier is not None and earlier.choice != ballot.choice


def try_on_page(
    uow: UnitOfWork, *, voter: MemberId, uuid: str, marks: Choice, reason: str, received_at: datetime
) -> None:
    """Say whether this ballot would stand, and store nothing: a member looks at a ranking once more before casting it.

    Raises BallotRefused as `cast_ballot` does, and NotFound.
    """
    motion = uow.motions.find_by_uuid(uuid)
    if motion is None:
        raise NotFound("motion-unknown", "There is no such proposal.")
    cast = Cast(marks, reason, Channel.WEB, None, received_at, received_at)
    Box(uow, motion, [voter]).judge(voter, cast, ballot_id=0)


class Box:
    """Ballots on one motion, whose row is locked: judged one after the other, stored together (`store`)."""

    def __init__(self, uow: UnitOfWork, motion: Motion, voters: Sequence[MemberId]) -> None:
        self._uow = uow
        self._motion = motion
        self._states = uow.motions.voter_states(motion.id, voters)
        by_proxy = motion.settings.delegation.mode is DelegationMode.PROXY
        self._by_proxies = uow.delegations.ballots_by_proxies(motion.id, voters) if by_proxy else {}
        self._taken: list[tuple[Ballot, Ballot | None]] = []

    def judge(self, voter: MemberId, cast: Cast, *, ballot_id: int) -> tuple[Ballot, Ballot | None, RollEntry | None]:
        """Return the ballot that would stand, the one it replaces, and the row of a late joiner who has none yet.

        A ballot that a proxy cast for the member gives way, also where none may change. Raises BallotRefused.
        """
        entry, status, earlier = self._states.get(voter, (None, None, None))
        if earlier is not None and self._by_proxies.get(voter) == earlier.id:
            earlier = None
        late = rolls.late_entry(self._uow, self._motion, voter) if entry is None else None
        entry = late or entitled(entry, status, self._motion.settings.electorate)
        nonce = secrets.token_hex(16)
        return accept(self._motion, entry, earlier, cast, ballot_id=ballot_id, nonce=nonce), earlier, late

    def take(self, voter: MemberId, cast: Cast) -> tuple[Ballot, Ballot | None]:
        """Return the ballot, which stands from now on, and the one it replaces. Raises BallotRefused."""
        ballot, earlier, late = self.judge(voter, cast, ballot_id=self._uow.new_id())
        if late is not None:
            self.store()
            self._motion = rolls.enter_late(self._uow, self._motion, late)
            self._states.update(self._uow.motions.voter_states(self._motion.id, [voter]))
        entry, status, _ = self._states[voter]
        self._states[voter] = entry, status, ballot
        self._taken.append((ballot, earlier))
        return ballot, earlier

    def store(self) -> None:
        """What was taken is stored and in the log."""
        taken, self._taken = self._taken, []
        if not taken:
            return
        motions, motion = self._uow.motions, self._motion
        motions.put_ballots({ballot.member_id: ballot for ballot, _ in taken}.values(), motion.url)
        motions.append_log(motion.id, motion.url, *(logchain.ballot_entry(ballot) for ballot, _ in taken))
        self._uow.record(BallotCast(motion_id=motion.id))
        changes = [(earlier.choice if earlier is not None else (), ballot.choice) for ballot, earlier in taken]
        watch_target(self._uow, motion, changes)


def cast_by_teller(
    uow: UnitOfWork, *, teller: str, voter: MemberId, motion_id: MotionId, choice: Choice | Ranking, reason: str = ""
) -> Ballot:
    """Record a paper ballot for a member; the teller's name is in the audit log (governance.md 4).

    Of a ranking with equal or skipped ranks stands what the rule says of paper (governance.md 7.11).
    """
    ballot = cast_ballot(
        uow,
        voter=voter,
        motion_id=motion_id,
        choice=_strict(uow.motions.get(motion_id), choice),
        channel=Channel.PAPER,
        cast_at=uow.now,
        received_at=uow.now,
        reason=reason,
    )
    motion = uow.motions.get(motion_id)
    uow.audit("paper-ballot", who=teller, subject=motion.url, details={"voter": ballot.voter})
    return ballot


def _strict(motion: Motion, choice: Choice | Ranking) -> Choice:
    if isinstance(choice, Scores):
        return choice
    names = tuple(rank for rank in choice if isinstance(rank, str))
    if len(names) == len(choice):
        return names
    if METHODS[motion.method].shape is not Shape.RANKING:
        raise BallotRefused("choice-shape", "Only in a ranking can a rank have several names.")
    return on_paper(choice, motion.options, motion.settings)


def withdraw_ballot(uow: UnitOfWork, *, voter: MemberId, motion_id: MotionId, channel: Channel, at: datetime) -> None:
    """Cast "no ballot": the member's ballot no longer stands, and the log says so (governance.md 4).

    `at` is when the wish was received. Raises BallotRefused (`closed`, `late`, `duplicate`, `ineligible`, `missing`).
    """
    motion = uow.motions.get(motion_id, lock=True)
    entry, status, earlier = uow.motions.voter_state(motion_id, voter)
    if entry is None or earlier is None:
        raise BallotRefused("missing", "There is no vote of yours to take back.")
    if entitled(entry, status, motion.settings.electorate) is None:
        raise BallotRefused(
            "ineligible", "Your membership rests now, so your vote can be neither changed nor taken back."
        )
    may_withdraw(motion, at)
    uow.motions.drop_ballot(motion.id, voter)
    uow.motions.append_log(motion.id, motion.url, logchain.withdrawal_entry(entry.voter, channel.value, rfc3339(at)))
    uow.record(BallotWithdrawn(motion_id=motion.id))
    watch_target(uow, motion, [(earlier.choice, ())])


@in_name_of("member_id")
def send_abroad(
    uow: UnitOfWork, *, member_id: MemberId, remote_motion_id: RemoteMotionId, names: Sequence[str]
) -> VoteAbroad:
    """Send a member's vote on another server's motion; that server decides whether it counts (federation.md 12.6).

    The vote goes out in the name of the member's public actor here. Raises BallotRefused (`answers-alike`, `option`,
    `too-few`, `too-many`, `late`) or Conflict (`author-gone`, `actor-missing`, `vote-sent`).
    """
    motion = uow.notes.get_remote_motion(remote_motion_id)
    if motion.has_twins:
        raise BallotRefused(
            "answers-alike", "Two answers have the same name, so a vote from here could not tell them apart."
        )
    known = {fold_name(option["name"]): option["name"] for option in motion.options}
    chosen = tuple(dict.fromkeys(known[folded] for name in names if (folded := fold_name(name)) in known))
    if len(chosen) != len(set(names)):
        raise BallotRefused("option", "That answer is not among the choices.")
    if not chosen:
        raise BallotRefused("too-few", "Choose an answer.")
    if len(chosen) > 1 and not motion.multiple:
        raise BallotRefused("too-many", "Choose one answer only.")
    if motion.is_over(uow.now):
        raise BallotRefused("late", "This vote has closed.")
    author = uow.actors.get(motion.actor_id)
    if author.gone_at is not None or uow.actors.is_blocked(author.uri, author.origin):
        raise Conflict("author-gone", "Nothing can be sent to the account that asks this.")
    if uow.members.actor_id_of(member_id) is None:
        raise Conflict(
            "actor-missing", "Voting elsewhere needs a public profile of yours here. Open one in your settings."
        )
    earlier = uow.notes.find_vote_abroad(remote_motion_id, member_id)
    if earlier is not None and not motion.takes_another(earlier):
        raise Conflict("vote-sent", "Your vote was sent, and that vote takes no changes from elsewhere.")
    vote = VoteAbroad(
        id=uow.new_id(), remote_motion_id=remote_motion_id, member_id=member_id, choice=chosen, sent_at=uow.now
    )
    uow.notes.put_vote_abroad(vote)
    uow.audit("vote-sent-abroad", who=f"member:{member_id}", subject=motion.uri)
    uow.record(VoteSentAbroad(remote_motion_id=remote_motion_id, member_id=member_id))
    return vote
