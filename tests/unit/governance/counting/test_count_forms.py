"""Files of ticks, scores, dots, ranks in a table, and answers of a resolution: JSON and CSV, counted as a motion would be."""

import json
from pathlib import Path
from typing import Any

import pytest

from fedcoop.governance.ballot_files.ballot_reading import read_ballot_file
from fedcoop.governance.ballot_files.file_counts import FileCount, count_file
from fedcoop.governance.motions.outcomes import OutcomeCode
from fedcoop.kernel.errors import FedcoopError, Refused

VECTORS = Path(__file__).parents[3] / "vectors"
FLOURS = ["Rye", "Wheat", "Spelt"]


def counted(value: Any, rule: str = "", **words: str) -> FileCount:
    text = value if isinstance(value, str) else json.dumps(value)
    return count_file(read_ballot_file(text.encode()), rule=rule, words={"seed": "00", **words})


def names(found: FileCount) -> list[str]:
    known = {option.key: option.name for option in found.file.options}
    return [known[key] for key in found.outcome.winners or found.count.elected]


def ticks(**more: Any) -> dict[str, Any]:
    return {"method": "approval", "options": FLOURS, "ballots": [[3, [0, 1]], [2, [1]], [1, []], [4, [2]]], **more}


SCORES = {"method": "score", "options": FLOURS, "ballots": [[2, {"0": 5, "1": 3}], [1, {"1": 4, "2": None}]]}
DOTS = {"method": "dots", "options": FLOURS, "ballots": [[1, {"0": 4, "1": 4}], [1, {"1": 1, "2": 7}]]}
ANSWERS = {"method": "resolution", "ballots": [[48, "for"], [21, ["against"]], [9, "abstain"]], "eligible": 120}


def test_ticks_in_json_are_counted_by_approval() -> None:
    found = counted(ticks(seats=2))
    assert (names(found), dict(found.tally.counts)) == (["Wheat", "Spelt"], {"0": 3, "1": 5, "2": 4})
    assert found.outcome.code is OutcomeCode.CARRIED
    unnamed = {name: value for name, value in ticks().items() if name != "method"}
    assert names(counted(unnamed, "approval")) == ["Wheat"]
    assert counted(unnamed).method == "stv_scottish"


def test_scores_and_dots_in_json_are_counted() -> None:
    found = counted(SCORES)
    assert found.count.facts["sums"] == {"0": 10, "1": 10, "2": 0}
    assert names(found) == ["Wheat"]  # as many points as Rye, from more members
    dots = counted(DOTS)
    assert (names(dots), dots.count.facts["spent"]) == (["Spelt"], 16)


def test_a_resolution_in_json_has_its_quorum_and_threshold() -> None:
    found = counted(ANSWERS)
    assert found.outcome.code is OutcomeCode.CARRIED
    assert found.tally.counts == {"for": 48, "against": 21, "abstain": 9}
    special = counted({**ANSWERS, "settings": {"threshold": "3/4"}})
    assert special.outcome.code is OutcomeCode.NOT_CARRIED
    assert counted({**ANSWERS, "settings": {"threshold": "3/4"}}, threshold=">1/2").outcome.code is OutcomeCode.CARRIED
    assert counted({**ANSWERS, "eligible": 1000}).outcome.code is OutcomeCode.INQUORATE
    assert counted({"ballots": ANSWERS["ballots"]}).method == "resolution"


TABLE = "number,Rye,Wheat,Spelt\n3,1,2,\n2,2,1,3\n1,,1,\n"


@pytest.mark.parametrize(
    "text",
    [TABLE, TABLE.replace(",", ";"), TABLE.replace(",", "\t"), "\ufeff" + TABLE, TABLE.replace("\n", "\r\n\r\n")],
)
def test_a_table_of_ranks_is_counted_by_every_ranked_method(text: str) -> None:
    assert {names(counted(text, rule))[0] for rule in ("irv", "scottish-stv", "meek")} <= {"Rye", "Wheat"}
    found = counted(text, "schulze", seats="2")
    same = {"rule": "schulze", "candidates": FLOURS, "ballots": [[3, [0, 1]], [2, [1, 0, 2]], [1, [1]]], "seats": 2}
    assert set(names(found)) == set(names(counted(same)))
    piles = {pile.choice: pile.number for pile in found.file.piles}
    assert piles == {("1", "2"): 3, ("2", "1", "3"): 2, ("2",): 1}


def test_equal_numbers_are_equal_ranks_and_gaps_are_skipped_ones() -> None:
    text = "Rye,Wheat,Spelt\n1,1,3\n2,No opinion,-\n"
    piles = {pile.choice for pile in counted(text, "schulze").file.piles}
    assert piles == {(("1", "2"), (), "3"), ((), "1")}


def test_a_table_of_ticks_scores_dots_and_answers_is_counted() -> None:
    assert names(counted("number,Rye,Wheat\n3,x,0\n2,,X\n", "approval")) == ["Rye"]
    assert names(counted("Rye,Wheat\n5,\n0,4\n", "score")) == ["Rye"]
    assert names(counted("Rye,Wheat\n8,0\n3,5\n", "dots")) == ["Rye"]
    found = counted("voter,For,Against\nana,1,\nbo,,1\ncy,x,0\n", "resolution", quorum="0")
    assert (found.outcome.code, found.tally.counts["for"], found.tally.counts["abstain"]) == (OutcomeCode.CARRIED, 2, 0)


@pytest.mark.parametrize(
    ("value", "rule", "code", "told"),
    [
        (ticks(ballots=[[1, [0, [1, 2]]]]), "", "ballot-file", "Ballot line 1 are ranks, or an option twice"),
        (ticks(ballots=[[1, [0]], [1, [[0, 0, 1]]]]), "", "ballot-file", "Ballot line 2"),
        (
            ticks(ballots=[[1, [0, 1]]], settings={"max": 1}),
            "",
            "ballot-file",
            "Ballot line 1 is no ballot: Tick at most 1",
        ),
        (ticks(settings={"colour": "red"}), "", "colour", "no setting"),
        (ticks(settings=[1]), "", "ballot-file", "settings is an object"),
        (ticks(), "schulze", "count-ballots", "The file holds ticks. Choose a method for that: approval"),
        (ticks(candidates=FLOURS), "", "ballot-file", "candidates and options"),
        (
            {**SCORES, "ballots": [[1, {"0": 6}]]},
            "",
            "ballot-file",
            "Ballot line 1 is no ballot: Each number lies between 0 and 5",
        ),
        ({**SCORES, "ballots": [[1, {"0": True}]]}, "", "ballot-file", "Ballot line 1 has what is no whole number"),
        ({**SCORES, "ballots": [[1, {"0": 1.5}]]}, "", "ballot-file", "Ballot line 1 has what is no whole number"),
        ({**SCORES, "ballots": [[1, {"00": 1}]]}, "", "ballot-file", "a candidate that there is not: 00"),
        ({**SCORES, "ballots": [[1, {"٠": 1}]]}, "", "ballot-file", "a candidate that there is not"),
        ({**SCORES, "ballots": [[1, {"3": 1}]]}, "", "ballot-file", "a candidate that there is not: 3"),
        ({**SCORES, "method": ""}, "", "count-rule", "Choose one with --method: score, dots"),
        (SCORES, "approval", "count-ballots", "The file holds numbers by option"),
        ({**DOTS, "ballots": [[1, {"0": 9}]]}, "", "ballot-file", "Ballot line 1 is no ballot: Give each choice"),
        ({**ANSWERS, "ballots": [[1, "for"], [1, "maybe"]]}, "", "ballot-file", "Ballot line 2 is no ballot"),
        ({**ANSWERS, "eligible": 7}, "", "ballot-file", "eligible is how many could have voted"),
        ({**ANSWERS, "eligible": True}, "", "ballot-file", "eligible is how many could have voted"),
        (ANSWERS, "approval", "count-ballots", "answers of a resolution. Choose a method for that: resolution"),
        (
            TABLE,
            "",
            "count-rule",
            "The file names no rule. Choose one with --method: approval, score, dots, resolution",
        ),
        (TABLE, "greedy", "count-ballots", "The file holds a table"),
        (TABLE.replace("3,1,2,", "0,1,2,"), "irv", "ballot-file", "On line 2 a row stands for 0 ballots"),
        (TABLE.replace("3,1,2,", "1.5,1,2,"), "irv", "ballot-file", "On line 2 a row stands for 1.5 ballots"),
        (TABLE.replace("3,1,2,", "3,1,two,"), "irv", "ballot-file", "On line 2, for Wheat, stands two"),
        (TABLE.replace("3,1,2,", "3,1,٢,"), "irv", "ballot-file", "On line 2, for Wheat, stands"),
        (TABLE.replace("3,1,2,", "3,0,1,"), "irv", "ballot-file", "On line 2 is the rank 0"),
        (TABLE.replace("3,1,2,", "3,-1,1,"), "irv", "ballot-file", "On line 2 is the rank -1"),
        (TABLE.replace("3,1,2,", "3,1,2"), "irv", "ballot-file", "On line 2 are 3 cells for 4 columns"),
        (TABLE.replace("3,1,2,", "3,1,2,,4"), "irv", "ballot-file", "On line 2 are 5 cells for 4 columns"),
        (TABLE, "approval", "ballot-file", "On line 2 are other marks than 1"),
        (TABLE.replace("Spelt", "rye"), "irv", "ballot-file", "two columns have the same name"),
        ("Rye,Wheat\n", "irv", "ballot-file", "has no ballots"),
        ("voter,Rye,Wheat\nana,1,2\nana,2,1\n", "irv", "ballot-file", "On line 3 ana votes a second time"),
        ("For,Perhaps\n1,\n", "resolution", "ballot-file", "There is a column Perhaps"),
        ("For,Against\n1,1\n", "resolution", "ballot-file", "On line 2 is no ballot: Choose one answer only"),
    ],
)
def test_what_is_no_ballot_by_the_rule_is_refused_with_its_line(value: Any, rule: str, code: str, told: str) -> None:
    with pytest.raises(FedcoopError) as refused:
        counted(value, rule)
    assert refused.value.code == code
    assert told in str(refused.value)
    assert isinstance(refused.value, Refused)


def test_a_table_as_a_community_published_it_is_counted_as_the_election_in_json_is() -> None:
    """Kubernetes code of conduct committee 2025 (kubernetes/community, Apache-2.0 / CC BY 4.0), and its JSON in the elections."""
    rows = "3,3,1,2,2\n2,4,3,5,1\n2,4,3,5,1\n2,4,1,3,3\n4,1,2,3,5\n1,5,2,3,4\n"
    found = counted(
        f"endocrimes,sreeram-venkitesh,divya-mohan0209,swatisehgal,stmcginnis\n{rows}", "schulze", seats="3"
    )
    election = json.loads((VECTORS / "elections" / "condorcet" / "k8s-coc-2025.json").read_text())
    same = counted(election, "schulze", seats="3")
    assert [[int(key) - 1 for key in group] for group in found.count.ranking] == [
        [int(key) for key in group] for group in same.count.ranking
    ]
    pairs = {x: dict(row) for x, row in same.count.facts["pairs"].items()}
    assert {
        str(int(x) - 1): {str(int(y) - 1): n for y, n in row.items()} for x, row in found.count.facts["pairs"].items()
    } == pairs
