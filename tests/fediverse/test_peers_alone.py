"""The peers with each other, without fedcoop: what fails here is the harness."""

import pytest

from tests.fediverse.harness import until
from tests.fediverse.peers import CattlePeer, FedifyPeer

pytestmark = pytest.mark.peer

FUTURE = "2099-01-01T00:00:00Z"


async def test_they_follow_each_other_and_each_gets_an_accept(fedify_peer: FedifyPeer, cattle_peer: CattlePeer) -> None:
    ana, ben = await fedify_peer.actor("ana"), await cattle_peer.actor("ben")
    await cattle_peer.follow("ben", ana)
    await fedify_peer.follow("ana", "@ben@grid.test")

    async def settled() -> bool:
        fedify, cattle = await fedify_peer.relations("ana"), await cattle_peer.relations("ben")
        at_fedify = ben in fedify["following"] and ben in fedify["followers"]
        return at_fedify and ana in cattle["following"] and ana in cattle["followers"]

    await until(settled, what="both follows accepted")
    accept = await fedify_peer.wait_received(type="Accept", actor=ben)
    assert accept["signature"] == "cavage"
    assert accept["signatureVerified"]


async def test_notes_go_both_ways(fedify_peer: FedifyPeer, cattle_peer: CattlePeer) -> None:
    ana, ben = await fedify_peer.actor("ana"), await cattle_peer.actor("ben")
    morning = await cattle_peer.direct("ben", ana, "<p>good morning</p>")
    there = await fedify_peer.wait_received(id=morning["id"])
    assert there["json"]["object"]["content"] == "<p>good morning</p>"
    answer = await fedify_peer.direct("ana", ben, "<p>and to you</p>")
    here = await cattle_peer.wait_received(id=answer["id"])
    assert here["json"]["object"]["content"] == "<p>and to you</p>"


async def test_a_poll_of_one_takes_the_vote_of_the_other(fedify_peer: FedifyPeer, cattle_peer: CattlePeer) -> None:
    sent = await fedify_peer.do("question", actor="bea", content="Oven?", options=["Yes", "No"], endTime=FUTURE)
    question = sent["object"]["id"]
    await cattle_peer.vote("ben", question, "Yes")

    async def counted() -> list[str]:
        return [vote["name"] for vote in (await fedify_peer.ask("votes"))[question]]

    assert await until(counted, what="the vote of ben") == ["Yes"]
    shown = await cattle_peer.fetch("ben", question)
    assert [option["replies"]["totalItems"] for option in shown["json"]["oneOf"]] == [1, 0]


@pytest.mark.parametrize("scheme", ["cavage", "rfc9421"])
async def test_fedify_signs_in_the_form_it_is_told_and_checks_proof_and_signature(
    fedify_peer: FedifyPeer, scheme: str
) -> None:
    await fedify_peer.prefer(fedify_peer.origin, scheme)
    sent = await fedify_peer.direct("bea", await fedify_peer.actor("cyd"), f"<p>by {scheme}</p>")
    got = await fedify_peer.wait_received(id=sent["id"])
    assert (got["signature"], got["signatureVerified"]) == (scheme, True)
    assert (got["hasProof"], got["proofVerified"]) == (True, True)


@pytest.mark.parametrize(("scheme", "status"), [("cavage", 202), ("rfc9421", 401)])
async def test_cattle_grid_takes_the_draft_and_refuses_the_standard(
    fedify_peer: FedifyPeer, cattle_peer: CattlePeer, scheme: str, status: int
) -> None:
    cyd, dot = await fedify_peer.actor("cyd"), await cattle_peer.actor("dot")
    inbox = (await fedify_peer.fetch("cyd", dot))["json"]["inbox"]
    like = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": f"{cyd}#likes/{scheme}",
        "type": "Like",
        "actor": cyd,
        "object": dot,
    }
    assert (await fedify_peer.send_raw("cyd", inbox, like, scheme=scheme))["status"] == status


async def test_a_peer_that_is_down_cannot_be_reached_and_is_back_afterwards(
    fedify_peer: FedifyPeer, cattle_peer: CattlePeer
) -> None:
    cyd = await fedify_peer.actor("cyd")
    await fedify_peer.down()
    try:
        assert (await cattle_peer.fetch("dot", cyd))["json"] is None
    finally:
        await fedify_peer.up()
    assert (await cattle_peer.fetch("dot", cyd))["json"]["id"] == cyd


async def test_a_restarted_peer_has_the_keys_it_had(fedify_peer: FedifyPeer) -> None:
    bea = await fedify_peer.actor("bea")
    before = (await fedify_peer.fetch("ana", bea))["json"]
    fedify_peer.stop()
    fedify_peer.start()
    after = (await fedify_peer.fetch("ana", bea))["json"]
    assert after["publicKey"]["publicKeyPem"] == before["publicKey"]["publicKeyPem"]
