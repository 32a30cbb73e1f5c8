"""fedcoop and Fedify: two servers by different hands that follow, publish, vote and count with each other."""

import asyncio
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from fedcoop.accounts.links import codes_in
from fedcoop.kernel.html import text_of_html
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
            "inReplyTo": motion["url"],
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
    got = await fedify_peer.wait_received(type="Create", objectId=motion["url"])
    assert (got["signatureVerified"], got["hasProof"], got["proofVerified"]) == (True, True, True)
    question = got["json"]["object"]
    assert question["type"] == "Question"
    assert question["attributedTo"] == coop.id
    assert PUBLIC in question["to"]
    assert [option["name"] for option in question["oneOf"]] == [option["name"] for option in motion["options"]]
    assert [option["replies"]["totalItems"] for option in question["oneOf"]] == [0] * len(motion["options"])
    assert question["votersCount"] == 0
    assert "closed" not in question
    served = await fedify_peer.fetch("ana", motion["url"])
    assert served["json"]["id"] == motion["url"]
    assert served["json"]["endTime"] == question["endTime"]


async def test_a_ranking_arrives_as_a_note_and_a_sense_check_as_a_poll_whose_vote_counts(
    coop: FedcoopServer, fedify_peer: FedifyPeer, linked: None
) -> None:
    await followed(coop, fedify_peer, "ana")
    ranking = ("--method", "schulze", "--option", "Rye", "--option", "Wheat")
    ranked = await coop.open_motion("A name for the bread", *ranking, by="alma")
    note = (await fedify_peer.wait_received(type="Create", objectId=ranked["url"]))["json"]["object"]
    assert (note["type"], "oneOf" in note, "anyOf" in note) == ("Note", False, False)
    assert note["coop:motion"]["coop:channels"] == ["web"]
    assert note["content"].endswith(f'<a href="{ranked["url"]}">{ranked["url"]}</a></p>')
    felt = await coop.open_motion("How is the new rota?", "--method", "sense", by="alma")
    poll = (await fedify_peer.wait_received(type="Create", objectId=felt["url"]))["json"]["object"]
    assert poll["type"] == "Question"
    assert [option["name"] for option in poll["oneOf"]] == ["Looks good", "Unsure", "Concerned"]
    ana, inbox = await fedify_peer.actor("ana"), f"{coop.id}/inbox"
    for motion, name in ((ranked, "Rye"), (felt, "Unsure")):
        sent = await fedify_peer.send_raw("ana", inbox, vote_by(ana, coop, motion, name), scheme="cavage")
        assert sent["status"] == 202
    await coop.wait_ballots(felt, 1)
    assert (await coop.show(ranked))["ballots"] == 0


async def test_two_followers_at_one_server_cost_one_delivery(coop: FedcoopServer, fedify_peer: FedifyPeer) -> None:
    await followed(coop, fedify_peer, "ana")
    await followed(coop, fedify_peer, "bea")
    motion = await coop.open_motion("One message is enough", by="alma")
    got = await fedify_peer.wait_received(type="Create", objectId=motion["url"])
    assert got["path"] == "/inbox"
    assert len([arrival for arrival in await fedify_peer.ask("arrivals") if arrival["id"] == got["id"]]) == 1


# -------------------------------------------------------------------------------------------------------------- votes


async def test_a_vote_as_mastodon_sends_it_counts_once(
    coop: FedcoopServer, fedify_peer: FedifyPeer, linked: None
) -> None:
    motion = await coop.open_motion("Paint the door", by="alma")
    await fedify_peer.vote("ana", motion["url"], "For")
    shown = await coop.wait_ballots(motion, 1)
    assert shown["eligible"] == len(MEMBERS)


@pytest.mark.parametrize("list_form", [False, True], ids=["one Create each", "one Create with a list"])
async def test_an_approval_of_two_options_is_one_ballot_with_both(
    coop: FedcoopServer, fedify_peer: FedifyPeer, linked: None, list_form: bool
) -> None:
    options = ("--method", "approval", "--option", "Blue", "--option", "Green", "--option", "Red")
    motion = await coop.open_motion("Which colours", *options, "--set", "early_close=any", by="alma")
    got = await fedify_peer.wait_received(type="Create", objectId=motion["url"])
    assert [option["name"] for option in got["json"]["object"]["anyOf"]] == ["Blue", "Green", "Red"]
    await fedify_peer.vote("ana", motion["url"], "Blue", "Red", listForm=list_form)
    await coop.wait_ballots(motion, 1)
    await coop.close(motion)
    update = await fedify_peer.wait_received(type="Update", objectId=motion["url"])
    final = update["json"]["object"]
    assert [option["replies"]["totalItems"] for option in final["anyOf"]] == [1, 0, 1]
    assert final["votersCount"] == 1


async def test_a_vote_of_a_stranger_is_not_counted_and_is_answered_once(
    coop: FedcoopServer, fedify_peer: FedifyPeer, linked: None
) -> None:
    motion = await coop.open_motion("Strangers may watch", by="alma")
    await fedify_peer.vote("bea", motion["url"], "For")
    bea = await fedify_peer.actor("bea")

    async def answers() -> list[Json]:
        notes = await fedify_peer.received(type="Create", actor=coop.id, recipient="bea")
        return [note for note in notes if note["json"]["object"].get("inReplyTo") in (motion["url"], None)]

    (answer,) = await until(answers, what="the co-op tells bea why")
    assert answer["json"]["object"]["to"] in (bea, [bea])
    await fedify_peer.vote("ana", motion["url"], "For")
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
    await fedify_peer.vote("ana", motion["url"], "For")
    await coop.wait_ballots(motion, 1)


# ------------------------------------------------------------------------------------------------------------ results


async def test_the_result_arrives_as_numbers_in_the_poll_and_as_a_note(
    coop: FedcoopServer, fedify_peer: FedifyPeer, linked: None
) -> None:
    await followed(coop, fedify_peer, "ana")
    motion = await coop.open_motion("Everybody votes", by="alma")
    await fedify_peer.vote("ana", motion["url"], "For")
    await coop.wait_ballots(motion, 1)
    await coop.cast(motion, *MEMBERS[1:])
    await coop.close(motion)

    async def final() -> Json | None:
        updates = await fedify_peer.received(type="Update", objectId=motion["url"])
        return next((one for one in updates if "closed" in one["json"]["object"]), None)

    update = await until(final, what="the final numbers")
    assert update["proofVerified"]
    counts = {option["name"]: option["replies"]["totalItems"] for option in update["json"]["object"]["oneOf"]}
    assert counts["For"] == update["json"]["object"]["votersCount"] == len(MEMBERS)

    async def outcome() -> Json | None:
        notes = await fedify_peer.received(type="Create", actor=coop.id, objectType="Note")
        return next((one for one in notes if one["json"]["object"].get("inReplyTo") == motion["url"]), None)

    note = await until(outcome, what="the outcome")
    assert note["proofVerified"]
    assert note["objectProofVerified"]
    assert note["json"]["object"]["coop:outcome"]["coop:result"] == "carried"
    assert (await coop.show(motion))["outcome"]["code"] == "carried"


async def test_an_announcement_arrives_and_its_deletion_too(coop: FedcoopServer, fedify_peer: FedifyPeer) -> None:
    await followed(coop, fedify_peer, "ana")
    async with coop.signed_in("alma") as web:
        await web.send("/announcements/new", text="The second oven arrives on Monday.", audience="public", kind="work")

        async def arrived() -> Json | None:
            notes = await fedify_peer.received(type="Create", actor=coop.id, objectType="Note")
            return next((one for one in notes if "second oven arrives" in one["json"]["object"]["content"]), None)

        got = await until(arrived, what="the announcement")
        assert got["proofVerified"]
        note = got["json"]["object"]["id"]
        page = f"/announcements/{note.rpartition('/')[2]}/delete"
        await web.send(page)
    deleted = await fedify_peer.wait_received(type="Delete", objectId=note)
    assert deleted["actor"] == coop.id
    assert (await coop.get(urlsplit(note).path))[0] == 410


async def test_an_account_is_linked_by_a_code_in_a_direct_message_and_then_its_vote_counts(
    coop: FedcoopServer, fedify_peer: FedifyPeer
) -> None:
    motion = await coop.open_motion("Linked by a code", by="alma")
    await fedify_peer.vote("cyd", motion["url"], "For")
    async with coop.signed_in("dario") as web:
        asked = await web.send("/settings/accounts", handle="@cyd@fedify.test")
        code = next(codes_in(text_of_html(asked)))
        await fedify_peer.direct("bea", coop.id, f"<p>@coop {code}</p>")  # the wrong account proves nothing
        await fedify_peer.direct("cyd", coop.id, f"<p>@coop {code}</p>")

        async def proven() -> bool:
            return "/settings/accounts/confirm" in await web.page("/settings/accounts")

        await until(proven, what="the code from cyd")
        await web.send("/settings/accounts", action="/settings/accounts/confirm")
    assert (await coop.show(motion))["ballots"] == 0
    await fedify_peer.vote("cyd", motion["url"], "Against")
    await coop.wait_ballots(motion, 1)

    async def told() -> bool:
        notes = await fedify_peer.received(type="Create", actor=coop.id, recipient="cyd")
        return any("now linked" in note["json"]["object"]["content"] for note in notes)

    await until(told, what="cyd hears that the account is linked")


# ------------------------------------------------------------------------------------------------ a poll of the other


async def test_a_member_sees_a_poll_of_fedify_and_votes_in_it(coop: FedcoopServer, fedify_peer: FedifyPeer) -> None:
    await coop.run("peer", "follow", "ana@fedify.test")

    async def follows() -> bool:
        return coop.id in (await fedify_peer.relations("ana"))["followers"]

    await until(follows, what="the co-op follows ana")
    async with coop.signed_in("cleo") as web:
        await web.send("/settings/profile", do="opt-in")
        sent = await fedify_peer.do(
            "question", actor="ana", content="Tea or coffee?", options=["Tea", "Coffee"], endTime=FUTURE
        )
        question = sent["object"]["id"]

        async def listed() -> str | None:
            before, found, _ = (await web.page("/remote/motions")).partition("Tea or coffee?")
            return before.rpartition('href="')[2].partition('"')[0] if found else None

        path = await until(listed, what="the poll on our page")
        await web.send(path, action=f"{path}/vote", choice="Coffee")

        async def counted() -> list[Json]:
            votes: list[Json] = (await fedify_peer.ask("votes")).get(question, [])
            return votes

        (vote,) = await until(counted, what="cleo's vote at the peer")
    assert (vote["name"], vote["actor"]) == ("Coffee", f"{coop.origin}/actors/cleo")


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
            if isinstance(thing, dict) and motion["url"] in (thing.get("id"), thing.get("inReplyTo"))
        ]

    async def complete() -> bool:
        return {"Create Question", "Update Question", "Create Note"} <= {*await about()}

    await until(complete, what="motion, numbers and outcome")
    arrived = await about()
    assert arrived.index("Create Question") < arrived.index("Update Question")
    assert arrived.count("Create Question") == arrived.count("Create Note") == 1
