"""A Proposal is a text with its life (governance.md 2); what is decided on it is a Motion.

Theory: one table of (state, event) → state; whatever is not in it cannot happen. The mandatory states are here; a
template that switches others on adds rows.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from fedcoop.kernel.errors import Conflict
from fedcoop.kernel.ids import MemberId, ProposalId


class ProposalState(StrEnum):
    """The states of a proposal that every template has, and the terminal ones."""

    DRAFT = "draft"
    VOTING = "voting"
    CLOSED = "closed"
    DECIDED = "decided"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    ANNULLED = "annulled"


class ProposalEvent(StrEnum):
    """What can happen to a proposal."""

    SUBMIT = "submit"
    WITHDRAW = "withdraw"
    CLOSE = "close"
    DECIDE = "decide"
    REJECT = "reject"
    ANNUL = "annul"


S, E = ProposalState, ProposalEvent
TRANSITIONS: dict[tuple[ProposalState, ProposalEvent], ProposalState] = {
    (S.DRAFT, E.SUBMIT): S.VOTING,
    (S.DRAFT, E.WITHDRAW): S.WITHDRAWN,
    (S.VOTING, E.CLOSE): S.CLOSED,
    (S.VOTING, E.ANNUL): S.ANNULLED,
    (S.CLOSED, E.ANNUL): S.ANNULLED,
    (S.CLOSED, E.DECIDE): S.DECIDED,
    (S.CLOSED, E.REJECT): S.REJECTED,
    (S.DECIDED, E.ANNUL): S.ANNULLED,
    (S.REJECTED, E.ANNUL): S.ANNULLED,
}


@dataclass(frozen=True, slots=True)
class Proposal:
    """A text with its author and version."""

    id: ProposalId
    uuid: str
    author_id: MemberId | None
    title: str
    body: str
    version: int
    state: ProposalState
    created_at: datetime


def after(proposal: Proposal, event: ProposalEvent) -> Proposal:
    """Return the proposal after the event. Raises Conflict (`proposal-state`) for a step that the table does not have."""
    state = TRANSITIONS.get((proposal.state, event))
    if state is None:
        raise Conflict("proposal-state", f"A proposal that is {proposal.state} cannot take the step “{event}”.")
    return replace(proposal, state=state)
