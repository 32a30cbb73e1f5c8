"""Polls of others at the inbox: who may read them, what is only named is fetched and judged again, what never changes."""

import json

import pytest

from fedcoop.actions.fediverse.peers import block, unblock
from fedcoop.actions.fediverse.peers import follow as follow_peer
from fedcoop.queries.fediverse.remote import what_is
from fedcoop.storage import tables as t
from tests.doors.fediverse.test_inbox_matrix import PUBLIC, act, assert_nothing, note, question, served
from tests.doors.peer import AS2


async def followed(bread, peer, name, **more):
    """An account that the co-op follows."""
    actor = peer.actor(name, **more)
    await bread.parts.actors.actor(actor.uri)
    await bread.units.write(follow_peer, actor_uri=actor.uri)
    await bread.deliver(actor, act(actor, "Accept", (await bread.rows(t.follows))[-1].uri, 0))
    return actor


@pytest.fixture
async def ben(bread, peer):
    return await followed(bread, peer, "ben")


@pytest.fixture
async def eve(bread, peer):
    """An account that nobody knows."""
    found = peer.actor("eve", rsa_number=1)
    await bread.parts.actors.actor(found.uri)
    return found


async def polls(bread):
    return await bread.rows(t.remote_motions)


# --- for whom it is


async def test_a_poll_that_is_not_for_everybody_is_not_kept(bread, ben):
    followers, us = f"{ben.uri}/followers", bread.uri
    for number, (to, cc) in enumerate(
        [([followers], []), ([us], []), (followers, [us]), ([], []), (None, None)], start=1
    ):
        await bread.deliver(ben, act(ben, "Create", question(ben, number, to=to, cc=cc), number))
        assert await polls(bread) == await bread.rows(t.notes) == []
    for number, (to, cc) in enumerate([(PUBLIC, None), ([followers], [PUBLIC]), (["as:Public"], [])], start=10):
        await bread.deliver(ben, act(ben, "Create", question(ben, number, to=to, cc=cc), number))
    assert [row.uri[-2:] for row in await polls(bread)] == ["10", "11", "12"]


async def test_a_poll_without_an_audience_is_for_whom_its_activity_is(bread, ben):
    bare = {key: value for key, value in question(ben).items() if key != "to"}
    hidden = {**bare, "id": f"{ben.uri}/notes/q0"}
    await bread.deliver(ben, act(ben, "Create", hidden, 1, to=[f"{ben.uri}/followers"]))
    assert await polls(bread) == []
    await bread.deliver(ben, act(ben, "Create", bare, 2, to=[PUBLIC]))
    await bread.deliver(ben, act(ben, "Update", {**bare, "votersCount": 9}, 3))
    [kept] = await polls(bread)
    assert (kept.deleted_at, kept.voters_count) == (None, 9)


async def test_a_post_without_an_audience_is_for_whom_its_activity_is(bread, ben):
    bare = {key: value for key, value in note(ben).items() if key != "to"}
    await bread.deliver(ben, act(ben, "Create", bare, 1, to=[PUBLIC]))
    mended = {**bare, "content": "<p>Mended</p>", "updated": "2026-03-01T09:30:00Z"}
    await bread.deliver(ben, act(ben, "Update", mended, 2, to=[PUBLIC]))
    [kept] = await bread.rows(t.notes)
    assert (kept.public, kept.content) == (True, "<p>Mended</p>")


async def test_an_outcome_that_is_not_for_everybody_stands_on_no_page(bread, ben):
    await bread.deliver(ben, act(ben, "Create", question(ben)))
    told = {"coop:outcome": {"type": "coop:Outcome", "coop:motion": question(ben)["id"], "coop:result": "carried"}}
    await assert_nothing(bread, ben, act(ben, "Create", note(ben, 5, to=[f"{ben.uri}/followers"], **told), 5))
    await bread.deliver(ben, act(ben, "Create", note(ben, 6, **told), 6))
    assert (await polls(bread))[0].outcome["coop:result"] == "carried"


async def test_what_was_public_and_is_no_longer_is_purged_for_good(bread, ben):
    await bread.deliver(ben, act(ben, "Create", question(ben)))
    await bread.deliver(ben, act(ben, "Create", question(ben, 2), 2))
    private = question(ben, votes=(3, 1), to=[f"{ben.uri}/followers"])
    await bread.deliver(ben, act(ben, "Update", private))
    gone, stays = await polls(bread)
    assert gone.deleted_at is not None
    assert (gone.title, gone.content, gone.options, gone.voters_count) == ("", "", [], None)
    assert stays.deleted_at is None
    assert [line.uri for line, _ in await bread.units.read(lambda uow: uow.notes.remote_motions())] == [stays.uri]
    assert await bread.units.read(what_is, uri=gone.uri) is None
    assert await bread.units.read(what_is, uri=stays.uri) is not None
    await assert_nothing(bread, ben, act(ben, "Update", question(ben), 2), act(ben, "Create", question(ben), 3))


# --- what is only named


async def test_an_update_that_only_names_its_object_is_what_its_server_shows(bread, peer, ben, eve):
    poll, post = question(ben), note(ben)
    for number, document in enumerate((poll, post), start=1):
        await bread.deliver(ben, act(ben, "Create", document, number))
    served(peer, question(ben, votes=(3, 1)))
    served(peer, note(ben, content="<p>Mended</p>", updated="2026-03-01T09:00:00Z"))
    peer.requests.clear()
    await assert_nothing(bread, eve, act(eve, "Update", poll["id"]), act(eve, "Update", post["id"], 2))
    assert not [path for path in peer.requests if "/notes/" in path]
    await assert_nothing(bread, ben, act(ben, "Update", f"{ben.uri}/notes/unknown", 3))
    bread.advance(minutes=2)  # what a server shows may be a minute old
    await bread.deliver(ben, act(ben, "Update", poll["id"], 4))
    await bread.deliver(ben, act(ben, "Update", {"id": post["id"], "type": "Note"}, 5))
    assert [o["votes"] for o in (await polls(bread))[0].options] == [3, 1]
    assert (await bread.rows(t.notes))[0].content == "<p>Mended</p>"


async def test_what_a_named_update_leads_to_is_judged_again(bread, peer, ben, eve):
    poll = question(ben)
    await bread.deliver(ben, act(ben, "Create", poll))
    bread.advance(minutes=2)
    for number, served_now in enumerate((
        {**question(ben, votes=(9, 9)), "attributedTo": eve.uri},
        {**question(ben, votes=(9, 9)), "type": "Note"},
        {**note(ben, content="<p>Only a post now</p>"), "id": poll["id"]},
    ), start=1):  # fmt: skip
        served(peer, served_now, at=poll["id"])
        await assert_nothing(bread, ben, act(ben, "Update", poll["id"], number))
    served(peer, question(ben, votes=(2, 2)))
    await bread.deliver(ben, act(ben, "Update", poll["id"], 9))
    assert [o["votes"] for o in (await polls(bread))[0].options] == [2, 2]


@pytest.mark.parametrize("kind", ["Person", "Group", "Organization"])
async def test_what_somebody_whom_we_follow_passes_on_is_kept_as_its_own_server_shows_it(bread, peer, eve, kind):
    relay = await followed(bread, peer, "relay", type=kind)
    poll, post = question(eve, 7, votes=(3, 1)), note(eve, 8)
    served(peer, poll)
    served(peer, post)
    await bread.deliver(relay, act(relay, "Announce", poll["id"]))
    lie = {"id": f"{eve.uri}/act/8", "type": "Create", "actor": eve.uri, "object": {**post, "content": "<p>Lie</p>"}}
    await bread.deliver(relay, act(relay, "Announce", lie, 2))
    [kept], [said] = await polls(bread), await bread.rows(t.notes)
    assert (kept.uri, [o["votes"] for o in kept.options]) == (poll["id"], [3, 1])
    assert (said.uri, said.content, said.kind) == (post["id"], "<p>Hello</p>", "post")
    names = {row.id: row.uri for row in await bread.rows(t.actors)}
    assert names[kept.actor_id] == names[said.actor_id] == eve.uri
    await bread.deliver(eve, act(eve, "Update", question(eve, 7, votes=(4, 1))))
    assert [o["votes"] for o in (await polls(bread))[0].options] == [4, 1]


async def test_what_a_blocked_actor_said_is_not_kept_though_somebody_passes_it_on(bread, peer, eve, ben):
    poll = question(eve, 7)
    served(peer, poll)
    await bread.units.write(block, target=eve.uri, reason="", who="test")
    await assert_nothing(bread, ben, act(ben, "Announce", poll["id"]))
    await bread.units.write(unblock, target=eve.uri, who="test")
    await bread.deliver(ben, act(ben, "Announce", poll["id"], 2))
    assert [row.uri for row in await polls(bread)] == [poll["id"]]


async def test_a_private_poll_and_one_of_ours_are_not_passed_on(bread, peer, eve, ben):
    private, open_to_all = question(eve, 7, to=[f"{eve.uri}/followers"]), question(eve, 8)
    served(peer, private)
    served(peer, open_to_all)
    await assert_nothing(bread, ben, act(ben, "Announce", private["id"]), act(ben, "Announce", private, 2))
    await assert_nothing(bread, eve, act(eve, "Announce", open_to_all["id"]))
    await bread.deliver(ben, act(ben, "Announce", open_to_all["id"], 4))
    assert [row.uri for row in await polls(bread)] == [open_to_all["id"]]


# --- what it is


async def test_a_bare_question_is_updated_by_its_owner_and_by_its_actor_only(bread, ben, eve):
    bare = {key: value for key, value in question(ben).items() if key != "attributedTo"} | {"actor": ben.uri}
    await bread.deliver(ben, {**bare, "@context": AS2})
    told = json.loads(json.dumps(bare).replace('"totalItems": 0', '"totalItems": 5'))
    await assert_nothing(bread, eve, act(eve, "Update", told), act(eve, "Update", {**told, "actor": eve.uri}, 2))
    await bread.deliver(ben, act(ben, "Update", told))
    assert [o["votes"] for o in (await polls(bread))[0].options] == [5, 5]


async def test_an_update_never_makes_a_poll_of_a_text_or_a_text_of_a_poll(bread, ben):
    node = {"coop:motion": {"type": "coop:Motion", "coop:method": "schulze"}}
    text, poll = note(ben, 1, **node), question(ben, 2, **node)
    for number, document in enumerate((text, poll), start=1):
        await bread.deliver(ben, act(ben, "Create", document, number))
    newer = {"updated": "2026-03-01T09:30:00Z"}
    await assert_nothing(
        bread, ben,
        act(ben, "Update", {**question(ben, 2), "id": text["id"], **newer}),
        act(ben, "Update", {**note(ben, 1, **node), "id": poll["id"], **newer}, 2),
    )  # fmt: skip
    await bread.deliver(ben, act(ben, "Update", question(ben, 2, votes=(1, 0), **node, **newer), 3))
    assert [[o["votes"] for o in row.options] for row in await polls(bread)] == [[], [1, 0]]


async def test_an_untold_number_stays_untold(bread, ben):
    tallies = [{"name": "Yes", "replies": {"totalItems": None}}, {"name": "No", "replies": "2"}]
    await bread.deliver(ben, act(ben, "Create", {**question(ben), "oneOf": tallies, "votersCount": None}))
    [kept] = await polls(bread)
    assert kept.voters_count is None
    assert [o["votes"] for o in kept.options] == [None, 2]
