"""The co-op's rule values, with the defaults of governance.md; the office will edit them."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from fedcoop.governance.delegation.delegation_rule import DelegationMode


class Who(StrEnum):
    """Who may do a thing."""

    MEMBERS = "members"
    ADMINS = "admins"


@dataclass(frozen=True, slots=True)
class Bylaws:
    """Who may propose, open, announce; how votes may be passed on; how long phases last, how many sponsors it takes."""

    may_open: Who = Who.MEMBERS
    may_announce: Who = Who.MEMBERS
    shortest_vote: timedelta = timedelta(minutes=1)
    delegation: frozenset[DelegationMode] = frozenset({DelegationMode.PROXY, DelegationMode.LIQUID})
    longest_vote: timedelta = timedelta(days=366)
    may_propose: Who = Who.MEMBERS
    shortest_discussion: timedelta = timedelta(days=3)
    rule_discussion: timedelta = timedelta(days=14)
    admission: timedelta = timedelta(days=30)
    adoption: timedelta = timedelta(days=3)
    fewest_sponsors: int = 2
    sponsors_percent: int = 2
    amendment_sponsors: int = 2
    amendment_vote: timedelta = timedelta(days=3)
