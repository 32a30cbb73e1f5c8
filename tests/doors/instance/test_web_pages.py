"""The pages besides voting: who sees what, what is escaped, what leads where."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from fedcoop.storage.records import Actor, Note
from tests import crowd
from tests.doors.website import NOW, Website, open_website


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Website]:
    async with open_website(tmp_path) as website:
        yield website


async def announce(site: Website, name: str, text: str, audience: str) -> None:
    browser = await site.signed_in(name)
    fields = {"text": text, "audience": audience, "kind": "general"}
    assert (await browser.submit("/announcements/new", "/announcements/new", fields)).status == 303


async def test_public_announcements_stand_on_the_front_page_and_members_only_ones_do_not(site: Website) -> None:
    await announce(site, "ilse", "The oven arrives on **Monday**.", "public")
    await announce(site, "ilse", "The key is under the mat.", "members")
    front = await site.browser().get("/")
    assert "The oven arrives on Monday." in front.words
    assert "under the mat" not in front.text
    assert "Ilse" not in front.text
    noor = await site.signed_in("noor")
    for page in (await noor.get("/"), await noor.get("/announcements")):
        assert "The key is under the mat." in page.words
        assert "Ilse Maurer" in page.words


async def test_a_members_only_announcement_has_no_page_for_strangers(site: Website) -> None:
    await announce(site, "ilse", "The key is under the mat.", "members")
    found = (await site.units.read(lambda uow: uow.notes.announcements(("members",))))[0]
    assert (await site.browser().get(f"/notes/{found.uuid}")).status == 404
    assert (await (await site.signed_in("noor")).get(f"/notes/{found.uuid}")).status == 200


async def test_only_its_author_and_the_office_take_an_announcement_back(site: Website) -> None:
    await announce(site, "noor", "Wrong news.", "public")
    found = (await site.units.read(lambda uow: uow.notes.announcements(("public",))))[0]
    path = f"/announcements/{found.uuid}/delete"
    bilal, noor = await site.signed_in("bilal"), await site.signed_in("noor")
    token = (await bilal.get("/more")).csrf
    assert (await bilal.post(path, {"csrf": token})).status == 403
    assert "Wrong news." in (await site.browser().get("/")).words
    assert (await noor.submit(path, path, {})).status == 303
    assert "Wrong news." not in (await site.browser().get("/")).words


async def test_what_people_write_is_shown_as_text(site: Website) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)> [x](javascript:alert(1))"
    await announce(site, "noor", evil, "public")
    motion = await site.open_motion(title="<script>alert(1)</script>", body=evil)
    for path in ("/", "/decisions", f"/motions/{motion.uuid}"):
        text = (await site.browser().get(path)).text
        assert "<script>" not in text
        assert text.count("<script") == 1  # the page’s own file
        assert "<img" not in text
        assert 'href="javascript' not in text


async def test_an_announcement_without_text_comes_back_with_what_was_chosen(site: Website) -> None:
    noor = await site.signed_in("noor")
    fields = {"text": " ", "audience": "public", "kind": "work"}
    page = await noor.submit("/announcements/new", "/announcements/new", fields)
    assert page.status == 422
    assert 'value="public" checked' in page.text
    assert '<option value="work" selected>' in page.text


@pytest.mark.parametrize(
    "path", ["/members", "/announcements", "/proposals/new", "/settings/accounts", "/office", "/more"]
)
async def test_pages_for_members_ask_strangers_to_sign_in(site: Website, path: str) -> None:
    assert (await site.browser().get(path)).location.startswith("/sign-in?next=")
    ilse = await site.signed_in("ilse")
    assert (await ilse.get(path)).status == 200


async def test_the_office_is_for_people_with_an_office(site: Website) -> None:
    noor, ilse = await site.signed_in("noor"), await site.signed_in("ilse")
    assert (await noor.get("/office")).status == 404
    fields = {"name": "ruth", "display_name": "Ruth Adeyemi", "email": "ruth@example.org"}
    token = (await noor.get("/more")).csrf
    assert (await noor.post("/office/members", {**fields, "csrf": token})).status == 404
    page = await ilse.submit("/office", "/office/members", fields)
    assert "Ruth Adeyemi is a member" in page.words
    again = await ilse.submit("/office", "/office/members", fields)
    assert again.status == 422
    assert "There is a member called ruth already." in again.words
    assert 'value="ruth@example.org"' in again.text


async def test_members_are_found_by_name_and_number(site: Website) -> None:
    noor = await site.signed_in("noor")
    by_name, by_number = await noor.get("/members?q=haddad"), await noor.get("/members?q=M0002")
    assert "Bilal Haddad" in by_name.words
    assert "Tomasz Wilk" not in by_name.words
    assert "Tomasz Wilk" in by_number.words
    assert "@example.org" not in (await noor.get("/members")).text


async def test_the_members_list_comes_in_pages_with_the_search_kept(site):
    await crowd.gather(site, 120)
    noor = await site.signed_in("noor")
    first = await noor.get("/members")
    assert 'aria-label="Pages"' in first.text
    assert "M0001 to M1095" in first.words
    assert "First page" not in first.words
    second = await noor.get("/members?after=1095")
    assert "M1096 to M1119" in second.words
    assert "Next" not in second.words
    assert 'href="/members"' in second.text
    sought = await noor.get("/members?q=member")
    assert "/members?q=member&amp;after=1099" in sought.text
    assert "Nobody further" in (await noor.get("/members?after=9999")).words
    assert "Nobody found" in (await noor.get("/members?q=zzz")).words
    assert [(await noor.get(f"/members?after={text}")).status for text in ("x", "-1", "9" * 30)] == [404] * 3


async def test_home_names_what_needs_the_member_first(site: Website) -> None:
    later = await site.open_motion(title="The later one", closes_at=NOW + timedelta(days=9))
    await site.open_motion(title="The sooner one", closes_at=NOW + timedelta(days=1))
    noor = await site.signed_in("noor")
    page = await noor.get("/")
    assert "2 things need you. The first closes in 24 hours." in page.words
    assert page.words.index("The sooner one") < page.words.index("The later one")
    sent = {"choice": "for"}
    await noor.submit(f"/motions/{later.uuid}", f"/motions/{later.uuid}/vote", sent)
    assert "One thing needs you." in (await noor.get("/")).words


async def test_the_register_has_states_a_search_and_pages(site: Website) -> None:
    for number in range(22):
        await site.open_motion(title=f"Proposal {number:02d}", closes_at=NOW + timedelta(days=2 + number))
    stranger = site.browser()
    first = await stranger.get("/decisions?state=open")
    assert "Proposal 21" in first.words
    assert "Proposal 01" not in first.words
    older = first.text.split('end" href="')[1].split('"')[0].replace("&amp;", "&")
    assert "Proposal 01" in (await stranger.get(older)).words
    found = await stranger.get("/decisions?q=Proposal+07")
    assert "Proposal 07" in found.words
    assert "Proposal 08" not in found.words
    assert "Nothing found" in (await stranger.get("/decisions?q=%25")).words
    assert (await stranger.get("/decisions?state=secret")).status == 404
    assert (await stranger.get("/decisions?before=x")).status == 404


async def test_the_profile_of_the_coop_says_how_to_follow_it(site: Website) -> None:
    page = await site.browser().get("/@alder")
    assert page.status == 200
    assert f"@alder@{site.origin.partition('://')[2]}" in page.words
    assert (await site.browser().get("/@nobody")).status == 404


async def test_an_unknown_address_is_a_page_for_people_and_short_for_programs(site: Website) -> None:
    noor = await site.signed_in("noor")
    noor.headers["Accept"] = "text/html,*/*;q=0.8"
    page = await noor.get("/nowhere")
    assert page.status == 404
    assert (
        "There is nothing at this address. It may be gone, or not open to you. You can search the decisions."
        in page.words
    )
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert (await noor.get("/sign-out")).status == 405
    short = await site.browser(Accept="application/activity+json").get("/nowhere")
    assert (short.status, "<html" in short.text) == (404, False)


async def test_a_link_from_another_server_never_redirects(site: Website) -> None:
    motion = await site.open_motion()
    stranger = site.browser()
    ours = await stranger.get(f"/interact?uri={motion.url}")
    assert ours.status == 200
    assert f'href="/motions/{motion.uuid}"' in ours.text
    theirs = await stranger.get("/interact?uri=https://evil.example/x%22%3E%3Cscript%3E")
    assert theirs.status == 200
    assert theirs.text.count("<script") == 1  # the page’s own file
    assert 'href="https://evil.example' not in theirs.text
    script = await stranger.get("/interact?uri=javascript:alert(1)")
    assert 'href="javascript' not in script.text


async def reply(site: Website, motion_id: int, number: int, **more: object) -> None:
    def store(uow: object) -> None:
        actor = uow.actors.find("https://fields.example/users/marguerite")  # type: ignore[attr-defined]
        if actor is None:
            actor = Actor(
                id=uow.new_id(), uri="https://fields.example/users/marguerite", local=False, kind="Person",  # type: ignore[attr-defined]
                name="marguerite", origin="https://fields.example", handle="marguerite@fields.example",
                display_name="Marguerite D.", summary="", url="", inbox="", shared_inbox="", followers="",
                document=None, created_at=NOW, fetched_at=NOW, gone_at=None, suspended_at=None, moved_to="",
            )  # fmt: skip
            uow.actors.put(actor)  # type: ignore[attr-defined]
        values = {
            "id": uow.new_id(), "uri": f"https://fields.example/notes/{number}", "actor_id": actor.id,  # type: ignore[attr-defined]
            "in_reply_to": "", "motion_id": motion_id, "content": "<p>A fixed price would help.</p>", "summary": "",
            "language": "fr", "url": "", "public": True, "kind": "reply", "published_at": NOW, "updated_at": None,
            "said_at": NOW, "received_at": NOW, "deleted_at": None, **more,
        }  # fmt: skip
        uow.notes.put_note(Note(**values))  # type: ignore[attr-defined]

    await site.units.write(store)


async def test_replies_from_the_fediverse_stand_with_their_origin(site: Website) -> None:
    motion = await site.open_motion()
    await reply(site, motion.id, 1)
    await reply(site, motion.id, 2, summary="Long story", content="<p>And so on.</p>")
    await reply(site, motion.id, 3, deleted_at=NOW, content="")
    await reply(site, motion.id, 4, public=False, content="<p>For your eyes only.</p>")
    page = await site.browser().get(f"/motions/{motion.uuid}")
    assert "A fixed price would help." in page.words
    assert "@marguerite@fields.example" in page.words
    assert 'lang="fr"' in page.text
    assert 'class="post away"' in page.text
    assert "<summary>Long story</summary>" in page.text
    assert "was removed on its own server" in page.words
    assert "For your eyes only." not in page.text


async def test_style_and_fonts_are_kept_for_ever_under_their_version(site: Website) -> None:
    stranger = site.browser()
    front = await stranger.get("/")
    address = front.text.split('rel="stylesheet" href="')[1].split('"')[0]
    packed = await stranger.get(address)
    assert packed.status == 200
    assert "immutable" in packed.headers["Cache-Control"]
    assert packed.headers["Content-Encoding"] in ("br", "gzip")
    kept = site.browser(**{"If-None-Match": packed.headers["ETag"]})
    assert (await kept.get(address)).status == 304
    font = address.replace("tokens.css", "fonts/figtree-latin.woff2")
    async with stranger.session.get(site.origin + font) as got:
        assert (got.status, got.content_type) == (200, "font/woff2")
    assert (await stranger.get("/static/../keys.py")).status == 404
    assert (await stranger.get("/static/fedcoop.css")).headers["Cache-Control"] == "public, max-age=3600"


async def test_a_page_weighs_less_than_twelve_kilobytes_packed(site: Website) -> None:
    motion = await site.open_motion()
    noor = await site.signed_in("noor")
    for path in ("/", f"/motions/{motion.uuid}", "/proposals/new"):
        headers = {"Accept-Encoding": "br"}
        async with noor.session.get(site.origin + path, headers=headers) as got:
            assert got.headers["Content-Encoding"] == "br"
            assert int(got.headers["Content-Length"]) < 12_000
