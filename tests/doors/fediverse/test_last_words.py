"""A block ends follows both ways, and both sides are told so: the last that goes to a blocked server (federation.md 18)."""

import pytest

from fedcoop.actions.fediverse import peers
from fedcoop.actions.fediverse.peers import block, follow, unblock
from fedcoop.storage import tables as t
from tests.doors.loops import send_all, settle
from tests.doors.peer import AS2


def ask(actor, bread, number=1):
    return {
        "@context": AS2,
        "id": f"{actor.uri}/follow/{number}",
        "type": "Follow",
        "actor": actor.uri,
        "object": bread.uri,
    }


def accept(actor, activity):
    return {
        "@context": AS2,
        "id": f"{activity['id']}/accepted",
        "type": "Accept",
        "actor": actor.uri,
        "object": activity["id"],
    }


async def both_ways(bread, peer, name, rsa_number=0):
    """An account of the peer that follows the co-op and is followed by it."""
    actor = peer.actor(name, rsa_number=rsa_number)
    await bread.deliver(actor, ask(actor, bread))
    await bread.units.write(follow, actor_uri=actor.uri)
    await send_all(bread)
    sent = next(body for path, body in peer.posts if body["type"] == "Follow" and body["object"] == actor.uri)
    await bread.deliver(actor, accept(actor, sent))
    return actor


def told(peer, type_):
    return [(path, body["object"]) for path, body in peer.posts if body["type"] == type_]


@pytest.mark.parametrize("target", ["origin", "actor"])
async def test_a_block_tells_followers_and_followed_that_it_is_over(bread, peer, target):
    ana, ben = await both_ways(bread, peer, "ana"), await both_ways(bread, peer, "ben", 1)
    peer.posts.clear()
    await bread.units.write(block, target=peer.origin if target == "origin" else ana.uri)
    await settle(bread)
    gone = [ana, ben] if target == "origin" else [ana]
    assert sorted((path, follow["id"], follow["actor"]) for path, follow in told(peer, "Reject")) == [
        (f"/users/{actor.name}/inbox", f"{actor.uri}/follow/1", actor.uri) for actor in gone
    ]
    assert sorted(follow["object"] for _, follow in told(peer, "Undo")) == [actor.uri for actor in gone]
    assert len(await bread.rows(t.follows)) == 2 * (2 - len(gone))
    assert await bread.rows(t.deliveries) == []


async def test_nothing_but_last_words_goes_to_whom_we_blocked(bread, peer):
    ana = await both_ways(bread, peer, "ana")
    peer.posts.clear()
    await bread.deliver(ana, ask(ana, bread))
    await bread.units.write(block, target=peer.origin)
    await settle(bread)
    assert sorted(body["type"] for _, body in peer.posts) == ["Reject", "Undo"], "the waiting Accept is dropped"
    peer.posts.clear()
    await bread.units.write(block, target=peer.origin)
    await settle(bread)
    assert peer.posts == []


@pytest.mark.parametrize("number", [1, 2], ids=["under the id of before", "under a new id"])
async def test_after_the_block_is_lifted_a_new_follow_is_accepted_and_stays(bread, peer, number):
    ana = await both_ways(bread, peer, "ana")
    bread.advance(minutes=1)
    await bread.units.write(block, target=peer.origin)
    assert await bread.post(ana.cavage(bread.inbox, ask(ana, bread, number), bread.now)) == 403
    await bread.units.write(unblock, target=peer.origin)
    peer.posts.clear()
    assert await bread.deliver(ana, ask(ana, bread, number)) == 202
    await settle(bread)
    assert [body["type"] for path, body in peer.posts if path == "/users/ana/inbox"][-1] == "Accept"
    assert [row.state for row in await bread.rows(t.follows)] == ["accepted"]


async def test_a_follow_asked_for_anew_outlives_the_reject_that_waited(bread, peer):
    """What is said to one actor goes in order: `Reject` of the old follow, then `Accept` of the new one."""
    ana = await both_ways(bread, peer, "ana")
    peer.posts.clear()
    await bread.units.write(block, target=peer.origin)
    await bread.units.write(peers.say_last_words, "")
    await bread.units.write(unblock, target=peer.origin)
    await bread.deliver(ana, ask(ana, bread, 2))
    await settle(bread)
    assert [body["type"] for _, body in peer.posts] == ["Undo", "Reject", "Accept"]
    assert [row.state for row in await bread.rows(t.follows)] == ["accepted"]


async def test_so_many_followers_are_told_little_by_little_and_too_many_are_dropped(bread, peer, monkeypatch):
    monkeypatch.setattr(peers, "TOLD_AT_ONCE", 2)
    monkeypatch.setattr(peers, "MAX_TOLD", 5)
    actors = [peer.actor(f"u{n}", rsa_number=n % 2) for n in range(7)]
    for actor in actors:
        await bread.deliver(actor, ask(actor, bread))
    await send_all(bread)
    await bread.units.write(block, target=peer.origin)
    assert [row.state for row in await bread.rows(t.follows)] == ["rejected"] * 5
    await bread.units.write(peers.say_last_words, "")
    assert len(await bread.rows(t.deliveries)) == 2
    await settle(bread)
    assert len(told(peer, "Reject")) == 5
    assert await bread.rows(t.follows) == []
    blocked = next(row for row in await bread.rows(t.audit_log) if row.what == "peer-blocked")
    assert blocked.details == {"untold": 2}
