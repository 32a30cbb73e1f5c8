"""The public name: an internationalised one is served in ASCII and shown as typed; a proxy that changes requests is found."""

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fedcoop.cli.instance.checking import check_signature
from fedcoop.config import load
from fedcoop.urls import Urls
from tests.cli.conftest import Cli


def test_an_internationalised_origin_is_stored_in_ascii_and_shown_as_typed(tmp_path: Path):
    cli = Cli(tmp_path / "instance.toml")
    cli.run("init", str(tmp_path), "--origin", "https://bücher.example", "--name", "Bücher", "--actor", "alder")
    config = load(cli.config, {})
    assert "bücher.example" in cli.config.read_text()
    assert config.instance.origin == "https://xn--bcher-kva.example"
    urls = Urls(config.instance.origin)
    assert urls.actor("alder") == "https://xn--bcher-kva.example/actors/alder"
    assert urls.handle("alder") == "@alder@xn--bcher-kva.example"
    assert urls.shown_handle("alder") == "@alder@bücher.example"
    cli.run("member", "add", "ada", "--email", "ada@coop.example", "--admin")


@pytest.mark.parametrize(
    ("domain", "ours"),
    [
        ("bücher.example", True),
        ("BÜCHER.example", True),
        ("xn--bcher-kva.example", True),
        ("bucher.example", False),
        ("bücher.example:8443", False),
        ("bücher.example?x", False),
        ("me@bücher.example", False),
        ("", False),
    ],
)
def test_a_domain_is_ours_in_either_spelling(domain: str, ours: bool):
    assert Urls("https://xn--bcher-kva.example").is_our_domain(domain) is ours


def passing(listener: socket.socket, port: int, old: bytes, new: bytes) -> None:
    """A proxy that puts `new` for `old` into each request: one request a connection."""
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        with client, socket.create_connection(("127.0.0.1", port)) as server:
            request = b""
            while b"\r\n\r\n" not in request and (part := client.recv(65536)):
                request += part
            server.sendall(request.replace(old, new))
            while part := server.recv(65536):
                client.sendall(part)


@contextmanager
def behind_a_proxy(folder: Path, old: str, new: str) -> Iterator[Cli]:
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_server(("127.0.0.1", 0)) as free:
        public, inner = listener.getsockname()[1], free.getsockname()[1]
        free.close()
        cli = Cli(folder / "instance.toml")
        where = ("--origin", f"http://localhost:{public}", "--listen", f"127.0.0.1:{inner}")
        cli.run("init", str(folder), *where, "--name", "Alder", "--actor", "alder")
        command = [sys.executable, "-m", "fedcoop", "--config", str(cli.config), "serve"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert process.stdout is not None
        try:
            assert process.stdout.readline().startswith("fedcoop ready ")
            change = (old.format(public=public).encode(), new.format(inner=inner).encode())
            threading.Thread(target=passing, args=(listener, inner, *change), daemon=True).start()
            yield cli
        finally:
            process.kill()
            process.wait()
            process.stdout.close()


@pytest.mark.parametrize(
    ("old", "new", "fine", "told"),
    [
        ("nothing of it", "", True, "arrives as it was sent"),
        ("Host: localhost:{public}", "Host: 127.0.0.1:{inner}", False, "signature-host"),
        ("Host: localhost:{public}", "Host: localhost", False, "signature-host"),
        ("GET /readyz?signature", "GET /readyz?signature=", False, "signature-key"),
    ],
)
def test_doctor_finds_a_proxy_that_changes_what_was_signed(tmp_path: Path, old: str, new: str, fine: bool, told: str):
    with behind_a_proxy(tmp_path, old, new) as cli:
        findings = list(check_signature(load(cli.config, {})))
    assert [finding.fine for finding in findings] == [fine]
    assert told in findings[0].seen
    assert fine or "proxy" in findings[0].remedy
