"""What counts by rounds write down: rounds in exact numbers, and a ranking from who was elected and excluded when."""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import groupby

from fedcoop.governance.motions.tallies import Round, Tie, exact_text


class Figures:
    """Turns integers times a unit into the numbers they stand for.

    Equal ones are one object: of a thousand rounds with a thousand totals each, most are as they were in the round before.
    """

    def __init__(self) -> None:
        self._unit = 1
        self._known: dict[int, Fraction] = {}

    def of(self, values: Mapping[str, int], unit: int) -> dict[str, Fraction]:
        """Return the numbers by key."""
        if unit != self._unit:
            self._unit, self._known = unit, {}
        known = self._known
        for value in set(values.values()).difference(known):
            known[value] = Fraction(value, unit)
        return {key: known[value] for key, value in values.items()}

    def gains(self, values: Mapping[str, int], unit: int) -> dict[str, Fraction]:
        """Return what each gained; who gained nothing is left out."""
        return self.of({key: value for key, value in values.items() if value}, unit)


def number_text(value: int, unit: int) -> str:
    """Return the number as an exact text."""
    return exact_text(Fraction(value, unit))


def ranking_of(rounds: Sequence[Round], standing: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """Return groups from the best: the elected in order, those left at the end by votes, the excluded from the last.

    Equals whom no round told apart are in one group.
    """
    elected = [group for n, item in enumerate(rounds, 1) for group in _equals(item.elected, rounds[:n])]
    out = [group for item in reversed(rounds) for group in _by_votes(item.excluded, item)]
    known = {key for group in (*elected, *out) for key in group}
    remaining = _by_votes((key for key in standing if key not in known), rounds[-1])
    return (*elected, *remaining, *out)


def _equals(elected: Sequence[str], rounds: Sequence[Round]) -> list[tuple[str, ...]]:
    if len(elected) < 2:
        return [tuple(elected)] if elected else []
    groups = groupby(elected, key=lambda key: [item.totals[key] for item in rounds])
    return [tuple(sorted(group)) for _, group in groups]


def _by_votes(keys: Iterable[str], item: Round) -> list[tuple[str, ...]]:
    ordered = sorted(keys, key=lambda key: (-item.totals[key], key))
    return [tuple(group) for _, group in groupby(ordered, key=lambda key: item.totals[key])]


def ties_of(rounds: Iterable[Round]) -> tuple[Tie, ...]:
    """Return the ties of all rounds."""
    return tuple(tie for item in rounds for tie in item.ties)
