"""Who may vote on a motion, as a rule: classes, statuses, groups, days of membership, standing (governance.md 3).

The roll that a rule gave at its record date is `roll.freeze`; this file knows members only, as the register had them
at that date.
"""

from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from fedcoop.governance.members.classes import MemberClass
from fedcoop.governance.members.member import VOTING, Member, MemberStatus
from fedcoop.kernel.clock import parse_rfc3339, rfc3339
from fedcoop.kernel.errors import MotionRefused

CAN_VOTE = frozenset({MemberStatus.FULL, MemberStatus.PROBATION, MemberStatus.LEAVING})
"""Statuses that a rule may let vote: the suspended and the dormant have no vote (15.2)."""
NOBODY: Set[str] = frozenset()

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

    def admits(self, member: Member, at: datetime, groups: Collection[str] = NOBODY) -> bool:
        """Return whether the member, as the register had them `at` that date, is on the roll with a vote."""
        return (
            member.status in self.statuses
            and member.member_class not in self.guests
            and (not self.classes or member.member_class in self.classes)
            and (not self.groups or not self.groups.isdisjoint(groups))
            and (not self.members or member.name in self.members)
            and member.joined_at + timedelta(days=self.min_days) <= at
            and not (self.good_standing and member.arrears_since is not None and member.arrears_since <= at)
        )

    def invites(self, member: Member) -> bool:
        """Return whether the member takes part as a guest: the stance shows apart and never counts."""
        return member.status in self.statuses and member.member_class in self.guests

    def lets_vote(self, status: MemberStatus | None) -> bool:
        """Return whether somebody on the roll may cast now, with this status: the suspended and those gone may not (3)."""
        return status in VOTING or status in self.statuses


@dataclass(frozen=True, slots=True)
class Register:
    """What of the register a rule may name, as it stands when the motion is opened."""

    classes: Mapping[str, MemberClass] = field(default_factory=dict)
    groups: Set[str] = NOBODY
    names: Set[str] = NOBODY


def check_electorate(rule: ElectorateRule, register: Register, *, opens_at: datetime, binding: bool) -> None:
    """Raise MotionRefused, its code the name of the setting, unless the rule can give a roll (governance.md 3)."""
    _check_known("classes", rule.classes, register.classes, "class")
    _check_known("guests", rule.guests, register.classes, "class")
    _check_known("groups", rule.groups, register.groups, "group")
    _check_known("members", rule.members, register.names, "member")
    for name in sorted(rule.classes):
        if register.classes[name].weight == 0:
            raise MotionRefused("classes", f"Members of the class {name} have no vote. Name it under guests instead.")
    if rule.guests & rule.classes:
        raise MotionRefused("guests", "A class either votes or is a guest: take it out of one of the two lists.")
    if not rule.statuses or not rule.statuses <= CAN_VOTE:
        raise MotionRefused("statuses", "Votes belong to the statuses full, leaving and, if you say so, probation.")
    if rule.record_date is not None and rule.record_date > opens_at:
        raise MotionRefused("record_date", "The record date is the opening or earlier: the roll is made of what was.")
    if rule.live and binding:
        raise MotionRefused("live_electorate", "Who joins later can take part only in votes that bind nobody.")
    if rule.live and rule.record_date is not None:
        raise MotionRefused("record_date", "With a live electorate there is no record date.")


def _check_known(setting: str, named: Set[str], known: Collection[str], what: str) -> None:
    unknown = sorted(named - set(known))
    if unknown:
        raise MotionRefused(setting, f"There is no {what} called {unknown[0]}. Check the spelling of {setting}.")


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
