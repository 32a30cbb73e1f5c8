"""`fedcoop proposal`: a proposal from draft to its dates, amendments, options with more than a name."""

from pathlib import Path

import pytest

from tests.cli.conftest import Cli

TEXT = "We bake with local grain.\n\n1. We buy rye.\n2. We pay 4 cents more."


@pytest.fixture
def text(tmp_path: Path) -> str:
    file = tmp_path / "text.md"
    file.write_text(TEXT, encoding="utf-8")
    return str(file)


def new(coop: Cli, text: str, *more: str) -> dict[str, object]:
    made: dict[str, object] = coop.json(
        "proposal", "new", "--by", "ada", "--title", "Bake local", "--text-file", text, *more
    )
    return made


def test_a_draft_is_submitted_sponsored_and_discussed(coop: Cli, text: str):
    draft = new(coop, text, "--template", "ordinary", "--sponsors")
    url = str(draft["url"])
    assert (draft["state"], draft["method"], draft["settings"]) == ("draft", "resolution", {"preset": "ordinary"})
    submitted = coop.json("proposal", "submit", url, "--by", "ada")
    assert (submitted["state"], submitted["sponsors_needed"]) == ("admission", 2)
    coop.run("proposal", "sponsor", url, "--by", "ben")
    sponsored = coop.json("proposal", "sponsor", url, "--by", "cleo")
    assert (sponsored["state"], sponsored["sponsors"]) == ("discussion", ["ben", "cleo"])
    assert coop.json("proposal", "sponsor", url, "--by", "cleo", "--take-back")["sponsors"] == ["ben"]
    assert [item["state"] for item in coop.json("proposal", "list")] == ["discussion"]
    assert "Bake local" in coop.run("proposal", "list", "--state", "discussion").stdout


def test_a_new_version_and_an_amendment(coop: Cli, text: str, tmp_path: Path):
    url = str(new(coop, text, "--submit")["url"])
    newer = tmp_path / "newer.md"
    newer.write_text(f"{TEXT}\n3. From 2027.", encoding="utf-8")
    edited = coop.json("proposal", "edit", url, "--by", "ada", "--text-file", str(newer), "--note", "A date")
    assert edited["version"] == 2
    stale = coop.refused("proposal", "edit", url, "--by", "ada", "--text-file", text, "--based-on", "1")
    assert stale.startswith("edited-meanwhile: ")
    made = coop.json("proposal", "amend", url, "--by", "ben", "--paragraph", "3", "--text", "2. We pay 2 cents more.")
    assert (made["kind"], made["state"]) == ("friendly", "open")
    assert coop.json("proposal", "amend", url, "--by", "ada", "--accept", str(made["id"]))["state"] == "accepted"
    shown = coop.json("proposal", "show", url)
    assert (shown["version"], shown["paragraphs"][2]["text"]) == (3, "2. We pay 2 cents more.")
    assert "2 cents" in coop.run("proposal", "show", url).stdout
    nowhere = coop.refused("proposal", "amend", url, "--by", "ben", "--paragraph", "9", "--text", "x")
    assert nowhere.startswith("amendment-paragraph: ")


@pytest.mark.parametrize(
    ("step", "code"),
    [("freeze", "discussion-short: "), ("open", "proposal-state: "), ("adopt", "adoption-over: ")],
)
def test_a_step_before_its_time_is_refused(coop: Cli, text: str, step: str, code: str):
    url = str(new(coop, text, "--submit")["url"])
    assert coop.refused("proposal", step, url, "--by", "ada").startswith(code)
    assert coop.json("proposal", "withdraw", url, "--by", "ada")["state"] == "withdrawn"


def test_at_once_the_vote_is_open(coop: Cli, text: str):
    made = new(coop, text, "--at-once", "--submit", "--lasts", "72h")
    assert made["state"] == "voting"
    [motion] = made["motions"]  # type: ignore[misc]
    assert coop.json("motion", "show", str(motion))["state"] == "open"


def test_usage_is_told(coop: Cli, text: str):
    for more in (("--template", "magic"), ("--notice", "soon"), ("--opens-at", "tomorrow")):
        coop.run("proposal", "new", "--by", "ada", "--title", "x", "--text-file", text, *more, code=2)
    assert coop.refused("proposal", "show", "https://x.example/proposals/none").startswith("proposal-unknown: ")


def test_an_option_has_a_meaning_an_icon_and_a_prompt(coop: Cli):
    options = ('{"name": "Rye", "meaning": "Dark", "icon": "bread", "prompt": "Why?"}', "Wheat | Light | sprout")
    pairs = [part for option in options for part in ("--option", option)]
    motion = coop.json("motion", "open", "--by", "ada", "--title", "Which?", "--method", "approval", *pairs)
    assert motion["options"] == [{"key": "a", "name": "Rye"}, {"key": "b", "name": "Wheat"}]
    wrong = coop.refused(
        "motion", "open", "--by", "ada", "--title", "Which?", "--method", "approval", "--option", "Rye | | loaf"
    )
    assert wrong.startswith("option-icon: ")


def test_a_motion_opens_at_an_instant(coop: Cli):
    at = ("--opens-at", "2999-01-01T00:00:00Z", "--closes-at", "2999-01-08T00:00:00Z")
    motion = coop.json("motion", "open", "--by", "ada", "--title", "Later", *at)
    assert (motion["state"], motion["opens_at"]) == ("scheduled", "2999-01-01T00:00:00Z")
