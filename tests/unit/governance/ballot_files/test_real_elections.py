"""Real elections: our counts against the results that councils, cities and communities published (vectors/elections)."""

import json
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from fedcoop.governance.ballot_files.ballot_reading import read_ballot_file
from fedcoop.governance.ballot_files.file_counts import FileCount, count_file
from fedcoop.governance.motions.tallies import Count
from fedcoop.kernel.errors import Refused

FOLDER = Path(__file__).parents[3] / "vectors" / "elections"


def _ranked(*rules: str) -> list[str]:
    index = json.loads((FOLDER / "index.json").read_text())
    return [item["file"] for item in index if item["method"] != "pb" and (not rules or item["rule"] in rules)]


def _of(method: str) -> list[str]:
    index = json.loads((FOLDER / "index.json").read_text())
    return [item["file"] for item in index if item["method"] == method]


@cache
def _document(name: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((FOLDER / name).read_text())
    return value


def _counted(name: str, rule: str = "", **words: str) -> FileCount:
    return count_file(read_ballot_file((FOLDER / name).read_bytes()), rule=rule, words=words)


def _names(count: Count) -> list[int]:
    return [int(key) for key in count.elected]


def test_all_ranked_elections_are_here() -> None:
    assert len(_ranked()) == 47
    assert len(_ranked("scottish-stv")) == 37


@pytest.mark.parametrize("name", _ranked("scottish-stv"))
def test_a_scottish_ward_is_counted_as_declared_figure_by_figure(name: str) -> None:
    official, count = _document(name)["official"], _counted(name).count
    assert set(_names(count)) == set(official["elected"])
    assert count.facts["quota"] == str(official["quota"])
    assert count.facts["valid"] == official["valid"]
    assert len(count.rounds) == len(official["rounds"])
    for stage, published in zip(count.rounds, official["rounds"], strict=True):
        for place, text in enumerate(published):
            found, told = stage.totals[str(place)], Fraction(text)
            if len(text.partition(".")[2]) > 2:
                assert found == told
            else:
                assert abs(found - told) <= Fraction("0.0051")
    elected = {int(key): n for n, stage in enumerate(count.rounds, 1) for key in stage.elected}
    excluded = {int(key): n for n, stage in enumerate(count.rounds, 1) for key in stage.excluded}
    assert elected == {int(key): n for key, n in official["elected_in_round"].items()}
    assert excluded == {int(key): n for key, n in official["excluded_in_round"].items()}


@pytest.mark.parametrize("name", _ranked("minneapolis-stv", "irv"))
def test_a_city_of_minneapolis_count_elects_whom_the_city_certified(name: str) -> None:
    document, found = _document(name), _counted(name)
    assert set(_names(found.count)) == set(document["official"]["elected"])
    assert found.method == ("runoff" if document["rule"] == "irv" else "stv_scottish")
    if document["rule"] != "irv":
        assert (found.settings.extra["decimals"], found.settings.extra["batch_elimination"]) == (4, True)
    assert all(str(place) not in found.count.rounds[0].totals for place in document["ineligible"])


@pytest.mark.parametrize("name", _ranked("schulze", "schulze-debian"))
@pytest.mark.parametrize("rule", ["", "ranked_pairs"])
def test_a_condorcet_vote_elects_whom_its_community_announced(name: str, rule: str) -> None:
    document, count = _document(name), _counted(name, rule).count
    official = document["official"]
    ranking = [[int(key) for key in group] for group in count.ranking]
    if "remark" in document and "ranking" in official:
        assert ranking == [[0, 2], [3, 4], [1]]
        top, third = count.ties
        assert (top.among, top.about) == (("0", "2"), "order of election")
        assert (third.among, third.about) == (("3", "4"), "place 3")
        assert set(count.elected[:2]) == {"0", "2"}
        return
    assert _names(count) == official["elected"]
    if "ranking" in official and not rule:
        assert ranking == [[item] if isinstance(item, int) else item for item in official["ranking"]]


@pytest.mark.parametrize("name", _of("pb"))
def test_a_budget_funds_what_the_city_funded_and_by_no_rule_of_rankings(name: str) -> None:
    official, found = _document(name)["official"], _counted(name)
    assert set(found.count.elected) == set(official["selected"])
    assert {key: found.count.facts["supporters"][key] for key in official["votes"]} == official["votes"]
    assert {key: found.tally.counts[key] for key in official.get("scores", {})} == official.get("scores", {})
    with pytest.raises(Refused) as refused:
        _counted(name, "schulze")
    assert refused.value.code == "count-ballots"


@pytest.mark.parametrize("rule", ["meek", "wigm"])
@pytest.mark.parametrize("name", _ranked("scottish-stv"))
def test_other_programs_elect_the_same_by_the_same_rule(name: str, rule: str) -> None:
    computed = _document(name).get("computed", {}).get(rule)
    if computed is None:
        return
    count = _counted(name, rule).count
    assert set(_names(count)) == set(computed["elected"])
    assert not count.facts.get("limited")


@pytest.mark.parametrize("name", _ranked("scottish-stv", "minneapolis-stv"))
@pytest.mark.parametrize("rule", ["", "meek"])
def test_no_vote_appears_or_vanishes_in_any_round(name: str, rule: str) -> None:
    count = _counted(name, rule).count
    for stage in count.rounds:
        assert sum(stage.totals.values()) + stage.exhausted + stage.lost == count.facts["valid"]
