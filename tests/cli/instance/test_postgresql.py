"""The same commands on PostgreSQL: an instance is founded, decides, is backed up and restored."""

import asyncio
import re
from pathlib import Path

from tests.cli.conftest import INIT, Cli
from tests.postgres import PostgresServer, free_port


def test_an_instance_lives_on_postgresql(postgres: PostgresServer, tmp_path: Path):
    url = asyncio.run(postgres.create())
    cli = Cli(tmp_path / "a/instance.toml")
    cli.run("init", str(tmp_path / "a"), *INIT, "--database", url)
    again = cli.refused("init", str(tmp_path / "b"), *INIT, "--database", url)
    assert again.startswith("instance-exists: ")
    assert not (tmp_path / "b/instance.toml").exists()
    cli.run("member", "add", "ada", "--email", "ada@coop.example", "--admin")
    motion = cli.json("motion", "open", "--by", "ada", "--title", "Bake on Sundays")
    cli.run("motion", "cast", motion["url"], "--by", "ada", "--choice", '["for"]')
    assert cli.json("motion", "close", motion["url"], "--wait")["outcome"]["code"] == "carried"
    assert cli.json("export", str(tmp_path / "out"))["recount files"] == 1
    _moved(cli, postgres, url, tmp_path)


def _moved(cli: Cli, postgres: PostgresServer, url: str, folder: Path) -> None:
    cli.run("backup", str(folder / "backup.tar"))
    said = cli.refused("restore", str(folder / "backup.tar"), str(folder / "full"))
    assert said.startswith("database-not-empty: ")
    target = asyncio.run(postgres.create())
    restored = Cli(folder / "again/instance.toml")
    restored.run("restore", str(folder / "backup.tar"), str(folder / "again"), "--database", target)
    assert url not in restored.config.read_text()
    assert [member["name"] for member in restored.json("member", "list")] == ["ada"]


def test_an_address_that_cannot_be_used_is_one_sentence(tmp_path: Path):
    cli = Cli(tmp_path / "a/instance.toml")
    cli.run("init", str(tmp_path / "a"), *INIT)
    kept = cli.config.read_text()
    for query, code, words in (
        ("?statement_cache_size=0", "database-url: ", 'libpq has no option "statement_cache_size"'),
        ("?connect_timeout=2", "database-away: ", "refused"),
    ):
        address = f"postgresql://ada:secret@127.0.0.1:{free_port()}/x{query}"
        cli.config.write_text(re.sub('url = "sqlite.*"', f'url = "{address}"', kept))
        for command in (("member", "list"), ("serve",), ("worker",), ("upgrade",)):
            said = cli.refused(*command, code=2 if code == "database-url: " else 1)
            assert said.startswith(code)
            assert words in said
            assert "secret" not in said
        found = cli.run("doctor", code=1).output
        assert words in found
        assert "secret" not in found
