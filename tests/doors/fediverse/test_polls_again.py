"""Polls elsewhere are looked at again: their last totals show though nobody sends them, and what fails is told, not hidden."""

import asyncio
from datetime import timedelta

import pytest

from fedcoop.actions.fediverse.looks import LEASE
from fedcoop.actions.fediverse.peers import block
from fedcoop.federation.catchup.polls import PollLooks
from fedcoop.kernel.clock import rfc3339
from fedcoop.queries.fediverse.remote import remote_motion
from fedcoop.storage import tables as t
from tests.doors.fediverse.test_inbox_matrix import act, question, served
from tests.doors.fediverse.test_polls_elsewhere import followed, polls
from tests.doors.harness import START
from tests.doors.peer import AS2


@pytest.fixture
async def ben(bread, peer):
    return await followed(bread, peer, "ben")


@pytest.fixture
def looks(bread):
    return PollLooks(bread.units, bread.parts.remote)


@pytest.fixture
async def poll(bread, peer, ben):
    """A poll of Ben's that ends in two hours, which his server shows with other numbers than he sent."""
    ends = rfc3339(START.replace(hour=12))
    await bread.deliver(ben, act(ben, "Create", {**question(ben), "endTime": ends}))
    peer.requests.clear()
    served(peer, {**question(ben, votes=(3, 1)), "endTime": ends})
    return (await polls(bread))[0]


def asked(peer, poll):
    return peer.requests.count(f"GET {poll.uri.removeprefix(peer.origin)}")


async def numbers(bread):
    [kept] = await polls(bread)
    return [option["votes"] for option in kept.options]


async def view(bread, poll):
    return await bread.units.read(remote_motion, uuid=poll.uuid, member=None)


async def test_the_last_totals_show_though_its_server_sends_no_update(bread, peer, ben, poll, looks):
    bread.advance(minutes=117)
    await looks.drain()
    assert (asked(peer, poll), await numbers(bread)) == (0, [0, 0])
    bread.advance(minutes=2)
    await looks.drain()
    assert (asked(peer, poll), await numbers(bread)) == (1, [3, 1])
    served(peer, {**question(ben, votes=(4, 1)), "endTime": rfc3339(poll.ends_at)})
    bread.advance(minutes=4)
    await looks.drain()
    assert (asked(peer, poll), await numbers(bread)) == (2, [4, 1])
    served(peer, {**question(ben, votes=(5, 1)), "endTime": rfc3339(poll.ends_at)})
    bread.advance(minutes=6)
    await looks.drain()
    assert (asked(peer, poll), await numbers(bread)) == (3, [5, 1])
    for _ in range(3):
        bread.advance(days=30)
        await looks.drain()
    assert asked(peer, poll) == 3


async def test_a_later_end_moves_the_looks_and_a_told_close_ends_them(bread, peer, ben, poll, looks):
    later = rfc3339(START.replace(hour=14))
    await bread.deliver(ben, act(ben, "Update", {**question(ben), "endTime": later}, 2))
    bread.advance(minutes=130)
    await looks.drain()
    assert asked(peer, poll) == 0
    bread.advance(minutes=111)
    await bread.deliver(ben, act(ben, "Update", {**question(ben, votes=(6, 0)), "endTime": later, "closed": later}, 3))
    bread.advance(hours=3)
    await looks.drain()
    assert (asked(peer, poll), await numbers(bread)) == (0, [6, 0])


async def test_a_member_has_it_looked_at_once_a_minute_at_most(bread, peer, poll, looks):
    looks.ask(poll.id)
    await looks.drain()
    assert asked(peer, poll) == 0  # its numbers are of this very minute
    for _ in range(3):
        bread.advance(seconds=60)
        for _ in range(5):
            looks.ask(poll.id)
            await looks.drain()
        bread.advance(seconds=20)
        looks.ask(poll.id)
        await looks.drain()
    assert asked(peer, poll) == 3
    assert await numbers(bread) == [3, 1]
    assert (await view(bread, poll)).told_at == START + timedelta(seconds=220)


async def test_a_poll_without_an_end_is_looked_at_only_for_a_reader(bread, peer, ben, looks):
    endless = {key: value for key, value in question(ben, 9).items() if key != "endTime"}
    far = {**question(ben, 10), "endTime": "2027-04-01T00:00:00Z"}
    for number, document in enumerate((endless, far), start=1):
        await bread.deliver(ben, act(ben, "Create", document, number))
        served(peer, document)
    peer.requests.clear()
    bread.advance(days=20)
    await looks.drain()
    assert peer.requests == []
    for kept in await polls(bread):
        looks.ask(kept.id)
    await looks.drain()
    assert len(peer.requests) == 2


async def test_what_fails_is_told_and_the_end_is_tried_for_again(bread, peer, poll, looks):
    bread.advance(minutes=10)
    peer.broken = True
    looks.ask(poll.id)
    await looks.drain()
    shown = await view(bread, poll)
    assert (shown.failed_at, shown.told_at) == (bread.now, START)
    assert await numbers(bread) == [0, 0]
    bread.advance(hours=2)
    await looks.drain()
    peer.broken = False
    bread.advance(minutes=6)
    await looks.drain()
    shown = await view(bread, poll)
    assert (shown.failed_at, shown.told_at) == (None, bread.now)
    assert await numbers(bread) == [3, 1]


async def test_a_server_that_stays_away_is_not_asked_for_ever(bread, peer, poll, looks):
    peer.broken = True
    for _ in range(40):
        bread.advance(hours=2)
        await looks.drain()
    knocks = asked(peer, poll)
    assert 3 <= knocks <= 2 * 8  # each look knocks in both forms of signature
    bread.advance(days=300)
    await looks.drain()
    assert asked(peer, poll) == knocks
    assert (await polls(bread))[0].deleted_at is None


@pytest.mark.parametrize("answer", [(410, {}), (200, "tombstone"), (200, "private")])
async def test_what_its_author_took_back_is_purged_when_we_look(bread, peer, ben, poll, looks, answer):
    status, document = answer
    shown = {
        "tombstone": {"id": poll.uri, "type": "Tombstone", "formerType": "Question", "attributedTo": ben.uri},
        "private": question(ben, to=[f"{ben.uri}/followers"]),
    }  # fmt: skip
    body = {"@context": AS2, **shown.get(str(document), {})}
    peer.documents[poll.uri.removeprefix(peer.origin)] = (status, body)
    bread.advance(minutes=5)
    looks.ask(poll.id)
    await looks.drain()
    [gone] = await polls(bread)
    assert (gone.deleted_at is not None, gone.content, gone.options) == (True, "", [])
    bread.advance(hours=3)
    await looks.drain()
    assert asked(peer, poll) == 1


async def test_what_is_not_found_is_purged_only_if_it_stays_so(bread, peer, poll, looks):
    path = poll.uri.removeprefix(peer.origin)
    shown = peer.documents.pop(path)
    bread.advance(minutes=5)
    looks.ask(poll.id)
    await looks.drain()
    assert (await view(bread, poll)).not_found
    peer.documents[path] = shown
    bread.advance(minutes=6)
    await looks.drain()
    assert not (await view(bread, poll)).not_found
    del peer.documents[path]
    for minutes in (10, *[1] * 20, 29 * 60, 2 * 60):
        bread.advance(minutes=minutes)
        looks.ask(poll.id)
        await looks.drain()
        assert (await polls(bread))[0].deleted_at is None
    bread.advance(hours=3)
    await looks.drain()
    assert (await polls(bread))[0].deleted_at is not None


@pytest.mark.parametrize(
    "change", [{"attributedTo": "eve"}, {"type": "Note", "oneOf": None}, {"oneOf": []}, {"id": "other"}]
)
async def test_what_is_another_thing_or_anothers_changes_nothing(bread, peer, ben, poll, looks, change):
    eve = peer.actor("eve", rsa_number=1)
    told = {**question(ben, votes=(9, 9)), **change}
    if "attributedTo" in change:
        told["attributedTo"] = eve.uri
    if "id" in change:
        told["id"] = f"{ben.uri}/notes/q77"
        served(peer, told)
    served(peer, told, at=poll.uri)
    bread.advance(minutes=5)
    looks.ask(poll.id)
    await looks.drain()
    assert asked(peer, poll) == 1
    assert await numbers(bread) == [0, 0]
    assert (await view(bread, poll)).failed_at == bread.now


async def test_a_blocked_server_is_not_asked(bread, peer, poll, looks):
    await bread.units.write(block, target=peer.origin)
    await bread.parts.standing.refresh()
    bread.advance(hours=3)
    looks.ask(poll.id)
    await looks.drain()
    assert asked(peer, poll) == 0
    assert await numbers(bread) == [0, 0]


async def test_a_look_that_was_cut_off_is_taken_again(bread, peer, poll, looks):
    bread.advance(minutes=5)
    bread.advance(minutes=114)
    claimed = await bread.units.write(lambda uow: uow.looks.claim(uow.now, limit=5, lease=LEASE))
    assert claimed == [poll.id]
    await looks.drain()
    assert asked(peer, poll) == 0
    bread.advance(minutes=2)
    await looks.drain()
    assert asked(peer, poll) == 1


async def test_the_loop_looks_by_itself_when_it_is_told_to(bread, peer, poll, looks):
    bread.advance(minutes=5)
    running = asyncio.create_task(looks.run())
    looks.ask(poll.id)
    async with asyncio.timeout(5):
        while await numbers(bread) != [3, 1]:
            await asyncio.sleep(0.01)
    await looks.stop()
    await running
    assert looks.last_ok == bread.now
    assert len(await bread.rows(t.remote_looks)) == 1
