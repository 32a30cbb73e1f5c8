"""How much a vote weighs: weights, colleges, class quorum and veto, caps (governance.md 9). One member, one vote is usual."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any


@dataclass(frozen=True, slots=True)
class Weighting:
    """The rule of weights, by class of members.

    `weights` other than 1 need a `reference` to the bylaws and are shown with the result. `colleges` are shares that add
    up to 1; `absent_counts_against` keeps the share of a college in which nobody was for or against. `class_quorum` is
    a share of the class that must take part; `veto` names classes in which it must carry too. `investors` together have
    at most `investor_cap` of the weight.
    """

    weights: Mapping[str, int] = field(default_factory=dict)
    reference: str = ""
    colleges: Mapping[str, Fraction] = field(default_factory=dict)
    absent_counts_against: bool = False
    class_quorum: Mapping[str, Fraction] = field(default_factory=dict)
    veto: tuple[str, ...] = ()
    investors: tuple[str, ...] = ()
    investor_cap: Fraction = Fraction(1, 4)


def weighting_to_json(rule: Weighting) -> dict[str, Any]:
    """Return the rule as a JSON value, without what is as usual; empty for one member, one vote."""
    value: dict[str, Any] = {}
    if rule.weights:
        value["weights"] = dict(rule.weights)
        value["reference"] = rule.reference
    if rule.colleges:
        value["colleges"] = _shares(rule.colleges)
        value["absent_counts_against"] = rule.absent_counts_against
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
        colleges={str(name): Fraction(share) for name, share in value.get("colleges", {}).items()},
        absent_counts_against=bool(value.get("absent_counts_against", False)),
        class_quorum={str(name): Fraction(share) for name, share in value.get("class_quorum", {}).items()},
        veto=tuple(value.get("veto", ())),
        investors=tuple(value.get("investors", ())),
        investor_cap=Fraction(value.get("investor_cap", "1/4")),
    )


def _shares(shares: Mapping[str, Fraction]) -> dict[str, str]:
    return {name: f"{share.numerator}/{share.denominator}" for name, share in shares.items()}
