"""An instance to be measured: founded in a temporary folder, limits off, filled by its own repositories, served as a process."""

import asyncio
import json
import os
import pickle
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any
from urllib.parse import urlencode

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from fedcoop.actions.members.accounts import open_session
from fedcoop.app import Node
from fedcoop.config import load
from fedcoop.federation.signatures import cavage
from fedcoop.federation.signatures.keys import PrivateKey, load_private
from fedcoop.federation.signatures.message import Signable
from fedcoop.kernel.clock import SystemClock
from fedcoop.kernel.ids import ActorId
from fedcoop.storage.records import Actor, ActorKey, Follow, Link
from fedcoop.storage.unit_of_work import UnitOfWork, Units
from fedcoop.web.frame import guards

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed server does not compile itself at each start
FEDCOOP = [sys.executable, "-m", "fedcoop"]
LIMITS = ("address", "known_address", "origin", "actor", "votes", "bad_signatures", "pages", "sign_ins")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Stage:
    """A founded instance and its process."""

    def __init__(
        self,
        *,
        ca_file: str = "",
        resolve: dict[str, str] | None = None,
        authorized_fetch: bool = False,
        database: str = "",
        settings: Mapping[str, str] = MappingProxyType({}),
        tls: bool = False,
    ) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="fedcoop-bench-")
        self.root = Path(self.folder.name)
        self.port = free_port()
        self.tls = tls
        self.origin = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self.path = self.root / "alder" / "instance.toml"
        self.process: subprocess.Popen[str] | None = None
        command = [*FEDCOOP, "init", str(self.path.parent), "--origin", self.origin, "--name", "Alder Works"]
        subprocess.run(
            [*command, "--actor", "alder", "--listen", f"127.0.0.1:{self.port}"]
            + (["--database", database] if database else []),
            check=True,
            capture_output=True,
        )
        text = self.path.read_text()
        text += "\n[limits]\n" + "".join(f"{name} = 0\n" for name in LIMITS)
        if ca_file:
            text = text.replace("[federation]\n", f'[federation]\nca_file = "{ca_file}"\n')
        if resolve:
            table = ", ".join(f'"{name}" = "{address}"' for name, address in resolve.items())
            text = text.replace("[federation]\n", f"[federation]\nresolve = {{ {table} }}\n")
        if tls:
            certificate, key = self_signed(self.root, "127.0.0.1")
            text = text.replace("[server]\n", f'[server]\ntls_cert = "{certificate}"\ntls_key = "{key}"\n')
        if authorized_fetch:
            text = text.replace("[federation]\n", "[federation]\nauthorized_fetch = true\n")
        for was, becomes in settings.items():
            text = text.replace(was, becomes)
        self.path.write_text(text)

    def fill(self, work: Callable[[UnitOfWork], Any]) -> Any:
        """Run `work` as one unit of work, with the server stopped."""

        async def run() -> Any:
            node = Node(load(self.path))
            await node.database.start()
            value = await node.units.write(work)
            await node.database.close()
            return value

        return asyncio.run(run())

    def ask(self, question: Callable[[UnitOfWork], Any]) -> Any:
        """Read beside the running server."""

        async def run() -> Any:
            node = Node(load(self.path))
            await node.database.start()
            value = await node.units.read(question)
            await node.database.close()
            return value

        return asyncio.run(run())

    def serve(self) -> float:
        """Start the server; return the seconds until it said `ready`."""
        started = time.perf_counter()
        command = [*FEDCOOP, "--config", str(self.path), "serve"]
        with (self.root / "log").open("w") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if "ready" not in line:
            raise RuntimeError((self.root / "log").read_text()[-2000:])
        return time.perf_counter() - started

    def memory_mib(self) -> float:
        """Return the resident memory of the server."""
        assert self.process is not None
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024

    def cpu_s(self) -> float:
        """Return the CPU seconds that the server has used."""
        assert self.process is not None
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        """Stop the server; the folder stays until `close`."""
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(15)
            self._forget()

    def kill(self) -> None:
        """End the server as a power cut would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(15)
            self._forget()

    def _forget(self) -> None:
        if self.process is not None and self.process.stdout is not None:
            self.process.stdout.close()
        self.process = None

    def close(self) -> None:
        """Stop the server and remove everything."""
        self.stop()
        self.folder.cleanup()

    def sign_in(self, uow: UnitOfWork, member_id: Any) -> str:
        """Return the secret of a new session of the member."""
        account = uow.accounts.of_member(member_id)
        assert account is not None
        return open_session(uow, account_id=account.id, browser="bench")

    def form(self, path: str, secret: str, **fields: str) -> bytes:
        """Return a signed-in POST of a form, ready for the wire."""
        body = urlencode({**fields, "csrf": guards.csrf_token(secret)})
        lines = {
            "Host": self.origin.removeprefix("http://"),
            "Origin": self.origin,
            "Sec-Fetch-Site": "same-origin",
            "Cookie": f"{guards.cookie_name(self.origin)}={secret}",
            "Content-Type": "application/x-www-form-urlencoded",
            "Content-Length": str(len(body)),
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        return f"POST {path} HTTP/1.1\r\n{head}\r\n{body}".encode()

    def load(self, requests: list[bytes], *, connections: int = 32, repeat: int = 1) -> dict[str, Any]:
        """Send the requests from a process of their own; return seconds and statuses."""
        file = self.root / "requests.pickle"
        file.write_bytes(pickle.dumps(requests))
        command = [
            sys.executable,
            "-m",
            "benchmarks.http_load",
            "127.0.0.1",
            str(self.port),
            str(connections),
            str(file),
            str(repeat),
            *(["tls"] if self.tls else []),
        ]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        return json.loads(done.stdout)


def self_signed(folder: Path, name: str) -> tuple[str, str]:
    """Return the files of a new certificate for `name`, which signs itself, and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bench")])
    now = SystemClock().now()
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    )
    certificate = builder.sign(key, hashes.SHA256())
    crt, pem = folder / "crt.pem", folder / "key.pem"
    crt.write_bytes(certificate.public_bytes(Encoding.PEM))
    pem.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return str(crt), str(pem)


class SinkProcess:
    """A sink server as a process, on every address of the loopback network."""

    def __init__(self, *files: str) -> None:
        command = [sys.executable, "-m", "benchmarks.sink", "0.0.0.0", *files]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)


def get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read()


class Crowd:
    """Remote actors of many origins whose keys the instance knows; one key pair an origin, a key id of its own each."""

    def __init__(self, *, origins: int = 20, actors: int = 1000, scheme: str = "http") -> None:
        from fedcoop.accounts.actor_keys import new_keys

        self.keys = [new_keys()[0] for _ in range(origins)]
        self.private: list[PrivateKey] = [load_private(key.secret) for key in self.keys]
        self.uris = [f"{scheme}://127.0.9.{n % origins + 1}:7777/users/u{n}" for n in range(actors)]
        self.origins = origins

    def fill(self, uow: UnitOfWork) -> list[ActorId]:
        """Store all of them as known actors; return their ids."""
        ids = []
        for number, uri in enumerate(self.uris):
            key = self.keys[number % self.origins]
            actor = remote_actor(uow, uri, f"u{number}")
            uow.actors.put(actor)
            uow.actors.replace_keys(
                actor.id, [ActorKey(f"{uri}#main-key", actor.id, "rsa", key.material, None, uow.now)]
            )
            ids.append(actor.id)
        return ids

    def signed(self, number: int, origin: str, path: str, document: dict[str, Any]) -> tuple[dict[str, str], bytes]:
        """Return headers and body of a POST signed by actor `number`."""
        body = json.dumps(document).encode()
        scheme, _, authority = origin.partition("://")
        headers = (("host", authority), ("content-type", "application/activity+json"))
        message = Signable(method="POST", target=path, authority=authority, scheme=scheme, headers=headers, body=body)
        key, key_id = self.private[number % self.origins], f"{self.uris[number]}#main-key"
        signed = cavage.sign(message, key=key, key_id=key_id, now=SystemClock().now())
        return {"Host": authority, "Content-Type": "application/activity+json", **signed}, body

    def get(self, number: int, origin: str, path: str, *, form: ModuleType = cavage, ago: int = 0) -> bytes:
        """Return a GET for ActivityPub signed by actor `number`, so many seconds `ago`, in a `form` of signature."""
        authority = origin.removeprefix("http://")
        headers = (("host", authority),)
        message = Signable(method="GET", target=path, authority=authority, scheme="http", headers=headers, body=None)
        key, key_id = self.private[number % self.origins], f"{self.uris[number]}#main-key"
        signed = form.sign(message, key=key, key_id=key_id, now=SystemClock().now() - timedelta(seconds=ago))
        lines = {"Host": authority, "Accept": "application/activity+json", **signed}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        return f"GET {path} HTTP/1.1\r\n{head}\r\n".encode()

    def post(self, number: int, origin: str, path: str, document: dict[str, Any]) -> bytes:
        """Return a signed POST by actor `number`, ready for the wire."""
        lines, body = self.signed(number, origin, path, document)
        head = "".join(f"{name}: {value}\r\n" for name, value in {**lines, "Content-Length": str(len(body))}.items())
        return f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + body


def remote_actor(uow: UnitOfWork, uri: str, name: str, *, inbox: str = "", shared_inbox: str = "") -> Actor:
    origin = "/".join(uri.split("/")[:3])
    return Actor(
        id=ActorId(uow.new_id()),
        uri=uri,
        local=False,
        kind="Person",
        name=name,
        origin=origin,
        handle="",
        display_name=name,
        summary="",
        url=uri,
        inbox=inbox or f"{uri}/inbox",
        shared_inbox=shared_inbox,
        followers="",
        document={},
        created_at=uow.now,
        fetched_at=uow.now,
        gone_at=None,
        suspended_at=None,
        moved_to="",
    )


def follow_ours(uow: UnitOfWork, actor: Actor) -> None:
    ours = uow.actors.local("alder")
    uow.actors.put(actor)
    uow.actors.put_follow(Follow(uow.new_id(), actor.id, ours.id, f"{actor.uri}#follow", "accepted", uow.now))


def link(uow: UnitOfWork, member_id: Any, actor_id: ActorId) -> None:
    uow.members.put_link(Link(uow.new_id(), member_id, actor_id, "active", "", "", uow.now, uow.now))


__all__ = ["Crowd", "SinkProcess", "Stage", "Units", "follow_ours", "free_port", "get", "link", "remote_actor"]
