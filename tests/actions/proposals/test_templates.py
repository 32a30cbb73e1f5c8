"""Templates of a co-op: saved, renamed, deleted, exported, imported; offered to others and received from them."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from fedcoop.actions.proposals import templates as actions
from fedcoop.federation.inbox.contract import Remote, digest_of
from fedcoop.federation.inbox.process import InboxProcessor
from fedcoop.federation.inbox.replays import Keys
from fedcoop.federation.server.inboxes import accept_inbound
from fedcoop.federation.translate.outgoing import template_note
from fedcoop.governance.members.member import Member
from fedcoop.governance.proposals.templates import BUILT_IN, renamed, template_to_json
from fedcoop.kernel.errors import Refused
from fedcoop.storage.proposals.templates import StoredTemplate
from fedcoop.storage.records import Actor, Follow, Inbound
from fedcoop.storage.unit_of_work import UnitOfWork
from tests.actions.coop import audited, follow, join, know, sent
from tests.conftest import Instance

OURS = renamed(BUILT_IN["special"], key="big_loans", title="Big loans")
FILE = actions.template_file(OURS)


async def _save(instance: Instance, by: Member) -> StoredTemplate:
    return await instance.units.write(actions.save_template, by=by.id, template=OURS)


async def _all(instance: Instance) -> list[StoredTemplate]:
    return await instance.units.read(lambda uow: uow.templates.all())


async def _code(instance: Instance, action: Any, **values: Any) -> str:
    before = await _all(instance)
    with pytest.raises(Refused) as refused:
        await instance.units.write(action, **values)
    assert await _all(instance) == before
    assert refused.value.message
    return refused.value.code


async def test_a_template_is_saved_renamed_and_deleted(instance: Instance) -> None:
    _, ben = await join(instance.units, "ada", "ben")
    stored = await _save(instance, ben)
    assert [item.template for item in await _all(instance)] == [OURS]
    await instance.units.write(actions.rename_template, by=ben.id, uuid=stored.uuid, key="loans", title="Loans")
    assert [(item.template.key, item.template.title) for item in await _all(instance)] == [("loans", "Loans")]
    await instance.units.write(actions.delete_template, by=ben.id, uuid=stored.uuid)
    assert await _all(instance) == []
    for what in ("template-saved", "template-renamed", "template-deleted"):
        assert len(await audited(instance, what)) == 1
    assert await sent(instance) == []


async def test_a_short_name_is_given_once_and_built_in_ones_stay(instance: Instance) -> None:
    ada, _ = await join(instance.units, "ada", "ben")
    stored = await _save(instance, ada)
    other = await instance.units.write(
        actions.save_template, by=ada.id, template=renamed(OURS, key="other", title="Other")
    )
    assert await _code(instance, actions.save_template, by=ada.id, template=OURS) == "template-exists"
    assert await _code(instance, actions.save_template, by=ada.id, template=BUILT_IN["consent"]) == "template-exists"
    values = {"by": ada.id, "uuid": other.uuid, "title": "Other"}
    assert await _code(instance, actions.rename_template, key="big_loans", **values) == "template-exists"
    assert await _code(instance, actions.rename_template, key="Not A Name", **values) == "template-key"
    await instance.units.write(actions.rename_template, by=ada.id, uuid=stored.uuid, key="big_loans", title="Same name")


async def test_only_its_author_or_an_office_changes_a_template(instance: Instance) -> None:
    ada, ben, cem = await join(instance.units, "ada", "ben", "cem")
    stored = await _save(instance, ben)
    values = {"uuid": stored.uuid, "key": "mine", "title": "Mine"}
    assert await _code(instance, actions.rename_template, by=cem.id, **values) == "not-an-office"
    assert await _code(instance, actions.delete_template, by=cem.id, uuid=stored.uuid) == "not-an-office"
    await instance.units.write(actions.rename_template, by=ada.id, **values)
    await instance.units.write(actions.delete_template, by=None, uuid=stored.uuid)
    assert await _code(instance, actions.delete_template, by=ada.id, uuid=stored.uuid) == "template-unknown"


async def test_a_file_comes_back_as_it_was_and_what_is_no_template_is_refused(instance: Instance) -> None:
    ada, _ = await join(instance.units, "ada", "ben")
    stored = await instance.units.write(actions.import_template, by=ada.id, text=FILE, origin="a file")
    assert (stored.template, stored.origin) == (OURS, "a file")
    assert actions.template_file(stored.template) == FILE
    again = await instance.units.write(actions.import_template, by=ada.id, text=FILE, key="again", title="Again")
    assert (again.template.key, again.template.title, again.template.words) == ("again", "Again", OURS.words)
    good = template_to_json(OURS) | {"key": "third"}
    for text, code in (
        (FILE, "template-exists"),
        ("no json", "template-json"),
        ("[" * 9999, "template-json"),
        ("{}", "template-format"),
        (json.dumps(good | {"method": "oracle"}), "template-method"),
        (json.dumps(good | {"words": {"quorum": "some"}}), "template-setting"),
        (json.dumps(good | {"more": "x" * actions.MAX_BYTES}), "template-long"),
    ):
        assert await _code(instance, actions.import_template, by=ada.id, text=text) == code


async def test_there_is_room_for_so_many_templates(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    ada, _ = await join(instance.units, "ada", "ben")
    monkeypatch.setattr(actions, "MAX_OWN", 1)
    await _save(instance, ada)
    other = renamed(OURS, key="other", title="Other")
    assert await _code(instance, actions.save_template, by=ada.id, template=other) == "template-many"


async def test_an_offered_template_goes_to_followers_and_its_end_does_too(instance: Instance) -> None:
    ada, _ = await join(instance.units, "ada", "ben")
    await follow(instance, await know(instance, "zoe"))
    stored = await _save(instance, ada)
    await instance.units.write(actions.offer_template, by=ada.id, uuid=stored.uuid)
    assert await _code(instance, actions.offer_template, by=ada.id, uuid=stored.uuid) == "template-offered"
    (create,) = await sent(instance, "Create")
    note = create["object"]
    assert note["id"].endswith(f"/notes/{stored.uuid}")
    assert note["url"].endswith(f"/templates/{stored.uuid}")
    assert json.loads(note["coop:template"]) == template_to_json(OURS)
    await instance.units.write(actions.rename_template, by=ada.id, uuid=stored.uuid, key="loans", title="Loans")
    (update,) = await sent(instance, "Update")
    assert json.loads(update["object"]["coop:template"])["key"] == "loans"
    assert (note["coop:announcement"], update["object"]["id"]) == ("general", note["id"])
    await instance.units.write(actions.delete_template, by=ada.id, uuid=stored.uuid)
    (delete,) = await sent(instance, "Delete")
    assert delete["object"]["id"] == note["id"]


async def test_what_a_followed_co_op_offers_is_imported_with_one_confirmation(instance: Instance) -> None:
    ada, _ = await join(instance.units, "ada", "ben")
    birch = await know(instance, "birch")
    uri = "https://far.example/notes/1"
    for value in (json.dumps(template_to_json(OURS)), template_to_json(OURS)):
        assert await instance.units.write(actions.receive_offer, author=birch, uri=uri, value=value)
    (offer,) = await instance.units.read(lambda uow: uow.templates.offers())
    assert (offer.uri, offer.template) == (uri, OURS)
    await instance.units.write(actions.accept_offer, by=ada.id, offer_id=offer.id)
    assert [(item.template, item.origin) for item in await _all(instance)] == [(OURS, uri)]
    assert await _code(instance, actions.accept_offer, by=ada.id, offer_id=offer.id) == "template-exists"
    await instance.units.write(actions.accept_offer, by=ada.id, offer_id=offer.id, key="theirs")
    assert await _code(instance, actions.accept_offer, by=ada.id, offer_id=1) == "offer-unknown"


async def test_an_offer_that_this_program_cannot_use_is_shown_and_not_imported(instance: Instance) -> None:
    ada, _ = await join(instance.units, "ada", "ben")
    birch = await know(instance, "birch")
    newer = template_to_json(OURS) | {"method": "oracle"}
    await instance.units.write(actions.receive_offer, author=birch, uri="https://far.example/notes/1", value=newer)
    (offer,) = await instance.units.read(lambda uow: uow.templates.offers())
    assert (offer.template, offer.title) == (None, "Big loans")
    assert "oracle" in offer.why_not
    assert await _code(instance, actions.accept_offer, by=ada.id, offer_id=offer.id) == "template-unusable"


@pytest.mark.parametrize("value", [None, 3, "no json", "[" * 9999, {}, {"format": "other"}, "x" * 40_000])
async def test_what_is_no_template_is_not_kept_as_an_offer(instance: Instance, value: Any) -> None:
    birch = await know(instance, "birch")
    uri = "https://far.example/notes/1"
    assert not await instance.units.write(actions.receive_offer, author=birch, uri=uri, value=value)
    assert await instance.units.write(actions.receive_offer, author=birch, uri=uri, value=template_to_json(OURS))


async def test_an_offer_goes_with_its_post_and_only_by_its_author(instance: Instance) -> None:
    birch, other = await know(instance, "birch"), await know(instance, "other")
    uri = "https://far.example/notes/1"
    await instance.units.write(actions.receive_offer, author=birch, uri=uri, value=template_to_json(OURS))

    values = {"uri": uri, "value": template_to_json(OURS)}
    assert not await instance.units.write(actions.receive_offer, author=other, **values)
    assert await instance.units.write(actions.receive_offer, author=birch, **values)

    def drop(uow: UnitOfWork, actor: Any) -> bool:
        return uow.templates.drop_offer(uri, actor.id)

    assert not await instance.units.write(drop, other)
    assert await instance.units.write(drop, birch)
    assert await instance.units.read(lambda uow: uow.templates.offers()) == []


async def test_of_one_co_op_so_many_offers_are_kept(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    birch = await know(instance, "birch")
    monkeypatch.setattr(actions, "MAX_OFFERS", 1)
    value = template_to_json(OURS)
    for number, kept in ((1, True), (2, False), (1, True)):
        uri = f"https://far.example/notes/{number}"
        assert await instance.units.write(actions.receive_offer, author=birch, uri=uri, value=value) is kept


async def _receive(instance: Instance, actor: Actor, type_: str, document: Any, number: int) -> None:
    activity = {
        "@context": document.get("@context", "https://www.w3.org/ns/activitystreams"),
        "id": f"https://far.example/activities/{number}",
        "type": type_,
        "actor": actor.uri,
        "to": ["https://www.w3.org/ns/activitystreams#Public"],
        "object": document,
    }
    now = instance.clock.now()
    row = Inbound(0, actor.uri, json.dumps(activity).encode(), "signature", now, now, 0)
    assert await instance.units.write(accept_inbound, row, Keys(digest_of(activity["id"])), None)
    await InboxProcessor(instance.units, cast(Remote, None)).drain()


def _post(actor: Actor, template: Any, number: int = 1) -> dict[str, Any]:
    at = datetime(2026, 5, 1, tzinfo=UTC)
    return template_note(
        uri=f"https://far.example/notes/{number}",
        url=f"https://far.example/templates/{number}",
        author=actor.uri,
        followers=actor.followers,
        content="<p>We offer a template.</p>",
        language="en",
        template=actions.template_file(template).strip(),
        at=at,
        updated=at + timedelta(seconds=number),
    )


async def test_a_template_in_the_inbox_is_kept_from_whom_we_follow_and_from_nobody_else(instance: Instance) -> None:
    birch, other = await know(instance, "birch"), await know(instance, "other")

    def follow_birch(uow: UnitOfWork) -> None:
        coop = uow.actors.local("alder")
        uow.actors.put_follow(Follow(uow.new_id(), coop.id, birch.id, f"{coop.uri}#1", "accepted", uow.now))

    await instance.units.write(follow_birch)
    await _receive(instance, other, "Create", _post(other, OURS, 2), 2)
    assert await instance.units.read(lambda uow: uow.templates.offers()) == []
    await _receive(instance, birch, "Create", _post(birch, OURS), 1)
    (offer,) = await instance.units.read(lambda uow: uow.templates.offers())
    assert (offer.template, offer.actor_id) == (OURS, birch.id)
    newer = renamed(OURS, key="loans", title="Loans")
    await _receive(instance, birch, "Update", _post(birch, newer), 3)
    (later,) = await instance.units.read(lambda uow: uow.templates.offers())
    assert (later.id, later.template) == (offer.id, newer)
    tombstone = {"id": "https://far.example/notes/1", "type": "Tombstone"}
    await _receive(instance, birch, "Delete", tombstone, 4)
    assert await instance.units.read(lambda uow: uow.templates.offers()) == []
