"""Combined requirements: several conditions on the totals that must all hold (governance.md 6).

Written `agree >= 3/4 of eligible, abstain <= 30% of cast, block = 0`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any


class Comparison(StrEnum):
    """How the number of an option compares."""

    AT_LEAST = ">="
    MORE = ">"
    AT_MOST = "<="
    FEWER = "<"
    EXACTLY = "="


@dataclass(frozen=True, slots=True)
class Demand:
    """The count of `option` compared with `share` of `base` (`yes_no`, `cast`, `eligible`), or with a number if no base."""

    option: str
    comparison: Comparison
    share: Fraction
    base: str = ""


def demand_to_json(demand: Demand) -> dict[str, Any]:
    """Return the demand as a JSON value."""
    share = f"{demand.share.numerator}/{demand.share.denominator}"
    return {"option": demand.option, "comparison": demand.comparison.value, "share": share, "base": demand.base}


def demand_of(value: Mapping[str, Any]) -> Demand:
    """Return the demand of a JSON value made by `demand_to_json`."""
    return Demand(
        str(value["option"]), Comparison(value["comparison"]), Fraction(value["share"]), str(value.get("base", ""))
    )
