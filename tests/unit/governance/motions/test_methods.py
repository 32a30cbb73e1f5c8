"""Consent, consensus and approval: worked examples of governance.md 7.5, 7.6, 7.8, 10.1; rule sentences of design.md 7."""

import pytest

from fedcoop.governance.motions.outcomes import OutcomeCode, outcome_from_json, outcome_to_json
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.words.wording import outcome_sentence, plain, rule_sentence
from fedcoop.kernel.errors import BallotRefused, MotionRefused
from tests.unit.governance.samples import motion, tally


def test_consent_is_stopped_by_one_objection_and_adopted_without() -> None:
    asked, method = motion("consent"), METHODS["consent"]
    first = method.decide(tally(12, consent=9, consent_with_concern=1, objection=1), asked.options, asked.settings)
    second = method.decide(tally(12, consent=10, consent_with_concern=1, objection=0), asked.options, asked.settings)
    assert first.code is OutcomeCode.NOT_CARRIED
    assert second.code is OutcomeCode.CARRIED
    assert second.requirements[1].need == 4


def test_consent_needs_enough_explicit_stances() -> None:
    asked = motion("consent")
    assert (
        METHODS["consent"]
        .decide(tally(12, consent=3, consent_with_concern=0, objection=0), asked.options, asked.settings)
        .code
        is OutcomeCode.INQUORATE
    )


@pytest.mark.parametrize(("eligible", "need"), [(1, 1), (2, 2), (3, 3), (4, 3), (9, 3), (10, 4), (12, 4)])
def test_consent_asks_three_or_a_third_to_answer_but_never_more_than_there_are(eligible: int, need: int) -> None:
    asked, decide = motion("consent", eligible=eligible), METHODS["consent"].decide
    enough, short = (
        tally(eligible, consent=number, consent_with_concern=0, objection=0) for number in (need, need - 1)
    )
    assert decide(enough, asked.options, asked.settings).code is OutcomeCode.CARRIED
    assert decide(short, asked.options, asked.settings).code is OutcomeCode.INQUORATE


def test_concerns_are_kept_with_a_decision_that_was_adopted() -> None:
    asked, decide = motion("consent"), METHODS["consent"].decide
    adopted = decide(tally(12, consent=10, consent_with_concern=1, objection=0), asked.options, asked.settings)
    stopped = decide(tally(12, consent=9, consent_with_concern=1, objection=1), asked.options, asked.settings)
    assert adopted.notes == ("1 concern is kept with this decision.",)
    assert stopped.notes == ()


@pytest.mark.parametrize(("blocks", "aside", "carried"), [("0", 2, False), ("1", 2, True), ("1", 5, False)])
def test_consensus_with_blocks_and_stand_asides(blocks: str, aside: int, carried: bool) -> None:
    asked = motion("consensus", eligible=26, max_blocks=blocks)
    votes = tally(26, agree=14, abstain=3, stand_aside=aside, block=1)
    outcome = METHODS["consensus"].decide(votes, asked.options, asked.settings)
    assert (outcome.code is OutcomeCode.CARRIED) is carried


def test_consensus_without_votes_carries_nothing() -> None:
    asked = motion("consensus")
    assert (
        METHODS["consensus"]
        .decide(tally(12, agree=0, abstain=0, stand_aside=0, block=0), asked.options, asked.settings)
        .code
        is OutcomeCode.NOT_CARRIED
    )


def test_approval_takes_the_most_approved_and_names_a_tie_for_the_last_seat() -> None:
    """Without a lot, as in a look meanwhile, and with the status quo, a tie stays one; the count's lot is in test_seats."""
    asked = motion("approval", seats="2", ties="status_quo")
    votes = tally(12, a=5, b=4, c=1)
    assert METHODS["approval"].decide(votes, asked.options, asked.settings).winners == ("a", "b")
    tied = METHODS["approval"].decide(tally(12, a=5, b=4, c=4), asked.options, asked.settings)
    assert tied.code is OutcomeCode.TIED
    assert tied.winners == ("a",)
    assert tied.notes == ("Wheat and Spelt have the same number of votes for the last place.",)
    harmless = METHODS["approval"].decide(tally(12, a=4, b=4, c=1), asked.options, asked.settings)
    assert harmless.code is OutcomeCode.CARRIED


def test_approval_threshold_is_a_share_of_ballots() -> None:
    asked = motion("approval", threshold="1/2")
    outcome = METHODS["approval"].decide(tally(12, a=4, b=3, c=3), asked.options, asked.settings)
    assert outcome.code is OutcomeCode.NOT_CARRIED


@pytest.mark.parametrize(
    ("settings", "choice", "code"),
    [
        ({"max": "2"}, ("a", "b", "c"), "too-many"),
        ({"min": "2"}, ("a",), "too-few"),
        ({}, ("a", "a"), "option"),
        ({}, ("z",), "option"),
        ({"none": "c"}, ("a", "c"), "too-many"),
    ],
)
def test_approval_refuses_what_breaks_its_rule(settings: dict[str, str], choice: tuple[str, ...], code: str) -> None:
    asked, method = motion("approval", **settings), METHODS["approval"]
    method.check(("a", "b") if code != "too-many" or "none" not in settings else ("c",), asked.options, asked.settings)
    with pytest.raises(BallotRefused) as refused:
        method.check(choice, asked.options, asked.settings)
    assert refused.value.code == code


@pytest.mark.parametrize(("key", "value"), [("seats", "0"), ("seats", "4"), ("max", "9"), ("none", "z"), ("min", "-1")])
def test_approval_refuses_settings_that_cannot_be(key: str, value: str) -> None:
    with pytest.raises(MotionRefused):
        motion("approval", **{key: value})


@pytest.mark.parametrize(
    ("method", "eligible", "settings", "sentence"),
    [
        (
            "resolution",
            120,
            {},
            "Carried if more than half of the votes for and against are for, and at least 12 of 120 members take part.",
        ),
        (
            "resolution",
            120,
            {"threshold": "3/4", "base": "eligible", "quorum": "0"},
            "Carried if at least three quarters of all 120 members are for. Who does not vote counts like a vote against.",
        ),
        (
            "consent",
            12,
            {},
            "Adopted when no objection stands and at least 4 of 12 people answer. Silence counts as consent.",
        ),
        ("consensus", 12, {}, "Adopted if nobody blocks, at most a fifth stand aside, and more than half agree."),
        ("approval", 12, {"seats": "3"}, "The three choices with most ticks are chosen."),
    ],
)
def test_rule_sentences(method: str, eligible: int, settings: dict[str, str], sentence: str) -> None:
    asked = motion(method, eligible=eligible, **settings)
    assert plain(rule_sentence(method, asked.options, asked.settings, eligible)) == sentence


def test_the_outcome_is_told_in_one_sentence() -> None:
    asked = motion(eligible=37)
    votes = tally(37, **{"for": 24}, against=4, abstain=2)
    outcome = METHODS["resolution"].decide(votes, asked.options, asked.settings)
    assert (
        outcome_sentence(asked, outcome, votes)
        == "Carried: Buy a second oven. 24 for, 4 against, 2 abstain; 30 of 37 members voted."
    )
    assert outcome_from_json(outcome_to_json(outcome)) == outcome


def test_every_method_has_what_pages_and_polls_need() -> None:
    for key, method in METHODS.items():
        assert method.key == key
        assert method.wire in ("oneOf", "anyOf", None)
        assert method.title
        assert method.icon
        asked = motion(key)
        method.validate(asked.options, asked.settings)
