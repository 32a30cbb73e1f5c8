"""JSON-LD compaction in a process of its own: started on first use, ended when idle or too slow (federation.md 10)."""

import asyncio
import contextlib
import json
import logging
import sys
from collections.abc import Mapping
from typing import Any

log = logging.getLogger(__name__)

LIMIT_S = 2.0
START_S = 10.0
IDLE_S = 60.0
MAX_BYTES = 64 * 1024
_COMMAND = (sys.executable, "-m", "fedcoop.federation.remote.compacting")


class Compactor:
    """Brings `coop:` terms under other spellings to ours; what cannot be brought is left out."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._idle: asyncio.TimerHandle | None = None

    async def our_terms(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Return the document's `coop:` members in our spelling; none of a document too large, too slow or unknown."""
        line = json.dumps(document).encode()
        if len(line) > MAX_BYTES:
            return {}
        async with self._turn:
            first = self._process is None
            try:
                async with asyncio.timeout(START_S if first else LIMIT_S):
                    answer = await self._ask(line)
            except (TimeoutError, OSError, ValueError):
                log.warning("a document took too long to compact")
                await self._end()
                return {}
            self._rest_later()
        terms = answer.get("terms")
        return terms if isinstance(terms, dict) else {}

    async def close(self) -> None:
        """End the process."""
        async with self._turn:
            await self._end()

    async def _ask(self, line: bytes) -> dict[str, Any]:
        if self._process is None:
            pipe = asyncio.subprocess.PIPE
            self._process = await asyncio.create_subprocess_exec(*_COMMAND, stdin=pipe, stdout=pipe, limit=1 << 20)
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise OSError("the process has no pipes")
        stdin.write(line + b"\n")
        await stdin.drain()
        answer: dict[str, Any] = json.loads(await stdout.readline())
        return answer

    def _rest_later(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
        self._idle = asyncio.get_running_loop().call_later(IDLE_S, self._rest)

    def _rest(self) -> None:
        if self._process is not None and self._process.stdin is not None and not self._turn.locked():
            self._process.stdin.close()  # the process ends with its input
            self._process = None

    async def _end(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
