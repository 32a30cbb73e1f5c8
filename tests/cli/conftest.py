"""An instance made by `init` in a temporary folder, driven by commands in this process."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from fedcoop.cli.main import main


@dataclass(frozen=True)
class Cli:
    config: Path

    def run(self, *arguments: str, code: int = 0, given: str | None = None) -> Result:
        """What the command said; it ended with `code`."""
        result = CliRunner().invoke(
            main, ["--config", str(self.config), *arguments], input=given, catch_exceptions=False
        )
        assert result.exit_code == code, result.output + result.stderr
        return result

    def json(self, *arguments: str, given: str | None = None) -> Any:
        """The one document the command printed."""
        return json.loads(self.run(*arguments, "--json", given=given).stdout)

    def refused(self, *arguments: str, code: int = 1, given: str | None = None) -> str:
        """The one line on stderr."""
        result = self.run(*arguments, code=code, given=given)
        lines = result.stderr.splitlines()
        assert len(lines) == 1, result.stderr
        assert result.stdout == ""
        return lines[0]


INIT = ("--origin", "http://localhost:8420", "--name", "Alder Works", "--actor", "alder")


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FEDCOOP_CONFIG", raising=False)
    monkeypatch.delenv("FEDCOOP_INSTANCE_KEY", raising=False)
    monkeypatch.setattr("fedcoop.cli.motions.motion.SERVER_HAS_S", 0.0)  # no server runs here that would close in time


@pytest.fixture
def make(tmp_path: Path) -> Callable[[str], Cli]:
    def build(name: str) -> Cli:
        cli = Cli(tmp_path / name / "instance.toml")
        cli.run("init", str(tmp_path / name), *INIT)
        return cli

    return build


@pytest.fixture
def cli(make: Callable[[str], Cli]) -> Cli:
    return make("alder")


@pytest.fixture
def coop(cli: Cli) -> Cli:
    """Three members: ada runs the office."""
    for name in ("ada", "ben", "cleo"):
        cli.run("member", "add", name, "--email", f"{name}@coop.example", *(["--admin"] if name == "ada" else []))
    return cli
