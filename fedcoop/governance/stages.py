"""What counts by rounds write down: rounds in exact numbers, and a ranking from who was elected and excluded when."""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import groupby

from fedcoop.governance.tallies import Round, Tie, exact_text


def numbers(values: Mapping[str, int], unit: int) -> dict[str, Fraction]:
    """Return integers times a unit as the numbers they stand for."""
    return {key: Fraction(value, unit) for key, value in values.items()}


def number_text(value: int, unit: int) -> str:
    """Return the number as an exact text."""
    return exact_text(Fraction(value, unit))


def gains_of(gains: Mapping[str, int], unit: int) -> dict[str, Fraction]:
    """Return what each gained; who gained nothing is left out."""
    return {key: Fraction(value, unit) for key, value in gains.items() if value}


def ranking_of(rounds: Sequence[Round], standing: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """Return groups from the best: the elected in order, those left at the end by votes, the excluded from the last.

    Equals whom no round told apart are in one group.
    """
    totals = rounds[-1].totals
    elected = [group for n, item in enumerate(rounds, 1) for group in _equals(item.elected, rounds[:n])]
    out = [key for item in reversed(rounds) for key in item.excluded]
    known = {*out, *(key for group in elected for key in group)}
    rest = sorted((key for key in standing if key not in known), key=lambda key: (-totals[key], key))
    remaining = [tuple(group) for _, group in groupby(rest, key=lambda key: totals[key])]
    return (*elected, *remaining, *((key,) for key in out))


def _equals(elected: Iterable[str], rounds: Sequence[Round]) -> list[tuple[str, ...]]:
    groups = groupby(elected, key=lambda key: [item.totals[key] for item in rounds])
    return [tuple(sorted(group)) for _, group in groups]


def ties_of(rounds: Iterable[Round]) -> tuple[Tie, ...]:
    """Return the ties of all rounds."""
    return tuple(tie for item in rounds for tie in item.ties)
