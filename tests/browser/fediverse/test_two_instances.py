"""Two co-ops on one host: being signed in to one does not sign you out of the other (interface.md 3)."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, async_playwright

from tests.browser.test_pages_in_chromium import CHROMIUM, FLAGS
from tests.doors.website import PASSWORD, Website, open_website

pytestmark = pytest.mark.browser


@pytest.fixture
async def coops(tmp_path: Path) -> AsyncIterator[tuple[Website, Website]]:
    for name in ("alder", "birch"):
        (tmp_path / name).mkdir()
    birch_is = {"name": "Birch Lane", "actor": "birch"}
    async with open_website(tmp_path / "alder") as alder, open_website(tmp_path / "birch", instance=birch_is) as birch:
        yield alder, birch


@pytest.fixture
async def context() -> AsyncIterator[BrowserContext]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield await browser.new_context(java_script_enabled=False)
        await browser.close()


async def who(context: BrowserContext, site: Website) -> str:
    """Return how the first page greets the reader; empty for a stranger."""
    page = await context.new_page()
    await page.goto(f"{site.origin}/")
    words = await page.locator("h1").inner_text()
    signed_in = await page.locator("nav.nav").count()
    await page.close()
    return words.rpartition(", ")[2] if signed_in else ""


async def sign_in(context: BrowserContext, site: Website, name: str) -> None:
    page = await context.new_page()
    await page.goto(f"{site.origin}/sign-in")
    await page.fill("#email", f"{name}@example.org")
    await page.fill("#password", PASSWORD)
    await page.press("#password", "Enter")
    await page.wait_for_url(f"{site.origin}/")
    await page.close()


async def test_one_browser_is_signed_in_to_two_coops_of_one_host(
    coops: tuple[Website, Website], context: BrowserContext
) -> None:
    alder, birch = coops
    assert alder.origin.rpartition(":")[0] == birch.origin.rpartition(":")[0]
    await sign_in(context, alder, "noor")
    assert (await who(context, alder), await who(context, birch)) == ("Noor", "")
    await sign_in(context, birch, "tomasz")
    assert (await who(context, alder), await who(context, birch)) == ("Noor", "Tomasz")

    page = await context.new_page()
    await page.goto(f"{birch.origin}/more")
    await page.click("text=Sign out")
    assert (await who(context, alder), await who(context, birch)) == ("Noor", "")


async def test_a_vote_at_one_coop_is_the_vote_of_who_is_signed_in_there(
    coops: tuple[Website, Website], context: BrowserContext
) -> None:
    alder, birch = coops
    await sign_in(context, alder, "noor")
    await sign_in(context, birch, "tomasz")
    for site, name in ((alder, "noor"), (birch, "tomasz")):
        motion = await site.open_motion(by="bilal")
        page = await context.new_page()
        await page.goto(f"{site.origin}/motions/{motion.uuid}")
        await page.check('input[value="for"]')
        await page.click("text=Cast my vote")
        await page.wait_for_url("**?done=cast**")
        ballots = await site.units.read(lambda uow, motion=motion: uow.motions.ballots(motion.id))
        assert [ballot.member_id for ballot in ballots] == [site.members[name].id]


async def test_the_session_of_one_coop_opens_nothing_at_the_other(coops: tuple[Website, Website]) -> None:
    alder, birch = coops
    noor = await alder.signed_in("noor")
    token = next(cookie.value for cookie in noor.session.cookie_jar)
    port = birch.origin.rpartition(":")[2]
    forged = birch.browser(Cookie=f"fedcoop-{port}={token}")
    assert (await forged.get("/members")).status == 303
    assert (await noor.get("/members")).status == 200
