"""The co-op's rule values, with the defaults of governance.md; the office will edit them."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Who(StrEnum):
    """Who may do a thing."""

    MEMBERS = "members"
    ADMINS = "admins"


@dataclass(frozen=True, slots=True)
class Bylaws:
    """Who may open a motion, announce to the public, and how long a vote lasts."""

    may_open: Who = Who.MEMBERS
    may_announce: Who = Who.MEMBERS
    shortest_vote: timedelta = timedelta(minutes=1)
    longest_vote: timedelta = timedelta(days=366)
