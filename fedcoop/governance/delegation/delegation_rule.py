"""The rule by which votes may be passed on in a motion, and in which motions that makes sense (governance.md 8).

Who is represented then is `representation`; what members have granted stands in `mandates`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any

from fedcoop.kernel.errors import MotionRefused


class DelegationMode(StrEnum):
    """How members may be represented in a motion (governance.md 8)."""

    NONE = "none"
    PROXY = "proxy"
    LIQUID = "liquid"


class ProxyNaming(StrEnum):
    """Until when a proxy is named: the opening, or the holder's first ballot."""

    OPENING = "opening"
    FIRST_BALLOT = "first_ballot"


PROXY_CAP = 2
LIQUID_CAP, LIQUID_FLOOR = Fraction(1, 10), 3
DELEGABLE = frozenset(
    {
        "resolution",
        "approval",
        "score",
        "dots",
        "points",
        "runoff",
        "schulze",
        "ranked_pairs",
        "stv_scottish",
        "stv_meek",
        "greedy",
        "equal_shares",
    }
)
"""Methods in which another's ballot can stand for mine. A stance, an answer, advice or a time is each one's own."""


@dataclass(frozen=True, slots=True)
class DelegationRule:
    """Whether and how a vote may be passed on in this motion.

    `cap` is the most that one holder speaks for: of a proxy the principals (default 2), in liquid the weight with their
    own vote (default a tenth of the roll, at least 3); 0 is the default. `quorum` None counts represented members for
    the quorum with proxies only. `topic` is the scope that standing delegations are looked up by. `naming` says until
    when proxies are named.
    """

    mode: DelegationMode = DelegationMode.NONE
    cap: int = 0
    quorum: bool | None = None
    topic: str = ""
    naming: ProxyNaming = ProxyNaming.OPENING

    @property
    def is_on(self) -> bool:
        """Whether anybody can be represented."""
        return self.mode is not DelegationMode.NONE

    @property
    def counts_for_quorum(self) -> bool:
        """Whether represented members count as taking part."""
        return self.mode is DelegationMode.PROXY if self.quorum is None else self.quorum


def delegation_to_json(rule: DelegationRule) -> dict[str, Any]:
    """Return the rule as a JSON value; empty where nobody is represented."""
    if rule.mode is DelegationMode.NONE:
        return {}
    value: dict[str, Any] = {"mode": rule.mode.value, "cap": rule.cap, "topic": rule.topic}
    if rule.quorum is not None:
        value["quorum"] = rule.quorum
    return value if rule.naming is ProxyNaming.OPENING else {**value, "naming": rule.naming.value}


def delegation_of(value: Mapping[str, Any]) -> DelegationRule:
    """Return the rule of a JSON value made by `delegation_to_json`."""
    return DelegationRule(
        mode=DelegationMode(value.get("mode", "none")),
        cap=int(value.get("cap", 0)),
        quorum=value.get("quorum"),
        topic=str(value.get("topic", "")),
        naming=ProxyNaming(value.get("naming", "opening")),
    )


def check_rule(rule: DelegationRule, method: str, secrecy: str) -> None:
    """Raise MotionRefused (`delegation-method`, `delegation-secrecy`, `delegation_cap`, `proxy_naming`) unless it can be.

    Forbidden in blind votes and those held elsewhere, in secret ones for liquid (governance.md 5, 8).
    """
    if not rule.is_on:
        return
    if method not in DELEGABLE:
        raise MotionRefused(
            "delegation-method", "In a vote of this method everybody speaks for themselves. Set delegation to none."
        )
    if secrecy in ("blind", "external") or (secrecy == "secret" and rule.mode is DelegationMode.LIQUID):
        raise MotionRefused(
            "delegation-secrecy", "A vote as secret as this one cannot be passed on that way. Set delegation to none."
        )
    if rule.mode is DelegationMode.LIQUID and rule.cap == 1:
        raise MotionRefused("delegation_cap", "A cap of 1 lets nobody speak for another. Set 2 or more, or 0 as usual.")
    if rule.mode is DelegationMode.LIQUID and rule.naming is not ProxyNaming.OPENING:
        raise MotionRefused(
            "proxy_naming", "proxy_naming is for proxies; delegations are as they stood at the opening."
        )


def check_naming(rule: DelegationRule, *, opens_later: bool) -> None:
    """Raise MotionRefused (`proxy_naming`) where nobody could name a proxy, because the vote opens at once."""
    if rule.mode is DelegationMode.PROXY and rule.naming is ProxyNaming.OPENING and not opens_later:
        raise MotionRefused(
            "proxy_naming",
            "This vote opens at once, so nobody could name a proxy before. Let it open later, or set proxy_naming to "
            "first_ballot.",
        )


MAX_TOPIC = 60


def topic_of(text: str) -> str:
    """Return the topic as it is compared: small letters, single spaces. Raises MotionRefused (`topic`) if it is too long."""
    topic = " ".join(text.split()).casefold()
    if len(topic) > MAX_TOPIC:
        raise MotionRefused("topic", f"A topic has at most {MAX_TOPIC} characters; this one has {len(topic)}.")
    return topic
