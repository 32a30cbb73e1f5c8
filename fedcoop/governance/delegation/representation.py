"""Who is represented by whose ballot, through which chain, and who is not and why (governance.md 8).

Voters are names (pseudonyms). The result depends on the grants and on who voted, never on the order of either, and is
found in linear time but for one sort. What a represented ballot weighs is `tallying`'s.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from fedcoop.governance.delegation.delegation_rule import (
    LIQUID_CAP,
    LIQUID_FLOOR,
    PROXY_CAP,
    DelegationMode,
    DelegationRule,
)


class Why(StrEnum):
    """Why a member who named somebody is not represented."""

    CYCLE = "cycle"
    NOT_VOTED = "not-voted"
    DEAD_END = "dead-end"
    OFF_ROLL = "off-roll"
    CAP = "cap"
    INSTRUCTED = "instructed"


@dataclass(frozen=True, slots=True)
class Grant:
    """A vote passed on in one motion. `delegate` None is somebody who is not on the roll.

    `order` is the rank by the time of the grant, then by member number: the oldest has the smallest. An `instructed`
    proxy gives the vote only by a ballot cast for this principal, never along with the holder's own.
    """

    delegator: str
    delegate: str | None
    order: int
    instructed: bool = False


@dataclass(frozen=True, slots=True)
class Representation:
    """How the members without a ballot of their own are represented.

    `speaker` has, for each represented one, whose ballot counts for them; `missing` why others are not, though they
    named somebody; `passed_to` the next one of each chain.
    """

    speaker: Mapping[str, str]
    missing: Mapping[str, Why]
    passed_to: Mapping[str, str | None]

    def chain(self, voter: str) -> tuple[str, ...]:
        """Return those whom the vote of `voter` went to, in order: up to the last one, or once around a cycle."""
        found: dict[str, None] = {}
        step = self.passed_to.get(voter)
        while step is not None and step not in found:
            found[step] = None
            step = self.passed_to.get(step)
        return tuple(found)

    def weights(self) -> dict[str, int]:
        """Return of each delegate who speaks for others how many members that are, themselves among them."""
        found: dict[str, int] = {}
        for speaker in self.speaker.values():
            found[speaker] = found.get(speaker, 1) + 1
        return found


def cap_of(rule: DelegationRule, eligible: int) -> int:
    """Return the most others that one member may speak for: of a proxy 2, in liquid a tenth of the roll less their own."""
    if rule.mode is DelegationMode.PROXY:
        return rule.cap or PROXY_CAP
    by_share = eligible * LIQUID_CAP
    return (rule.cap or max(LIQUID_FLOOR, by_share.numerator // by_share.denominator)) - 1


def resolve(rule: DelegationRule, eligible: int, voted: Collection[str], grants: Iterable[Grant]) -> Representation:
    """Return who is represented, of `eligible` members on the roll of whom `voted` cast a ballot themselves.

    Who voted is nobody's principal. Raises ValueError where somebody passes on the same vote twice, or to themselves.
    """
    given = _by_delegator(grants)
    direct = set(voted)
    if rule.mode is DelegationMode.NONE:
        return Representation({}, {}, {})
    open_ones = {name: grant for name, grant in given.items() if name not in direct}
    passed = {name: grant.delegate for name, grant in open_ones.items()}
    missing = {name: Why.INSTRUCTED for name, grant in open_ones.items() if grant.instructed}
    free = {name: to for name, to in passed.items() if name not in missing}
    ends = _one_step(free, direct) if rule.mode is DelegationMode.PROXY else _ends(free, direct)
    missing |= {name: end for name, end in ends.items() if isinstance(end, Why)}
    found = {name: end for name, end in ends.items() if not isinstance(end, Why)}
    kept, cut = _capped(found, open_ones, cap_of(rule, eligible))
    return Representation(kept, missing | dict.fromkeys(cut, Why.CAP), passed)


def _by_delegator(grants: Iterable[Grant]) -> dict[str, Grant]:
    found: dict[str, Grant] = {}
    for grant in grants:
        if grant.delegator in found or grant.delegator == grant.delegate:
            raise ValueError(f"{grant.delegator} passes on one vote twice, or to themselves")
        found[grant.delegator] = grant
    return found


def _one_step(passed: Mapping[str, str | None], direct: Collection[str]) -> dict[str, "str | Why"]:
    """Return of each principal the holder if they voted: a proxy is never passed on."""
    return {name: Why.OFF_ROLL if to is None else to if to in direct else Why.NOT_VOTED for name, to in passed.items()}


def _ends(passed: Mapping[str, str | None], direct: Collection[str]) -> dict[str, "str | Why"]:
    """Return where each chain ends: with somebody who voted, or why not. Each member is walked once."""
    ends: dict[str, str | Why] = {}
    for start in passed:
        path: dict[str, None] = {}
        step: str | None = start
        while step is not None and step in passed and step not in ends and step not in path:
            path[step] = None
            step = passed[step]
        end = _end(step, path, direct, ends)
        for name in path:
            ends[name] = end
        if path and end is Why.DEAD_END and step not in ends:
            ends[next(reversed(path))] = Why.NOT_VOTED
    return ends


def _end(
    step: str | None, path: Mapping[str, None], direct: Collection[str], ends: Mapping[str, "str | Why"]
) -> "str | Why":
    if step is None:
        return Why.OFF_ROLL
    if step in direct:
        return step
    if step in ends:
        return Why.DEAD_END if ends[step] is Why.NOT_VOTED else ends[step]
    return Why.CYCLE if step in path else Why.DEAD_END


def _capped(ends: Mapping[str, str], grants: Mapping[str, Grant], cap: int) -> tuple[dict[str, str], Sequence[str]]:
    """Return who stays represented, the oldest grants of each speaker first, and who does not."""
    principals: dict[str, list[str]] = defaultdict(list)
    for name, speaker in ends.items():
        principals[speaker].append(name)
    kept: dict[str, str] = {}
    cut: list[str] = []
    for speaker, names in principals.items():
        names.sort(key=lambda name: (grants[name].order, name))
        kept.update(dict.fromkeys(names[:cap], speaker))
        cut += names[cap:]
    return kept, cut


# --- JSON -------------------------------------------------------------------------------------------------------


def grant_to_json(grant: Grant) -> dict[str, Any]:
    """Return the grant as log and recount file have it; `to` is null for somebody off the roll."""
    value: dict[str, Any] = {"from": grant.delegator, "to": grant.delegate, "order": grant.order}
    return {**value, "instructed": True} if grant.instructed else value


def grant_of(value: Mapping[str, Any]) -> Grant:
    """Return the grant of a JSON value made by `grant_to_json`. Raises KeyError, TypeError or ValueError for another."""
    to = value["to"]
    return Grant(
        str(value["from"]), None if to is None else str(to), int(value["order"]), bool(value.get("instructed", False))
    )
