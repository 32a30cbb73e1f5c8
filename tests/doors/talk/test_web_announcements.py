"""Announcements on the pages: changed by their author, their versions, whom they name, topics (federation.md 11.2)."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fedcoop.actions.fediverse.mirrors import SeenNote, store_note
from fedcoop.actions.fediverse.peers import block
from fedcoop.actions.fediverse.remote import remember_actor
from fedcoop.web.frame.keys import RemoteActor
from tests.actions.coop import seen
from tests.doors.website import Browser, Page, Website, open_website


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Website]:
    async with open_website(tmp_path) as website:
        yield website


async def announce(browser: Browser, text: str, audience: str = "public") -> str:
    """Publish, and return the announcement's uuid."""
    fields = {"text": text, "audience": audience, "kind": "general"}
    page = await browser.submit("/announcements/new", "/announcements/new", fields)
    assert page.status == 303, page.words
    return page.location.rpartition("#a-")[2]


async def edit(browser: Browser, uuid: str, text: str, base: str = "1") -> Page:
    path = f"/announcements/{uuid}/edit"
    return await browser.submit(path, path, {"text": text, "base": base})


async def test_its_author_changes_an_announcement_and_all_see_what_it_said(site: Website) -> None:
    noor = await site.signed_in("noor")
    uuid = await announce(noor, "The oven arrives on Monday.")
    assert "The oven arrives on Monday." in (await noor.get(f"/announcements/{uuid}/edit")).words
    assert (await edit(noor, uuid, "The oven arrives on Tuesday.")).location == f"/announcements?done=edited#a-{uuid}"
    stranger = site.browser()
    page = await stranger.get(f"/notes/{uuid}")
    assert "The oven arrives on Tuesday." in page.words
    assert "edited" in page.words
    history = await stranger.get(f"/announcements/{uuid}/history")
    assert "<del>Monday</del><ins>Tuesday</ins>" in history.text
    assert "The oven arrives on Monday." in history.words


async def test_nobody_but_its_author_finds_the_form(site: Website) -> None:
    noor, ilse = await site.signed_in("noor"), await site.signed_in("ilse")
    uuid = await announce(noor, "The oven arrives on Monday.", "members")
    path = f"/announcements/{uuid}/edit"
    assert (await noor.get(path)).status == 200
    assert (await ilse.get(path)).status == 404
    token = (await ilse.get("/more")).csrf
    assert (await ilse.post(path, {"csrf": token, "text": "Never.", "base": "1"})).status == 404
    assert (await site.browser().get(f"/announcements/{uuid}/history")).status == 404
    assert (await ilse.get(f"/announcements/{uuid}/history")).status == 200


async def test_a_text_that_changed_meanwhile_is_shown_beside_what_was_typed(site: Website) -> None:
    noor = await site.signed_in("noor")
    uuid = await announce(noor, "The oven arrives on Monday.")
    assert (await edit(noor, uuid, "The oven arrives on Tuesday.")).status == 303
    page = await edit(noor, uuid, "The oven arrives on Friday.", base="1")
    assert page.status == 409
    assert "This text was changed while you wrote" in page.words
    assert "<del>Tuesday</del><ins>Friday</ins>" in page.text
    assert 'name="base" value="2"' in page.text
    assert (await edit(noor, uuid, "The oven arrives on Friday.", base="2")).status == 303


async def test_who_was_not_found_is_told_to_the_author_alone(site: Website) -> None:
    zoe = await site.units.write(remember_actor, seen("zoe", url="https://far.example/@zoe"))
    site.remote.known["zoe@far.example"] = RemoteActor(zoe.uri, "zoe@far.example", "Zoe")
    noor, ilse = await site.signed_in("noor"), await site.signed_in("ilse")
    await announce(noor, "Thanks @zoe@far.example and @lost@far.example for the #oven.")
    mine, theirs = await noor.get("/announcements"), await ilse.get("/announcements")
    assert "This address was not found, so nobody there is told: @lost@far.example" in mine.words
    assert "not found" not in theirs.words
    for page in (mine, theirs):
        assert 'href="https://far.example/@zoe"' in page.text


async def test_a_topic_leads_to_all_that_the_reader_may_see_on_it(site: Website) -> None:
    noor, stranger = await site.signed_in("noor"), site.browser()
    await announce(noor, "The #Oven arrives.")
    await announce(noor, "The code of the #oven is 12.", "members")
    assert f'href="{site.origin}/tags/oven"' in (await stranger.get("/")).text
    page, inside = await stranger.get("/tags/Oven"), await noor.get("/tags/oven")
    assert "arrives" in page.words
    assert "The code" not in page.words
    assert "The code" in inside.words
    assert "Nothing on this topic" in (await stranger.get("/tags/till")).words


async def test_public_replies_stand_under_an_announcement_but_not_of_who_is_blocked(site: Website) -> None:
    noor = await site.signed_in("noor")
    uuid = await announce(noor, "The oven arrives on Monday.")
    zoe = await site.units.write(remember_actor, seen("zoe"))
    words = SeenNote(f"{zoe.uri}/1", f"{site.origin}/notes/{uuid}", "<p>Well done</p>", "", "en", "", True, None, None)
    await site.units.write(store_note, author=zoe, seen=words, motion_id=None, kind="mention")
    page = await site.browser().get(f"/notes/{uuid}")
    assert "Well done" in page.words
    assert 'id="replies"' in page.text
    await site.units.write(block, target=zoe.uri)
    assert "Well done" not in (await site.browser().get(f"/notes/{uuid}")).words
