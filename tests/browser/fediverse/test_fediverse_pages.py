"""Pages of what comes from the fediverse, and of how we show ourselves there: axe finds nothing, nothing runs sideways."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from fedcoop.actions.instance.founding import open_member_actor
from fedcoop.federation.publish.profile import take_over_settings
from fedcoop.media import DrawnMark, profile_pictures
from tests.actions.coop import made_keys
from tests.browser.test_accessibility import WAYS, chromium, look
from tests.browser.test_pages_in_chromium import Reader, reader
from tests.doors.fediverse.test_web_desk import HERE, ask_to_follow, press, report, somebody, write
from tests.doors.instance.test_web_media import SETTINGS
from tests.doors.talk.test_web_announcements import announce, edit
from tests.doors.website import Website, open_website

pytestmark = pytest.mark.browser
__all__ = ["chromium"]


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Website]:
    mark = tmp_path / "mark.png"
    mark.write_bytes(DrawnMark("https://birch.example/actors/birch", "rye").body)
    pictures = {"icon": str(mark), "header": str(mark)}
    async with open_website(tmp_path, instance={**SETTINGS, **pictures}) as website:
        made = profile_pictures(website.units.site.config.instance, uri="https://alder.example", max_bytes=1 << 20)
        await website.units.write(take_over_settings, made)
        yield website


async def look_sideways(who: Reader, paths: list[str]) -> None:
    await look(who, paths)
    for path in paths:
        await who.open(path)
        wide: int = await who.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, path


@WAYS
async def test_the_desk_and_the_profiles_keep_nobody_out(
    site: Website, chromium: Browser, width: int, dark: bool
) -> None:
    long = "https://far.example/" + "a-long-way" * 20
    zoe = await somebody(site, display_name="Z" * 60, handle="")
    server = await somebody(site, "server", kind="Application")
    motion = await site.open_motion(title="Buy a second deck oven")
    item = await write(site, zoe, f"Can I join? {long}")
    await write(site, zoe, "When do you open?", kind="mention")
    flagged = await report(site, server, "Rude.", motion.url, long)
    await site.units.write(open_member_actor, member_id=site.members["noor"].id, name="noor", keys=made_keys(1))
    await ask_to_follow(site, zoe)
    await write(site, zoe, "Your vote did not count", to="noor")
    noor_by_hand, ilse_by_hand = await site.signed_in("noor"), await site.signed_in("ilse")
    await press(ilse_by_hand, f"{HERE}/{item}", f"{HERE}/{item}", text="Yes.")
    news = await announce(noor_by_hand, "The #oven arrives, says @lost@nowhere.example.")
    await edit(noor_by_hand, news, "The #oven arrives **tomorrow**, says @lost@nowhere.example.")
    ilse = await reader(site, chromium, width=width, dark=dark, script=True)
    await ilse.sign_in("ilse")
    pages = ["", "?show=done", f"/{item}", f"/{flagged}", f"/{item}/block"]
    await look_sideways(ilse, ["/office", *(HERE + page for page in pages)])
    noor = await reader(site, chromium, width=width, dark=dark, script=True)
    await noor.sign_in("noor")
    edits = ["/announcements", f"/announcements/{news}/edit", f"/announcements/{news}/history"]
    await look_sideways(noor, ["/", "/settings/profile", *edits])
    stranger = await reader(site, chromium, width=width, dark=dark, script=True)
    await look_sideways(stranger, ["/@alder", "/tags/oven", f"/notes/{news}"])
