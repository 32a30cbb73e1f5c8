"""How much a vote weighs: weights, colleges, class quorum and veto, caps (governance.md 9). One member, one vote is usual."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

_STORED = re.compile(r"[0-9]{1,30}/[0-9]{1,30}")


@dataclass(frozen=True, slots=True)
class Weighting:
    """The rule of weights, by class of members.

    `weights` other than 1 need a `reference` to the bylaws and are shown with the result. `colleges` are shares that add
    up to 1; `absent_counts_against` keeps the share of a college in which nobody was for or against. `class_quorum` is
    a share of the class that must take part; `veto` names classes in which it must carry too. `investors` together have
    at most `investor_cap` of the votes, and none in kinds of resolutions (`Settings.preset`) that `investors_excluded_for`
    names. `max_weight` bounds every weight (0: none does); in kinds that `ignored_for` names everybody has one vote.
    `college_rule` names a law's own bounds of shares, such as `fr_scic`.
    """

    weights: Mapping[str, int] = field(default_factory=dict)
    reference: str = ""
    colleges: Mapping[str, Fraction] = field(default_factory=dict)
    absent_counts_against: bool = False
    class_quorum: Mapping[str, Fraction] = field(default_factory=dict)
    veto: tuple[str, ...] = ()
    investors: tuple[str, ...] = ()
    investor_cap: Fraction = Fraction(1, 4)
    max_weight: int = 0
    ignored_for: tuple[str, ...] = ()
    investors_excluded_for: tuple[str, ...] = ()
    college_rule: str = ""

    def weight_of(self, member_class: str, preset: str) -> int:
        """Return the votes of a member of this class in this kind of resolution."""
        if preset and preset in self.investors_excluded_for and member_class in self.investors:
            return 0
        return 1 if preset and preset in self.ignored_for else self.weights.get(member_class, 1)

    def is_plural(self, preset: str) -> bool:
        """Return whether some class has more votes than one in this kind of resolution."""
        return any(self.weight_of(name, preset) > 1 for name in self.weights)

    def named(self) -> frozenset[str]:
        """Return every class that counts by itself under the rule."""
        return frozenset((*self.weights, *self.colleges, *self.class_quorum, *self.veto, *self.investors))


def weighting_to_json(rule: Weighting) -> dict[str, Any]:
    """Return the rule as a JSON value, without what is as usual; empty for one member, one vote."""
    value: dict[str, Any] = {}
    if rule.weights:
        value["weights"] = dict(rule.weights)
        value["reference"] = rule.reference
    if rule.colleges:
        value["colleges"] = _shares(rule.colleges)
        value["absent_counts_against"] = rule.absent_counts_against
    if rule.college_rule:
        value["college_rule"] = rule.college_rule
    if rule.max_weight:
        value["max_weight"] = rule.max_weight
    for name in ("ignored_for", "investors_excluded_for"):
        if listed := getattr(rule, name):
            value[name] = list(listed)
    if rule.class_quorum:
        value["class_quorum"] = _shares(rule.class_quorum)
    if rule.veto:
        value["veto"] = list(rule.veto)
    if rule.investors:
        value["investors"] = list(rule.investors)
        value["investor_cap"] = f"{rule.investor_cap.numerator}/{rule.investor_cap.denominator}"
    return value


def weighting_of(value: Mapping[str, Any]) -> Weighting:
    """Return the rule of a JSON value made by `weighting_to_json`."""
    return Weighting(
        weights={str(name): int(weight) for name, weight in value.get("weights", {}).items()},
        reference=str(value.get("reference", "")),
        colleges={str(name): exact_of(share) for name, share in value.get("colleges", {}).items()},
        absent_counts_against=bool(value.get("absent_counts_against", False)),
        class_quorum={str(name): exact_of(share) for name, share in value.get("class_quorum", {}).items()},
        veto=tuple(value.get("veto", ())),
        investors=tuple(value.get("investors", ())),
        investor_cap=exact_of(value.get("investor_cap", "1/4")),
        max_weight=int(value.get("max_weight", 0)),
        ignored_for=tuple(value.get("ignored_for", ())),
        investors_excluded_for=tuple(value.get("investors_excluded_for", ())),
        college_rule=str(value.get("college_rule", "")),
    )


def exact_of(text: str) -> Fraction:
    """Return the fraction of `a/b`; any other writing, such as one with an exponent, is refused unread (ValueError)."""
    if not _STORED.fullmatch(text):
        raise ValueError(f"{text[:40]} is no fraction")
    return Fraction(text)


def _shares(shares: Mapping[str, Fraction]) -> dict[str, str]:
    return {name: f"{share.numerator}/{share.denominator}" for name, share in shares.items()}
