"""Members ask that a vote be annulled, the committee finds on it, and what was annulled is called again (governance.md 2)."""

from dataclasses import dataclass, replace
from datetime import datetime

from fedcoop.actions.acting import in_name_of
from fedcoop.actions.motions.motion import annul_motion, open_scheduled
from fedcoop.actions.motions.scheduling import Next, add_sequel
from fedcoop.actions.motions.transitions import move, who
from fedcoop.governance.follow_ups.further_votes import SequelKind, check_last, check_rerun
from fedcoop.governance.follow_ups.petitions import (
    ANNUL,
    Petition,
    PetitionState,
    Signature,
    check_finding,
    check_signing,
)
from fedcoop.governance.members.bylaws import Bylaws
from fedcoop.governance.members.permissions import Deed, demand
from fedcoop.governance.motions import lifecycle
from fedcoop.governance.motions.motion import Motion
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.motions.settings import settings_over
from fedcoop.governance.proposals.proposal import Proposal, ProposalEvent, ProposalState
from fedcoop.kernel.errors import Conflict
from fedcoop.kernel.html import markdown_to_html, plain_text, prose
from fedcoop.kernel.ids import MemberId, MotionId, ProposalId, new_uuid
from fedcoop.storage.records import Version
from fedcoop.storage.unit_of_work import UnitOfWork


@in_name_of("by")
def sign_petition(uow: UnitOfWork, *, by: MemberId, motion_id: MotionId, reason: str) -> int:
    """The member has signed that the vote be annulled; return the number of signatures.

    Raises NotAllowed (`not-a-member`, `off-roll`), Conflict (`petition-state`, `petition-signed`), MotionRefused or Invalid.
    """
    motion = uow.motions.get(motion_id, lock=True)
    member = uow.members.get(by)
    petition = uow.deciding.petition(motion_id, ANNUL)
    signed = by in {signature.member_id for signature in uow.deciding.signatures(motion_id, ANNUL)}
    on_roll = member.may_vote and uow.motions.roll_entry(motion_id, by) is not None
    check_last(uow.deciding.sequels_after(motion_id))
    check_signing(motion, petition, on_roll=on_roll, signed=signed, reason=reason)
    if petition is None:
        uow.deciding.put_petition(Petition(motion_id, ANNUL, PetitionState.OPEN, uow.now))
    uow.deciding.sign(motion_id, ANNUL, Signature(by, prose(reason), uow.now))
    number = len(uow.deciding.signatures(motion_id, ANNUL))
    uow.audit("petition-signed", who=who(by), subject=motion.url, details={"signatures": number})
    return number


@in_name_of("by")
def find_on_petition(uow: UnitOfWork, *, by: MemberId | None, motion_id: MotionId, upheld: bool, reason: str) -> Motion:
    """The committee upholds the petition, which annuls the vote, or rejects it; the reason is public. `by` None is the operator.

    Raises NotAllowed, Conflict (`petition-state`, `petition-signatures`) or MotionRefused.
    """
    motion = uow.motions.get(motion_id, lock=True)
    if by is not None:
        demand(uow.members.get(by), Deed.ANNUL, Bylaws())
    petition = uow.deciding.petition(motion_id, ANNUL)
    check_finding(petition, len(uow.deciding.signatures(motion_id, ANNUL)), motion.eligible, reason)
    assert petition is not None
    state = PetitionState.UPHELD if upheld else PetitionState.REJECTED
    uow.deciding.put_petition(replace(petition, state=state, finding=prose(reason), found_at=uow.now))
    details = {"before": petition.state.value, "after": state.value}
    uow.audit(
        "petition-found", who=who(by, nobody="operator"), subject=motion.url, details=details, reason=prose(reason)
    )
    return annul_motion(uow, by=by, motion_id=motion_id, reason=reason) if upheld else motion


@dataclass(frozen=True, slots=True)
class Again:
    """What a re-run changes: all of it as it was where nothing is given; `settings` are words laid over the rules."""

    closes_at: datetime
    title: str = ""
    body: str | None = None
    settings: dict[str, str] | None = None


@in_name_of("by")
def rerun(uow: UnitOfWork, *, by: MemberId, motion_id: MotionId, again: Again) -> Motion:
    """A new vote is open in place of an annulled one, on a proposal of its own; each names the other. Return the new one.

    Raises NotAllowed, MotionRefused (`rerun-state`, or the field), Conflict (`rerun-exists`).
    """
    earlier = uow.motions.get(motion_id, lock=True)
    demand(uow.members.get(by), Deed.COORDINATE, Bylaws(), own=earlier.opened_by == by)
    check_rerun(earlier)
    if any(sequel.kind is SequelKind.RERUN for sequel in uow.deciding.sequels_after(motion_id)):
        raise Conflict("rerun-exists", "This vote has been called again already.")
    title = plain_text(again.title or earlier.title, lifecycle.MAX_TITLE)
    body = prose(earlier.body if again.body is None else again.body)
    settings = settings_over(METHODS[earlier.method], earlier.settings, again.settings or {})
    lifecycle.check_text(title, body)
    lifecycle.check_settings(earlier.method, earlier.options, settings)
    lifecycle.check_dates(uow.now, again.closes_at, Bylaws())
    proposal = _proposal(uow, by, title, body, earlier)
    new = Next(uow.now, again.closes_at, title, body, settings, proposal_id=proposal.id)
    motion = add_sequel(uow, earlier, SequelKind.RERUN, new, by=by)
    open_scheduled(uow, str(motion.id))
    return uow.motions.get(motion.id)


def _proposal(uow: UnitOfWork, by: MemberId, title: str, body: str, earlier: Motion) -> Proposal:
    """A proposal of its own, for the same readers: the annulled one stays annulled."""
    proposal = Proposal(
        id=ProposalId(uow.new_id()),
        uuid=new_uuid(),
        author_id=by,
        title=title,
        body=body,
        version=1,
        state=ProposalState.DRAFT,
        created_at=uow.now,
    )
    html = markdown_to_html(body)
    uow.motions.add_proposal(proposal, body_html=html)
    uow.proposals.add_version(Version(proposal.id, 1, title, body, html, by, "", uow.now))
    plan = uow.proposals.plan(earlier.proposal_id)
    if plan is not None:
        uow.proposals.put_plan(
            replace(
                plan,
                proposal_id=proposal.id,
                context_uuid=new_uuid(),
                submitted_at=uow.now,
                frozen_at=uow.now,
                opens_at=uow.now,
            )
        )
    move(uow, proposal.id, ProposalEvent.SCHEDULE, by=who(by))
    return proposal
