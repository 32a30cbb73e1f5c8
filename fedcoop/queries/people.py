"""How a member appears beside what they did: name, and the address their drawn sign is made from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fedcoop.governance.members.member import Member
from fedcoop.kernel.ids import MemberId
from fedcoop.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Person:
    """A member as others see them; `uri` is stable and seeds the avatar."""

    name: str
    uri: str


def person(uow: UnitOfWork, member: Member) -> Person:
    """Return how this member appears."""
    return Person(member.display_name, f"{uow.urls.origin}/members/{member.number}")


def people(uow: UnitOfWork, member_ids: Iterable[MemberId]) -> Mapping[MemberId, Person]:
    """Return how these members appear, in one query."""
    return {key: person(uow, member) for key, member in uow.members.many(list(member_ids)).items()}
