"""A block holds at once where it is set, within a second elsewhere, and for connections that we open (federation.md 8.1, 9)."""

import asyncio
import base64
import re

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

from fedcoop.accounts.actor_keys import new_keys
from fedcoop.actions.fediverse.peers import block, unblock
from fedcoop.actions.fediverse.remote import note_handle
from fedcoop.actions.instance.founding import INSTANCE_ACTOR, rotate_keys
from fedcoop.federation.inbox.standing import Standing
from fedcoop.kernel.errors import NotFound, PeerUnreachable
from fedcoop.storage import tables as t
from tests.doors.harness import keys_of
from tests.doors.peer import AS2


def follow(actor, bread, number=1):
    return {
        "@context": AS2,
        "id": f"{actor.uri}/follow/{number}",
        "type": "Follow",
        "actor": actor.uri,
        "object": bread.uri,
    }


async def until(condition):
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.005)


async def test_a_block_and_its_end_hold_at_once_both_ways(bread, peer):
    ana = peer.actor("ana")
    assert await bread.deliver(ana, follow(ana, bread)) == 202
    await bread.units.write(block, target=peer.origin)
    assert await bread.post(ana.cavage(bread.inbox, follow(ana, bread, 2), bread.now)) == 403
    asked = len(peer.requests)
    with pytest.raises(PeerUnreachable, match="origin-blocked"):
        await bread.parts.documents.fetch(ana.uri)
    with pytest.raises(PeerUnreachable, match="origin-blocked"):
        await bread.parts.transport.post(ana.uri + "/inbox", headers={}, body=b"{}")
    assert len(peer.requests) == asked
    assert await bread.rows(t.deliveries) == []
    await bread.units.write(unblock, target=peer.origin)
    assert await bread.post(ana.cavage(bread.inbox, follow(ana, bread, 2), bread.now)) == 202
    assert (await bread.parts.documents.fetch(ana.uri))["id"] == ana.uri


async def test_an_account_is_blocked_by_whatever_people_write_of_it(bread, peer):
    ana = peer.actor("ana", url=peer.origin + "/@ana")
    await bread.parts.actors.actor(ana.uri)
    await bread.units.write(note_handle, uri=ana.uri, handle="ana@social.example")
    for written in (ana.uri, peer.origin + "/@ana", "@ana@social.example", "acct:Ana@Social.example"):
        await bread.units.write(block, target=written)
        assert await bread.post(ana.cavage(bread.inbox, follow(ana, bread), bread.now)) == 403, written
        assert [row.target for row in await bread.rows(t.blocks)] == [ana.uri]
        assert await bread.units.write(unblock, target=written)
    with pytest.raises(NotFound, match="actor-unknown"):
        await bread.units.write(block, target="@nobody@social.example")
    assert await bread.rows(t.blocks) == []


async def test_connections_are_refused_soon_where_nobody_asks_who_is_blocked(bread, peer):
    ana = peer.actor("ana")
    await bread.units.write(block, target=peer.origin)
    await until(lambda: bread.parts.standing.has_blocked(peer.origin))
    with pytest.raises(PeerUnreachable, match="origin-blocked"):
        await bread.parts.documents.fetch(ana.uri)


async def test_a_block_by_another_process_holds_within_a_second(bread, peer):
    ana = peer.actor("ana")
    elsewhere = Standing(bread.units, bread.clock)
    assert not await elsewhere.is_blocked(peer.origin)
    await bread.units.write(block, target=peer.origin)
    bread.advance(seconds=1)
    assert await elsewhere.is_blocked(peer.origin)
    assert await bread.post(ana.cavage(bread.inbox, follow(ana, bread), bread.now)) == 403


async def test_a_block_set_while_the_database_is_asked_is_not_overlooked(bread, peer):
    class Overtaken:
        """Answers with what was true before the block."""

        async def read(self, query):
            found = await bread.units.read(query)
            if not await bread.rows(t.blocks):
                await bread.units.write(block, target=peer.origin)
                standing.forget()
            return found

    standing = Standing(Overtaken(), bread.clock)
    assert await standing.is_blocked(peer.origin)


def is_signed_by(pem, path, headers):
    """Whether a GET in the older form holds with this key."""
    parts = dict(re.findall(r'(\w+)="([^"]*)"', headers["Signature"]))
    values = {"(request-target)": f"get {path}", **{name.lower(): value for name, value in headers.items()}}
    text = "\n".join(f"{name}: {values[name]}" for name in parts["headers"].split())
    key = serialization.load_pem_public_key(pem.encode())
    try:
        key.verify(base64.b64decode(parts["signature"]), text.encode(), padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


async def test_fetches_are_signed_with_the_new_key_soon_after_it_was_changed(bread, peer):
    ana = peer.actor("ana")
    keys = new_keys()
    old, new = keys_of(INSTANCE_ACTOR)[0].material, next(key.material for key in keys if key.algorithm == "rsa")

    async def signed_by(pem):
        await bread.parts.documents.fetch(ana.uri)
        return is_signed_by(pem, "/users/ana", peer.headers[-1])

    def change(uow):
        rotate_keys(uow, actor_id=uow.actors.find(uow.urls.instance_actor).id, keys=keys)

    assert await signed_by(old)
    await bread.units.write(change)
    bread.advance(seconds=10)
    await bread.parts.refresher.run_once()
    assert await signed_by(new)
    assert not await signed_by(old)
