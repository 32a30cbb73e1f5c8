"""How concentrated delegated votes are: largest weight, Gini, Herfindahl, each with its population (governance.md 17)."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Concentration:
    """The figures of one motion: over those who voted, and Gini over all on the roll too (the others have 0)."""

    largest: Fraction
    herfindahl: Fraction
    gini_of_voters: Fraction
    gini_of_eligible: Fraction


def concentration(weights: Sequence[int], eligible: int) -> Concentration | None:
    """Return the figures of the weights of those who voted, each their own vote with those they spoke for; None of none."""
    total = sum(weights)
    if total == 0:
        return None
    return Concentration(
        largest=Fraction(max(weights), total),
        herfindahl=sum((Fraction(weight, total) ** 2 for weight in weights), Fraction(0)),
        gini_of_voters=gini(weights, len(weights)),
        gini_of_eligible=gini(weights, eligible),
    )


def gini(weights: Sequence[int], population: int) -> Fraction:
    """Return Gini's measure over a population, of whom those without a weight have 0; 0 where there is nothing."""
    total = sum(weights)
    if total == 0:
        return Fraction(0)
    ordered = [0] * (population - len(weights)) + sorted(weights)
    ranked = sum(place * weight for place, weight in enumerate(ordered, start=1))
    return Fraction(2 * ranked, population * total) - Fraction(population + 1, population)
