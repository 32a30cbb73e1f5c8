"""A server process that thousands of connections sit on still answers: health, and a vote, each within two seconds."""

import asyncio
import resource
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from benchmarks.inbox import vote_request
from benchmarks.stage import Crowd, Stage, link
from fedcoop.actions.members.member import NewMember, add_member
from fedcoop.actions.motions.motion import Draft, open_motion
from fedcoop.config import load
from fedcoop.listening import files
from fedcoop.storage.unit_of_work import UnitOfWork

IDLE, HALF_OPEN = 2000, 1100
WITHIN = aiohttp.ClientTimeout(total=2)
VOTERS = 3


@pytest.fixture
def served() -> Iterator[tuple[Stage, Crowd, str]]:
    """A server that began with a low limit of open files, voters elsewhere, and a motion."""
    stage, crowd = Stage(), Crowd(origins=1, actors=VOTERS)

    def fill(uow: UnitOfWork) -> str:
        people = [add_member(uow, new=NewMember(f"m{n}", f"m{n}@example.org"), who="test")[0] for n in range(VOTERS)]
        for person, actor_id in zip(people, crowd.fill(uow), strict=True):
            link(uow, person.id, actor_id)
        until = uow.now.replace(year=uow.now.year + 1, day=1)
        return open_motion(
            uow, by=people[0].id, draft=Draft(title="Oven", body="", method="resolution", closes_at=until)
        ).url

    motion = stage.fill(fill)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 1024), hard))
    try:
        stage.serve()
        resource.setrlimit(resource.RLIMIT_NOFILE, (8192 if hard == resource.RLIM_INFINITY else min(8192, hard), hard))
        yield stage, crowd, motion
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        stage.close()


@asynccontextmanager
async def sat_on(stage: Stage, addresses: list[str]) -> AsyncIterator[None]:
    """Connections from these addresses that ask nothing, and that ask half of something."""
    with ExitStack() as stack:

        def connect(number: int) -> None:
            sock = stack.enter_context(socket.socket())
            sock.bind((addresses[number % len(addresses)], 0))
            sock.connect(("127.0.0.1", stage.port))
            if number < HALF_OPEN:
                sock.send(b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Half")

        def connect_all() -> None:
            for number in range(IDLE + HALF_OPEN):
                connect(number)

        await asyncio.to_thread(connect_all)
        yield


async def answers(stage: Stage, crowd: Crowd, motion: str, voter: int, address: str) -> tuple[int, int]:
    """The statuses of a look and of a vote from this address, each with a connection of its own."""
    headers, body = vote_request(crowd, stage, voter, motion, "For", voter)
    connector = aiohttp.TCPConnector(local_addr=(address, 0), force_close=True)
    async with aiohttp.ClientSession(connector=connector, timeout=WITHIN) as session:
        async with session.get(f"{stage.origin}/healthz") as health:
            await health.read()
        async with session.post(f"{stage.origin}/actors/alder/inbox", data=body, headers=headers) as vote:
            return health.status, vote.status


async def figures(stage: Stage) -> dict[str, float]:
    async with aiohttp.ClientSession() as session, session.get(f"{stage.origin}/metrics") as answer:
        lines = [line.rpartition(" ") for line in (await answer.text()).splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines if name.startswith("fedcoop_connections")}


async def test_thousands_of_idle_and_half_open_connections_hold_up_neither_a_look_nor_a_vote(
    served: tuple[Stage, Crowd, str],
) -> None:
    stage, crowd, motion = served
    assert await answers(stage, crowd, motion, 0, "127.0.0.1") == (200, 202)
    async with sat_on(stage, [f"127.0.1.{number}" for number in range(1, 21)]):
        assert await answers(stage, crowd, motion, 1, "127.0.1.1") == (200, 202)
        assert (await figures(stage))["fedcoop_connections"] > IDLE + HALF_OPEN
    async with sat_on(stage, ["127.0.2.1"]):
        assert await answers(stage, crowd, motion, 2, "127.0.2.1") == (200, 202)
        seen = await figures(stage)
        assert seen['fedcoop_connections_closed_total{because="address"}'] > IDLE
        assert not any(name.startswith("fedcoop_connections_refused_total") for name in seen)
    votes = await asyncio.to_thread(stage.ask, lambda uow: uow.motions.ballots(uow.motions.find_by_url(motion).id))
    assert len(votes) <= VOTERS
    log = (stage.root / "log").read_text()
    assert log.count("connections closed") <= 3
    assert "Traceback" not in log
    assert await asyncio.to_thread(limit_of, stage) >= files.needed(load(stage.path))


def limit_of(stage: Stage) -> Any:
    assert stage.process is not None
    lines = Path(f"/proc/{stage.process.pid}/limits").read_text().splitlines()
    return next(int(line.split()[3]) for line in lines if line.startswith("Max open files"))
