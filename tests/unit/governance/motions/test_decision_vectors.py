"""Golden vectors of decisions over totals: worked examples of governance.md 1, 6, 7.1 to 7.6."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fedcoop.governance.counting.combined import demanded, weighted_eligible
from fedcoop.governance.members.weighting import Weighting
from fedcoop.governance.motions.outcomes import Outcome
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.motions.tallies import ClassTally, Tally
from tests.unit.governance.samples import motion, tally

CASES: list[dict[str, Any]] = json.loads(Path("tests/vectors/governance/decisions.json").read_text())["cases"]


def _decided(case: dict[str, Any]) -> Outcome:
    asked = motion(case["method"], eligible=case["eligible"], **case["settings"])
    return METHODS[case["method"]].decide(tally(case["eligible"], **case["counts"]), asked.options, asked.settings)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['method']}: {case['name']}")
def test_a_worked_example_has_its_outcome(case: dict[str, Any]) -> None:
    outcome = _decided(case)
    needs = {item.name: item.need for item in outcome.requirements}
    assert outcome.code == case["code"]
    assert case.get("needs", {}).items() <= needs.items()
    if "notes" in case:
        assert list(outcome.notes) == case["notes"]


def test_the_sum_of_a_combined_requirement_is_told_in_words() -> None:
    outcome = _decided(next(case for case in CASES if case["name"] == "combined, all hold"))
    told = {item.name: (item.title, item.work) for item in outcome.requirements}
    assert told["demand-agree"] == (
        "Agree: at least three quarters of all 20 members",
        "Three quarters of 20 is 15. 15 votes for “Agree”; at least 15 is asked.",
    )
    assert told["demand-block"] == ("Block: none", "0 votes for “Block”; exactly 0 is asked.")


def test_who_said_nothing_is_named_where_silence_is_consent() -> None:
    first = motion("consent"), motion("consent", silence="not_counted")
    votes = tally(12, consent=10, consent_with_concern=1, objection=0)
    works = [METHODS["consent"].decide(votes, m.options, m.settings).requirements[0].work for m in first]
    assert works == ["No objection stands. 1 member said nothing, which counts as consent.", "No objection stands."]


def test_guests_of_a_sense_check_are_counted_apart() -> None:
    asked = motion("sense")
    votes = replace(
        tally(12, looks_good=5, unsure=1, concerned=0), guests={"looks_good": 2, "unsure": 0, "concerned": 1}
    )
    assert METHODS["sense"].decide(votes, asked.options, asked.settings).notes == (
        "Looks good: 5, Unsure: 1, Concerned: 0.",
        "3 guests answered too, counted apart.",
    )


def test_with_weights_a_base_of_all_members_is_the_weight_of_all() -> None:
    asked = motion(base="eligible", quorum="0", require="for > 1/2 of eligible")
    rule = replace(asked.settings, weighting=Weighting(weights={"worker": 3, "user": 1}, reference="Art. 9"))
    classes = {"worker": ClassTally({"for": 4}, 4, 5), "user": ClassTally({"against": 5}, 5, 6)}
    votes = Tally(
        {"for": 12, "against": 5, "abstain": 0}, 9, 11, heads={"for": 4, "against": 5, "abstain": 0}, weight=17
    )
    found = {item.name: item for item in demanded(replace(votes, classes=classes), asked.options, rule)}
    assert weighted_eligible(replace(votes, classes=classes), rule) == 21
    assert (found["demand-for"].met, found["demand-for"].need) == (True, 11)
    assert weighted_eligible(replace(votes, weight=None, heads=None), asked.settings) == 11
