"""What others write to actors of ours reaches the desk and nobody else: mentions, answers, private messages, reports."""

import json

import pytest

from fedcoop.actions.fediverse.desk import reply
from fedcoop.actions.fediverse.followers import answer_request
from fedcoop.actions.instance.founding import open_member_actor
from fedcoop.actions.talk.announcements import publish_announcement
from fedcoop.kernel.errors import NotFound
from fedcoop.storage import tables as t
from tests.doors.harness import keys_of
from tests.doors.votes import open_poll

AS2 = "https://www.w3.org/ns/activitystreams"
PUBLIC = AS2 + "#Public"


def create(actor, number=1, *, to, cc=(), **more):
    """A post of the actor and the activity that brings it, as Mastodon sends them."""
    note = {
        "id": f"{actor.uri}/notes/{number}",
        "type": "Note",
        "attributedTo": actor.uri,
        "to": list(to),
        "cc": list(cc),
        "content": "<p>Hello <b>you</b><script>1</script></p>",
        **more,
    }
    return {
        "@context": AS2,
        "id": note["id"] + "/activity",
        "type": "Create",
        "actor": actor.uri,
        "to": note["to"],
        "cc": note["cc"],
        "object": note,
    }


def act(actor, type_, obj, number=1, **more):
    uri = f"{actor.uri}/act/{type_}/{number}"
    return {"@context": AS2, "id": uri, "type": type_, "actor": actor.uri, "object": obj, **more}


@pytest.fixture
async def eve(bread, peer):
    """An account that nobody knows."""
    found = peer.actor("eve", rsa_number=1)
    await bread.parts.actors.actor(found.uri)
    return found


async def on_the_desk(bread):
    """What lies there, oldest first: kind, recipient's name, and whether the post is public."""
    notes = {row.id: row for row in await bread.rows(t.notes)}
    actors = {row.id: row for row in await bread.rows(t.actors)}
    items = sorted(await bread.rows(t.desk_items), key=lambda row: row.id)
    return [
        (row.kind, actors[row.recipient_id].name, row.note_id is not None and notes[row.note_id].public)
        for row in items
    ]


async def directs(bread):
    """Direct notes that are on their way, oldest first."""
    found = [json.loads(row.document) for row in await bread.rows(t.activities) if row.type == "Create"]
    return [activity["object"] for activity in found if PUBLIC not in activity["to"]]


async def test_a_mention_an_answer_and_a_private_message_lie_on_the_desk(bread, eve):
    ada = await bread.add_member("ada")
    made = await bread.units.write(publish_announcement, by=ada, text="The oven is here.")
    note = f"{bread.origin}/notes/{made.uuid}"
    await bread.deliver(eve, create(eve, 1, to=[PUBLIC], cc=[bread.uri]))
    await bread.deliver(eve, create(eve, 2, to=[PUBLIC], inReplyTo=note))
    await bread.deliver(eve, create(eve, 3, to=[bread.uri]))
    await bread.deliver(eve, create(eve, 4, to=[eve.uri + "/followers"], cc=[bread.uri]))
    assert await on_the_desk(bread) == [
        ("mention", "bread", True),
        ("answer", "bread", True),
        ("message", "bread", False),
        ("message", "bread", False),
    ]
    assert {row.content for row in await bread.rows(t.notes)} == {"<p>Hello <b>you</b></p>"}


async def test_what_is_said_about_a_vote_stands_on_its_page_and_not_on_the_desk(bread, eve):
    motion = await open_poll(bread)
    await bread.deliver(eve, create(eve, 1, to=[PUBLIC], cc=[bread.uri], inReplyTo=motion.url))
    await bread.deliver(eve, create(eve, 2, to=[PUBLIC], cc=[bread.uri], inReplyTo=f"{eve.uri}/notes/1"))
    assert await on_the_desk(bread) == []
    assert {row.motion_id for row in await bread.rows(t.notes)} == {motion.id}


async def test_a_private_answer_to_a_vote_is_for_the_desk_alone(bread, eve):
    motion = await open_poll(bread)
    await bread.deliver(eve, create(eve, to=[bread.uri], inReplyTo=motion.url))
    assert await on_the_desk(bread) == [("message", "bread", False)]
    assert [row.motion_id for row in await bread.rows(t.notes)] == [None]


async def test_the_same_post_again_lies_there_once_and_an_edit_changes_it(bread, eve):
    first = create(eve, to=[bread.uri])
    await bread.deliver(eve, first)
    await bread.deliver(eve, {**first, "id": first["id"] + "/again"})
    newer = {**first["object"], "content": "<p>Hello again</p>", "updated": "2026-03-01T11:00:00Z"}
    await bread.deliver(eve, act(eve, "Update", newer, to=[bread.uri]))
    assert await on_the_desk(bread) == [("message", "bread", False)]
    assert [row.content for row in await bread.rows(t.notes)] == ["<p>Hello again</p>"]
    await bread.deliver(eve, act(eve, "Update", {**newer, "to": [PUBLIC], "updated": "2026-03-01T12:00:00Z"}, 2))
    assert [row.public for row in await bread.rows(t.notes)] == [False]
    await bread.deliver(eve, act(eve, "Delete", first["object"]["id"], 3))
    assert [row.content for row in await bread.rows(t.notes)] == [""]


async def test_what_is_written_to_a_members_profile_is_for_that_member(bread, eve):
    noor = await bread.add_member("noor")
    mine = await bread.units.write(open_member_actor, member_id=noor, name="noor", keys=keys_of("noor"))
    await bread.deliver(eve, create(eve, 1, to=[mine.uri]))
    await bread.deliver(eve, create(eve, 2, to=[PUBLIC], cc=[mine.uri]))
    await bread.deliver(eve, create(eve, 3, to=[mine.uri, bread.uri]))
    assert await on_the_desk(bread) == [
        ("message", "noor", False),
        ("mention", "noor", True),
        ("message", "bread", False),
    ]
    assert len(await directs(bread)) == 1, "the automatic answer speaks for the co-op only"


async def test_a_private_message_is_in_no_document_that_anybody_can_fetch(bread, eve, peer):
    await bread.deliver(eve, create(eve, to=[bread.uri], content="<p>My secret</p>"))
    item = (await bread.rows(t.desk_items))[0]
    ada = await bread.add_member("ada")
    await bread.units.write(lambda uow: uow.conn.execute(t.members.update().values(is_admin=True)))
    await bread.units.write(reply, by=ada, item_id=item.id, text="Our secret")
    answered = (await directs(bread))[-1]
    assert (answered["to"], answered["inReplyTo"]) == ([eve.uri], f"{eve.uri}/notes/1")
    assert answered["tag"][0] == {"type": "Mention", "href": eve.uri, "name": "@eve@" + eve.uri.split("/")[2]}
    for path in (
        *("/actors/bread", "/actors/bread/outbox", "/actors/bread/outbox?page=first", "/nodeinfo/2.1"),
        *(answered["id"], *(row.uri for row in await bread.rows(t.activities))),
    ):
        status, _, value = await bread.get(path)
        assert "secret" not in str(value).lower(), path
        assert status == 404 or "/activities/" not in path


async def test_the_automatic_answer_comes_once_a_month_and_says_where_to_go(bread, eve):
    for number in (1, 2):
        await bread.deliver(eve, create(eve, number, to=[bread.uri]))
    (told,) = await directs(bread)
    assert (told["to"], told["inReplyTo"]) == ([eve.uri], f"{eve.uri}/notes/1")
    for words in ("A person will read it", "/settings/accounts", "/decisions"):
        assert words in told["content"]
    bread.advance(days=29)
    await bread.deliver(eve, create(eve, 3, to=[bread.uri]))
    assert len(await directs(bread)) == 1
    bread.advance(days=2)
    await bread.deliver(eve, create(eve, 4, to=[bread.uri]))
    assert len(await directs(bread)) == 2


async def test_two_machines_do_not_thank_each_other(bread, peer):
    for number, kind in enumerate(("Service", "Application", "Organization", "Group", "Person")):
        robot = peer.actor(f"robot{number}", rsa_number=1)
        robot.extra["type"] = kind
        await bread.deliver(robot, create(robot, to=[bread.uri]))
        assert len(await directs(bread)) == (1 if kind == "Person" else 0)
    assert len(await bread.rows(t.desk_items)) == 5


async def test_a_report_is_kept_with_what_it_names_and_its_words_are_plain(bread, eve):
    motion = await open_poll(bread)
    flag = act(eve, "Flag", [motion.url, "https://elsewhere.example/x"], content="<b>Rude</b>.")
    await bread.deliver(eve, flag)
    [report] = await bread.rows(t.reports)
    assert (report.content, json.loads(report.objects) if isinstance(report.objects, str) else report.objects) == (
        "Rude.",
        [motion.url, "https://elsewhere.example/x"],
    )
    assert await on_the_desk(bread) == [("report", "bread", False)]
    assert await bread.audit_codes("report-received") == [""]


async def test_a_request_to_follow_that_was_taken_back_waits_no_more(bread, eve):
    noor = await bread.add_member("noor")
    mine = await bread.units.write(open_member_actor, member_id=noor, name="noor", keys=keys_of("noor"))
    asked = act(eve, "Follow", mine.uri)
    await bread.deliver(eve, asked)
    assert await bread.units.read(lambda uow: uow.follows.count_requests(mine.id)) == 1
    assert await bread.rows(t.activities) == []
    await bread.deliver(eve, act(eve, "Undo", asked))
    assert await bread.units.read(lambda uow: uow.follows.count_requests(mine.id)) == 0
    follower = await bread.units.read(lambda uow: uow.actors.find(eve.uri).id)
    with pytest.raises(NotFound):
        await bread.units.write(answer_request, by=noor, follower_id=follower, accepted=True)
    assert await bread.rows(t.activities) == []
    bread.advance(seconds=1)
    await bread.deliver(eve, act(eve, "Follow", mine.uri, 2))
    await bread.units.write(answer_request, by=noor, follower_id=follower, accepted=True)
    (accept,) = await bread.rows(t.activities)
    assert (accept.type, json.loads(accept.document)["object"]["id"]) == ("Accept", f"{eve.uri}/act/Follow/2")
