"""`fedcoop motion lot-…`, and a budget from the command line to its recount."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

from fedcoop.actions.motions.motion import open_scheduled
from fedcoop.cli.opened import motion_at, opened
from fedcoop.config import load
from fedcoop.governance.motions.lot_order import commitment
from fedcoop.storage.unit_of_work import UnitOfWork
from tests.cli.conftest import Cli

VOTE = (
    "motion",
    "open",
    "--by",
    "ada",
    "--title",
    "Bread",
    "--method",
    "approval",
    "--option",
    "Rye",
    "--option",
    "Oat",
)


def test_a_secret_is_made_with_its_commitment(coop: Cli):
    made = coop.json("motion", "lot-secret")
    assert commitment(made["value"]) == made["commit"]
    assert coop.json("motion", "lot-secret") != made


def test_scrutineers_commit_before_a_later_opening_and_reveal_after_the_close(coop: Cli):
    url = coop.json(*VOTE, "--opens-in", "2h", "--set", "scrutineers=ada,ben")["url"]
    made = coop.json("motion", "lot-secret")
    told = coop.json("motion", "lot-commit", url, "--by", "ada", "--commit", made["commit"])
    assert told == {"by": "ada", "commit": made["commit"], "value": None}
    foreign = coop.refused("motion", "lot-commit", url, "--by", "cleo", "--commit", made["commit"])
    assert foreign.startswith("lot-not-scrutineer: ")
    early = coop.refused("motion", "lot-reveal", url, "--by", "ada", "--value", made["value"])
    assert early.startswith("lot-early: ")


def test_a_vote_that_is_open_takes_no_commitment(coop: Cli):
    url = coop.json(*VOTE, "--set", "scrutineers=ada,ben")["url"]
    late = coop.refused("motion", "lot-commit", url, "--by", "ada", "--commit", "0" * 64)
    assert late.startswith("lot-late: ")


def test_a_budget_is_opened_with_costs_counted_and_recounted(coop: Cli, tmp_path: Path):
    projects = ("--option", "Solar panels: 500", "--option", "Bikes=450.50", "--option", "Garden: 200")
    words = ("--set", "budget=700", "--set", "currency=CHF")
    for method in ("greedy", "equal_shares"):
        opened = coop.json("motion", "open", "--by", "ada", "--title", "Budget", "--method", method, *projects, *words)
        assert [option["name"] for option in opened["options"]] == ["Solar panels", "Bikes", "Garden"]
        for name, ticks in (("ada", ["a", "c"]), ("ben", ["b", "c"]), ("cleo", ["b"])):
            coop.run("motion", "cast", opened["url"], "--by", name, "--choice", json.dumps(ticks))
        shown = coop.json("motion", "close", opened["url"], "--wait")
        assert shown["outcome"]["code"] == "funded"
        assert set(shown["outcome"]["winners"]) == {"b", "c"}
        file = tmp_path / f"{method}.json"
        coop.run("motion", "export", opened["url"], "-o", str(file))
        assert coop.json("recount", str(file))["winners"] == shown["outcome"]["winners"]


def test_dots_and_scores_are_cast_as_json(coop: Cli):
    for method, choice in (("dots", {"a": 5, "b": 3}), ("score", {"a": 5})):
        url = coop.json(*VOTE[:-6], "--method", method, "--option", "Rye", "--option", "Oat")["url"]
        for name in ("ada", "ben", "cleo"):
            coop.run("motion", "cast", url, "--by", name, "--choice", json.dumps(choice))
        assert coop.json("motion", "close", url, "--wait")["outcome"]["winners"] == ["a"]


def test_closing_does_not_wait_for_secrets_that_have_two_days(coop: Cli):
    url = coop.json(*VOTE, "--opens-in", "2h", "--set", "scrutineers=ada,ben")["url"]
    secrets = {name: coop.json("motion", "lot-secret") for name in ("ada", "ben")}
    for name, made in secrets.items():
        coop.run("motion", "lot-commit", url, "--by", name, "--commit", made["commit"])

    async def open_now() -> None:
        async with opened(load(coop.config)) as units:
            await units.write(_open_now, url=url)

    asyncio.run(open_now())
    for name, ticks in (("ada", ["a"]), ("ben", ["b"]), ("cleo", [])):
        coop.run("motion", "cast", url, "--by", name, "--choice", json.dumps(ticks))
    assert coop.refused("motion", "close", url, "--wait").startswith("lot-awaited: ")
    assert coop.json("motion", "show", url)["state"] == "closed"
    for name, made in secrets.items():
        told = coop.json("motion", "lot-reveal", url, "--by", name, "--value", made["value"])
        assert told["value"] == made["value"]


def _open_now(uow: UnitOfWork, *, url: str) -> None:
    found = motion_at(uow, url=url)
    uow.motions.put(replace(found, opens_at=uow.now))
    open_scheduled(uow, str(found.id))
