"""The story of the demo: a motion of Alder's reaches Birch, votes come from both, the result is recounted.

Every step is an HTTP request that any browser or server could make; what two servers tell each other they tell by themselves.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import TypeVar
from urllib.parse import urlsplit

from fedcoop.accounts.links import codes_in
from fedcoop.cli.ballot_files.recounting import plain
from fedcoop.cli.demo.browser import AS2, Browser, Page
from fedcoop.cli.demo.server_process import Instance
from fedcoop.federation.publish.recounts import verify
from fedcoop.governance.proof.recount import recount
from fedcoop.kernel.clock import SystemClock
from fedcoop.kernel.errors import FedcoopError
from fedcoop.kernel.html import text_of_html

T = TypeVar("T")
Say = Callable[[str], None]

WITHIN_S = 20.0
EVERY_S = 0.1
TITLE = "Bake on Sundays from March"
TEXT = "1. The ovens run on Sundays from 6 to 11.\n2. Who bakes on a Sunday has Monday off."
AT_ALDER = "name,email,display_name,admin\nada,ada@alder.example,Ada Lovage,yes\nben,ben@alder.example,Ben Okafor,\n"
AT_ALDER += "cleo,cleo@alder.example,Cleo Martin,\n"
AT_BIRCH = "name,email,display_name,admin\nbo,bo@birch.example,Bo Lindqvist,yes\ncleo,cleo@birch.example,Cleo Martin,\n"
ALL_VOTED = "3 of 3 members have voted"


async def tell(alder: Instance, birch: Instance, say: Say) -> list[tuple[str, str]]:
    """Let the story happen, say each step, and return who may sign in where by which link."""
    at_alder, at_birch = await asyncio.gather(_enter(alder, AT_ALDER), _enter(birch, AT_BIRCH))
    say("both registers have their members: Ada, Ben and Cleo at Alder, Bo and Cleo at Birch")
    async with (
        Browser(alder.origin) as ada,
        Browser(alder.origin) as ben,
        Browser(birch.origin) as bo,
        Browser(birch.origin) as cleo,
    ):
        for browser, link in (
            (ada, at_alder["ada"]),
            (ben, at_alder["ben"]),
            (bo, at_birch["bo"]),
            (cleo, at_birch["cleo"]),
        ):
            await browser.send(urlsplit(link).path, {})
        say("Ada and Ben sign in at Alder, Bo and Cleo at Birch, each by a link that works once")
        await _follow(alder, bo, say)
        await _link(alder, birch, cleo, at_alder["cleo"], say)
        path = await _open(ada, say)
        abroad = await _arrives(cleo, say)
        await _vote(path, (ada, ben), (cleo, abroad), say)
        await _close(path, ada, (cleo, abroad), say)
    new_at_alder, new_at_birch = await asyncio.gather(_links(alder, "ada", "ben"), _links(birch, "cleo"))
    return [
        ("Ada, who runs Alder's office", new_at_alder["ada"]),
        ("Ben, a member of Alder", new_at_alder["ben"]),
        ("Cleo, a member of both, at Birch", new_at_birch["cleo"]),
    ]


async def _enter(instance: Instance, register: str) -> dict[str, str]:
    file = instance.folder / "members.csv"
    file.write_text(register, encoding="utf-8")
    return {row["name"]: row["invitation"] for row in await instance.command("member", "import", str(file))}


async def _links(instance: Instance, *names: str) -> dict[str, str]:
    return {row["member"]: row["invitation"] for row in await instance.command("member", "invite", *names)}


async def _follow(alder: Instance, bo: Browser, say: Say) -> None:
    await bo.send("/office", {"handle": alder.handle}, action="/office/follow")
    followers = f"/actors/{alder.actor}/followers"

    async def arrived() -> int:
        page = await bo_at_alder.get(followers, accept=AS2)
        return int(json.loads(page.text)["totalItems"])

    async with Browser(alder.origin) as bo_at_alder:
        await _until(arrived, "the Follow at Alder")
    say(f"Birch's co-op follows {alder.handle}; Alder has accepted")


async def _link(alder: Instance, birch: Instance, cleo: Browser, link: str, say: Say) -> None:
    await cleo.send("/settings/profile", {"do": "opt-in"})
    say("Cleo makes her profile at Birch public")
    page, authority = "/settings/accounts", urlsplit(birch.origin).netloc
    async with Browser(alder.origin) as cleo_at_alder:
        await cleo_at_alder.send(urlsplit(link).path, {})
        asked = await cleo_at_alder.send(page, {"handle": f"@cleo@{authority}"})
        code = next(iter(codes_in(text_of_html(asked.text))), "")
        await cleo.send("/settings/profile/code", {"to": alder.handle, "code": code})

        async def proven() -> bool:
            return f"{page}/confirm" in (await cleo_at_alder.get(page)).text

        await _until(proven, "Cleo's code at Alder")
        await cleo_at_alder.send(page, {}, action=f"{page}/confirm")
    say(
        "Cleo signs in at Alder, gets a one-time code, sends it from her Birch profile, and confirms: the account is linked"
    )


async def _open(ada: Browser, say: Say) -> str:
    closes = SystemClock().now().replace(microsecond=0).isoformat()
    year = int(closes[:4]) + 1
    fields: dict[str, str | list[str]] = {
        "method": "resolution",
        "title": TITLE,
        "text": TEXT,
        "closes": f"{year}-01-31T18:00",
        "threshold": "1/2",
        "base": "yes_no",
        "quorum": "",
        "visibility": "live",
        "channels": ["activitypub"],
        "step": "open",
    }
    page = await ada.send("/proposals/new", fields)
    say(f"Ada opens a vote at Alder, “{TITLE}”: {page.url.partition('?')[0]}")
    return urlsplit(page.url).path


async def _arrives(cleo: Browser, say: Say) -> str:
    async def listed() -> str:
        page = await cleo.get("/remote/motions")
        before, found, _ = page.text.partition(TITLE)
        return before.rpartition('href="')[2].partition('"')[0] if found else ""

    path = await _until(listed, "the motion at Birch")
    say(f"it has reached Birch, where it stands as {cleo.origin}{path}")
    return path


async def _vote(path: str, here: tuple[Browser, Browser], there: tuple[Browser, str], say: Say) -> None:
    await here[0].send(path, {"choice": "for", "reason": "Sundays are our best day."}, action=f"{path}/vote")
    await here[1].send(path, {"choice": "against"}, action=f"{path}/vote")
    say("Ada votes for and Ben against, on Alder's pages")
    cleo, abroad = there
    await cleo.send(abroad, {"choice": "For"}, action=f"{abroad}/vote")

    async def counted() -> bool:
        return ALL_VOTED in (await here[0].get(path)).text

    await _until(counted, "Cleo's vote at Alder")
    say("Cleo votes for, on Birch's page; the vote travels to Alder as a poll vote and counts")


async def _close(path: str, ada: Browser, there: tuple[Browser, str], say: Say) -> None:
    await ada.send(f"{path}/close", {})

    async def decided() -> Page | None:
        page = await ada.get(path)
        return page if f"{path}/recount.json" in page.text else None

    await _until(decided, "the outcome at Alder")
    say("everybody has voted, so Ada closes the vote; the count is there at once")
    export = await ada.get(f"{path}/recount.json", accept="application/json")
    found = plain(recount(export.text.encode(), verify))
    counts = ", ".join(f"{key} {number}" for key, number in found["counts"].items())
    say(f"recounted from Alder's recount file alone, it agrees: {found['outcome']} with {counts}")
    cleo, abroad = there

    async def told() -> bool:
        return "The outcome, in their words" in (await cleo.get(abroad)).text

    await _until(told, "the outcome at Birch")
    say("the outcome has arrived at Birch")


async def _until(look: Callable[[], Awaitable[T]], what: str) -> T:
    """Return what `look` finds as soon as it is something; raise FedcoopError (`demo-failed`) if that takes too long."""
    clock = SystemClock()
    end = clock.monotonic() + WITHIN_S
    while clock.monotonic() < end:
        if found := await look():
            return found
        await asyncio.sleep(EVERY_S)
    raise FedcoopError("demo-failed", f"{what} did not arrive within {WITHIN_S:.0f} s.")
