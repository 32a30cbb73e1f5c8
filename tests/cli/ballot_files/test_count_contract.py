"""What `fedcoop count --json` prints, key by key, and all real elections through the command against what was published."""

import json
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Cli

ELECTIONS = Path(__file__).parents[2] / "vectors" / "elections"
INDEX = json.loads((ELECTIONS / "index.json").read_text())
DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")
RANKED = {"method": str, "settings": dict, "seats": int, "elected": list, "ranking": list, "rounds": list, "ties": list}
BUDGET = {"method": str, "settings": dict, "selected": list, "scores": dict, "rounds": list, "ties": list}


@pytest.fixture
def nowhere(tmp_path: Path) -> Cli:
    return Cli(tmp_path / "nowhere" / "instance.toml")


def _has(value: dict[str, Any], shape: dict[str, type]) -> None:
    assert {key: type(value[key]) for key in shape} == shape


def _are_texts(items: list[Any]) -> None:
    assert all(isinstance(item, str) for item in items)


def _check_round(stage: dict[str, Any]) -> None:
    _has(stage, {"totals": dict, "exhausted": str, "elected": list, "excluded": list, "ties": list})
    for text in (*stage["totals"].values(), stage["exhausted"]):
        assert DECIMAL.fullmatch(text)
    _are_texts([*stage["totals"], *stage["elected"], *stage["excluded"]])
    _check_ties(stage["ties"])


def _check_ties(ties: list[dict[str, Any]]) -> None:
    for tie in ties:
        _has(tie, {"among": list, "order": list, "rung": str, "about": str})
        assert sorted(tie["among"]) == sorted(tie["order"])


def _check_ranked(found: dict[str, Any], names: list[str], document: dict[str, Any]) -> None:
    _has(found, RANKED)
    _are_texts(found["elected"])
    for group in found["ranking"]:
        _are_texts(group)
    official = document["official"]
    wanted = [names[place] for place in official["elected"]]
    if "ranking" in official and "remark" not in document:
        assert found["ranking"] == [[names[i] for i in ([g] if isinstance(g, int) else g)] for g in official["ranking"]]
    elif "remark" in document and "ranking" in official:
        assert set(found["elected"][:2]) == {names[i] for i in official["ranking"][0]}
        return
    assert set(found["elected"]) == set(wanted)
    if "rounds" not in official:
        return
    assert len(found["rounds"]) == len(official["rounds"])
    for stage, published in zip(found["rounds"], official["rounds"], strict=True):
        for name, text in zip(names, published, strict=True):
            near = Fraction(0) if len(text.partition(".")[2]) > 2 else Fraction("0.0051")
            assert abs(Fraction(stage["totals"][name]) - Fraction(text)) <= near


def _check_budget(found: dict[str, Any], document: dict[str, Any]) -> None:
    _has(found, BUDGET)
    official = document["official"]
    assert set(found["selected"]) == set(official["selected"])
    costs = {item["id"]: item["cost"] for item in document["projects"]}
    assert found["spent"] == sum(costs[key] for key in found["selected"])
    assert {key: found["votes"][key] for key in official["votes"]} == official["votes"]
    scores = official.get("scores") or official["votes"]
    assert {key: found["scores"][key] for key in scores} == scores
    assert all(isinstance(number, int) for number in found["scores"].values())


@pytest.mark.parametrize("item", INDEX, ids=[item["file"] for item in INDEX])
def test_a_real_election_through_the_command_gives_the_published_result(nowhere: Cli, item: dict[str, Any]) -> None:
    path = ELECTIONS / item["file"]
    document, found = json.loads(path.read_text()), nowhere.json("count", str(path))
    for stage in found["rounds"]:
        _check_round(stage)
    _check_ties(found["ties"])
    if item["method"] == "pb":
        _check_budget(found, document)
    else:
        _check_ranked(found, document["candidates"], document)


def test_all_elections_are_there() -> None:
    assert len(INDEX) == 62


def test_a_lot_stands_in_its_round_and_among_the_ties(nowhere: Cli, tmp_path: Path) -> None:
    file = tmp_path / "tie.blt"
    file.write_text('2 1\n1 1 2 0\n1 2 1 0\n0\n"Amara"\n"Bilal"\n')
    found = nowhere.json("count", str(file))
    [tie] = found["ties"]
    assert tie["rung"] == "lot"
    assert found["rounds"][0]["ties"] == [tie]


def test_amounts_and_totals_have_no_exponents(nowhere: Cli, tmp_path: Path) -> None:
    file = tmp_path / "large.pb"
    file.write_text(
        "META\nbudget;100000000000000\nvote_type;approval\nrule;equalshares/add1\nPROJECTS\nproject_id;cost\n"
        "a;99999999999999,01\nb;0,01\nVOTES\nvote\na\na,b\nb\n"
    )
    found = nowhere.json("count", str(file), "--method", "equalshares")
    assert set(found["selected"]) == {"b"}
    assert found["spent"] == "0.01"
    for stage in found["rounds"]:
        _check_round(stage)
    assert nowhere.json("count", str(file), "--method", "greedy")["spent"] == "99999999999999.02"


@pytest.mark.parametrize("seed", ["abc", "xyz", "0g", "0x00", "00 1"])
def test_a_seed_that_is_no_hex_is_wrong_use(nowhere: Cli, tmp_path: Path, seed: str) -> None:
    file = tmp_path / "one.blt"
    file.write_text('1 1\n1 1 0\n0\n"Amara"\n')
    assert nowhere.json("count", str(file), "--set", "seed=00FF")["seed"] == "00FF"
    assert (
        "Write the seed of the lots in hex digits, two for each byte."
        in nowhere.run("count", str(file), "--set", f"seed={seed}", code=2).stderr
    )
