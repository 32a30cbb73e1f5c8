"""Announcements: public ones to followers, members-only ones to nobody elsewhere, and none twice (federation.md 13.7)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fedcoop.actions.fediverse.mirrors import SeenNote, store_note
from fedcoop.actions.fediverse.peers import block
from fedcoop.actions.members.registrar import save_class, set_class
from fedcoop.actions.talk.announcements import delete_announcement, edit_announcement, publish_announcement
from fedcoop.governance.members.classes import MemberClass
from fedcoop.kernel.clock import parse_rfc3339
from fedcoop.kernel.errors import Conflict, Invalid, NotAllowed, Refused
from fedcoop.kernel.ids import MemberId
from fedcoop.queries.talk.announcements import on_topic
from fedcoop.storage import tables as t
from tests.actions.coop import follow, join, know, rows, sent
from tests.conftest import Instance

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


async def test_a_public_announcement_goes_to_followers_once_per_inbox(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    shared = "https://far.example/inbox"
    for name in ("zoe", "yan"):
        await follow(instance, await know(instance, name, shared_inbox=shared))
    await follow(instance, await know(instance, "xia", host="other.example"))
    await know(instance, "stranger", host="third.example")
    made = await instance.units.write(
        publish_announcement, by=ada.id, text="The **oven** is <b>here</b>. <script>x</script>", kind="work"
    )
    (create,) = await sent(instance)
    note = create["object"]
    assert (create["type"], create["to"], note["coop:announcement"]) == ("Create", [PUBLIC], "work")
    assert note["contentMap"] == {"en": note["content"]}
    assert "<strong>oven</strong>" in note["content"]
    assert "<script" not in note["content"]
    inboxes = {row.inbox for row in await rows(instance, t.deliveries)}
    assert inboxes == {shared, "https://other.example/users/xia/inbox"}
    await instance.units.write(delete_announcement, by=ada.id, announcement_id=made.id)
    delete = (await sent(instance))[-1]
    assert (delete["type"], delete["object"]["type"], delete["object"]["id"]) == ("Delete", "Tombstone", note["id"])
    stored = await instance.units.read(lambda uow: uow.notes.find_object(note["id"]))
    assert stored is not None
    assert (stored.deleted_at, stored.document) == (instance.clock.now(), "{}")
    assert len(await rows(instance, t.deliveries)) == 4
    with pytest.raises(Conflict) as again:
        await instance.units.write(delete_announcement, by=ada.id, announcement_id=made.id)
    assert again.value.code == "announcement-deleted"
    assert len(await sent(instance)) == 2


async def test_a_members_only_announcement_leaves_the_house_by_no_way(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    await follow(instance, await know(instance, "zoe"))
    made = await instance.units.write(publish_announcement, by=ada.id, text="The till is open.", audience="members")
    await instance.units.write(delete_announcement, by=ada.id, announcement_id=made.id)
    assert await sent(instance) == []
    assert await rows(instance, t.deliveries) == []
    assert await rows(instance, t.objects) == []


async def test_announcements_are_refused_by_code_and_leave_nothing(instance: Instance) -> None:
    ada, ben, cy = await join(instance.units, "ada", "ben", "cy")
    for values, code in (
        ({"text": " \n "}, "text-missing"),
        ({"text": "x" * 20_001}, "text-long"),
        ({"audience": "friends"}, "audience"),
        ({"kind": "gossip"}, "kind"),
    ):
        with pytest.raises(Invalid) as refused:
            await instance.units.write(publish_announcement, by=ben.id, **{"text": "Hello.", **values})
        assert refused.value.code == code
    assert await rows(instance, t.announcements) == []
    made = await instance.units.write(publish_announcement, by=ben.id, text="x" * 20_000)
    with pytest.raises(NotAllowed):
        await instance.units.write(delete_announcement, by=cy.id, announcement_id=made.id)
    await instance.units.write(delete_announcement, by=ada.id, announcement_id=made.id)


async def test_who_is_mentioned_is_addressed_and_tagged_at_the_inbox_of_their_server(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    shared = "https://far.example/inbox"
    zoe = await know(instance, "zoe", shared_inbox=shared, url="https://far.example/@zoe")
    await follow(instance, await know(instance, "yan", shared_inbox=shared))
    await instance.units.write(
        publish_announcement,
        by=ada.id,
        text="Thanks, @zoe@far.example and @nobody@lost.example, for the #Oven!",
        people={"zoe@far.example": zoe.uri},
    )
    (create,) = await sent(instance)
    note = create["object"]
    assert note["cc"] == create["cc"] == ["https://alder.example/actors/alder/followers", zoe.uri]
    assert note["tag"] == [
        {"type": "Mention", "href": zoe.uri, "name": "@zoe@far.example"},
        {"type": "Hashtag", "href": "https://alder.example/tags/oven", "name": "#Oven"},
    ]
    assert '<a href="https://far.example/@zoe" class="u-url mention"' in note["content"]
    assert "and @nobody@lost.example," in note["content"]
    assert [row.inbox for row in await rows(instance, t.deliveries)] == [shared]
    lost = [row for row in await rows(instance, t.announcement_mentions) if row.actor_id is None]
    assert [row.handle for row in lost] == ["nobody@lost.example"]


async def test_an_edit_keeps_what_was_said_and_tells_all_who_were_ever_told(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    await follow(instance, await know(instance, "yan", host="near.example"))
    zoe, xia = await know(instance, "zoe"), await know(instance, "xia", host="other.example")
    people = {"zoe@far.example": zoe.uri, "xia@other.example": xia.uri}
    made = await instance.units.write(
        publish_announcement, by=ada.id, text="@zoe@far.example brings the oven.", people=people
    )
    instance.clock.advance(timedelta(microseconds=1))
    edited = await instance.units.write(
        edit_announcement, by=ada.id, uuid=made.uuid, text="@xia@other.example brings it.", base=1, people=people
    )
    assert (edited.version, edited.updated_at) == (2, instance.clock.now())
    create, update = await sent(instance)
    before, after = create["object"], update["object"]
    assert (update["type"], after["id"], after["published"]) == ("Update", before["id"], before["published"])
    assert parse_rfc3339(after["updated"]) == instance.clock.now()
    assert "updated" not in before
    assert set(after["cc"]) == {"https://alder.example/actors/alder/followers", zoe.uri, xia.uri}
    assert [tag["href"] for tag in after["tag"]] == [xia.uri]
    told = {row.inbox for row in await rows(instance, t.deliveries) if row.order_key == after["id"]}
    assert told == {"https://near.example/users/yan/inbox", zoe.inbox, xia.inbox}
    (kept,) = await rows(instance, t.announcement_versions)
    assert (kept.version, kept.body, kept.at) == (1, "@zoe@far.example brings the oven.", made.published_at)
    await instance.units.write(delete_announcement, by=ada.id, announcement_id=made.id)
    delete = (await sent(instance, "Delete"))[0]
    assert set(delete["cc"]) == set(after["cc"])
    assert await rows(instance, t.announcement_versions) == []


async def test_the_same_text_again_is_no_edit(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    made = await instance.units.write(publish_announcement, by=ada.id, text="The oven is here.")
    await instance.units.write(edit_announcement, by=ada.id, uuid=made.uuid, text=" The oven is here.\n", base=1)
    assert len(await sent(instance)) == 1
    assert await rows(instance, t.announcement_versions) == []


async def test_an_edit_is_refused_by_code_and_changes_nothing(instance: Instance) -> None:
    ada, ben = await join(instance.units, "ada", "ben")
    made = await instance.units.write(publish_announcement, by=ben.id, text="The oven is here.")
    right = {"by": ben.id, "uuid": made.uuid, "text": "It is here.", "base": 1}
    many = " ".join(f"@a{number}@far.example" for number in range(11))
    for changes, code in (
        ({"by": ada.id}, "not-the-author"),
        ({"base": 2}, "edited-meanwhile"),
        ({"text": " "}, "text-missing"),
        ({"text": many}, "mentions-many"),
        ({"uuid": "0" * 36}, "announcement-unknown"),
    ):
        with pytest.raises(Refused) as refused:
            await instance.units.write(edit_announcement, **{**right, **changes})
        assert refused.value.code == code
    assert len(await sent(instance)) == 1
    assert (await instance.units.write(edit_announcement, **right)).version == 2
    await instance.units.write(delete_announcement, by=ben.id, announcement_id=made.id)
    with pytest.raises(Conflict) as gone:
        await instance.units.write(edit_announcement, **{**right, "base": 2})
    assert gone.value.code == "announcement-deleted"


async def test_who_is_blocked_since_the_look_up_is_not_addressed(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    zoe = await know(instance, "zoe")
    await instance.units.write(block, target=zoe.uri)
    people = {"zoe@far.example": zoe.uri}
    await instance.units.write(publish_announcement, by=ada.id, text="Hello @zoe@far.example.", people=people)
    (create,) = await sent(instance)
    assert zoe.uri not in create["cc"]
    assert "tag" not in create["object"]


async def test_a_members_only_announcement_names_nobody_elsewhere(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    zoe = await know(instance, "zoe")
    people = {"zoe@far.example": zoe.uri}
    text = "@zoe@far.example asked about the #till."
    made = await instance.units.write(publish_announcement, by=ada.id, text=text, audience="members", people=people)
    assert "far.example/" not in made.body_html
    assert await sent(instance) == []
    await instance.units.write(edit_announcement, by=ada.id, uuid=made.uuid, text="Solved.", base=1, people=people)
    assert await sent(instance) == []
    assert await rows(instance, t.announcement_tags) == []


async def test_a_class_without_a_vote_announces_only_where_it_says_so(instance: Instance) -> None:
    _, ben = await join(instance.units, "ada", "ben")
    guests = MemberClass("guest", "Guests", weight=0)
    await instance.units.write(save_class, item=guests, who="test", new=True)
    await instance.units.write(set_class, member_id=ben.id, name="guest", who="test")
    with pytest.raises(NotAllowed) as refused:
        await instance.units.write(publish_announcement, by=ben.id, text="Hello.")
    assert refused.value.code == "class-may-not-announce"
    await instance.units.write(save_class, item=replace(guests, may_announce=True), who="test")
    made = await instance.units.write(publish_announcement, by=ben.id, text="Hello.")
    assert made.author_id == ben.id


async def test_who_was_found_once_is_known_when_their_server_does_not_answer(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    zoe = await know(instance, "zoe")
    people = {"zoe@far.example": zoe.uri}
    made = await instance.units.write(publish_announcement, by=ada.id, text="Hello @zoe@far.example.", people=people)
    for version, text in enumerate(("Nobody.", "Hello again @zoe@far.example."), 1):
        await instance.units.write(edit_announcement, by=ada.id, uuid=made.uuid, text=text, base=version)
    last = (await sent(instance))[-1]["object"]
    assert [tag["href"] for tag in last["tag"]] == [zoe.uri]
    assert zoe.uri in last["cc"]


async def test_a_topic_is_one_whatever_its_case_and_only_for_who_may_read_it(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    for audience, text in (("public", "#Oven"), ("members", "#oven code"), ("public", "#till")):
        await instance.units.write(publish_announcement, by=ada.id, text=text, audience=audience)

    async def found(tag: str, reader: MemberId | None) -> list[str]:
        views, _ = await instance.units.read(on_topic, tag=tag, reader=reader, before=None)
        return [view.audience for view in views]

    assert await found("OVEN", None) == ["public"]
    assert await found("oven", ada.id) == ["members", "public"]
    assert await found("ove", ada.id) == []


async def test_replies_to_an_announcement_are_kept_apart_from_those_of_the_blocked(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    made = await instance.units.write(publish_announcement, by=ada.id, text="Hello.")
    uri = f"https://alder.example/notes/{made.uuid}"
    for name in ("zoe", "yan"):
        author = await know(instance, name, host=f"{name}.example")
        seen = SeenNote(f"{author.uri}/1", uri, "<p>Hi</p>", "", "en", "", True, None, None)
        await instance.units.write(store_note, author=author, seen=seen, motion_id=None, kind="mention")
    assert await instance.units.read(lambda uow: uow.notes.count_replies(uri)) == 2
    await instance.units.write(block, target="zoe.example")
    assert await instance.units.read(lambda uow: uow.notes.count_replies(uri)) == 1
    assert len(await instance.units.read(lambda uow: uow.notes.replies_to(uri))) == 1
    assert [reply for _, reply in await instance.units.read(lambda uow: uow.notes.reply_ids(uri))] == [
        "https://yan.example/users/yan/1"
    ]
