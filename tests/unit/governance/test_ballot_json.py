"""Ranked elections in JSON: what they bring along, rules that are not known, shapes that are refused, several seats."""

import json
from typing import Any

import pytest

from fedcoop.governance.ballot_reading import read_ballot_file
from fedcoop.governance.file_counts import FileCount, count_file
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
