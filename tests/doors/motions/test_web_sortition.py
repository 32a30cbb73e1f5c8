"""The pages of draws: announced and drawn in the office, published for all, answered by those invited."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.doors.website import Website, open_website

FIELDS = {"title": "Review board", "places": "2", "source": "Lottery of 14 May", "value_at": "2026-05-14T20:00"}
OFFICE = "/office/sortition"


@pytest.fixture
async def website(tmp_path: Path) -> AsyncIterator[Website]:
    async with open_website(tmp_path) as found:
        yield found


async def test_a_draw_from_the_office_to_the_answers(website: Website) -> None:
    ilse = await website.signed_in("ilse")
    wrong = await ilse.submit(OFFICE, OFFICE, {**FIELDS, "places": "9", "value_at": "2026-05-14T20:00"})
    assert wrong.status == 422
    assert "Lottery of 14 May" in wrong.text
    made = await ilse.submit(OFFICE, OFFICE, FIELDS)
    assert made.status == 303, made.words
    path = made.location
    uuid = path.rpartition("/")[2]
    stranger = website.browser()
    published = await stranger.get(path)
    assert "drawn by lot from 4 members" in published.words
    assert "Lottery of 14 May" in published.words
    assert "/@noor" not in published.text
    assert "/@noor" in (await (await website.signed_in("noor")).get(path)).text
    early = await ilse.submit(OFFICE, f"{OFFICE}/{uuid}/draw", {"value": "7 21 33"})
    assert early.status == 422
    assert "announced for later" in early.words
    website.clock.advance(timedelta(days=3))
    assert (await ilse.submit(OFFICE, f"{OFFICE}/{uuid}/draw", {"value": "7 21 33"})).status == 303
    published = await stranger.get(path)
    assert "7 21 33" in published.words
    found = await website.units.read(lambda uow: uow.sortitions.invitations(uuid))
    first = found[0].person.rpartition("@")[2]
    browser = await website.signed_in(first)
    assert "You were drawn" in (await browser.get(path)).words
    assert (await browser.submit(path, f"{path}/refuse", {})).status == 303
    published = await stranger.get(path)
    assert "1 invitation was declined or not answered" in published.words
    assert "You were drawn" not in (await browser.get(path)).words
    third = (await website.units.read(lambda uow: uow.sortitions.invitations(uuid)))[2].person.rpartition("@")[2]
    noted = await ilse.submit(OFFICE, f"{OFFICE}/{uuid}/answer", {"name": third, "answer": "accept"})
    assert noted.status == 303, noted.words
    assert "1 place is taken" in (await stranger.get(path)).words


async def test_the_office_of_draws_is_for_an_office_only(website: Website) -> None:
    ilse, noor = await website.signed_in("ilse"), await website.signed_in("noor")
    assert (await ilse.get(OFFICE)).status == 200
    assert (await noor.get(OFFICE)).status == 404
    assert (await noor.submit("/proposals/new", OFFICE, FIELDS)).status == 404
    assert (await website.browser().get("/sortition/nothing")).status == 404
