"""Weights, colleges, class quorums, vetoes and caps of a resolution, exactly (governance.md 9)."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from fedcoop.governance.counting.tallying import Ballots, tally_motion
from fedcoop.governance.members.classes import MemberClass
from fedcoop.governance.members.electorate import Register
from fedcoop.governance.motions.motion import Settings
from fedcoop.governance.motions.outcomes import Outcome, OutcomeCode, Requirement
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.motions.settings import settings_from_json, settings_of, settings_to_json
from fedcoop.governance.motions.tallies import ClassTally, Pile, Tally, tally_of, tally_of_piles, tally_to_json
from fedcoop.governance.rolls.weight_rules import check_weighting, with_register
from fedcoop.governance.words.wording import plain, rule_sentence
from fedcoop.kernel.errors import MotionRefused

VECTOR = json.loads((Path(__file__).parents[3] / "vectors/governance/colleges.json").read_text())
RESOLUTION = METHODS["resolution"]
OPTIONS = RESOLUTION.default_options()
COLLEGES = "workers=40%, users=35%, partners=25%"
CLASSES = {name: MemberClass(name, name) for name in ("workers", "users", "partners", "backers", "guests")}
REGISTER = Register(classes=CLASSES)


def settings(**words: str) -> Settings:
    return settings_of(RESOLUTION, {"quorum": "0", **words}, grace=timedelta(0))


def piles(counts: Mapping[str, tuple[int, ...]], rule: Settings) -> list[Pile]:
    """Ballots by class: how many are for, against, abstain."""
    found = []
    for name, numbers in counts.items():
        weight = rule.weighting.weight_of(name, rule.preset)
        found += [
            Pile((key,), number, weight, name)
            for key, number in zip(("for", "against", "abstain"), numbers, strict=False)
            if number
        ]
    return found


def tallied(counts: Mapping[str, tuple[int, ...]], rule: Settings, **eligible: int) -> Tally:
    rolls = {name: sum(numbers) for name, numbers in counts.items() if sum(numbers)} | eligible
    return tally_motion(Ballots("resolution", OPTIONS, rule), piles(counts, rule), rolls)


def decided(counts: Mapping[str, tuple[int, ...]], rule: Settings, **eligible: int) -> Outcome:
    return RESOLUTION.decide(tallied(counts, rule, **eligible), OPTIONS, rule)


def need(outcome: Outcome, name: str) -> Requirement:
    return next(item for item in outcome.requirements if item.name == name)


WORKED = {name: tuple(pair) for name, pair in VECTOR["counts"].items()}


@pytest.mark.parametrize(("threshold", "code"), [(">1/2", "carried"), ("2/3", "not_carried"), ("3/5", "carried")])
def test_the_worked_example_is_exact(threshold: str, code: str) -> None:
    outcome = decided(WORKED, settings(colleges=COLLEGES, threshold=threshold))
    found = need(outcome, "colleges")
    assert outcome.code == code
    assert found.met == (code == "carried")
    assert (found.have >= found.need) == found.met
    for name, part in VECTOR["parts"].items():
        for_, against = WORKED[name]
        assert f"{name}: {for_} for, {against} against, {VECTOR['percent'][name]} of " in found.work
        assert f"is {part}." in found.work
    assert f"Together {VECTOR['printed']}." in found.work
    assert outcome.notes == ("By heads: 137 for, 104 against, 0 abstain. Of the heads for and against 56.85% are for.",)


def test_the_worked_example_says_why_two_thirds_are_not_reached() -> None:
    found = need(decided(WORKED, settings(colleges=COLLEGES, threshold="2/3")), "colleges")
    assert found.work.endswith("Two thirds is 0.66667. 0.60021 is less than 0.66667.")
    assert found.title == "At least two thirds of the colleges’ shares"
    assert Fraction(found.have, 12384) == Fraction(VECTOR["yes"])


def test_a_college_in_which_nobody_took_a_side_is_left_out_or_counts_against() -> None:
    counts = {"workers": (3, 1), "users": (0, 0, 5), "partners": (1, 1)}
    left_out = decided(counts, settings(colleges=COLLEGES))
    assert (
        "Nobody of users was for or against, so their share is left out: 0.42500 of 0.65000 is 0.65385."
        in need(left_out, "colleges").work
    )
    assert left_out.code is OutcomeCode.CARRIED
    against = decided(counts, settings(colleges=COLLEGES, absent_class="counts_against"))
    assert "Together 0.42500." in need(against, "colleges").work
    assert against.code is OutcomeCode.NOT_CARRIED


def test_of_no_college_there_is_no_majority() -> None:
    outcome = decided({"workers": (0, 0, 2)}, settings(colleges=COLLEGES))
    assert outcome.code is OutcomeCode.NOT_CARRIED
    assert "Of nobody there is no majority." in need(outcome, "colleges").work


def test_half_of_the_shares_is_a_tie_at_simple_majority() -> None:
    rule = settings(colleges="workers=50%, users=50%")
    assert decided({"workers": (2, 0), "users": (0, 9)}, rule).code is OutcomeCode.TIED
    assert decided({"workers": (3, 0), "users": (1, 9)}, rule).code is OutcomeCode.CARRIED


def test_weights_count_and_heads_show_beside_them() -> None:
    rule = settings(weights="workers=3", weight_reference="article 12")
    outcome = decided({"workers": (2, 0, 0), "users": (0, 5, 1)}, rule)
    assert outcome.code is OutcomeCode.CARRIED
    assert need(outcome, "majority").have == 6
    assert outcome.notes == (
        "By heads: 2 for, 5 against, 1 abstain. With weights: 6 for, 5 against, 1 abstain."
        " Of the heads for and against 28.57% are for.",
    )


def test_plural_votes_are_set_aside_where_the_bylaws_say_so() -> None:
    words = {"weights": "workers=3", "weight_reference": "article 12", "ignored_for": "special, rule_change"}
    usual, special = settings(**words), settings(**words, preset="special", threshold=">1/2")
    counts = {"workers": (2, 0), "users": (0, 5)}
    assert decided(counts, usual).code is OutcomeCode.CARRIED
    assert decided(counts, special).code is OutcomeCode.NOT_CARRIED
    assert tallied(counts, special).heads is None


def test_of_all_members_means_of_all_their_votes() -> None:
    words = {"weights": "workers=3", "weight_reference": "12", "base": "eligible", "ignored_for": "special"}
    outcome = decided({"workers": (2, 0)}, settings(**words), workers=3, users=2)
    assert need(outcome, "majority").work.startswith("There are 11 votes.")
    assert outcome.code is OutcomeCode.CARRIED
    alone = decided({"workers": (1, 0)}, settings(**words), workers=3)
    assert need(alone, "majority").work.startswith("There are 9 votes.")
    special = settings(**words, preset="special", threshold=">1/2")
    assert decided({"workers": (2, 0)}, special, workers=3, users=2).code is OutcomeCode.NOT_CARRIED


@pytest.mark.parametrize(("users", "voted", "code"), [(2, 3, "carried"), (1, 2, "inquorate"), (0, 0, "inquorate")])
def test_a_class_quorum_is_of_the_class(users: int, voted: int, code: str) -> None:
    rule = settings(class_quorum="users=1/2")
    outcome = decided({"workers": (4, 0), "users": (users, voted - users)}, rule, users=5)
    assert outcome.code == code
    assert need(outcome, "class-quorum").title == "At least 3 of 5 users take part"


@pytest.mark.parametrize(("users", "code"), [((2, 1), "carried"), ((1, 1), "not_carried"), ((0, 0), "not_carried")])
def test_a_class_with_a_veto_must_carry_it_too(users: tuple[int, int], code: str) -> None:
    outcome = decided({"workers": (9, 0), "users": users}, settings(class_veto="users"))
    assert outcome.code == code
    assert need(outcome, "class-veto").met == (code == "carried")
    assert need(outcome, "majority").met


def test_investors_together_have_at_most_their_cap() -> None:
    rule = settings(investors="backers")
    within = decided({"users": (4, 5), "backers": (3, 0)}, rule)
    assert within.code is OutcomeCode.CARRIED
    assert need(within, "majority").have == 7
    capped = decided({"users": (3, 6), "backers": (6, 0)}, rule)
    found = need(capped, "capped-majority")
    assert "backers have 6 of 15 votes, more than a quarter. Each of these counts 1/2" in found.work
    assert found.work.endswith("Half of 12.00000 is 6.00000. 6.00000 for is not more than 6.00000.")
    assert capped.code is OutcomeCode.TIED
    assert decided({"users": (4, 5), "backers": (6, 0)}, rule).code is OutcomeCode.CARRIED
    alone = decided({"backers": (6, 0)}, rule)
    assert alone.code is OutcomeCode.NOT_CARRIED


def test_investors_have_no_vote_in_a_change_of_rules_when_the_bylaws_say_so() -> None:
    rule = settings(investors="backers", investors_excluded_for="rule_change", preset="rule_change")
    tally = tallied({"users": (3, 1), "backers": (0, 9)}, rule)
    assert (dict(tally.counts), tally.voted) == ({"for": 3, "against": 1, "abstain": 0}, 4)
    assert dict(tally.guests) == {"for": 0, "against": 9, "abstain": 0}


def test_the_rule_in_a_sentence_names_colleges_and_vetoes() -> None:
    rule = settings(colleges=COLLEGES, class_veto="users", class_quorum="partners=1/2", threshold="2/3")
    assert plain(rule_sentence("resolution", OPTIONS, rule, 20)) == (
        "Carried if at least two thirds of the colleges’ shares are for. "
        "Colleges are workers 40%, users 35% and partners 25%; it must carry among users too; "
        "of partners at least half take part."
    )
    capped = settings(investors="backers")
    assert plain(rule_sentence("resolution", OPTIONS, capped, 20)).endswith(
        "Backers have at most a quarter of the votes."
    )


def test_the_rule_of_weights_survives_storing() -> None:
    words = {
        "weights": "workers=3",
        "weight_reference": "article 12",
        "max_weight": "3",
        "ignored_for": "special",
        "investors": "backers",
        "investors_excluded_for": "rule_change",
    }
    for rule in (settings(**words), settings(colleges=COLLEGES, college_rule="fr_scic"), settings()):
        assert settings_from_json(settings_to_json(rule)) == rule
    assert "weighting" not in settings_to_json(settings())


FINE = {"weights": "workers=3", "weight_reference": "article 12"}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({"weights": "bakers=2", "weight_reference": "12"}, "weights"),
        ({"weights": "workers=0", "weight_reference": "12"}, "weights"),
        ({**FINE, "max_weight": "2"}, "max_weight"),
        ({"weights": "workers=3"}, "weight_reference"),
        ({**FINE, "guests": "workers"}, "weights"),
        ({**FINE, "base": "present", "present": "9"}, "base"),
        ({"investors": "backers", "base": "present", "present": "9"}, "base"),
        ({**FINE, "colleges": COLLEGES}, "colleges"),
        ({"colleges": "workers=40%, users=50%"}, "colleges"),
        ({"colleges": "workers=100%"}, "colleges"),
        ({"colleges": "workers=100%, users=0"}, "colleges"),
        ({"colleges": COLLEGES, "classes": "workers, users, partners, backers"}, "colleges"),
        ({"colleges": COLLEGES, "classes": "workers, users"}, "colleges"),
        ({"colleges": COLLEGES, "base": "cast"}, "base"),
        ({"colleges": COLLEGES, "college_rule": "it_coop"}, "college_rule"),
        ({"colleges": "workers=50%, users=50%", "college_rule": "fr_scic"}, "college_rule"),
        ({"colleges": "workers=60%, users=20%, partners=20%", "college_rule": "fr_scic"}, "college_rule"),
        ({"colleges": "workers=50%, users=45%, partners=5%", "college_rule": "fr_scic"}, "college_rule"),
        ({"class_quorum": "bakers=1/2"}, "class_quorum"),
        ({"class_veto": "bakers"}, "class_veto"),
        ({"class_veto": "users", "classes": "workers"}, "class_veto"),
        ({"investors": "bakers"}, "investors"),
        ({"investors": "backers", "base": "eligible"}, "base"),
        ({"investors": "backers", "classes": "backers"}, "investors"),
        ({"investors": "partners", "colleges": COLLEGES}, "investors"),
    ],
)
def test_rules_of_weights_that_do_not_fit_are_refused_by_name(words: dict[str, str], code: str) -> None:
    check_weighting(RESOLUTION, settings(**FINE, max_weight="3"), REGISTER)
    check_weighting(RESOLUTION, settings(colleges=COLLEGES, college_rule="fr_scic"), REGISTER)
    with pytest.raises(MotionRefused) as refused:
        check_weighting(RESOLUTION, settings(**words), REGISTER)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("method", "words", "code"),
    [
        ("consent", FINE, "weights"),
        ("consensus", FINE, "weights"),
        ("consensus", {"colleges": COLLEGES}, "colleges"),
        ("approval", {"class_veto": "users"}, "class_veto"),
        ("approval", {"class_quorum": "users=1/2"}, "class_quorum"),
        ("approval", {"investors": "backers"}, "investors"),
    ],
)
def test_methods_that_ask_people_take_no_weights(method: str, words: dict[str, str], code: str) -> None:
    chosen = METHODS[method]
    check_weighting(chosen, settings_of(chosen, {}, grace=timedelta(0)), REGISTER)
    with pytest.raises(MotionRefused) as refused:
        check_weighting(chosen, settings_of(chosen, words, grace=timedelta(0)), REGISTER)
    assert refused.value.code == code


def test_what_the_register_says_of_plural_votes_holds_unless_the_motion_says_otherwise() -> None:
    kept = (
        MemberClass("workers", "Workers", 3, Fraction(2, 5), reference="article 12", ignored_for=("special",)),
        MemberClass("users", "Users", 1, Fraction(3, 5)),
    )
    told = {"weights": "workers=3", "weight_reference": "article 12", "ignored_for": "special"}
    assert with_register({}, RESOLUTION, kept) == told
    assert with_register({"weights": "none"}, RESOLUTION, kept) == {"weights": "none"}
    assert with_register({}, METHODS["consent"], kept) == {}
    assert with_register({"colleges": "register"}, RESOLUTION, kept) == {
        "colleges": "users=3/5, workers=2/5",
        "classes": "users, workers",
    }
    assert settings(weights="none").weighting.weights == {}


def test_a_tally_by_class_survives_storing() -> None:
    tally = tallied(WORKED, settings(colleges=COLLEGES), backers=2)
    assert tally_of(tally_to_json(tally)) == tally
    assert tally.classes["backers"] == ClassTally({"for": 0, "against": 0, "abstain": 0}, 0, 2)


def test_a_class_that_counts_by_itself_is_told_apart_even_alone() -> None:
    only = [Pile(("for",), 2, 1, "workers")]
    values: dict[str, Any] = {"options": ("for", "against"), "eligible": {"workers": 3}}
    assert tally_of_piles(only, **values).classes == {}
    told = tally_of_piles(only, **values, classes=("workers", "users")).classes
    assert (told["workers"].voted, told["users"].eligible) == (2, 0)
    plain_tally = replace(tally_of_piles(only, **values), classes=told)
    assert plain_tally.counts == {"for": 2, "against": 0}


@pytest.mark.parametrize("method", ["consensus", "gradients"])
@pytest.mark.parametrize(("users", "code"), [((2, 0), "carried"), ((1, 1), "not_carried"), ((1, 0), "inquorate")])
def test_a_class_agrees_by_itself_where_it_must(method: str, users: tuple[int, int], code: str) -> None:
    chosen = METHODS[method]
    agree = {"consensus": "agree"}.get(method) or chosen.default_options()[0].key
    words = {"class_veto": "users", "class_quorum": "users=1/2", "max_stand_aside": "100"}
    rule = settings_of(chosen, words, grace=timedelta(0))
    check_weighting(chosen, rule, REGISTER)
    options = chosen.default_options()
    piles = [Pile((agree,), 9, 1, "workers"), Pile((agree,), users[0], 1, "users")]
    piles += [Pile(("abstain",), users[1], 1, "users")] if users[1] else []
    tally = tally_motion(Ballots(method, options, rule), piles, {"workers": 9, "users": 4})
    outcome = chosen.decide(tally, options, rule)
    assert outcome.code == code
    assert {"class-veto", "class-quorum"} <= {item.name for item in outcome.requirements}
    assert "must carry among users too" in plain(rule_sentence(method, options, rule, 13))


def test_the_guide_for_members_shows_the_worked_example_as_it_is_counted() -> None:
    guide = (Path(__file__).parents[4] / "docs/electorate.md").read_text()
    work = need(decided(WORKED, settings(colleges=COLLEGES)), "colleges").work
    for name, part in VECTOR["parts"].items():
        told = f"{VECTOR['percent'][name]} of "
        assert f"{told}" in guide
        assert f"is {part}" in guide
        assert f"is {part}" in work
    assert f"Together {VECTOR['printed']}" in guide
