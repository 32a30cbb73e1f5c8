"""We were away: it is noticed, and linked members whose vote may be lost are told once (federation.md 18)."""

import asyncio
from datetime import timedelta
from functools import partial

import msgspec
import pytest

from fedcoop.actions.fediverse import outages
from fedcoop.actions.fediverse.outages import beat, come_back, tell_members
from fedcoop.actions.motions.ballots import cast_on_page
from fedcoop.federation.server.presence import Presence
from fedcoop.governance.motions.motion import Channel
from fedcoop.storage import tables as t
from tests.doors.loops import fire_timers, settle
from tests.doors.votes import open_poll, vote

LINE = "We were away from 10:00 to 10:05. If you voted then, vote once more here:"


async def away(bread, **length):
    """Nobody could reach the co-op for that long."""
    await bread.units.write(beat)
    bread.advance(**length)
    return await bread.units.write(beat)


def messages(peer):
    return [body["object"]["content"] for _, body in peer.posts if body["object"]["type"] == "Note"]


async def linked(bread, peer, *names):
    found = []
    for n, name in enumerate(names):
        actor = peer.actor(name, rsa_number=n % 2)
        await bread.link(name, actor)
        found.append(actor)
    await settle(bread)
    peer.posts.clear()
    return found


async def test_two_minutes_without_a_heartbeat_are_an_outage_and_less_is_none(bread):
    assert await bread.units.write(beat) is None
    bread.advance(minutes=1, seconds=59)
    assert await bread.units.write(beat) is None
    bread.advance(minutes=2)
    found = await bread.units.write(beat)
    assert (found.began_at, found.ended_at) == (bread.now - timedelta(minutes=2), bread.now)
    bread.advance(days=-9000)
    assert await bread.units.write(beat) is None, "a clock set back is none"
    bread.advance(days=9000, seconds=30)
    assert await bread.units.write(beat) is None, "nor is one that is right again"
    assert len(await bread.rows(t.outages)) == 1


async def test_the_door_says_that_it_is_open_until_it_closes(bread):
    presence = Presence(bread.units, every_s=0.01)
    running = asyncio.create_task(presence.run())
    async with asyncio.timeout(5):
        while presence.last_ok is None:
            await asyncio.sleep(0.005)
        bread.advance(minutes=3)
        while not await bread.rows(t.outages):
            await asyncio.sleep(0.005)
    bread.advance(seconds=30)
    await presence.stop()
    await running
    assert (await bread.rows(t.heartbeats))[0].at == bread.now


async def test_a_linked_member_without_a_ballot_is_told_once_and_votes_once_more(bread, peer):
    ana, ben = await linked(bread, peer, "ana", "ben")
    motion = await open_poll(bread)
    await bread.deliver(ben, vote(ben, bread, motion, "For"))
    peer.posts.clear()
    await away(bread, minutes=5)
    await settle(bread)
    told = messages(peer)
    assert len(told) == 1
    assert LINE in told[0]
    assert motion.url in told[0]
    assert "Times are UTC." in told[0]
    assert [path for path, body in peer.posts if body["object"]["type"] == "Note"] == ["/users/ana/inbox"]
    outage = (await bread.rows(t.outages))[0]
    await bread.units.write(tell_members, str(outage.id))
    await settle(bread)
    assert len(messages(peer)) == 1
    await bread.deliver(ana, vote(ana, bread, motion, "Against", 2))
    assert len(await bread.rows(t.ballots)) == 2


async def test_one_account_of_a_member_hears_of_it_the_last_that_was_confirmed(bread, peer):
    await linked(bread, peer, "ana")
    bread.advance(minutes=1)
    second = peer.actor("ana2", rsa_number=1)
    await bread.link("ana", second)
    await settle(bread)
    peer.posts.clear()
    await open_poll(bread, by="ana")
    await away(bread, minutes=5)
    await settle(bread)
    notes = [body for _, body in peer.posts if body["object"]["type"] == "Note"]
    assert [note["to"] for note in notes] == [[second.uri]]


async def test_nobody_is_told_of_what_they_could_not_have_lost(bread, peer):
    await linked(bread, peer, "ana")
    await open_poll(bread, channels=frozenset({Channel.WEB}), by="ana")
    await away(bread, minutes=5)
    bread.advance(minutes=1)
    await open_poll(bread, by="ana")
    await bread.units.write(come_back, bread.now - timedelta(minutes=5))
    await bread.add_member("late")
    await bread.link("late", peer.actor("late"))
    await settle(bread)
    assert [text for text in messages(peer) if "away" in text] == []


async def test_what_is_for_members_only_is_never_named_to_their_servers(bread, peer):
    await linked(bread, peer, "ana")
    motion = await open_poll(bread, by="ana")

    def keep_inside(uow):
        uow.conn.execute(t.plans.update().where(t.plans.c.proposal_id == motion.proposal_id).values(audience="members"))

    await bread.units.write(keep_inside)
    await away(bread, minutes=5)
    await settle(bread)
    assert [text for text in messages(peer) if "away" in text] == []


async def test_who_may_not_vote_and_whose_account_rests_is_not_told(bread, peer):
    await linked(bread, peer, "ana", "ben", "cyd")
    await open_poll(bread, by="cyd")

    def rest(uow):
        uow.members.freeze_links_of_member(bread.members["ana"], "gone")
        uow.conn.execute(t.members.update().where(t.members.c.id == bread.members["ben"]).values(status="suspended"))

    await bread.units.write(rest)
    await away(bread, minutes=5)
    await settle(bread)
    assert [body["to"] for _, body in peer.posts if "away" in body["object"].get("content", "")] == [
        [f"{peer.origin}/users/cyd"]
    ]


async def test_a_vote_that_closed_meanwhile_says_so_and_the_office_sees_it(bread, peer):
    await linked(bread, peer, "ana")
    motion = await open_poll(bread, by="ana", days=1)
    bread.advance(hours=23, minutes=58)
    await away(bread, minutes=30)
    await settle(bread)
    told = [text for text in messages(peer) if "away" in text]
    assert len(told) == 1
    assert "We were away from 09:58 to 10:28." in told[0]
    assert "This closed meanwhile." in told[0]
    assert "vote once more" not in told[0]
    audited = [row for row in await bread.rows(t.audit_log) if row.what == "closed-while-away"]
    assert [(row.subject, row.details["from"]) for row in audited] == [(motion.url, "2026-03-02T09:58:00Z")]
    stored = await bread.units.read(lambda uow: uow.motions.get(motion.id))
    assert stored.closes_at == motion.closes_at, "an ordinary vote is not extended (governance.md 2, 13.3)"


async def test_many_members_are_told_in_parts_and_each_three_times_a_day_at_most(bread, peer, monkeypatch):
    monkeypatch.setattr(outages, "TOLD_AT_ONCE", 2)
    await linked(bread, peer, "ana", "ben", "cyd")
    await open_poll(bread, by="ana")
    for n in range(5):
        await away(bread, minutes=5)
        await fire_timers(bread)
        assert len(await bread.rows(t.outage_notices)) == min(3 * n, 9) + (2 if n < 3 else 0)
        bread.advance(seconds=5)
        await fire_timers(bread)
        assert len(await bread.rows(t.outage_notices)) == min(3 * (n + 1), 9)
    await settle(bread)
    assert len([text for text in messages(peer) if "away" in text]) == 9


@pytest.mark.parametrize(
    ("zone", "times", "clocks"),
    [
        ("Europe/Berlin", "11:00 to 11:05", "Times are Berlin time."),
        ("America/New_York", "05:00 to 05:05", "Times are New York time."),
    ],
)
async def test_times_are_those_of_the_co_ops_own_clocks(bread, peer, zone, times, clocks, monkeypatch):
    site = bread.units.site
    instance = msgspec.structs.replace(site.config.instance, time_zone=zone)
    config = msgspec.structs.replace(site.config, instance=instance)
    monkeypatch.setattr(bread.units, "site", type(site)(config, site.urls, site.vault))
    await linked(bread, peer, "ana")
    await open_poll(bread, by="ana")
    await away(bread, minutes=5)
    await settle(bread)
    (told,) = [text for text in messages(peer) if "away" in text]
    assert f"from {times}. " in told
    assert clocks in told


async def test_a_ballot_cast_on_the_page_is_a_ballot(bread, peer):
    await linked(bread, peer, "ana")
    motion = await open_poll(bread, by="ana")
    mine = {"voter": bread.members["ana"], "uuid": motion.uuid, "marks": ("for",), "reason": ""}
    await bread.units.write(partial(cast_on_page, **mine, received_at=bread.now))
    await away(bread, minutes=5)
    await settle(bread)
    assert [text for text in messages(peer) if "away" in text] == []
