"""Words by which settings are typed, at every door: shares, thresholds, quorums, durations, lists, switches.

Each reader raises MotionRefused with the name of the setting as its code and a sentence that says what to write instead.
"""

import re
from datetime import timedelta
from enum import StrEnum
from fractions import Fraction
from typing import TypeVar

from fedcoop.governance.motions.motion import Quorum, Threshold
from fedcoop.governance.motions.requirements import Comparison, Demand
from fedcoop.kernel.errors import MotionRefused
from fedcoop.kernel.money import currency_of

E = TypeVar("E", bound=StrEnum)
_DURATION = re.compile(r"([0-9]{1,6})\s*(s|m|h|d)?")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_FORMULA = re.compile(r"max\(\s*([0-9]{1,6})\s*,\s*([^)]+)\)")
_WHOLE = re.compile(r"-?[0-9]{1,6}")
_DECIMAL = re.compile(r"([0-9]{1,9}(?:[.,][0-9]{1,9})?)\s*(%)?")
_RATIO = re.compile(r"([0-9]{1,9})\s*/\s*([0-9]{1,9})")
_DEMAND = re.compile(r"([\w-]{1,100}) ?(>=|<=|≥|≤|>|<|=) ?([^<>=]+?)(?: ?of (\w+))?")
_SWITCH = {"on": True, "yes": True, "true": True, "1": True, "off": False, "no": False, "false": False, "0": False}


def share_of(name: str, text: str) -> Fraction:
    """Return an exact share from `2/3`, `66.67%`, `66,67 %` or `0.5` (governance.md 1)."""
    if ratio := _RATIO.fullmatch(text):
        above, below = int(ratio[1]), int(ratio[2])
    elif decimal := _DECIMAL.fullmatch(text):
        exact = Fraction(decimal[1].replace(",", ".")) / (100 if decimal[2] else 1)
        above, below = exact.numerator, exact.denominator
    else:
        above, below = 0, 0
    if below == 0:
        raise MotionRefused(name, f"Write {name} as a share, such as 1/2, 2/3 or 66.67%.")
    if above > below:
        raise MotionRefused(name, f"{name} lies between 0 and 1.")
    return Fraction(above, below)


def threshold_of(text: str) -> Threshold | None:
    """Return the threshold of `2/3` or `>=2/3` (at least), `>1/2` (more than) or `none`."""
    if text in ("", "none"):
        return None
    strict = text.startswith(">") and not text.startswith(">=")
    share = share_of("threshold", text.removeprefix(">").removeprefix("=").strip())
    if share == (1 if strict else 0):
        raise MotionRefused("threshold", "A threshold that all or none can reach decides nothing.")
    return Threshold(share=share, strict=strict)


def quorum_of(text: str, name: str = "quorum") -> Quorum:
    """Return the quorum of `10%`, `1/2` or `max(5, 1/10)`."""
    formula = _FORMULA.fullmatch(text)
    if formula:
        return Quorum(share=share_of(name, formula[2].strip()), floor=int(formula[1]))
    if _WHOLE.fullmatch(text) and text not in ("0", "1"):
        raise MotionRefused(name, "Write the quorum as a share, such as 10%, or as max(5, 1/10).")
    return Quorum(share=share_of(name, text))


def duration_of(name: str, text: str) -> timedelta:
    """Return a duration of `90s`, `5m`, `72h`, `7d`."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise MotionRefused(name, f"Write {name} as a duration, such as 120s, 72h or 7d.")
    return timedelta(seconds=int(match[1]) * _UNITS[match[2] or "s"])


def whole_of(name: str, text: str) -> int:
    """Return a whole number."""
    if not _WHOLE.fullmatch(text.strip()):
        raise MotionRefused(name, f"{name} is a whole number.")
    return int(text.strip())


def number_of(name: str, text: str) -> int:
    """Return a whole number that is 0 or more."""
    number = whole_of(name, text)
    if number < 0:
        raise MotionRefused(name, f"{name} is 0 or more.")
    return number


class MinorUnits(int):
    """The type of a setting that is an amount of money: typed in main units, kept as whole minor units."""


def amount_of(name: str, text: str, currency: str) -> int:
    """Return the minor units of an amount such as `1200` or `1200.50`."""
    try:
        money = currency_of(currency)
    except ValueError as error:
        raise MotionRefused("currency", "Write the currency as its code, such as EUR.") from error
    try:
        return money.minor(text)
    except ValueError as error:
        decimals = f" with at most {money.scale} decimals" if money.scale else " without decimals"
        raise MotionRefused(name, f"Write {name} as an amount in {currency}{decimals}, such as 1200.") from error


def switch_of(name: str, text: str) -> bool:
    """Return whether the switch is on: `on`, `yes`, `true`, or `off`, `no`, `false`."""
    if text.strip().lower() not in _SWITCH:
        raise MotionRefused(name, f"{name} is on or off.")
    return _SWITCH[text.strip().lower()]


def one_of(kind: type[E], name: str, text: str) -> E:
    """Return the member of the enumeration with this value."""
    try:
        return kind(text)
    except ValueError as error:
        raise MotionRefused(name, f"{name} is one of: {', '.join(item.value for item in kind)}.") from error


def names_of(text: str) -> tuple[str, ...]:
    """Return the names of a list with commas, each once."""
    return tuple(dict.fromkeys(item.strip() for item in text.split(",") if item.strip()))


def pairs_of(name: str, text: str) -> dict[str, str]:
    """Return the pairs of `workers=40%, users=60%`."""
    found: dict[str, str] = {}
    for item in names_of(text):
        key, equals, value = item.partition("=")
        if not equals or not key.strip() or key.strip() in found:
            raise MotionRefused(name, f"Write {name} as name=value, with commas, each name once.")
        found[key.strip()] = value.strip()
    return found


def shares_of(name: str, text: str) -> dict[str, Fraction]:
    """Return the shares of `workers=40%, users=60%`."""
    return {key: share_of(name, value) for key, value in pairs_of(name, text).items()}


def demands_of(text: str) -> tuple[Demand, ...]:
    """Return the demands of `agree >= 3/4 of eligible, abstain <= 30% of cast, block = 0` (governance.md 6)."""
    return tuple(_demand(item) for item in text.replace(";", ",").split(",") if item.strip())


def _demand(text: str) -> Demand:
    match = _DEMAND.fullmatch(" ".join(text.split()))
    if match is None:
        raise MotionRefused(
            "require", "Write require such as: agree >= 3/4 of eligible, abstain <= 30% of cast, block = 0."
        )
    option, sign, number, base = match[1], match[2].replace("≥", ">=").replace("≤", "<="), match[3], match[4] or ""
    if not base:
        return Demand(option, Comparison(sign), Fraction(number_of("require", number)))
    return Demand(option, Comparison(sign), share_of("require", number), base)
