"""A Proposal is a text with its life (governance.md 2); what is decided on it is a Motion.

Theory: one table of (state, event) → state; whatever is not in it cannot happen. All states are here; only `draft`,
`voting`, `closed` and `decided` are mandatory, and a template passes by the others. Where one event of governance.md
may lead to several states, each way has an event of its own (`submit`, `seek_sponsors`, `discuss`, `schedule`), so that
the table stays a function. Guards are apart: `drafting` has those until voting, `lifecycle` those of a motion.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from fedcoop.kernel.errors import Conflict
from fedcoop.kernel.ids import MemberId, ProposalId


class ProposalState(StrEnum):
    """The states of a proposal."""

    DRAFT = "draft"
    ADMISSION = "admission"
    DISCUSSION = "discussion"
    FROZEN = "frozen"
    VOTING = "voting"
    CLOSED = "closed"
    DECIDED = "decided"
    IN_FORCE = "in_force"
    REVIEW_DUE = "review_due"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"
    REJECTED = "rejected"
    ANNULLED = "annulled"
    SUPERSEDED = "superseded"
    REPEALED = "repealed"


class ProposalEvent(StrEnum):
    """What can happen to a proposal."""

    SAVE = "save"
    SUBMIT = "submit"
    SCHEDULE = "schedule"
    SEEK_SPONSORS = "seek_sponsors"
    DISCUSS = "discuss"
    SPONSORED = "sponsored"
    LAPSE = "lapse"
    EDIT = "edit"
    FREEZE = "freeze"
    OPEN = "open"
    ADOPT = "adopt"
    WITHDRAW = "withdraw"
    EXTEND = "extend"
    CLOSE = "close"
    DECIDE = "decide"
    REJECT = "reject"
    NEXT_VERSION = "next_version"
    CALL_AGAIN = "call_again"
    CALL_IN = "call_in"
    TAKE_EFFECT = "take_effect"
    REVIEW = "review"
    KEEP = "keep"
    SUPERSEDE = "supersede"
    REPEAL = "repeal"
    ANNUL = "annul"


S, E = ProposalState, ProposalEvent
TRANSITIONS: dict[tuple[ProposalState, ProposalEvent], ProposalState] = {
    (S.DRAFT, E.SAVE): S.DRAFT,
    (S.DRAFT, E.SUBMIT): S.VOTING,  # a template without the phases: the vote opens at once
    (S.DRAFT, E.SCHEDULE): S.FROZEN,  # the same, with a vote that opens later
    (S.DRAFT, E.SEEK_SPONSORS): S.ADMISSION,
    (S.DRAFT, E.DISCUSS): S.DISCUSSION,
    (S.DRAFT, E.WITHDRAW): S.WITHDRAWN,
    (S.ADMISSION, E.SPONSORED): S.DISCUSSION,
    (S.ADMISSION, E.LAPSE): S.LAPSED,
    (S.ADMISSION, E.ADOPT): S.ADMISSION,
    (S.ADMISSION, E.WITHDRAW): S.WITHDRAWN,
    (S.DISCUSSION, E.EDIT): S.DISCUSSION,
    (S.DISCUSSION, E.FREEZE): S.FROZEN,
    (S.DISCUSSION, E.ADOPT): S.DISCUSSION,
    (S.DISCUSSION, E.WITHDRAW): S.WITHDRAWN,
    (S.FROZEN, E.OPEN): S.VOTING,
    (S.FROZEN, E.ADOPT): S.FROZEN,
    (S.FROZEN, E.WITHDRAW): S.WITHDRAWN,
    (S.VOTING, E.EXTEND): S.VOTING,
    (S.VOTING, E.CLOSE): S.CLOSED,
    (S.VOTING, E.ANNUL): S.ANNULLED,
    (S.CLOSED, E.DECIDE): S.DECIDED,
    (S.CLOSED, E.REJECT): S.REJECTED,
    (S.CLOSED, E.NEXT_VERSION): S.DISCUSSION,  # consent: objections are worked into a new version (7.5)
    (S.CLOSED, E.CALL_AGAIN): S.FROZEN,  # too few took part: the same text, once more (6)
    (S.CLOSED, E.ANNUL): S.ANNULLED,
    (S.DECIDED, E.TAKE_EFFECT): S.IN_FORCE,
    (S.DECIDED, E.CALL_IN): S.FROZEN,  # members move a decider's decision to a resolution (7.4)
    (S.DECIDED, E.ANNUL): S.ANNULLED,
    (S.REJECTED, E.ANNUL): S.ANNULLED,
    (S.IN_FORCE, E.ANNUL): S.ANNULLED,  # without a later date a decision is in force at once
    (S.REVIEW_DUE, E.ANNUL): S.ANNULLED,
    (S.IN_FORCE, E.REVIEW): S.REVIEW_DUE,
    (S.IN_FORCE, E.SUPERSEDE): S.SUPERSEDED,
    (S.IN_FORCE, E.REPEAL): S.REPEALED,
    (S.REVIEW_DUE, E.KEEP): S.IN_FORCE,  # looked at, and it stays
    (S.REVIEW_DUE, E.SUPERSEDE): S.SUPERSEDED,
    (S.REVIEW_DUE, E.REPEAL): S.REPEALED,
}
UNDER_DISCUSSION = (S.ADMISSION, S.DISCUSSION, S.FROZEN)
"""The states in which a proposal can be read and has not been put to the vote."""
ENDED_EARLY = (S.WITHDRAWN, S.LAPSED)
"""The states of what ended without a vote."""
TERMINAL = frozenset(S) - {state for state, _ in TRANSITIONS}
"""The states that nothing leaves."""


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
