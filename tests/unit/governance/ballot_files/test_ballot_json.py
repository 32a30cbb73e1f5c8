"""Ranked elections in JSON: what they bring along, rules that are not known, shapes that are refused, several seats."""

import json
from typing import Any

import pytest

from fedcoop.governance.ballot_files.ballot_reading import read_ballot_file
from fedcoop.governance.ballot_files.file_counts import FileCount, count_file
from fedcoop.kernel.errors import Refused


def _data(**changes: Any) -> bytes:
    value = {
        "method": "condorcet",
        "rule": "schulze",
        "seats": 2,
        "candidates": ["Amara", "Bilal", "Chidi", "Dana"],
        "ballots": [[4, [1, 0]], [3, [0, 2, 3]], [2, [2, 3, 0]]],
    }
    return json.dumps({**value, **changes}).encode()


def _counted(by: str = "", /, **changes: Any) -> FileCount:
    return count_file(read_ballot_file(_data(**changes)), rule=by, words={"seed": "00"})


def test_candidates_may_be_objects_with_a_name() -> None:
    file = read_ballot_file(_data(candidates=[{"name": "Amara", "party": "A"}, "Bilal", {"name": ""}, "Dana"]))
    assert [option.name for option in file.options] == ["Amara", "Bilal", "Candidate 2", "Dana"]


@pytest.mark.parametrize("rule", ["schulze", "ranked_pairs", "ranked-pairs"])
def test_several_seats_go_to_the_top_of_the_ranking(rule: str) -> None:
    for seats in range(1, 5):
        count = _counted(rule, seats=seats).count
        assert count.ranking == (("0",), ("2",), ("3",), ("1",))
        assert count.elected == ("0", "2", "3", "1")[:seats]
        assert count.ties == ()


@pytest.mark.parametrize("rule", ["schulze", "ranked_pairs"])
def test_a_tie_at_the_last_seat_is_told_by_a_lot_that_is_listed(rule: str) -> None:
    tied = [[3, [0, [1, 2], 3]], [1, [0, 1, 2]], [1, [0, 2, 1]]]
    count = _counted(rule, ballots=tied).count
    assert (count.elected[0], count.ranking) == ("0", (("0",), ("1", "2"), ("3",)))
    [tie] = count.ties
    assert (set(tie.among), tie.rung, tie.order[0]) == ({"1", "2"}, "lot", count.elected[1])
    assert set(_counted(rule, ballots=tied, seats=3).count.elected) == {"0", "1", "2"}


@pytest.mark.parametrize("rule", ["schulze", "irv", "scottish-stv", "meek"])
def test_who_is_ineligible_is_dropped_before_anything_is_counted(rule: str) -> None:
    without = [[4, [0]], [3, [0, 2, 3]], [2, [2, 3, 0]]]
    found, same = _counted(rule, ineligible=[1]).count, _counted(rule, ballots=without, ineligible=[1]).count
    assert found == same
    assert "1" not in found.elected
    assert all("1" not in stage.totals for stage in found.rounds)


def test_what_is_left_off_a_ballot_means_what_the_file_says() -> None:
    ballots = [[5, [0]], [3, [1, 0]], [1, [2]]]
    last = _counted(ballots=ballots, unranked="last", seats=1)
    silent = _counted(ballots=ballots, unranked="no-opinion", seats=1)
    assert last.count.facts["pairs"]["0"]["1"] == 5
    assert silent.count.facts["pairs"]["0"]["1"] == 0
    assert (last.settings.extra["unranked"], silent.settings.extra["unranked"]) == ("last", "no_opinion")


def test_limits_and_other_parts_of_a_file_do_no_harm() -> None:
    assert (
        _counted(limits={"max_length": 1}, date="2026", official={"elected": [3]}, computed=None).count
        == _counted().count
    )


@pytest.mark.parametrize("rule", ["plurality", "Schulze (margins)"])
def test_an_unknown_rule_asks_for_another(rule: str) -> None:
    assert _counted("schulze", rule=rule).count == _counted(rule=" Schulze ").count
    with pytest.raises(Refused, match=r"which is not known here\. Choose one with --method: scottish-stv, ") as refused:
        _counted(rule=rule)
    assert refused.value.code == "count-rule"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"candidates": [{"title": "Amara"}]}, "Candidate 0 is neither a name nor an object with a name"),
        ({"candidates": ["Amara", 7]}, "Candidate 1 is neither"),
        ({"candidates": {"0": "Amara"}}, "no list of candidates"),
        ({"ballots": [{"count": 3, "ranking": [0]}]}, r"Ballot line 1 is not of the form \[how many, \[candidates\]\]"),
        ({"ballots": [[1, [0]], [1, {"0": 1}]]}, "Ballot line 2 is not of the form"),
        ({"ballots": {"0,1": 3}}, "no list of ballots"),
        ({"ballots": [[2.5, [0]]]}, "Ballot line 1 is not of the form"),
        ({"seats": 10**6}, "seats is a whole number"),
        ({"ineligible": [0, 1], "default_option": 1}, "default_option is among those who are ineligible"),
    ],
)
def test_an_election_of_another_shape_is_refused_with_the_place(changes: dict[str, Any], told: str) -> None:
    assert read_ballot_file(_data())
    with pytest.raises(Refused, match=told) as refused:
        read_ballot_file(_data(**changes))
    assert refused.value.code == "ballot-file"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"seat": 2}, "The file has seat, which is not known; known are: ballots, "),
        ({"Ballots": []}, "The file has Ballots, which is not known"),
        ({"ballots": [[1, [True]]]}, "Ballot line 1 names a candidate that there is not: True"),
        ({"ballots": [[1, [0]], [1, [0, False]]]}, "Ballot line 2 names a candidate that there is not: False"),
        ({"ballots": [[True, [0]]]}, "Ballot line 1 is not of the form"),
        ({"ballots": [[1, [[[0]]]]]}, r"Ballot line 1 names a candidate that there is not: \[0\]"),
        ({"ballots": [[1, [0.0]]]}, "Ballot line 1 names a candidate that there is not: 0.0"),
        ({"ballots": [[1, [-1]]]}, "Ballot line 1 names a candidate that there is not: -1"),
        ({"ballots": [[1, [4]]]}, "Ballot line 1 names a candidate that there is not: 4"),
        ({"ballots": [[1, [10**30]]]}, "Ballot line 1 names a candidate that there is not: 1000"),
        ({"ballots": [[10**30, [0]]]}, "Ballot line 1 stands for 1000"),
        ({"ballots": [[1, [0], 2]]}, "Ballot line 1 is not of the form"),
        ({"candidates": ["Amara", ["Bilal"], "Chidi", "Dana"]}, "Candidate 1 is neither"),
        ({"candidates": ["Amara", True, "Chidi", "Dana"]}, "Candidate 1 is neither"),
        ({"seats": True}, "seats is a whole number from 1 to 2000"),
        ({"seats": "2"}, "seats is a whole number"),
        ({"seats": 2.0}, "seats is a whole number"),
        ({"ineligible": {}}, "ineligible names a candidate that there is not"),
        ({"ineligible": ""}, "ineligible names a candidate that there is not"),
        ({"ineligible": [False]}, "ineligible names a candidate that there is not"),
        ({"default_option": False}, "default_option names a candidate that there is not"),
        ({"title": ["Board"]}, "title is not a text"),
        ({"rule": 7}, "rule is not a text"),
        ({"method": None, "rule": ["schulze"]}, "rule is not a text"),
    ],
)
def test_what_an_election_cannot_mean_is_refused(changes: dict[str, Any], told: str) -> None:
    assert read_ballot_file(_data())
    with pytest.raises(Refused, match=told) as refused:
        read_ballot_file(_data(**changes))
    assert refused.value.code == "ballot-file"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"seats": 2', '"seats": 2, "seats": 3', "The name seats stands twice in one object"),
        ('"Amara"', '{"name": "Amara", "name": "Bilal"}', "The name name stands twice"),
        ('"seats": 2', '"seats": NaN', "The file is no JSON: NaN is no number"),
        ('"seats": 2', '"seats": -Infinity', "The file is no JSON: -Infinity is no number"),
        ('"seats": 2', '"seats": ' + "2" * 5000, "a number in it has thousands of digits"),
        ('"seats": 2', '"seats": ' + "[" * 5000 + "]" * 5000, "lists stand in lists too deep"),
        ('"seats": 2', '\n"seats": 2,,', "On line 2 the file is no JSON: "),
    ],
)
def test_json_that_says_two_things_or_none_is_refused(old: str, new: str, told: str) -> None:
    text = _data().decode()
    assert read_ballot_file(text.encode())
    with pytest.raises(Refused, match=told) as refused:
        read_ballot_file(text.replace(old, new, 1).encode())
    assert refused.value.code == "ballot-file"


@pytest.mark.parametrize(
    ("named", "method"),
    [
        ({"method": "meek", "rule": ""}, "stv_meek"),
        ({"method": "stv_meek", "rule": None}, "stv_meek"),
        ({"method": "Ranked-Pairs", "rule": ""}, "ranked_pairs"),
        ({"method": "wigm", "rule": ""}, "stv_scottish"),
        ({"method": "stv_scottish", "rule": "minneapolis-stv"}, "stv_scottish"),
        ({"method": "stv", "rule": "meek"}, "stv_meek"),
        ({"method": "condorcet", "rule": "ranked-pairs"}, "ranked_pairs"),
        ({"method": None, "rule": "borda"}, "points"),
    ],
)
def test_the_method_of_a_file_is_honoured_as_its_rule_is(named: dict[str, Any], method: str) -> None:
    assert _counted(**named).method == method


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ({"method": "plurality", "rule": ""}, "names the rule plurality, which is not known here"),
        ({"method": "plurality", "rule": "schulze"}, "is of the kind plurality and names the rule schulze"),
        ({"method": "stv", "rule": "schulze"}, "is of the kind stv and names the rule schulze, which is of another"),
        ({"method": "meek", "rule": "scottish-stv"}, "is of the kind meek and names the rule scottish-stv"),
        ({"method": "stv", "rule": "Schulze (margins)"}, "names the rule Schulze"),
    ],
)
def test_a_method_that_is_unknown_or_contradicts_the_rule_asks_for_another(named: dict[str, str], told: str) -> None:
    assert _counted("schulze", **named).method == "schulze"
    with pytest.raises(Refused) as refused:
        _counted(**named)
    assert refused.value.code == "count-rule"
    assert told in refused.value.message
