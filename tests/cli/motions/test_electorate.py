"""Classes, groups, standing, merges and corrected rolls by commands, to the recount."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.cli.motions.test_motions import cast, open_motion


def test_classes_are_added_changed_and_listed(coop: Cli):
    coop.run("member", "class", "add", "worker", "--title", "Workers", "--share", "40%")
    refused = coop.refused("member", "class", "set", "worker", "--weight", "3")
    assert refused.startswith("class-reference: ")
    kept = coop.json("member", "class", "set", "worker", "--weight", "3", "--reference", "article 12", "--no-proposes")
    assert kept == {
        "name": "worker",
        "title": "Workers",
        "weight": 3,
        "share": "2/5",
        "may_propose": False,
        "may_announce": True,
        "reference": "article 12",
        "ignored_for": [],
    }
    coop.run("member", "set-class", "ben", "worker")
    listed = {row["name"]: row for row in coop.json("member", "class", "list")}
    assert (listed["member"]["members"], listed["worker"]["members"]) == (2, 1)
    assert coop.json("member", "class", "set", "worker", "--share", "none", "--ignored-for", "special")["share"] is None
    assert "article 12" in coop.run("member", "class", "list").stdout
    assert coop.refused("member", "class", "set", "baker", "--weight", "1").startswith("class-unknown: ")
    assert coop.refused("member", "class", "add", "worker").startswith("class-exists: ")


def test_a_vote_of_a_group_is_its_members(coop: Cli):
    coop.run("member", "group", "add", "board", "--title", "The board")
    coop.run("member", "group", "join", "board", "ben")
    coop.run("member", "group", "join", "board", "cleo")
    coop.run("member", "group", "leave", "board", "cleo")
    assert coop.json("member", "group", "list") == [{"name": "board", "title": "The board", "members": ["ben"]}]
    motion = open_motion(coop, "--set", "groups=board")
    assert [row["name"] for row in coop.json("motion", "roll", str(motion["url"]))] == ["ben"]
    assert coop.refused("member", "group", "leave", "board", "cleo").startswith("group-lacks: ")


def test_a_status_and_good_standing_are_set_by_the_operator(coop: Cli):
    assert coop.json("member", "suspend", "ben", "--reason", "the board said so")["status"] == "suspended"
    assert open_motion(coop)["eligible"] == 2
    assert coop.json("member", "lift", "ben", "--reason", "heard")["status"] == "full"
    assert coop.refused("member", "lift", "ben", "--reason", "again").startswith("status-step: ")
    coop.run("member", "arrears", "ben", "--since", "2026-01-01T00:00:00Z")
    assert open_motion(coop, "--set", "good_standing=on")["eligible"] == 2
    coop.run("member", "arrears", "ben", "--paid")
    assert open_motion(coop, "--set", "good_standing=on")["eligible"] == 3
    assert coop.json("member", "end", "cleo", "--as", "expelled", "--reason", "by the meeting")["status"] == "expelled"
    for words in (("--paid", "--since", "2026-01-01T00:00:00Z"), (), ("--since", "soon")):
        coop.run("member", "arrears", "ben", *words, code=2)


def test_colleges_guests_and_corrections_show_and_recount(coop: Cli, tmp_path: Path):
    for name, weight in (("worker", "1"), ("user", "1"), ("friend", "0")):
        coop.run("member", "class", "add", name, "--weight", weight)
    coop.run("member", "add", "dee", "--email", "dee@coop.example", "--class", "friend")
    for name, member_class in (("ada", "worker"), ("ben", "user"), ("cleo", "user")):
        coop.run("member", "set-class", name, member_class)
    motion = open_motion(coop, "--set", "colleges=worker=60%, user=40%", "--set", "guests=friend", "--set", "quorum=0")
    url = str(motion["url"])
    cast(coop, url, ada=["for"], ben=["against"], cleo=["for"], dee=["against"])
    after = coop.json("motion", "correct", url, "--remove", "ben", "--reason", "not a member in May")
    assert after["eligible"] == 2
    assert after["roll_hash"] != motion["roll_hash"]
    assert coop.refused("motion", "correct", url, "--add", "ada", "--reason", "so").startswith("roll-has: ")
    for words in ((), ("--add", "ben", "--remove", "ben"), ("--change", "ben")):
        coop.run("motion", "correct", url, *words, "--reason", "so", code=2)
    shown = coop.json("motion", "close", url, "--wait")
    assert shown["classes"]["user"] == {"counts": {"for": 1, "against": 0, "abstain": 0}, "voted": 1, "eligible": 1}
    assert shown["guests"] == {"for": 0, "against": 1, "abstain": 0}
    assert shown["outcome"]["code"] == "carried"
    assert "Together 1.00000." in shown["outcome"]["reasons"][0]
    told = coop.run("motion", "show", url).stdout
    assert "class user" in told
    assert "guests, not counted" in told
    file = tmp_path / "vote.json"
    coop.run("motion", "export", url, "-o", str(file))
    assert coop.json("recount", str(file))["eligible"] == 2
    assert [e["kind"] for e in json.loads(file.read_text())["log"] if e["type"] == "roll"] == ["remove"]


def test_two_entries_of_one_person_are_merged(coop: Cli):
    url = str(open_motion(coop)["url"])
    cast(coop, url, cleo=["for"])
    assert coop.json("member", "merge", "ben", "cleo", "--reason", "one birthday") == {
        "kept": "ben",
        "dropped": "cleo",
        "motions": {url: "moves"},
    }
    assert coop.json("motion", "show", url)["eligible"] == 2
    assert coop.refused("member", "merge", "ben", "cleo", "--reason", "again").startswith("merge-gone: ")


@pytest.mark.parametrize(
    ("pair", "code"),
    [
        ("classes=baker", "classes: "),
        ("guests=baker", "guests: "),
        ("weights=member=2", "weight_reference: "),
        ("colleges=member=100%", "colleges: "),
        ("record_date=2099-01-01T00:00:00Z", "record_date: "),
        ("live_electorate=on", "live_electorate: "),
    ],
)
def test_rules_that_give_no_roll_are_refused_on_one_line(coop: Cli, pair: str, code: str):
    said = coop.refused("motion", "open", "--by", "ada", "--title", "Bake", "--set", pair)
    assert said.startswith(code)
