"""A real PostgreSQL server for the tests: started when the first test wants it, on a free loopback port, ended by its pid."""

import contextlib
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
    """One private server; data in a temporary folder. Nothing is synced to disk, and without `durable` no COMMIT waits for it."""

    def __init__(self, *, durable: bool = False) -> None:
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="fedcoop-pg-", dir=_roomy_memory()))
        self.user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        self._durable = durable
        self._process: subprocess.Popen[bytes] | None = None
        self._names = 0

    def start(self, **settings: str) -> None:
        """Make the cluster and run the server with these settings; return once it answers."""
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres")
        trust = ["-A", "trust", "-U", self.user, "--encoding=UTF8", "--no-sync", "--locale=C.UTF-8"]
        self._call("initdb", "-D", str(self._data), *trust)
        self.run(**settings)

    def keep(self, file: Path) -> str:
        """Return the path of a copy of the file that the server may read, and nobody else."""
        kept = self.folder / file.name
        kept.write_bytes(file.read_bytes())
        kept.chmod(0o600)
        if os.geteuid() == 0:
            shutil.chown(kept, "postgres")
        return str(kept)

    def copy(self, **settings: str) -> "PostgresServer":
        """Return a server that follows this one, running with these settings."""
        follower = PostgresServer()
        if os.geteuid() == 0:
            shutil.chown(follower.folder, "postgres")
        source = ["-h", "127.0.0.1", "-p", str(self.port), "-U", self.user]
        self._call("pg_basebackup", *source, "-D", str(follower._data), "-R", "-c", "fast", "--no-sync")
        with (follower._data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
        follower.run()
        return follower

    def run(self, **settings: str) -> None:
        """Run the server on the cluster that there is; return once it answers."""
        chosen = {
            "fsync": "off",
            "full_page_writes": "off",
            "synchronous_commit": "on" if self._durable else "off",
            "max_connections": "200",
            "listen_addresses": "127.0.0.1",
            **settings,
        }
        options = [word for name, value in chosen.items() for word in ("-c", f"{name}={value}")]
        command = [*self._as_user(), _program("postgres"), "-D", str(self._data)]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "-p", str(self.port), "-k", str(self.folder), *options],
                stdout=log,
                stderr=log,
                cwd="/",
            )
        deadline = time.monotonic() + 30
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self.folder / "log").read_text())
            time.sleep(0.05)

    def crash(self) -> None:
        """End the server at once, as `pg_ctl stop -m immediate` does."""
        assert self._process is not None
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(10)

    def freeze(self) -> None:
        """No process of the server runs any more; its connections stay."""
        self._signal_all(signal.SIGSTOP)

    def thaw(self) -> None:
        """All of them go on."""
        self._signal_all(signal.SIGCONT)

    def stop(self) -> None:
        """End the server and remove its folder."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)  # whoever is still connected is cut off
            self._process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _signal_all(self, number: int) -> None:
        """Each process of the server leads a session of its own; the first one is their parent."""
        assert self._process is not None
        first = self._process.pid
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                fields = stat.read_text().rpartition(")")[2].split()
                if first in (int(fields[1]), int(stat.parent.name)):
                    os.kill(int(stat.parent.name), number)

    def _call(self, name: str, *arguments: str) -> None:
        subprocess.run([*self._as_user(), _program(name), *arguments], check=True, capture_output=True, cwd="/")

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
