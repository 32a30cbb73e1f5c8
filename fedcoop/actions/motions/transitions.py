"""A step of a proposal's life: its state moves by the table and the audit log has one row about it (governance.md 1, 2)."""

from fedcoop.governance.motions.motion import Motion
from fedcoop.governance.proposals.proposal import Proposal, ProposalEvent, after
from fedcoop.kernel.ids import MemberId, ProposalId
from fedcoop.storage.unit_of_work import UnitOfWork


def who(member_id: MemberId | None, *, nobody: str = "system") -> str:
    """Return how the audit log names who did it."""
    return nobody if member_id is None else f"member:{member_id}"


def move(
    uow: UnitOfWork, proposal_id: ProposalId, event: ProposalEvent, *, by: str = "system", reason: str = ""
) -> Proposal:
    """Take the step, with who, what, when, before and after, and why in the audit log.

    Raises Conflict (`proposal-state`) for a step that the table does not have; nothing is written then.
    """
    before = uow.motions.get_proposal(proposal_id)
    moved = after(before, event)
    uow.motions.put_proposal_state(moved)
    details = {"event": event.value, "before": before.state.value, "after": moved.state.value}
    uow.audit("proposal-moved", who=by, subject=uow.urls.proposal(before.uuid), details=details, reason=reason)
    return moved


def move_with(uow: UnitOfWork, motion: Motion, event: ProposalEvent, *, by: str = "system", reason: str = "") -> None:
    """Take the step that a motion's own step brings; a vote on an amendment brings none: the text is still discussed."""
    if not is_amendment_vote(uow, motion):
        move(uow, motion.proposal_id, event, by=by, reason=reason)


def is_amendment_vote(uow: UnitOfWork, motion: Motion) -> bool:
    """Return whether the motion is about an amendment to its proposal, not about the proposal (governance.md 2.1)."""
    return bool(uow.proposals.amendments_of_motion(motion.id))
