"""What a voter from afar is told whose vote, or a part of it, did not count: one direct Note (federation.md 12.3).

Who ticked several answers is told once, a few seconds after the first that was refused: polls send one message a tick.
"""

from fedcoop.actions.events import VoteRefused
from fedcoop.federation.publish.notes import tell
from fedcoop.federation.publish.outbox import when
from fedcoop.governance.motions.ballots import Ballot
from fedcoop.governance.motions.motion import Channel, Motion
from fedcoop.governance.rolls.bars import bar_to_vote
from fedcoop.governance.words.refusals import (
    NotCounted,
    Told,
    from_json,
    most_of,
    partly_counted_sentence,
    refused_vote_sentence,
)
from fedcoop.kernel.html import escape, link_to
from fedcoop.kernel.ids import ActorId, MemberId, MotionId
from fedcoop.storage.members.member import Voter
from fedcoop.storage.unit_of_work import UnitOfWork

ANSWER_TIMER = "answer_refused_vote"


def answer_refused_vote(uow: UnitOfWork, event: VoteRefused) -> None:
    """Whoever's vote was refused is told why and what to do, now or once all their ticks have come."""
    refused = uow.votes.find_refused_vote(event.motion_id, event.actor_id)
    if refused is None or not uow.site.config.federation.answer_refused_votes:
        return
    key = f"{event.motion_id} {event.actor_id}"
    if refused.answered_at > uow.now:
        uow.set_timer(ANSWER_TIMER, key, refused.answered_at)
    else:
        answer(uow, key)


def answer(uow: UnitOfWork, key: str) -> None:
    """Timer: the voter is told what counts of their vote, what does not, and why."""
    motion_id, actor_id = key.split()
    motion, actor = uow.motions.get(MotionId(int(motion_id))), uow.actors.get(ActorId(int(actor_id)))
    refused = uow.votes.find_refused_vote(motion.id, actor.id)
    voter = uow.members.voter(actor.uri)
    if refused is None or voter is None or actor.gone_at is not None:
        return
    ballot = _ballot_of(uow, motion, voter)
    left = _left(motion, ballot, from_json(refused.marks))
    if ballot is not None and refused.marks and not left:
        return
    tell(uow, actor, _words(uow, motion, voter, str(refused.code), ballot, left), in_reply_to=motion.url)


def _ballot_of(uow: UnitOfWork, motion: Motion, voter: Voter) -> Ballot | None:
    """Return what stands of the votes that came from this account; what was cast elsewhere is not told to its server."""
    if voter.link_state != "active" or voter.member_id is None:
        return None
    ballot = uow.motions.ballot_of(motion.id, MemberId(voter.member_id))
    mine = ballot is not None and (ballot.channel, ballot.actor_id) == (Channel.ACTIVITYPUB, voter.actor_id)
    return ballot if mine else None


def _left(motion: Motion, ballot: Ballot | None, marks: tuple[NotCounted, ...]) -> tuple[NotCounted, ...]:
    """Return the refused marks that do not stand after all."""
    standing = {option.name for option in motion.options if ballot is not None and option.key in ballot.choice}
    return tuple(mark for mark in marks if mark.name not in standing)


def _words(
    uow: UnitOfWork, motion: Motion, voter: Voter, code: str, ballot: Ballot | None, left: tuple[NotCounted, ...]
) -> str:
    page = link_to(motion.url)
    if ballot is not None and left:
        head = f"A part of your vote on “{motion.title}” was not counted."
        told = partly_counted_sentence(motion, tuple(ballot.choice), left)
        return f"<p>{escape(head)}</p><p>{escape(told)}</p><p>{page}</p>"
    if voter.link_state == "active":
        return f"<p>{escape(refused_vote_sentence(code, _told(uow, motion, voter)))}</p><p>{page}</p>"
    return _words_for_stranger(uow, motion, voter, code)


def _words_for_stranger(uow: UnitOfWork, motion: Motion, voter: Voter, code: str) -> str:
    """Whatever kept this vote from counting, no vote from this account counts: they read how that can change."""
    rests = voter.link_state == "frozen"
    told, page, accounts = _told(uow, motion, voter), link_to(motion.url), link_to(uow.urls.settings_accounts)
    if code == "unlinked":
        sentence = refused_vote_sentence("link-rests" if rests else code, told)
    else:
        sentence = f"{refused_vote_sentence(code, told)} {_BESIDES[rests]}"
    how = "Link it again" if rests else "If you are a member: link this account"
    more = "" if rests else "<p>If you are not, you are welcome to reply to the post.</p>"
    return f"<p>{escape(sentence)}</p><p>{how} at {accounts}, or vote at {page}.</p>{more}"


_BESIDES = {
    False: "This account is not linked to a membership, either.",
    True: "The link between this account and your membership rests, too.",
}


def _told(uow: UnitOfWork, motion: Motion, voter: Voter) -> Told:
    instance = uow.site.config.instance
    ended = motion.closed_at or motion.closes_at
    bar = ""
    if voter.member_id is not None:
        member = uow.members.get(MemberId(voter.member_id))
        on_roll = uow.motions.roll_entry(motion.id, member.id) is not None
        bar = bar_to_vote(motion, member, on_roll=on_roll)
    return Told(title=motion.title, coop=instance.name, closed=when(uow, ended), bar=bar, most=most_of(motion))
