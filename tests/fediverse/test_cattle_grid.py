"""fedcoop and cattle-grid: another language and author, draft-cavage only, and nothing to be had unsigned."""

import asyncio
from typing import Any

import pytest

from tests.fediverse.coop import MEMBERS, FedcoopServer, followed
from tests.fediverse.harness import until
from tests.fediverse.peers import CattlePeer

pytestmark = pytest.mark.peer

Json = dict[str, Any]


@pytest.fixture(scope="module")
def linked(coop: FedcoopServer, cattle_peer: CattlePeer) -> None:
    """Bruno votes as ben@grid.test."""

    async def link() -> None:
        await coop.link("bruno", await cattle_peer.actor("ben"))

    asyncio.run(link())


async def test_an_actor_of_cattle_grid_follows_the_coop_and_gets_an_accept(
    coop: FedcoopServer, cattle_peer: CattlePeer
) -> None:
    before = await coop.total("followers")
    await followed(coop, cattle_peer, "dot")
    assert await coop.total("followers") == before + 1
    assert {"scheme": "cavage", "status": 200} in [
        {"scheme": arrival["scheme"], "status": arrival["status"]} for arrival in await cattle_peer.ask("arrivals")
    ]


async def test_the_coop_follows_an_actor_that_answers_only_signed_requests(
    coop: FedcoopServer, cattle_peer: CattlePeer
) -> None:
    before = await coop.total("following")
    await coop.run("peer", "follow", "ben@grid.test")

    async def accepted() -> bool:
        there = coop.id in (await cattle_peer.relations("ben"))["followers"]
        return there and await coop.total("following") == before + 1

    await until(accepted, what="the co-op follows ben, and knows it")


async def test_a_motion_arrives_as_a_poll_and_is_served_to_a_signed_request(
    coop: FedcoopServer, cattle_peer: CattlePeer
) -> None:
    await followed(coop, cattle_peer, "ben")
    motion = await coop.open_motion("Mend the fence", by="alma")
    got = await cattle_peer.wait_received(type="Create", objectId=motion["url"])
    assert got["json"]["object"]["type"] == "Question"
    served = await cattle_peer.fetch("ben", motion["url"])
    assert served["json"]["oneOf"] == got["json"]["object"]["oneOf"]


async def test_a_vote_as_note_with_a_name_counts_and_the_result_comes_back(
    coop: FedcoopServer, cattle_peer: CattlePeer, linked: None
) -> None:
    await followed(coop, cattle_peer, "ben")
    motion = await coop.open_motion("New gate", by="alma")
    await cattle_peer.vote("ben", motion["url"], "For")
    await coop.wait_ballots(motion, 1)
    await coop.cast(motion, *(name for name in MEMBERS if name != "bruno"), choice="against")
    await coop.close(motion)

    async def final() -> Json | None:
        updates = await cattle_peer.received(type="Update", objectId=motion["url"])
        return next((one["json"]["object"] for one in updates if "closed" in one["json"]["object"]), None)

    question = await until(final, what="the final numbers")
    counts = {option["name"]: option["replies"]["totalItems"] for option in question["oneOf"]}
    assert (counts["For"], counts["Against"]) == (1, len(MEMBERS) - 1)

    async def outcome() -> Json | None:
        notes = await cattle_peer.received(type="Create", actor=coop.id, objectType="Note")
        found = (one["json"]["object"] for one in notes)
        return next((note for note in found if note.get("inReplyTo") == motion["url"]), None)

    note = await until(outcome, what="the outcome")
    assert note["coop:outcome"]["coop:result"] == "not_carried"


async def test_a_vote_of_a_stranger_is_not_counted_and_is_answered(
    coop: FedcoopServer, cattle_peer: CattlePeer, linked: None
) -> None:
    motion = await coop.open_motion("Only members count", by="alma")
    await cattle_peer.vote("dot", motion["url"], "For")
    dot = await cattle_peer.actor("dot")

    async def answered() -> list[Json]:
        notes = await cattle_peer.received(type="Create", actor=coop.id, recipient=dot, objectType="Note")
        return [one for one in notes if dot in one["json"]["object"]["to"]]

    assert len(await until(answered, what="the co-op tells dot why")) == 1
    await cattle_peer.vote("ben", motion["url"], "For")
    await coop.wait_ballots(motion, 1)


async def test_a_linked_account_withdraws_its_vote(coop: FedcoopServer, cattle_peer: CattlePeer, linked: None) -> None:
    motion = await coop.open_motion("Second thoughts", by="alma")
    (sent,) = await cattle_peer.vote("ben", motion["url"], "For")
    await coop.wait_ballots(motion, 1)
    await cattle_peer.do("delete", actor="ben", object=sent["object"]["id"], to=coop.id)
    await coop.wait_ballots(motion, 0)


async def test_a_restarted_cattle_grid_gets_what_it_missed(coop: FedcoopServer, cattle_peer: CattlePeer) -> None:
    await followed(coop, cattle_peer, "ben")
    cattle_peer.stop()
    try:
        motion = await coop.open_motion("While you slept", by="alma")
    finally:
        cattle_peer.start()
    # whatever an origin sends us verified makes its waiting deliveries due at once
    await cattle_peer.direct("dot", coop.id, "<p>awake</p>")
    await cattle_peer.wait_received(type="Create", objectId=motion["url"])
    got = [(one["id"], one["recipient"]) for one in await cattle_peer.received(type="Create", objectId=motion["url"])]
    assert sorted(got) == sorted(set(got))  # once for each follower there, and never twice
