"""Tables and code in step: every event has its row in the wiring, every setting and command its place."""

import importlib
import pkgutil
import re
import tomllib
from pathlib import Path

import click

import fedcoop
from fedcoop import wiring
from fedcoop.cli.main import main
from fedcoop.kernel.events import Event

ROOT = Path(__file__).parents[2]
COMMANDS = {
    *("init", "serve", "worker", "demo", "member", "token", "motion", "recount", "count", "announce", "peer", "queue"),
    *("doctor", "backup", "restore", "export", "upgrade", "delegation", "sortition", "proposal", "template"),
    *("announcement", "fediverse"),
}
SUBCOMMANDS = {
    "member": {
        *("add", "list", "import", "link", "invite", "class", "group", "set-class", "suspend", "lift", "end"),
        *("arrears", "merge"),
    },
    "motion": {
        *("open", "show", "cast", "close", "annul", "export", "lot-secret", "lot-commit", "lot-reveal", "proxy"),
        *("extend", "reopen", "outcome", "erratum", "petition", "petition-find", "rerun", "next-round", "fallback"),
        *("answer", "decide", "call-in", "roll", "correct", "withdraw-option"),
    },
    "sortition": {"announce", "draw", "answer", "next", "show", "list"},
    "proposal": {
        *("new", "submit", "edit", "sponsor", "freeze", "open", "withdraw", "adopt", "amend", "show", "list"),
        *("effective", "review", "supersede", "repeal"),
    },
    "announcement": {"list", "edit", "delete"},
    "fediverse": {"list", "done", "undo", "answer"},
    "template": {"list", "show", "export", "import", "offer"},
    "delegation": {"grant", "revoke", "list"},
    "peer": {"follow", "partner", "block", "unblock", "list"},
}
SILENT = {"serve", "worker", "demo"}


def events() -> set[type[Event]]:
    found: set[type[Event]] = set()
    for module in pkgutil.walk_packages(fedcoop.__path__, "fedcoop."):
        if not module.name.endswith("__main__"):
            values = vars(importlib.import_module(module.name)).values()
            found |= {value for value in values if isinstance(value, type) and issubclass(value, Event)}
    return found - {Event}


def commands() -> dict[str, click.Command]:
    context = click.Context(main)
    return {name: command for name in main.list_commands(context) if (command := main.get_command(context, name))}


def test_every_event_is_in_the_table_of_reactions():
    assert events() == set(wiring.REACTIONS)


def test_every_timer_has_a_name_and_a_function():
    assert all(name and callable(action) for name, action in wiring.TIMERS.items())


def test_the_commands_are_those_of_the_contract():
    assert set(commands()) == COMMANDS
    for group, names in SUBCOMMANDS.items():
        found = commands()[group]
        assert isinstance(found, click.Group)
        assert set(found.commands) == names


def leaves(command: click.Command) -> list[click.Command]:
    if not isinstance(command, click.Group):
        return [command]
    return [leaf for name in command.commands for leaf in leaves(command.commands[name])]


def test_every_command_that_prints_data_knows_json():
    for name, command in commands().items():
        for leaf in leaves(command):
            options = {option for parameter in leaf.params for option in parameter.opts}
            assert ("--json" in options) == (name not in SILENT), f"{name} {leaf.name}"
            assert leaf.help, f"{name} {leaf.name} says nothing"


def test_the_targets_of_the_contract_exist():
    makefile = (ROOT / "Makefile").read_text()
    for target in ("run", "test", "check", "bench"):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    assert "make check test" in (ROOT / ".ci/run").read_text()


def test_versions_agree():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == fedcoop.__version__
    assert f"## {fedcoop.__version__}" in (ROOT / "CHANGELOG.md").read_text()


def test_the_licence_is_the_one_we_name():
    assert "GNU AFFERO GENERAL PUBLIC LICENSE" in (ROOT / "LICENSE").read_text()[:100]
