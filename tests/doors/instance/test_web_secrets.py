"""What the public pages must not give away: hidden results, addresses, names of members (design.md 5; governance.md 4)."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from fedcoop.actions.members.member import one_time_link
from fedcoop.governance.motions.motion import Motion
from tests.doors.website import Page, Website, open_website

NAMES = ("Ilse", "Maurer", "Tomasz", "Wilk", "Noor", "Castellan", "Bilal", "Haddad")
REASON = "We sell out every Saturday before nine."


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Website]:
    async with open_website(tmp_path) as website:
        yield website


async def voted_on(site: Website, visibility: str, title: str) -> Motion:
    """Open a motion on which Noor and Bilal were for it, Tomasz against."""
    motion = await site.open_motion(title=title, settings={"visibility": visibility})
    for name, choice in (("noor", "for"), ("bilal", "for"), ("tomasz", "against")):
        browser = await site.signed_in(name)
        fields = {"choice": choice, "reason": REASON}
        sent = await browser.submit("/more", f"/motions/{motion.uuid}/vote", fields)
        assert sent.status == 303
    return motion


def tells_counts(page: Page) -> bool:
    return bool(re.search(r"\b2 for\b|\b1 against\b|66\.67|33\.33|For 2|2 : 1|fill-(?:for|against)", page.text))


def addresses(motion: Motion) -> tuple[str, ...]:
    """Every public page on which the motion shows, by every way to ask for more."""
    own = f"/motions/{motion.uuid}"
    return (
        "/", "/decisions", "/decisions?state=all", "/decisions?q=oven", own, f"{own}?ballots=all", f"{own}?done=cast",
        f"{own}?receipt={'a' * 64}", f"{own}/recount.json", "/join", "/about", "/@alder", "/interact?uri=https://x.example/y",
    )  # fmt: skip


@pytest.mark.parametrize("visibility", ["after_own_vote", "after_close"])
async def test_hidden_results_show_to_the_public_after_the_close_only(site: Website, visibility: str) -> None:
    motion = await voted_on(site, visibility, "Buy an oven")
    stranger = site.browser()
    for path in addresses(motion):
        page = await stranger.get(path)
        assert not tells_counts(page), path
        assert REASON not in page.text, path
    assert "3 of 4 have voted" in (await stranger.get(f"/motions/{motion.uuid}")).words
    site.clock.advance(timedelta(hours=50, seconds=1))
    for path in addresses(motion):
        assert not tells_counts(await stranger.get(path)), path
    await site.close(motion)
    assert tells_counts(await stranger.get(f"/motions/{motion.uuid}"))


async def test_hidden_results_show_to_a_member_when_the_setting_says(site: Website) -> None:
    own = await voted_on(site, "after_own_vote", "Buy an oven")
    close = await voted_on(site, "after_close", "Buy an oven soon")
    ilse, noor = await site.signed_in("ilse"), await site.signed_in("noor")
    for path in addresses(own) + addresses(close):
        page = await ilse.get(path)
        assert not tells_counts(page), path
        assert REASON not in page.text, path
    assert tells_counts(await noor.get(f"/motions/{own.uuid}"))
    page = await noor.get(f"/motions/{close.uuid}")
    assert not tells_counts(page)
    assert "after the close" in page.words


@pytest.mark.parametrize("closed", [False, True])
async def test_no_public_page_names_a_member_or_an_address_of_one(site: Website, closed: bool) -> None:
    motion = await voted_on(site, "live", "Buy an oven")
    tomasz = await site.signed_in("tomasz")
    for audience, text in (("public", "Open day on 6 June."), ("members", "The safe has a new number.")):
        fields = {"text": text, "audience": audience, "kind": "work"}
        assert (await tomasz.submit("/announcements/new", "/announcements/new", fields)).status == 303
    if closed:
        await site.close(motion)
    stranger = site.browser()
    for path in addresses(motion):
        page = await stranger.get(path)
        assert not [name for name in NAMES if name.lower() in page.text.lower()], path
        assert "@example.org" not in page.text, path
        assert "safe has a new number" not in page.text, path
        assert REASON not in page.text or path.endswith("recount.json"), path
    assert "Open day on 6 June." in (await stranger.get("/")).words
    for path in ("/members", "/office", "/announcements", "/settings/accounts", "/more", "/proposals/new"):
        assert (await stranger.get(path)).status == 303, path
    for name in ("noor", "tomasz", "ilse"):
        assert (await stranger.get(f"/@{name}")).status == 404


async def test_pages_of_members_are_kept_by_no_cache_in_between(site: Website) -> None:
    motion = await site.open_motion()
    noor, stranger = await site.signed_in("noor"), site.browser()
    for path in ("/", f"/motions/{motion.uuid}", "/decisions"):
        kept = (await noor.get(path)).headers
        assert kept["Cache-Control"] == "private, no-store"
        assert "Cookie" in kept["Vary"]
        assert (await stranger.get(path)).headers["Cache-Control"].startswith("private")


async def test_a_link_that_signs_in_names_its_member_only_while_it_works(site: Website) -> None:
    secret = await site.units.write(one_time_link, member_id=site.members["noor"].id, purpose="sign-in")
    stranger = site.browser()
    assert "Noor" in (await stranger.get(f"/sign-in/{secret}")).words
    assert (await stranger.get(f"/sign-in/{secret}x")).status == 403
    site.clock.advance(timedelta(minutes=16))
    over = await stranger.get(f"/sign-in/{secret}")
    assert (over.status, "Noor" in over.text) == (403, False)
    assert "This link does not work any more" in over.words
