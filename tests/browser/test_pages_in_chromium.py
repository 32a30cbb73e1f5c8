"""The pages in a real browser: by keyboard, without script, at 320 pixels, with nothing on the console.

Chromium runs with JavaScript off, as everything must work so; the policy's violations would show on its console.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from shutil import which

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from tests.doors.website import PASSWORD, Website, open_website

pytestmark = pytest.mark.browser
CHROMIUM = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := which(name))), None)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]


@dataclass
class Reader:
    """One person at one screen, with what the console said."""

    site: Website
    context: BrowserContext
    page: Page
    said: list[str] = field(default_factory=list)

    async def open(self, path: str) -> None:
        await self.page.goto(self.site.origin + path)

    async def sign_in(self, name: str) -> None:
        await self.open("/sign-in")
        await self.page.fill("#email", f"{name}@example.org")
        await self.page.fill("#password", PASSWORD)
        await self.page.press("#password", "Enter")
        await self.page.wait_for_url(f"{self.site.origin}/")


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


async def reader(
    site: Website, chromium: Browser, *, width: int = 1280, dark: bool = False, script: bool = False
) -> Reader:
    context = await chromium.new_context(
        viewport={"width": width, "height": 800}, color_scheme="dark" if dark else "light", java_script_enabled=script
    )
    page = await context.new_page()
    found = Reader(site, context, page)
    page.on("console", lambda message: found.said.append(f"{page.url}: {message.text}"))
    page.on("pageerror", lambda error: found.said.append(f"{page.url}: {error}"))
    return found


async def focus_on(page: Page, name: str, *, most: int = 60) -> None:
    """Press Tab until the control with this field name or these words has the focus."""
    wanted = page.locator(f'[name="{name}"]:focus, button:has-text("{name}"):focus, a:has-text("{name}"):focus')
    for _ in range(most):
        if await wanted.count():
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {name}")


async def test_a_member_votes_by_keyboard_without_script(site: Website, chromium: Browser) -> None:
    motion = await site.open_motion()
    noor = await reader(site, chromium)
    await noor.sign_in("noor")
    await noor.open(f"/motions/{motion.uuid}")
    await focus_on(noor.page, "choice")
    await noor.page.keyboard.press("ArrowDown")
    await focus_on(noor.page, "reason")
    await noor.page.keyboard.type("One oven is enough for now.")
    await focus_on(noor.page, "Cast my vote")
    await noor.page.keyboard.press("Enter")
    await noor.page.wait_for_url("**?done=cast**")
    assert await noor.page.get_by_text("Your vote is in: Against.").is_visible()
    ballot = await site.units.read(lambda uow: uow.motions.ballot_of(motion.id, site.members["noor"].id))
    assert ballot is not None
    assert (ballot.choice, ballot.reason) == (("against",), "One oven is enough for now.")
    assert noor.said == []


async def test_the_first_stop_of_the_keyboard_skips_to_the_content(site: Website, chromium: Browser) -> None:
    stranger = await reader(site, chromium)
    await stranger.open("/")
    await stranger.page.keyboard.press("Tab")
    assert await stranger.page.locator("a.skip:focus").count() == 1
    await stranger.page.keyboard.press("Enter")
    assert stranger.page.url.endswith("#main")


async def test_an_error_leads_to_its_field(site: Website, chromium: Browser) -> None:
    motion = await site.open_motion(method="consent")
    noor = await reader(site, chromium)
    await noor.sign_in("noor")
    await noor.open(f"/motions/{motion.uuid}")
    await noor.page.check('input[value="objection"]')
    await noor.page.click("text=Send my answer")
    assert (await noor.page.title()).startswith("Error: ")
    assert await noor.page.locator('[role="alert"] a[href="#reason"]').count() == 1
    assert await noor.page.locator("#reason").get_attribute("aria-invalid") == "true"
    described = await noor.page.locator("#reason").get_attribute("aria-describedby") or ""
    for part in described.split():
        assert await noor.page.locator(f"#{part}").count() == 1
    assert await noor.page.is_checked('input[value="objection"]')


async def pages_of(site: Website) -> list[str]:
    decided = await site.open_motion(title="Close on Mondays from June and bake no bread in the night before at all")
    noor = await site.signed_in("noor")
    await noor.submit(
        f"/motions/{decided.uuid}", f"/motions/{decided.uuid}/vote", {"choice": "for", "reason": "Rest. " * 40}
    )
    await site.close(decided)
    hours = timedelta(hours=3)
    now = site.clock.now()
    options = [("a", "Extraordinarilylongnameofabreadthatdoesnotbreak"), ("b", "Rye")]
    opened = [
        await site.open_motion(closes_at=now + hours),
        await site.open_motion(method="consent", closes_at=now + hours),
        await site.open_motion(method="consensus", closes_at=now + hours),
        await site.open_motion(method="approval", options=options, closes_at=now + hours),
    ]
    await noor.submit(
        "/announcements/new", "/announcements/new", {"text": "Bread.", "audience": "public", "kind": "work"}
    )
    fixed = [
        "/", "/decisions", "/decisions?state=decided", "/join", "/about", "/more", "/members", "/announcements",
        "/announcements/new", "/proposals/new", "/settings/accounts", "/settings/profile", "/remote/motions", "/office",
        "/welcome", "/@alder", "/interact?uri=https://example.org/x",
    ]  # fmt: skip
    return [*fixed, f"/motions/{decided.uuid}", *(f"/motions/{motion.uuid}" for motion in opened)]


@pytest.mark.parametrize(("width", "dark"), [(320, False), (390, True), (1280, False)])
async def test_no_page_scrolls_sideways_or_says_a_word_to_the_console(
    site: Website, chromium: Browser, width: int, dark: bool
) -> None:
    paths = await pages_of(site)
    ilse = await reader(site, chromium, width=width, dark=dark, script=True)
    await ilse.open("/")
    assert await _too_wide(ilse.page) == 0
    await ilse.sign_in("ilse")
    for path in paths:
        await ilse.open(path)
        assert await _too_wide(ilse.page) == 0, path
    assert ilse.said == []


async def _too_wide(page: Page) -> int:
    width: int = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return width


async def test_every_page_has_one_heading_named_controls_and_no_style_attributes(
    site: Website, chromium: Browser
) -> None:
    ilse = await reader(site, chromium, script=True)
    await ilse.sign_in("ilse")
    for path in await pages_of(site):
        await ilse.open(path)
        found = await ilse.page.evaluate(_LOOK)
        assert found == {"h1": 1, "skipped": [], "unnamed": [], "styled": 0, "twice": [], "broken": []}, path


_LOOK = """() => {
  const all = (query) => [...document.querySelectorAll(query)];
  const levels = all("h1,h2,h3,h4").map((node) => Number(node.tagName[1]));
  const controls = all("input:not([type=hidden], [hidden]), select, textarea");
  const ids = all("[id]").map((node) => node.id);
  const texts = all("a, button").filter((node) => !node.textContent.trim() && !node.ariaLabel);
  return {
    h1: all("h1").length,
    skipped: levels.filter((level, at) => at > 0 && level > levels[at - 1] + 1),
    unnamed: [...controls.filter((node) => !node.labels.length && !node.ariaLabel), ...texts].map((node) => node.outerHTML),
    styled: all("[style]").length,
    twice: ids.filter((id, at) => ids.indexOf(id) !== at),
    broken: all('a[href^="#"]').map((node) => node.hash.slice(1)).filter((id) => id && !document.getElementById(id)),
  };
}"""


async def test_what_is_pressed_with_a_finger_is_large_enough(site: Website, chromium: Browser) -> None:
    motion = await site.open_motion()
    noor = await reader(site, chromium, width=390)
    await noor.sign_in("noor")
    await noor.open(f"/motions/{motion.uuid}")
    for query in (".choice", "form .btn.full", ".nav a:visible"):
        for box in [await found.bounding_box() for found in await noor.page.locator(query).all()]:
            assert box is not None
            assert box["height"] >= 44, query
