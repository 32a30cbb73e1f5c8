"""How many statements each hot path costs: one more for each is felt by everybody, so that it must be meant."""

import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from fedcoop.actions.motions.ballots import cast_on_page
from fedcoop.federation.delivery.settlement import Result, settle
from fedcoop.federation.inbox.contract import digest_of
from fedcoop.federation.inbox.replays import Keys
from fedcoop.federation.server.inboxes import accept_inbound
from fedcoop.kernel.ids import ActivityId, ActorId
from fedcoop.storage.records import DeliveryJob, Inbound
from tests.actions.coop import ask
from tests.actions.fediverse.test_inbox_processing import AS, linked_members, processor, receive, uri_of
from tests.conftest import ORIGIN, Instance
from tests.statements import statements

COOP = f"{ORIGIN}/actors/alder"
_CLAIM = ("UPDATE inbound", "SELECT pg_advisory", "SELECT nodes.id")


def within(most: int, seen: Sequence[str]) -> None:
    listed = "\n".join(seen)
    assert len(seen) <= most, f"{len(seen)} statements\n{listed}"


async def opened(instance: Instance, members: int) -> Any:
    """A motion on which members with linked accounts vote, after the first news of it."""
    await linked_members(instance, members)
    first = (await instance.units.read(lambda uow: uow.members.all()))[0]
    motion = await ask(instance, first)
    assert await receive(instance, motion, 0, "For", 0)
    await processor(instance).drain()
    return motion


async def deliver(instance: Instance, activity: dict[str, Any]) -> None:
    now = instance.clock.now()
    whole = {"@context": AS, "actor": uri_of(0), **activity}
    row = Inbound(0, uri_of(0), msgspec.json.encode(whole), "signature", now, now, 0)
    assert await instance.units.write(accept_inbound, row, Keys(digest_of(activity["id"])), None)


async def processed(instance: Instance) -> Sequence[str]:
    """The statements of one round of the inbox loop, but for those that look for work and hasten deliveries."""
    loop = processor(instance)
    loop._hastened = {uri_of(0).partition("/users")[0]: instance.clock.now()}
    with statements() as seen:
        await loop.run_once()
    return [text for text in seen if not text.startswith(_CLAIM)]


async def test_a_ballot_by_the_page(instance: Instance) -> None:
    motion = await opened(instance, 2)
    voter = (await instance.units.read(lambda uow: uow.members.all()))[1]
    now = instance.clock.now()
    with statements() as seen:
        await instance.units.write(
            cast_on_page, voter=voter.id, uuid=motion.uuid, marks=("for",), reason="", received_at=now
        )
    within(6, seen)


async def test_a_vote_from_afar_at_the_door(instance: Instance) -> None:
    motion = await opened(instance, 2)
    with statements() as seen:
        assert await receive(instance, motion, 1, "For", 1)
    within(2, seen)


@pytest.mark.parametrize("number", [1, 64])
async def test_votes_from_afar_on_one_motion(instance: Instance, number: int) -> None:
    motion = await opened(instance, number)
    for n in range(number):
        assert await receive(instance, motion, n, "Against", 1)
    seen = await processed(instance)
    within(12, seen)


async def test_a_mention(instance: Instance) -> None:
    await opened(instance, 1)
    uri = f"{uri_of(0)}/notes/1"
    note = {"type": "Note", "id": uri, "attributedTo": uri_of(0), "content": "<p>Hello</p>"}
    public = {"to": ["https://www.w3.org/ns/activitystreams#Public"], "cc": [COOP]}
    await deliver(instance, {"type": "Create", "id": f"{uri}/activity", "object": {**note, **public}, **public})
    seen = await processed(instance)
    within(14, seen)


async def test_a_like(instance: Instance) -> None:
    motion = await opened(instance, 1)
    await deliver(instance, {"type": "Like", "id": f"{uri_of(0)}/likes/1", "object": motion.url})
    seen = await processed(instance)
    within(6, seen)


@pytest.mark.parametrize("number", [1, 64])
@pytest.mark.parametrize("status", [202, 503])
async def test_deliveries_that_are_settled(instance: Instance, number: int, status: int) -> None:
    now = instance.clock.now()
    results = [
        Result(
            DeliveryJob(
                n,
                ActivityId(n),
                ActorId(1),
                f"https://o{n}.example/inbox",
                f"https://o{n}.example",
                *("o", False, False),
                attempts=0,
                created_at=now - timedelta(minutes=1),
            ),
            *(status, None, "", "cavage", now),
        )
        for n in range(number)
    ]
    with statements() as seen:
        await instance.units.write(settle, results=results, rng=random.Random(1))
    within(4, seen)
