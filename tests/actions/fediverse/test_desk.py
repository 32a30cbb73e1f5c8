"""The desk as people use it: done and undone, answered, blocked; and how little strangers can pile up on it."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from fedcoop.actions.fediverse import desk
from fedcoop.actions.fediverse.mirrors import SeenNote, store_note
from fedcoop.actions.instance.founding import close_member_actor, open_member_actor
from fedcoop.actions.instance.upkeep import purge
from fedcoop.actions.members.member import link_by_operator
from fedcoop.governance.members.member import Member
from fedcoop.kernel.errors import Conflict, Invalid, NotFound, Refused
from fedcoop.storage import tables as t
from fedcoop.storage.records import Actor
from fedcoop.storage.unit_of_work import UnitOfWork
from tests.actions.coop import audited, follow, join, know, made_keys, rows, sent
from tests.conftest import Instance


def post(author: Actor, number: int, *, public: bool = False) -> SeenNote:
    uri = f"{author.uri}/notes/{number}"
    return SeenNote(uri, "", f"<p>Words {number}</p>", "", "en", uri, public, None, None)


async def write(instance: Instance, author: Actor, number: int = 1, *, to: str = "alder", public: bool = False) -> int:
    """The author writes to an actor of ours; return the item's id."""

    def run(uow: UnitOfWork) -> int:
        recipient, seen = uow.actors.local(to), post(author, number, public=public)
        if public:
            store_note(uow, author=author, seen=seen, motion_id=None, kind="mention")
            desk.receive_post(uow, author=author, recipient=recipient, uri=seen.uri, kind="mention")
        else:
            desk.receive_message(uow, author=author, recipient=recipient, seen=seen)
        return int(
            uow.conn.execute(select(t.desk_items.c.id).order_by(t.desk_items.c.id.desc())).scalars().first() or 0
        )

    return await instance.units.write(run)


async def waiting(instance: Instance) -> dict[str, int]:
    return await instance.units.read(lambda uow: uow.desk.waiting(uow.actors.local("alder").id))


async def test_an_item_is_done_and_put_back(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    item = await write(instance, await know(instance, "zoe"))
    assert await waiting(instance) == {"message": 1}
    await instance.units.write(desk.settle, by=ada.id, item_id=item, remark="Called her.")
    await instance.units.write(desk.settle, by=ada.id, item_id=item, remark="Again.")
    (row,) = await rows(instance, t.desk_items)
    assert (row.done_at, row.done_by, row.remark) == (instance.clock.now(), ada.id, "Called her.")
    assert await waiting(instance) == {}
    await instance.units.write(desk.reopen, by=ada.id, item_id=item)
    assert await waiting(instance) == {"message": 1}
    assert [line.what for line in await rows(instance, t.audit_log) if line.what.startswith("desk-")] == [
        "desk-done",
        "desk-reopened",
    ]


async def test_an_answer_goes_to_the_author_alone_and_settles_the_item(instance: Instance) -> None:
    (ada,) = await join(instance.units, "wilhelmina")
    zoe = await know(instance, "zoe", kind="Service")
    await follow(instance, await know(instance, "yan", host="near.example"))
    item = await write(instance, zoe, public=True)
    answer = await instance.units.write(desk.reply, by=ada.id, item_id=item, text="Come on **Friday**.")
    (create,) = await sent(instance)
    note = create["object"]
    assert (create["to"], note["to"], create.get("cc")) == ([zoe.uri], [zoe.uri], None)
    assert note["inReplyTo"] == f"{zoe.uri}/notes/1"
    assert note["id"].endswith(answer.note_uuid)
    assert "<strong>Friday</strong>" in note["content"]
    assert note["tag"] == [{"type": "Mention", "href": zoe.uri, "name": "@zoe@far.example"}]
    assert [row.inbox for row in await rows(instance, t.deliveries)] == [zoe.inbox]
    assert "wilhelmina" not in str(create).lower()
    assert await waiting(instance) == {}


async def test_what_is_written_carries_nothing_unseen(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    zoe = await know(instance, "zoe")
    item = await write(instance, zoe)
    await instance.units.write(desk.reply, by=ada.id, item_id=item, text="Yes\u202e\x07 indeed")
    (answer,) = await rows(instance, t.desk_replies)
    assert answer.body == "Yes indeed"
    with pytest.raises(Invalid) as refused:
        await instance.units.write(desk.reply, by=ada.id, item_id=item, text="\u202e\u2060")
    assert refused.value.code == "text-missing"
    said = "This \u202eis\u202c rude"
    await instance.units.write(lambda uow: desk.receive_report(uow, actor=zoe, content=said, objects=["x"]))
    (report,) = await rows(instance, t.reports)
    assert report.content == "This is rude"


async def test_who_may_not_read_an_item_does_not_learn_that_there_is_one(instance: Instance) -> None:
    ada, ben, cy = await join(instance.units, "ada", "ben", "cy")
    mine = await instance.units.write(open_member_actor, member_id=ben.id, name="ben", keys=made_keys(1))
    zoe = await know(instance, "zoe")
    to_coop, to_ben = await write(instance, zoe), await write(instance, zoe, 2, to=mine.name)

    async def refused(by: Member, act: Any, item: int, **more: Any) -> str:
        with pytest.raises(Refused) as error:
            await instance.units.write(act, by=by.id, item_id=item, **more)
        assert isinstance(error.value, NotFound)
        return error.value.code

    for by, item in ((ben, to_coop), (cy, to_coop), (ada, to_ben), (cy, to_ben), (ada, 1)):
        for act, more in (
            (desk.settle, {}),
            (desk.reopen, {}),
            (desk.reply, {"text": "Hello"}),
            (desk.block_author, {}),
        ):
            assert await refused(by, act, item, **more) == "desk-item-unknown"
    assert await refused(ben, desk.reply, to_ben, text="Hello") == "desk-item-unknown"
    await instance.units.write(desk.settle, by=ada.id, item_id=to_coop)
    await instance.units.write(desk.settle, by=ben.id, item_id=to_ben)
    await instance.units.write(close_member_actor, member_id=ben.id)
    assert [row.id for row in await rows(instance, t.desk_items)] == [to_coop]


async def test_an_answer_that_cannot_be_sent_is_refused_by_code(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    zoe, server = await know(instance, "zoe"), await know(instance, "server", kind="Application")
    item = await write(instance, zoe)

    def report(uow: UnitOfWork) -> int:
        desk.receive_report(uow, actor=server, content="x" * 9000, objects=["https://alder.example/actors/alder"] * 60)
        return int(uow.desk.listing(uow.actors.local("alder").id, done=False, kind="report")[0].id)

    reported = await instance.units.write(report)
    (kept,) = await rows(instance, t.reports)
    assert (len(kept.content), len(kept.objects)) == (5000, 50)
    for values, kind, code in (
        ({"text": " "}, Invalid, "text-missing"),
        ({"text": "x" * 5001}, Invalid, "text-long"),
        ({"item_id": reported}, Conflict, "report-no-reply"),
    ):
        with pytest.raises(kind) as refused:
            await instance.units.write(desk.reply, **{"by": ada.id, "item_id": item, "text": "Hello", **values})
        assert refused.value.code == code
    await instance.units.write(desk.block_author, by=ada.id, item_id=item)
    with pytest.raises(Conflict) as blocked:
        await instance.units.write(desk.reply, by=ada.id, item_id=item, text="Hello")
    assert blocked.value.code == "author-blocked"
    await instance.units.write(desk.unblock_author, by=ada.id, item_id=item)
    await instance.units.write(desk.reply, by=ada.id, item_id=item, text="Hello")


async def test_blocking_an_author_settles_all_that_waits_of_theirs(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    zoe, yan = await know(instance, "zoe"), await know(instance, "yan")
    items = [await write(instance, zoe, 1), await write(instance, zoe, 2), await write(instance, yan, 3)]
    target = await instance.units.write(desk.block_author, by=ada.id, item_id=items[0])
    assert target == zoe.uri
    assert await waiting(instance) == {"message": 1}
    assert [line.subject for line in await audited(instance, "peer-blocked")] == [zoe.uri]


async def test_one_person_fills_no_more_than_a_day_holds_and_the_log_says_so(instance: Instance) -> None:
    zoe, yan = await know(instance, "zoe"), await know(instance, "yan")
    await write(instance, yan)
    for number in range(desk.PER_ACTOR_DAY + 2):
        await write(instance, zoe, number)
    kept = [row.uri.rpartition("/")[2] for row in await rows(instance, t.notes) if row.uri.startswith(zoe.uri)]
    assert kept == [str(number) for number in range(2, desk.PER_ACTOR_DAY + 2)]
    assert len(await rows(instance, t.desk_items)) == desk.PER_ACTOR_DAY + 1
    assert [line.subject for line in await audited(instance, "desk-overflowed")] == ["https://far.example"]
    instance.clock.advance(timedelta(days=1))
    await write(instance, zoe, 99)
    assert len(await rows(instance, t.desk_items)) == desk.PER_ACTOR_DAY + 2


async def test_a_full_server_drops_the_oldest_of_who_sent_most(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "PER_ORIGIN_DAY", 4)
    zoe, yan = await know(instance, "zoe"), await know(instance, "yan")
    first = await write(instance, yan)
    loud = [await write(instance, zoe, number) for number in range(5)]
    assert [row.id for row in await rows(instance, t.desk_items)] == [first, *loud[2:]]
    other = await know(instance, "xia", host="other.example")
    assert await write(instance, other) in [row.id for row in await rows(instance, t.desk_items)]


async def test_automatic_answers_are_few_and_members_come_first(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "PER_ORIGIN", 3)
    (ada,) = await join(instance.units, "ada")
    for number in range(4):
        await write(instance, await know(instance, f"z{number}"))
    assert len(await sent(instance)) == 2, "two thirds are for strangers"
    ours = await know(instance, "ada")
    await instance.units.write(link_by_operator, member_id=ada.id, actor=ours, handle="ada@far.example")
    before = len(await sent(instance))
    await write(instance, ours)
    assert len(await sent(instance)) == before + 1
    instance.clock.advance(timedelta(hours=2))
    await write(instance, await know(instance, "z9"))
    assert len(await sent(instance)) == before + 2


async def test_who_was_answered_by_a_person_gets_no_automatic_answer(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    zoe = await know(instance, "zoe")
    item = await write(instance, zoe, public=True)
    await instance.units.write(desk.reply, by=ada.id, item_id=item, text="Hello")
    await write(instance, zoe, 2)
    assert len(await sent(instance)) == 1


async def test_the_desk_is_swept(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    (ada,) = await join(instance.units, "ada")
    zoe = await know(instance, "zoe", kind="Service")
    done, waits = await write(instance, zoe, 1), await write(instance, zoe, 2)
    await instance.units.write(desk.reply, by=ada.id, item_id=done, text="Hello")
    instance.clock.advance(timedelta(days=91))
    await instance.units.write(purge, "")
    assert [row.id for row in await rows(instance, t.desk_items)] == [waits]
    assert [row.uri for row in await rows(instance, t.notes)] == [f"{zoe.uri}/notes/2"]
    assert await rows(instance, t.desk_replies) == []
    late = [await write(instance, zoe, number) for number in (3, 4)]
    monkeypatch.setattr(desk, "MOST_KEPT", 1)
    await instance.units.write(purge, "")
    assert [row.id for row in await rows(instance, t.desk_items)] == late[1:]
    assert len(await audited(instance, "desk-overflowed")) == 1
