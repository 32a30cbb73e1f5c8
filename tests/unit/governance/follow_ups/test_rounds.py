"""Rounds of consent (governance.md 7.5)."""

import pytest

from fedcoop.governance.follow_ups.rounds import NextStep, fallback_of, next_step, rounds_of
from fedcoop.governance.motions.motion import Settings
from fedcoop.governance.motions.outcomes import OutcomeCode
from fedcoop.kernel.errors import MotionRefused

USUAL, NEVER = Settings(), Settings(extra={"fallback": "none"})


@pytest.mark.parametrize("code", [OutcomeCode.NOT_CARRIED, OutcomeCode.INQUORATE])
def test_an_objection_leads_to_a_next_version_and_after_three_rounds_to_the_fallback(code: OutcomeCode) -> None:
    assert rounds_of(USUAL) == 3
    steps = [next_step(number, 3, code, USUAL) for number in (1, 2, 3, 4)]
    assert steps == [NextStep.NEXT_VERSION, NextStep.NEXT_VERSION, NextStep.FALLBACK, NextStep.FALLBACK]


def test_without_a_fallback_there_is_always_a_next_version() -> None:
    assert fallback_of(NEVER) is None
    assert next_step(9, 3, OutcomeCode.NOT_CARRIED, NEVER) is NextStep.NEXT_VERSION


def test_what_is_adopted_is_adopted_in_any_round() -> None:
    assert {next_step(number, 3, OutcomeCode.CARRIED, USUAL) for number in range(1, 5)} == {NextStep.ADOPTED}


def test_the_fallback_is_a_special_resolution_of_three_quarters() -> None:
    assert fallback_of(USUAL) == ("resolution", {"preset": "special"})


def test_rounds_are_counted_from_one() -> None:
    next_step(1, 1, OutcomeCode.CARRIED, USUAL)
    for round_, rounds in ((0, 3), (1, 0)):
        with pytest.raises(MotionRefused) as refused:
            next_step(round_, rounds, OutcomeCode.CARRIED, USUAL)
        assert refused.value.code == "rounds"
