"""Voting for each other in a browser: by keyboard without script, at phone width, and with nothing for axe-core to find."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from fedcoop.governance.motions.motion import Motion
from tests.browser.test_accessibility import look
from tests.browser.test_pages_in_chromium import CHROMIUM, FLAGS, focus_on, reader
from tests.doors.delegation.test_web_delegations import LIQUID, PROXY, grant, proxy, vote
from tests.doors.website import Website, open_website

pytestmark = pytest.mark.browser
HERE = "/settings/delegations"


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Website]:
    async with open_website(tmp_path) as website:
        yield website


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


async def story(site: Website) -> tuple[Motion, Motion, Motion]:
    """A liquid vote that runs, one that was counted, and a vote with proxies."""
    await grant(site, "noor", "bilal")
    site.clock.advance(timedelta(minutes=1))
    await grant(site, "ilse", "bilal", hidden=True)
    counted = await site.open_motion(settings=LIQUID, closes_at=site.clock.now() + timedelta(hours=1))
    runs = await site.open_motion(settings=LIQUID)
    proxies = await site.open_motion(settings=PROXY, title="Rent the cellar of the house next door until the autumn")
    await proxy(site, "ilse", proxies, "bilal")
    await proxy(site, "noor", proxies, "bilal", "Against, unless the price falls. " * 10)
    bilal = await site.signed_in("bilal")
    for motion in (counted, runs):
        await vote(bilal, motion, "for")
    await site.close(counted)
    return counted, runs, proxies


def paths_of(site: Website, counted: Motion, runs: Motion, proxies: Motion) -> dict[str, list[str]]:
    number = site.members["noor"].number
    of_noor = [HERE, *(f"/motions/{motion.uuid}" for motion in (counted, runs, proxies))]
    return {
        "noor": [*of_noor, f"/motions/{runs.uuid}/proxy/take-back"],
        "bilal": [HERE, f"/motions/{proxies.uuid}", f"/motions/{proxies.uuid}/for/{number}"],
        "tomasz": [HERE, f"/motions/{proxies.uuid}/proxy"],
    }


async def test_one_passes_a_vote_on_by_keyboard_without_script(site: Website, chromium: Browser) -> None:
    noor = await reader(site, chromium, script=False)
    await noor.sign_in("noor")
    await noor.open(HERE)
    while not await noor.page.locator("#member:focus").count():
        await noor.page.keyboard.press("Tab")
    await noor.page.keyboard.type("Bilal Haddad")
    await focus_on(noor.page, "Let them vote for me")
    await noor.page.keyboard.press("Enter")
    await noor.page.wait_for_url("**?done=granted**")
    assert await noor.page.get_by_text("Bilal Haddad votes for you in all votes").is_visible()
    await focus_on(noor.page, "Take it back")
    await noor.page.keyboard.press("Enter")
    await noor.page.wait_for_url("**/revoke")
    await focus_on(noor.page, "Take my vote back")
    await noor.page.keyboard.press("Enter")
    await noor.page.wait_for_url("**?done=revoked")
    assert noor.said == []


async def test_no_page_scrolls_sideways_on_a_small_phone(site: Website, chromium: Browser) -> None:
    for name, paths in paths_of(site, *await story(site)).items():
        who = await reader(site, chromium, width=320)
        await who.sign_in(name)
        for path in paths:
            await who.open(path)
            assert await who.page.evaluate("document.documentElement.scrollWidth") <= 320, path


@pytest.mark.parametrize("dark", [False, True])
async def test_axe_finds_nothing(site: Website, chromium: Browser, dark: bool) -> None:
    for name, paths in paths_of(site, *await story(site)).items():
        who = await reader(site, chromium, dark=dark, script=True)
        await who.sign_in(name)
        await look(who, paths)
