"""Combined requirements with their arithmetic in words, and as parts of the rule's sentence (governance.md 6).

`demands` says what a demand is; here is what it means for a tally. The same for resolutions, consensus and gradients.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from fedcoop.governance.motions.method import Part, amount, plural, share_words
from fedcoop.governance.motions.motion import Option, Settings
from fedcoop.governance.motions.outcomes import Requirement
from fedcoop.governance.motions.requirements import Comparison, Demand
from fedcoop.governance.motions.tallies import Tally
from fedcoop.kernel.errors import MotionRefused

_WORDS: Mapping[Comparison, str] = {
    Comparison.AT_LEAST: "at least",
    Comparison.MORE: "more than",
    Comparison.AT_MOST: "at most",
    Comparison.FEWER: "fewer than",
    Comparison.EXACTLY: "exactly",
}
_VERBS: Mapping[str, str] = {
    "for": "are for",
    "against": "are against",
    "abstain": "abstain",
    "agree": "agree",
    "stand_aside": "stand aside",
    "block": "block",
    "veto": "veto",
}
_BASES: Mapping[str, str] = {
    "yes_no": "of the votes for and against",
    "cast": "of all votes",
    "eligible": "of all {eligible} members",
}


def check_demands(settings: Settings, options: Sequence[Option], bases: Sequence[str]) -> None:
    """Raise MotionRefused (`require`) for an option or a base that the motion does not have, or the same demand twice."""
    keys = [option.key for option in options]
    for demand in settings.demands:
        if demand.option not in keys:
            raise MotionRefused("require", f"There is no choice {demand.option}; known are: {', '.join(keys)}.")
        if demand.base and demand.base not in bases:
            raise MotionRefused("require", f"A requirement counts of {', '.join(bases)}, not of {demand.base}.")
    if len(set(settings.demands)) != len(settings.demands):
        raise MotionRefused("require", "The same requirement stands there twice.")


def weighted_eligible(tally: Tally, settings: Settings) -> int:
    """Return the weight of everybody on the roll: what a base of all members means where votes have weights."""
    rule, kind = settings.weighting, settings.preset
    if not rule.is_plural(kind):
        return tally.eligible
    if tally.classes:
        return sum(rule.weight_of(name, kind) * group.eligible for name, group in tally.classes.items())
    members = tally.voted + tally.represented
    return tally.eligible * (tally.cast // members) if members else tally.eligible


def base_of(name: str, tally: Tally, settings: Settings) -> int:
    """Return the number that a share is taken of: `yes_no`, `cast`, `eligible`."""
    if name == "eligible":
        return weighted_eligible(tally, settings)
    return tally.counts["for"] + tally.counts["against"] if name == "yes_no" else tally.cast


def demanded(tally: Tally, options: Sequence[Option], settings: Settings) -> tuple[Requirement, ...]:
    """Return each demand with its sum; all must hold."""
    names = {option.key: option.name for option in options}
    return tuple(_requirement(demand, names[demand.option], tally, settings) for demand in settings.demands)


def demand_parts(options: Sequence[Option], settings: Settings, eligible: int) -> list[Part]:
    """Return the demands as parts of a sentence, each with its own "and": ", and **at most 30%** of all votes abstain"."""
    names = {option.key: option.name for option in options}
    parts: list[Part] = []
    for demand in settings.demands:
        number, base = _bound(demand), _base_words(demand, eligible)
        verb = _VERBS.get(demand.option, f"choose “{names[demand.option]}”")
        parts += [Part(", and "), Part(number, bold=True), Part(f"{base} {verb}")]
    return parts


def _bound(demand: Demand) -> str:
    if not demand.base and demand.share == 0 and demand.comparison in (Comparison.EXACTLY, Comparison.AT_MOST):
        return "none"
    number = share_words(demand.share) if demand.base else str(demand.share.numerator)
    return f"{_WORDS[demand.comparison]} {number}"


def _base_words(demand: Demand, eligible: int) -> str:
    return " " + _BASES[demand.base].format(eligible=eligible) if demand.base else ""


def _holds(have: int, demand: Demand, limit: Fraction) -> bool:
    return {
        Comparison.AT_LEAST: have >= limit,
        Comparison.MORE: have > limit,
        Comparison.AT_MOST: have <= limit,
        Comparison.FEWER: have < limit,
        Comparison.EXACTLY: have == limit,
    }[demand.comparison]


def _requirement(demand: Demand, name: str, tally: Tally, settings: Settings) -> Requirement:
    have = tally.counts[demand.option]
    base = base_of(demand.base, tally, settings) if demand.base else 0
    limit = demand.share * base if demand.base else demand.share
    met = _holds(have, demand, limit)
    words = _WORDS[demand.comparison]
    of = f"{share_words(demand.share).capitalize()} of {base} is {amount(limit)}. " if demand.base else ""
    work = f"{of}{plural(have, 'vote', 'votes')} for “{name}”; {words} {amount(limit)} is asked."
    title = f"{name}: {_bound(demand)}{_base_words(demand, tally.eligible)}"
    key = demand.option.replace("_", "-").lower()
    return Requirement(name=f"demand-{key}", title=title, met=met, have=have, need=_need(demand, limit), work=work)


def _need(demand: Demand, limit: Fraction) -> int:
    """Return the whole number at which it holds: the smallest that is enough, or the largest that is allowed."""
    floor, exact = limit.numerator // limit.denominator, limit.denominator == 1
    if demand.comparison is Comparison.MORE:
        return floor + 1
    if demand.comparison is Comparison.AT_LEAST:
        return floor if exact else floor + 1
    if demand.comparison is Comparison.FEWER:
        return max(0, floor - 1 if exact else floor)
    return floor
