"""Four decisions from the first word to the recount, each wholly in browsers of several members, as they would do it.

Time is moved by the clock of the site, and what falls due is done by its timers. Each ends with the file that the page
gives, counted again by the command.
"""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner
from playwright.async_api import Browser, Page, async_playwright

from fedcoop.cli.ballot_files.recounting import recount
from tests.browser.test_pages_in_chromium import CHROMIUM, FLAGS, Reader, focus_on, reader
from tests.doors.motions.test_web_deciding import pass_time, when
from tests.doors.website import Website, open_website

pytestmark = pytest.mark.browser
NAMES = ("tomasz", "noor", "bilal", "ilse")


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


@dataclass
class Member(Reader):
    """A reader who is a member."""

    name: str = ""

    async def at(self, path: str = "/") -> Page:
        """Open a page as a member; after some weeks that means to sign in again."""
        await self.open(path)
        if await self.page.locator("header a", has_text="Sign in").count():
            await self.sign_in(self.name)
            await self.open(path)
        return self.page


async def members(site: Website, chromium: Browser, *names: str) -> list[Member]:
    """Return the browsers of these members, signed in, without script."""
    found = [(await reader(site, chromium), name) for name in names]
    people = [Member(site, one.context, one.page, one.said, name) for one, name in found]
    for who in people:
        await who.sign_in(who.name)
    return people


async def press(page: Page, words: str) -> None:
    """Press the button or follow the link with these words, and wait for the page that comes."""
    async with page.expect_navigation():
        await page.locator(f'main button:not(.hush):text-is("{words}"), main a:text-is("{words}")').first.click()


async def new_proposal(who: Member, way: str, title: str, text: str) -> Page:
    """Go to the form from the list of decisions, choose the way, and write."""
    page = who.page
    await who.open("/decisions")
    await page.locator('main a[href^="/proposals/new"]').first.click()
    if not await page.locator(f'input[value="{way}"]').is_visible():
        await page.click("text=More ways to decide")
    await page.check(f'input[value="{way}"]')
    await press(page, "Use this way")
    await page.fill("#title", title)
    await page.fill("#text", text)
    return page


async def follow(who: Member, title: str) -> Page:
    """Find it on the member's own front page."""
    found = (await who.at()).locator("main a", has_text=title)
    assert await found.count(), await who.page.locator("main").inner_text()
    await found.first.click()
    return who.page


async def answer(who: Member, title: str, choice: str, reason: str = "") -> Page:
    """Find the vote and answer it."""
    page = await follow(who, title)
    assert await page.locator("#ballot").count(), await page.locator("main").inner_text()
    await page.check(f'input[name="choice"][value="{choice}"]')
    if reason:
        await page.fill("#reason", reason)
    async with page.expect_navigation():
        await page.locator("#ballot button.full").click()
    await page.wait_for_selector("text=Your vote is in")
    return page


async def decided(who: Member, title: str) -> Page:
    """Find it in the register."""
    await who.at("/decisions?state=decided")
    found = who.page.locator("main a", has_text=title)
    assert await found.count(), await who.page.locator("main").inner_text()
    await found.first.click()
    return who.page


async def seen(page: Page, *words: str) -> None:
    """Say that these words stand on the page."""
    text = " ".join((await page.locator("main").inner_text()).split())
    for part in words:
        assert part in text, f"{part!r} is not in {text}"


async def recounted(page: Page, folder: Path) -> str:
    """Take the file that the page offers, and return the outcome that the command finds in it."""
    async with page.expect_download() as waiting:
        await page.click("text=Recount file")
    download = await waiting.value
    file = folder / download.suggested_filename
    await download.save_as(file)
    done = CliRunner().invoke(recount, [str(file), "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return str(json.loads(done.stdout)["outcome"])


async def quiet(*people: Member) -> None:
    """Say that no console had anything to say, but for a form that came back."""
    assert [line for who in people for line in who.said if "422 (Unprocessable Entity)" not in line] == []


async def test_consent_over_two_versions(site: Website, chromium: Browser, tmp_path: Path) -> None:
    title = "Start the night bake at eleven"
    tomasz, noor, bilal = await members(site, chromium, "tomasz", "noor", "bilal")
    page = await new_proposal(tomasz, "consent", title, "The night bake starts at 23:00 on every night.")
    await press(page, "Look at it first")
    await seen(page, "Nothing is sent yet.", "Adopted when no objection stands")
    await press(page, "Start the discussion")
    talk = await follow(noor, title)
    await talk.fill("#said-text", "Who pays for the taxi?")
    await talk.check('input[value="question"]')
    await press(talk, "Send it")
    await page.reload()
    await page.locator("main a", has_text="Reply").first.click()
    await page.fill("#said-text", "The co-op does.")
    await press(page, "Send the answer")
    await seen(page, "Who pays for the taxi?", "The co-op does.")
    await pass_time(site, days=3)
    await pass_time(site, days=3)
    await answer(tomasz, title, "consent")
    await answer(bilal, title, "consent")
    page = await answer(noor, title, "objection", "Three of us live beyond the last tram.")
    await seen(page, "round 1 of 3")
    await pass_time(site, days=8)
    page = await follow(tomasz, title)
    await seen(page, "The objection of this round", "Three of us live beyond the last tram.")
    first = page.url
    await press(page, "Write the next version")
    await page.fill("#body", "The night bake starts at 23:00 on Tuesday to Saturday nights.")
    await page.fill('[name^="answer"]', "No bake on nights without a tram.")
    await page.fill("#closes", when(site, days=4))
    await press(page, "Open the next round")
    page = await follow(noor, title)
    await seen(page, "round 2 of 3", "What changed", "Answer: No bake on nights without a tram.")
    await press(page, "Accept the answer, or withdraw")
    await page.locator("#main-form button").click()
    await answer(noor, title, "consent")
    await answer(tomasz, title, "consent")
    await answer(bilal, title, "consent_with_concern", "Compare the bills.")
    await pass_time(site, days=5)
    page = await decided(noor, title)
    await seen(page, "Adopted", "In force", "The concern kept with this decision", "Compare the bills.")
    assert await recounted(page, tmp_path) == "carried"
    await page.goto(first)
    assert await recounted(page, tmp_path) == "not_carried"
    await quiet(tomasz, noor, bilal)


async def test_a_special_resolution_called_a_second_time(site: Website, chromium: Browser, tmp_path: Path) -> None:
    title = "Take a loan for the new mill"
    tomasz, noor = await members(site, chromium, "tomasz", "noor")
    page = await new_proposal(tomasz, "special", title, "1. We take 120,000 over ten years.")
    await page.click("text=Closing, changing, reasons, a second vote")
    await page.select_option("#second_call", label="a second vote a week later")
    await page.fill("#second_call_quorum", "few")
    await page.fill("#second_call_lasts", "3d")
    await press(page, "Start the discussion")
    assert await page.input_value("#second_call_lasts") == "3d"
    assert await page.get_attribute("#second_call_quorum", "aria-invalid") == "true"
    await page.fill("#second_call_quorum", "0")
    await press(page, "Start the discussion")
    await pass_time(site, days=7)
    await pass_time(site, days=14)
    page = await answer(noor, title, "for")
    await seen(page, "If too few take part: the same text once more")
    await pass_time(site, days=8)
    page = await decided(noor, title)
    await seen(page, "The same text is called a second time")
    assert await recounted(page, tmp_path) == "inquorate"
    await page.locator(".say a", has_text=title).click()
    await seen(page, "Not open yet", "Fixed on 10 June")
    await pass_time(site, days=7)
    page = await answer(noor, title, "for")
    await seen(page, "Second call")
    await pass_time(site, days=4)
    page = await decided(noor, title)
    await seen(page, "In force")
    assert await recounted(page, tmp_path) == "carried"
    await quiet(tomasz, noor)


async def rank_by_keyboard(who: Member, title: str, *moves: str) -> Page:
    """Rank by keyboard alone, look at the check page, and cast."""
    page = await follow(who, title)
    for name in moves:
        await focus_on(page, f"Move {name} up")
        async with page.expect_navigation():
            await page.keyboard.press("Enter")
    for words in ("Check my ballot", "Cast my ballot"):
        await focus_on(page, words)
        async with page.expect_navigation():
            await page.keyboard.press("Enter")
    await seen(page, "Your vote is in: 1. ")
    return page


async def rank(who: Member, title: str, *names: str) -> None:
    """Rank by numbers, look at the check page, and cast."""
    page = await follow(who, title)
    for number, name in enumerate(names, 1):
        await page.get_by_label(f"Rank for {name}").select_option(str(number))
    await press(page, "Check my ballot")
    await seen(page, "Nothing is cast yet.")
    await press(page, "Cast my ballot")
    await seen(page, f"Your vote is in: 1. {names[0]}")


async def test_two_seats_by_ranking(site: Website, chromium: Browser, tmp_path: Path) -> None:
    title = "Two members of the board"
    people = await members(site, chromium, *NAMES)
    tomasz, noor, bilal, ilse = people
    page = await new_proposal(tomasz, "stv_scottish", title, "For two years.")
    await page.fill("#options", "Amara Okafor\nChiara Neri\nDafydd Rees\nEsi Mensah")
    await page.fill("#seats", "2")
    await press(page, "Look at it first")
    await seen(page, "Two people are elected.")
    await page.fill("#closes", when(site, days=2))
    await press(page, "Open the vote")
    await rank_by_keyboard(noor, title, "Amara Okafor", "Chiara Neri")
    await rank(tomasz, title, "Amara Okafor", "Chiara Neri")
    await rank(bilal, title, "Amara Okafor", "Dafydd Rees")
    await rank(ilse, title, "Esi Mensah", "Chiara Neri")
    await pass_time(site, days=3)
    page = await decided(noor, title)
    await seen(
        page, "Elected: Amara Okafor and Esi Mensah", "1. First preferences 2. Surplus of Amara", "1 first place "
    )
    await seen(page, "How your ballot travelled", "the rest, 0.33333, goes on to Chiara Neri.")
    assert await recounted(page, tmp_path) == "elected"
    await quiet(*people)


async def test_advice_until_it_is_in_force(site: Website, chromium: Browser, tmp_path: Path) -> None:
    title = "Buy the blue van"
    tomasz, noor, bilal = await members(site, chromium, "tomasz", "noor", "bilal")
    page = await new_proposal(tomasz, "advice", title, "I buy it for the market round.")
    await page.fill("#advisers", "noor, nobody")
    await page.fill("#adviser_deadline", "3d")
    await page.fill("#min_time", "1d")
    await press(page, "Look at it first")
    assert await page.get_attribute("#advisers", "aria-invalid") == "true"
    await page.fill("#advisers", "noor")
    await press(page, "Look at it first")
    await seen(page, "after hearing 1 member who is named")
    await press(page, "Open the vote")
    await answer(noor, title, "reconsider", "Who drives it in winter?")
    await answer(bilal, title, "go_ahead", "Take it.")
    page = await follow(tomasz, title)
    await seen(page, "Not decided yet")
    for words in ("I do.", "Thank you."):
        await page.locator("#main a.btn", has_text="Answer").first.click()
        await page.fill("#text", words)
        async with page.expect_navigation():
            await page.locator("#main-form button").click()
    await seen(page, "Answer: I do.", "Answer: Thank you.")
    await pass_time(site, days=1)
    page = await follow(tomasz, title)
    await press(page, "Decide")
    await page.fill("#text", "I buy it on Monday.")
    await page.select_option("#answer", "yes")
    async with page.expect_navigation():
        await page.locator("#main-form button").click()
    await pass_time(site, seconds=1)
    page = await decided(bilal, title)
    await seen(page, "Members can still call this in", "I buy it on Monday.")
    await pass_time(site, days=7)
    await page.reload()
    await seen(page, "In force")
    assert await recounted(page, tmp_path) == "no_result"
    await quiet(tomasz, noor, bilal)
