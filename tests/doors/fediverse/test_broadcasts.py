"""What many hear at once is fetched after a random pause, but what freezes a link is not delayed (federation.md 9, 14.4)."""

import json

import pytest

from fedcoop.federation.inbox.process import InboxProcessor, up_to_a_minute
from fedcoop.storage import tables as t
from tests.doors.peer import AS2
from tests.doors.votes import open_poll, vote

PAUSE_S = 40.0


def act(actor, type_, obj, number=1, **more):
    base = {"@context": AS2, "id": f"{actor.uri}/act/{type_}/{number}", "type": type_}
    return {**base, "actor": actor.uri, "object": obj, **more}


@pytest.fixture
async def patient(bread):
    """The instance, with a loop that waits forty seconds where it may wait up to sixty."""
    bread.processor = InboxProcessor(bread.units, bread.parts.remote, pause_s=lambda: PAUSE_S)
    return bread


async def known(bread, peer, name, number=0):
    found = peer.actor(name, rsa_number=number)
    await bread.parts.actors.actor(found.uri)
    return found


def test_the_pause_is_between_nothing_and_a_minute():
    pauses = [up_to_a_minute() for _ in range(500)]
    assert 0 <= min(pauses) < 15
    assert 45 < max(pauses) <= 60


async def test_news_of_an_actor_is_looked_at_after_the_pause_once(patient, peer):
    ana = await known(patient, peer, "ana")
    ana.extra["name"] = "Ana Maria"
    asked = len(peer.requests)
    await patient.deliver(ana, act(ana, "Update", ana.document()))
    patient.advance(seconds=PAUSE_S - 1)
    await patient.process()
    assert len(peer.requests) == asked
    assert [row.state for row in await patient.rows(t.inbound)] == ["deferred"]
    patient.advance(seconds=1)
    await patient.process()
    assert len(peer.requests) == asked + 1
    assert "Ana Maria" in {row.display_name for row in await patient.rows(t.actors)}
    assert await patient.rows(t.inbound) == []


async def test_other_words_of_the_actor_and_a_close_do_not_wait_for_it(patient, peer):
    ana = await known(patient, peer, "ana")
    await patient.deliver(ana, act(ana, "Update", ana.document()))
    await patient.deliver(ana, act(ana, "Follow", patient.uri))
    assert len(await patient.rows(t.follows)) == 1
    assert await patient.units.read(lambda uow: uow.queues.has_inbound_received_by(uow.now)) is False


@pytest.mark.parametrize("sure", [False, True])
async def test_a_voter_whose_server_says_something_new_is_looked_at_before_the_next_vote(patient, peer, sure):
    """The inbox of the linked account moves to another host: its vote counts no more from the moment we hear of it."""
    ana = peer.actor("ana")
    await patient.link("noor", ana)
    motion = await open_poll(patient)
    if not sure:
        ana.extra.update(inbox="https://elsewhere.example/inbox")
    for activity in (act(ana, "Update", ana.document()), vote(ana, patient, motion, "For")):
        assert await patient.post(ana.cavage(patient.inbox, activity, patient.now)) == 202
    await patient.process()
    assert len(await patient.rows(t.ballots)) == (1 if sure else 0)
    assert [row.state for row in await patient.rows(t.links)] == ["active" if sure else "frozen"]


async def test_a_vote_under_keys_that_no_known_key_announced_does_not_count(patient, peer):
    ana = peer.actor("ana")
    await patient.link("noor", ana)
    motion = await open_poll(patient)
    patient.advance(minutes=6)
    ana.rsa_number = 1
    for activity in (act(ana, "Update", ana.document()), vote(ana, patient, motion, "For")):
        assert await patient.deliver(ana, activity) == 202
    assert await patient.rows(t.ballots) == []
    assert [(row.state, row.reason) for row in await patient.rows(t.links)] == [("frozen", "keys-changed")]


async def test_a_signed_update_before_new_keys_keeps_the_link_and_the_vote_counts(patient, peer):
    ana = peer.actor("ana")
    await patient.link("noor", ana)
    motion = await open_poll(patient)
    sent = ana.cavage(patient.inbox, act(ana, "Update", ana.document()), patient.now)
    ana.rsa_number = 1
    assert await patient.post(sent) == 202
    await patient.process()
    assert await patient.deliver(ana, vote(ana, patient, motion, "For")) == 202
    assert len(await patient.rows(t.ballots)) == 1
    assert [row.state for row in await patient.rows(t.links)] == ["active"]


async def test_what_a_group_relays_is_fetched_after_the_pause(patient, peer):
    group, eve = await known(patient, peer, "bakers"), await known(patient, peer, "eve", 1)
    group.extra["type"] = "Group"
    await patient.units.write(_follow, group.uri)
    post = {"id": f"{eve.uri}/notes/1", "type": "Note", "attributedTo": eve.uri, "to": [AS2 + "#Public"]}
    peer.documents["/users/eve/notes/1"] = (200, {"@context": AS2, **post, "content": "Hello"})
    await patient.deliver(group, act(group, "Announce", post["id"]))
    assert await patient.rows(t.notes) == []
    patient.advance(seconds=PAUSE_S)
    await patient.process()
    assert len(await patient.rows(t.notes)) == 1, json.dumps(peer.requests)


def _follow(uow, uri):
    """Our co-op follows the group, which accepted long ago."""
    group, coop = uow.actors.find(uri), uow.actors.local(uow.site.coop_name)
    uow.conn.execute(t.actors.update().where(t.actors.c.id == group.id).values(kind="Group"))
    values = {"id": uow.new_id(), "follower_id": coop.id, "followee_id": group.id, "uri": "x", "state": "accepted"}
    uow.conn.execute(t.follows.insert().values(**values, created_at=uow.now))
