"""Short commands start fast: they load what they use (interface.md 2)."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = frozenset(
    {"aiohttp", "alembic", "argon2", "asyncio", "babel", "confusable_homoglyphs", "cryptography", "fedcoop.app", "idna"}
    | {"fedcoop.storage", "hypothesis", "jinja2", "markdown_it", "msgspec", "nh3", "PIL", "prometheus_client", "pyld"}
    | {"rfc8785", "sqlalchemy", "structlog", "uvloop", "yarl"}
)
BLT = '3 1\n2 1 2 0\n1 3 0\n0\n"Amara"\n"Bilal"\n"Chika"\n"Chair"\n'
RUN = """
import json, sys
from fedcoop.cli.main import main
try:
    main(sys.argv[1:])
finally:
    print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


def _loaded(*words: str) -> tuple[str, list[str]]:
    done = subprocess.run([sys.executable, "-c", RUN, *words], capture_output=True, text=True, check=True)
    return done.stdout, json.loads(done.stderr.splitlines()[-1])


@pytest.mark.parametrize("command", ["version", "count"])
def test_a_short_command_loads_nothing_that_it_does_not_use(command: str, tmp_path: Path) -> None:
    file = tmp_path / "board.blt"
    file.write_text(BLT)
    words = ["--version"] if command == "version" else ["count", str(file)]
    told, loaded = _loaded(*words)
    assert ("fedcoop" if command == "version" else "elected: Amara") in told
    assert HEAVY.isdisjoint(loaded)
    assert ("fedcoop.governance.methods.stv_scottish" in loaded) == (command == "count")
    assert "fedcoop.governance.methods.equal_shares" not in loaded


def test_a_command_that_needs_the_database_loads_it_and_tells_its_errors(tmp_path: Path) -> None:
    (tmp_path / "instance.toml").write_text(
        f'[instance]\norigin = "https://alder.example"\nname = "Alder"\nactor = "alder"\n'
        f'[database]\nurl = "sqlite:///{tmp_path}/none.db"\n'
    )
    words = [sys.executable, "-m", "fedcoop", "--config", str(tmp_path / "instance.toml"), "member", "list"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1
