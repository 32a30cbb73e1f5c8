"""Several `fedcoop serve` on one PostgreSQL: nothing is sent or counted twice, nothing waits for a dead process, order holds."""

import asyncio
import json
import os
import secrets
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from sqlalchemy import func, select

from benchmarks.inbox import vote_request
from benchmarks.stage import FEDCOOP, Crowd, Stage, follow_ours, free_port, link, remote_actor
from fedcoop.actions.members.member import NewMember, add_member
from fedcoop.actions.motions.motion import Draft, open_motion
from fedcoop.actions.talk.announcements import publish_announcement
from fedcoop.kernel.ids import MemberId
from fedcoop.storage import tables as t
from fedcoop.storage.instance.leases import LEASED
from fedcoop.storage.unit_of_work import UnitOfWork
from tests.postgres import PostgresServer

VOTERS, TURNS = 60, 12
ORIGINS, INBOXES = 10, 600
TAKEN_UP_S = 5.0


class Sinks(threading.Thread):
    """Ten servers that note what they are sent, and answer once they are `open`."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.ports: list[int] = []
        self.received: Counter[tuple[str, str]] = Counter()
        self.open = threading.Event()
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self.start()
        self._ready.wait(10)

    def run(self) -> None:
        self._loop.run_until_complete(self._listen())
        self._loop.run_forever()
        self._loop.close()

    async def _listen(self) -> None:
        app = web.Application()
        app.router.add_post("/{tail:.*}", self._take)
        self._runner = web.AppRunner(app, shutdown_timeout=1.0)
        await self._runner.setup()
        for _ in range(ORIGINS):
            await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.ports = [address[1] for address in self._runner.addresses]
        self._ready.set()

    async def _take(self, request: web.Request) -> web.Response:
        document = await request.json()
        self.received[str(request.url), document["id"]] += 1
        while not self.open.is_set():
            await asyncio.sleep(0.02)
        return web.Response(status=202)

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self.join(5)

    def of(self, activity: str) -> list[int]:
        """How often each inbox was sent this activity."""
        return [number for (_, identity), number in self.received.items() if identity == activity]


@dataclass
class Process:
    """One `fedcoop serve` of the stage, on a port of its own."""

    stage: Stage
    port: int = field(default_factory=free_port)
    popen: Any = None

    def start(self) -> None:
        command = [*FEDCOOP, "--config", str(self.stage.path), "serve"]
        patience = {"FEDCOOP_DELIVERY_TOTAL_S": "60"}  # the sinks let them wait
        env = {**os.environ, **patience, "FEDCOOP_SERVER_LISTEN": f"127.0.0.1:{self.port}"}
        with (self.stage.root / f"log-{self.port}").open("w") as log:
            self.popen = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=env)
        assert "ready" in self.popen.stdout.readline(), (self.stage.root / f"log-{self.port}").read_text()[-2000:]

    def end(self, number: int) -> None:
        self.popen.send_signal(number)
        self.popen.wait(15)
        self.popen.stdout.close()


@dataclass
class House:
    """A co-op with voters, its first processes, and the inboxes of its followers."""

    stage: Stage
    crowd: Crowd
    sinks: Sinks
    processes: list[Process]
    ada: MemberId

    def motion(self, title: str) -> str:
        """The address of an open resolution."""

        def act(uow: UnitOfWork) -> str:
            draft = Draft(title=title, body="", method="resolution", closes_at=uow.now + timedelta(days=7))
            return open_motion(uow, by=self.ada, draft=draft).url

        return str(self.stage.fill(act))

    def announce(self, text: str) -> str:
        """An announcement to all followers; the id of its activity."""

        self.stage.fill(lambda uow: publish_announcement(uow, by=self.ada, text=text))
        return self.newest()

    def newest(self) -> str:
        """The id of the activity by which something was published last."""
        newest = select(t.activities.c.uri).where(t.activities.c.type == "Create").order_by(t.activities.c.id.desc())
        return str(self.stage.ask(lambda uow: uow.conn.execute(newest.limit(1)).scalar_one()))

    def log(self, motion: str) -> list[dict[str, Any]]:
        """The ballots in the log of the motion, in order."""

        def look(uow: UnitOfWork) -> list[dict[str, Any]]:
            found = uow.motions.find_by_url(motion)
            assert found is not None
            return [json.loads(line.entry) for line in uow.motions.log(found.id)]

        return [entry for entry in self.stage.ask(look) if entry["type"] == "ballot"]

    def node(self, process: Process) -> int:
        """The id of the process among the nodes."""
        query = select(t.nodes.c.id).where(t.nodes.c.name.endswith(f"-{process.popen.pid}"))
        return int(self.stage.ask(lambda uow: uow.conn.execute(query).scalar_one()))

    def leases_of(self, node: int) -> int:
        """How many rows of any kind the node has taken."""
        counts = [select(func.count()).where(table.c.leased_by == node) for table in LEASED]
        return int(self.stage.ask(lambda uow: sum(uow.conn.execute(query).scalar_one() for query in counts)))

    def unsent(self, activity: str) -> int:
        """How many deliveries of the activity wait, or are under way."""
        return len(self._holders(activity))

    def taken(self, activity: str, by: Process | None = None) -> int:
        """How many deliveries of the activity all of its processes, or one, have taken."""
        pids = [process.popen.pid for process in ([by] if by else self.processes)]
        names = tuple(f"-{pid}" for pid in pids)
        return sum(name.endswith(names) for name in self._holders(activity))

    def busiest(self, activity: str) -> Process:
        """The process that has taken most of the activity's deliveries, once all are taken."""
        within(10, lambda: self.taken(activity) == self.unsent(activity))
        return max(self.processes, key=lambda process: self.taken(activity, process))

    def _holders(self, activity: str) -> list[str]:
        of = select(t.activities.c.id).where(t.activities.c.uri == activity)
        held = select(func.coalesce(t.nodes.c.name, "")).select_from(
            t.deliveries.outerjoin(t.nodes, t.nodes.c.id == t.deliveries.c.leased_by)
        )
        query = held.where(t.deliveries.c.activity_id.in_(of))
        return list(self.stage.ask(lambda uow: uow.conn.execute(query).scalars().all()))

    def undone(self) -> int:
        """How many activities that came in wait, or are under way."""
        return int(self.stage.ask(lambda uow: uow.queues.summary(uow.now)["inbox"]["waiting"]))

    def vote(self, motion: str, turns: int, doors: list[Process], answered: Callable[[int], None]) -> None:
        """All voters at once vote so many times in a row, For and Against in turn, at one door after the other."""

        async def one(session: aiohttp.ClientSession, voter: int, requests: list[Any]) -> None:
            for turn, (headers, body) in enumerate(requests):
                door = f"http://127.0.0.1:{doors[turn % len(doors)].port}/actors/alder/inbox"
                async with session.post(door, data=body, headers=headers) as answer:
                    assert answer.status == 202, await answer.text()
                answered(voter)

        def signed(voter: int) -> list[Any]:
            names = ("For", "Against")
            return [
                vote_request(self.crowd, self.stage, voter, motion, names[turn % 2], secrets.token_hex(8))
                for turn in range(turns)
            ]

        async def all_of_them() -> list[Any]:
            async with aiohttp.ClientSession() as session:
                sent = (one(session, voter, requests) for voter, requests in enumerate(whole))
                return await asyncio.gather(*sent, return_exceptions=True)

        with ThreadPoolExecutor(2) as pool:
            whole = list(pool.map(signed, range(VOTERS)))
        for result in asyncio.run(all_of_them()):
            if result is not None and not isinstance(result, aiohttp.ClientError):
                raise result


@pytest.fixture(scope="module")
def house(postgres: PostgresServer) -> Iterator[House]:
    sinks = Sinks()
    stage = Stage(database=asyncio.run(postgres.create()))
    crowd = Crowd(origins=4, actors=VOTERS)

    def fill(uow: UnitOfWork) -> MemberId:
        actors = crowd.fill(uow)
        people = [
            add_member(uow, new=NewMember(f"m{n}", f"m{n}@coop.example", is_admin=n == 0), who="test")[0]
            for n in range(VOTERS)
        ]
        for person, actor_id in zip(people, actors, strict=True):
            link(uow, person.id, actor_id)
        return people[0].id

    made = House(stage, crowd, sinks, [Process(stage), Process(stage)], stage.fill(fill))
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(Process.start, made.processes))
    yield made
    sinks.open.set()
    for process in made.processes:
        if process.popen.poll() is None:
            process.end(signal.SIGTERM)
    left = stage.ask(lambda uow: [node.name for node in uow.nodes.living()])
    stage.close()
    sinks.stop()
    assert left == [], "who stops takes its row along"


@pytest.fixture(scope="module")
def followed(house: House) -> House:
    """The co-op has 600 followers at ten origins."""

    def fill(uow: UnitOfWork) -> None:
        for number in range(INBOXES):
            port = house.sinks.ports[number % ORIGINS]
            follow_ours(uow, remote_actor(uow, f"http://127.0.0.1:{port}/users/u{number}", "u"))

    house.stage.fill(fill)
    return house


def within(seconds: float, condition: Callable[[], Any], since: float | None = None) -> float:
    """Wait for it, and return after how many seconds it was so."""
    started = time.monotonic() if since is None else since
    while not condition():
        assert time.monotonic() - started < seconds, f"not within {seconds} s"
        time.sleep(0.05)
    return time.monotonic() - started


def test_sixty_voters_times_twelve_votes_over_two_processes_are_720_ballots_in_order(house: House) -> None:
    motion = house.motion("Oven")
    house.vote(motion, TURNS, house.processes[:2], lambda voter: None)
    within(30, lambda: not house.undone())
    chosen: dict[str, list[str]] = {}
    for entry in house.log(motion):
        chosen.setdefault(entry["voter"], []).append(*entry["choice"])
    assert sum(map(len, chosen.values())) == VOTERS * TURNS
    assert {tuple(choices) for choices in chosen.values()} == {("for", "against") * (TURNS // 2)}


def test_a_second_serve_sends_none_of_600_deliveries_twice(followed: House) -> None:
    house = followed
    activity = house.announce("Bread on Monday.")
    within(10, lambda: house.taken(activity) == INBOXES)
    third = Process(house.stage)
    house.processes.append(third)
    third.start()
    time.sleep(1.5)
    house.sinks.open.set()
    within(20, lambda: not house.unsent(activity))
    assert len(house.sinks.of(activity)) == INBOXES
    assert set(house.sinks.of(activity)) == {1}


def test_what_a_killed_process_had_is_taken_up_within_five_seconds(followed: House) -> None:
    """Its votes, its deliveries, and whatever else: no lease of it is left, and nothing that was answered is lost."""
    house = followed
    motion = house.motion("Mixer")
    within(20, lambda: not house.unsent(house.newest()))
    house.sinks.open.clear()
    activity = house.announce("Bread on Tuesday.")
    killed = house.busiest(activity)
    node = house.node(killed)
    house.processes.remove(killed)
    answered: Counter[int] = Counter()
    died: list[float] = []

    def note(voter: int) -> None:
        answered[voter] += 1
        if answered.total() == 3 * VOTERS and not died:
            died.append(time.monotonic())
            killed.end(signal.SIGKILL)

    house.vote(motion, TURNS, [killed], note)
    within(TAKEN_UP_S, lambda: not house.leases_of(node), since=died[0])
    house.sinks.open.set()
    within(20, lambda: not house.undone() and not house.unsent(activity))
    assert 3 * VOTERS <= answered.total() < TURNS * VOTERS
    cast = Counter(entry["voter"] for entry in house.log(motion))
    assert answered.total() <= cast.total() <= answered.total() + VOTERS
    assert len(house.sinks.of(activity)) == INBOXES
    assert max(house.sinks.of(activity)) <= 2


def test_a_process_that_froze_settles_nothing_when_it_thaws(followed: House) -> None:
    house = followed
    motion = house.motion("Van")
    within(20, lambda: not house.unsent(house.newest()))
    house.sinks.open.clear()
    activity = house.announce("Bread on Wednesday.")
    frozen = house.busiest(activity)
    node = house.node(frozen)
    house.vote(motion, 2, [frozen], lambda voter: None)
    frozen.popen.send_signal(signal.SIGSTOP)
    within(8, lambda: not house.leases_of(node))
    house.sinks.open.set()
    within(20, lambda: not house.undone() and not house.unsent(activity))
    frozen.popen.send_signal(signal.SIGCONT)
    within(5, lambda: house.stage.ask(lambda uow: len(uow.nodes.living())) == len(house.processes))
    assert len(house.sinks.of(activity)) == INBOXES
    assert max(house.sinks.of(activity)) <= 2
    assert len(house.log(motion)) == 2 * VOTERS
    house.vote(motion, 2, [frozen], lambda voter: None)
    within(20, lambda: not house.undone())
    assert len(house.log(motion)) == 4 * VOTERS
