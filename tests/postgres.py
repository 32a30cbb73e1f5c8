"""A real PostgreSQL server for the tests: started when the first test wants it, on a free loopback port, ended by its pid."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from psycopg import AsyncConnection

TEMPLATE = "fedcoop_template"
ROOM_BYTES = 4 << 30


class PostgresMissingError(RuntimeError):
    """There is no PostgreSQL server program on this machine."""


def _program(name: str) -> str:
    found = shutil.which(name) or next(
        (str(p) for p in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)), None
    )
    if found is None:
        raise PostgresMissingError(f"{name} is missing; Debian: apt install postgresql")
    return found


def _roomy_memory() -> str | None:
    """Return a folder in memory if there is one with room: hundreds of databases are made and removed there quickly."""
    memory = Path("/dev/shm")
    return str(memory) if memory.is_dir() and shutil.disk_usage(memory).free > ROOM_BYTES else None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class PostgresServer:
    """One private server; data in a temporary folder, nothing synced to disk."""

    def __init__(self) -> None:
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="fedcoop-pg-", dir=_roomy_memory()))
        self.user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        self._process: subprocess.Popen[bytes] | None = None
        self._names = 0

    def start(self) -> None:
        """Make the cluster and run the server; return once it answers."""
        data = self.folder / "data"
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres")
        trust = ["-A", "trust", "-U", self.user, "--encoding=UTF8", "--no-sync", "--locale=C.UTF-8"]
        subprocess.run(
            [*self._as_user(), _program("initdb"), "-D", str(data), *trust], check=True, capture_output=True, cwd="/"
        )
        options = [
            "-c",
            "fsync=off",
            "-c",
            "full_page_writes=off",
            "-c",
            "synchronous_commit=off",
            "-c",
            "max_connections=200",
        ]
        listen = ["-c", "listen_addresses=127.0.0.1", "-p", str(self.port), "-k", str(self.folder)]
        with (self.folder / "log").open("wb") as log:
            command = [*self._as_user(), _program("postgres"), "-D", str(data), *listen, *options]
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/")
        deadline = time.monotonic() + 30
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self.folder / "log").read_text())
            time.sleep(0.05)

    def stop(self) -> None:
        """End the server and remove its folder."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)  # whoever is still connected is cut off
            self._process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str) -> str:
        """Return the address of one database."""
        return f"postgresql://{self.user}@127.0.0.1:{self.port}/{database}"

    async def drop(self, url: str) -> None:
        """Remove a database of ours: some hundred files each, which would take long to remove all at once."""
        async with await AsyncConnection.connect(self.url("postgres"), autocommit=True) as connection:
            await connection.execute(f'DROP DATABASE "{url.rpartition("/")[2]}" WITH (FORCE)'.encode())

    async def create(self, *, template: str = "template1", name: str = "") -> str:
        """Make a database from a template and return its address."""
        self._names += 1
        database = name or f"test_{self._names}"
        async with await AsyncConnection.connect(self.url("postgres"), autocommit=True) as connection:
            await connection.execute(f'CREATE DATABASE "{database}" TEMPLATE "{template}"'.encode())
        return self.url(database)

    def _answers(self) -> bool:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", self.port)):
                return False
        asked = [_program("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(asked, check=False).returncode == 0

    def _as_user(self) -> list[str]:
        return ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] if os.geteuid() == 0 else []
