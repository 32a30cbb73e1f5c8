"""What a test with several real servers needs of the machine: names, certificates, ports, processes, patience.

Every server has a name ending in `.test` in `/etc/hosts`, an address of its own in 127.0.2.0/24 and port 443 there,
with a certificate of a private authority that lasts as long as the test session.
"""

import asyncio
import contextlib
import datetime as dt
import os
import signal
import socket
import subprocess
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

HERE = Path(__file__).parent
HOSTS = Path("/etc/hosts")
MARK = "# fedcoop tests"
ADDRESSES = {
    "coop.test": "127.0.2.1",
    "fedify.test": "127.0.2.2",
    "grid.test": "127.0.2.3",
    "alder.test": "127.0.2.4",
    "birch.test": "127.0.2.5",
    "cedar.test": "127.0.2.6",
}

T = TypeVar("T")


class Unavailable(Exception):
    """This machine cannot run the real peers; the text says what is missing."""


# ---------------------------------------------------------------------------------------------------------- waiting


async def until(condition: Callable[[], Awaitable[T | None]], *, what: str, within: float = 30.0) -> T:
    """The first truthy answer of condition, asked again and again; AssertionError with what after `within` seconds."""
    deadline = time.monotonic() + within
    while True:
        if found := await condition():
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within:g} s: {what}")
        await asyncio.sleep(0.05)


def until_sync(condition: Callable[[], T | None], *, what: str, within: float = 60.0) -> T:
    """As `until`, for fixtures outside an event loop."""
    deadline = time.monotonic() + within
    while True:
        if found := condition():
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within:g} s: {what}")
        time.sleep(0.05)


# ------------------------------------------------------------------------------------------------------- the machine


def resolve_names() -> None:
    """Every name of ADDRESSES leads to its address; lines are added to /etc/hosts where they lack."""
    missing = [name for name, address in ADDRESSES.items() if _address_of(name) != address]
    if not missing:
        return
    lines = "".join(f"{ADDRESSES[name]} {name} {MARK}\n" for name in missing)
    try:
        with HOSTS.open("a", encoding="utf-8") as file:
            file.write(lines)
    except OSError as error:
        raise Unavailable(f"{HOSTS} cannot be written ({error.strerror}); as root, add:\n{lines}") from error
    for name in missing:
        if _address_of(name) != ADDRESSES[name]:
            raise Unavailable(f"{name} does not resolve to {ADDRESSES[name]} though {HOSTS} says so")


def _address_of(name: str) -> str | None:
    try:
        return socket.gethostbyname(name)
    except OSError:
        return None


def check_https_port() -> None:
    """Port 443 of our addresses can be bound by this user, and nobody else holds it."""
    for address in ADDRESSES.values():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, 443))
            except OSError as error:
                raise Unavailable(f"port 443 of {address} cannot be bound: {error.strerror} (run as root?)") from error


def free_port() -> int:
    """A port of 127.0.0.1 nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# ------------------------------------------------------------------------------------------------------ certificates


@dataclass(frozen=True, slots=True)
class Authority:
    """A private root and one certificate for all names, as files."""

    root: Path
    certificate: Path
    key: Path


def make_authority(folder: Path) -> Authority:
    """The three files are in folder; root and certificate are good for two days around now."""
    root_key, leaf_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "fedcoop tests root")])
    root = (
        _builder(root_name, root_name, root_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    names: list[x509.GeneralName] = [x509.DNSName(name) for name in ADDRESSES]
    names += [x509.IPAddress(ip_address(address)) for address in ADDRESSES.values()]
    leaf_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "fedcoop tests")])
    leaf = (
        _builder(leaf_name, root_name, leaf_key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    made = Authority(folder / "root.pem", folder / "server.pem", folder / "server.key")
    made.root.write_bytes(root.public_bytes(serialization.Encoding.PEM))
    made.certificate.write_bytes(leaf.public_bytes(serialization.Encoding.PEM))
    made.key.touch(0o600)
    made.key.write_bytes(
        leaf_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return made


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = dt.datetime.fromtimestamp(time.time(), dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


# --------------------------------------------------------------------------------------------------------- processes


@dataclass(slots=True)
class Process:
    """A child process in a group of its own; what it prints goes to a file."""

    name: str
    command: Sequence[str | Path]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    _child: "subprocess.Popen[bytes] | None" = None

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def start(self) -> None:
        """The process runs; its log starts anew."""
        with self.log.open("wb") as sink:
            self._child = subprocess.Popen(
                [str(part) for part in self.command],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env={**os.environ, **self.environment},
                start_new_session=True,
            )

    def wait_ready(self, ready: Callable[[], Any], *, within: float = 60.0) -> None:
        """Ready has answered; a process that ended or took too long raises with the end of its log."""

        def look() -> bool:
            if not self.running:
                raise AssertionError(f"{self.name} ended before it was ready:\n{self.tail()}")
            return bool(ready())

        try:
            until_sync(look, what=f"{self.name} ready", within=within)
        except AssertionError:
            self.stop()
            print(self.tail())
            raise

    def stop(self, *, grace: float = 10.0) -> int | None:
        """The process and its group are gone; its exit status if it ended in time by SIGTERM, else None."""
        child, self._child = self._child, None
        if child is None:
            return None
        self._signal(child.pid, signal.SIGTERM)
        try:
            return child.wait(grace)
        except subprocess.TimeoutExpired:
            return None
        finally:
            self._signal(child.pid, signal.SIGKILL)
            child.wait()

    def kill(self) -> None:
        """The process is gone without a chance to tidy up."""
        child, self._child = self._child, None
        if child is not None:
            self._signal(child.pid, signal.SIGKILL)
            child.wait()

    @staticmethod
    def _signal(group: int, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, number)

    def text(self) -> str:
        """All it has printed."""
        return self.log.read_text("utf-8", "replace") if self.log.exists() else ""

    def tail(self, lines: int = 40) -> str:
        """The end of what it has printed."""
        return "\n".join(self.text().splitlines()[-lines:])
