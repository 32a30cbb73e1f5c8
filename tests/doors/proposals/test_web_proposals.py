"""A new proposal on the pages: looked at first, opened, and nothing lost on the way."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from fedcoop.governance.motions.motion import Channel, Motion, MotionState, Visibility
from tests.doors.website import Browser, Page, Website, open_website

FIELDS = {
    "method": "resolution",
    "title": "Bake with grain from Cedar Mill",
    "text": "1. We buy from Cedar Mill.",
    "closes": "2026-05-29T18:00",
    "threshold": "2/3",
    "base": "yes_no",
    "quorum": "1/4",
    "visibility": "after_own_vote",
    "channels": "activitypub",
}


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Website]:
    async with open_website(tmp_path) as website:
        yield website


async def send(browser: Browser, step: str, **changes: Any) -> Page:
    return await browser.submit("/proposals/new", "/proposals/new", {**FIELDS, "step": step, **changes})


async def motions(site: Website) -> list[Motion]:
    return await site.units.read(lambda uow: uow.motions.listing(tuple(MotionState)))


async def test_a_look_first_shows_the_rule_and_stores_nothing(site: Website) -> None:
    noor = await site.signed_in("noor")
    page = await send(noor, "preview")
    assert page.status == 200
    assert "Carried if at least two thirds of the votes for and against are for" in page.words
    assert "closes Fri 29 May, 18:00 · members only" in page.words
    assert "Open the vote" in page.words
    assert 'value="Bake with grain from Cedar Mill"' in page.text
    assert await motions(site) == []


async def test_an_opened_vote_has_what_was_chosen(site: Website) -> None:
    noor = await site.signed_in("noor")
    page = await send(noor, "open")
    motion = (await motions(site))[0]
    assert (page.status, page.location) == (303, f"/motions/{motion.uuid}")
    assert motion.state is MotionState.OPEN
    assert motion.settings.visibility is Visibility.AFTER_OWN_VOTE
    assert motion.settings.threshold is not None
    assert str(motion.settings.threshold.share) == "2/3"
    assert motion.channels == {Channel.WEB, Channel.ACTIVITYPUB}
    assert motion.closes_at.isoformat() == "2026-05-29T16:00:00+00:00"
    assert motion.opened_by == site.members["noor"].id


async def test_without_the_fediverse_the_vote_is_taken_here_only(site: Website) -> None:
    noor = await site.signed_in("noor")
    await send(noor, "open", channels="")
    assert (await motions(site))[0].channels == {Channel.WEB}


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("title", "", "Give it a title."),
        ("title", "x" * 201, "This has 201 characters; 200 is the most."),
        ("closes", "31 Feb 2027, 18:00", "Give a day and a time like 31 May 2026, 18:00."),
        ("closes", "2026-05-11T18:00", "This is in the past. Give a later time."),
        ("method", "shouting", "Choose how we decide this."),
        ("threshold", "a lot", "Write threshold as a share"),
    ],
)
async def test_what_is_wrong_is_told_and_everything_is_kept(site: Website, field: str, value: str, told: str) -> None:
    noor = await site.signed_in("noor")
    page = await send(noor, "open", **{field: value})
    assert page.status == 422
    assert told in page.words
    assert page.text.split("<title>")[1].startswith("Error: ")
    assert "1. We buy from Cedar Mill." in page.text
    assert '<option value="after_own_vote" selected>' in page.text
    assert f'href="#{field}"' in page.text
    assert await motions(site) == []


async def test_an_approval_needs_options_and_keeps_them_in_order(site: Website) -> None:
    noor = await site.signed_in("noor")
    refused = await send(noor, "open", method="approval", options="Only one", seats="1")
    assert "Give 2 to 10 options, one a line; there is 1." in refused.words
    assert (await send(noor, "open", method="approval", options="Rye\nOlive\nSpelt", seats="2")).status == 303
    motion = (await motions(site))[0]
    assert [option.name for option in motion.options] == ["Rye", "Olive", "Spelt"]
    page = await noor.get(f"/motions/{motion.uuid}")
    assert page.text.count('type="checkbox" name="choice"') == 3
