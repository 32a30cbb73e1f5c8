"""Two numbers, one person: the register links them, and every open roll keeps one row (governance.md 3).

What the kept number said itself stands. Where only the other number voted, that ballot moves to the kept one: the
person voted, and counts once. If both voted in a secret vote, no ballot can be told from another, and it is annulled.
"""

from dataclasses import dataclass, replace

from fedcoop.actions.members import registrar
from fedcoop.actions.motions import rolls
from fedcoop.actions.motions.motion import annul_motion
from fedcoop.governance.events import RollCorrected
from fedcoop.governance.members.member import ENDED, Member, MemberStatus
from fedcoop.governance.motions.ballots import Ballot, RollEntry
from fedcoop.governance.motions.motion import Motion
from fedcoop.governance.proof import logchain
from fedcoop.governance.rolls.roll import Correction, Merge, merged, pseudonym
from fedcoop.kernel.errors import Conflict, Invalid
from fedcoop.kernel.html import prose
from fedcoop.kernel.ids import MemberId
from fedcoop.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Merged:
    """What the merge did: the kept member, and what became of each open vote, by its URL."""

    kept: Member
    motions: dict[str, str]


def merge_members(uow: UnitOfWork, *, keep: MemberId, drop: MemberId, who: str, reason: str) -> Merged:
    """`drop` is the same person as `keep`: its membership ends, linked to the kept one, and open rolls lose its row.

    Raises Invalid (`reason-empty`) or Conflict (`merge-same`, `merge-gone`).
    """
    kept, dropped = uow.members.get(keep), uow.members.get(drop)
    if not prose(reason):
        raise Invalid("reason-empty", "Write how it is known that both are one person.", field="reason")
    if keep == drop:
        raise Conflict("merge-same", "These are one number already.")
    if kept.status in ENDED or dropped.merged_into is not None:
        raise Conflict("merge-gone", "The number to keep must be a member’s, and the other not merged before.")
    found = {}
    for motion_id in uow.rolls.open_for(drop):
        motion = uow.motions.get(motion_id, lock=True)
        found[motion.url] = _one_row(uow, motion, kept, dropped, who, reason).value
    for group in uow.classes.groups_of(drop):
        uow.classes.leave(group, drop, uow.now)
        if group not in uow.classes.groups_of(keep):
            uow.classes.join(group, keep, uow.now)
    linked = replace(dropped, merged_into=keep)
    if dropped.status in ENDED:
        uow.members.put(linked)
    else:
        registrar.end(uow, linked, status=MemberStatus.CEASED, who=who, reason=reason)
    details = {"kept": kept.number, "dropped": dropped.number}
    uow.audit("members-merged", who=who, subject=f"member:{kept.number}", details=details, reason=prose(reason))
    return Merged(kept, found)


def _one_row(uow: UnitOfWork, motion: Motion, kept: Member, dropped: Member, who: str, reason: str) -> Merge:
    own, theirs = uow.motions.roll_entry(motion.id, kept.id), uow.motions.roll_entry(motion.id, dropped.id)
    assert theirs is not None
    ballot = uow.motions.ballot_of(motion.id, dropped.id)
    kept_voted = uow.motions.ballot_of(motion.id, kept.id) is not None
    verdict = merged(secret=motion.settings.secrecy != "open", kept_voted=kept_voted, dropped_voted=ballot is not None)
    if verdict is Merge.ANNUL:
        annul_motion(uow, by=None, motion_id=motion.id, reason="One member voted under two numbers.")
        return verdict
    if own is None:  # the kept number came later: the right to vote is the person's, and goes with the row
        own = replace(theirs, member_id=kept.id, voter=pseudonym(motion.poll_secret, kept.number))
        motion = rolls.strike(uow, motion, Correction.MERGE, None, own, who=who, reason=reason)
    rolls.strike(uow, motion, Correction.MERGE, theirs, None, who=who, reason=reason)
    if verdict is Merge.MOVES and ballot is not None:
        _move(uow, motion, ballot, own)
    uow.record(RollCorrected(motion_id=motion.id))
    return verdict


def _move(uow: UnitOfWork, motion: Motion, ballot: Ballot, entry: RollEntry) -> None:
    """The ballot stands under the kept number's pseudonym, as it was cast; the log holds both."""
    moved = replace(ballot, id=uow.new_id(), member_id=entry.member_id, voter=entry.voter)
    uow.motions.put_ballots([moved], motion.url)
    uow.motions.append_log(motion.id, motion.url, logchain.ballot_entry(moved))
