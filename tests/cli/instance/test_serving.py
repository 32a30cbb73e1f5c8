"""`fedcoop serve` as a process: it says when it is ready, commands work beside it, and it ends in good order."""

import json
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fedcoop.config import load
from tests.cli.conftest import Cli


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Cli, subprocess.Popen[str]]]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    cli = Cli(tmp_path / "instance.toml")
    cli.run("init", str(tmp_path), "--origin", f"http://localhost:{port}", "--name", "Alder", "--actor", "alder")
    with started(cli) as process:
        yield cli, process


@contextmanager
def started(cli: Cli) -> Iterator[subprocess.Popen[str]]:
    """The server runs while the block lasts."""
    log = cli.config.parent / "log"
    command = [sys.executable, "-m", "fedcoop", "--config", str(cli.config), "serve"]
    with log.open("w") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
    assert process.stdout is not None
    origin = load(cli.config, {}).instance.origin
    assert process.stdout.readline() == f"fedcoop ready {origin}\n", log.read_text()
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def get(url: str | urllib.request.Request) -> bytes:
    body: bytes = urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=5).read()
    return body


def test_commands_work_beside_a_server_and_sigterm_ends_it_in_time(served: tuple[Cli, subprocess.Popen[str]]):
    cli, process = served
    origin = load(cli.config, {}).instance.origin
    assert json.loads(get(f"{origin}/readyz")) == {"failing": []}
    request = urllib.request.Request(f"{origin}/actors/alder", headers={"Accept": "application/activity+json"})
    icon = json.loads(get(request))["icon"]
    assert get(icon["url"]).startswith(b"\x89PNG")
    for name in ("ada", "ben"):
        cli.run("member", "add", name, "--email", f"{name}@coop.example", *(["--admin"] if name == "ada" else []))
    url = cli.json("motion", "open", "--by", "ada", "--title", "Bake on Sundays")["url"]
    assert b"Bake on Sundays" in get(url)
    for name in ("ada", "ben"):
        cli.run("motion", "cast", url, "--by", name, "--choice", '["for"]')
    assert cli.json("motion", "close", url, "--wait")["outcome"]["code"] == "carried"
    assert b"Carried" in get(url)
    cli.run("backup", str(cli.config.parent / "backup.tar"))
    findings = json.loads(cli.run("doctor", "--json").stdout)
    assert {"reachability", "clock"} <= {finding["check"] for finding in findings if finding["fine"]}
    started = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    assert time.monotonic() - started < 10


def test_a_taken_port_is_said_in_one_line(served: tuple[Cli, subprocess.Popen[str]]):
    cli, _ = served
    command = [sys.executable, "-m", "fedcoop", "--config", str(cli.config), "serve"]
    second = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert second.returncode == 1
    assert second.stdout == ""
    assert second.stderr.splitlines()[-1].startswith("system-error: ")


def test_a_server_that_was_away_says_so_when_it_is_back(served: tuple[Cli, subprocess.Popen[str]]):
    cli, process = served
    assert "away" not in cli.json("queue")
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    with sqlite3.connect(load(cli.config, {}).database.sqlite_path) as database:
        database.execute("UPDATE heartbeats SET at = at - 300000000")
    database.close()
    with started(cli):
        until = time.monotonic() + 10
        while "away" not in cli.json("queue") and time.monotonic() < until:
            time.sleep(0.1)
        away = cli.json("queue")["away"]
        assert (away["told"], away["to_look_at"]) == (0, 0)
        assert f"away from {away['from']} to {away['to']}" in cli.run("queue").stdout
        findings = json.loads(cli.run("doctor", "--json").stdout)
        (seen,) = [finding["seen"] for finding in findings if finding["check"] == "outages"]
        assert seen == f"away from {away['from']} to {away['to']}, 0 members told"


def answer(url: str, **headers: str) -> tuple[int, dict[str, str]]:
    request = urllib.request.Request(url, headers=headers)
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=5) as got:
            return got.status, dict(got.headers)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, dict(error.headers)


def test_figures_are_for_this_machine_and_every_answer_says_that_nothing_runs(
    served: tuple[Cli, subprocess.Popen[str]],
):
    cli, _ = served
    origin = load(cli.config, {}).instance.origin
    assert answer(f"{origin}/metrics")[0] == 200
    for name in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Via", "X-Forwarded-Proto"):
        assert answer(f"{origin}/metrics", **{name: "127.0.0.1"})[0] == 404, name
    for path in ("/", "/healthz", "/readyz", "/metrics", "/nowhere", "/actor", "/.well-known/webfinger", "/static/x"):
        _, headers = answer(origin + path, Accept="application/activity+json" if path == "/actor" else "*/*")
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert "default-src 'none'" in headers["Content-Security-Policy"], path
        assert "Strict-Transport-Security" not in headers, "that is for https"
