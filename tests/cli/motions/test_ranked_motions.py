"""Ranked motions from the command line: paper ballots with equal and skipped ranks, ties and lots in what is shown, settings."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Cli

NAMES = ("Rye", "Wheat", "Spelt", "Oats")


def opened(coop: Cli, method: str, *more: str) -> str:
    asked = ("--method", method, *(word for name in NAMES for word in ("--option", name)))
    motion = coop.json("motion", "open", "--by", "ada", "--title", "Which flour?", *asked, *more)
    return str(motion["url"])


def cast(coop: Cli, url: str, by: str, choice: list[Any]) -> list[str]:
    found: list[str] = coop.json("motion", "cast", url, "--by", by, "--choice", json.dumps(choice))["choice"]
    return found


def closed(coop: Cli, url: str) -> dict[str, Any]:
    found: dict[str, Any] = coop.json("motion", "close", url, "--wait")
    return found


def test_of_a_paper_ranking_stands_what_comes_before_the_first_equal_or_skipped_rank(coop: Cli) -> None:
    url = opened(coop, "runoff")
    assert cast(coop, url, "ada", ["b", "a", "c"]) == ["b", "a", "c"]
    assert cast(coop, url, "ada", ["b", ["a", "c"], "d"]) == ["b"]
    assert cast(coop, url, "ada", ["b", [], "a"]) == ["b"]
    assert cast(coop, url, "ada", ["b", ["a"], "c"]) == ["b", "a", "c"]
    ballot = ("motion", "cast", url, "--by", "ben", "--choice")
    assert coop.refused(*ballot, '[["a", "b"], "c"]').startswith("too-few: ")
    assert coop.refused(*ballot, '["a", ["b", "x"]]').startswith("option: ")
    assert coop.refused(*ballot, '["a", [["b"]]]').startswith("choice-shape: ")
    assert coop.refused(*ballot, '["a", [{"b": 1}]]').startswith("choice-shape: ")
    assert coop.refused(*ballot, '["a", {"b": 1}]').startswith("choice-shape: ")


def test_settings_say_what_becomes_of_equal_and_skipped_ranks_on_paper(coop: Cli) -> None:
    url = opened(coop, "runoff", "--set", "equal_ranks=skip", "--set", "max_skipped_ranks=1")
    assert cast(coop, url, "ada", [["a", "b"], "c", [], "d"]) == ["c", "d"]
    assert cast(coop, url, "ada", ["c", [], [], "d"]) == ["c"]


def test_only_in_a_ranking_can_a_rank_have_several_names(coop: Cli) -> None:
    url = opened(coop, "approval")
    assert cast(coop, url, "ada", ["a", "b"]) == ["a", "b"]
    said = coop.refused("motion", "cast", url, "--by", "ada", "--choice", '["a", ["b", "c"]]')
    assert said.startswith("choice-shape: ")


@pytest.mark.parametrize(
    ("method", "seats", "about"),
    [
        ("stv_scottish", "3", "order of election"),
        ("stv_meek", "2", "exclusion"),
        ("schulze", "2", "order of election"),
        ("points", "2", "order of election"),
        ("approval", "2", "order of election"),
        ("approval", "1", "the last place"),
        ("runoff", "", "exclusion"),
    ],
)
def test_every_lot_is_in_what_is_shown_of_a_motion(
    coop: Cli, tmp_path: Path, method: str, seats: str, about: str
) -> None:
    url = opened(coop, method, *(("--set", f"seats={seats}") if seats else ()))
    if method == "approval":
        cast(coop, url, "ada", ["a", "b"])
        cast(coop, url, "ben", ["a", "b"])
    else:
        cast(coop, url, "ada", ["a", "b"])
        cast(coop, url, "ben", ["b", "a"])
    cast(coop, url, "cleo", ["c"])
    found = closed(coop, url)
    ties = found["count"]["ties"]
    assert about in [tie["about"] for tie in ties if tie["rung"] == "lot"]
    assert all(set(tie["among"]) <= set(NAMES) for tie in ties)
    text = coop.run("motion", "show", url).stdout
    assert f"{about}: " in text
    assert "by lot: " in text
    file = tmp_path / "file.json"
    coop.run("motion", "export", url, "-o", str(file))
    assert coop.json("recount", str(file))["outcome"] == found["outcome"]["code"]
    assert json.loads(file.read_text())["seed"] is not None


@pytest.mark.parametrize(
    ("method", "settings"),
    [
        ("stv_scottish", {"quota": "hare", "exact": "on", "batch_elimination": "on", "equal_ranks": "share"}),
        ("stv_meek", {"quota": "hare", "equal_ranks": "share", "max_skipped_ranks": "unlimited"}),
        ("runoff", {"equal_ranks": "cut_if_several", "max_skipped_ranks": "2"}),
        ("schulze", {"circles": "runoff", "unranked": "no_opinion"}),
    ],
)
def test_settings_of_a_ranked_motion_are_in_its_recount_file(
    coop: Cli, tmp_path: Path, method: str, settings: dict[str, str]
) -> None:
    url = opened(coop, method, *(word for name, value in settings.items() for word in ("--set", f"{name}={value}")))
    for by, choice in (("ada", ["a", "b"]), ("ben", ["b", "c"]), ("cleo", ["b", "a", "d"])):
        cast(coop, url, by, choice)
    assert closed(coop, url)["count"]["elected"] == ["Wheat"]
    file = tmp_path / "file.json"
    coop.run("motion", "export", url, "-o", str(file))
    carried = json.loads(file.read_text())["settings"]["extra"]
    assert {name: carried[name] for name in settings} == {
        name: True if value == "on" else value for name, value in settings.items()
    }
    assert coop.json("recount", str(file))["winners"] == ["b"]


@pytest.mark.parametrize(
    ("method", "setting", "code"),
    [
        ("stv_scottish", "quota=imperiali", "quota"),
        ("stv_meek", "equal_ranks=cut_if_several", "equal_ranks"),
        ("points", "equal_ranks=share", "equal_ranks"),
        ("runoff", "equal_ranks=share", "equal_ranks"),
        ("runoff", "max_skipped_ranks=-1", "max_skipped_ranks"),
        ("runoff", "max_skipped_ranks=many", "max_skipped_ranks"),
        ("runoff", "quota=hare", "quota"),
        ("schulze", "circles=square", "circles"),
        ("schulze", "equal_ranks=cut", "equal_ranks"),
        ("ranked_pairs", "circles=runoff", "circles"),
    ],
)
def test_a_setting_that_a_method_does_not_have_or_understand_is_refused_by_name(
    coop: Cli, method: str, setting: str, code: str
) -> None:
    asked = ("--method", method, "--option", "Rye", "--option", "Wheat")
    assert coop.json("motion", "open", "--by", "ada", "--title", "Which flour?", *asked)
    said = coop.refused("motion", "open", "--by", "ada", "--title", "Which flour?", *asked, "--set", setting)
    assert said.startswith(f"{code}: ")
