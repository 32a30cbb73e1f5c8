"""`fedcoop motion …` around a vote and `fedcoop proposal …`, without a server."""

import json
from pathlib import Path

from tests.cli.conftest import Cli


def opened(coop: Cli, *more: str, by: str = "ada", title: str = "Bake on Sundays") -> str:
    return str(coop.json("motion", "open", "--by", by, "--title", title, *more)["url"])


def cast(coop: Cli, url: str, reason: str = "", **choices: str) -> None:
    for name, choice in choices.items():
        coop.run("motion", "cast", url, "--by", name, "--choice", json.dumps([choice]), "--reason", reason)


def decided(coop: Cli, *more: str, choice: str = "for", title: str = "Bake on Sundays", reason: str = "") -> str:
    url = opened(coop, *more, title=title)
    cast(coop, url, reason, ada=choice, ben=choice, cleo=choice)
    coop.run("motion", "close", url, "--wait")
    return url


def test_a_motion_is_extended_with_a_reason_twice(coop: Cli):
    url = opened(coop)
    more = ("--by", "ada", "--closes-in", "1d", "--reason", "A holiday.")
    first = coop.json("motion", "extend", url, *more)["closes_at"]
    assert coop.json("motion", "extend", url, *more)["closes_at"] > first
    assert coop.refused("motion", "extend", url, *more).startswith("extensions: ")
    assert coop.refused("motion", "extend", url, "--by", "ben", *more[2:]).startswith("not-an-office: ")
    coop.run("motion", "extend", url, "--by", "ada", "--reason", "So.", code=2)


def test_a_petition_annuls_and_the_motion_is_run_again(coop: Cli):
    url = opened(coop)
    assert coop.refused("motion", "petition", url, "--by", "ben").startswith("reason: ")
    signed = coop.json("motion", "petition", url, "--by", "ben", "--reason", "Wrong threshold.")
    assert (signed["signatures"], signed["needed"]) == (1, 1)
    again = ("motion", "rerun", url, "--by", "ada", "--closes-in", "7d", "--set", "threshold=2/3")
    assert coop.refused(*again).startswith("rerun-state: ")
    found = coop.json("motion", "petition-find", url, "--upheld", "--reason", "It was.")
    assert found["state"] == "annulled"
    new = coop.json(*again)
    assert (new["state"], new["reruns"]) == ("open", url)
    assert coop.json("motion", "show", new["url"])["follows"] == {"kind": "rerun", "url": url}
    assert coop.json("motion", "show", url)["followed_by"] == [{"kind": "rerun", "url": new["url"]}]
    assert coop.refused(*again).startswith("rerun-exists: ")


def test_an_erratum_leaves_the_text_hash(coop: Cli, tmp_path: Path):
    text = tmp_path / "text.md"
    text.write_text("We buy the ofen.")
    url = opened(coop, "--text-file", str(text))
    fix = ("motion", "erratum", url, "--was")
    assert coop.refused(*fix, "boat", "--reads", "oven").startswith("erratum-was: ")
    assert coop.json(*fix, "ofen", "--reads", "oven")["reads"] == "oven"


def test_an_outcome_is_stated_and_a_sense_check_opened_again(coop: Cli):
    url = decided(coop, "--method", "sense", choice="unsure")
    assert coop.json("motion", "reopen", url, "--closes-in", "1d", "--reason", "More came.")["state"] == "open"
    coop.run("motion", "close", url, "--wait")
    said = ("motion", "outcome", url, "--text", "We try it.", "--option")
    assert coop.refused(*said, "bread").startswith("option: ")
    assert coop.json(*said, "unsure")["version"] == 1
    late = ("motion", "reopen", url, "--closes-in", "1d", "--reason", "Again.")
    assert coop.refused(*late).startswith("reopen-state: ")


def test_consent_goes_to_the_next_round_and_then_to_the_fallback(coop: Cli, tmp_path: Path):
    url = opened(coop, "--method", "consent", "--set", "rounds=2")
    cast(coop, url, ada="consent", ben="consent")
    cast(coop, url, "The tram.", cleo="objection")
    coop.run("motion", "close", url, "--wait")
    text = tmp_path / "text.md"
    text.write_text("Not on Sunday.")
    more = ("motion", "next-round", url, "--by", "ada", "--closes-in", "7d", "--text-file", str(text))
    assert coop.refused(*more).startswith("objection-unanswered: ")
    coop.run("motion", "answer", url, "--by", "ada", "--to", "cleo", "--text", "I see.")
    second = coop.json(*more)
    assert (second["round"], second["state"]) == (2, "open")
    cast(coop, second["url"], ada="consent", ben="consent")
    cast(coop, second["url"], "Still.", cleo="objection")
    coop.run("motion", "close", second["url"], "--wait")
    vote = coop.json("motion", "fallback", second["url"], "--by", "ada")
    assert (vote["method"], vote["state"]) == ("resolution", "scheduled")


def test_advice_is_answered_decided_and_called_in(coop: Cli):
    url = opened(coop, "--method", "advice", "--set", "min_time=0s")
    cast(coop, url, "Ask twice.", ben="reconsider")
    yes = ("motion", "decide", url, "--by", "ada", "--do", "--text", "I do it.")
    assert coop.refused(*yes).startswith("advice-unanswered: ")
    coop.run("motion", "answer", url, "--by", "ada", "--to", "ben", "--text", "I did.")
    assert coop.json(*yes)["code"] == "carried"
    shown = coop.json("motion", "show", url)
    assert shown["statement"]["text"] == "I do it."


def test_decisions_have_dates_and_are_replaced(coop: Cli):
    old = decided(coop)
    new = decided(coop, title="Bake on Mondays")
    assert coop.refused("proposal", "supersede", "2026-99", "--with", new).startswith("proposal-unknown: ")
    ended = ("proposal", "supersede", old, "--with", new)
    refused = coop.refused(*ended)
    assert refused.startswith("newer-not-in-force: ")
    soon = coop.refused("proposal", "effective", old, "--at", "2020-01-01T00:00:00Z")
    assert soon.startswith("effective-past: ")
    dated = coop.json("proposal", "effective", old, "--at", "2099-01-01T00:00:00Z")
    assert (dated["state"], dated["effective_at"]) == ("decided", "2099-01-01T00:00:00Z")
    reviewed = coop.json("proposal", "review", dated["number"], "--at", "2099-06-01T00:00:00Z")
    assert reviewed["review_at"] == "2099-06-01T00:00:00Z"
    early = coop.refused("proposal", "review", old, "--at", "2098-01-01T00:00:00Z")
    assert early.startswith("review-early: ")
    coop.run("proposal", "review", old, "--at", "soon", code=2)
