"""The replies that our objects offer: public ones that stand, by nobody who is blocked, in pages (federation.md 4)."""

import pytest

from fedcoop.actions.fediverse.peers import block
from fedcoop.actions.talk.announcements import delete_announcement, publish_announcement
from fedcoop.storage import tables as t
from tests.doors.fediverse.test_inbox_desk import PUBLIC, act, create
from tests.doors.harness import coop
from tests.doors.votes import open_poll


@pytest.fixture
async def eve(bread, peer):
    """An account that nobody knows."""
    found = peer.actor("eve", rsa_number=1)
    await bread.parts.actors.actor(found.uri)
    return found


async def items(bread, uri):
    """The number that the collection gives, and all ids of its pages."""
    status, _, whole = await bread.get(uri)
    assert (status, whole["type"], whole["id"]) == (200, "Collection", uri)
    found, page = [], whole["first"]
    while page:
        status, _, value = await bread.get(page)
        assert (status, value["type"], value["partOf"], value["id"]) == (200, "CollectionPage", uri, page)
        found += value["items"]
        page = value.get("next")
    return whole["totalItems"], found


async def announced(bread):
    ada = await bread.add_member("ada")
    made = await bread.units.write(publish_announcement, by=ada, text="The oven is here.")
    return ada, made, f"{bread.origin}/notes/{made.uuid}"


async def test_polls_outcomes_and_announcements_name_their_replies(bread, eve):
    motion = await open_poll(bread)
    _, _, note = await announced(bread)
    for uri in (motion.url, note):
        _, _, found = await bread.get(uri)
        assert found["replies"] == uri + "/replies"
        assert await items(bread, found["replies"]) == (0, [])
        await bread.deliver(eve, create(eve, uri[-4:], to=[PUBLIC], inReplyTo=uri))
        assert await items(bread, found["replies"]) == (1, [f"{eve.uri}/notes/{uri[-4:]}"])


async def test_only_public_replies_that_stand_are_named(bread, peer, eve):
    motion = await open_poll(bread)
    await bread.deliver(eve, create(eve, 1, to=[PUBLIC], inReplyTo=motion.url))
    await bread.deliver(eve, create(eve, 2, to=[bread.uri], inReplyTo=motion.url))
    await bread.deliver(eve, create(eve, 3, to=[PUBLIC], inReplyTo=motion.url))
    await bread.deliver(eve, act(eve, "Delete", f"{eve.uri}/notes/3"))
    await bread.deliver(eve, create(eve, 4, to=[PUBLIC], inReplyTo=f"{eve.uri}/notes/1"))
    assert await items(bread, motion.url + "/replies") == (1, [f"{eve.uri}/notes/1"])
    await bread.units.write(block, target=eve.uri)
    assert await items(bread, motion.url + "/replies") == (0, [])


async def test_replies_come_in_pages_and_a_bad_cursor_is_refused(bread, eve):
    motion = await open_poll(bread)

    def many(uow):
        actor = uow.actors.find(eve.uri)
        for number in range(103):
            uri = f"{eve.uri}/notes/{number:03d}"
            values = {"id": uow.new_id(), "uri": uri, "actor_id": actor.id, "in_reply_to": motion.url, "content": "x"}
            uow.conn.execute(t.notes.insert().values(**values, public=True, kind="reply", received_at=uow.now))

    await bread.units.write(many)
    number, found = await items(bread, motion.url + "/replies")
    assert (number, found) == (103, [f"{eve.uri}/notes/{number:03d}" for number in range(103)])
    for page in ("nonsense!", "g" * 3, "f" * 17):
        status, _, value = await bread.get(f"{motion.url}/replies?page={page}")
        assert (status, value) == (400, {"error": "cursor"})


async def test_a_browser_is_led_to_the_page_and_what_is_gone_or_private_has_none(bread):
    ada, made, note = await announced(bread)
    status, headers, _ = await bread.get(note + "/replies", accept="text/html")
    assert (status, headers["Location"]) == (303, f"/notes/{made.uuid}#replies")
    assert (await bread.get(note + "/replies"))[0] == 200
    await bread.units.write(delete_announcement, by=ada, announcement_id=made.id)
    for uri in (note, f"{bread.origin}/motions/{made.uuid}", f"{bread.origin}/notes/nothing"):
        status, headers, value = await bread.get(uri + "/replies")
        assert (status, value) == (404, {"error": "not-found"})


async def test_under_authorised_fetch_replies_need_a_signature(tmp_path):
    async with coop(tmp_path, federation={"authorized_fetch": True}) as bread:
        motion = await open_poll(bread)
        status, _, value = await bread.get(motion.url + "/replies")
        assert (status, value) == (401, {"error": "signature-required"})
