"""Announcements: public ones to followers, members-only ones to nobody elsewhere, and none twice (federation.md 13.7)."""

import pytest

from fedcoop.actions.announcements import delete_announcement, publish_announcement
from fedcoop.kernel.errors import Conflict, Invalid, NotAllowed
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
