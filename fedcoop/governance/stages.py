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


def ranking_of(
    elected: Sequence[str], left: Iterable[str], totals: Mapping[str, int], excluded: Sequence[str]
) -> tuple[tuple[str, ...], ...]:
    """Return groups from the best: the elected in order, those left at the end by votes, the excluded from the last."""
    out = list(reversed(excluded))
    rest = sorted((key for key in left if key not in elected and key not in out), key=lambda key: (-totals[key], key))
    remaining = [tuple(group) for _, group in groupby(rest, key=lambda key: totals[key])]
    return (*((key,) for key in elected), *remaining, *((key,) for key in out))


def ties_of(rounds: Iterable[Round]) -> tuple[Tie, ...]:
    """Return the ties of all rounds."""
    return tuple(tie for item in rounds for tie in item.ties)
