"""`kill -9` of a real server process: nothing that was answered is lost, nothing is doubled that anybody could see."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from benchmarks.inbox import vote_request
from benchmarks.stage import Crowd, Stage, follow_ours, link, remote_actor
from fedcoop.actions.members.member import NewMember, add_member
from fedcoop.actions.motions.motion import Draft, open_motion
from fedcoop.actions.talk.announcements import publish_announcement
from fedcoop.kernel.clock import SystemClock
from fedcoop.storage.unit_of_work import UnitOfWork

VOTERS = 120
INBOXES = 150


@pytest.fixture
def stage() -> Iterator[Stage]:
    made = Stage()
    yield made
    made.close()


async def _until(condition: Any, within_s: float = 40.0) -> Any:
    clock = SystemClock()
    deadline = clock.monotonic() + within_s
    while not (found := await asyncio.to_thread(condition)):
        assert clock.monotonic() < deadline, "not in time"
        await asyncio.sleep(0.05)
    return found


async def test_every_vote_that_was_answered_counts_once_after_a_kill(stage: Stage) -> None:
    crowd = Crowd(origins=4, actors=VOTERS)

    def fill(uow: UnitOfWork) -> str:
        ids = crowd.fill(uow)
        people = [add_member(uow, new=NewMember(f"m{n}", f"m{n}@example.org"), who="test")[0] for n in range(VOTERS)]
        for person, actor_id in zip(people, ids, strict=True):
            link(uow, person.id, actor_id)
        draft = Draft(
            title="Oven", body="", method="resolution", closes_at=uow.now.replace(year=uow.now.year + 1, day=1)
        )
        return open_motion(uow, by=people[0].id, draft=draft).url

    motion = await asyncio.to_thread(stage.fill, fill)
    await asyncio.to_thread(stage.serve)
    answered: dict[int, datetime] = {}
    started = SystemClock().now()

    async def send(session: aiohttp.ClientSession, numbers: Iterator[int]) -> None:
        for number in numbers:
            headers, body = vote_request(crowd, stage, number, motion, "For", number)
            try:
                async with session.post(f"{stage.origin}/actors/alder/inbox", data=body, headers=headers) as answer:
                    if answer.status == 202:
                        answered[number] = SystemClock().now()
            except aiohttp.ClientError:
                return
            if len(answered) == VOTERS // 2:
                stage.kill()

    numbers = iter(range(VOTERS))
    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(send(session, numbers) for _ in range(8)))
    assert VOTERS // 2 <= len(answered) < VOTERS
    await asyncio.to_thread(stage.serve)
    await _until(lambda: not stage.ask(lambda uow: uow.queues.summary(uow.now)["inbox"]["waiting"]))

    def look(uow: UnitOfWork) -> tuple[dict[int, datetime], Counter[str]]:
        found = uow.motions.find_by_url(motion)
        assert found is not None
        ballots = {b.member_id: b.received_at for b in uow.motions.ballots(found.id)}
        log = Counter(json.loads(entry.entry).get("voter", "") for entry in uow.motions.log(found.id))
        numbers = {uow.members.get(member_id).number - 1: at for member_id, at in ballots.items()}
        return numbers, log

    ballots, log = await asyncio.to_thread(stage.ask, look)
    assert set(answered) <= set(ballots)
    assert all(started <= ballots[number] <= at for number, at in answered.items())
    assert {voter: number for voter, number in log.items() if number != 1} == {}


async def test_every_inbox_gets_the_announcement_after_a_kill_and_never_under_two_ids(stage: Stage) -> None:
    received: dict[str, list[str]] = {}
    killed = asyncio.Event()

    async def take(request: web.Request) -> web.Response:
        document = await request.json()
        if document["type"] == "Create":  # followers from before the first start also hear of the profile
            received.setdefault(request.path, []).append(document["id"])
        if sum(map(len, received.values())) == INBOXES // 3 and not killed.is_set():
            killed.set()
            stage.kill()
        return web.Response(status=202)

    app = web.Application()
    app.router.add_post("/{tail:.*}", take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:

        def fill(uow: UnitOfWork) -> Any:
            for number in range(INBOXES):
                uri = f"http://127.0.0.1:{port}/users/u{number}"
                follow_ours(uow, remote_actor(uow, uri, "u"))
            return add_member(uow, new=NewMember("ada", "ada@example.org", is_admin=True), who="test")[0]

        ada = await asyncio.to_thread(stage.fill, fill)
        await asyncio.to_thread(stage.serve)
        await asyncio.to_thread(
            stage.fill, lambda uow: publish_announcement(uow, by=ada.id, text="It arrives on Monday.")
        )
        await asyncio.wait_for(killed.wait(), 40)
        before = len(received)
        assert before < INBOXES
        await asyncio.to_thread(stage.serve)
        await _until(lambda: len(received) == INBOXES)
        await _until(lambda: not stage.ask(lambda uow: uow.queues.summary(uow.now)["deliveries"]["waiting"]))
        assert len({identity for ids in received.values() for identity in ids}) == 1
    finally:
        await runner.cleanup()
