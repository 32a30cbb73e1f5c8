"""Whatever is done to a valid activity: never a 5xx, never a change without 202, and whatever is accepted can be processed.

Mutations are of the document (keys dropped, doubled, of other types, of other owners) before it is signed rightly, and of
the signed request (bytes, headers) after it. Source: federation.md 8, 10.
"""

import asyncio
import contextlib
import copy
import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fedcoop.actions.fediverse.peers import follow as follow_peer
from fedcoop.actions.fediverse.relations import settle_follow
from fedcoop.storage import tables as t
from tests.doors.harness import coop
from tests.doors.peer import AS2, Peer, Sent
from tests.doors.votes import open_poll, vote

EXAMPLES = 250
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from(
        ["{ours}", "{ana}", "{motion}", "{eve}", "https://[::1", "http://", "as:Public", "", "urn:x", "\x00", "#"]
    ),
    st.lists(st.sampled_from(["{ours}", "{ana}", "{motion}", 1, None]), max_size=3),
    st.dictionaries(
        st.sampled_from(["id", "type", "actor", "object", "name"]),
        st.sampled_from(["{ours}", "{ana}", 1, None]),
        max_size=3,
    ),
)
KEYS = st.sampled_from(
    [
        "@context",
        "id",
        "type",
        "actor",
        "object",
        "to",
        "cc",
        "bto",
        "audience",
        "target",
        "inReplyTo",
        "name",
        "content",
        "contentMap",
        "attributedTo",
        "oneOf",
        "anyOf",
        "closed",
        "endTime",
        "votersCount",
        "updated",
        "published",
        "summary",
        "tag",
        "url",
        "proof",
        "signature",
        "coop:motion",
        "coop:outcome",
        "coop:announcement",
        "context",
        "instrument",
    ]
)
TYPES = st.sampled_from(
    [
        "Create",
        "Update",
        "Delete",
        "Follow",
        "Undo",
        "Accept",
        "Reject",
        "Like",
        "Announce",
        "Flag",
        "Move",
        "Block",
        "QuoteRequest",
        "Question",
        "Note",
        "Answer",
        "Article",
        "Person",
    ]
)
STEPS = st.lists(
    st.tuples(st.sampled_from(["set", "drop", "type", "wrap", "copy"]), st.integers(0, 3), KEYS, VALUES, TYPES),
    max_size=6,
)


class World:
    """One instance and one peer for all examples; built once, since hypothesis asks often."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self.stack = contextlib.AsyncExitStack()
        self.number = 0
        self.loop.run_until_complete(self._start())

    async def _start(self):
        folder = self.stack.enter_context(tempfile.TemporaryDirectory())
        self.peer = Peer()
        await self.peer.start()
        self.stack.push_async_callback(self.peer.close)
        self.bread = await self.stack.enter_async_context(coop(Path(folder)))
        self.ana, self.eve = self.peer.actor("ana", ed_number=0), self.peer.actor("eve", rsa_number=1)
        await self.bread.link("ana", self.ana)
        await self.bread.parts.actors.actor(self.eve.uri)
        follow = await self.bread.units.write(follow_peer, actor_uri=self.ana.uri)
        await self.bread.units.write(settle_follow, follow, accepted=True)
        self.motion = await open_poll(self.bread)

    def close(self):
        self.loop.run_until_complete(self.stack.aclose())
        self.loop.close()

    def fill(self, value):
        text = json.dumps(value)
        for name, uri in (
            ("ours", self.bread.uri),
            ("ana", self.ana.uri),
            ("eve", self.eve.uri),
            ("motion", self.motion.url),
        ):
            text = text.replace("{" + name + "}", uri)
        return json.loads(text)

    def seeds(self, number):
        ana, bread = self.ana, self.bread
        note = {
            "id": f"{ana.uri}/notes/{number}",
            "type": "Note",
            "attributedTo": ana.uri,
            "to": ["https://www.w3.org/ns/activitystreams#Public"],
            "cc": [bread.uri],
            "content": "<p>Hello</p>",
            "inReplyTo": self.motion.url,
        }
        poll = {
            **note,
            "type": "Question",
            "oneOf": [{"type": "Note", "name": "Yes", "replies": {"totalItems": 1}}],
            "endTime": "2026-03-05T00:00:00Z",
        }

        def act(type_, obj):
            return {
                "@context": AS2,
                "id": f"{ana.uri}/act/{number}",
                "type": type_,
                "actor": ana.uri,
                "to": [bread.uri],
                "object": obj,
            }

        return [
            vote(ana, bread, self.motion, "For", number),
            act("Create", note),
            act("Update", note),
            act("Create", poll),
            act("Update", poll),
            act("Follow", bread.uri),
            act("Undo", act("Follow", bread.uri)),
            act("Like", self.motion.url),
            act("Delete", note["id"]),
            act("Flag", [self.motion.url]),
            act("Update", ana.uri),
            act("Accept", {"type": "Follow", "actor": bread.uri, "object": ana.uri}),
            {**act("Create", {**note, "coop:outcome": {"type": "coop:Outcome", "coop:motion": poll["id"]}})},
        ]

    async def post(self, sent):
        before = await self.bread.state()
        try:
            status = await self.bread.post(sent)
        except (ValueError, OSError):
            return 0  # the client itself refused to send it
        if status != 202:
            assert await self.bread.state() == before, status
        await self.bread.process()
        failed = [
            row.last_error
            for row in await self.bread.rows(t.inbound)
            if row.last_error and "unreachable" not in row.last_error
        ]
        assert failed == []
        return status


@pytest.fixture(scope="module")
def world():
    found = World()
    yield found
    found.close()


def places(document):
    """Every object inside the document, itself first."""
    found = [document]
    for value in document.values():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict):
                found += places(item)
    return found


def mutate(world, document, steps):
    document = copy.deepcopy(document)
    for how, where, key, value, type_ in steps:
        every = places(document)
        place = every[where % len(every)]
        match how:
            case "set":
                place[key] = world.fill(value)
            case "drop":
                place.pop(key, None)
            case "type":
                place["type"] = type_
            case "wrap":
                place[key] = [copy.deepcopy(place.get(key))] * 2
            case _:
                place[key] = copy.deepcopy(document.get("id"))
    return document


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(seed=st.integers(0, 12), steps=STEPS, by_eve=st.booleans())
def test_a_bent_document_rightly_signed_never_breaks_anything(world, seed, steps, by_eve):
    world.number += 1
    document = mutate(world, world.seeds(world.number)[seed], steps)
    signer = world.eve if by_eve else world.ana
    sent = signer.cavage(world.bread.inbox, document, world.bread.now)
    status = world.loop.run_until_complete(world.post(sent))
    assert status < 500 or status == 503, (status, document)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    seed=st.integers(0, 12),
    where=st.integers(0, 5),
    at=st.integers(0, 400),
    byte=st.integers(32, 126),
    how=st.sampled_from(["body", "header", "drop", "double", "cut"]),
    form=st.booleans(),
)
def test_a_bent_request_never_breaks_anything_nor_has_an_effect(world, seed, where, at, byte, how, form):
    world.number += 1
    document = world.seeds(world.number)[seed]
    make = world.ana.rfc9421 if form else world.ana.cavage
    right = make(world.bread.inbox, document, world.bread.now)
    body, headers = right.body, list(right.headers)
    name, value = headers[where % len(headers)]
    if how == "body":
        position = at % len(body)
        body = body[:position] + bytes([byte]) + body[position + 1 :]
    elif how == "cut":
        body = body[: at % len(body)]
    elif how == "drop":
        headers.remove((name, value))
    elif how == "double":
        headers.append((name, value))
    else:
        position = at % len(value)
        headers[where % len(headers)] = (name, value[:position] + chr(byte) + value[position + 1 :])
    status = world.loop.run_until_complete(world.post(Sent(right.url, body, headers)))
    assert status < 500 or status == 503, status
