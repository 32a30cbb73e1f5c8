"""Take the pictures in docs/images/posts: what a co-op sends, as a Mastodon user sees it.

    python tools/picture_posts.py [KEY …]

A co-op and a server beside it run in this process; the pictures show the very documents that arrived there, on the tests' own
clock, with the origin and the random part of addresses replaced so that they are the same with every run. Needs Chromium and
playwright. Each picture is small on purpose: it lies in the repository.
"""

import asyncio
import hashlib
import json
import re
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from shutil import which
from typing import Any
from uuid import UUID

from playwright.async_api import Browser, async_playwright

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from mastodon_look import Author, Json, Post, page  # noqa: E402
from small_png import indexed  # noqa: E402

from fedcoop.accounts.links import codes_in  # noqa: E402
from fedcoop.actions import motions  # noqa: E402
from fedcoop.kernel.html import text_of_html  # noqa: E402
from tests.fediverse.gts_user import User  # noqa: E402
from tests.fediverse.gts_world import World, world  # noqa: E402

FOLDER = ROOT / "docs" / "images" / "posts"
SHOWN_ORIGIN = "https://alder.example"
MOST_BYTES = 40_000
WIDTH = 600
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Picture:
    """Received documents, and when they are looked at."""

    documents: Sequence[Json]
    now: datetime


@dataclass
class Scene:
    """The running servers, and Ana, whose timeline is pictured; Bea's account is linked to a member."""

    world: World
    ana: User
    bea: User
    pictures: dict[str, Picture] = field(default_factory=dict)

    async def poll(self, title: str, body: str, **more: Any) -> Any:
        """Return an open motion that has arrived."""
        closes = self.world.clock.now() + timedelta(days=5, hours=12, minutes=47)
        motion = await self.world.coop.open_poll(title, **{"body": body, "closes_at": closes, **more})
        await self.world.settle()
        return motion

    def arrived(self, kind: str = "Create") -> list[Json]:
        """Return the objects of all activities of this kind that came from the co-op, oldest first, each once."""
        found = [a for _, status, a in self.world.gts.arrivals if status == 202 and a["type"] == kind]
        return list({a["id"]: a["object"] for a in found if isinstance(a["object"], dict)}.values())

    def keep(self, key: str, *documents: Json) -> None:
        """Have a picture of these documents."""
        self.pictures[key] = Picture(documents, self.world.clock.now())

    def keep_last(self, key: str, number: int = 1) -> None:
        """Have a picture of the newest post."""
        self.keep(key, *self.arrived()[-number:])


async def polls(scene: Scene) -> None:
    """Votes that are polls, and one that is none."""
    await scene.poll("Buy a second oven", "It costs 9,000 euros and is paid from the reserve.")
    scene.keep_last("poll")
    await scene.poll(
        "Who keeps the books?", "We ask Ruth to keep them for a year.", settings={"visibility": "after_close"}
    )
    scene.keep_last("hidden")
    breads = {
        "method": "approval",
        "options": ("Olive and thyme", "Potato loaf", "Buckwheat rolls", "Seeded crispbread"),
    }
    await scene.poll(
        "Breads for the summer", "Two of them go on sale in June.", **breads, settings={"max": "2", "seats": "2"}
    )
    scene.keep_last("limited")
    await scene.poll("Four days a week", "We try it from January to March.", method="consent")
    scene.keep_last("consent")
    names = ("Rye Rising", "Morning Star", "Slow Loaf")
    await scene.poll("A name for the new bread", "It is a rye loaf with caraway.", method="schulze", options=names)
    scene.keep_last("ranking")


async def ends(scene: Scene) -> None:
    """What is said of a vote after it began."""
    coop = scene.world.coop
    motion = await scene.poll("Open on Sundays", "From May to September, nine to one.")
    await scene.bea.vote(motion.url, "For")
    await scene.world.advance(days=4)
    later = {"closes_at": motion.closes_at + timedelta(days=2), "reason": "The bakery was closed for two days of snow."}
    await coop.write(motions.extend_motion, by=coop.members["ilse"], motion_id=motion.id, **later)
    await scene.world.settle()
    scene.keep("extension", scene.arrived("Update")[-1], *_replies(scene, motion)[-1:])
    await scene.world.advance(days=4)
    scene.keep("outcome", scene.arrived("Update")[-1], *_replies(scene, motion)[-1:])
    wrong = await scene.poll("Sell the old van", "The price is 400 euros.")
    reason = "The price was wrong: it is 4,000 euros. A new vote follows."
    await coop.write(motions.annul_motion, by=coop.members["ilse"], motion_id=wrong.id, reason=reason)
    await scene.world.settle()
    scene.keep("annulment", scene.arrived("Update")[-1], *_replies(scene, wrong)[-1:])
    text = (
        "The second oven arrives on **Monday**. Come at eight and help to carry it: "
        f"@{scene.bea.handle} has the keys. #Baking\n\n- Bring gloves\n- Breakfast is on us"
    )
    async with coop.signed_in("ilse") as web:
        await web.send("/announcements/new", text=text, audience="public", kind="work")
    await scene.world.settle()
    scene.keep_last("announcement")


def _replies(scene: Scene, motion: Any) -> list[Json]:
    return [document for document in scene.arrived() if document.get("inReplyTo") == motion.url]


async def messages(scene: Scene) -> None:
    """What the co-op tells one person."""
    coop = scene.world.coop
    motion = await scene.poll("Repair the roof", "Slates, gutters and the skylight.")
    await scene.ana.vote(motion.url, "For")
    await scene.world.settle()
    scene.keep_last("refused")
    async with coop.signed_in("noor") as web:
        code = next(codes_in(text_of_html(await web.send("/settings/accounts", handle=f"@{scene.ana.handle}"))))
        await scene.ana.write(code, coop.uri, visibility="direct")
        await scene.world.settle()
        scene.keep_last("code")
        await web.send("/settings/accounts", action="/settings/accounts/confirm")
    await scene.world.settle()
    scene.keep_last("linked")


SCENES: tuple[Callable[[Scene], Awaitable[None]], ...] = (polls, ends, messages)


async def main(keys: Sequence[str]) -> None:
    """Take the pictures of these keys, or all."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        async with world(Path(folder)) as running, async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=which("chromium"), args=["--no-sandbox"])
            ana = await running.account("ana")
            scene = Scene(running, ana, await running.account("bea", member="ilse"))
            author = await _author(running, ana)
            for play in SCENES:
                await play(scene)
            shown = Shown(running)
            for key, picture in scene.pictures.items():
                posts = [Post(shown.of(document), author) for document in picture.documents]
                if not keys or key in keys:
                    await _shoot(browser, key, page(posts, picture.now))
            await browser.close()


class Shown:
    """Documents with the addresses that the pictures show: nothing in them changes from run to run."""

    def __init__(self, running: World) -> None:
        self._uuids: dict[str, str] = {}
        self._hosts = {
            running.coop.origin: SHOWN_ORIGIN,
            running.coop.origin.removeprefix("http://"): SHOWN_ORIGIN.removeprefix("https://"),
            running.gts.origin: "https://social.example",
            running.gts.origin.removeprefix("http://"): "social.example",
        }

    def of(self, document: Json) -> Json:
        """Return the document as it is shown."""
        text = _UUID.sub(self._uuid, json.dumps(document, ensure_ascii=False))
        for found, shown in self._hosts.items():
            text = text.replace(found, shown)
        replaced: Json = json.loads(text)
        return replaced

    def _uuid(self, found: re.Match[str]) -> str:
        number = len(self._uuids)
        digest = hashlib.sha256(str(number).encode()).digest()
        return self._uuids.setdefault(found[0], str(UUID(bytes=digest[:16], version=4)))


async def _author(running: World, ana: User) -> Author:
    """Return the co-op as its own document shows it."""
    document = await running.gts.actor(running.coop.uri, ana.signer)
    handle = f"@{document['preferredUsername']}@{SHOWN_ORIGIN.removeprefix('https://')}"
    return Author(document["id"], document["name"], handle, (document.get("icon") or {}).get("url", ""))


async def _shoot(browser: Browser, key: str, html: str) -> None:
    """Store the picture; refuse one that is too large to keep."""
    tab = await browser.new_page(viewport={"width": WIDTH, "height": 100})
    await tab.set_content(html, wait_until="networkidle")
    path = FOLDER / f"{key}.png"
    path.write_bytes(indexed(await tab.screenshot(full_page=True)))
    await tab.close()
    print(f"{path.name} {path.stat().st_size} bytes")
    if path.stat().st_size > MOST_BYTES:
        sys.exit(f"{path.name} is larger than {MOST_BYTES} bytes.")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
