"""Who writes a proposal together: the author asks others, and each may leave again (governance.md 2)."""

from fedcoop.actions.acting import in_name_of
from fedcoop.actions.motions.transitions import who
from fedcoop.actions.proposals.proposal import locked
from fedcoop.governance.proposals.proposal import ProposalState
from fedcoop.kernel.errors import Conflict, Invalid, NotAllowed
from fedcoop.kernel.ids import MemberId
from fedcoop.storage.unit_of_work import UnitOfWork


@in_name_of("by")
def add_author(uow: UnitOfWork, *, by: MemberId, uuid: str, name: str) -> None:
    """The member of this name writes with the author from now on, and may leave again."""
    proposal, _ = locked(uow, uuid)
    if proposal.author_id != by:
        raise NotAllowed("not-an-author", "Only the author can ask others to write with them.")
    member = uow.members.find_by_name(name.strip().lstrip("@"))
    if member is None or not member.may_vote or member.id == by:
        raise Invalid("co-author", "There is no other member with this name.", field="name")
    if proposal.state not in (ProposalState.DRAFT, ProposalState.ADMISSION, ProposalState.DISCUSSION):
        raise Conflict("proposal-state", "The text is fixed; there is nothing to write together any more.")
    uow.proposals.drop_sponsor(proposal.id, member.id)
    if uow.proposals.add_author(proposal.id, member.id, uow.now):
        uow.audit("proposal-author", who=who(by), subject=uow.urls.proposal(uuid), details={"member": int(member.id)})


@in_name_of("by")
def leave_authors(uow: UnitOfWork, *, by: MemberId, uuid: str) -> None:
    """The member writes with the others no more."""
    proposal, _ = locked(uow, uuid)
    uow.proposals.drop_author(proposal.id, by)
