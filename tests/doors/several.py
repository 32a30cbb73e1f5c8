"""Several real processes of one instance on a real PostgreSQL, and people who vote there by form and from afar."""

import asyncio
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import aiohttp

from benchmarks.inbox import vote_request
from benchmarks.stage import FEDCOOP, Crowd, Stage, link
from fedcoop.actions.members.member import NewMember, add_member
from fedcoop.actions.motions.motion import Draft, open_motion
from fedcoop.governance.motions.motion import Motion
from fedcoop.kernel.clock import SystemClock
from fedcoop.storage.unit_of_work import UnitOfWork
from fedcoop.web.frame import guards

NO_GRACE = {"[federation]\n": '[federation]\ngrace = "0s"\n'}


class Several(Stage):
    """An instance whose `serve` and `worker` are processes of their own."""

    def __init__(self, database: str, **settings: str) -> None:
        super().__init__(database=database, settings={**NO_GRACE, **settings})
        self.crowd = Crowd(origins=2, actors=12)
        self.sessions: list[str] = []
        self._workers: list[subprocess.Popen[str]] = []

    def work(self) -> None:
        """Start a worker beside `serve`; return once it works."""
        with (self.root / "worker.log").open("a") as log:
            command = [*FEDCOOP, "--config", str(self.path), "worker"]
            worker = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        self._workers.append(worker)
        assert worker.stdout is not None
        assert "working" in worker.stdout.readline(), (self.root / "worker.log").read_text()[-2000:]

    def stop(self) -> None:
        """Stop every process."""
        for worker in self._workers:
            worker.send_signal(signal.SIGTERM)
            worker.communicate(timeout=15)
        self._workers.clear()
        super().stop()

    def populate(self, uow: UnitOfWork) -> None:
        """Each of the crowd has been a member for a while, with a linked account and an open session."""
        uow.now -= timedelta(minutes=10)
        ids = self.crowd.fill(uow)
        for number, actor_id in enumerate(ids):
            new = NewMember(f"m{number}", f"m{number}@example.org", is_admin=number == 0, password_hash="x")
            member, _ = add_member(uow, new=new, who="test")
            link(uow, member.id, actor_id)
            self.sessions.append(self.sign_in(uow, member.id))

    def open(self, uow: UnitOfWork, closes_at: datetime, title: str = "Oven") -> Motion:
        """An open resolution; a vote lasts a minute, so it opened before."""
        uow.now = min(uow.now, closes_at - timedelta(minutes=1))
        found = uow.members.find_by_name("m0")
        assert found is not None
        draft = Draft(title=title, body="", method="resolution", closes_at=closes_at)
        return open_motion(uow, by=found.id, draft=draft)

    async def vote(self, session: aiohttp.ClientSession, motion: Motion, voter: int) -> int:
        """The status of a vote from afar."""
        headers, body = vote_request(self.crowd, self, voter, motion.url, "For", motion.id)
        async with session.post(f"{self.origin}/actors/alder/inbox", data=body, headers=headers) as answer:
            return answer.status

    async def cast(self, session: aiohttp.ClientSession, motion: Motion, voter: int) -> int:
        """The status of a ballot by form."""
        secret = self.sessions[voter]
        form = {"choice": "for", "step": "cast", "csrf": guards.csrf_token(secret)}
        headers = {
            "Origin": self.origin,
            "Sec-Fetch-Site": "same-origin",
            "Cookie": f"{guards.cookie_name(self.origin)}={secret}",
        }
        url = f"{self.origin}/motions/{motion.uuid}/vote"
        async with session.post(url, data=form, headers=headers, allow_redirects=False) as answer:
            return answer.status

    async def query(self, question: Any) -> Any:
        """What is stored, read beside the processes."""
        return await asyncio.to_thread(self.ask, question)

    def logged(self) -> str:
        """All that the processes have logged."""
        return "".join(path.read_text() for path in self.root.glob("*log"))


@contextmanager
def several(database: str, **settings: str) -> Iterator[Several]:
    """The instance while the block lasts."""
    made = Several(database, **settings)
    try:
        yield made
    finally:
        made.close()


def in_s(seconds: float) -> datetime:
    """The instant so many seconds from now."""
    return SystemClock().now() + timedelta(seconds=seconds)


async def until(condition: Any, within_s: float = 20.0, pause_s: float = 0.1) -> Any:
    """What the condition, a coroutine function, finds as soon as it is something."""
    clock = SystemClock()
    deadline = clock.monotonic() + within_s
    while not (found := await condition()):
        assert clock.monotonic() < deadline, "not in time"
        await asyncio.sleep(pause_s)
    return found
