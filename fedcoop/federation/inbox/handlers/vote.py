"""A vote from afar on a motion of ours: counted as a member's ballot, or refused with a code (federation.md 12.3).

It is never shown as a reply, stored as a post, forwarded or announced, whatever its outcome. One signed by a key that merely
appeared beside the known ones is nobody's word yet: the link rests until its member confirms it (federation.md 14.4).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fedcoop.accounts.freezing import KEYS_CHANGED
from fedcoop.actions.fediverse import overtaking
from fedcoop.actions.fediverse.votes import Mark, RemoteVote, count_votes, note_vote, refuse_vote, unknown_key
from fedcoop.actions.members.member import freeze_links
from fedcoop.federation.inbox.contract import Received, digest_of
from fedcoop.federation.translate.decisions import option_by_name
from fedcoop.federation.wire.activities import PollVote
from fedcoop.governance.motions.ballots import Cast, accept
from fedcoop.governance.motions.motion import Channel, Motion
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.words.refusals import NotCounted
from fedcoop.kernel.errors import BallotRefused
from fedcoop.kernel.ids import MemberId
from fedcoop.storage.members.member import Voter
from fedcoop.storage.unit_of_work import UnitOfWork

MULTIPLE = "anyOf"
MOST_AT_ONCE = 20
"""How many marks of one activity are looked at: twice what a poll of ours has options."""


@dataclass(frozen=True, slots=True)
class _Said:
    """What one activity says about one motion: a vote to be counted, or why none of its marks can be."""

    received: Received
    motion: Motion
    voter: Voter
    marks: tuple[PollVote, ...]
    vote: RemoteVote | BallotRefused


def apply(received: Received, uow: UnitOfWork, prepared: Any) -> None:
    """Count what the sender's marks say, motion by motion; a refusal leaves its trace and changes nothing."""
    apply_many([received], uow)


def motion_of(received: Received) -> str | None:
    """Return the one motion that it is about: such activities can be counted together."""
    urls = {vote.in_reply_to for vote in received.all_votes}
    return urls.pop() if len(urls) == 1 else None


def apply_many(batch: Sequence[Received], uow: UnitOfWork) -> None:
    """Do the same for many, with few statements for those on one motion: each as if it came alone after those before it."""
    voters = uow.members.voters([*{received.actor_uri for received in batch}])
    motions = {url: uow.motions.find_by_url(url, lock=True) for url in sorted(_urls(batch))}
    taken_back = overtaking.taken_back(uow, _ids(batch))
    said: list[_Said] = []
    for received in batch:
        voter = voters.get(received.actor_uri)
        if voter is None:
            continue
        voters[received.actor_uri] = voter = _rested(received, uow, voter)
        for url in dict.fromkeys(vote.in_reply_to for vote in received.all_votes):
            motion = motions[url]
            if motion is None:
                continue
            if received.proven_by != "signature":
                _note_copy(uow, motion, voter)
                continue
            marks = tuple(vote for vote in received.all_votes if vote.in_reply_to == url)[:MOST_AT_ONCE]
            said.append(_Said(received, motion, voter, marks, _vote(received, motion, marks, voter, taken_back)))
    for motion in motions.values():
        if motion is not None:
            _count(uow, motion, [one for one in said if one.motion.id == motion.id])


def _urls(batch: Sequence[Received]) -> set[str]:
    return {vote.in_reply_to for received in batch for vote in received.all_votes}


def _ids(batch: Sequence[Received]) -> Iterator[tuple[str, str]]:
    for received in batch:
        for uri in (received.id, *(vote.id or "" for vote in received.all_votes)):
            yield received.actor_uri, uri


def _rested(received: Received, uow: UnitOfWork, voter: Voter) -> Voter:
    """Return the voter; one who signs by a key that is not known yet has a link that rests from now on."""
    if not received.by_new_key or voter.link_state != "active":
        return voter
    freeze_links(uow, actor_ids=[voter.actor_id], reason=KEYS_CHANGED)
    return replace(voter, link_state="frozen")


def _count(uow: UnitOfWork, motion: Motion, said: Sequence[_Said]) -> None:
    votes = [one.vote for one in said if isinstance(one.vote, RemoteVote)]
    counted = iter(count_votes(uow, motion, votes) if votes else ())
    for one in said:
        left = (
            tuple(NotCounted(mark.name, one.vote.code) for mark in one.marks)
            if isinstance(one.vote, BallotRefused)
            else next(counted)
        )
        if left:
            refuse_vote(
                uow,
                motion=motion,
                actor_id=one.voter.actor_id,
                origin=one.received.origin,
                code=left[0].code,
                linked=one.voter.link_state == "active",
                marks=left,
            )


def _note_copy(uow: UnitOfWork, motion: Motion, voter: Voter) -> None:
    """A copy that somebody else brought counts for nothing, and takes nothing from the voter: not even the one answer."""
    if voter.link_state == "active":
        note_vote(uow, motion=motion, actor_id=voter.actor_id, code="forged")


def _vote(
    received: Received,
    motion: Motion,
    votes: tuple[PollVote, ...],
    voter: Voter,
    taken_back: set[tuple[str, str]],
) -> RemoteVote | BallotRefused:
    """Return what is to be counted, or why nothing of it can be, whatever it says."""
    if not received.forged.isdisjoint(votes):
        return BallotRefused("forged")
    if voter.link_state != "active" or voter.member_id is None:
        return BallotRefused(_code_for_stranger(motion, received))
    accumulate = METHODS[motion.method].wire == MULTIPLE
    if len(votes) > 1 and not accumulate:
        return BallotRefused("too-many")
    ids = dict.fromkeys([received.id, *(vote.id or "" for vote in votes)])
    return RemoteVote(
        motion=motion,
        member_id=MemberId(voter.member_id),
        actor_id=voter.actor_id,
        marks=tuple(_mark(received, motion, vote) for vote in votes),
        activity_digest=received.digest,
        cast_at=received.cast_at,
        received_at=received.received_at,
        accumulate=accumulate,
        taken_back=tuple(digest_of(uri) for uri in ids if (received.actor_uri, uri) in taken_back),
    )


def _mark(received: Received, motion: Motion, vote: PollVote) -> Mark:
    option = option_by_name(motion.options, vote.name)
    key = unknown_key(vote.name) if option is None else option.key
    return Mark(digest_of(vote.id) if vote.id else digest_of(f"{received.digest.hex()} {key}"), key)


def _code_for_stranger(motion: Motion, received: Received) -> str:
    """Ask the rule as for somebody outside the roll: the checks of 12.3 that come before the link have their own codes."""
    cast = Cast((), "", Channel.ACTIVITYPUB, None, received.cast_at, received.received_at)
    try:
        accept(motion, None, None, cast, ballot_id=0, nonce="")
    except BallotRefused as refusal:
        return "unlinked" if refusal.code == "ineligible" else refusal.code
    return "unlinked"
