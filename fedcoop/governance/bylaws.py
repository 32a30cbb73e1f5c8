"""The co-op's rule values, with the defaults of governance.md; the office will edit them."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from fedcoop.governance.delegation import DelegationMode


class Who(StrEnum):
    """Who may do a thing."""

    MEMBERS = "members"
    ADMINS = "admins"


@dataclass(frozen=True, slots=True)
class Bylaws:
    """Who may open a motion, announce to the public, how votes may be passed on, and how long a vote lasts."""

    may_open: Who = Who.MEMBERS
    may_announce: Who = Who.MEMBERS
    shortest_vote: timedelta = timedelta(minutes=1)
    delegation: frozenset[DelegationMode] = frozenset({DelegationMode.PROXY, DelegationMode.LIQUID})
    longest_vote: timedelta = timedelta(days=366)
