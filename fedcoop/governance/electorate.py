"""Who may vote on a motion, as a rule: classes, statuses, groups, days of membership, standing (governance.md 3).

The roll that a rule gave at its record date is `roll.freeze`; this file knows members only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fedcoop.governance.members import VOTING, Member, MemberStatus
from fedcoop.kernel.clock import parse_rfc3339, rfc3339

REQUIRED = "required"
"""The class on the roll of those who must be able to come, in a time poll (governance.md 7.18)."""


@dataclass(frozen=True, slots=True)
class ElectorateRule:
    """Which members are on the roll. Empty `classes`, `groups` and `members` mean all of them.

    `guests` are classes whose stance shows apart and never counts (weight 0). `members` is an explicit list of names.
    `record_date` None is the opening; `live` lets who joins later vote, in votes that bind nobody.
    """

    statuses: frozenset[MemberStatus] = VOTING
    classes: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    members: frozenset[str] = frozenset()
    guests: frozenset[str] = frozenset()
    min_days: int = 0
    good_standing: bool = False
    record_date: datetime | None = None
    live: bool = False

    def admits(self, member: Member) -> bool:
        """Return whether the member is on the roll by status and class."""
        return member.status in self.statuses and (not self.classes or member.member_class in self.classes)


def electorate_to_json(rule: ElectorateRule) -> dict[str, Any]:
    """Return the rule as a JSON value, without what is as usual; empty for everybody with a vote."""
    value: dict[str, Any] = {}
    if rule.statuses != VOTING:
        value["statuses"] = sorted(status.value for status in rule.statuses)
    for name in ("classes", "groups", "members", "guests"):
        if listed := getattr(rule, name):
            value[name] = sorted(listed)
    if rule.min_days:
        value["min_days"] = rule.min_days
    if rule.good_standing:
        value["good_standing"] = True
    if rule.record_date is not None:
        value["record_date"] = rfc3339(rule.record_date)
    if rule.live:
        value["live"] = True
    return value


def electorate_of(value: Mapping[str, Any]) -> ElectorateRule:
    """Return the rule of a JSON value made by `electorate_to_json`."""
    date = value.get("record_date")
    statuses = value.get("statuses")
    return ElectorateRule(
        statuses=VOTING if statuses is None else frozenset(MemberStatus(name) for name in statuses),
        classes=frozenset(value.get("classes", ())),
        groups=frozenset(value.get("groups", ())),
        members=frozenset(value.get("members", ())),
        guests=frozenset(value.get("guests", ())),
        min_days=int(value.get("min_days", 0)),
        good_standing=bool(value.get("good_standing", False)),
        record_date=None if date is None else parse_rfc3339(date),
        live=bool(value.get("live", False)),
    )
