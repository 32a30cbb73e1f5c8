"""Take the pictures in docs/images/methods: a real instance, one vote by each method, its ballot or its result.

    python tools/picture_methods.py [KEY …]

Needs Chromium and playwright. Each picture is small on purpose: it lies in the repository.
"""

import asyncio
import json
import socket
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which

from playwright.async_api import Page, async_playwright

from fedcoop.cli.demo.server_process import Instance

sys.path.insert(0, str(Path(__file__).parent))
from small_png import indexed

FOLDER = Path(__file__).parent.parent / "docs" / "images" / "methods"
WIDTH, HEIGHT = 640, 2400
MOST_BYTES = 60_000
MEMBERS = (
    ("noor", "Noor Castellan"),
    ("bilal", "Bilal Haddad"),
    ("ilse", "Ilse Maurer"),
    ("tomasz", "Tomasz Wilk"),
    ("ruth", "Ruth Adeyemi"),
)
PEOPLE = ("Amara Okafor", "Bilal Haddad", "Chiara Neri", "Dafydd Rees")
BREADS = ("Olive and thyme", "Potato loaf", "Buckwheat rolls", "Seeded crispbread")
SAVINGS = ("Insulate the cold room", "Night tariff for the ovens", "New shop lighting")
CLASSES = ("Sourdough from nothing", "Rye and time", "Pretzels with children", "Running a bakery")
PROJECTS = ("Solar for the shed: 500", "Bike repair stand: 450", "Roof garden: 200", "Print workshop: 100")
TIMES = ("2027-09-22T18:00+02:00/2h", "2027-09-23T12:00+02:00/2h", "2027-09-26T10:00+02:00/2h")
RANKINGS = ("abd", "ac", "bdc", "dab", "cbda")


@dataclass(frozen=True)
class Picture:
    """One vote: its ballot is pictured while it is open, or its result once `ballots` of all members are counted."""

    key: str
    title: str
    options: Sequence[str] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    ballots: Sequence[object] = ()
    marks: Sequence[str] = ()
    shows: str = "#ballot"


def ranked(key: str, title: str, shows: str, **settings: str) -> Picture:
    """Return the picture of a counted ranking."""
    return Picture(key, title, PEOPLE, settings, [list(ranking) for ranking in RANKINGS], shows=shows)


PICTURES = (
    Picture("resolution", "Buy a second deck oven", marks=("input[value=for]",)),
    Picture("consent", "A trial of four days a week", marks=("input[value=objection]",)),
    Picture("consensus", "Open on the first of May?", marks=("input[value=stand_aside]",)),
    Picture("gradients", "A shared kitchen with Birch Lane", marks=("input[value=reservations]",)),
    Picture("sense", "How is the new rota?", marks=("input[value=unsure]",)),
    Picture("opt_in", "A bus to the mill", settings={"capacity": "30"}, marks=("input[value=accept]",)),
    Picture("questions", "What should we ask the bank?"),
    Picture("advice", "I repair the old mixer", marks=("input[value=go_ahead]",)),
    Picture("approval", "Which breads for the summer?", BREADS, {"seats": "2"}, marks=("input[value=a]", "input[value=c]")),
    Picture("score", "Where do we save energy first?", SAVINGS, marks=("[name=score-a][value='5']", "[name=score-b][value='3']")),
    Picture("dots", "What should the bread school teach?", CLASSES, marks=("+a", "+a", "+a", "+b", "+b")),
    ranked("points", "What do we put right first?", "section[aria-labelledby=points-h]"),
    ranked("runoff", "Who speaks for us?", "section[aria-labelledby=rounds-h]"),
    ranked("schulze", "A name for the new bread", "section[aria-labelledby=pairs-h]"),
    ranked("ranked_pairs", "A name for the rolls", "section[aria-labelledby=pairs-h]"),
    ranked("stv_scottish", "Two seats on the board", "section[aria-labelledby=rounds-h]", seats="2"),
    ranked("stv_meek", "Two seats in the shop", "section[aria-labelledby=rounds-h]", seats="2"),
    Picture("dates", "When is the autumn meeting?", TIMES, {"zone": "Europe/Rome"},
        marks=("[name=time-a][value='2']", "[name=time-b][value='1']")),
    Picture("greedy", "Neighbourhood fund", PROJECTS, {"budget": "1000"},
        marks=("input[value=b]", "input[value=c]", "input[value=d]")),
    Picture("equal_shares", "Fund for the yard", PROJECTS, {"budget": "1000"},
        [["a"], ["a", "b"], ["b", "c"], ["c", "d"], ["b", "d"]], shows="section[aria-labelledby=projects-h]"),
)  # fmt: skip


async def main(keys: Sequence[str]) -> None:
    """Take the pictures of these methods, or of all."""
    wanted = [picture for picture in PICTURES if not keys or picture.key in keys]
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        instance = Instance(
            Path(folder) / "alder", f"http://localhost:{_free_port()}", "Alder Street Bakery", "alder", "0s"
        )
        await instance.start()
        try:
            await _take(instance, wanted)
        finally:
            await instance.stop()


async def _take(instance: Instance, wanted: Sequence[Picture]) -> None:
    link = ""
    for name, shown in MEMBERS:
        office = ("--admin",) if name == "tomasz" else ()
        found = await instance.command(
            "member", "add", name, "--email", f"{name}@example.org", "--display-name", shown, *office
        )
        link = found["invitation"] if name == "noor" else link
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=which("chromium"), args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        await page.goto(link)
        await page.click("main button")
        for picture in wanted:
            url = await _vote(instance, picture)
            await page.goto(url)
            await _mark(page, picture)
            await _shoot(page, picture)
        await browser.close()


async def _vote(instance: Instance, picture: Picture) -> str:
    """Open the vote, and where its result is pictured cast all ballots and close it; return its address."""
    more = [word for option in picture.options for word in ("--option", option)]
    more += [word for name, value in picture.settings.items() for word in ("--set", f"{name}={value}")]
    found = await instance.command(
        "motion", "open", "--by", "tomasz", "--title", picture.title, "--method", picture.key, *more
    )
    url = str(found["url"])
    for (name, _), choice in zip(MEMBERS, picture.ballots, strict=False):
        await instance.command("motion", "cast", url, "--by", name, "--choice", json.dumps(choice))
    if picture.ballots:
        await instance.command("motion", "close", url, "--wait")
    return url


async def _mark(page: Page, picture: Picture) -> None:
    for mark in picture.marks:
        if mark.startswith("+"):
            await page.click(f"button[name=more][value={mark[1:]}]")
        else:
            await page.check(mark)


async def _shoot(page: Page, picture: Picture) -> None:
    """Store the part, a ballot down to its button; refuse a picture that is too large to keep."""
    box = await page.locator(picture.shows).first.bounding_box()
    end = (
        await page.locator("#ballot form > .btn.full, #ballot .cluster > .btn").first.bounding_box()
        if not picture.ballots
        else None
    )
    assert box is not None, picture.key
    top = await page.evaluate("scrollY")
    height = box["height"] if end is None else end["y"] + end["height"] + 24 - box["y"]
    area = {"x": max(box["x"] - 8, 0), "y": box["y"] + top - 8, "width": box["width"] + 16, "height": height + 8}
    path = FOLDER / f"{picture.key}.png"
    path.write_bytes(indexed(await page.screenshot(animations="disabled", full_page=True, clip=area)))
    print(f"{path.name} {path.stat().st_size} bytes")
    if path.stat().st_size > MOST_BYTES:
        sys.exit(f"{path.name} is larger than {MOST_BYTES} bytes.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
