"""Keys, inbox and end of a linked account as its server shows them over time: when votes go on counting (federation.md 14.4)."""

import pytest

from fedcoop.actions.fediverse.remote import note_handle
from fedcoop.federation.signatures.keys import PrivateKey
from fedcoop.federation.signatures.proofs import add_proof
from fedcoop.kernel.errors import PeerError
from fedcoop.storage import tables as t
from tests.doors.peer import AS2, ed_key, multibase_of, pem_of, rsa_key
from tests.doors.votes import open_poll, vote

pytestmark = pytest.mark.timeout(60)
PROVEN = [AS2, "https://w3id.org/security/data-integrity/v2"]


@pytest.fixture
async def ana(bread, peer):
    """A linked account with one RSA key."""
    actor = peer.actor("ana")
    await bread.link("noor", actor)
    return actor


def act(actor, type_, object_, number=1):
    return {"@context": AS2, "id": f"{actor.uri}/act/{number}", "type": type_, "actor": actor.uri, "object": object_}


async def look_again(bread, ana):
    """A day later the account is looked at anew."""
    bread.advance(hours=25)
    await bread.parts.actors.actor(ana.uri)


async def links(bread):
    return [(row.state, row.reason) for row in await bread.rows(t.links)]


async def known(bread, ana):
    rows = [row for row in await bread.rows(t.actor_keys) if row.key_id.startswith(ana.uri)]
    return {row.key_id.rpartition("#")[2]: row.known for row in rows}


def with_multikey(ana, number=0):
    """The account shows an Ed25519 key beside the RSA one."""
    ana.ed_number = number


def without_rsa(ana):
    """Only the Ed25519 key is left."""
    multikey = {"id": f"{ana.uri}#ed25519-key", "type": "Multikey", "controller": ana.uri}
    ana.extra.update(publicKey=None, assertionMethod=[{**multikey, "publicKeyMultibase": multibase_of(ed_key(0))}])


async def counted(bread, sent):
    """Deliver a vote; return how many ballots there are."""
    assert await bread.post(sent) == 202
    await bread.process()
    return len(await bread.rows(t.ballots))


async def test_a_further_key_beside_an_unchanged_one_freezes_nothing_and_votes_go_on_counting(bread, ana):
    motion = await open_poll(bread)
    with_multikey(ana)
    await look_again(bread, ana)
    assert await links(bread) == [("active", "")]
    assert await known(bread, ana) == {"main-key": True, "ed25519-key": False}
    assert await counted(bread, ana.cavage(bread.inbox, vote(ana, bread, motion, "For"), bread.now)) == 1


async def test_a_key_that_merely_appeared_does_not_vote_alone(bread, ana):
    """Who registers a lost domain anew can copy the old public key and put one beside it."""
    motion = await open_poll(bread)
    with_multikey(ana)
    await look_again(bread, ana)
    assert await counted(bread, ana.rfc9421(bread.inbox, vote(ana, bread, motion, "For"), bread.now, ed=True)) == 0
    assert await links(bread) == [("frozen", "keys-changed")]
    assert await bread.audit_codes("vote-refused") == ["unlinked"]


async def test_it_is_known_once_it_signed_what_the_old_key_signed(bread, ana):
    motion = await open_poll(bread)
    with_multikey(ana)
    await look_again(bread, ana)
    like = {**act(ana, "Like", motion.url), "@context": PROVEN}
    proven = add_proof(like, PrivateKey(ed_key(0)), f"{ana.uri}#ed25519-key", bread.now)
    assert await bread.deliver(ana, proven) == 202
    assert await known(bread, ana) == {"main-key": True, "ed25519-key": True}
    assert await counted(bread, ana.rfc9421(bread.inbox, vote(ana, bread, motion, "For"), bread.now, ed=True)) == 1
    assert await links(bread) == [("active", "")]


@pytest.mark.parametrize("signer", ["known", "new"])
async def test_only_a_known_key_announces_that_another_goes(bread, ana, signer):
    with_multikey(ana)
    await look_again(bread, ana)
    if signer == "known":
        await bread.deliver(ana, act(ana, "Update", ana.document()))
    update = ana.rfc9421(bread.inbox, act(ana, "Update", ana.document(), 2), bread.now, ed=True)
    assert await bread.post(update) == 202
    without_rsa(ana)
    await bread.process()
    assert await links(bread) == [("active", "")] if signer == "known" else [("frozen", "keys-changed")]


async def test_a_key_that_goes_without_a_word_freezes(bread, ana):
    with_multikey(ana)
    await look_again(bread, ana)
    without_rsa(ana)
    await look_again(bread, ana)
    assert await links(bread) == [("frozen", "keys-changed")]


async def test_another_key_under_the_same_id_freezes_and_another_id_of_the_same_key_does_not(bread, ana):
    pem = pem_of(rsa_key(0))
    ana.extra["publicKey"] = {"id": f"{ana.uri}/main-key", "owner": ana.uri, "publicKeyPem": pem.replace("\n", "\r\n")}
    await look_again(bread, ana)
    assert await links(bread) == [("active", "")]
    ana.extra["publicKey"] = {"id": f"{ana.uri}/main-key", "owner": ana.uri, "publicKeyPem": pem_of(rsa_key(1))}
    await look_again(bread, ana)
    assert await links(bread) == [("frozen", "keys-changed")]


async def test_a_new_link_takes_the_keys_as_they_are(bread, peer):
    ben = peer.actor("ben")
    await bread.parts.actors.actor(ben.uri)
    with_multikey(ben)
    await look_again(bread, ben)
    assert await known(bread, ben) == {"main-key": True, "ed25519-key": False}
    await bread.link("ben", ben)
    assert await known(bread, ben) == {"main-key": True, "ed25519-key": True}


@pytest.mark.parametrize(
    ("bend", "reason"),
    [
        ({"inbox": "https://elsewhere.example/inbox"}, "inbox-moved"),
        ({"webfinger": "ana@elsewhere.example"}, "handle-moved"),
        ({"name": "Another name"}, ""),
    ],
)
async def test_what_a_daily_look_finds_freezes_as_an_update_would(bread, ana, bend, reason):
    await bread.units.write(note_handle, uri=ana.uri, handle="ana@social.example")
    ana.extra.update(bend)
    bread.advance(hours=25)
    if reason == "inbox-moved":
        with pytest.raises(PeerError):
            await bread.parts.actors.actor(ana.uri)
    else:
        await bread.parts.actors.actor(ana.uri)
    assert await links(bread) == [("frozen", reason) if reason else ("active", "")]


@pytest.mark.parametrize("status", [404, 410])
async def test_an_account_that_a_daily_look_did_not_find_is_gone_also_when_it_comes_back(bread, peer, ana, status):
    ben = peer.actor("ben", rsa_number=1)
    await bread.parts.actors.actor(ben.uri)
    bread.advance(hours=25)
    for actor in (ana, ben):
        peer.documents[f"/users/{actor.name}"] = (status, {})
        with pytest.raises(PeerError):
            await bread.parts.actors.actor(actor.uri)
    peer.documents.clear()
    assert await links(bread) == [("frozen", "gone")]
    gone = {row.uri for row in await bread.rows(t.actors) if row.gone_at is not None}
    assert gone == {ana.uri}, "nothing hangs on an account that is not linked"
    bread.advance(minutes=15)
    await bread.deliver(ana, act(ana, "Like", bread.uri))
    assert await links(bread) == [("frozen", "gone")]


async def test_a_key_under_an_id_of_another_server_is_nobodys(bread, peer):
    """An actor that shows a key under somebody else's key id must not stand in the way of that key."""
    victim = "https://social.example/users/x#main-key"
    eve = peer.actor("eve")
    pem = pem_of(rsa_key(0))
    eve.extra["publicKey"] = [
        {"id": victim, "owner": eve.uri, "publicKeyPem": pem},
        {"id": eve.key_id, "owner": eve.uri, "publicKeyPem": pem},
    ]
    assert await bread.deliver(eve, act(eve, "Follow", bread.uri)) == 202
    keys = [row.key_id for row in await bread.rows(t.actor_keys)]
    assert eve.key_id in keys
    assert victim not in keys


async def test_a_handle_that_loops_back_at_another_domain_freezes(bread, ana):
    await bread.units.write(note_handle, uri=ana.uri, handle="ana@social.example")
    await bread.units.write(note_handle, uri=ana.uri, handle="")
    await bread.units.write(note_handle, uri=ana.uri, handle="ana@Social.example")
    assert await links(bread) == [("active", "")]
    await bread.units.write(note_handle, uri=ana.uri, handle="ana@elsewhere.example")
    assert await links(bread) == [("frozen", "handle-moved")]
