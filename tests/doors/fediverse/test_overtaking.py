"""What ends a thing may come before it: it is remembered, bounded, and only for its own sender (federation.md 8.1)."""

import json
from datetime import timedelta

import pytest

from fedcoop.actions.fediverse import overtaking
from fedcoop.actions.fediverse.peers import partner
from fedcoop.actions.instance.upkeep import purge
from fedcoop.storage import tables as t
from tests.doors.fediverse.test_inbox_matrix import act, note, question
from tests.doors.fediverse.test_polls_elsewhere import followed
from tests.doors.peer import AS2
from tests.doors.votes import open_poll, vote

OPTIONS = (("oven", "Oven"), ("mixer", "Mixer"), ("van", "Van"))


@pytest.fixture
async def ana(bread, peer):
    found = peer.actor("ana")
    await bread.link("ana", found)
    return found


@pytest.fixture
async def eve(bread, peer):
    """A neighbour of ana's."""
    found = peer.actor("eve", rsa_number=1)
    await bread.parts.actors.actor(found.uri)
    return found


async def choices(bread):
    return [json.loads(row.choice) for row in await bread.rows(t.ballots)]


async def shown(bread):
    return [row.uri for row in await bread.rows(t.notes) if row.deleted_at is None and row.public]


@pytest.mark.parametrize("by", ["its author", "a neighbour"])
async def test_a_reply_that_was_deleted_before_it_came_never_shows(bread, ana, eve, by):
    motion = await open_poll(bread)
    reply = note(ana, inReplyTo=motion.url)
    sender = ana if by == "its author" else eve
    await bread.deliver(sender, act(sender, "Delete", reply["id"]))
    bread.advance(days=29)
    await bread.units.write(purge, "")
    await bread.deliver(ana, act(ana, "Create", reply))
    await bread.deliver(ana, act(ana, "Update", {**reply, "updated": "2026-03-30T11:00:00Z"}))
    assert await shown(bread) == ([] if by == "its author" else [reply["id"]])


async def test_a_poll_that_was_deleted_before_it_came_never_shows_by_no_road(bread, peer):
    """Not by its `Create`, not by an `Update`, not by a group that relays it."""
    ben, group = await followed(bread, peer, "ben"), await followed(bread, peer, "bakers", type="Group")
    poll = question(ben)
    peer.documents[poll["id"].removeprefix(peer.origin)] = (200, {"@context": AS2, **poll})
    await bread.deliver(ben, act(ben, "Delete", {"id": poll["id"], "type": "Tombstone"}))
    await bread.deliver(ben, act(ben, "Create", poll))
    await bread.deliver(ben, act(ben, "Update", question(ben, votes=(3, 1))))
    await bread.deliver(group, act(group, "Announce", poll["id"]))
    assert await bread.rows(t.remote_motions) == []
    await bread.deliver(ben, act(ben, "Create", question(ben, 2), 2))
    assert len(await bread.rows(t.remote_motions)) == 1


async def test_an_update_that_overtook_its_create_is_what_shows(bread, peer):
    ben = await followed(bread, peer, "ben")
    motion = await open_poll(bread)
    await bread.deliver(ben, act(ben, "Update", question(ben, votes=(3, 1))))
    bread.advance(minutes=1)
    await bread.deliver(ben, act(ben, "Create", question(ben, published="2026-03-01T09:00:00Z")))
    assert [option["votes"] for option in (await bread.rows(t.remote_motions))[0].options] == [3, 1]
    edited = note(ben, inReplyTo=motion.url, content="<p>Edited</p>", updated="2026-03-01T10:00:30Z")
    await bread.deliver(ben, act(ben, "Update", edited, 2))
    await bread.deliver(ben, act(ben, "Create", note(ben, inReplyTo=motion.url), 2))
    [kept] = await bread.rows(t.notes)
    assert (kept.content, kept.motion_id, kept.kind) == ("<p>Edited</p>", motion.id, "reply")


async def test_a_post_that_was_narrowed_before_it_came_is_not_shown_to_all(bread, eve):
    motion = await open_poll(bread)
    reply = note(eve, inReplyTo=motion.url)
    await bread.deliver(
        eve, act(eve, "Update", {**reply, "to": [f"{eve.uri}/followers"], "updated": "2026-03-01T11:00:00Z"})
    )
    await bread.deliver(eve, act(eve, "Create", reply))
    assert await shown(bread) == []


async def test_answers_that_came_before_what_they_answer_are_about_its_motion(bread, ana, eve):
    motion = await open_poll(bread)
    told = [
        note(ana, 1, inReplyTo=motion.url),
        note(eve, 2, inReplyTo=note(ana, 1)["id"]),
        note(ana, 3, inReplyTo=note(eve, 2)["id"]),
    ]
    for number, (sender, said) in enumerate(zip((ana, eve, ana)[::-1], told[::-1], strict=True)):
        mention = {**said, "cc": [bread.uri]}
        await bread.deliver(sender, act(sender, "Create", mention, number, cc=[bread.uri]))
    assert [(row.motion_id, row.kind) for row in await bread.rows(t.notes)] == [(motion.id, "reply")] * 3


@pytest.mark.parametrize("how", ["Delete", "Undo", "Undo by id"])
async def test_a_vote_that_was_taken_back_before_it_came_does_not_count(bread, ana, eve, how):
    motion = await open_poll(bread)
    cast = vote(ana, bread, motion, "For")
    taken = {"Delete": cast["object"]["id"], "Undo": cast, "Undo by id": cast["id"]}[how]
    for sender in (eve, ana):
        await bread.deliver(sender, act(sender, how.split()[0], taken))
        if sender is eve:
            await bread.deliver(ana, vote(ana, bread, motion, "Against", 9))
            assert await choices(bread) == [["against"]]
    bread.advance(seconds=10)
    await bread.deliver(ana, cast)
    assert await choices(bread) == []
    bread.advance(seconds=10)
    await bread.deliver(ana, vote(ana, bread, motion, "Against", 2))
    assert await choices(bread) == [["against"]]


async def test_of_an_approval_only_the_mark_that_was_taken_back_is_missing(bread, ana):
    motion = await open_poll(bread, method="approval", options=OPTIONS)
    await bread.deliver(ana, act(ana, "Delete", f"{ana.uri}#votes/1"))
    await bread.deliver(ana, vote(ana, bread, motion, "Van", 2))
    await bread.deliver(ana, vote(ana, bread, motion, "Oven", 1))
    assert await choices(bread) == [["van"]]


async def test_the_vote_that_was_cast_last_counts_though_it_came_first(bread, ana):
    motion = await open_poll(bread)
    first = ana.cavage(bread.inbox, vote(ana, bread, motion, "For", 1), bread.now)
    bread.advance(minutes=5)
    await bread.deliver(ana, vote(ana, bread, motion, "Against", 2))
    assert await bread.post(first) == 202
    await bread.process()
    assert await choices(bread) == [["against"]]
    assert await bread.audit_codes("vote-refused") == []


@pytest.mark.parametrize("whole", [True, False])
async def test_a_follow_that_was_undone_before_it_came_does_not_stand_but_a_later_one_does(bread, peer, eve, whole):
    ben = peer.actor("ben")
    sent = ben.cavage(bread.inbox, act(ben, "Follow", bread.uri), bread.now)
    bread.advance(seconds=10)
    follow = act(ben, "Follow", bread.uri)
    await bread.deliver(eve, act(eve, "Undo", follow["id"]))
    await bread.deliver(ben, act(ben, "Undo", follow if whole else follow["id"]))
    assert await bread.post(sent) == 202
    await bread.process()
    assert await bread.rows(t.follows) == []
    assert await bread.rows(t.activities) == []
    bread.advance(seconds=10)
    await bread.deliver(ben, act(ben, "Follow", bread.uri, 2))
    assert [row.state for row in await bread.rows(t.follows)] == ["accepted"]


async def test_a_block_ends_what_was_said_before_it_and_not_what_came_after(bread, peer):
    ben = peer.actor("ben")
    block = ben.cavage(bread.inbox, act(ben, "Block", bread.uri), bread.now)
    bread.advance(minutes=1)
    await bread.deliver(ben, act(ben, "Follow", bread.uri, 2))
    assert await bread.post(block) == 202
    await bread.process()
    assert [row.state for row in await bread.rows(t.follows)] == ["accepted"]
    early = ben.cavage(bread.inbox, act(ben, "Follow", bread.uri), bread.now)
    bread.advance(minutes=1)
    await bread.deliver(ben, act(ben, "Block", bread.uri, 2))
    assert await bread.post(early) == 202
    await bread.process()
    assert await bread.rows(t.follows) == []


@pytest.mark.parametrize("type_", ["Like", "Announce"])
async def test_a_reaction_that_was_undone_before_it_came_does_not_count(bread, eve, type_):
    motion = await open_poll(bread)
    first = act(eve, type_, motion.url)
    await bread.deliver(eve, act(eve, "Undo", first))
    await bread.deliver(eve, first)
    assert await bread.rows(t.interactions) == []
    bread.advance(seconds=1)
    await bread.deliver(eve, act(eve, type_, motion.url, 2))
    assert len(await bread.rows(t.interactions)) == 1


async def test_what_a_co_op_no_longer_features_is_not_marked_by_a_late_word(bread, peer):
    mill = peer.actor("mill", type="Organization", featured=f"{peer.origin}/users/mill/featured")
    await bread.parts.actors.actor(mill.uri)
    await bread.units.write(partner, actor_uri=mill.uri)
    await bread.deliver(mill, act(mill, "Create", question(mill)))
    target = {"target": f"{mill.uri}/featured"}
    late = mill.cavage(bread.inbox, act(mill, "Add", question(mill)["id"], **target), bread.now)
    bread.advance(minutes=1)
    await bread.deliver(mill, act(mill, "Remove", question(mill)["id"], **target))
    assert await bread.post(late) == 202
    await bread.process()
    assert await bread.rows(t.interactions) == []
    bread.advance(minutes=1)
    await bread.deliver(mill, act(mill, "Add", question(mill)["id"], 2, **target))
    assert len(await bread.rows(t.interactions)) == 1


async def test_an_edited_private_message_that_overtook_the_first_form_is_what_people_read(bread, eve):
    first = note(eve, to=[bread.uri])
    edited = {**first, "content": "<p>Better</p>", "updated": "2026-03-01T10:00:30Z"}
    await bread.deliver(eve, act(eve, "Update", edited, to=[bread.uri]))
    await bread.deliver(eve, act(eve, "Create", first, to=[bread.uri]))
    assert [(row.kind, row.content) for row in await bread.rows(t.notes)] == [("message", "<p>Better</p>")]
    assert [row.kind for row in await bread.rows(t.desk_items)] == ["message"]


async def test_a_vote_that_calls_itself_an_edit_is_no_post_and_no_vote(bread, ana):
    motion = await open_poll(bread)
    mark = {**vote(ana, bread, motion, "For")["object"], "to": ["https://www.w3.org/ns/activitystreams#Public"]}
    await bread.deliver(ana, act(ana, "Update", mark))
    assert await bread.rows(t.notes) == []
    assert await choices(bread) == []
    await bread.deliver(ana, vote(ana, bread, motion, "For"))
    assert await choices(bread) == [["for"]]


# bounds


async def test_ends_are_kept_for_thirty_days(bread, eve):
    motion = await open_poll(bread, days=60)
    await bread.deliver(eve, act(eve, "Delete", note(eve)["id"]))
    assert len(await bread.rows(t.tombstones)) == 1
    bread.advance(days=30, seconds=1)
    await bread.units.write(purge, "")
    assert await bread.rows(t.tombstones) == []
    await bread.deliver(eve, act(eve, "Create", note(eve, inReplyTo=motion.url)))
    assert len(await shown(bread)) == 1


async def test_of_one_origin_the_newest_ten_thousand_are_kept(bread, eve, monkeypatch):
    assert (10_000, timedelta(days=30)) == (overtaking.PER_ORIGIN, overtaking.KEEP)
    monkeypatch.setattr(overtaking, "PER_ORIGIN", 5)
    motion = await open_poll(bread)
    for number in range(8):
        await bread.deliver(eve, act(eve, "Delete", note(eve, number)["id"], number))
    assert len(await bread.rows(t.tombstones)) == 5
    for number in (2, 3, 7):
        await bread.deliver(eve, act(eve, "Create", note(eve, number, inReplyTo=motion.url), number))
    assert await shown(bread) == [note(eve, 2)["id"]]


async def test_only_ids_on_the_senders_own_origin_are_remembered(bread, eve):
    for number, uri in enumerate(("https://other.example/notes/1", f"{bread.origin}/notes/none", eve.uri + "x\\y")):
        await bread.deliver(eve, act(eve, "Delete", uri, number))
        await bread.deliver(eve, act(eve, "Undo", uri, number))
    assert await bread.rows(t.tombstones) == []
    await bread.deliver(eve, act(eve, "Delete", f"{eve.uri}/notes/1", 9))
    assert len(await bread.rows(t.tombstones)) == 1
