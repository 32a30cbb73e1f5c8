"""Sign-in, sessions, one-time links and passwords on the pages."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from fedcoop.actions.members.member import NewMember, add_member, one_time_link
from fedcoop.actions.members.registrar import change_status
from fedcoop.governance.members.member import MemberStatus
from fedcoop.storage import tables as t
from tests.doors.website import PASSWORD, Website, open_website


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Website]:
    async with open_website(tmp_path) as website:
        yield website


async def test_the_right_password_opens_a_session(site: Website) -> None:
    noor = site.browser()
    assert "Needs you" not in (await noor.get("/")).words
    page = await noor.sign_in("noor")
    assert page.location == "/"
    assert "Noor" in (await noor.get("/")).words


async def test_the_cookie_is_for_the_server_only_and_carries_the_port(site: Website) -> None:
    page = await site.browser().sign_in("noor")
    cookie = page.headers["Set-Cookie"]
    assert cookie.startswith(f"fedcoop-{site.origin.rpartition(':')[2]}=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie


async def test_a_wrong_password_and_an_unknown_address_get_one_answer(site: Website) -> None:
    browser = site.browser()
    wrong = await browser.post("/sign-in", {"email": "noor@example.org", "password": "wrong"})
    unknown = await browser.post("/sign-in", {"email": "nobody@example.org", "password": "wrong"})
    assert wrong.status == unknown.status == 422
    assert "E-\u2060mail and password do not match." in wrong.words
    assert wrong.words == unknown.words
    assert "Set-Cookie" not in wrong.headers


async def test_after_signing_in_one_is_where_one_wanted_to_go(site: Website) -> None:
    asked = await site.browser().get("/members")
    assert (asked.status, asked.location) == (303, "/sign-in?next=%2Fmembers")
    noor = site.browser()
    sent = await noor.post("/sign-in", {"email": "noor@example.org", "password": PASSWORD, "next": "/members"})
    assert sent.location == "/members"


@pytest.mark.parametrize(
    "back", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "/a\nb"]
)
async def test_signing_in_never_leads_away(site: Website, back: str) -> None:
    sent = await site.browser().post("/sign-in", {"email": "noor@example.org", "password": PASSWORD, "next": back})
    assert (sent.status, sent.location) == (303, "/")


async def test_too_many_tries_wait_and_the_right_password_waits_too(tmp_path: Path) -> None:
    async with open_website(tmp_path, sign_ins=12) as site:
        browser = site.browser()
        fields = {"email": "noor@example.org", "password": "wrong"}
        statuses = [(await browser.post("/sign-in", fields)).status for _ in range(4)]
        assert statuses[0] == 422
        assert statuses[-1] == 429
        waiting = await browser.post("/sign-in", {"email": "noor@example.org", "password": PASSWORD})
        assert waiting.status == 429
        assert "Too many tries from here. Try again at" in waiting.words
        site.clock.advance(timedelta(minutes=5))
        assert (await browser.post("/sign-in", {"email": "noor@example.org", "password": PASSWORD})).status == 303


async def test_signing_out_ends_the_session_on_the_server(site: Website) -> None:
    noor = await site.signed_in("noor")
    kept = [f"{cookie.key}={cookie.value}" for cookie in noor.session.cookie_jar]
    await noor.submit("/more", "/sign-out", {})
    thief = site.browser(Cookie=kept[0])
    assert (await thief.get("/members")).status == 303


async def test_a_session_ends_after_thirty_days(site: Website) -> None:
    noor = await site.signed_in("noor")
    site.clock.advance(timedelta(days=29))
    assert (await noor.get("/members")).status == 200
    site.clock.advance(timedelta(days=2))
    assert (await noor.get("/members")).status == 303


async def test_looking_at_a_one_time_link_does_not_use_it_and_using_it_does(site: Website) -> None:
    secret = await site.units.write(one_time_link, member_id=site.members["noor"].id, purpose="sign-in")
    browser = site.browser()
    for _ in range(2):
        assert "Sign in as Noor Castellan" in (await browser.get(f"/sign-in/{secret}")).words
    assert (await browser.post(f"/sign-in/{secret}", {})).location == "/"
    assert (await browser.get("/members")).status == 200
    again = site.browser()
    assert (await again.post(f"/sign-in/{secret}", {})).status == 403
    assert (await again.get("/members")).status == 303


async def test_a_one_time_link_is_over_after_a_quarter_of_an_hour(site: Website) -> None:
    secret = await site.units.write(one_time_link, member_id=site.members["noor"].id, purpose="sign-in")
    site.clock.advance(timedelta(minutes=16))
    assert (await site.browser().post(f"/sign-in/{secret}", {})).status == 403


async def test_an_invited_member_chooses_a_password_and_signs_in_with_it(site: Website) -> None:
    new = NewMember("ruth", "ruth@example.org", "Ruth Adeyemi")
    _, secret = await site.units.write(add_member, new=new, who="operator")
    ruth = site.browser()
    assert "Welcome, Ruth Adeyemi" in (await ruth.get(f"/invitations/{secret}")).words
    assert (await ruth.post(f"/invitations/{secret}", {})).location == "/welcome"
    short = await ruth.submit("/welcome", "/welcome", {"password": "short"})
    assert short.status == 422
    assert "at least 10 characters" in short.words
    assert (await ruth.submit("/welcome", "/welcome", {"password": PASSWORD})).status == 303
    assert (await site.browser().sign_in("ruth")).status == 303


async def test_a_new_password_asks_for_the_old_one_and_ends_other_sessions(site: Website) -> None:
    here, elsewhere = await site.signed_in("noor"), await site.signed_in("noor")
    wrong = await here.submit("/welcome", "/welcome", {"current": "not it", "password": "another fine phrase"})
    assert wrong.status == 422
    assert (await elsewhere.get("/members")).status == 200
    right = await here.submit("/welcome", "/welcome", {"current": PASSWORD, "password": "another fine phrase"})
    assert right.status == 303
    assert (await here.get("/members")).status == 200
    assert (await elsewhere.get("/members")).status == 303


async def test_all_other_browsers_can_be_signed_out(site: Website) -> None:
    here, elsewhere = await site.signed_in("noor"), await site.signed_in("noor")
    await here.submit("/settings/accounts", "/settings/accounts/sign-out-elsewhere", {})
    assert (await here.get("/members")).status == 200
    assert (await elsewhere.get("/members")).status == 303


async def test_when_a_browser_was_seen_is_kept_to_the_hour(site: Website) -> None:
    async def seen() -> datetime:
        [row] = await site.units.read(lambda uow: list(uow.conn.execute(t.sessions.select())))
        found: datetime = row.last_seen_at
        return found

    browser = await site.signed_in("noor")
    before = await seen()
    site.clock.advance(timedelta(minutes=59))
    await browser.get("/")
    assert await seen() == before
    site.clock.advance(timedelta(minutes=2))
    await browser.get("/")
    assert await seen() == site.clock.now()


async def _status(site: Website, name: str, status: MemberStatus) -> None:
    await site.units.write(change_status, member_id=site.members[name].id, status=status, who="test", reason="so")


@pytest.mark.parametrize("status", [MemberStatus.EXPELLED, MemberStatus.LEFT, MemberStatus.CEASED])
async def test_who_is_no_member_any_more_has_no_session_and_gets_none(site: Website, status: MemberStatus) -> None:
    admin = await site.signed_in("ilse")
    assert (await admin.get("/office")).status == 200
    await _status(site, "ilse", status)
    assert (await admin.get("/office")).status == 303
    again = site.browser()
    answer = await again.submit("/sign-in", "/sign-in", {"email": "ilse@example.org", "password": PASSWORD})
    assert answer.status == 403
    assert "Set-Cookie" not in answer.headers
    assert (await again.get("/members")).status == 303


async def test_a_suspended_admin_reads_on_but_cannot_lift_it(site: Website) -> None:
    admin = await site.signed_in("ilse")
    office = await admin.get("/office")
    await _status(site, "ilse", MemberStatus.SUSPENDED)
    home = await admin.get("/members")
    assert home.status == 200
    assert "Your membership is suspended." in home.words
    assert (await admin.get("/office")).status == 404
    lift = {"act": "status", "member": "ilse", "status": "full", "reason": "me", "csrf": office.csrf}
    assert (await admin.post("/office/standing", lift)).status == 404
    for path, fields in (
        ("/settings/profile", {"do": "opt-in"}),
        ("/settings/accounts/cancel", {}),
        ("/announcements/new", {"text": "Hello", "audience": "public", "kind": "general"}),
    ):
        page = await admin.post(path, {**fields, "csrf": office.csrf})
        assert page.status in (403, 409, 422), path
        assert "suspended" in page.words
    assert (await site.browser().sign_in("ilse")).status == 303, "reading goes on in a new browser too"
    await _status(site, "ilse", MemberStatus.FULL)
    assert (await admin.get("/office")).status == 200


async def test_nobody_locks_a_member_out_of_a_browser_they_used_before(tmp_path: Path) -> None:
    async with open_website(tmp_path, sign_ins=12) as site:
        own = await site.signed_in("noor")
        seen = next(f"{c.key}={c.value}" for c in own.session.cookie_jar if c.key.startswith("seen-"))
        site.clock.advance(timedelta(minutes=5))
        stranger = site.browser()
        wrong = {"email": "noor@example.org", "password": "wrong"}
        assert [(await stranger.post("/sign-in", wrong)).status for _ in range(9)][-1] == 429
        right = {"email": "noor@example.org", "password": PASSWORD}
        assert (await site.browser().post("/sign-in", right)).status == 429
        known = [(await site.browser(Cookie=seen).post("/sign-in", right)).status for _ in range(4)]
        assert known == [303, 303, 303, 429], "its own count is as long as any"
        other = {"email": "ilse@example.org", "password": PASSWORD}
        assert (await site.browser(Cookie=seen).post("/sign-in", other)).status == 429, "elsewhere it is a stranger"
        secret = await site.units.write(one_time_link, member_id=site.members["ilse"].id, purpose="sign-in")
        assert (await site.browser().post(f"/sign-in/{secret}", {})).status == 303, "links always pass"


async def test_a_forged_cookie_is_no_known_browser(tmp_path: Path) -> None:
    async with open_website(tmp_path, sign_ins=12) as site:
        port = site.origin.rpartition(":")[2]
        for value in ("1", "gAAAA" + "x" * 100, "ä", "x" * 5000):
            browser = site.browser(Cookie=f"seen-{port}={value}")
            page = await browser.post("/sign-in", {"email": "noor@example.org", "password": "wrong"})
            assert page.status in (422, 429)
