"""Pages around a vote keep nobody out: rounds of consent, advice, petition, dates, and the form of every step (design.md 9)."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from tests.browser.test_accessibility import WAYS, look
from tests.browser.test_pages_in_chromium import CHROMIUM, FLAGS, reader
from tests.doors.motions.test_web_deciding import BETTER, TEXT, cast, pass_time, take, uuid_in, when
from tests.doors.website import Website, open_website

pytestmark = pytest.mark.browser


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


@WAYS
async def test_nothing_around_a_vote_keeps_anybody_out(
    site: Website, chromium: Browser, width: int, dark: bool
) -> None:
    tomasz, noor, bilal, ilse = [await site.signed_in(name) for name in ("tomasz", "noor", "bilal", "ilse")]
    first = (await site.open_motion(method="consent", body=TEXT)).uuid
    sense = (await site.open_motion(method="sense")).uuid
    for browser in (tomasz, ilse):
        await cast(browser, first, "consent")
    await cast(noor, first, "objection", "Three of us live beyond the last tram.")
    await cast(noor, sense, "unsure")
    await pass_time(site, hours=51)
    advice = (await site.open_motion(method="advice", settings={"min_time": "1h"})).uuid
    await cast(noor, advice, "reconsider", "Who drives it?")
    wrong = (await site.open_motion(settings={"preset": "rule_change"})).uuid
    await take(noor, wrong, "petition", reason="Wrong roll.")
    await take(tomasz, wrong, "erratum", was="oven", reads="stove")
    author = await reader(site, chromium, width=width, dark=dark, script=True)
    await author.sign_in("tomasz")
    steps = [(first, ("next-round", "give-up", "erratum", "petition")), (sense, ("outcome", "reopen"))]
    await look(author, ["/", f"/motions/{first}", f"/motions/{sense}", f"/motions/{advice}", f"/motions/{wrong}"])
    await look(author, [f"/motions/{uuid}/{step}" for uuid, names in steps for step in names])
    await look(author, [f"/motions/{advice}/answer"])
    office = await reader(site, chromium, width=width, dark=dark, script=True)
    await office.sign_in("ilse")
    await look(office, ["/office", f"/motions/{wrong}/find", f"/motions/{first}/finding"])
    answer = {f"answer_{site.members['noor'].number}": "No bake on those nights."}
    fields = {"title": "The night bake", "body": BETTER, "note": "", "closes": when(site, days=2)}
    second = uuid_in(await take(tomasz, first, "next-round", **fields, **answer))
    await take(ilse, wrong, "find", answer="yes", reason="It was.")
    await look(author, [f"/motions/{second}", f"/motions/{wrong}", f"/motions/{wrong}/rerun"])
    for browser in (tomasz, noor, bilal):
        await cast(browser, second, "consent_with_concern", "Look at it again.")
    await pass_time(site, days=3)
    await look(
        author,
        [f"/motions/{second}", f"/motions/{second}/dates", f"/motions/{second}/replaced", "/decisions?state=in_force"],
    )
