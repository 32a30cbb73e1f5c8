"""fedcoop and Fedify: two servers by different hands that follow, publish, vote and count with each other."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from tests.fediverse.coop import MEMBERS, FedcoopServer, followed
from tests.fediverse.harness import until
from tests.fediverse.peers import FedifyPeer

pytestmark = pytest.mark.peer

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
FUTURE = "2099-01-01T00:00:00Z"
Json = dict[str, Any]


@pytest.fixture(scope="module")
def linked(coop: FedcoopServer, fedify_peer: FedifyPeer) -> None:
    """Alma votes as ana@fedify.test."""

    async def link() -> None:
        await coop.link("alma", await fedify_peer.actor("ana"))

    asyncio.run(link())


def vote_by(actor: str, coop: FedcoopServer, motion: Json, name: str) -> Json:
    """A vote as Mastodon writes it."""
    note = f"{actor}#votes/{uuid4()}"
    return {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": f"{note}/activity",
        "type": "Create",
        "actor": actor,
        "to": coop.id,
        "object": {
            "id": note,
            "type": "Note",
            "attributedTo": actor,
            "to": coop.id,
            "inReplyTo": motion["id"],
            "name": name,
        },
    }


# ---------------------------------------------------------------------------------------------- finding and following


async def test_fedify_finds_the_coop_by_its_handle(coop: FedcoopServer, fedify_peer: FedifyPeer) -> None:
    found = await fedify_peer.lookup("ana", coop.handle)
    assert (found["id"], found["name"]) == (coop.id, coop.actor)


async def test_fedify_follows_the_coop_and_gets_an_accept(coop: FedcoopServer, fedify_peer: FedifyPeer) -> None:
    before = await coop.total("followers")
    await followed(coop, fedify_peer, "bea")
    accept = await fedify_peer.wait_received(type="Accept", actor=coop.id)
    assert accept["signatureVerified"]
    assert accept["proofVerified"]
    assert await coop.total("followers") == before + 1


async def test_the_coop_follows_an_actor_of_fedify_and_takes_its_accept(
    coop: FedcoopServer, fedify_peer: FedifyPeer
) -> None:
    before = await coop.total("following")
    await coop.run("peer", "follow", "cyd@fedify.test")
    await fedify_peer.wait_received(type="Follow", actor=coop.id, objectId=await fedify_peer.actor("cyd"))
    assert coop.id in (await fedify_peer.relations("cyd"))["followers"]

    async def accepted() -> bool:
        return await coop.total("following") == before + 1

    await until(accepted, what="the co-op counts cyd among those it follows")


# ------------------------------------------------------------------------------------------------------------ motions


async def test_a_motion_arrives_as_a_poll_whose_proof_fedify_verifies(
    coop: FedcoopServer, fedify_peer: FedifyPeer
) -> None:
    await followed(coop, fedify_peer, "ana")
    motion = await coop.open_motion("Buy a second oven", by="alma")
    got = await fedify_peer.wait_received(type="Create", objectId=motion["id"])
    assert (got["signatureVerified"], got["hasProof"], got["proofVerified"]) == (True, True, True)
    question = got["json"]["object"]
    assert question["type"] == "Question"
    assert question["attributedTo"] == coop.id
    assert PUBLIC in question["to"]
    assert [option["name"] for option in question["oneOf"]] == [option["name"] for option in motion["options"]]
    assert [option["replies"]["totalItems"] for option in question["oneOf"]] == [0] * len(motion["options"])
    assert question["votersCount"] == 0
    assert "closed" not in question
    served = await fedify_peer.fetch("ana", motion["id"])
    assert served["json"]["id"] == motion["id"]
    assert served["json"]["endTime"] == question["endTime"]


async def test_two_followers_at_one_server_cost_one_delivery(coop: FedcoopServer, fedify_peer: FedifyPeer) -> None:
    await followed(coop, fedify_peer, "ana")
    await followed(coop, fedify_peer, "bea")
    motion = await coop.open_motion("One message is enough", by="alma")
    got = await fedify_peer.wait_received(type="Create", objectId=motion["id"])
    assert got["path"] == "/inbox"
    assert len([arrival for arrival in await fedify_peer.ask("arrivals") if arrival["id"] == got["id"]]) == 1


# -------------------------------------------------------------------------------------------------------------- votes


async def test_a_vote_as_mastodon_sends_it_counts_once(
    coop: FedcoopServer, fedify_peer: FedifyPeer, linked: None
) -> None:
    motion = await coop.open_motion("Paint the door", by="alma")
    await fedify_peer.vote("ana", motion["id"], "For")
    shown = await coop.wait_ballots(motion, 1)
    assert shown["eligible"] == len(MEMBERS)


@pytest.mark.parametrize("list_form", [False, True], ids=["one Create each", "one Create with a list"])
async def test_an_approval_of_two_options_is_one_ballot_with_both(
    coop: FedcoopServer, fedify_peer: FedifyPeer, linked: None, list_form: bool
) -> None:
    options = ("--method", "approval", "--option", "Blue", "--option", "Green", "--option", "Red")
    motion = await coop.open_motion("Which colours", *options, "--set", "early_close=any", by="alma")
    got = await fedify_peer.wait_received(type="Create", objectId=motion["id"])
    assert [option["name"] for option in got["json"]["object"]["anyOf"]] == ["Blue", "Green", "Red"]
    await fedify_peer.vote("ana", motion["id"], "Blue", "Red", listForm=list_form)
    await coop.wait_ballots(motion, 1)
    await coop.close(motion)
    update = await fedify_peer.wait_received(type="Update", objectId=motion["id"])
    final = update["json"]["object"]
    assert [option["replies"]["totalItems"] for option in final["anyOf"]] == [1, 0, 1]
    assert final["votersCount"] == 1


async def test_a_vote_of_a_stranger_is_not_counted_and_is_answered_once(
    coop: FedcoopServer, fedify_peer: FedifyPeer, linked: None
) -> None:
    motion = await coop.open_motion("Strangers may watch", by="alma")
    await fedify_peer.vote("bea", motion["id"], "For")
    bea = await fedify_peer.actor("bea")

    async def answers() -> list[Json]:
        notes = await fedify_peer.received(type="Create", actor=coop.id, recipient="bea")
        return [note for note in notes if note["json"]["object"].get("inReplyTo") in (motion["id"], None)]

    (answer,) = await until(answers, what="the co-op tells bea why")
    assert answer["json"]["object"]["to"] in (bea, [bea])
    await fedify_peer.vote("ana", motion["id"], "For")
    await coop.wait_ballots(motion, 1)


@pytest.mark.parametrize("scheme", ["cavage", "rfc9421"])
async def test_fedify_delivers_with_either_signature_and_a_forger_with_neither(
    coop: FedcoopServer, fedify_peer: FedifyPeer, linked: None, scheme: str
) -> None:
    motion = await coop.open_motion(f"Signed by {scheme}", by="alma")
    ana, inbox = await fedify_peer.actor("ana"), f"{coop.id}/inbox"
    forged = await fedify_peer.send_raw("bea", inbox, vote_by(ana, coop, motion, "Against"), scheme=scheme)
    assert forged["status"] == 403
    genuine = await fedify_peer.send_raw("ana", inbox, vote_by(ana, coop, motion, "For"), scheme=scheme)
    assert genuine["status"] == 202
    await coop.wait_ballots(motion, 1)


@pytest.mark.parametrize("scheme", ["cavage", "rfc9421"])
async def test_fedify_knocks_with_either_signature_first(
    coop: FedcoopServer, fedify_peer: FedifyPeer, linked: None, scheme: str
) -> None:
    motion = await coop.open_motion(f"Knocks with {scheme}", by="alma")
    await fedify_peer.prefer(coop.origin, scheme)
    await fedify_peer.vote("ana", motion["id"], "For")
    await coop.wait_ballots(motion, 1)


# ------------------------------------------------------------------------------------------------------------ results


async def test_the_result_arrives_as_numbers_in_the_poll_and_as_a_note(
    coop: FedcoopServer, fedify_peer: FedifyPeer, linked: None
) -> None:
    await followed(coop, fedify_peer, "ana")
    motion = await coop.open_motion("Everybody votes", by="alma")
    await fedify_peer.vote("ana", motion["id"], "For")
    await coop.wait_ballots(motion, 1)
    await coop.cast(motion, *MEMBERS[1:])
    await coop.close(motion)

    async def final() -> Json | None:
        updates = await fedify_peer.received(type="Update", objectId=motion["id"])
        return next((one for one in updates if "closed" in one["json"]["object"]), None)

    update = await until(final, what="the final numbers")
    assert update["proofVerified"]
    counts = {option["name"]: option["replies"]["totalItems"] for option in update["json"]["object"]["oneOf"]}
    assert counts["For"] == update["json"]["object"]["votersCount"] == len(MEMBERS)

    async def outcome() -> Json | None:
        notes = await fedify_peer.received(type="Create", actor=coop.id, objectType="Note")
        return next((one for one in notes if one["json"]["object"].get("inReplyTo") == motion["id"]), None)

    note = await until(outcome, what="the outcome")
    assert note["proofVerified"]
    assert note["objectProofVerified"]
    assert note["json"]["object"]["coop:outcome"]["coop:result"] == "carried"
    assert (await coop.show(motion))["outcome"]["code"] == "carried"


async def test_what_a_member_deletes_is_deleted_there(coop: FedcoopServer, fedify_peer: FedifyPeer) -> None:
    token = await coop.token("cleo")
    status, post = await coop.request("POST", "/api/v1/statuses", token=token, status="@ana@fedify.test good day")
    assert status == 200, post
    got = await fedify_peer.wait_received(type="Create", objectId=post["uri"])
    assert got["signatureVerified"]
    status, _ = await coop.request("DELETE", f"/api/v1/statuses/{post['id']}", token=token)
    assert status == 200
    deleted = await fedify_peer.wait_received(type="Delete", objectId=post["uri"])
    assert deleted["actor"] == got["actor"]
    assert (await fedify_peer.fetch("ana", post["uri"]))["status"] == 410


# ------------------------------------------------------------------------------------------------ a poll of the other


async def test_a_member_sees_a_poll_of_fedify_and_votes_in_it(coop: FedcoopServer, fedify_peer: FedifyPeer) -> None:
    sent = await fedify_peer.do("question", actor="ana", content="Tea?", options=["Yes", "No"], endTime=FUTURE)
    question = sent["object"]["id"]
    token = await coop.token("cleo")
    _, found = await coop.request("GET", "/api/v2/search", token=token, q=question, resolve="true", type="statuses")
    poll = found["statuses"][0]["poll"]
    assert [option["title"] for option in poll["options"]] == ["Yes", "No"]
    status, _ = await coop.request("POST", f"/api/v1/polls/{poll['id']}/votes", token=token, choices=[1])
    assert status == 200

    async def counted() -> list[Json]:
        votes: list[Json] = (await fedify_peer.ask("votes"))[question]
        return votes

    (vote,) = await until(counted, what="cleo's vote at the peer")
    assert (vote["name"], vote["actor"]) == ("No", f"{coop.origin}/actors/cleo")


# --------------------------------------------------------------------------------------------------------------- down


async def test_a_peer_that_was_down_gets_everything_in_order_once_it_is_back(
    coop: FedcoopServer, fedify_peer: FedifyPeer
) -> None:
    await followed(coop, fedify_peer, "ana")
    await fedify_peer.down()
    try:
        motion = await coop.open_motion("Nobody hears", by="alma")
        await coop.cast(motion, *MEMBERS)
        await coop.close(motion)

        async def waiting() -> bool:
            return bool((await coop.run_json("queue"))["deliveries"]["waiting"])

        await until(waiting, what="deliveries wait for the peer")
    finally:
        await fedify_peer.up()
    # whatever an origin sends us verified makes its waiting deliveries due at once
    await fedify_peer.direct("cyd", coop.id, "<p>back again</p>")

    async def about() -> list[str]:
        entries = await fedify_peer.received(actor=coop.id)
        inner = [entry["json"]["object"] for entry in entries]
        return [
            f"{entry['type']} {entry['objectType']}"
            for entry, thing in zip(entries, inner, strict=True)
            if isinstance(thing, dict) and motion["id"] in (thing.get("id"), thing.get("inReplyTo"))
        ]

    async def complete() -> bool:
        return {"Create Question", "Update Question", "Create Note"} <= {*await about()}

    await until(complete, what="motion, numbers and outcome")
    arrived = await about()
    assert arrived.index("Create Question") < arrived.index("Update Question")
    assert arrived.count("Create Question") == arrived.count("Create Note") == 1
