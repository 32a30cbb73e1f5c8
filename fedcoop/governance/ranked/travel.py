"""How one ballot travelled through the rounds of a count: at whom it stood, for how much, and why it moved.

Source: governance.md 7.13, 7.15, 7.16. It reads the published record only, so that anybody can follow their own ballot. In
the rules of Scottish councils and in instant runoff a ballot stands with one name; what it left with somebody elected
stays there. By Meek's rule all elected names on it keep a share, worked out anew in every round.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from fractions import Fraction

from fedcoop.governance.motions.choices import Choice
from fedcoop.governance.motions.tallies import Count, Ranking, Round

FIRST, STAYS, SURPLUS, EXCLUSION, SHARES, EXHAUSTED = "first", "stays", "surplus", "exclusion", "shares", "exhausted"
_MEEK_UNIT = 10**9


@dataclass(frozen=True, slots=True)
class Step:
    """A ballot in one round (`number` from 1): with `at` it stands for `value`; nobody's where `at` is "".

    `kept` is what stays with the elected whom it passed. `why` is `first`, `stays`, `surplus` (of `of`), `exclusion` (of
    `of`), `shares` (Meek: they were worked out anew) or `exhausted` (no name on it can take it).
    """

    number: int
    at: str
    value: Fraction
    why: str
    of: str = ""
    kept: Mapping[str, Fraction] = field(default_factory=dict)


def travel(choice: Choice | Ranking, count: Count) -> tuple[Step, ...]:
    """Return a step for each round of the count; nothing for a count without rounds, or a ballot that names nobody."""
    if not count.rounds:
        return ()
    names = _names(choice, frozenset(count.rounds[0].totals))
    if not names:
        return ()
    steps = _meek(names, count.rounds) if "keep" in count.rounds[0].facts else _handed_on(names, count.rounds)
    return tuple(steps)


def _names(choice: Choice | Ranking, standing: Set[str]) -> tuple[str, ...]:
    """Return the names before the first equal or missing rank, without those who did not stand."""
    found: dict[str, None] = {}
    for rank in choice:
        given = (rank,) if isinstance(rank, str) else rank
        kept = [key for key in given if key in standing]
        if len(kept) > 1 or not given:
            break
        found.update(dict.fromkeys(kept))
    return tuple(found)


def _handed_on(names: Sequence[str], rounds: Sequence[Round]) -> Iterator[Step]:
    step, gone = Step(1, names[0], Fraction(1), FIRST), set[str]()
    for number, item in enumerate(rounds, start=1):
        if number > 1:
            step = _next(step, names, rounds[number - 2], item, gone)
        yield step
        gone.update(item.elected, item.excluded)


def _next(step: Step, names: Sequence[str], before: Round, item: Round, gone: Set[str]) -> Step:
    if not step.at or step.at not in item.of:
        return replace(step, number=step.number + 1, why=STAYS if step.at else EXHAUSTED, of="")
    value, kept, why = step.value, dict(step.kept), EXCLUSION
    if item.kind == SURPLUS:
        value, why = _new_value(item, step.value), SURPLUS
        kept[step.at] = step.value - value
    onward = names[names.index(step.at) + 1 :]
    at = next((name for name in onward if name not in gone), "")
    return Step(step.number + 1, at, value, why, step.at, kept)


def _new_value(item: Round, old: Fraction) -> Fraction:
    values: Mapping[str, str] = item.facts["values"]
    return next(Fraction(new) for given, new in values.items() if Fraction(given) == old)


def _meek(names: Sequence[str], rounds: Sequence[Round]) -> Iterator[Step]:
    out: set[str] = set()
    last = Step(0, "", Fraction(0), FIRST)
    for number, item in enumerate(rounds, start=1):
        at, value, kept = _shares(names, item.facts["keep"], out)
        why, of = _why(last, at, item)
        last = Step(number, at, value, why, of, kept)
        yield last
        out.update(item.excluded)


def _shares(names: Sequence[str], keep: Mapping[str, str], out: Set[str]) -> tuple[str, Fraction, dict[str, Fraction]]:
    """Return with whom the rest of the ballot stands and for how much, and what the elected before keep of it."""
    weight, kept = _MEEK_UNIT, dict[str, Fraction]()
    for name in names:
        if name in out:
            continue
        if name not in keep:
            return name, Fraction(weight, _MEEK_UNIT), kept
        share = -(-weight * int(Fraction(keep[name]) * _MEEK_UNIT) // _MEEK_UNIT)
        kept[name] = Fraction(share, _MEEK_UNIT)
        weight -= share
    return "", Fraction(weight, _MEEK_UNIT), kept


def _why(last: Step, at: str, item: Round) -> tuple[str, str]:
    if last.number == 0:
        return FIRST, ""
    if last.at in item.of and item.kind == EXCLUSION:
        return EXCLUSION, last.at
    if at != last.at or item.kind != EXCLUSION:
        return SHARES, ""
    return (STAYS if at else EXHAUSTED), ""
