"""`fedcoop count FILE`: what it prints for programs and for people, and how it refuses what it cannot count."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Cli

ELECTIONS = Path(__file__).parents[2] / "vectors" / "elections"
WARD = ELECTIONS / "stv" / "scot-2017-shetland-islands-shetland-north.json"
BLT = """5 2
17 1 4 5 3 0
13 3 2 0
14 2 5 0
6 4 5 3 2 1 0
12 1 5 3 2 0
17 4 3 0
0
"Amara"
"Bilal"
"Chidi"
"Dana"
"Esi"
"Board"
"""


@pytest.fixture
def nowhere(tmp_path: Path) -> Cli:
    return Cli(tmp_path / "nowhere" / "instance.toml")


@pytest.fixture
def board(tmp_path: Path) -> Path:
    file = tmp_path / "board.blt"
    file.write_text(BLT)
    return file


def test_a_ward_is_counted_stage_by_stage_without_an_instance(nowhere: Cli):
    found: dict[str, Any] = nowhere.json("count", str(WARD))
    document = json.loads(WARD.read_text())
    names = document["candidates"]
    assert found["method"] == "stv_scottish"
    assert found["seats"] == 3
    assert found["settings"]["decimals"] == 5
    assert set(found["elected"]) == {names[place] for place in document["official"]["elected"]}
    assert [[stage["totals"][name] for name in names] for stage in found["rounds"]] == document["official"]["rounds"]
    assert [stage["kind"] for stage in found["rounds"]] == ["first", "surplus"]
    assert {"exhausted", "lost", "elected", "excluded", "ties"} <= set(found["rounds"][0])
    assert found["ranking"][0] == [names[3]]
    assert found["ties"] == []
    assert found["quota"] == "299"


def test_the_same_ballots_by_other_rules_elect_others(nowhere: Cli, board: Path):
    def elected(*arguments: str) -> list[str]:
        names: list[str] = nowhere.json("count", str(board), *arguments)["elected"]
        return names

    assert elected() == ["Amara", "Bilal"]
    assert elected("--method", "meek") == ["Amara", "Dana"]
    assert elected("--method", "irv", "--seats", "1") == ["Bilal"]
    assert elected("--method", "schulze", "--seats", "1") == ["Dana"]
    assert elected("--method", "ranked_pairs", "--seats", "1") == ["Dana"]
    assert elected("--method", "points", "--seats", "1") == ["Chidi"]
    assert elected("--set", "withdrawn=Amara") == ["Dana", "Esi"]


def test_a_packed_file_gives_the_same_as_the_plain_one(nowhere: Cli, board: Path):
    packed = board.with_suffix(".blt.gz")
    packed.write_bytes(gzip.compress(board.read_bytes()))
    plain, unpacked = nowhere.json("count", str(board)), nowhere.json("count", str(packed))
    assert plain["rounds"] == unpacked["rounds"]
    assert plain["seed"] != unpacked["seed"]


def test_a_lot_is_drawn_from_the_seed_and_told(nowhere: Cli, tmp_path: Path):
    file = tmp_path / "tied.blt"
    file.write_text('2 1\n1 1 0\n1 2 0\n0\n"Amara"\n"Bilal"\n"Tie"\n')
    found = [nowhere.json("count", str(file), "--set", f"seed={n:02x}") for n in range(12)]
    assert {item["elected"][0] for item in found} == {"Amara", "Bilal"}
    [tie] = found[0]["ties"]
    assert (tie["among"], tie["rung"], tie["about"]) == (["Amara", "Bilal"], "lot", "exclusion")
    assert tie["order"][0] == found[0]["elected"][0]
    assert nowhere.json("count", str(file), "--set", "seed=00") == found[0]


def test_for_people_there_is_a_table_of_rounds(nowhere: Cli, board: Path):
    said = nowhere.run("count", str(board)).stdout
    for line in ("quota", "exhausted", "lost", "elected: Amara, Bilal"):
        assert line in said
    row = next(line for line in said.splitlines() if line.startswith("Dana"))
    assert row.split() == ["Dana", "23", "24.17232", "24.17232", "24.17232"]
    assert nowhere.run("count", str(board), "--method", "meek").stdout.count("26.333333334") == 3
    assert "row above column" in nowhere.run("count", str(board), "--method", "schulze").stdout
    assert "Chidi  221" in nowhere.run("count", str(board), "--method", "points").stdout
    assert "elected: nobody" in nowhere.run("count", str(board), "--set", "withdrawn=1,2,3,4,5").stdout


def test_a_budget_names_projects_by_their_ids(nowhere: Cli, tmp_path: Path):
    file = ELECTIONS / "pb" / "pb-poland-swiecie-2023.json"
    found, document = nowhere.json("count", str(file)), json.loads(file.read_text())
    assert found["method"] == "equal_shares"
    assert set(found["selected"]) == set(document["official"]["selected"])
    assert found["spent"] == sum(item["cost"] for item in document["projects"] if item["id"] in found["selected"])
    assert found["scores"] == found["votes"] == document["official"]["votes"]
    assert found["rounds"][0]["elected"] == ["c12"]
    said = nowhere.run("count", str(file)).stdout
    assert "1040337 PLN" in said
    assert said.index("c12") < said.index("c8 ")
    pabulib = tmp_path / "small.pb"
    pabulib.write_text(
        "META\nkey;value\nvote_type;approval\nrule;greedy\nbudget;10.50\nPROJECTS\nproject_id;cost\n"
        "a;10.50\nb;1\nVOTES\nvoter_id;vote\n1;a,b\n2;a\n"
    )
    small = nowhere.json("count", str(pabulib))
    assert (small["selected"], small["spent"], small["scores"]) == (["a"], "10.5", {"a": 2, "b": 1})


def test_equal_names_stay_apart(nowhere: Cli, tmp_path: Path):
    file = tmp_path / "twins.blt"
    file.write_text('3 1\n3 1 0\n2 2 0\n0\n"Kim"\n"Kim"\n""\n"Twins"\n')
    found = nowhere.json("count", str(file))
    assert found["rounds"][0]["totals"] == {"Kim (1)": "3", "Kim (2)": "2", "Candidate 3": "0"}
    file.write_text('3 1\n3 1 0\n2 2 0\n0\n"Kim"\n"Kim"\n"Kim (1)"\n')
    assert len(nowhere.json("count", str(file))["rounds"][0]["totals"]) == 3


def test_the_threshold_against_the_status_quo_stands_among_the_settings(nowhere: Cli, board: Path):
    found = nowhere.json(
        "count", str(board), "--method", "schulze", "--set", "status_quo=Esi", "--set", "threshold=>1/2"
    )
    assert (found["settings"]["threshold"], found["settings"]["status_quo"]) == (">1/2", "5")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--method", "plurality"), "count-rule"),
        (("--set", "nonsense"), "count-set"),
        (("--set", "colour=red"), "colour"),
        (("--set", "withdrawn=Nobody"), "withdrawn"),
        (("--method", "irv", "--seats", "2"), "seats"),
    ],
)
def test_what_cannot_be_counted_is_refused_in_one_line(
    nowhere: Cli, board: Path, arguments: tuple[str, ...], code: str
):
    assert nowhere.json("count", str(board))["elected"]
    assert nowhere.refused("count", str(board), *arguments).startswith(f"{code}: ")


@pytest.mark.parametrize("text", ["", "hello", "{", "{}", '{"method": "stv"}', "3 1\n1 9 0\n0\n", "\0\0"])
def test_a_broken_file_is_refused_in_one_line(nowhere: Cli, tmp_path: Path, text: str):
    file = tmp_path / "broken"
    file.write_text(text)
    assert nowhere.refused("count", str(file)).startswith("ballot-file: ")


def test_a_file_that_is_not_there_is_wrong_use(nowhere: Cli, tmp_path: Path):
    assert "does not exist" in nowhere.run("count", str(tmp_path / "none.blt"), code=2).stderr
    assert nowhere.run("count", str(tmp_path), code=2).stderr
    assert nowhere.run("count", str(WARD), "--seats", "0", code=2).stderr


def test_a_file_that_is_too_large_is_refused_before_it_is_read(
    nowhere: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "large.blt"
    file.write_text("2 1\n" + "1 1 2 0\n" * 200 + "0\n")
    assert nowhere.json("count", str(file))["elected"] == ["Candidate 1"]
    monkeypatch.setattr("fedcoop.governance.ballot_files.ballot_reading.LARGEST", 1000)
    assert "ballot-file: The file has more than" in nowhere.run("count", str(file), code=1).stderr
    assert "ballot-file: The file has more than" in nowhere.run("count", "/dev/zero", code=1).stderr
    monkeypatch.setattr("fedcoop.governance.ballot_files.ballot_reading.read_ballot_file", None)
    assert "ballot-file: The file has more than" in nowhere.run("count", str(file), code=1).stderr


def test_ticks_scores_and_answers_are_shown_with_totals_and_outcome(nowhere: Cli, tmp_path: Path) -> None:
    table = tmp_path / "ticks.csv"
    table.write_text("number,Rye,Wheat\n3,x,\n2,,x\n")
    found = nowhere.json("count", str(table), "--method", "approval")
    assert (found["elected"], found["counts"], found["ballots"]) == (["Rye"], {"Rye": 3, "Wheat": 2}, 5)
    assert (found["outcome"]["code"], found["method"], found["ties"]) == ("carried", "approval", [])
    assert "elected: Rye" in nowhere.run("count", str(table), "--method", "approval").stdout
    assert nowhere.refused("count", str(table)).startswith("count-rule: The file names no rule.")
    answers = tmp_path / "answers.json"
    answers.write_text(
        '{"method": "resolution", "ballots": [[48, "for"], [21, "against"], [9, "abstain"]], "eligible": 120}'
    )
    found = nowhere.json("count", str(answers), "--set", "threshold=3/4")
    assert (found["outcome"]["code"], found["eligible"]) == ("not_carried", 120)
    assert found["outcome"]["reasons"][0].startswith("48 for + 21 against = 69.")
    assert found["counts"] == {"For": 48, "Against": 21, "Abstain": 9}
    assert "not_carried" in nowhere.run("count", str(answers), "--set", "threshold=3/4").stdout
