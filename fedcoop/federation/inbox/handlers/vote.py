"""A vote from afar on a motion of ours: counted as a member's ballot, or refused with a code (federation.md 12.3).

It is never shown as a reply, stored as a post, forwarded or announced, whatever its outcome. One signed by a key that merely
appeared beside the known ones is nobody's word yet: the link rests until its member confirms it (federation.md 14.4).
"""

from dataclasses import replace
from typing import Any

from fedcoop.accounts.freezing import KEYS_CHANGED
from fedcoop.actions import overtaking
from fedcoop.actions.members import freeze_links
from fedcoop.actions.votes import Mark, RemoteVote, count_vote, note_vote, refuse_vote, unknown_key
from fedcoop.federation.inbox.contract import Received, digest_of
from fedcoop.federation.translate.decisions import option_by_name
from fedcoop.federation.wire.activities import PollVote
from fedcoop.governance.ballots import Cast, accept
from fedcoop.governance.methods import METHODS
from fedcoop.governance.motions import Channel, Motion
from fedcoop.governance.refusals import NotCounted
from fedcoop.kernel.errors import BallotRefused
from fedcoop.kernel.ids import MemberId
from fedcoop.storage.members import Voter
from fedcoop.storage.unit_of_work import UnitOfWork

MULTIPLE = "anyOf"
MOST_AT_ONCE = 20
"""How many marks of one activity are looked at: twice what a poll of ours has options."""


def apply(received: Received, uow: UnitOfWork, prepared: Any) -> None:
    """Count what the sender's marks say, motion by motion; a refusal leaves its trace and changes nothing."""
    voter = uow.members.voter(received.actor_uri)
    if voter is None:
        return
    if received.by_new_key and voter.link_state == "active":
        freeze_links(uow, actor_ids=[voter.actor_id], reason=KEYS_CHANGED)
        voter = replace(voter, link_state="frozen")
    for url in dict.fromkeys(vote.in_reply_to for vote in received.all_votes):
        motion = uow.motions.find_by_url(url)
        if motion is None:
            continue
        if received.proven_by != "signature":
            _note_copy(uow, motion, voter)
            continue
        votes = [vote for vote in received.all_votes if vote.in_reply_to == url][:MOST_AT_ONCE]
        try:
            left = _count(received, uow, motion, votes, voter)
        except BallotRefused as refusal:
            left = tuple(NotCounted(vote.name, refusal.code) for vote in votes)
        if left:
            refuse_vote(
                uow,
                motion=motion,
                actor_id=voter.actor_id,
                origin=received.origin,
                code=left[0].code,
                linked=voter.link_state == "active",
                marks=left,
            )


def _note_copy(uow: UnitOfWork, motion: Motion, voter: Voter) -> None:
    """A copy that somebody else brought counts for nothing, and takes nothing from the voter: not even the one answer."""
    if voter.link_state == "active":
        note_vote(uow, motion=motion, actor_id=voter.actor_id, code="forged")


def _count(
    received: Received, uow: UnitOfWork, motion: Motion, votes: list[PollVote], voter: Voter
) -> tuple[NotCounted, ...]:
    """Return the marks that did not count. Raises BallotRefused where none can, whatever it says."""
    if not received.forged.isdisjoint(votes):
        raise BallotRefused("forged")
    if voter.link_state != "active" or voter.member_id is None:
        raise BallotRefused(_code_for_stranger(motion, received))
    accumulate = METHODS[motion.method].wire == MULTIPLE
    if len(votes) > 1 and not accumulate:
        raise BallotRefused("too-many")
    return count_vote(
        uow,
        RemoteVote(
            motion=motion,
            member_id=MemberId(voter.member_id),
            actor_id=voter.actor_id,
            marks=tuple(_mark(received, motion, vote) for vote in votes),
            activity_digest=received.digest,
            cast_at=received.cast_at,
            received_at=received.received_at,
            accumulate=accumulate,
            taken_back=_taken_back(received, uow, votes),
        ),
    )


def _taken_back(received: Received, uow: UnitOfWork, votes: list[PollVote]) -> tuple[bytes, ...]:
    """Return the digests of those ids whose `Undo` or `Delete` came first (8.1)."""
    sender, ids = received.sender(uow), [received.id, *(vote.id or "" for vote in votes)]
    return () if sender is None else tuple(map(digest_of, overtaking.taken_back(uow, actor=sender, uris=ids)))


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
