"""Nothing received in time is lost or doubled: over a stop of the loop, a restart, a crash in the middle (federation.md 12.3)."""

import json
from functools import partial

import pytest

from fedcoop.actions.motions.motion import close
from fedcoop.federation.inbox import work
from fedcoop.federation.inbox.contract import digest_of
from fedcoop.federation.inbox.process import InboxProcessor
from fedcoop.federation.inbox.replays import Keys
from fedcoop.federation.server.inboxes import accept_inbound
from fedcoop.governance.motions.motion import MotionState
from fedcoop.storage import tables as t
from fedcoop.storage.records import Inbound
from tests.doors.peer import AS2
from tests.doors.votes import open_poll, vote


async def test_a_close_waits_for_votes_at_the_door_and_in_the_queue(bread, peer):
    ana = peer.actor("ana")
    await bread.link("ana", ana)
    motion = await open_poll(bread, days=2)
    bread.advance(days=1, hours=23, minutes=59, seconds=55)
    ticket = bread.in_flight.enter(bread.now)
    sent = ana.cavage(bread.inbox, vote(ana, bread, motion, "For"), bread.now)
    bread.advance(minutes=3)

    async def state():
        await bread.units.write(close, str(motion.id))
        return (await bread.units.read(lambda uow: uow.motions.get(motion.id))).state

    assert await state() is MotionState.OPEN, "a request is at the door"
    row = Inbound(0, ana.uri, sent.body, "signature", motion.closes_at, motion.closes_at, 0)
    await bread.units.write(accept_inbound, row, Keys(digest_of("x")), None)
    bread.in_flight.leave(ticket)
    assert await state() is MotionState.OPEN, "a row waits"
    await bread.process()
    assert await state() is MotionState.CLOSED
    assert len(await bread.rows(t.ballots)) == 1


async def test_a_thousand_votes_of_the_last_ten_seconds_all_count_after_a_restart(bread, peer):
    ana = peer.actor("ana")
    await bread.link("m0", ana)

    def more_members(uow):
        from fedcoop.actions.fediverse.remote import SeenActor, remember_actor
        from fedcoop.actions.members.member import NewMember, add_member, link_by_operator

        for n in range(1, 1000):
            uri = f"{peer.origin}/users/u{n}"
            actor = remember_actor(
                uow, SeenActor(uri, "Person", f"u{n}", "", "", uri, uri + "/inbox", "", "", "", {}, ())
            )
            member, _ = add_member(
                uow, new=NewMember(name=f"m{n}", email=f"m{n}@example.org", password_hash="x"), who="t"
            )
            link_by_operator(uow, member_id=member.id, actor=actor, handle="x@y")

    await bread.units.write(more_members)
    motion = await open_poll(bread, by="m0", days=2)
    bread.advance(days=1, hours=23, minutes=59, seconds=50)
    actions = []
    for n in range(1000):
        uri = ana.uri if n == 0 else f"{peer.origin}/users/u{n}"
        activity = vote(ana, bread, motion, "For", n)
        raw = json.dumps(activity).replace(ana.uri, uri).encode()
        row = Inbound(0, uri, raw, "signature", bread.now, bread.now, 0)
        actions.append(partial(accept_inbound, row=row, keys=Keys(digest_of(f"{uri}/{n}")), forget_after=None))
    assert await bread.units.write_many(actions) == [True] * 1000
    await bread.units.write(work.claim)  # a process that dies with its leases
    bread.advance(minutes=10)
    again = InboxProcessor(bread.units, bread.parts.remote)
    await again.drain()
    await bread.units.write(close, str(motion.id))
    assert len(await bread.rows(t.ballots)) == 1000
    assert await bread.rows(t.inbound) == []


async def test_two_loops_on_one_row_have_one_effect(bread, peer):
    ana = peer.actor("ana")
    follow = {"@context": AS2, "id": f"{ana.uri}/f", "type": "Follow", "actor": ana.uri, "object": bread.uri}
    assert await bread.post(ana.cavage(bread.inbox, follow, bread.now)) == 202
    [row] = await bread.units.write(work.claim)
    claimed = bread.processor._work(row)
    await bread.units.write_many([partial(work.apply, work=claimed, prepared=None)] * 2)
    assert len(await bread.rows(t.activities)) == 1


async def test_a_row_that_breaks_is_tried_five_times_and_then_kept_as_failed(bread, peer, monkeypatch):
    ana = peer.actor("ana")
    follow = {"@context": AS2, "id": f"{ana.uri}/f", "type": "Follow", "actor": ana.uri, "object": bread.uri}

    def broken(*_):
        raise RuntimeError("a bug")

    monkeypatch.setattr(bread.processor._handlers["follow"], "apply", broken)
    assert await bread.post(ana.cavage(bread.inbox, follow, bread.now)) == 202
    for attempt in range(1, 6):
        await bread.process()
        [row] = await bread.rows(t.inbound)
        assert (row.attempts, row.state) == (attempt, "failed" if attempt == 5 else "waiting")
        bread.advance(minutes=10)
    monkeypatch.undo()
    [row] = await bread.rows(t.inbound)
    await bread.units.write(lambda uow: uow.queues.retry(row.id, uow.now))
    await bread.process()
    assert len(await bread.rows(t.follows)) == 1


async def test_rows_of_one_actor_keep_their_order_behind_a_fetch(bread, peer):
    ana = peer.actor("ana")
    await bread.deliver(
        ana, {"@context": AS2, "id": f"{ana.uri}/f", "type": "Follow", "actor": ana.uri, "object": bread.uri}
    )
    for number, (type_, what) in enumerate([("Update", ana.uri), ("Undo", f"{ana.uri}/f"), ("Follow", bread.uri)]):
        activity = {"@context": AS2, "id": f"{ana.uri}/{number}", "type": type_, "actor": ana.uri, "object": what}
        assert await bread.post(ana.cavage(bread.inbox, activity, bread.now)) == 202
    await bread.process()
    assert [row.uri for row in await bread.rows(t.follows)] == [f"{ana.uri}/2"]


@pytest.mark.parametrize("down", [True, False])
async def test_what_needs_an_unreachable_server_is_tried_later(bread, peer, down):
    ana = peer.actor("ana")
    await bread.deliver(
        ana, {"@context": AS2, "id": f"{ana.uri}/f", "type": "Follow", "actor": ana.uri, "object": bread.uri}
    )
    ana.extra["name"] = "Ana Maria"
    peer.broken = down
    await bread.deliver(
        ana, {"@context": AS2, "id": f"{ana.uri}/u", "type": "Update", "actor": ana.uri, "object": ana.uri}
    )
    assert [row.state for row in await bread.rows(t.inbound)] == (["deferred"] if down else [])
    assert await bread.units.read(lambda uow: uow.queues.has_inbound_received_by(uow.now)) is False
    peer.broken = False
    bread.advance(minutes=5)
    await bread.process()
    assert "Ana Maria" in {row.display_name for row in await bread.rows(t.actors)}
