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
from collections.abc import Sequence
from pathlib import Path
from shutil import which
from uuid import UUID

from playwright.async_api import Browser, async_playwright

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from mastodon_look import Author, Json, Post, page  # noqa: E402
from post_scenes import Scene, play_all  # noqa: E402
from small_png import indexed  # noqa: E402

from tests.fediverse.gts_user import User  # noqa: E402
from tests.fediverse.gts_world import World, world  # noqa: E402

FOLDER = ROOT / "docs" / "images" / "posts"
SHOWN_ORIGIN = "https://alder.example"
MOST_BYTES = 40_000
WIDTH = 600
PORT = 8431  # the co-op's mark is drawn from its address
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


async def main(keys: Sequence[str]) -> None:
    """Take the pictures of these keys, or all."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        async with world(Path(folder), port=PORT) as running, async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=which("chromium"), args=["--no-sandbox"])
            ana = await running.account("ana")
            scene = Scene(running, ana, await running.account("bea", member="ilse"))
            author = await _author(running, ana)
            await play_all(scene)
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
