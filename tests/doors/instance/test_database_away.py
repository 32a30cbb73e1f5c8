"""The database is away for a while: who asks is told so soon, nothing is lost or doubled, and all goes on when it is back."""

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest

from fedcoop.kernel.clock import SystemClock
from tests.doors.several import Several, in_s, several, until
from tests.postgres import PostgresServer

AWAY_S = 10.0
FROZEN_S = 5.0
ANSWERS_S = 5.0
BACK_S = 15.0  # five on a quiet machine


@pytest.fixture(scope="module")
def own_server(postgres: PostgresServer) -> Iterator[PostgresServer]:
    """A server of its own, which may die."""
    server = PostgresServer(durable=True)
    server.start()
    yield server
    server.thaw()
    server.stop()


class Callers:
    """People who ask all the time: what they were answered, and how long that took."""

    def __init__(self, stage: Several, motion: Any) -> None:
        self.stage, self.motion = stage, motion
        self.answers: list[tuple[str, int, float, str]] = []
        self.voted: set[int] = set()
        self.page = ""
        self.stopping = False

    async def run(self) -> None:
        """Ask until told to stop."""
        async with aiohttp.ClientSession() as session:
            paths = ("/healthz", "/", f"/motions/{self.motion.uuid}", "/static/fedcoop.css", "/readyz")
            await asyncio.gather(*(self._look(session, path) for path in paths), self._vote(session))

    async def _look(self, session: aiohttp.ClientSession, path: str) -> None:
        while not self.stopping:
            began = SystemClock().monotonic()
            headers = {"Accept": "text/html"}
            async with session.get(self.stage.origin + path, headers=headers) as answer:
                text = await answer.text()
                if path == "/" and answer.status == 503:
                    self.page = text
                self._note(path, answer, began)
            await asyncio.sleep(0.1)

    async def _vote(self, session: aiohttp.ClientSession) -> None:
        """Each votes until that is answered with 202."""
        for voter in range(len(self.stage.crowd.uris)):
            while voter not in self.voted and not self.stopping:
                began = SystemClock().monotonic()
                status = await self.stage.vote(session, self.motion, voter)
                self.answers.append(("vote", status, SystemClock().monotonic() - began, "5"))
                if status == 202:
                    self.voted.add(voter)
                await asyncio.sleep(0.5)

    def _note(self, path: str, answer: aiohttp.ClientResponse, began: float) -> None:
        after = answer.headers.get("Retry-After", "") if path != "/readyz" else "5"
        self.answers.append((path, answer.status, SystemClock().monotonic() - began, after))


async def test_all_goes_on_after_the_database_was_gone_and_after_it_stood_still(own_server: PostgresServer) -> None:
    url = await own_server.create()
    with several(url) as stage:
        await asyncio.to_thread(stage.fill, stage.populate)
        motion = await asyncio.to_thread(stage.fill, lambda uow: stage.open(uow, in_s(3600)))
        await asyncio.to_thread(stage.serve)
        for leave, come_back, seconds in (
            (own_server.crash, own_server.run, AWAY_S),
            (own_server.freeze, own_server.thaw, FROZEN_S),
        ):
            callers = Callers(stage, motion)
            asking = asyncio.create_task(callers.run())
            await asyncio.sleep(0.8)
            await asyncio.to_thread(leave)
            await asyncio.sleep(seconds)
            await asyncio.to_thread(come_back)
            await _all_is_done(stage, motion, callers)
            callers.stopping = True
            await asking
            _check(callers)
        logged = stage.logged()
        assert "Traceback" not in logged, [line[-1500:] for line in logged.splitlines() if "Traceback" in line]
        assert 2 <= len(re.findall("the database does not answer", logged)) <= 6


async def _all_is_done(stage: Several, motion: Any, callers: Callers) -> None:
    async def done() -> bool:
        if len(callers.voted) < len(stage.crowd.uris):
            return False
        waiting, ballots = await stage.query(
            lambda uow: (uow.queues.summary(uow.now)["inbox"]["waiting"], uow.motions.count_ballots(motion.id))
        )
        return not waiting and ballots == len(stage.crowd.uris)

    await until(done, BACK_S, 0.3)


def _check(callers: Callers) -> None:
    by_path: dict[str, set[int]] = {}
    for path, status, took, after in callers.answers:
        by_path.setdefault(path, set()).add(status)
        assert took <= ANSWERS_S, (path, status, took)
        assert status != 503 or after == "5"
    assert by_path.pop("/healthz") == by_path.pop("/static/fedcoop.css") == {200}
    assert by_path.pop("vote") == {202, 503}
    for path, statuses in by_path.items():
        assert statuses == {200, 503}, path
    assert "cannot reach our records" in callers.page
