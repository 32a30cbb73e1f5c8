"""Participatory budgets of Polish cities: our counts agree with what the organisers published, and with others' counts."""

import json
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from fedcoop.governance.ballot_files.ballot_file import BallotFile
from fedcoop.governance.ballot_files.file_counts import count_file
from fedcoop.governance.ballot_files.pabulib import read_pabulib, read_pb_json
from fedcoop.governance.motions.tallies import Count
from fedcoop.kernel.errors import Refused

FILES = sorted((Path(__file__).parents[3] / "vectors/elections/pb").glob("*.json"))
SMALL = """META
key;value
description;"Budget of a street; 2024"
currency;PLN
budget;1000,50
vote_type;approval
rule;greedy
PROJECTS
project_id;cost;name
1;600;"Trees; many"
2;400,50;Bench
3;500;Lamp
VOTES
voter_id;vote
7;1,2
8;"1,3"
9;2,1
10;
"""


@cache
def document(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(), parse_float=Decimal)
    return found


def counted(file: BallotFile, rule: str) -> Count:
    return count_file(file, rule=rule, words={"seed": "00"}).count


def test_all_fifteen_are_there() -> None:
    assert len(FILES) == 15


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem[10:40])
def test_what_was_funded_is_funded_by_our_count_too(path: Path) -> None:
    given = document(path)
    count, official = counted(read_pb_json(given), given["rule"]), given["official"]
    assert set(count.elected) == set(official["selected"])
    assert count.facts["supporters"] == official["votes"]
    assert count.facts.get("points") == official["scores"] if official.get("scores") else True
    assert count.ties == ()


@pytest.mark.parametrize(
    "path", [path for path in FILES if document(path).get("computed")], ids=lambda p: p.stem[10:40]
)
def test_bare_equal_shares_funds_what_other_programs_fund(path: Path) -> None:
    given = document(path)
    wanted = given["computed"]["equal-shares-cost"]["selected"]
    assert set(counted(read_pb_json(given), "equalshares").elected) == set(wanted)


def test_a_pabulib_file_is_read_with_quotes_commas_marks_and_any_line_ends() -> None:
    plain = read_pabulib(SMALL)
    assert plain.title == "Budget of a street; 2024"
    assert [(option.key, option.name, option.cost) for option in plain.options] == [
        ("1", "Trees; many", 60_000),
        ("2", "Bench", 40_050),
        ("3", "Lamp", 50_000),
    ]
    assert {pile.choice: pile.number for pile in plain.piles} == {("1", "2"): 2, ("1", "3"): 1, (): 1}
    assert plain.words == {"budget": "1000.50", "currency": "PLN"}
    assert counted(plain, plain.rule).elected == ("1", "2")
    assert read_pabulib("\ufeff" + SMALL.replace("\n", "\r\n")) == plain


def test_both_forms_of_one_vote_read_alike() -> None:
    given = {
        "title": "Budget of a street; 2024",
        "rule": "greedy",
        "vote_type": "approval",
        "budget": "1000.50",
        "currency": "PLN",
        "projects": [
            {"id": "1", "cost": 600, "name": "Trees; many"},
            {"id": "2", "cost": Decimal("400.50"), "name": "Bench"},
            {"id": "3", "cost": "500", "name": "Lamp"},
        ],
        "votes": [[2, ["1", "2"]], [1, ["1", "3"]], [1, []]],
    }
    assert read_pb_json(given) == read_pabulib(SMALL)


def test_points_come_from_places_or_as_given() -> None:
    ordinal = SMALL.replace("vote_type;approval", "vote_type;ordinal\nmax_length;2")
    assert counted(read_pabulib(ordinal), "greedy").facts["points"] == {"1": 5, "2": 3, "3": 1}
    cumulative = (
        SMALL.split("VOTES")[0].replace("approval", "cumulative") + "VOTES\nvoter_id;vote;points\n7;1,2;3,7\n8;3;0\n"
    )
    file = read_pabulib(cumulative)
    assert counted(file, "greedy").facts["points"] == {"1": 3, "2": 7, "3": 0}
    assert counted(file, "greedy").facts["supporters"] == {"1": 1, "2": 1, "3": 0}


def test_the_threshold_of_a_file_counts_where_its_rule_says_so() -> None:
    text = SMALL.replace("budget;1000,50", "budget;1000,50\nmin_project_score_threshold;2")
    assert count_file(read_pabulib(text)).count.elected == ("1", "2")
    by_rule = count_file(read_pabulib(text.replace("rule;greedy", "rule;greedy-threshold")))
    by_choice = count_file(
        read_pabulib(text.replace("score_threshold;2", "score_threshold;3")), rule="greedy-threshold"
    )
    assert (by_rule.settings.extra["min_score"], by_rule.count.elected) == (2, ("1", "2"))
    assert (by_choice.settings.extra["min_score"], by_choice.count.elected) == (3, ("1",))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("META\n", "", "begin with the section META"),
        ("VOTES\n", "", "VOTES is missing"),
        ("project_id;cost;name", "project_id;price;name", "no column cost"),
        ("voter_id;vote\n", "voter_id;choice\n", "no column vote"),
        ("3;500;Lamp", "3", "too few cells"),
        ("3;500;Lamp", "3;much;Lamp", "cost of 3 is no number"),
        ("3;500;Lamp", "3;500,505;Lamp", "no amount of PLN"),
        ("3;500;Lamp", "2;500;Lamp", "same id"),
        ("budget;1000,50", "budget;NaN", "budget is no number"),
        ("budget;1000,50\n", "", "budget is missing"),
        ("currency;PLN", "currency;złoty", "no currency code"),
        ("vote_type;approval", "vote_type;veto", "type veto"),
        ("vote_type;approval", "vote_type;choose-1", "chooses several"),
        ("vote_type;approval", "vote_type;ordinal\nmax_length;1", "ranks 2 projects"),
        ("vote_type;approval", "vote_type;ordinal\nmax_length;x", "Max_length is no number"),
        ("7;1,2", "7;1,9", "names 9"),
        ("7;1,2", "7;1,1", "twice"),
        ("PROJECTS", "META", "META is there twice"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_the_reason(old: str, new: str, told: str) -> None:
    read_pabulib(SMALL)
    with pytest.raises(Refused) as refused:
        read_pabulib(SMALL.replace(old, new, 1))
    assert refused.value.code == "ballot-file"
    assert told in refused.value.message


@pytest.mark.parametrize(
    "document_",
    [{}, {"vote_type": "approval", "budget": 5, "projects": 7, "votes": []}, {"vote_type": "approval", "budget": True}],
)
def test_json_of_another_shape_is_refused(document_: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        read_pb_json(document_)
    assert refused.value.code == "ballot-file"
