"""`fedcoop motion` and `fedcoop recount`: a decision from opening to recount without a server."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Cli

FIELDS = {
    *("id", "url", "title", "method", "options", "opens_at", "closes_at", "state", "channels", "eligible", "roll_hash"),
}


def open_motion(coop: Cli, *more: str) -> dict[str, object]:
    motion: dict[str, object] = coop.json("motion", "open", "--by", "ada", "--title", "Bake on Sundays", *more)
    return motion


def cast(coop: Cli, url: object, **choices: list[str]) -> None:
    for name, choice in choices.items():
        coop.run("motion", "cast", str(url), "--by", name, "--choice", json.dumps(choice))


def decided(coop: Cli) -> str:
    url = str(open_motion(coop)["url"])
    cast(coop, url, ada=["for"], ben=["against"], cleo=["for"])
    shown = coop.json("motion", "close", url, "--wait")
    assert shown["outcome"]["code"] == "carried"
    return url


def test_an_open_motion_shows_what_the_contract_names(coop: Cli):
    motion = open_motion(coop, "--closes-in", "72h", "--channels", "web,activitypub", "--set", "threshold=2/3")
    assert set(motion) == FIELDS
    assert motion["state"] == "open"
    assert motion["channels"] == ["activitypub", "web"]
    assert motion["eligible"] == 3
    assert motion["options"] == [
        {"key": "for", "name": "For"},
        {"key": "against", "name": "Against"},
        {"key": "abstain", "name": "Abstain"},
    ]


def test_options_of_an_approval_have_letters_for_keys(coop: Cli):
    motion = open_motion(coop, "--method", "approval", "--option", "Olive", "--option", "Rye")
    assert motion["options"] == [{"key": "a", "name": "Olive"}, {"key": "b", "name": "Rye"}]


@pytest.mark.parametrize(
    ("more", "code", "status"),
    [
        (("--method", "dice"), "method: ", 1),
        (("--set", "nonsense=1"), "nonsense: ", 1),
        (("--set", "threshold=often"), "threshold: ", 1),
        (("--closes-at", "2020-01-01T00:00:00Z"), "closes_at: ", 1),
        (("--method", "approval", "--option", "One"), "options: ", 1),
    ],
)
def test_what_the_rules_refuse_is_one_line_and_nothing_is_stored(
    coop: Cli, more: tuple[str, ...], code: str, status: int
):
    said = coop.refused("motion", "open", "--by", "ada", "--title", "Bake", *more, code=status)
    assert said.startswith(code)
    open_motion(coop)


@pytest.mark.parametrize(
    "more",
    [
        ("--closes-in", "soon"),
        ("--closes-in", "7d", "--closes-at", "2099-01-01T00:00:00Z"),
        ("--closes-at", "2099-01-01T00:00:00"),
        ("--set", "threshold"),
        ("--channels", "smoke"),
    ],
)
def test_wrong_words_are_wrong_use(coop: Cli, more: tuple[str, ...]):
    coop.run("motion", "open", "--by", "ada", "--title", "Bake", *more, code=2)


def test_ballots_of_a_teller_count_and_may_change(coop: Cli):
    url = open_motion(coop)["url"]
    cast(coop, url, ada=["for"], ben=["against"])
    cast(coop, url, ben=["for"])
    shown = coop.json("motion", "show", str(url))
    assert (shown["ballots"], shown["counts"]) == (2, {"for": 2, "against": 0, "abstain": 0})
    assert "outcome" not in shown


def test_a_ballot_that_is_none_is_refused(coop: Cli):
    url = str(open_motion(coop)["url"])
    ballot = ("motion", "cast", url, "--by")
    assert coop.refused(*ballot, "ada", "--choice", '["maybe"]').startswith("option: ")
    assert coop.refused(*ballot, "ada", "--choice", '["for", "against"]').startswith("too-many: ")
    assert coop.refused(*ballot, "ada", "--choice", '{"for": 1}').startswith("choice-shape: ")
    assert coop.refused(*ballot, "eve", "--choice", '["for"]').startswith("member-unknown: ")
    coop.run(*ballot, "ada", "--choice", "for", code=2)
    assert coop.json("motion", "show", url)["ballots"] == 0


def test_counts_that_are_hidden_are_not_shown(coop: Cli):
    url = open_motion(coop, "--set", "visibility=after_close")["url"]
    cast(coop, url, ada=["for"])
    shown = coop.json("motion", "show", str(url))
    assert shown["ballots"] == 1
    assert "counts" not in shown


def test_when_all_have_voted_the_close_brings_the_outcome(coop: Cli):
    url = decided(coop)
    shown = coop.json("motion", "show", url)
    assert shown["state"] == "decided"
    assert shown["counts"] == {"for": 2, "against": 1, "abstain": 0}
    assert shown["outcome"]["reasons"]
    assert coop.refused("motion", "close", url).startswith("motion-state: ")


def test_an_early_close_follows_its_rule(coop: Cli):
    url = str(open_motion(coop, "--set", "early_close=any", "--set", "grace=0s")["url"])
    strict = str(open_motion(coop)["url"])
    cast(coop, url, ada=["for"])
    assert coop.refused("motion", "close", strict).startswith("early-close: ")
    assert coop.json("motion", "close", url, "--wait")["outcome"]["code"] == "inquorate"


def test_an_annulled_motion_has_no_result(coop: Cli):
    url = str(open_motion(coop)["url"])
    assert coop.json("motion", "annul", url, "--reason", "Wrong text")["state"] == "annulled"
    assert coop.refused("motion", "export", url, "-o", "nowhere.json").startswith("motion-undecided: ")
    assert coop.refused("motion", "annul", url, "--reason", "Again").startswith("motion-state: ")


def test_an_unknown_motion_is_refused(coop: Cli):
    for url in ("http://localhost:8420/motions/nothing", "http://elsewhere.example/motions/x"):
        assert coop.refused("motion", "show", url).startswith("motion-unknown: ")


def test_an_export_can_be_recounted_anywhere(coop: Cli, tmp_path: Path):
    url = decided(coop)
    file = tmp_path / "recount.json"
    coop.run("motion", "export", url, "-o", str(file))
    found = Cli(tmp_path / "nowhere/instance.toml").json("recount", str(file))
    assert found["url"] == url
    assert (found["outcome"], found["counts"]) == ("carried", {"for": 2, "against": 1, "abstain": 0})
    assert found["log_head"] in coop.run("recount", str(file)).stdout


def test_a_recount_fails_loudly_whatever_byte_is_changed(coop: Cli, tmp_path: Path):
    url = decided(coop)
    file = tmp_path / "recount.json"
    coop.run("motion", "export", url, "-o", str(file))
    whole = file.read_bytes()
    for place in range(7, len(whole), max(1, len(whole) // 40)):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert coop.refused("recount", str(file)).startswith("recount-")
    file.write_bytes(whole)
    coop.run("recount", str(file))


def test_the_rounds_of_a_count_are_shown_briefly(coop: Cli):
    options = ("--option", "Olive", "--option", "Rye", "--option", "Spelt")
    url = str(open_motion(coop, "--method", "runoff", *options)["url"])
    cast(coop, url, ada=["a", "b"], ben=["a"], cleo=["b", "a"])
    coop.json("motion", "close", url, "--wait")
    shown = coop.json("motion", "show", url)
    assert shown["count"]["elected"] == ["Olive"]
    assert shown["count"]["rounds"][0]["totals"] == {"Olive": "2", "Rye": "1", "Spelt": "0"}
    told = coop.run("motion", "show", url).stdout
    assert "first: Olive 2, Rye 1, Spelt 0; elected Olive" in told


def test_a_candidate_withdraws_from_an_open_election(coop: Cli):
    options = ("--method", "runoff", "--option", "Amara", "--option", "Bilal")
    motion = open_motion(coop, *options)
    url, keys = str(motion["url"]), [option["key"] for option in motion["options"]]  # type: ignore[attr-defined]
    cast(coop, url, ada=keys, ben=keys, cleo=keys[1:])
    assert coop.refused("motion", "withdraw-option", url, "zz", "--reason", "Moves away.").startswith("option: ")
    said = coop.run("motion", "withdraw-option", url, keys[0], "--reason", "Moves away.").stdout
    assert said == "Amara has withdrawn\n"
    assert coop.refused("motion", "withdraw-option", url, keys[1], "--reason", "So too.").startswith("withdraw-last: ")
    shown = coop.json("motion", "close", url, "--wait")
    assert shown["outcome"]["code"] == "carried"
