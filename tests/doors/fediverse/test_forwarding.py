"""We pass on what carries its author's proof and replies to us, unchanged; nothing else, and votes never (federation.md 8.3)."""

import asyncio
import json
from datetime import timedelta

import pytest

from fedcoop.config import DeliveryConfig
from fedcoop.federation.delivery.worker import DeliveryWorker
from fedcoop.storage import tables as t
from tests.doors.fediverse.test_inbox_links import PUBLIC, with_proof
from tests.doors.peer import AS2, Peer
from tests.doors.votes import open_poll, vote


@pytest.fixture
async def far():
    """Another server, whose user follows the co-op."""
    running = Peer()
    await running.start()
    yield running
    await running.close()


@pytest.fixture
async def ana(bread, peer, far):
    for server, number in ((peer, 0), (far, 1)):
        reader = server.actor("reader", rsa_number=number)
        follow = {"@context": AS2, "id": f"{reader.uri}/f", "type": "Follow", "actor": reader.uri, "object": bread.uri}
        assert await bread.deliver(reader, follow) == 202
    await bread.units.write(lambda uow: uow.conn.execute(t.deliveries.delete()))
    return peer.actor("ana", ed_number=0)


def reply(author, bread, motion, number=1, type_="Create", **more):
    note = {
        "id": f"{author.uri}/notes/{number}",
        "type": "Note",
        "attributedTo": author.uri,
        "to": [PUBLIC],
        "cc": [bread.uri + "/followers"],
        "inReplyTo": motion.url,
        "content": "Good: ü 1.50",
    }
    activity = {"id": f"{author.uri}/act/{type_}/{number}", "type": type_, "actor": author.uri}
    return {**activity, "to": [PUBLIC], "cc": [bread.uri + "/followers"], "object": {**note, **more}}


async def waiting(bread):
    rows = {row.id: row for row in await bread.rows(t.activities)}
    return [(rows[row.activity_id].document, row.inbox) for row in await bread.rows(t.deliveries)]


async def passed_on(bread):
    """Where the words of others wait to be sent; what the co-op says itself is not among them."""
    return [inbox for document, inbox in await waiting(bread) if json.loads(document)["actor"] != bread.uri]


async def test_a_proven_reply_reaches_followers_elsewhere_byte_for_byte(bread, peer, far, ana):
    motion = await open_poll(bread)
    await bread.units.write(lambda uow: uow.conn.execute(t.deliveries.delete()))
    body = json.dumps(with_proof(ana, reply(ana, bread, motion), bread), indent=1).encode()
    for _ in range(2):
        assert await bread.post(ana.cavage(bread.inbox, body, bread.now)) == 202
        await bread.process()
    assert await waiting(bread) == [(body.decode(), far.origin + "/inbox")]
    _, _, outbox = await bread.get(bread.uri + "/outbox?page=1")
    assert ana.uri not in json.dumps(outbox)
    worker = DeliveryWorker(bread.units, bread.parts.transport, DeliveryConfig())
    running = asyncio.create_task(worker.run())
    async with asyncio.timeout(10):
        while not far.posts:
            await asyncio.sleep(0.02)
    await worker.stop()
    await running
    assert far.posts == [("/inbox", json.loads(body))]
    assert far.bodies == [body]
    assert bread.uri in far.headers[-1]["Signature"]
    assert peer.posts == []


async def test_words_that_are_passed_on_wait_for_what_they_reply_to(bread, peer, far, ana):
    motion = await open_poll(bread)
    activity = with_proof(ana, reply(ana, bread, motion), bread)
    assert await bread.deliver(ana, activity) == 202
    rows = {row.id: row for row in await bread.rows(t.activities)}
    held = [(row.order_key, row.waits_for) for row in await bread.rows(t.deliveries)]
    assert (activity["object"]["id"], motion.url) in held
    jobs = await bread.units.write(
        lambda uow: uow.queues.claim_deliveries(uow.now, limit=50, lease=timedelta(minutes=2))
    )
    assert {rows[job.activity_id].object for job in jobs} == {motion.url}


async def test_its_changes_and_its_end_are_passed_on_too(bread, peer, far, ana):
    motion = await open_poll(bread)
    first = reply(ana, bread, motion)
    await bread.deliver(ana, with_proof(ana, first, bread))
    await bread.units.write(lambda uow: uow.conn.execute(t.deliveries.delete()))
    update = reply(ana, bread, motion, type_="Update", content="Better", updated="2026-03-01T11:00:00Z")
    await bread.deliver(ana, with_proof(ana, update, bread))
    delete = {**reply(ana, bread, motion, type_="Delete"), "object": first["object"]["id"]}
    await bread.deliver(ana, with_proof(ana, delete, bread))
    assert [json.loads(document)["type"] for document, _ in await waiting(bread)] == ["Update", "Delete"]


@pytest.mark.parametrize(
    "bend",
    [
        "no proof",
        "not to our followers",
        "not public",
        "reply to a reply",
        "reply to nothing",
        "of another suite",
        "forwarded",
        "vote",
    ],
)
async def test_nothing_else_is_passed_on(bread, peer, far, ana, bend):
    await bread.link("noor", ana)
    motion = await open_poll(bread)
    await bread.deliver(ana, with_proof(ana, reply(ana, bread, motion, 7), bread))
    await bread.units.write(lambda uow: uow.conn.execute(t.deliveries.delete()))
    activity, sender = reply(ana, bread, motion), ana
    match bend:
        case "not to our followers":
            activity["cc"] = [bread.uri]
        case "not public":
            activity = reply(ana, bread, motion, to=[bread.uri])
            activity["to"] = [bread.uri]
        case "reply to a reply":
            activity = reply(ana, bread, motion, inReplyTo=f"{ana.uri}/notes/7")
        case "reply to nothing":
            activity = reply(ana, bread, motion, inReplyTo=None)
        case "forwarded":
            sender = far.actor("relay", rsa_number=1)
        case "vote":
            activity = {**vote(ana, bread, motion, "For"), "to": [bread.uri + "/followers"]}
    document = {**activity, "@context": AS2} if bend == "no proof" else with_proof(ana, activity, bread)
    if bend == "of another suite":
        document["proof"]["cryptosuite"] = "mldsa44-jcs-2024"
    assert await bread.deliver(sender, document) == 202
    assert await passed_on(bread) == []
    good = with_proof(ana, reply(ana, bread, motion, 9), bread)
    assert await bread.deliver(ana, good) == 202
    assert await passed_on(bread) == [far.origin + "/inbox"]


async def test_one_origin_has_sixty_an_hour_passed_on(bread, peer, far, ana):
    motion = await open_poll(bread)
    await bread.units.write(lambda uow: uow.conn.execute(t.deliveries.delete()))
    for number in range(62):
        sent = ana.cavage(bread.inbox, with_proof(ana, reply(ana, bread, motion, number), bread), bread.now)
        assert await bread.post(sent) == 202
    await bread.process()
    assert len(await waiting(bread)) == 60
    assert len(await bread.rows(t.notes)) == 62


async def test_a_copy_that_a_relay_brought_first_does_not_stand_in_the_way(bread, peer, far, ana):
    await bread.link("noor", ana)
    motion = await open_poll(bread)
    proven = with_proof(ana, vote(ana, bread, motion, "For"), bread)
    relay = far.actor("relay", rsa_number=1)
    assert await bread.deliver(relay, proven) == 202
    assert await bread.rows(t.ballots) == []
    assert await bread.audit_codes("vote-refused") == ["forged"]
    assert await bread.deliver(ana, proven) == 202
    assert len(await bread.rows(t.ballots)) == 1
