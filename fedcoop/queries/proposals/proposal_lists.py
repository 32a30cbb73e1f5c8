"""Lists of proposals before their vote: by phase, a member's drafts, and those that wait for somebody (governance.md 2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from fedcoop.governance.members.member import Member
from fedcoop.governance.proposals.amendments import (
    AmendmentKind,
    AmendmentState,
)
from fedcoop.governance.proposals.drafting import Plan
from fedcoop.governance.proposals.proposal import ENDED_EARLY, UNDER_DISCUSSION, Proposal, ProposalState
from fedcoop.kernel.ids import MemberId, ProposalId
from fedcoop.queries.people import Person, people
from fedcoop.storage.records import Part
from fedcoop.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class ProposalLine:
    """One proposal in a list; `due_at` is when its present phase ends."""

    uuid: str
    title: str
    state: str
    method: str
    author: Person | None
    version: int
    due_at: datetime | None
    sponsors: int
    needed: int
    comments: int
    audience: str


@dataclass(frozen=True, slots=True)
class ProposalsView:
    """Proposals by phase, and the reader's own drafts."""

    phases: tuple[tuple[str, tuple[ProposalLine, ...]], ...]
    drafts: tuple[ProposalLine, ...]
    ended: tuple[ProposalLine, ...]

    @property
    def number(self) -> int:
        """How many are under discussion."""
        return sum(len(lines) for _, lines in self.phases)


def proposals_view(uow: UnitOfWork, *, member: Member | None) -> ProposalsView:
    """Return what this reader may see, by phase."""
    found = uow.proposals.listing((*UNDER_DISCUSSION, *ENDED_EARLY), public=member is None)
    plans = uow.proposals.plans([proposal.id for proposal in found])
    seen = [proposal for proposal in found if plans[proposal.id].submitted_at is not None]
    lines = proposal_lines(uow, seen, plans)
    phases = tuple(
        (state.value, tuple(lines[item.id] for item in seen if item.state is state)) for state in UNDER_DISCUSSION
    )
    drafts = uow.proposals.drafts_of(member.id) if member else []
    own = uow.proposals.plans([draft.id for draft in drafts])
    return ProposalsView(
        phases=phases,
        drafts=tuple(proposal_lines(uow, [draft for draft in drafts if draft.id in own], own).values()),
        ended=tuple(lines[item.id] for item in seen if item.state in ENDED_EARLY)[:10],
    )


def under_discussion(uow: UnitOfWork, *, public: bool) -> int:
    """Return how many proposals can be read that have not been put to the vote."""
    return uow.proposals.count_submitted(UNDER_DISCUSSION, public=public)


def proposal_lines(
    uow: UnitOfWork, found: Sequence[Proposal], plans: Mapping[ProposalId, Plan]
) -> dict[ProposalId, ProposalLine]:
    """Return the lines of these proposals, in three queries."""
    named = people(uow, {item.author_id for item in found if item.author_id is not None})
    numbers = uow.proposals.numbers_of([item.id for item in found])
    return {item.id: _line(item, plans[item.id], named, numbers[item.id]) for item in found}


def _line(proposal: Proposal, plan: Plan, named: Mapping[MemberId, Person], numbers: tuple[int, int]) -> ProposalLine:
    due = {
        ProposalState.ADMISSION: plan.admission_ends_at,
        ProposalState.DISCUSSION: plan.discussion_ends_at,
        ProposalState.FROZEN: plan.opens_at,
    }
    return ProposalLine(
        uuid=proposal.uuid,
        title=proposal.title,
        state=proposal.state.value,
        method=plan.method,
        author=named.get(proposal.author_id) if proposal.author_id else None,
        version=proposal.version,
        due_at=due.get(proposal.state),
        sponsors=numbers[0],
        needed=plan.sponsors_needed,
        comments=numbers[1],
        audience=plan.audience,
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """A proposal that waits for this member: one line, one date, one button."""

    uuid: str
    title: str
    due_at: datetime
    verb: str
    why: str
    icon: str


def asked_of(uow: UnitOfWork, member: Member) -> tuple[Asked, ...]:
    """Return the proposals that need this member: one that seeks sponsors, a text they signed that changed, and so on."""
    if not member.may_vote:
        return ()
    found = uow.proposals.listing(UNDER_DISCUSSION)
    plans = uow.proposals.plans([proposal.id for proposal in found])
    ids = [proposal.id for proposal in found]
    part, numbers = uow.proposals.part_of(member.id, ids), uow.proposals.numbers_of(ids)
    asked = (_asked(uow, item, plans[item.id], member, part, numbers[item.id][0]) for item in found)
    return tuple(sorted((item for item in asked if item is not None), key=lambda item: item.due_at))


def _asked(uow: UnitOfWork, proposal: Proposal, plan: Plan, member: Member, part: Part, sponsors: int) -> Asked | None:
    writes = proposal.author_id == member.id or proposal.id in part.co_writes
    signed = part.sponsored.get(proposal.id)
    if plan.withdrawal_at is not None:
        if signed is not None:
            why = "Its author withdrew it; you stood behind it"
            return Asked(proposal.uuid, proposal.title, plan.withdrawal_at, "Adopt it or let it go", why, "flag")
        return None
    if proposal.state is ProposalState.ADMISSION and plan.admission_ends_at is not None:
        if writes or signed is not None:
            return None
        why = f"{sponsors} of {plan.sponsors_needed} sponsors found"
        return Asked(proposal.uuid, proposal.title, plan.admission_ends_at, "Read it", why, "people")
    if proposal.state is ProposalState.FROZEN and plan.opens_at is not None and plan.discusses:
        return Asked(
            proposal.uuid, proposal.title, plan.opens_at, "Read it", "The text is fixed; the vote comes", "lock"
        )
    if proposal.state is not ProposalState.DISCUSSION or plan.discussion_ends_at is None:
        return None
    if writes and _friendly_waits(uow, proposal.id, member.id):
        why = "An amendment waits for your answer"
        return Asked(proposal.uuid, proposal.title, plan.discussion_ends_at, "Answer", why, "edit")
    if signed is not None and signed < proposal.version:
        why = f"The text you stand behind changed: version {proposal.version}"
        return Asked(proposal.uuid, proposal.title, plan.discussion_ends_at, "See what changed", why, "edit")
    if writes or signed is not None or proposal.id in part.spoke:
        return None
    why = "Under discussion; you have not said anything yet"
    return Asked(proposal.uuid, proposal.title, plan.discussion_ends_at, "Read it", why, "talk")


def _friendly_waits(uow: UnitOfWork, proposal_id: ProposalId, member_id: MemberId) -> bool:
    found = [
        item
        for item in uow.proposals.amendments(proposal_id)
        if item.kind is AmendmentKind.FRIENDLY and item.state is AmendmentState.OPEN
    ]
    backers = uow.proposals.backers([item.id for item in found])
    return any(member_id not in backers[item.id] for item in found)
