"""axe-core finds nothing on the pages of lots and draws, in any state of them."""

from datetime import timedelta

import pytest
from playwright.async_api import Browser

from fedcoop.actions.motions import lots
from fedcoop.actions.motions.motion import open_scheduled
from fedcoop.actions.proof import sortitions
from fedcoop.governance.motions.lot_order import commitment
from tests.browser.test_accessibility import WAYS, chromium, look, site, violations
from tests.browser.test_pages_in_chromium import reader
from tests.doors.website import Website

pytestmark = pytest.mark.browser
__all__ = ["chromium", "site"]
VALUE = "6f" * 16


@WAYS
async def test_nothing_on_the_pages_of_lots_keeps_anybody_out(
    site: Website, chromium: Browser, width: int, dark: bool
) -> None:
    hour, noor, tomasz = timedelta(hours=1), site.members["noor"].id, site.members["tomasz"].id
    options, words = [("a", "Rye"), ("b", "Oat")], {"scrutineers": "noor, tomasz"}
    motion = await site.open_motion(
        method="approval", options=options, settings=words, opens_at=site.clock.now() + hour
    )
    path = f"/motions/{motion.uuid}/lot"
    who = await reader(site, chromium, width=width, dark=dark, script=True)
    await who.sign_in("noor")
    await look(who, [path])
    await who.page.fill("#value", "no fingerprint")
    await who.page.click("main button")
    await who.page.wait_for_selector("[role=alert]")
    assert await violations(who.page) == []
    for member in (noor, tomasz):
        await site.units.write(lots.commit, by=member, motion_id=motion.id, commitment=commitment(VALUE))
    site.clock.advance(hour)
    await site.units.write(open_scheduled, str(motion.id))
    for name, choice in (("noor", "a"), ("tomasz", "b")):
        browser = await site.signed_in(name)
        await browser.submit("/more", f"/motions/{motion.uuid}/vote", {"choice": choice})
    await site.close(motion)
    await site.units.write(lots.reveal, by=tomasz, motion_id=motion.id, value=VALUE)
    await look(who, [path, f"/motions/{motion.uuid}"])


@WAYS
async def test_nothing_on_the_pages_of_draws_keeps_anybody_out(
    site: Website, chromium: Browser, width: int, dark: bool
) -> None:
    by, day = site.members["ilse"].id, timedelta(days=1)
    call = sortitions.Call("Review board", 3, "Lottery", site.clock.now() + day, by_class=True, minima={"member": 1})
    drawn = await site.units.write(sortitions.announce, by=by, call=call)
    who = await reader(site, chromium, width=width, dark=dark, script=True)
    await who.sign_in("ilse")
    await look(who, ["/office/sortition", f"/sortition/{drawn.uuid}"])
    await who.open("/office/sortition")
    await who.page.fill(f"[id='value-{drawn.uuid}']", "7 21 33")
    await who.page.click("text=Draw, and invite the first")
    await who.page.wait_for_selector("[role=alert]")
    assert await violations(who.page) == []
    site.clock.advance(day)
    await site.units.write(sortitions.draw, by=by, uuid=drawn.uuid, value="7 21 33")
    (name, *_) = [
        item.person.rpartition("@")[2] for item in await site.units.read(lambda u: u.sortitions.invitations(drawn.uuid))
    ]
    await site.units.write(sortitions.answer, by=by, uuid=drawn.uuid, name=name, accepts=False)
    await look(who, ["/office/sortition", f"/sortition/{drawn.uuid}"])
