"""axe-core finds nothing on any page, light and dark, wide and narrow (design.md 9, 11).

axe-core comes by `tools/install-test-tools.sh`; it is put into the page by the browser's own debugger, past the policy.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright

from fedcoop.actions.members.member import freeze_links, one_time_link
from fedcoop.actions.motions.motion import annul_motion
from fedcoop.actions.proposals.amendments import propose_amendment
from fedcoop.actions.proposals.discussion import comment
from fedcoop.actions.proposals.proposal import Edit, Wanted, edit, save_draft, submit
from fedcoop.actions.proposals.proposal_steps import add_sponsor
from fedcoop.governance.motions.motion import Motion
from fedcoop.governance.proposals.amendments import AmendmentKind, Change, Operation
from fedcoop.governance.proposals.paragraphs import paragraphs_of
from tests.browser.test_pages_in_chromium import CHROMIUM, FLAGS, Reader, reader
from tests.doors.members.test_web_accounts import NOOR_AWAY, mirrored, prove
from tests.doors.website import Website, open_website

pytestmark = pytest.mark.browser
AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """async (tags) => (await axe.run(document, { runOnly: tags, resultTypes: ["violations"] })).violations.flatMap(
  (found) => found.nodes.map((node) => `${found.id}: ${node.target} ${node.failureSummary}`))"""
Deed = Callable[[Page], Awaitable[Any]]


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Website]:
    async with open_website(tmp_path) as website:
        website.remote.known[NOOR_AWAY.handle] = NOOR_AWAY
        yield website


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


async def violations(page: Page) -> list[str]:
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = await page.evaluate(RUN, TAGS)
    return found


async def look(who: Reader, paths: list[str]) -> None:
    """Say that axe finds nothing on these pages."""
    for path in paths:
        await who.open(path)
        assert await violations(who.page) == [], path


async def decided(site: Website) -> list[Motion]:
    """Leave one motion carried, one not, one without quorum, one of several options, one annulled, one being counted."""
    hours = timedelta(hours=3)
    options = [("a", "Olive"), ("b", "Rye")]
    carried = await site.open_motion(title="Carried", closes_at=site.clock.now() + hours)
    lost = await site.open_motion(title="Not carried", closes_at=site.clock.now() + hours)
    few = await site.open_motion(title="No quorum", closes_at=site.clock.now() + hours, settings={"quorum": "3/4"})
    several = await site.open_motion(
        title="Breads", method="approval", options=options, closes_at=site.clock.now() + hours
    )
    annulled = await site.open_motion(title="Annulled", closes_at=site.clock.now() + hours)
    for name, marks in (("noor", ("for", "against", "for", "a")), ("bilal", ("for", "against", "", "b"))):
        browser = await site.signed_in(name)
        for motion, choice in zip((carried, lost, few, several), marks, strict=True):
            if choice:
                fields = {"choice": choice, "reason": "It is the oven that keeps us."}
                await browser.submit("/more", f"/motions/{motion.uuid}/vote", fields)
    await site.units.write(
        annul_motion, by=site.members["ilse"].id, motion_id=annulled.id, reason="Two were not on the roll."
    )
    await site.close(carried)
    for motion in (lost, few, several):
        await site.count(motion)
    counting = await site.open_motion(title="Counting", closes_at=site.clock.now() + hours)
    site.clock.advance(hours + timedelta(seconds=1))
    return [carried, lost, few, several, annulled, counting]


async def voting(site: Website) -> list[Motion]:
    """Open a motion of every method, and one whose result is hidden."""
    days = timedelta(days=3)
    options = [("a", "Monday"), ("b", "Tuesday")]
    return [
        await site.open_motion(title="Open", closes_at=site.clock.now() + days),
        await site.open_motion(
            title="Hidden", closes_at=site.clock.now() + days, settings={"visibility": "after_close"}
        ),
        await site.open_motion(title="Consent", method="consent", closes_at=site.clock.now() + days),
        await site.open_motion(title="Consensus", method="consensus", closes_at=site.clock.now() + days),
        await site.open_motion(title="Approval", method="approval", options=options, closes_at=site.clock.now() + days),
    ]


async def discussed(site: Website) -> str:
    """A proposal of Ilse's under discussion, with a new version, an amendment, a sponsor and words."""
    by, units = {name: member.id for name, member in site.members.items()}, site.units
    text = "We bake with local grain.\n\n1. We buy rye.\n2. We pay 4 cents more."
    draft = await units.write(save_draft, by=by["ilse"], wanted=Wanted(title="Bake local", body=text, topic="Flour"))
    await units.write(submit, by=by["ilse"], uuid=draft.uuid)
    await units.write(add_sponsor, by=by["noor"], uuid=draft.uuid)
    await units.write(
        edit, by=by["ilse"], uuid=draft.uuid, change=Edit("Bake local", text.replace("4", "3"), 1, "Less")
    )
    change = Change(Operation.DELETE, paragraphs_of(text)[1].id)
    kind = AmendmentKind.FORMAL
    await units.write(propose_amendment, by=by["noor"], uuid=draft.uuid, kind=kind, change=change, reason="Why")
    said = await units.write(comment, by=by["noor"], uuid=draft.uuid, text="Who pays?", kind="question")
    await units.write(comment, by=by["ilse"], uuid=draft.uuid, text="We do.", reply_to=said.uuid)
    return draft.uuid


WAYS = pytest.mark.parametrize(
    ("width", "dark"), [(1280, False), (390, True)], ids=["wide and light", "narrow and dark"]
)


@WAYS
async def test_nothing_on_the_public_pages_keeps_anybody_out(
    site: Website, chromium: Browser, width: int, dark: bool
) -> None:
    stranger = await reader(site, chromium, width=width, dark=dark, script=True)
    await look(stranger, ["/"])
    closed, opened = await decided(site), await voting(site)
    link = await site.units.write(one_time_link, member_id=site.members["bilal"].id, purpose="invitation")
    await look(
        stranger,
        ["/", "/sign-in?next=/decisions", f"/invitations/{link}", "/invitations/used", "/join", "/about", "/@alder",
         "/nowhere", "/decisions?state=all", "/interact?uri=https://example.org/x",
         f"/motions/{closed[0].uuid}", f"/motions/{opened[0].uuid}"],
    )  # fmt: skip
    await stranger.page.goto(site.origin + "/sign-in")
    await stranger.page.fill("#email", "noor@example.org")
    await stranger.page.fill("#password", "not this one")
    await stranger.page.press("#password", "Enter")
    await stranger.page.wait_for_selector("[role=alert]")
    assert await violations(stranger.page) == []


@WAYS
async def test_nothing_on_the_pages_of_decisions_keeps_anybody_out(
    site: Website, chromium: Browser, width: int, dark: bool
) -> None:
    closed, opened = await decided(site), await voting(site)
    ilse = await reader(site, chromium, width=width, dark=dark, script=True)
    await ilse.sign_in("ilse")
    remote = await mirrored(site)
    await look(
        ilse,
        ["/", "/decisions", "/decisions?q=nothing", "/proposals/new",
         "/templates", "/templates/named/consent", f"/motions/{opened[0].uuid}/annul",
         "/remote/motions", f"/remote/motions/{remote.uuid}", *(f"/motions/{motion.uuid}" for motion in (*closed, *opened))],
    )  # fmt: skip
    page = ilse.page
    await ilse.open(f"/motions/{opened[2].uuid}")
    await page.check('input[value="objection"]')
    await page.click("text=Send my answer")
    assert (await page.title()).startswith("Error: ")
    assert await violations(page) == []
    uuid = await discussed(site)
    await look(
        ilse,
        ["/proposals", *(f"/proposals/{uuid}{step}" for step in ("", "/edit", "/amend", "/versions/2", "/withdraw"))],
    )
    await ilse.open("/proposals/new")
    await page.fill("#title", "Buy flour from the mill")
    await page.fill("#text", "1. We buy it.\n2. We pay it.")
    await page.click("text=Look at it first")
    assert await violations(page) == []


@WAYS
async def test_nothing_on_the_pages_of_members_keeps_anybody_out(
    site: Website, chromium: Browser, width: int, dark: bool
) -> None:
    noor = await reader(site, chromium, width=width, dark=dark, script=True)
    await noor.sign_in("noor")
    await look(
        noor, ["/", "/announcements", "/settings/accounts", "/settings/profile", "/welcome", "/more", "/members"]
    )
    helper = await site.signed_in("noor")
    await helper.submit(
        "/announcements/new", "/announcements/new", {"text": "Bread.", "audience": "public", "kind": "work"}
    )
    await helper.submit("/settings/profile", "/settings/profile", {"do": "opt-in"})
    await look(noor, ["/announcements", "/announcements/new", "/settings/profile", "/settings/profile/code", "/@noor"])
    await helper.submit("/settings/accounts", "/settings/accounts", {"handle": "@noor@social.example"})
    await look(noor, ["/settings/accounts"])
    waiting = await helper.get("/settings/accounts")
    await prove(site, waiting.text.split('class="receipt"><bdi>')[1].split("<")[0])
    await look(noor, ["/settings/accounts"])
    await helper.submit("/settings/accounts", "/settings/accounts/confirm", {})
    await look(noor, ["/settings/accounts?done=linked"])
    actor = await site.units.read(lambda uow: uow.actors.find(NOOR_AWAY.uri))
    assert actor is not None
    await site.units.write(freeze_links, actor_ids=[actor.id], reason="keys-changed")
    await look(noor, ["/settings/accounts"])
    ilse = await reader(site, chromium, width=width, dark=dark, script=True)
    await ilse.sign_in("ilse")
    await look(ilse, ["/office"])


async def test_axe_would_say_it(site: Website, chromium: Browser) -> None:
    stranger = await reader(site, chromium, script=True)
    await stranger.open("/sign-in")
    await stranger.page.evaluate("document.querySelectorAll('label').forEach((node) => node.remove())")
    assert any(found.startswith("label: #email") for found in await violations(stranger.page))
