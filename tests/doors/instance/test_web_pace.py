"""How much one asker may ask for in a minute: strangers by address, members by session, and nobody is held up by another."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from unittest.mock import Mock

import pytest
from aiohttp.test_utils import make_mocked_request

from fedcoop.config import LimitsConfig, Networks
from fedcoop.kernel.clock import FrozenClock
from fedcoop.web.frame import pace
from fedcoop.web.frame.guards import cookie_name
from fedcoop.web.frame.pace import Pace
from tests.doors.website import NOW, Browser, Website, open_website

LIMIT = 40
AT_ONCE = LIMIT // 4


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Website]:
    async with open_website(tmp_path, pages=LIMIT) as found:
        yield found


def stranger(site: Website, address: str = "203.0.113.7") -> Browser:
    return site.browser(**{"X-Forwarded-For": address, "Accept": "text/html"})


async def use_up(browser: Browser, path: str = "/about") -> None:
    assert [(await browser.get(path)).status for _ in range(AT_ONCE)] == [200] * AT_ONCE


async def test_who_asks_for_too_many_pages_waits_and_others_do_not(site: Website) -> None:
    browser, other = stranger(site), stranger(site, "203.0.113.8")
    await use_up(browser)
    held = await browser.get("/about")
    assert (held.status, held.headers["Retry-After"]) == (429, "2")
    assert "Wait a moment" in held.words
    assert (await other.get("/about")).status == 200
    site.clock.advance(timedelta(seconds=2))
    assert (await browser.get("/about")).status == 200
    assert (await browser.get("/about")).status == 429


@pytest.mark.parametrize("path", ["/decisions", "/nothing-here", "/proposals?page=9"])
async def test_every_page_counts_and_programs_read_why(site: Website, path: str) -> None:
    await use_up(stranger(site))
    held = await site.browser(**{"X-Forwarded-For": "203.0.113.7", "Accept": "application/activity+json"}).get(path)
    assert held.status == 429
    assert json.loads(held.text)["error"] == "too-many-requests"


async def test_forms_count_too(site: Website) -> None:
    browser = stranger(site)
    await use_up(browser)
    assert (await browser.post("/sign-in", {"email": "a@b.example", "password": "x"})).status == 429


async def test_static_files_do_not_count(site: Website) -> None:
    browser = stranger(site)
    await use_up(browser)
    style = next(part for part in (await stranger(site, "203.0.113.9").get("/")).text.split('"') if "/static/" in part)
    assert [(await browser.get(style)).status for _ in range(3)] == [200] * 3


async def test_a_member_is_not_held_up_by_strangers_at_the_same_address(site: Website) -> None:
    member = await site.signed_in("noor")
    member.headers["X-Forwarded-For"] = "203.0.113.7"
    await use_up(stranger(site))
    assert (await stranger(site).get("/members")).status == 429
    assert (await member.get("/members")).status == 200


async def test_a_member_has_a_limit_by_session_wherever_they_are(site: Website) -> None:
    first, second = await site.signed_in("noor"), await site.signed_in("noor")
    statuses = []
    for number in range(2 * AT_ONCE):
        first.headers["X-Forwarded-For"] = f"203.0.113.{number}"
        statuses.append((await first.get("/about")).status)
    assert statuses[-1] == 429
    assert (await second.get("/about")).status == 200


async def test_sessions_that_are_none_count_for_their_address(site: Website) -> None:
    statuses = []
    for number in range(AT_ONCE + 1):
        browser = stranger(site)
        browser.headers["Cookie"] = f"{cookie_name(site.origin)}=made-up-{number}"
        statuses.append((await browser.get("/about")).status)
    assert statuses == [200] * AT_ONCE + [429]


async def test_with_limit_nought_nobody_waits(tmp_path: Path) -> None:
    async with open_website(tmp_path, pages=0) as site:
        browser = stranger(site)
        assert {(await browser.get("/about")).status for _ in range(3 * AT_ONCE)} == {200}


def paced(*, limit: int = LIMIT, known: frozenset[str] = frozenset()) -> Pace:
    proxies = Networks(map(ip_network, ("127.0.0.0/8", "::1/128")))
    limits = LimitsConfig(pages=limit, known_address=10 * limit)
    return Pace(limits, FrozenClock(NOW), proxies=proxies, cookie="c", is_known=known.__contains__)


def asked(peer: str, **headers: str) -> Mock:
    transport = Mock()
    transport.get_extra_info = lambda name, default=None: (peer, 1) if name == "peername" else default
    return make_mocked_request("GET", "/", headers=headers, transport=transport)


def taken(found: Pace, peer: str, **headers: str) -> int:
    """How many of a hundred requests pass at once."""
    return sum(found.wait_s(asked(peer, **headers)) == 0.0 for _ in range(101))


@pytest.mark.parametrize("peer", ["203.0.113.7", "2001:db8::1"])
def test_behind_a_proxy_the_one_it_speaks_for_is_counted_else_nobody(peer: str) -> None:
    assert taken(paced(), peer) == AT_ONCE
    assert taken(paced(), "127.0.0.1", **{"X-Forwarded-For": f"198.51.100.1, {peer}"}) == AT_ONCE
    assert taken(paced(), "127.0.0.1") == taken(paced(), "::1") == taken(paced(), "") == 101


def test_a_server_whose_signatures_are_good_may_read_more() -> None:
    assert taken(paced(known=frozenset({"203.0.113.7"})), "203.0.113.7") == 10 * AT_ONCE
    assert taken(paced(known=frozenset({"203.0.113.7"})), "203.0.113.8") == AT_ONCE


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "MAX_SESSIONS", 5)
    found = paced()
    for number in range(20):
        found.remember(f"t{number}")
    assert taken(found, "203.0.113.7", Cookie="c=t19") == AT_ONCE
    assert len(found._good) == 5
