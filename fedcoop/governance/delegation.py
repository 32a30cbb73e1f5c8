"""Delegation: whose ballot speaks for whom (governance.md 8). The rule of a motion, and how it is resolved."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any


class DelegationMode(StrEnum):
    """How members may be represented in a motion (governance.md 8)."""

    NONE = "none"
    PROXY = "proxy"
    LIQUID = "liquid"


PROXY_CAP = 2
LIQUID_CAP, LIQUID_FLOOR = Fraction(1, 10), 3


@dataclass(frozen=True, slots=True)
class DelegationRule:
    """Whether and how a vote may be passed on in this motion.

    `cap` is the most that one holder speaks for: of a proxy the principals (default 2), in liquid the weight with their
    own vote (default a tenth of the roll, at least 3); 0 is the default. `quorum` None counts represented members for
    the quorum with proxies only. `topic` is the scope that standing delegations are looked up by.
    """

    mode: DelegationMode = DelegationMode.NONE
    cap: int = 0
    quorum: bool | None = None
    topic: str = ""

    @property
    def counts_for_quorum(self) -> bool:
        """Whether represented members count as taking part."""
        return self.mode is DelegationMode.PROXY if self.quorum is None else self.quorum


def delegation_to_json(rule: DelegationRule) -> dict[str, Any]:
    """Return the rule as a JSON value; empty where nobody is represented."""
    if rule.mode is DelegationMode.NONE:
        return {}
    value: dict[str, Any] = {"mode": rule.mode.value, "cap": rule.cap, "topic": rule.topic}
    return value if rule.quorum is None else {**value, "quorum": rule.quorum}


def delegation_of(value: Mapping[str, Any]) -> DelegationRule:
    """Return the rule of a JSON value made by `delegation_to_json`."""
    return DelegationRule(
        mode=DelegationMode(value.get("mode", "none")),
        cap=int(value.get("cap", 0)),
        quorum=value.get("quorum"),
        topic=str(value.get("topic", "")),
    )
