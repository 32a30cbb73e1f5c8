"""Ballots in a real browser: a ranking by keyboard alone, dragged by script, dots and sums, no script, 320 pixels, axe-core."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright

from fedcoop.governance.motions.choices import Choice, Scores
from fedcoop.governance.motions.motion import Motion
from fedcoop.governance.motions.registry import METHODS
from tests.browser.test_accessibility import violations
from tests.browser.test_pages_in_chromium import CHROMIUM, FLAGS, Reader, focus_on, reader
from tests.doors.motions.test_web_methods import way_of
from tests.doors.ways import WAYS, open_way, vote
from tests.doors.website import Website, open_website

pytestmark = pytest.mark.browser
SCRIPTS = pytest.mark.parametrize("script", [False, True], ids=["without script", "with script"])
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


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


async def cast(site: Website, motion: Motion) -> Choice:
    """Return what stands in Noor's ballot."""
    ballot = await site.units.read(lambda uow: uow.motions.ballot_of(motion.id, site.members["noor"].id))
    assert ballot is not None
    return ballot.choice


async def at(site: Website, chromium: Browser, motion: Motion, *, script: bool, width: int = 1280) -> Reader:
    noor = await reader(site, chromium, script=script, width=width)
    await noor.sign_in("noor")
    await noor.open(f"/motions/{motion.uuid}")
    return noor


async def names(page: Page) -> list[str]:
    """Return the candidates in the order shown."""
    await page.wait_for_selector("[data-ranks]")
    return await page.locator(".rank > div > b").all_inner_texts()


@SCRIPTS
async def test_a_ranking_is_made_checked_and_cast_by_keyboard_alone(
    site: Website, chromium: Browser, script: bool
) -> None:
    motion = await open_way(site, way_of("stv_scottish"))
    noor = await at(site, chromium, motion, script=script)
    page = noor.page
    for name in ("Move Chiara Neri up", "Move Amara Okafor up", "Move Amara Okafor up"):
        await focus_on(page, name)
        if script:
            await page.keyboard.press("Enter")
            continue
        async with page.expect_navigation():
            await page.keyboard.press("Enter")
    assert (await names(page))[:2] == ["Amara Okafor", "Chiara Neri"]
    await focus_on(page, "Check my ballot")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("text=Nothing is cast yet")
    await focus_on(page, "Cast my ballot")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("text=Your vote is in: 1. Amara Okafor, 2. Chiara Neri.")
    assert await cast(site, motion) == ("a", "c")
    assert noor.said == []


@SCRIPTS
async def test_ranks_chosen_as_numbers_are_kept_when_two_are_equal(
    site: Website, chromium: Browser, script: bool
) -> None:
    motion = await open_way(site, way_of("stv_scottish"))
    page = (await at(site, chromium, motion, script=script)).page
    await page.select_option("#rank-a", "2")
    await page.select_option("#rank-b", "2")
    await page.click("text=Check my ballot")
    await page.click("[role=alert] a")
    assert (await page.title()).startswith("Error: ")
    assert await page.input_value("#rank-a") == await page.input_value("#rank-b") == "2"
    assert await violations_if(page, script=script) == []
    await page.select_option("#rank-b", "1")
    await page.click("text=Check my ballot")
    async with page.expect_navigation():
        await page.click("button >> text=Change it")
    assert (await names(page))[:2] == ["Bilal Haddad", "Amara Okafor"]
    assert await page.input_value("#rank-a") == "2"


async def violations_if(page: Page, *, script: bool) -> list[str]:
    return await violations(page) if script else []


async def test_a_script_lets_rows_be_dragged_and_moved_by_arrow_keys_and_says_where_they_are(
    site: Website, chromium: Browser
) -> None:
    motion = await open_way(site, way_of("stv_scottish"))
    noor = await at(site, chromium, motion, script=True)
    page = noor.page
    grips, says = page.locator(".rank .grip"), page.locator("[data-says]")
    await grips.nth(1).focus()
    await page.keyboard.press("ArrowUp")
    assert await says.inner_text() == "Bilal Haddad is now first."
    await drag(page, "Dafydd Rees", "Bilal Haddad")
    assert await names(page) == ["Dafydd Rees", "Bilal Haddad", "Amara Okafor", "Chiara Neri"]
    assert await says.inner_text() == "Dafydd Rees is now first."
    await page.locator(".rank", has_text="Bilal").locator(".grip").focus()
    await page.keyboard.press("ArrowDown")
    assert await says.inner_text() == "Bilal Haddad is not ranked now."
    await drag(page, "Chiara Neri", "Dafydd Rees")
    await page.click("text=Check my ballot")
    await page.locator(".btn >> text=Cast my ballot").click()
    await page.wait_for_selector("text=Your vote is in")
    assert await cast(site, motion) == ("c", "d")
    assert noor.said == []


async def drag(page: Page, name: str, before: str) -> None:
    """Drag the row of `name` by its grip to just above the row of `before`."""
    await page.locator(".ranks").scroll_into_view_if_needed()
    grip = await page.locator(".rank", has_text=name).locator(".grip").bounding_box()
    goal = await page.locator(".rank", has_text=before).bounding_box()
    assert grip is not None
    assert goal is not None
    await page.mouse.move(grip["x"] + 5, grip["y"] + 5)
    await page.mouse.down()
    await page.mouse.move(grip["x"] + 5, goal["y"] + 20, steps=4)
    await page.mouse.move(grip["x"] + 5, goal["y"] + 4, steps=4)
    await page.mouse.up()


@SCRIPTS
async def test_dots_count_by_their_buttons(site: Website, chromium: Browser, script: bool) -> None:
    motion = await open_way(site, way_of("dots"))
    noor = await at(site, chromium, motion, script=script)
    page = noor.page
    for _ in range(3):
        await press(page, "text=One dot more for New shop lighting", script=script)
    await press(page, "text=One dot less for New shop lighting", script=script)
    assert "6 of 8 dots left" in await page.inner_text(".purse")
    assert await page.input_value("#dots-z") == "2"
    await page.fill("#dots-x", "9")
    await page.press("#dots-x", "Enter")
    await page.wait_for_selector("[role=alert]")
    assert (await page.title()).startswith("Error: ")
    assert "You gave 11 dots and have 8. Take 3 away; nothing else has changed." in await page.inner_text("main")
    await page.fill("#dots-x", "6")
    await page.click("text=Cast my vote")
    await page.wait_for_selector("text=Your vote is in")
    assert await cast(site, motion) == Scores({"x": 6, "z": 2})
    assert [line for line in noor.said if "422" not in line] == []


async def press(page: Page, button: str, *, script: bool) -> None:
    """Press a button that sends the form where there is no script."""
    if script:
        await page.click(button)
        return
    async with page.expect_navigation():
        await page.click(button)


async def test_a_script_counts_dots_ticks_and_sums_at_once(site: Website, chromium: Browser) -> None:
    dots = await open_way(site, way_of("dots"))
    noor = await at(site, chromium, dots, script=True)
    page = noor.page
    await page.fill("#dots-x", "9")
    assert "1 too many" in await page.inner_text(".purse")
    ticks = await open_way(site, way_of("approval"), settings={"none": "z", "max": "1"})
    await noor.open(f"/motions/{ticks.uuid}")
    await page.check("input[value=x]")
    await page.check("input[value=y]")
    assert "Ticked: 2. 1 too many." in await page.inner_text("#ticks")
    await page.check("input[value=z]")
    assert not await page.is_checked("input[value=x]")
    await page.check("input[value=y]")
    assert not await page.is_checked("input[value=z]")
    money = await open_way(site, way_of("greedy"))
    await noor.open(f"/motions/{money.uuid}")
    await page.check("input[value=p]")
    assert "projects for 500\u00a0€ in all" in await page.inner_text("[data-sum]")
    await page.check("input[value=q]")
    await page.check("input[value=r]")
    assert "projects for 1,050.50\u00a0€ in all" in await page.inner_text("[data-sum]")
    assert noor.said == []


async def test_a_slider_stays_equal_to_its_number(site: Website, chromium: Browser) -> None:
    motion = await open_way(site, way_of("score"), settings={"max": "100"})
    noor = await at(site, chromium, motion, script=True)
    page = noor.page
    slider = page.locator("input[type=range]").first
    await page.fill("#score-x", "70")
    assert await slider.input_value() == "70"
    await slider.focus()
    await page.keyboard.press("ArrowRight")
    assert await page.input_value("#score-x") == "71"
    assert await page.input_value("#score-y") == ""
    assert await violations(page) == []
    await page.click("text=Cast my vote")
    await page.wait_for_selector("text=Your vote is in")
    assert await cast(site, motion) == Scores({"x": 71})


async def test_times_can_be_read_on_the_readers_own_clock(site: Website, chromium: Browser) -> None:
    motion = await open_way(site, way_of("dates"))
    context = await chromium.new_context(timezone_id="America/New_York")
    noor = Reader(site, context, await context.new_page())
    await noor.sign_in("noor")
    await noor.open(f"/motions/{motion.uuid}")
    assert "18:00 to 20:00" in await noor.page.inner_text("#choice")
    await noor.page.click("text=Use mine instead")
    assert "12:00 to 14:00" in await noor.page.inner_text("#choice")
    assert "America/New_York" in await noor.page.inner_text("[data-zone]")
    await noor.page.click("[data-zone] button")
    assert "18:00 to 20:00" in await noor.page.inner_text("#choice")
    await context.close()


async def test_the_reason_box_shows_with_the_answers_that_need_it(site: Website, chromium: Browser) -> None:
    motion = await open_way(site, way_of("consent"))
    with_script = (await at(site, chromium, motion, script=True)).page
    assert not await with_script.is_visible("#reason")
    await with_script.check("input[value=objection]")
    assert await with_script.is_visible("#reason")
    assert await with_script.inner_text("#reason-p li:visible") == (
        "Objection: Which aim would be harmed, and what would settle it?"
    )
    without = (await at(site, chromium, motion, script=False)).page
    assert await without.is_visible("#reason")
    assert await without.locator("#reason-p li").count() == 2


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (320, True)], ids=["wide and light", "narrow and dark"])
async def test_no_ballot_and_no_result_keeps_anybody_out_or_scrolls_sideways(
    site: Website, chromium: Browser, width: int, dark: bool
) -> None:
    ways = [way for way in WAYS if way.method in METHODS]
    motions = [await open_way(site, way) for way in ways]
    who = await reader(site, chromium, width=width, dark=dark, script=True)
    await who.sign_in("noor")
    for way, motion in zip(ways, motions, strict=True):
        await looked_at(who, motion, way.method)
        for name, fields in way.ballots.items():
            await vote(site, motion, name, fields)
    await site.close(motions[0])
    for way, motion in zip(ways, motions, strict=True):
        if motion is not motions[0]:
            await site.count(motion)
        await looked_at(who, motion, way.method)
    assert who.said == []


async def looked_at(who: Reader, motion: Motion, method: str) -> None:
    await who.open(f"/motions/{motion.uuid}")
    assert await violations(who.page) == [], method
    assert await who.page.evaluate(SIDEWAYS) == 0, method
