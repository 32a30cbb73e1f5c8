"""Closing early because the result is certain: proven where it can be, refused with the reason elsewhere (governance.md 2)."""

from dataclasses import replace
from itertools import combinations_with_replacement

import pytest

from fedcoop.governance.delegation.delegation_rule import DelegationMode, DelegationRule
from fedcoop.governance.members.weighting import Weighting
from fedcoop.governance.motions import lifecycle
from fedcoop.governance.motions.motion import Motion, Option
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.motions.tallies import Tally
from fedcoop.kernel.errors import MotionRefused
from tests.unit.governance.samples import OPENS, motion, tally

KEYS = ("a", "b", "c")
OPTIONS = tuple(Option(key, key.upper()) for key in KEYS)


def ticked(**settings: str) -> Motion:
    method = METHODS["approval"]
    asked = motion(early_close="decided", **settings)
    return replace(
        asked,
        method="approval",
        options=OPTIONS,
        settings=replace(method.defaults(), early_close=asked.settings.early_close),
    )


def refused(asked: Motion, counts: Tally) -> str:
    with pytest.raises(MotionRefused) as error:
        lifecycle.closed_early(asked, counts, OPENS)
    assert error.value.code == "early-close"
    return error.value.message


def test_what_cannot_be_proven_is_refused_with_its_reason() -> None:
    asked = motion(early_close="decided", quorum="0")
    sure = tally(10, **{"for": 9}, against=0, abstain=0)
    assert lifecycle.closed_early(asked, sure, OPENS).closes_at == OPENS
    weighted = replace(
        asked, settings=replace(asked.settings, weighting=Weighting(weights={"worker": 3}, reference="4"))
    )
    assert "weights" in refused(weighted, sure)
    heavy = replace(sure, weight=20)
    assert "weights" in refused(asked, heavy)
    passed_on = replace(asked, settings=replace(asked.settings, delegation=DelegationRule(DelegationMode.LIQUID)))
    assert "represented" in refused(passed_on, sure)
    nothing = replace(asked, settings=replace(asked.settings, binding=False))
    assert "each answer counts" in refused(nothing, sure)
    ranked = replace(asked, method="schulze", options=OPTIONS)
    assert "nobody can tell" in refused(ranked, Tally(counts=dict.fromkeys(KEYS, 3), voted=9, eligible=10))


def test_of_ticks_it_is_certain_only_when_no_further_ballots_change_who_is_chosen() -> None:
    asked = ticked()
    ballots = [tuple(key for key, on in zip(KEYS, bits, strict=True) if on) for bits in _bits()]
    for eligible in (2, 3):
        for voted in range(eligible + 1):
            for cast in combinations_with_replacement(ballots, voted):
                now = _of(cast, eligible)
                ends = {
                    _result(asked, _of((*cast, *more), eligible))
                    for n in range(eligible - voted + 1)
                    for more in combinations_with_replacement(ballots, n)
                }
                if lifecycle.is_decided(asked, now):
                    assert len(ends) == 1, (cast, ends)


def test_a_lead_beyond_the_missing_ballots_is_certain() -> None:
    asked = ticked()
    assert lifecycle.is_decided(asked, Tally(counts={"a": 7, "b": 2, "c": 1}, voted=8, eligible=10))
    assert not lifecycle.is_decided(asked, Tally(counts={"a": 4, "b": 2, "c": 1}, voted=8, eligible=10))


def _bits() -> list[tuple[int, int, int]]:
    return [(a, b, c) for a in (0, 1) for b in (0, 1) for c in (0, 1)]


def _of(ballots: tuple[tuple[str, ...], ...], eligible: int) -> Tally:
    counts = {key: sum(key in ballot for ballot in ballots) for key in KEYS}
    return Tally(counts=counts, voted=len(ballots), eligible=eligible)


def _result(asked: Motion, counts: Tally) -> tuple[str, frozenset[str]]:
    outcome = METHODS["approval"].decide(counts, asked.options, asked.settings)
    return outcome.code.value, frozenset(outcome.winners)


@pytest.mark.parametrize("visibility", ["after_own_vote", "after_close"])
def test_what_is_hidden_is_not_told_by_closing_early(visibility: str) -> None:
    sure = tally(10, **{"for": 9}, against=0, abstain=0)
    shown = motion(early_close="decided", quorum="0")
    assert lifecycle.closed_early(shown, sure, OPENS).closes_at == OPENS
    hidden = motion(early_close="decided", quorum="0", visibility=visibility)
    assert "when all have voted; 9 of 10 have" in refused(hidden, sure)
    whole = tally(10, **{"for": 10}, against=0, abstain=0)
    assert lifecycle.closed_early(hidden, whole, OPENS).closes_at == OPENS
