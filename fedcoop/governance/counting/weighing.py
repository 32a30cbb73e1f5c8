"""What weights, colleges, class quorums, vetoes and caps make of a tally, with the arithmetic in words (governance.md 9).

Everything is exact: fractions are compared, and rounded only where they are printed. Which rules of weights fit a motion
at all is `weight_rules`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from fedcoop.governance.motions.method import (
    Part,
    amount,
    ceil_of,
    comparison,
    least,
    plural,
    reaches,
    share_words,
    threshold_words,
    totals_words,
)
from fedcoop.governance.motions.motion import Option, Settings, Threshold
from fedcoop.governance.motions.outcomes import Requirement
from fedcoop.governance.motions.tallies import ClassTally, Tally

INSIDE: Mapping[str, tuple[str, ...]] = {
    "yes_no": ("for", "against"),
    "cast": ("for", "against", "abstain"),
    "eligible": ("for", "against", "abstain"),
    "present": ("for", "against", "abstain"),
}


@dataclass(frozen=True, slots=True)
class Weighed:
    """What the rule of weights makes of a majority.

    `majority` is the requirement to go by, `more` those of classes, `quorate` whether every class quorum is met.
    `tied` None leaves it to the plain counts. `notes` show heads beside weights.
    """

    majority: Requirement
    more: tuple[Requirement, ...] = ()
    quorate: bool = True
    tied: bool | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Exact:
    """A weighted majority as exact numbers: `part` of `base` is for."""

    part: Fraction
    base: Fraction

    def reaches(self, threshold: Threshold) -> bool:
        """Return whether the part reaches the threshold of the base; of nobody there is no majority."""
        goal = threshold.share * self.base
        return self.base > 0 and (self.part > goal if threshold.strict else self.part >= goal)

    def requirement(self, name: str, title: str, work: str, threshold: Threshold) -> Requirement:
        """Return it with both sides made whole numbers by one common denominator."""
        goal = threshold.share * self.base
        scale = lcm(self.part.denominator, goal.denominator)
        need = int(goal * scale) + (1 if threshold.strict else 0) if self.base else 1
        return Requirement(name, title, self.reaches(threshold), int(self.part * scale), need, work)


def weigh(tally: Tally, settings: Settings, threshold: Threshold, majority: Requirement) -> Weighed:
    """Return what colleges, caps, class quorums and vetoes make of a resolution's plain `majority`."""
    rule = settings.weighting
    inside = INSIDE[settings.base]
    classes = class_requirements(tally, settings, threshold, yes=("for",), inside=inside)
    quorate = all(item.met for item in classes if item.name == "class-quorum")
    tied, notes = None, heads_note(tally, settings)
    if rule.colleges:
        exact, work = _colleges(tally, settings)
        title = f"{threshold_words(threshold).capitalize()} of the colleges’ shares"
        majority = exact.requirement("colleges", title, _against(exact, work, threshold), threshold)
        tied = _is_half(exact, threshold)
    elif (capped := _capped(tally, settings, inside)) is not None:
        exact, work = capped
        majority = exact.requirement("capped-majority", majority.title, _counted(exact, work, threshold), threshold)
        tied = _is_half(exact, threshold)
    return Weighed(majority, classes, quorate, tied, notes)


def class_requirements(
    tally: Tally, settings: Settings, threshold: Threshold, *, yes: Sequence[str], inside: Sequence[str]
) -> tuple[Requirement, ...]:
    """Return the quorums of classes and the classes in which it must carry too, counted by heads."""
    rule = settings.weighting
    counts = settings.delegation.counts_for_quorum
    quorums = [
        _quorum(name, share, _class(tally, name), represented=counts)
        for name, share in sorted(rule.class_quorum.items())
    ]
    whole = settings.base == "eligible"
    vetoes = [_veto(name, _class(tally, name), threshold, yes, inside, whole=whole) for name in sorted(rule.veto)]
    return (*vetoes, *quorums)


def heads_note(tally: Tally, settings: Settings) -> tuple[str, ...]:
    """Return the head count in words where votes do not all count the same: both are always shown (9)."""
    if tally.heads is None and not settings.weighting.colleges:
        return ()
    heads = ", ".join(f"{number} {key.replace('_', ' ')}" for key, number in tally.head_counts.items())
    base = tally.head_counts.get("for", 0) + tally.head_counts.get("against", 0)
    share = (
        f" Of the heads for and against {percent(Fraction(tally.head_counts['for'], base))} are for." if base else ""
    )
    if tally.heads is None:
        return (f"By heads: {heads}.{share}",)
    weighted = ", ".join(f"{number} {key.replace('_', ' ')}" for key, number in tally.counts.items())
    return (f"By heads: {heads}. With weights: {weighted}.{share}",)


def weighed_words(tally: Tally, options: Sequence[Option], settings: Settings) -> str:
    """Return what stands beside the totals where they alone do not say it: heads, or the colleges' share; else nothing."""
    if settings.weighting.colleges:
        exact, _ = _colleges(tally, settings)
        return f" Of the colleges’ shares {percent(exact.part)} are for." if exact.base else ""
    if tally.heads is None:
        return ""
    return f" By heads: {totals_words(tally.heads, options)}."


def weight_note(settings: Settings) -> str:
    """Return the votes of each class where they differ, with the article that says so; else nothing."""
    rule = settings.weighting
    if not rule.is_plural(settings.preset):
        return ""
    named = sorted(rule.weights, key=lambda name: (-rule.weights[name], name))
    told = ", ".join(f"{name} {rule.weights[name]}" for name in named)
    return f"Votes of each member by class: {told}; everybody else one. ({rule.reference})"


def base_words(settings: Settings, words: str) -> str:
    """Return what the threshold is a share of: the colleges where there are some."""
    return "of the colleges’ shares" if settings.weighting.colleges else words


def added_sentence(settings: Settings) -> tuple[Part, ...]:
    """Return the sentence on colleges, class quorums, vetoes and caps that follows a rule; empty where there are none."""
    rule = settings.weighting
    told = []
    if rule.colleges:
        told.append(f"colleges are {_listed(_shares(rule.colleges))}")
    if rule.veto:
        told.append(f"it must carry among {_listed(sorted(rule.veto))} too")
    if rule.class_quorum:
        told.append(
            f"of {_listed(f'{name} at least {share_words(s)}' for name, s in sorted(rule.class_quorum.items()))} take part"
        )
    if rule.investors and settings.preset in rule.investors_excluded_for:
        told.append(f"{_listed(sorted(rule.investors))} have no vote in it")
    elif rule.investors:
        told.append(f"{_listed(sorted(rule.investors))} have at most {share_words(rule.investor_cap)} of the votes")
    if not told:
        return ()
    text = "; ".join(told)
    return (Part(f" {text[0].upper()}{text[1:]}."),)


# --- colleges ---------------------------------------------------------------------------------------------------


def _colleges(tally: Tally, settings: Settings) -> tuple[Exact, str]:
    """Return Σ s·F/(F+A): of the colleges in which somebody was for or against, rescaled, unless absence counts against."""
    rule = settings.weighting
    total, present, told, absent = Fraction(0), Fraction(0), [], []
    for name, share in _by_share(rule.colleges):
        counts = _class(tally, name).counts
        for_, against = counts.get("for", 0), counts.get("against", 0)
        if for_ + against == 0:
            absent.append(name)
            continue
        yes = Fraction(for_, for_ + against)
        total, present = total + share * yes, present + share
        told.append(
            f"{name}: {for_} for, {against} against, {percent(yes)} of {exact_percent(share)} is {five(share * yes)}."
        )
    if rule.absent_counts_against:
        missing = [f"Nobody of {_listed(absent)} was for or against, which counts against."] if absent else []
        return Exact(total, Fraction(1) if present else Fraction(0)), " ".join([*told, *missing])
    yes = total / present if present else Fraction(0)
    if absent and present:
        told.append(
            f"Nobody of {_listed(absent)} was for or against, so their share is left out: "
            f"{five(total)} of {five(present)} is {five(yes)}."
        )
    return Exact(yes, Fraction(1) if present else Fraction(0)), " ".join(told)


def _against(exact: Exact, work: str, threshold: Threshold) -> str:
    if not exact.base:
        return "Nobody was for or against. Of nobody there is no majority."
    goal, words = five(threshold.share), share_words(threshold.share).capitalize()
    verb = comparison(threshold, met=exact.reaches(threshold)).replace("fewer", "less")
    return f"{work} Together {five(exact.part)}. {words} is {goal}. {five(exact.part)} {verb} {goal}."


# --- investors --------------------------------------------------------------------------------------------------


def _capped(tally: Tally, settings: Settings, inside: Sequence[str]) -> tuple[Exact, str] | None:
    """Return the majority with investors' votes scaled down to their cap, or None where they are within it."""
    rule, cap = settings.weighting, settings.weighting.investor_cap
    if not rule.investors or cap >= 1:
        return None
    theirs = {
        key: sum(_weight(settings, name) * _class(tally, name).counts.get(key, 0) for name in rule.investors)
        for key in inside
    }
    base = sum(tally.counts[key] for key in inside)
    held = sum(theirs.values())
    others = base - held
    if held * cap.denominator <= cap.numerator * base:
        return None
    factor = cap / (1 - cap) * Fraction(others, held)
    part = tally.counts["for"] - theirs["for"] + factor * theirs["for"]
    named = _listed(sorted(rule.investors))
    work = (
        f"{named} have {held} of {plural(base, 'vote', 'votes')}, more than {share_words(cap)}. "
        f"Each of these counts {factor}, so that they have {share_words(cap)} of {amount(others + factor * held)}."
    )
    return Exact(part, others + factor * held), work


def _counted(exact: Exact, work: str, threshold: Threshold) -> str:
    if not exact.base:
        return f"{work} Of nobody there is no majority."
    goal = five(threshold.share * exact.base)
    verb = comparison(threshold, met=exact.reaches(threshold)).replace("fewer", "less")
    words = share_words(threshold.share).capitalize()
    return f"{work} {words} of {five(exact.base)} is {goal}. {five(exact.part)} for {verb} {goal}."


def _weight(settings: Settings, name: str) -> int:
    return settings.weighting.weight_of(name, settings.preset)


# --- one class --------------------------------------------------------------------------------------------------


def _class(tally: Tally, name: str) -> ClassTally:
    return tally.classes.get(name) or ClassTally({}, 0, 0)


def _quorum(name: str, share: Fraction, found: ClassTally, *, represented: bool) -> Requirement:
    """Return the quorum of a class; the represented count for it where they count for that of all (governance.md 8)."""
    need = ceil_of(share * found.eligible)
    present = found.voted + (found.represented if represented else 0)
    met = present >= need
    verb = "is at least" if met else "is fewer than"
    return Requirement(
        name="class-quorum",
        title=f"At least {need} of {found.eligible} {name} take part",
        met=met,
        have=present,
        need=need,
        work=f"{present} of {found.eligible} {name} took part. {present} {verb} {need}.",
    )


def _veto(
    name: str, found: ClassTally, threshold: Threshold, yes: Sequence[str], inside: Sequence[str], *, whole: bool
) -> Requirement:
    for_ = sum(found.counts.get(key, 0) for key in yes)
    base = found.eligible if whole else sum(found.counts.get(key, 0) for key in inside)
    met = base > 0 and reaches(for_, base, threshold)
    goal, words = amount(threshold.share * base), share_words(threshold.share).capitalize()
    work = (
        f"Among {name} {for_} of {base}. {words} of {base} is {goal}. {for_} {comparison(threshold, met=met)} {goal}."
    )
    if base == 0:
        work = f"Among {name} nobody took a side. Of nobody there is no majority."
    title = f"{threshold_words(threshold).capitalize()} among {name} too"
    return Requirement("class-veto", title, met, for_, least(base, threshold) if base else 1, work)


# --- numbers in words -------------------------------------------------------------------------------------------


def five(value: Fraction) -> str:
    """Return the number with five decimals, rounded half up: `0.60021`."""
    return _decimal(value, 5)


def percent(value: Fraction) -> str:
    """Return the share as a percentage with two decimals: `56.85%`."""
    return f"{_decimal(value * 100, 2)}%"


def _decimal(value: Fraction, digits: int) -> str:
    scaled = value * 10**digits + Fraction(1, 2)
    whole, rest = divmod(scaled.numerator // scaled.denominator, 10**digits)
    return f"{whole}.{rest:0{digits}d}"


def _is_half(exact: Exact, threshold: Threshold) -> bool:
    return threshold == Threshold(Fraction(1, 2), strict=True) and 0 < exact.base == exact.part * 2


def _by_share(shares: Mapping[str, Fraction]) -> list[tuple[str, Fraction]]:
    return sorted(shares.items(), key=lambda item: (-item[1], item[0]))


def _shares(shares: Mapping[str, Fraction]) -> list[str]:
    return [f"{name} {exact_percent(share)}" for name, share in _by_share(shares)]


def exact_percent(share: Fraction) -> str:
    """Return the share as a percentage where that is exact in two decimals, else as `1/3`."""
    hundredths = share * 10_000
    return f"{amount(share * 100)}%" if hundredths.denominator == 1 else str(share)


def _listed(names: Iterable[str]) -> str:
    found = list(names)
    return f"{', '.join(found[:-1])} and {found[-1]}" if len(found) > 1 else "".join(found)
