"""Linking an account by a one-time code in a direct message (federation.md 14), and what forwarded activities may do (8.3)."""

import json

import pytest

from fedcoop.actions.members.member import code_of, confirm_link, start_link
from fedcoop.federation.signatures.keys import PrivateKey
from fedcoop.federation.signatures.proofs import add_proof
from fedcoop.storage import tables as t
from tests.doors.peer import AS2, ed_key
from tests.doors.votes import open_poll, vote

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
PROVEN = [AS2, "https://w3id.org/security/data-integrity/v2"]


def message(actor, bread, text, number=1, **more):
    note = {
        "id": f"{actor.uri}/dm/{number}",
        "type": "Note",
        "attributedTo": actor.uri,
        "to": [bread.uri],
        "content": f'<p><span class="h-card"><a href="{bread.uri}">@bread</a></span> {text}</p>',
        "tag": [{"type": "Mention", "href": bread.uri, "name": "@bread"}],
        **more,
    }
    return {
        "@context": AS2,
        "id": note["id"] + "/activity",
        "type": "Create",
        "actor": actor.uri,
        "to": note["to"],
        "object": note,
    }


async def ask_for_code(bread, actor):
    member = bread.members.get("noor") or await bread.add_member("noor")

    def run(uow):
        return code_of(uow, start_link(uow, member_id=member, handle=f"{actor.name}@peer.example", actor_uri=actor.uri))

    return await bread.units.write(run)


async def proven(bread):
    return [row.proven_at is not None for row in await bread.rows(t.link_challenges)]


async def test_the_code_in_a_direct_message_proves_the_account_and_then_votes_count(bread, peer):
    ana = peer.actor("ana")
    code = await ask_for_code(bread, ana)
    await bread.deliver(ana, message(ana, bread, code))
    assert await proven(bread) == [True]
    assert await bread.rows(t.notes) == [], "a direct message is not kept"
    await bread.units.write(confirm_link, member_id=bread.members["noor"])
    motion = await open_poll(bread)
    await bread.deliver(ana, vote(ana, bread, motion, "For"))
    assert len(await bread.rows(t.ballots)) == 1
    told = [row for row in await bread.rows(t.activities) if row.audience == [ana.uri]]
    assert len(told) == 2


@pytest.mark.parametrize(
    "bend",
    [
        {"to": [PUBLIC]},
        {"to": ["{uri}"], "cc": [PUBLIC]},
        {"to": ["{uri}", "https://elsewhere.example/users/x"]},
        {"to": ["{uri}", "{followers}"]},
        {"to": []},
    ],
)
async def test_a_code_that_others_can_read_proves_nothing(bread, peer, bend):
    ana = peer.actor("ana")
    code = await ask_for_code(bread, ana)
    filled = json.loads(json.dumps(bend).replace("{uri}", bread.uri).replace("{followers}", ana.uri + "/followers"))
    await bread.deliver(ana, message(ana, bread, code, **filled))
    assert await proven(bread) == [False]
    await bread.deliver(ana, message(ana, bread, code, 2))
    assert await proven(bread) == [True]


async def test_the_code_from_another_account_late_or_wrong_proves_nothing(bread, peer):
    ana, eve = peer.actor("ana"), peer.actor("eve", rsa_number=1)
    code = await ask_for_code(bread, ana)
    await bread.deliver(eve, message(eve, bread, code))
    await bread.deliver(ana, message(ana, bread, "AAAA-BBBB-CCCC"))
    assert await proven(bread) == [False]
    bread.advance(minutes=16)
    await bread.deliver(ana, message(ana, bread, code, 2))
    assert await proven(bread) == [False]


def with_proof(actor, activity, bread, number=0):
    return add_proof(
        {**activity, "@context": PROVEN}, PrivateKey(ed_key(number)), actor.uri + "#ed25519-key", bread.now
    )


async def test_a_forwarded_reply_with_its_authors_proof_is_taken(bread, peer):
    motion = await open_poll(bread)
    ana, relay = peer.actor("ana", ed_number=0), peer.actor("relay", rsa_number=1)
    note = {
        "id": f"{ana.uri}/notes/1",
        "type": "Note",
        "attributedTo": ana.uri,
        "to": [PUBLIC],
        "inReplyTo": motion.url,
        "content": "Hi",
    }
    activity = {"id": f"{ana.uri}/act/1", "type": "Create", "actor": ana.uri, "to": [PUBLIC], "object": note}
    proof = with_proof(ana, activity, bread)
    for bent in ({**activity, "@context": PROVEN}, {**proof, "object": {**note, "content": "Bye"}}):
        assert await bread.post(relay.cavage(bread.inbox, bent, bread.now)) in (401, 403)
    assert await bread.post(relay.cavage(bread.inbox, with_proof(ana, activity, bread, 1), bread.now)) == 401
    assert await bread.rows(t.notes) == []
    assert await bread.post(relay.cavage(bread.inbox, proof, bread.now)) == 202
    await bread.process()
    assert len(await bread.rows(t.notes)) == 1


async def test_a_forwarded_activity_is_taken_as_its_origin_shows_it(bread, peer):
    motion = await open_poll(bread)
    ana, relay = peer.actor("ana"), peer.actor("relay", rsa_number=1)
    note = {
        "id": f"{ana.uri}/notes/1",
        "type": "Note",
        "attributedTo": ana.uri,
        "to": [PUBLIC],
        "inReplyTo": motion.url,
        "content": "True",
    }
    activity = {
        "@context": AS2,
        "id": f"{ana.uri}/act/1",
        "type": "Create",
        "actor": ana.uri,
        "to": [PUBLIC],
        "object": note,
    }
    peer.documents["/users/ana/act/1"] = (200, activity)
    bent = {**activity, "object": {**note, "content": "False"}}
    assert (
        await bread.post(relay.cavage(bread.inbox, {**bent, "object": {**note, "id": f"{ana.uri}/notes/2"}}, bread.now))
        == 403
    )
    assert await bread.post(relay.cavage(bread.inbox, bent, bread.now)) == 202
    await bread.process()
    assert [row.content for row in await bread.rows(t.notes)] == ["True"]


async def test_a_forwarded_vote_never_counts_whatever_vouches_for_it(bread, peer):
    ana, relay = peer.actor("ana", ed_number=0), peer.actor("relay", rsa_number=1)
    await bread.link("noor", ana)
    motion = await open_poll(bread)
    proof = with_proof(ana, vote(ana, bread, motion, "For", id=f"{ana.uri}/v/1"), bread)
    assert await bread.post(relay.cavage(bread.inbox, proof, bread.now)) == 202
    await bread.process()
    assert await bread.rows(t.ballots) == []
    assert (await bread.audit_codes("vote-refused")) == ["forged"]
    await bread.deliver(ana, vote(ana, bread, motion, "For", 2))
    assert len(await bread.rows(t.ballots)) == 1


async def test_a_bad_proof_spoils_an_activity_with_a_good_signature(bread, peer):
    ana = peer.actor("ana", ed_number=0)
    follow = {"id": f"{ana.uri}/f", "type": "Follow", "actor": ana.uri, "object": bread.uri}
    good = with_proof(ana, follow, bread)
    bent = {**good, "object": bread.origin + "/actor"}
    assert await bread.post(ana.cavage(bread.inbox, bent, bread.now)) == 401
    assert await bread.post(ana.cavage(bread.inbox, good, bread.now)) == 202
    unknown = {
        **follow,
        "@context": AS2,
        "id": f"{ana.uri}/f2",
        "proof": {**good["proof"], "cryptosuite": "mldsa44-jcs-2024"},
    }
    assert await bread.post(ana.cavage(bread.inbox, unknown, bread.now)) == 202


@pytest.mark.parametrize(
    "bend",
    [
        lambda proof: [proof],
        lambda proof: [],
        lambda proof: "z3Bu",
        lambda proof: {},
        lambda proof: {**proof, "type": ["DataIntegrityProof"]},
        lambda proof: {**proof, "cryptosuite": ["eddsa-jcs-2022"]},
        lambda proof: {name: value for name, value in proof.items() if name != "cryptosuite"},
        lambda proof: {**proof, "proofValue": "z"},
        lambda proof: {**proof, "proofPurpose": "authentication"},
    ],
)
async def test_several_proofs_or_a_malformed_one_make_the_activity_invalid(bread, peer, bend):
    ana = peer.actor("ana", ed_number=0)
    good = with_proof(ana, {"id": f"{ana.uri}/f", "type": "Follow", "actor": ana.uri, "object": bread.uri}, bread)
    assert await bread.deliver(ana, {**good, "proof": bend(good["proof"])}) == 401
    assert await bread.rows(t.seen_ids) == []
    assert await bread.rows(t.follows) == []
    assert await bread.deliver(ana, good) == 202
    assert len(await bread.rows(t.follows)) == 1
