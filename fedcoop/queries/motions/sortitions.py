"""Draws of people as readers see them: what was announced, what was drawn, who was invited in order (governance.md 12)."""

from dataclasses import dataclass

from fedcoop.governance.members.member import Member
from fedcoop.governance.proof import sortition
from fedcoop.governance.proof.sortition import Answer, Invitation, Sortition
from fedcoop.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Invited:
    """Somebody invited: the n-th, id, short name, stratum. What they answered stays with the office."""

    n: int
    person: str
    name: str
    stratum: str


@dataclass(frozen=True, slots=True)
class SortitionView:
    """One draw for one reader; `mine` is the reader's own answer, empty for who is not invited."""

    found: Sortition
    invited: tuple[Invited, ...]
    accepted: int
    declined: int
    mine: str


def sortition_view(uow: UnitOfWork, *, uuid: str, member: Member | None = None) -> SortitionView:
    """Return the draw as it is published. Raises NotFound."""
    found, invitations = uow.sortitions.get(uuid), uow.sortitions.invitations(uuid)
    own = uow.urls.profile(member.name) if member is not None else ""
    return SortitionView(
        found=found,
        invited=tuple(_invited(item) for item in invitations),
        accepted=sum(item.answer is Answer.ACCEPTED for item in invitations),
        declined=sortition.declined(invitations),
        mine=next((item.answer.value for item in invitations if item.person == own), ""),
    )


def _invited(item: Invitation) -> Invited:
    return Invited(item.n, item.person, item.person.rpartition("@")[2], item.stratum)


def office_list(uow: UnitOfWork) -> tuple[tuple[SortitionView, tuple[Invitation, ...]], ...]:
    """Return every draw with all answers, for who has an office."""
    return tuple(
        (sortition_view(uow, uuid=found.uuid), tuple(uow.sortitions.invitations(found.uuid)))
        for found in uow.sortitions.all()
    )
