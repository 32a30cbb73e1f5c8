"""Budgets of other makers: sections and columns as they come, points without a sum, amounts, rule names known and unknown."""

import json
from typing import Any

import pytest

from fedcoop.governance.ballot_files.ballot_file import BallotFile
from fedcoop.governance.ballot_files.ballot_reading import read_ballot_file
from fedcoop.governance.ballot_files.file_counts import count_file
from fedcoop.kernel.errors import Refused

PB = """META
key;value
description;Street; 2024
budget;1000
vote_type;approval
rule;greedy
PROJECTS
project_id;cost;votes;name;selected
1;600;3;Trees;1
2;400;2;Bench;0
3;500;1;Lamp;0
VOTES
voter_id;age;vote
a;30;1,2
b;;1,2
c;20;1,3
"""
POINTS = (
    PB.split("VOTES", maxsplit=1)[0].replace("approval", "scoring")
    + "VOTES\nvoter_id;vote;points\na;1,2;1,9\nb;3;4\nc;;\n"
)


def _read(text: str) -> BallotFile:
    return read_ballot_file(text.encode())


def _elected(text: str, rule: str = "") -> tuple[str, ...]:
    return count_file(_read(text), rule=rule).count.elected


@pytest.mark.parametrize(
    "text",
    [
        PB.replace("META", "meta").replace("PROJECTS", "Projects\n").replace("VOTES", "\nvotes;;"),
        PB.replace("voter_id;age;vote", "vote").replace("a;30;", "").replace("b;;", "").replace("c;20;", ""),
        PB.replace("key;value\n", ""),
        PB.replace("key;value", "Key;Value").replace("vote_type;approval", "Vote_Type;Approval"),
        PB.replace("600", "600,00").replace("400", "400.00").replace("1000", "1 000"),
        PB.replace("rule;greedy", "rule;Greedy;;"),
        PB.replace("vote_type", "min_length;1\nmax_length;1\nmax_sum_cost;5\nmax_length;no\nvote_type"),
        PB.replace("vote_type", "fully_funded;1\ncomment;#1: a; b\nlanguage;pl\nsubunit;\nexperimental;1\nvote_type"),
        PB.replace("Trees;1", "Trees;2").replace("Bench;0", "Bench;3").replace("Lamp;0", "Lamp;"),
        PB.replace("\n", "\r\n"),
        "\ufeff" + PB,
    ],
)
def test_ways_of_writing_a_budget_make_no_difference(text: str) -> None:
    assert _elected(text) == _elected(PB) == ("1", "2")
    assert _read(text).title == "Street; 2024"
    assert count_file(_read(text)).tally.counts == {"1": 3, "2": 2, "3": 1}


def test_without_ids_a_project_is_called_by_its_name() -> None:
    text = (
        "META\nkey;value\nvote_type;approval\nbudget;100\nPROJECTS\nname;cost\np1;50\np2;60\nVOTES\nvote\np1\np2\np1\n"
    )
    assert [(option.key, option.name) for option in _read(text).options] == [("p1", "p1"), ("p2", "p2")]
    assert _elected(text, "greedy") == ("p1",)
    assert _elected(text.replace("p1", "Park  of Birch"), "greedy") == ("Park  of Birch",)


def test_points_of_a_scoring_vote_are_added_up_as_given() -> None:
    counted = count_file(_read(POINTS))
    assert counted.tally.counts == {"1": 1, "2": 9, "3": 4}
    assert counted.count.elected == ("2", "3")
    usual = count_file(_read(POINTS.replace("budget;", "default_score;1\nbudget;")))
    assert usual.tally.counts == {"1": 3, "2": 11, "3": 6}


def test_one_project_alone_and_no_votes_are_counted() -> None:
    alone = "META\nbudget;9\nvote_type;approval\nrule;greedy\nPROJECTS\nproject_id;cost\na;5\nVOTES\nvote\n"
    assert _elected(alone + "a\n") == ("a",)
    assert _elected(alone) == ()
    assert _elected(alone.replace("greedy", "equalshares/add1") + "a\n") == ("a",)


@pytest.mark.parametrize(
    ("rule", "method", "extra"),
    [
        ("greedy-no-skip", "greedy", {"skip": False}),
        ("greedy-threshold", "greedy", {"min_score": 0}),
        ("equalshares", "equal_shares", {"completion": "none", "fill": "none"}),
        ("equalshares/add1", "equal_shares", {"completion": "add1", "fill": "none"}),
        ("equalshares/add1/greedy", "equal_shares", {"completion": "add1", "fill": "greedy"}),
    ],
)
def test_rule_names_of_budgets_stand_for_settings(rule: str, method: str, extra: dict[str, Any]) -> None:
    found = count_file(_read(PB.replace("rule;greedy", f"rule;{rule}")))
    assert found.method == method
    assert extra.items() <= found.settings.extra.items()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("rule;unknown\n", "names the rule unknown, which is not known here. Choose one with --method: greedy, "),
        ("rule;equalshares-comparison\n", "names the rule equalshares-comparison, "),
        ("rule;equalshares/add1/greedy-no-skip\n", "names the rule equalshares/add1/greedy-no-skip, "),
        ("rule;\n", "names no rule. Choose one with --method: greedy, "),
        ("", "names no rule. "),
    ],
)
def test_a_rule_that_is_not_known_asks_for_another(line: str, told: str) -> None:
    text = PB.replace("rule;greedy\n", line)
    assert _elected(text, "greedy") == ("1", "2")
    with pytest.raises(Refused, match="The file " + told) as refused:
        _elected(text)
    assert refused.value.code == "count-rule"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (POINTS.replace("vote;points", "vote;marks"), "VOTES has no column points"),
        (POINTS.replace("1,2;1,9", "1,2;1"), "2 projects has 1 points"),
        (POINTS.replace("1,2;1,9", "1,2"), "2 projects has 0 points"),
        (POINTS.replace("1,2;1,9", "1,1;1,9"), "twice"),
        (POINTS.replace("1,2;1,9", "1,2;-1,9"), "whole number from 0"),
        (POINTS.replace("1,2;1,9", "1,2;0.5,9"), "whole number from 0"),
        (PB.replace("project_id", "number").replace(";name", ";title"), "no column project_id, and none with names"),
        (PB.replace("1;600", ";600"), "A project has no id"),
        (PB.replace("1;600", "1\x1b[2J;600"), "letters that cannot be shown"),
        (PB.replace("600", "1,000,000"), "cost of 1 is no number"),
        (PB.replace("rule;greedy", "rule;greedy-threshold\nmin_project_score_threshold;9999999"), "from 0 to 999999"),
    ],
)
def test_a_budget_that_cannot_be_read_says_why(text: str, told: str) -> None:
    assert _elected(PB)
    assert _elected(POINTS)
    with pytest.raises(Refused, match=told) as refused:
        _read(text)
    assert refused.value.code == "ballot-file"


def _document(**changes: Any) -> bytes:
    value: dict[str, Any] = {
        "method": "pb",
        "rule": "greedy",
        "vote_type": "approval",
        "budget": 0.3,
        "projects": [{"id": 1, "cost": 0.1}, {"id": 2, "cost": 0.2}, {"id": 3, "cost": 0.2}],
        "votes": [[2_000_000, [1, 2]], [1, [3]]],
        "limits": None,
    }
    return json.dumps({key: item for key, item in {**value, **changes}.items() if item != "left out"}).encode()


def test_amounts_in_json_are_read_as_decimals() -> None:
    found = count_file(read_ballot_file(_document()))
    assert found.count.elected == ("1", "2")
    assert found.count.facts["spent_minor"] == found.count.facts["budget_minor"] == 30


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"budget": "left out"}, "holds a budget, but budget is missing"),
        ({"votes": "left out"}, "votes is missing"),
        ({"votes": [[1, "12"]]}, r"of the form \[project"),
        ({"votes": [[1, {"1": 2}]]}, r"of the form \[project"),
        ({"vote_type": "scoring"}, "of the form {project: points}"),
        ({"votes": [{"1": 2}]}, "missing or of another kind"),
        ({"limits": 7}, "missing or of another kind"),
    ],
)
def test_a_budget_in_json_of_another_shape_is_refused(changes: dict[str, Any], told: str) -> None:
    assert count_file(read_ballot_file(_document())).count.elected
    with pytest.raises(Refused, match=told) as refused:
        read_ballot_file(_document(**changes))
    assert refused.value.code == "ballot-file"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("budget;1000", "budget;1e400000", "On line 4 the budget is no number: 1e400000"),
        ("budget;1000", "budget;1e-400000", "On line 4 the budget is no number"),
        ("budget;1000", "budget;1E3", "On line 4 the budget is no number"),
        ("budget;1000", "budget;-1000", "On line 4 the budget is no amount"),
        ("budget;1000", "budget;1_000", "On line 4 the budget is no number"),
        ("budget;1000", "budget;١٠٠٠", "On line 4 the budget is no number"),
        ("budget;1000", "budget;Infinity", "On line 4 the budget is no number"),
        ("budget;1000", "budget;1000.000000000000000000000000000001", "On line 4 the budget is no number"),
        ("budget;1000", "budget;1000\nbudget;2000", "On line 5 budget is said a second time, and otherwise"),
        ("rule;greedy", "rule;greedy\nrule;equalshares", "On line 7 rule is said a second time"),
        ("rule;greedy", "num_votes;4", "On line 6 num_votes is 4, but the file has 3 of them"),
        ("rule;greedy", "num_votes;three", "Num_votes is no number"),
        ("rule;greedy", "num_projects;2", "On line 6 num_projects is 2, but the file has 3 of them"),
        ("1;600", "1;6e99999", "On line 9 the cost of 1 is no number"),
        ("1;600", "1;-600", "On line 9 the cost of 1 is no amount"),
        ("1;600", "1;0", "On line 9 the cost of 1 is no amount"),
        ("project_id;cost", "cost;cost", "On line 8 the section PROJECTS has more than one column cost"),
        ("b;;1,2", "a;;1,2", "On line 15 the voter_id a votes a second time"),
        ("b;;1,2", "b;;1,4", "On line 15 a vote names 4, which is no project"),
        ("b;;1,2", "b;;1,1", "On line 15 a vote names a project twice"),
        ("b;;1,2", "b", "On line 15 a row of VOTES has too few cells"),
        ("PROJECTS", "VOTES", "On line 12 begins the section VOTES, but VOTES is there twice"),
        ("VOTES\n", "", "On line 15 the file ends; the section VOTES is missing"),
    ],
)
def test_what_a_budget_cannot_mean_is_refused_with_its_line(old: str, new: str, told: str) -> None:
    assert _elected(PB)
    with pytest.raises(Refused) as refused:
        _read(PB.replace(old, new, 1))
    assert refused.value.code == "ballot-file"
    assert told in refused.value.message


def test_numbers_of_votes_and_projects_that_agree_are_no_hindrance() -> None:
    told = PB.replace("rule;greedy", "rule;greedy\nnum_votes;3\nnum_projects;3\nnum_votes;3")
    assert _elected(told) == _elected(PB)
    anonymous = PB.replace("a;30", ";30").replace("b;", ";").replace("c;20", ";20")
    assert _elected(anonymous) == _elected(PB)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"voters": 3}, "The file has voters, which is not known"),
        ({"limits": {"min_project_score_treshold": 3}}, "The file has min_project_score_treshold, which is not known"),
        ({"budget": True}, "The budget is no number: True"),
        ({"votes": [[1, [1]], [True, [2]]]}, "How many voters vote line 2 stands for is no number: True"),
        ({"votes": [[1, [[1]]]]}, r"In vote line 1 a vote names \[1\], which is no project"),
        ({"projects": [{"id": [1], "cost": 5}]}, "A project has no id"),
        ({"title": 7}, "title is not a text"),
    ],
)
def test_a_budget_in_json_that_cannot_be_meant_is_refused(changes: dict[str, Any], told: str) -> None:
    assert count_file(read_ballot_file(_document())).count.elected
    with pytest.raises(Refused, match=told) as refused:
        read_ballot_file(_document(**changes))
    assert refused.value.code == "ballot-file"


@pytest.mark.parametrize(("text", "minor"), [("1e3", 100_000), ("1E+2", 10_000), ("25e-1", 250)])
def test_small_exponents_are_numbers_in_json_and_large_ones_are_not(text: str, minor: int) -> None:
    written = _document(budget=0.3).decode()
    found = count_file(read_ballot_file(written.replace("0.3", text).encode()))
    assert found.count.facts["budget_minor"] == minor
    for huge in ("1e400000", "1e-400000", "1e30", "0." + "0" * 20 + "1"):
        with pytest.raises(Refused) as refused:
            read_ballot_file(written.replace("0.3", huge).encode())
        assert refused.value.code == "ballot-file"
