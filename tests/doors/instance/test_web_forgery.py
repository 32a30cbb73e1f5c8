"""Forms from elsewhere do nothing: each refusal stands beside the same form sent rightly."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fedcoop.web.frame.guards import csrf_holds, csrf_token, local_path
from tests.doors.website import Website, open_website


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Website]:
    async with open_website(tmp_path) as website:
        yield website


async def announcements(site: Website) -> int:
    return len(await site.units.read(lambda uow: uow.notes.announcements(("public", "members"))))


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:1"},
    ],
)
async def test_a_form_from_another_site_does_nothing(site: Website, headers: dict[str, str]) -> None:
    noor = await site.signed_in("noor")
    fields = {"text": "Free bread", "audience": "public", "kind": "general"}
    forged = await noor.submit("/announcements/new", "/announcements/new", fields, headers=headers)
    assert forged.status == 403
    assert "This form came from another site, so nothing was done." in forged.words
    assert await announcements(site) == 0
    right = await noor.submit("/announcements/new", "/announcements/new", fields)
    assert right.status == 303
    assert await announcements(site) == 1


async def test_a_form_without_its_token_or_with_anothers_does_nothing(site: Website) -> None:
    noor, bilal = await site.signed_in("noor"), await site.signed_in("bilal")
    fields = {"text": "Free bread", "audience": "public", "kind": "general"}
    theirs = (await bilal.get("/announcements/new")).csrf
    for token in ("", "x", theirs, "A" * 43):
        assert (await noor.post("/announcements/new", {**fields, "csrf": token})).status == 403
    assert await announcements(site) == 0
    own = (await noor.get("/announcements/new")).csrf
    assert (await noor.post("/announcements/new", {**fields, "csrf": own})).status == 303


async def test_a_forged_sign_in_opens_no_session(site: Website) -> None:
    fields = {"email": "noor@example.org", "password": "three old wooden spoons"}
    forged = await site.browser().post("/sign-in", fields, headers={"Origin": "https://evil.example"})
    assert forged.status == 403
    assert "Set-Cookie" not in forged.headers
    assert (await site.browser().post("/sign-in", fields)).status == 303


async def test_every_page_says_what_it_may_load_and_who_may_frame_it(site: Website) -> None:
    noor = await site.signed_in("noor")
    for page in (await site.browser().get("/"), await noor.get("/"), await noor.get("/@nobody")):
        policy = page.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        assert "style=" not in page.text
        assert page.text.count("<script") == 1  # the page’s own file


async def test_pages_of_a_member_are_kept_by_nobody(site: Website) -> None:
    noor = await site.signed_in("noor")
    assert (await noor.get("/")).headers["Cache-Control"] == "private, no-store"


def test_a_token_is_new_on_every_form_and_holds_for_its_session_only() -> None:
    first, second = csrf_token("session"), csrf_token("session")
    assert first != second
    assert csrf_holds(first, "session")
    assert csrf_holds(second, "session")
    assert not csrf_holds(first, "another")
    assert not csrf_holds("", "session")
    assert not csrf_holds("é", "session")


@pytest.mark.parametrize(("wanted", "led"), [("/a?b=c", "/a?b=c"), ("//a", "/"), ("a", "/"), ("", "/"), ("/\t/a", "/")])
def test_a_way_back_is_a_path_here(wanted: str, led: str) -> None:
    assert local_path(wanted) == led
