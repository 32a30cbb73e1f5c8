"""An instance in a child process, for the demo: made by `init`, driven by the same commands an operator has."""

import asyncio
import json
import os
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fedcoop.kernel.errors import FedcoopError

START_WITHIN_S = 20
STOP_WITHIN_S = 12
LOG_TAIL_LINES = 12


@dataclass(slots=True)
class Instance:
    """One co-op: where it lives, and its running server."""

    folder: Path
    origin: str
    name: str
    actor: str
    grace: str
    _process: asyncio.subprocess.Process | None = field(default=None)

    @property
    def actor_uri(self) -> str:
        """The co-op's actor."""
        return f"{self.origin}/actors/{self.actor}"

    @property
    def handle(self) -> str:
        """How people follow it."""
        return f"@{self.actor}@{self.origin.partition('://')[2]}"

    async def command(self, *arguments: str) -> Any:
        """Run a command of `fedcoop` with `--json` and return what it printed. Raises FedcoopError with what it complained."""
        process = await asyncio.create_subprocess_exec(
            *self._line(*arguments, "--json"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self._environment(),
        )
        out, complaint = await process.communicate()
        if process.returncode:
            raise FedcoopError("demo-failed", f"fedcoop {' '.join(arguments)}: {complaint.decode().strip()}")
        return json.loads(out)

    async def ended(self) -> None:
        """Wait until the server ends."""
        assert self._process is not None
        await self._process.wait()

    def _line(self, *arguments: str) -> tuple[str, ...]:
        return (sys.executable, "-m", "fedcoop", "--config", str(self.folder / "instance.toml"), *arguments)

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("FEDCOOP_")}
        return {**kept, "FEDCOOP_FEDERATION_GRACE": self.grace, "PYTHONUNBUFFERED": "1"}

    async def start(self) -> None:
        """Make the instance and start its server; it is ready then. Raises FedcoopError (`demo-failed`)."""
        await self.command(
            "init", str(self.folder), "--origin", self.origin, "--name", self.name, "--actor", self.actor
        )
        # A session of its own: Ctrl-C reaches the demo alone, which then stops its servers in good order.
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._line("serve"),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                env=self._environment(),
                start_new_session=True,
            )
        assert self._process.stdout is not None
        try:
            line = await asyncio.wait_for(self._process.stdout.readline(), START_WITHIN_S)
        except TimeoutError:
            line = b""
        if not line.startswith(b"fedcoop ready"):
            raise FedcoopError("demo-failed", f"{self.name} did not start: {self._tail()}")

    @property
    def _log(self) -> Path:
        return self.folder / "serve.log"

    def _tail(self) -> str:
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines() if self._log.exists() else []
        return " / ".join(lines[-LOG_TAIL_LINES:]) or "it said nothing; is the port free?"

    async def stop(self) -> None:
        """Stop the server, if it runs; by force if it does not end in time."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), STOP_WITHIN_S)
        except TimeoutError:
            process.kill()
            await process.wait()
