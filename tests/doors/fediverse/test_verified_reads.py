"""Where every reader must sign, documents come from memory; who may read, and by which key, is looked at every time."""

from contextlib import asynccontextmanager

import pytest

from fedcoop.actions.fediverse.peers import block, unblock
from fedcoop.actions.instance.founding import close_member_actor, open_member_actor
from fedcoop.federation.inbox import authenticate
from fedcoop.federation.publish.outbox import publish_object
from fedcoop.storage import tables as t
from tests.doors.fediverse.test_objects import store
from tests.doors.harness import COOP, coop, keys_of
from tests.doors.peer import AS2, Peer, send
from tests.doors.votes import open_poll


@asynccontextmanager
async def two(folder):
    """A co-op that asks every reader to sign, and a server with an account that signs."""
    peer = Peer()
    await peer.start()
    async with coop(folder, federation={"authorized_fetch": True}) as bread:
        yield bread, peer.actor("ana"), peer
    await peer.close()


async def ask(bread, sent):
    return (await send(bread.session, sent))[0]


async def everything_of(bread):
    """Every kind of address that shows a document."""
    motion = await open_poll(bread)
    note = await store(bread)
    collections = [f"{bread.uri}/{name}" for name in ("outbox", "followers", "following", "featured", "affiliations")]
    return [bread.uri, motion.url, note, *collections, f"{bread.uri}/outbox?page=first", f"{note}/replies"]


async def test_what_was_read_a_moment_ago_is_shown_to_the_next_verified_reader_without_a_look_at_the_database(tmp_path):
    async with two(tmp_path) as (bread, ana, peer):
        ben = peer.actor("ben", rsa_number=1)
        urls = await everything_of(bread)
        for url in urls:
            assert await ask(bread, ana.signed_get(url, bread.now)) == 200
        assert await ask(bread, ben.signed_get(urls[0], bread.now)) == 200
        reads, read = [], bread.units.read
        bread.units.read = lambda query, *args: reads.append(query) or read(query, *args)
        for url in urls:
            assert await ask(bread, ben.signed_get(url, bread.now)) == 200
        assert reads == []
        assert await ask(bread, ben.signed_get(f"{bread.uri}/outbox?page=1", bread.now)) == 200
        assert len(reads) == 1, "what few ask for is not kept"


async def test_a_signature_that_held_is_read_once(tmp_path, monkeypatch):
    async with two(tmp_path) as (bread, ana, _):
        read, claims = authenticate.read_claim, []
        monkeypatch.setattr(authenticate, "read_claim", lambda *args: claims.append(args) or read(*args))
        sent = ana.signed_get(bread.uri, bread.now)
        assert [await ask(bread, sent) for _ in range(4)] == [200] * 4
        assert len(claims) == 1
        bread.advance(seconds=1)
        assert await ask(bread, ana.signed_get(bread.uri, bread.now)) == 200
        assert len(claims) == 2


@pytest.mark.parametrize("by", ["actor", "origin"])
async def test_a_blocked_reader_is_refused_in_the_very_next_request(tmp_path, by):
    async with two(tmp_path) as (bread, ana, peer):
        urls = await everything_of(bread)
        requests = [ana.signed_get(url, bread.now) for url in urls]
        assert {await ask(bread, sent) for sent in requests} == {200}
        target = ana.uri if by == "actor" else peer.origin
        await bread.units.write(block, target=target)
        assert {await ask(bread, sent) for sent in requests} == {401}
        await bread.units.write(unblock, target=target)
        assert {await ask(bread, sent) for sent in requests} == {200}


async def test_a_suspended_reader_is_refused(tmp_path):
    async with two(tmp_path) as (bread, ana, _):
        sent = ana.signed_get(bread.uri, bread.now)
        assert await ask(bread, sent) == 200

        def suspend(uow):
            uow.conn.execute(t.actors.update().where(t.actors.c.uri == ana.uri).values(suspended_at=uow.now))
            uow.wake("standing")

        await bread.units.write(suspend)
        assert await ask(bread, sent) == 401


@pytest.mark.parametrize("change", ["path", "query", "second", "host", "signature"])
async def test_a_kept_signature_is_good_for_its_own_request_only(tmp_path, change):
    async with two(tmp_path) as (bread, ana, _):
        sent = ana.signed_get(bread.uri, bread.now)
        assert await ask(bread, sent) == 200
        later = ana.signed_get(bread.uri, bread.now.replace(second=1))
        ways = {
            "path": lambda: sent.__class__(bread.uri + "/outbox", b"", sent.headers, "GET"),
            "query": lambda: sent.__class__(bread.uri + "?page=first", b"", sent.headers, "GET"),
            "second": lambda: sent.with_header("Date", dict(later.headers)["Date"]),
            "host": lambda: sent.with_header("Host", "elsewhere.example"),
            "signature": lambda: later.with_header("Signature", dict(sent.headers)["Signature"]),
        }
        assert await ask(bread, ways[change]()) == (200 if change == "query" else 401)
        assert await ask(bread, sent) == 200
        assert await ask(bread, later) == 200


async def test_a_kept_signature_grows_too_old_like_any_other(tmp_path):
    async with two(tmp_path) as (bread, ana, _):
        sent = ana.signed_get(bread.uri, bread.now)
        assert await ask(bread, sent) == 200
        bread.advance(minutes=64)
        assert await ask(bread, sent) == 200
        bread.advance(minutes=2)
        assert await ask(bread, sent) == 401
        assert await ask(bread, ana.signed_get(bread.uri, bread.now)) == 200


async def test_a_kept_signature_ends_with_the_key_that_made_it(tmp_path):
    async with two(tmp_path) as (bread, ana, peer):
        old = ana.signed_get(bread.uri, bread.now)
        assert await ask(bread, old) == 200
        ana = peer.actor("ana", rsa_number=1)
        bread.advance(minutes=6)
        assert await ask(bread, old) == 200, "nobody told of a new key"
        new = ana.signed_get(bread.uri, bread.now)
        assert await ask(bread, new) == 200, "and the owner was asked"
        assert await ask(bread, old) == 401
        assert await ask(bread, new) == 200


async def test_a_kept_signature_ends_with_its_actor(tmp_path):
    async with two(tmp_path) as (bread, ana, peer):
        sent = ana.signed_get(bread.uri, bread.now)
        assert await ask(bread, sent) == 200
        del peer.actors["ana"]
        gone = {"@context": AS2, "id": f"{ana.uri}#gone", "type": "Delete", "actor": ana.uri, "object": ana.uri}
        assert await bread.deliver(ana, gone) == 202
        assert await ask(bread, sent) == 401


async def test_what_changed_or_was_deleted_here_is_shown_so_in_the_very_next_request(tmp_path):
    async with two(tmp_path) as (bread, ana, _):
        uri = await store(bread)
        sent = ana.signed_get(uri, bread.now)
        assert (await send(bread.session, sent))[1]["content"] == "x"

        def change(uow):
            note = {"@context": AS2, "id": uri, "type": "Note", "content": "y", "to": [AS2 + "#Public"], "cc": []}
            publish_object(uow, uow.actors.local(COOP), note)

        await bread.units.write(change)
        assert (await send(bread.session, sent))[1]["content"] == "y"


async def test_a_profile_that_ends_is_gone_for_the_very_next_reader(tmp_path):
    async with two(tmp_path) as (bread, ana, _):
        member = await bread.add_member("bea")
        await bread.units.write(open_member_actor, member_id=member, name="bea", keys=keys_of("bea"))
        sent = ana.signed_get(f"{bread.origin}/actors/bea", bread.now)
        assert await ask(bread, sent) == 200
        await bread.units.write(close_member_actor, member_id=member)
        assert await ask(bread, sent) == 410


async def test_what_only_some_may_read_is_kept_for_nobody(tmp_path):
    async with two(tmp_path) as (bread, ana, peer):
        eve = peer.actor("eve", rsa_number=1)
        uri = await store(bread, public=False, audience=[ana.uri])
        for _ in range(2):
            assert await ask(bread, ana.signed_get(uri, bread.now)) == 200
            assert await ask(bread, eve.signed_get(uri, bread.now)) == 404
            assert (await bread.get(uri))[0] == 404


async def test_a_page_is_no_document_whoever_signs_and_a_document_is_shown_to_nobody_who_does_not(tmp_path):
    async with two(tmp_path) as (bread, ana, _):
        motion = await open_poll(bread)
        for url, page in ((bread.uri, 303), (motion.url, 200)):
            sent = ana.signed_get(url, bread.now)
            async with bread.session.get(url, headers=sent.headers, allow_redirects=False) as found:
                assert (found.status, found.content_type) == (200, "application/activity+json")
                assert (found.headers["Cache-Control"], "Signature" in found.headers["Vary"]) == (
                    "private, no-store",
                    1,
                )
            html = sent.with_header("Accept", "text/html").headers
            async with bread.session.get(url, headers=html, allow_redirects=False) as found:
                assert found.status == page
                assert found.content_type != "application/activity+json"
            assert (await bread.get(url))[0] == 401


async def test_a_look_that_began_before_a_change_is_not_kept(tmp_path):
    async with two(tmp_path) as (bread, _, _):
        cache, found = bread.parts.cache, []

        async def look():
            cache.forget()
            found.append(await bread.units.read(lambda uow: None))

        await cache.get("x", look)
        await cache.get("x", look)
        assert len(found) == 2
