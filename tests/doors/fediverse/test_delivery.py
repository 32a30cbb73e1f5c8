"""Letters on their way: over how many connections, the first before the last is signed, and each object's in order."""

import asyncio
import threading

import pytest

from fedcoop.federation.delivery import worker
from fedcoop.federation.delivery.lines import LETTERS_EACH
from fedcoop.federation.publish.outbox import Parcel, send
from fedcoop.storage import tables as t
from tests.doors.harness import COOP
from tests.doors.loops import send_all
from tests.doors.peer import AS2, Peer

pytestmark = pytest.mark.timeout(60)
PUBLIC = AS2 + "#Public"


class Counting(Peer):
    """Remembers over which connection each letter came; takes its time where told."""

    def __init__(self) -> None:
        super().__init__()
        self.connections = []
        self.takes_s = 0.0
        self.first = threading.Event()

    async def _answer(self, request):
        if id(request.transport) not in self.connections:
            self.connections.append(id(request.transport))
        self.first.set()
        await asyncio.sleep(self.takes_s)
        return await super()._answer(request)


@pytest.fixture
async def far():
    running = Counting()
    await running.start()
    yield running
    await running.close()


async def say(bread, far, inboxes, kind="Announce", thing="https://elsewhere.example/notes/1"):
    """Queue one activity for so many inboxes of the far server."""
    to = [f"{far.origin}/users/u{n}/inbox" for n in range(inboxes)]

    def run(uow):
        send(uow, uow.actors.local(COOP), Parcel(type=kind, object=thing, to=[PUBLIC], more_inboxes=to, only_more=True))

    await bread.units.write(run)


async def test_a_few_letters_to_a_cold_origin_go_over_the_first_connection(bread, far):
    far.takes_s = 0.02
    await say(bread, far, 4)
    await send_all(bread)
    assert len(far.posts) == 4
    assert len(far.connections) == 1


async def test_many_letters_go_over_as_many_connections_as_an_origin_may_have_once_the_first_came_through(bread, far):
    far.takes_s = 0.01
    await say(bread, far, 6 * LETTERS_EACH)
    await send_all(bread)
    assert len(far.posts) == 6 * LETTERS_EACH
    assert 1 < len(far.connections) <= 4


async def test_a_letter_that_fails_does_not_keep_those_behind_it(bread, far):
    await say(bread, far, 3)
    await far.close()
    await send_all(bread)
    rows = await bread.rows(t.deliveries)
    assert [(row.state, row.attempts) for row in rows] == [("waiting", 1)] * 3
    assert all(row.due_at > bread.now for row in rows)
    await far.start()


async def test_the_first_letter_leaves_before_the_last_is_signed(bread, far, monkeypatch):
    sign_all, in_time = worker.sign_all, []

    def slowly(letters, now):
        if in_time or far.first.is_set():
            in_time.append(True)
        elif slowly.called:
            in_time.append(far.first.wait(5))
        slowly.called = True
        return sign_all(letters, now)

    slowly.called = False
    monkeypatch.setattr(worker, "sign_all", slowly)
    await say(bread, far, 3 * worker.SIGNED_AT_ONCE)
    await send_all(bread)
    assert in_time[0], "the second portion was signed after the first letter had arrived"
    assert len(far.posts) == 3 * worker.SIGNED_AT_ONCE


async def test_what_is_about_one_object_arrives_in_order_at_each_inbox(bread, far):
    thing, number = f"{bread.origin}/notes/1", 2 * worker.SIGNED_AT_ONCE
    for kind in ("Create", "Update", "Delete"):
        await say(bread, far, number, kind, thing)
        await say(bread, far, number, "Announce", f"https://elsewhere.example/notes/{kind}")
    await send_all(bread)
    at = {}
    for path, activity in far.posts:
        if activity["object"] == thing:
            at.setdefault(path, []).append(activity["type"])
    assert at == {f"/users/u{n}/inbox": ["Create", "Update", "Delete"] for n in range(number)}
    assert len(far.posts) == 6 * number
