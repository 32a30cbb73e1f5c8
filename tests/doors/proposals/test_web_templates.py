"""Pages of templates: choosing one, keeping one, taking over what another co-op offers."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fedcoop.actions.fediverse.remote import SeenActor, remember_actor
from fedcoop.actions.proposals.templates import receive_offer, template_file
from fedcoop.governance.proposals.templates import BUILT_IN, renamed, template_to_json
from tests.doors.website import Browser, Website, open_website

OURS = renamed(BUILT_IN["special"], key="big_loans", title="Big loans")
FILE = template_file(OURS)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Website]:
    async with open_website(tmp_path) as website:
        yield website


async def _import(browser: Browser, **fields: str) -> str:
    sent = await browser.submit("/templates", "/templates/import", {"file": FILE, "key": "", **fields})
    assert sent.status == 303, sent.words
    return sent.location


async def _birch(site: Website, value: object) -> int:
    uri = "https://birch.example/actor"
    seen = SeenActor(
        uri=uri,
        kind="Organization",
        name="birch",
        display_name="Birch Lane",
        summary="",
        url=uri,
        inbox=f"{uri}/inbox",
        shared_inbox="",
        followers="",
        moved_to="",
        document={},
        keys=(),
        handle="birch@birch.example",
    )
    actor = await site.units.write(remember_actor, seen)
    await site.units.write(receive_offer, author=actor, uri="https://birch.example/notes/1", value=value)
    (offer,) = await site.units.read(lambda uow: uow.templates.offers())
    return offer.id


async def test_the_picker_says_when_to_use_what_and_leads_to_the_form(site: Website) -> None:
    noor = await site.signed_in("noor")
    page = await noor.get("/templates")
    assert page.status == 200
    for template in BUILT_IN.values():
        assert template.title in page.words
        assert f"/proposals/new?template={template.key}" in page.text
    assert "Carried if more than half of the votes for and against are for" in page.words
    assert page.words.index("Yes or no?") < page.words.index("Is it good enough to try?")


async def test_strangers_read_the_picker_and_offered_templates_only(site: Website) -> None:
    noor, stranger = await site.signed_in("noor"), site.browser()
    address = await _import(noor)
    page = await stranger.get("/templates")
    assert page.status == 200
    assert "Use this" not in page.words
    assert (await stranger.get(address)).status == 404
    assert (await stranger.get(f"{address}.json")).status == 404
    assert "Offer “Big loans” to other co-\u2060ops?" in (await noor.get(f"{address}/offer")).words
    sent = await noor.submit(f"{address}/offer", f"{address}/offer", {})
    assert sent.status == 303
    assert "The template is public now" in (await noor.get(sent.location)).words
    assert (await stranger.get(address)).status == 200
    file = await stranger.get(f"{address}.json")
    assert file.text == FILE
    uuid = address.rpartition("/")[2]
    assert (await stranger.get(f"/notes/{uuid}")).location == f"/templates/{uuid}"


async def test_a_template_is_renamed_and_deleted_by_who_made_it(site: Website) -> None:
    noor = await site.signed_in("noor")
    address = await _import(noor)
    fields = {"key": "loans", "title": "Loans"}
    assert (await noor.submit(address, f"{address}/rename", fields)).status == 303
    wrong = await noor.submit(address, f"{address}/rename", {"key": "ordinary", "title": "Loans"})
    assert wrong.status == 422
    assert "There is a template with the short name ordinary already." in wrong.words
    sent = await noor.submit(f"{address}/delete", f"{address}/delete", {})
    assert sent.location == "/templates?done=deleted"
    assert (await noor.get(address)).status == 404


async def test_what_is_no_template_comes_back_with_what_was_pasted(site: Website) -> None:
    noor = await site.signed_in("noor")
    await _import(noor)
    for file, told in (
        ("no json", "This is no JSON file."),
        (FILE, "There is a template with the short name big_loans already."),
        (json.dumps(template_to_json(OURS) | {"method": "oracle"}), "does not know the method oracle"),
    ):
        wrong = await noor.submit("/templates", "/templates/import", {"file": file, "key": ""})
        assert wrong.status == 422
        assert told in wrong.words
    assert "no json" in (await noor.submit("/templates", "/templates/import", {"file": "no json"})).text


async def test_what_another_co_op_offers_is_imported_with_one_confirmation(site: Website) -> None:
    noor = await site.signed_in("noor")
    number = await _birch(site, template_to_json(OURS))
    page = await noor.get("/templates")
    assert "Offered by other co-\u2060ops" in page.words
    assert "Birch Lane" in page.words
    path = f"/templates/offers/{number}"
    assert "It becomes a template of ours." in (await noor.get(path)).words
    sent = await noor.submit(path, path, {"key": ""})
    assert sent.status == 303
    assert "https://birch.example/notes/1" in (await noor.get(sent.location)).words
    again = await noor.submit(path, path, {"key": ""})
    assert again.status == 422
    assert "Give this one another." in again.words
    assert (await noor.submit(path, path, {"key": "birchs"})).status == 303
    assert "Offered by other co-\u2060ops" not in (await site.browser().get("/templates")).words


async def test_an_offer_that_cannot_be_used_says_why(site: Website) -> None:
    noor = await site.signed_in("noor")
    number = await _birch(site, template_to_json(OURS) | {"method": "oracle"})
    page = await noor.get(f"/templates/offers/{number}")
    assert "This program cannot use the template." in page.words
    assert "Import it" not in page.words
    assert (await noor.get("/templates/offers/1")).status == 404


async def test_a_built_in_template_has_a_file_and_can_be_copied(site: Website) -> None:
    noor = await site.signed_in("noor")
    file = await noor.get("/templates/named/consent.json")
    assert json.loads(file.text)["key"] == "consent"
    assert (await noor.get("/templates/named/nothing.json")).status == 404
    sent = await noor.submit(
        "/templates", "/templates/named/consent/copy", {"key": "our_consent", "title": "Our consent"}
    )
    assert "Our consent" in (await noor.get(sent.location)).words
    wrong = await noor.submit(
        "/templates/named/consent", "/templates/named/consent/copy", {"key": "consent", "title": "Again"}
    )
    assert wrong.status == 422
