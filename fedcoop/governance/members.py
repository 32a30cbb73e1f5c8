"""A member is a row in the co-op's register, and its status says whether there is a vote (governance.md 15)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

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


VOTING = frozenset({MemberStatus.FULL, MemberStatus.LEAVING})
ENDED = frozenset({MemberStatus.LEFT, MemberStatus.EXPELLED, MemberStatus.CEASED})


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
