"""`fedcoop init`: what a new instance is made of, and that an existing one is not touched."""

import json
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from fedcoop.cli.main import main
from fedcoop.config import load
from tests.cli.conftest import INIT, Cli


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_init_makes_private_files_and_a_working_instance(cli: Cli):
    folder = cli.config.parent
    assert mode(cli.config) == mode(folder / "data/instance.key") == 0o600
    config = load(cli.config, {})
    assert (config.instance.name, config.instance.actor, config.server.listen) == (
        "Alder Works",
        "alder",
        "127.0.0.1:8420",
    )
    assert config.database.sqlite_path == folder / "data/fedcoop.db"
    assert mode(config.database.sqlite_path) == 0o600
    assert cli.json("member", "list") == []


def test_an_http_origin_may_federate_on_loopback(cli: Cli):
    config = load(cli.config, {})
    assert config.federation.allow_http
    assert [str(network) for network in config.federation.allow_networks] == ["127.0.0.0/8", "::1/128"]


def test_an_https_origin_may_not(tmp_path: Path):
    cli = Cli(tmp_path / "b/instance.toml")
    said = cli.run(
        "init", str(tmp_path / "b"), "--origin", "https://coop.example", "--name", 'Bø "B"', "--listen", "[::1]:9"
    )
    config = load(cli.config, {})
    assert not config.federation.allow_http
    assert config.federation.allow_networks == ()
    assert (config.instance.name, config.instance.actor, config.server.listen) == ('Bø "B"', "b_b", "[::1]:9")
    for word in ("member add", "doctor", "serve", "reverse proxy", "instance.key"):
        assert word in said.stdout


def test_init_says_what_it_made_in_json(tmp_path: Path):
    result = CliRunner().invoke(main, ["init", str(tmp_path / "x"), *INIT, "--json"])
    assert json.loads(result.stdout) == {
        "config": str(tmp_path / "x/instance.toml"),
        "origin": "http://localhost:8420",
        "actor": "@alder@localhost:8420",
    }


def test_an_existing_instance_is_not_touched(cli: Cli):
    folder = cli.config.parent
    before = {path: path.read_bytes() for path in (cli.config, folder / "data/instance.key")}
    assert cli.refused("init", str(folder), *INIT).startswith("instance-exists: ")
    cli.config.unlink()
    assert cli.refused("init", str(folder), *INIT).startswith("instance-exists: ")
    assert not cli.config.exists()
    assert (folder / "data/instance.key").read_bytes() == before[folder / "data/instance.key"]


@pytest.mark.parametrize(
    ("option", "value", "code"),
    [
        ("--origin", "https://coop.example/path", "origin-bad"),
        ("--origin", "coop.example", "origin-bad"),
        ("--actor", "No Spaces", "actor-bad"),
    ],
)
def test_what_cannot_stand_is_refused_before_anything_is_written(tmp_path: Path, option: str, value: str, code: str):
    cli = Cli(tmp_path / "c/instance.toml")
    arguments = dict(zip(INIT[::2], INIT[1::2], strict=True)) | {option: value}
    flat = [part for pair in arguments.items() for part in pair]
    assert cli.refused("init", str(tmp_path / "c"), *flat).startswith(f"{code}: ")
    assert not (tmp_path / "c").exists()


def test_a_wrong_listen_leaves_nothing_behind(tmp_path: Path):
    cli = Cli(tmp_path / "d/instance.toml")
    said = cli.refused("init", str(tmp_path / "d"), *INIT, "--listen", "nowhere", code=2)
    assert said.startswith("config-value: ")
    assert not cli.config.exists()


def test_upgrade_again_changes_nothing(cli: Cli):
    said = cli.json("upgrade")
    assert said["before"] == said["after"]
