"""A member is a row in the co-op's register, and its status says whether there is a vote (governance.md 15)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fedcoop.kernel.errors import NotAllowed
from fedcoop.kernel.ids import MemberId


class MemberStatus(StrEnum):
    """The states of a membership (governance.md 15.2)."""

    APPLIED = "applied"
    APPROVED = "approved"
    PROBATION = "probation"
    FULL = "full"
    SUSPENDED = "suspended"
    DORMANT = "dormant"
    LEAVING = "leaving"
    LEFT = "left"
    EXPELLED = "expelled"
    CEASED = "ceased"


DEFAULT_CLASS = "member"
VOTING = frozenset({MemberStatus.FULL, MemberStatus.LEAVING})
ENDED = frozenset({MemberStatus.LEFT, MemberStatus.EXPELLED, MemberStatus.CEASED})
ACTING = frozenset({MemberStatus.FULL, MemberStatus.LEAVING, MemberStatus.PROBATION, MemberStatus.DORMANT})
SIGNING_IN = ACTING | {MemberStatus.SUSPENDED}


@dataclass(frozen=True, slots=True)
class Member:
    """A person or organisation in the register; `number` is never reused, `name` is the short unique one.

    `arrears_since` is when dues were overdue beyond the grace period, None in good standing (3). `merged_into` is the
    other number of the same person, where somebody had two.
    """

    id: MemberId
    number: int
    name: str
    display_name: str
    email: str
    member_class: str
    status: MemberStatus
    is_admin: bool
    joined_at: datetime
    left_at: datetime | None
    arrears_since: datetime | None = None
    merged_into: MemberId | None = None

    @property
    def may_vote(self) -> bool:
        """Whether the status carries a vote: full, and leaving until the effective date (governance.md 15.2)."""
        return self.status in VOTING

    @property
    def may_sign_in(self) -> bool:
        """Whether a session, link or token may stand for this membership at all (members-place.md 1.1)."""
        return self.status in SIGNING_IN

    @property
    def may_act(self) -> bool:
        """Whether the member may do more than read: who is suspended may not (members-place.md 1.1)."""
        return self.status in ACTING

    @property
    def has_office(self) -> bool:
        """Whether the powers of the office can be used: they rest while the membership does."""
        return self.is_admin and self.may_act


def check_signing_in(member: Member) -> None:
    """Raise NotAllowed (`membership-over`) unless a session may stand for this membership."""
    if not member.may_sign_in:
        raise NotAllowed("membership-over", "This membership is not running, so nobody can sign in with it.")


def check_acting(member: Member) -> None:
    """Raise NotAllowed (`not-a-member`) unless the member may act now."""
    if not member.may_sign_in:
        raise NotAllowed("not-a-member", "This is for members.")
    if not member.may_act:
        raise NotAllowed(
            "not-a-member",
            "Your membership is suspended. Until that ends you can read everything, but not vote, write or change anything.",
        )
