"""Every limit of federation.md 16 that a sender can be told of: one over it is refused before 202, at the limit it is taken.

Beside them what is cut and not refused: what is read of a list is its beginning.
"""

import json

import pytest

from fedcoop.config import LimitsConfig
from fedcoop.federation.inbox.seen import seen_actor, seen_motion
from fedcoop.federation.wire.objects import parse_actor, parse_note
from fedcoop.federation.wire.polls import parse_question
from fedcoop.storage import tables as t
from tests.doors.harness import OFF, coop
from tests.doors.peer import AS2, send
from tests.doors.votes import open_poll, vote

pytestmark = pytest.mark.timeout(60)
KIB = 1024


def create(ana, *, activity=None, note=None):
    """A post of Ana's, changed as told."""
    post = {"id": f"{ana.uri}/notes/1", "type": "Note", "attributedTo": ana.uri, "content": "<p>Hello</p>"}
    whole = {
        "@context": AS2,
        "id": f"{ana.uri}/act/1",
        "type": "Create",
        "actor": ana.uri,
        "object": {**post, **(note or {})},
    }
    return {**whole, **(activity or {})}


def people(number):
    return [f"https://social.example/users/{n}" for n in range(number)]


def long_id(base, length):
    return (base + "/" + "x" * length)[:length]


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


def relayed(ana, number):
    inner = {
        "id": f"{ana.uri}/act/9",
        "type": "Create",
        "actor": ana.uri,
        "object": {"type": "Note", "cc": people(number)},
    }
    return create(ana, activity={"type": "Announce", "object": inner})


def padded(ana, size):
    """An activity of exactly `size` bytes."""
    room = size - len(json.dumps(create(ana, activity={"summary": ["", "", "", "", ""]})).encode())
    share = room // 5
    return create(ana, activity={"summary": ["x" * share] * 4 + ["x" * (room - 4 * share)]})


LIMITS = {
    "recipients": (200, "audience", 400, lambda ana, n: create(ana, activity={"to": people(n)})),
    "recipients of three kinds": (
        100,
        "audience",
        400,
        lambda ana, n: create(ana, activity={"to": people(50), "cc": people(50), "audience": people(n)}),
    ),
    "one recipient many times": (
        200,
        "audience",
        400,
        lambda ana, n: create(ana, activity={"cc": ["https://a.example/x"] * n}),
    ),
    "recipients of the object": (200, "audience", 400, lambda ana, n: create(ana, note={"to": people(n)})),
    "recipients of what is relayed": (200, "audience", 400, relayed),
    "content": (100 * KIB, "note-long", 400, lambda ana, n: create(ana, note={"content": "x" * n})),
    "content in bytes": (50 * KIB, "note-long", 400, lambda ana, n: create(ana, note={"content": "ö" * n})),
    "content by language": (
        100 * KIB,
        "note-long",
        400,
        lambda ana, n: create(ana, note={"contentMap": {"en": "x" * n}}),
    ),
    "id": (2048, "id-long", 400, lambda ana, n: create(ana, activity={"id": long_id(ana.uri, n)})),
    "id of the object": (2048, "id-long", 400, lambda ana, n: create(ana, note={"id": long_id(ana.uri, n)})),
    "object by id": (2048, "id-long", 400, lambda ana, n: create(ana, activity={"object": long_id(ana.uri, n)})),
    "id of a recipient": (2048, "id-long", 400, lambda ana, n: create(ana, activity={"to": [long_id(ana.uri, n)]})),
    "id of what is answered": (
        2048,
        "id-long",
        400,
        lambda ana, n: create(ana, note={"inReplyTo": long_id(ana.uri, n)}),
    ),
    "id of an author": (2048, "id-long", 400, lambda ana, n: create(ana, note={"attributedTo": [long_id(ana.uri, n)]})),
    "name of an actor": (
        128,
        "actor-name",
        400,
        lambda ana, n: create(
            ana, activity={"type": "Update", "object": {"id": ana.uri, "preferredUsername": "x" * n}}
        ),
    ),
    "depth": (30, "json-depth", 400, lambda ana, n: create(ana, activity={"summary": nested(n)})),
    "nodes": (4990, "json-nodes", 400, lambda ana, n: create(ana, activity={"summary": [1] * n})),
    "body": (1 << 20, "too-large", 413, padded),
}


@pytest.mark.parametrize("name", LIMITS)
async def test_one_over_a_limit_is_told_before_it_is_stored_and_at_the_limit_all_is_well(bread, peer, name):
    ana = peer.actor("ana")
    limit, code, status, make = LIMITS[name]
    over = await send(bread.session, ana.cavage(bread.inbox, make(ana, limit + 1), bread.now))
    assert over == (status, {"error": code})
    assert await bread.rows(t.inbound) == []
    assert await bread.rows(t.seen_ids) == []
    assert await bread.post(ana.cavage(bread.inbox, make(ana, limit), bread.now)) == 202


async def test_the_actors_own_id_and_name_have_their_limits_too(bread, peer):
    ana = peer.actor("ana")
    long = create(ana, activity={"actor": long_id(ana.uri, 2049)})
    assert await send(bread.session, ana.cavage(bread.inbox, long, bread.now)) == (400, {"error": "id-long"})
    loud = peer.actor("l" * 129)
    assert await bread.post(loud.cavage(bread.inbox, create(loud), bread.now)) == 401
    quiet = peer.actor("q" * 128)
    assert await bread.post(quiet.cavage(bread.inbox, create(quiet), bread.now)) == 202


async def test_a_fetched_document_over_a_limit_is_discarded(bread, peer):
    ana = peer.actor("ana")
    for number, length in ((1, 100 * KIB), (2, 100 * KIB + 1)):
        note = create(
            ana, note={"id": f"{ana.uri}/notes/{number}", "to": [bread.uri, AS2 + "#Public"], "content": "x" * length}
        )
        peer.documents[f"/users/ana/notes/{number}"] = (200, {"@context": AS2, **note["object"]})
        named = create(
            ana, activity={"id": f"{ana.uri}/act/{number}", "object": note["object"]["id"], "to": [bread.uri]}
        )
        await bread.deliver(ana, named)
    assert [row.uri for row in await bread.rows(t.notes)] == [f"{ana.uri}/notes/1"]


async def test_every_mark_in_a_list_counts_as_a_vote(tmp_path, peer):
    limits = LimitsConfig(**{**{name: getattr(OFF, name) for name in OFF.__struct_fields__}, "votes": 3})
    async with coop(tmp_path, limits=limits) as bread:
        ana = peer.actor("ana")
        await bread.link("noor", ana)
        motion = await open_poll(
            bread, method="approval", options=(("a", "Ash"), ("b", "Birch"), ("c", "Cedar"), ("d", "Dogwood"))
        )

        def ticked(*names):
            notes = [vote(ana, bread, motion, name, number)["object"] for number, name in enumerate(names)]
            return {**vote(ana, bread, motion, names[0], len(names)), "object": notes}

        assert await bread.deliver(ana, ticked("Ash", "Birch", "Cedar", "Dogwood")) == 429
        assert await bread.rows(t.ballots) == []
        assert await bread.deliver(ana, ticked("Ash", "Birch", "Cedar")) == 202
        assert len(await bread.rows(t.ballots)) == 1
        assert await bread.deliver(ana, vote(ana, bread, motion, "Dogwood", 9)) == 429


# what is cut


def actor_with(number, **more):
    uri = "https://social.example/users/ana"
    keys = [{"id": f"{uri}#k{n}", "owner": uri, "publicKeyPem": f"PEM {n}"} for n in range(number)]
    base = {"id": uri, "type": "Person", "preferredUsername": "ana", "inbox": f"{uri}/inbox", "publicKey": keys}
    return {**base, **more}


def test_lists_and_texts_of_an_actor_are_cut():
    document = actor_with(11, alsoKnownAs=people(51), name="n" * 201, summary="s" * 10_001)
    actor = parse_actor(document)
    assert [key.material for key in actor.keys] == [f"PEM {n}" for n in range(10)]
    assert actor.also_known_as == tuple(people(50))
    assert (len(actor.display_name), len(actor.summary)) == (200, 10_000)
    kept = seen_actor(actor, document).document
    assert (len(kept["publicKey"]), len(kept["alsoKnownAs"])) == (10, 50)


def test_tags_and_options_of_a_post_are_cut():
    note = {"id": "https://social.example/n/1", "type": "Question", "attributedTo": "https://social.example/users/ana"}
    tags = [{"type": "Mention", "href": uri} for uri in people(101)]
    assert parse_note({**note, "tag": tags}).mentions == tuple(people(100))
    options = [{"type": "Note", "name": f"Option {n}"} for n in range(51)]
    assert len(parse_question({**note, "oneOf": options}).options) == 50
    assert len(seen_motion({**note, "oneOf": options}).options) == 50
