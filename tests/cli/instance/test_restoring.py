"""A restored copy, or one under another name, shows pages and does nothing until a person confirms; backups are whole."""

import json
import socket
import sqlite3
import subprocess
import sys
import tarfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from fedcoop.cli.instance import archive
from fedcoop.config import load
from tests.cli.conftest import Cli

BEN = ("member", "add", "ben", "--email", "ben@coop.example")


@pytest.fixture
def there(tmp_path: Path) -> Cli:
    """An instance on a free port, with a member."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    cli = Cli(tmp_path / "first/instance.toml")
    origin = f"http://localhost:{port}"
    cli.run("init", str(tmp_path / "first"), "--origin", origin, "--name", "Alder", "--actor", "alder")
    cli.run("member", "add", "ada", "--email", "ada@coop.example", "--admin")
    return cli


@contextmanager
def serving(cli: Cli) -> Iterator[str]:
    command = [sys.executable, "-m", "fedcoop", "--config", str(cli.config), "serve"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    try:
        assert process.stdout.readline().startswith("fedcoop ready ")
        yield load(cli.config, {}).instance.origin
        process.terminate()
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def answer(url: str, data: bytes | None = None, accept: str = "*/*") -> tuple[int, str]:
    request = urllib.request.Request(url, data=data, headers={"Accept": accept})
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=5) as got:
            return got.status, got.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def restored(cli: Cli, folder: Path, *more: str) -> Cli:
    file = folder / "backup.tar"
    if not file.exists():
        cli.run("backup", str(file))
    where = folder / ("again" + "".join(more))
    cli.run("restore", str(file), str(where), *more)
    return Cli(where / "instance.toml")


def readyz_within(origin: str, status: int, *, seconds: float = 9) -> str:
    until = time.monotonic() + seconds
    while (got := answer(f"{origin}/readyz"))[0] != status and time.monotonic() < until:
        time.sleep(0.1)
    assert got[0] == status
    return got[1]


def test_a_restored_copy_shows_pages_and_does_nothing_until_a_person_confirms(there: Cli, tmp_path: Path):
    copy = restored(there, tmp_path)
    assert copy.refused(*BEN).startswith("restored: ")
    with serving(copy) as origin:
        assert answer(f"{origin}/", accept="text/html")[0] == 200
        assert answer(f"{origin}/readyz") == (503, '{"failing": ["restored"]}')
        code, page = answer(f"{origin}/sign-in", b"name=ada", accept="text/html")
        assert code == 503
        assert "Nothing can be changed just now" in page
        code, told = answer(f"{origin}/inbox", b"{}")
        assert (code, json.loads(told)["error"]) == (503, "restored")
        timers = closing(sqlite3.connect(copy.config.parent / "data/fedcoop.db"))
        with timers as database:
            assert database.execute("SELECT count(*) FROM heartbeats WHERE name = 'door'").fetchone() == (0,)
        findings = json.loads(copy.run("doctor", "--json", code=1).stdout)
        assert [f["check"] for f in findings if f["check"] == "restored"] == ["restored"]
        assert "acts again" in copy.run("restore", "confirm").stdout
        assert json.loads(readyz_within(origin, 200)) == {"failing": []}
        assert answer(f"{origin}/sign-in", b"name=ada", accept="text/html")[0] != 503
    assert "not held" in copy.run("restore", "confirm").stdout


def test_a_copy_restored_to_resume_acts_at_once(there: Cli, tmp_path: Path):
    copy = restored(there, tmp_path, "--resume")
    copy.run(*BEN)


def test_an_instance_under_another_origin_than_its_database_does_nothing(there: Cli):
    origin = load(there.config, {}).instance.origin
    there.config.write_text(there.config.read_text().replace(origin, origin.replace("localhost", "127.0.0.1")))
    assert there.refused(*BEN).startswith("restored: ")
    there.run("restore", "confirm")
    there.run(*BEN)


def test_a_backup_that_was_cut_short_or_is_damaged_is_not_restored(there: Cli, tmp_path: Path):
    file = tmp_path / "backup.tar"
    there.run("backup", str(file))
    whole = file.read_bytes()
    with tarfile.open(file) as entries:
        last = entries.getmembers()[-1].offset
    page = whole.index(b"SQLite format 3") + 4096
    for number, broken in enumerate(
        (whole[:last], whole[: page + 30], whole[:page] + b"\x55" * 8192 + whole[page + 8192 :])
    ):
        (tmp_path / "broken.tar").write_bytes(broken)
        where = tmp_path / f"nowhere{number}"
        assert there.refused("restore", str(tmp_path / "broken.tar"), str(where)).startswith("backup-bad: ")
        assert list(where.iterdir()) == []
    there.run("restore", str(file), str(tmp_path / "fine"))


def test_a_killed_backup_leaves_no_file_that_looks_like_one(
    there: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    seen: list[bool] = []
    write = archive._write
    file = tmp_path / "backup.tar"

    def looking(*args: Any, **more: Any) -> None:
        seen.append(file.exists())
        write(*args, **more)

    monkeypatch.setattr(archive, "_write", looking)
    there.run("backup", str(file))
    assert seen == [False]
    assert file.exists()
    assert not list(tmp_path.glob(".backup-*"))


def test_doctor_survives_a_malformed_database_and_says_what_to_do(there: Cli):
    assert [
        f["fine"] for f in json.loads(there.run("doctor", "--json", code=1).stdout) if f["check"] == "database"
    ] == [True]
    path = there.config.parent / "data/fedcoop.db"
    whole = path.read_bytes()
    for broken in (whole[:4096] + b"\x55" * 40960 + whole[45056:], b"no database at all" * 1000):
        path.write_bytes(broken)
        findings = json.loads(there.run("doctor", "--json", code=1).stdout)
        found = next(f for f in findings if f["check"] == "database")
        assert not found["fine"]
        assert "restore" in found["remedy"]


def test_a_clock_before_the_last_log_entry_is_an_alarm(there: Cli):
    def alarms() -> list[str]:
        findings = json.loads(there.run("doctor", "--json", code=1).stdout)
        return [f["seen"] for f in findings if f["check"] == "clock" and not f["fine"]]

    assert alarms() == []
    with closing(sqlite3.connect(there.config.parent / "data/fedcoop.db")) as database, database:
        database.execute("UPDATE audit_log SET at = at + 3600000000 WHERE id = (SELECT max(id) FROM audit_log)")
    assert "before the last log entry" in alarms()[0]
    with serving(there) as origin:
        assert json.loads(readyz_within(origin, 200))["alarms"] == ["clock"]
