"""axe-core finds nothing on the pages of rolls, classes and groups, nor on results by class."""

import pytest
from playwright.async_api import Browser

from fedcoop.actions.members.registrar import join_group, save_class, save_group, set_class
from fedcoop.actions.motions.rolls import Change, correct_roll, object_to_roll
from fedcoop.governance.members.classes import Group, MemberClass
from fedcoop.governance.motions.motion import Motion
from fedcoop.governance.rolls.roll import Correction
from tests.browser.test_accessibility import WAYS, chromium, look, site, violations
from tests.browser.test_pages_in_chromium import reader
from tests.doors.website import Website

pytestmark = pytest.mark.browser
__all__ = ["chromium", "site"]
TABS = ("classes", "groups", "standing", "rolls", "merge")


async def weighed(site: Website) -> tuple[Motion, Motion]:
    """A vote by colleges with a guest, and one with plural votes, an objection and a correction."""
    founders = MemberClass("founder", "Founders", 3, reference="article 12")
    for item in (founders, MemberClass("worker", "Workers"), MemberClass("friend", "Friends", 0)):
        await site.units.write(save_class, item=item, who="test", new=True)
    for name, kept in (("noor", "founder"), ("ilse", "worker"), ("tomasz", "worker"), ("bilal", "friend")):
        await site.units.write(set_class, member_id=site.members[name].id, name=kept, who="test")
    await site.units.write(save_group, item=Group("board", "The board"), who="test")
    await site.units.write(join_group, group="board", member_id=site.members["ilse"].id, who="test")
    words = {"guests": "friend", "quorum": "0"}
    colleges = await site.open_motion(settings={**words, "colleges": "worker=60%, founder=40%"})
    plural = await site.open_motion(settings=words)
    for motion in (colleges, plural):
        for name in ("noor", "tomasz", "bilal"):
            browser = await site.signed_in(name)
            fields = {"choice": "against" if name == "noor" else "for"}
            await browser.submit("/more", f"/motions/{motion.uuid}/vote", fields)
    by, bilal = site.members["ilse"].id, site.members["bilal"].id
    await site.units.write(object_to_roll, by=bilal, motion_id=plural.id, words="I work here.")
    change = Change(Correction.CHANGE, site.members["tomasz"].id, "founder")
    await site.units.write(correct_roll, by=by, motion_id=plural.id, change=change, reason="Since 2014.")
    return colleges, plural


@WAYS
async def test_nothing_on_the_pages_of_rolls_keeps_anybody_out(
    site: Website, chromium: Browser, width: int, dark: bool
) -> None:
    colleges, plural = await weighed(site)
    ilse = await reader(site, chromium, width=width, dark=dark, script=True)
    await ilse.sign_in("ilse")
    roll = f"/motions/{plural.uuid}/roll"
    pages = [*(f"/office/{tab}" for tab in TABS), roll, f"{roll}?q=nobody", f"/motions/{plural.uuid}"]
    await look(ilse, ["/office", *pages, f"/motions/{colleges.uuid}"])
    await ilse.open(roll)
    await ilse.page.fill("#member", "nobody")
    await ilse.page.fill("#reason", "So it is.")
    await ilse.page.click("#correct button")
    await ilse.page.wait_for_selector("[role=alert]")
    assert await violations(ilse.page) == []
    for motion in (colleges, plural):
        await site.close(motion)
    await look(ilse, [f"/motions/{colleges.uuid}", f"/motions/{plural.uuid}", roll])


@WAYS
@pytest.mark.parametrize("template", ["ordinary", "advice"])
async def test_the_form_of_a_proposal_with_everything_open_keeps_nobody_out(
    site: Website, chromium: Browser, width: int, dark: bool, template: str
) -> None:
    await weighed(site)
    noor = await reader(site, chromium, width=width, dark=dark, script=True)
    await noor.sign_in("noor")
    await noor.open(f"/proposals/new?template={template}")
    parts = noor.page.locator("main details:not([open]) > summary")
    while await parts.count():
        await parts.first.click()
    assert await noor.page.is_visible("text=Only these classes vote")
    assert await violations(noor.page) == []
    await noor.page.fill("#min_days", "soon")
    await noor.page.fill("#title", "Bake with rye")
    await noor.page.click("text=Look at it first")
    assert await noor.page.get_attribute("#min_days", "aria-invalid") == "true"
    assert await violations(noor.page) == []
    assert await noor.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
