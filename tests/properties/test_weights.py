"""What must hold of any weights and colleges: order changes nothing, scaling changes nothing, shares add up (governance.md 9)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from fedcoop.governance.counting.tallying import Ballots, tally_motion
from fedcoop.governance.members.weighting import Weighting
from fedcoop.governance.motions.motion import Settings, Threshold
from fedcoop.governance.motions.outcomes import Outcome, OutcomeCode
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.motions.settings import settings_from_json, settings_of, settings_to_json
from fedcoop.governance.motions.tallies import Pile

RESOLUTION = METHODS["resolution"]
OPTIONS = RESOLUTION.default_options()
NAMES = ("a", "b", "c")
PLAIN = settings_of(RESOLUTION, {"quorum": "0"}, grace=timedelta(0))
numbers = st.integers(0, 60)
counts = st.fixed_dictionaries({name: st.tuples(numbers, numbers, numbers) for name in NAMES})
thresholds = st.builds(
    Threshold, st.fractions(Fraction(1, 100), Fraction(99, 100), max_denominator=1000), st.booleans()
)
parts = st.tuples(*[st.integers(1, 1000)] * 3)


def rule(threshold: Threshold, **weighting: object) -> Settings:
    return replace(PLAIN, threshold=threshold, weighting=replace(Weighting(), **weighting))  # type: ignore[arg-type]


def shares(given_parts: tuple[int, ...]) -> dict[str, Fraction]:
    return {name: Fraction(part, sum(given_parts)) for name, part in zip(NAMES, given_parts, strict=True)}


def piles(found: Mapping[str, tuple[int, ...]], weights: Mapping[str, int]) -> list[Pile]:
    return [
        Pile((key,), number, weights.get(name, 1), name)
        for name, given_numbers in found.items()
        for key, number in zip(("for", "against", "abstain"), given_numbers, strict=True)
        if number
    ]


def decide(settings: Settings, found: list[Pile]) -> Outcome:
    eligible = dict.fromkeys(NAMES, 200)
    return RESOLUTION.decide(tally_motion(Ballots("resolution", OPTIONS, settings), found, eligible), OPTIONS, settings)


@given(counts, thresholds, parts, st.booleans(), st.randoms(use_true_random=False))
def test_the_order_of_ballots_and_of_colleges_changes_nothing(found, threshold, weights, against, random) -> None:  # type: ignore[no-untyped-def]
    given_shares = shares(weights)
    one = rule(threshold, colleges=given_shares, absent_counts_against=against)
    other = rule(threshold, colleges=dict(reversed(given_shares.items())), absent_counts_against=against)
    listed = piles(found, {})
    shuffled = random.sample(listed, len(listed))
    assert decide(one, listed) == decide(other, shuffled)
    assert settings_from_json(settings_to_json(one)) == one


@given(counts, thresholds, parts)
def test_a_college_decides_by_exact_shares(found, threshold, weights) -> None:  # type: ignore[no-untyped-def]
    given_shares = shares(weights)
    assert sum(given_shares.values()) == 1
    outcome = decide(rule(threshold, colleges=given_shares), piles(found, {}))
    present = {name: pair for name, pair in found.items() if pair[0] + pair[1]}
    total = sum((given_shares[name] for name in present), Fraction(0))
    yes = sum((given_shares[n] * Fraction(p[0], p[0] + p[1]) for n, p in present.items()), Fraction(0))
    reached = bool(present) and (yes > threshold.share * total if threshold.strict else yes >= threshold.share * total)
    assert (outcome.code is OutcomeCode.CARRIED) == reached
    (requirement,) = outcome.requirements
    assert (requirement.have >= requirement.need) == reached


@given(counts, thresholds, parts, st.integers(2, 9))
def test_weights_that_are_all_multiplied_decide_the_same(found, threshold, weights, factor) -> None:  # type: ignore[no-untyped-def]
    light = dict(zip(NAMES, weights, strict=True))
    heavy = {name: weight * factor for name, weight in light.items()}
    one = decide(rule(threshold, weights=light, reference="12"), piles(found, light))
    other = decide(rule(threshold, weights=heavy, reference="12"), piles(found, heavy))
    assert one.code == other.code


@given(counts, thresholds, st.fractions(0, Fraction(99, 100), max_denominator=100))
def test_investors_never_have_more_than_their_cap(found, threshold, cap) -> None:  # type: ignore[no-untyped-def]
    outcome = decide(rule(threshold, investors=("c",), investor_cap=cap), piles(found, {}))
    for_, against = (sum(found[name][i] for name in "ab") for i in (0, 1))
    theirs, others = found["c"][0] + found["c"][1], for_ + against
    factor = Fraction(1) if theirs <= cap * (theirs + others) else cap / (1 - cap) * Fraction(others, theirs)
    part, base = for_ + factor * found["c"][0], others + factor * theirs
    assert factor * theirs <= cap * base or base == theirs == 0
    goal = threshold.share * base
    reached = base > 0 and (part > goal if threshold.strict else part >= goal)
    assert (outcome.code is OutcomeCode.CARRIED) == reached
