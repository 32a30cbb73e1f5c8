"""A member's linked fediverse accounts and public profile on the pages, and voting at another co-op."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fedcoop.actions.fediverse.mirrors import SeenMotion, mirror_motion, mirror_outcome
from fedcoop.actions.fediverse.remote import SeenActor, remember_actor
from fedcoop.actions.members.member import prove_link
from fedcoop.federation.inbox.seen import seen_motion
from fedcoop.kernel.clock import rfc3339
from fedcoop.storage.records import RemoteMotion
from fedcoop.web.frame.keys import RemoteActor
from tests.doors.website import NOW, Website, open_website

NOOR_AWAY = RemoteActor("https://social.example/users/noor", "noor@social.example", "Noor")


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Website]:
    async with open_website(tmp_path) as website:
        website.remote.known[NOOR_AWAY.handle] = NOOR_AWAY
        yield website


def seen(uri: str, name: str, kind: str = "Person") -> SeenActor:
    host = uri.split("/")[2]
    return SeenActor(
        uri=uri, kind=kind, name=name, display_name=name.title(), summary="", url=uri, inbox=f"{uri}/inbox",
        shared_inbox="", followers="", moved_to="", document={}, keys=(), handle=f"{name}@{host}",
    )  # fmt: skip


async def prove(site: Website, text: str, uri: str = NOOR_AWAY.uri) -> bool:
    def message(uow: Any) -> bool:
        return prove_link(uow, text=text, actor=remember_actor(uow, seen(uri, "noor")))

    return await site.units.write(message)


async def links(site: Website) -> list[str]:
    found = await site.units.read(lambda uow: uow.members.links_of(site.members["noor"].id))
    return [link.handle for link, _ in found]


async def test_an_account_is_linked_by_code_message_and_confirmation(site: Website) -> None:
    noor = await site.signed_in("noor")
    asked = await noor.submit("/settings/accounts", "/settings/accounts", {"handle": "@noor@social.example"})
    assert (asked.status, asked.location) == (303, "/settings/accounts#pending")
    waiting = await noor.get("/settings/accounts")
    assert "waiting for your message" in waiting.words
    code = waiting.text.split('class="receipt"><bdi>')[1].split("<")[0]
    early = await noor.submit("/settings/accounts", "/settings/accounts/confirm", {})
    assert early.status == 409
    assert await links(site) == []
    assert await prove(site, f"<p>{code}</p>")
    arrived = await noor.get("/settings/accounts")
    assert "Is this you?" in arrived.words
    assert NOOR_AWAY.uri in arrived.text
    assert (await noor.submit("/settings/accounts", "/settings/accounts/confirm", {})).status == 303
    assert await links(site) == ["noor@social.example"]
    linked = await noor.get("/settings/accounts")
    assert "@noor@social.example linked 12 May" in linked.words


async def test_an_account_that_does_not_answer_is_told_beside_the_field(site: Website) -> None:
    noor = await site.signed_in("noor")
    for handle, told in (
        ("noor", "Give the whole address"),
        ("@no@where.example", "There is no server called where.example."),
    ):
        page = await noor.submit("/settings/accounts", "/settings/accounts", {"handle": handle})
        assert page.status == 422
        assert told in page.words
        assert f'value="{handle}"' in page.text


async def test_a_pasted_link_will_do_and_an_address_that_is_not_confirmed_will_not(site: Website) -> None:
    noor = await site.signed_in("noor")
    link = "https://social.example/@noor"
    doubt = "social.example answered 404 for this address."
    site.remote.known[link] = RemoteActor(NOOR_AWAY.uri, NOOR_AWAY.handle, NOOR_AWAY.name, doubt)
    refused = await noor.submit("/settings/accounts", "/settings/accounts", {"handle": link})
    assert refused.status == 422
    assert f"its address is not confirmed. {doubt}" in refused.words
    assert "waiting for your message" not in refused.words
    site.remote.known[link] = NOOR_AWAY
    assert (await noor.submit("/settings/accounts", "/settings/accounts", {"handle": link})).status == 303
    assert "waiting for your message" in (await noor.get("/settings/accounts")).words


@pytest.mark.parametrize(
    ("page", "action", "field"),
    [("/office", "/office/follow", "handle"), ("/interact?uri=@no@where.example", "/interact", "uri")],
)
async def test_whoever_follows_hears_what_was_wrong_there(site: Website, page: str, action: str, field: str) -> None:
    told = "There is no server called where.example."
    office = await site.signed_in("ilse")
    failed = await office.submit(page, action, {field: "@no@where.example"})
    assert failed.status < 500
    assert told in failed.words
    assert site.remote.followed == []


async def test_a_code_is_over_after_a_quarter_of_an_hour(site: Website) -> None:
    noor = await site.signed_in("noor")
    await noor.submit("/settings/accounts", "/settings/accounts", {"handle": "@noor@social.example"})
    site.clock.advance(timedelta(minutes=16))
    assert "waiting for your message" not in (await noor.get("/settings/accounts")).words


async def test_a_link_is_removed_by_its_member_only(site: Website) -> None:
    noor, bilal = await site.signed_in("noor"), await site.signed_in("bilal")
    await noor.submit("/settings/accounts", "/settings/accounts", {"handle": "@noor@social.example"})
    code = (await noor.get("/settings/accounts")).text.split('class="receipt"><bdi>')[1].split("<")[0]
    await prove(site, code)
    await noor.submit("/settings/accounts", "/settings/accounts/confirm", {})
    link, _ = (await site.units.read(lambda uow: uow.members.links_of(site.members["noor"].id)))[0]
    theirs = await bilal.submit("/settings/accounts", "/settings/accounts/unlink", {"link": str(link.id)})
    assert theirs.status == 404
    assert await links(site) == ["noor@social.example"]
    own = await noor.submit("/settings/accounts", "/settings/accounts/unlink", {"link": str(link.id)})
    assert own.status == 303
    assert await links(site) == []


async def test_a_member_becomes_public_by_their_own_wish_and_can_end_it(site: Website) -> None:
    noor = await site.signed_in("noor")
    assert (await site.browser().get("/@noor")).status == 404
    assert (await noor.submit("/settings/profile", "/settings/profile", {"do": "opt-in"})).status == 303
    page = await site.browser().get("/@noor")
    assert (page.status, "Noor Castellan" in page.words) == (200, True)
    assert (await noor.submit("/settings/profile", "/settings/profile", {"do": "remove"})).status == 303
    assert (await site.browser().get("/@noor")).status == 410


async def mirrored(site: Website) -> RemoteMotion:
    def store(uow: Any) -> RemoteMotion:
        birch = remember_actor(uow, seen("https://birch.example/actors/birch", "birch", "Organization"))
        motion = SeenMotion(
            uri="https://birch.example/motions/1", url="https://birch.example/motions/1", title="Share the mill",
            content="<p>Share the mill</p>", options=({"name": "For", "votes": 3}, {"name": "Against", "votes": 1}),
            multiple=False, ends_at=NOW + timedelta(days=3), closed_at=None, voters_count=4, motion=None,
            published_at=NOW, updated_at=None,
        )  # fmt: skip
        found = mirror_motion(uow, author=birch, seen=motion)
        assert found is not None
        return found

    return await site.units.write(store)


async def test_a_vote_for_another_coop_needs_a_profile_and_is_shown_as_sent(site: Website) -> None:
    motion = await mirrored(site)
    noor = await site.signed_in("noor")
    path = f"/remote/motions/{motion.uuid}"
    before = await noor.get(path)
    assert "Counted by Birch, not here." in before.words
    assert "To vote at another co-\u2060op you need a public profile." in before.words
    token = (await noor.get("/more")).csrf
    refused = await noor.post(f"{path}/vote", {"csrf": token, "choice": "For"})
    assert refused.status == 422
    await noor.submit("/settings/profile", "/settings/profile", {"do": "opt-in"})
    assert (await noor.submit(path, f"{path}/vote", {})).status == 422
    sent = await noor.submit(path, f"{path}/vote", {"choice": "For"})
    assert sent.status == 303
    after = await noor.get(path)
    assert "Sent: For." in after.words
    assert "4 members have voted there, says Birch." in after.words
    assert "3 For" in after.words
    vote = await site.units.read(lambda uow: uow.notes.find_vote_abroad(motion.id, site.members["noor"].id))
    assert vote is not None
    assert vote.choice == ("For",)


async def test_a_poll_elsewhere_that_is_over_takes_no_vote(site: Website) -> None:
    motion = await mirrored(site)
    noor = await site.signed_in("noor")
    await noor.submit("/settings/profile", "/settings/profile", {"do": "opt-in"})
    token = (await noor.get("/more")).csrf
    site.clock.advance(timedelta(days=4))
    path = f"/remote/motions/{motion.uuid}"
    assert "Voting is over." in (await noor.get(path)).words
    assert (await noor.post(f"{path}/vote", {"csrf": token, "choice": "For"})).status == 422
    listed = await noor.get("/remote/motions")
    assert "Share the mill" in listed.words


def ranked_elsewhere(**changes: Any) -> dict[str, Any]:
    """Another instance's ranking, as it goes over the wire."""
    url = "https://birch.example/motions/2"
    page = f'<p><a href="{url}">{url}</a></p>'
    found = {
        "id": url, "type": "Note", "attributedTo": "https://birch.example/actors/birch", "url": url,
        "to": ["https://www.w3.org/ns/activitystreams#Public"], "published": rfc3339(NOW),
        "content": f"<p><strong>A name for the bread</strong></p><p>Members vote on the page.</p>{page}",
        "endTime": rfc3339(NOW + timedelta(days=3)),
        "coop:motion": {"type": "coop:Motion", "coop:method": "schulze", "coop:channels": ["web"], "coop:state": "open"},
    }  # fmt: skip
    return {**found, **changes}


async def mirror(site: Website, document: dict[str, Any]) -> RemoteMotion:
    def store(uow: Any) -> RemoteMotion:
        birch = remember_actor(uow, seen("https://birch.example/actors/birch", "birch", "Organization"))
        found = mirror_motion(uow, author=birch, seen=seen_motion(document))
        assert found is not None
        return found

    return await site.units.write(store)


async def test_a_vote_elsewhere_that_is_no_poll_leads_to_its_own_page_and_shows_its_outcome(site: Website) -> None:
    motion = await mirror(site, ranked_elsewhere())
    noor, path = await site.signed_in("noor"), f"/remote/motions/{motion.uuid}"
    await noor.submit("/settings/profile", "/settings/profile", {"do": "opt-in"})
    for reader in (noor, site.browser()):
        page = await reader.get(path)
        assert "This is voted on at its own page, not from here" in page.words
        assert re.search(
            r'<a class="btn full" href="https://birch.example/motions/2"[^>]*>Vote at Birch</a>', page.text
        )
        assert "closes" in page.words
        assert "have voted there" not in page.words
        assert f"{path}/vote" not in page.text
    token = (await noor.get("/more")).csrf
    assert (await noor.post(f"{path}/vote", {"csrf": token, "choice": "Rye"})).status == 422
    poll = await mirrored(site)
    assert "own page" not in (await noor.get(f"/remote/motions/{poll.uuid}")).words

    def ended(uow: Any) -> bool:
        author = uow.actors.get(motion.actor_id)
        outcome = {"type": "coop:Outcome", "coop:motion": motion.uri, "coop:result": "carried"}
        told = "<p>Carried: A name for the bread. Chosen: Rye. 30 of 37 members voted.</p>"
        return mirror_outcome(uow, author=author, motion_uri=motion.uri, outcome=outcome, html=told)

    assert await site.units.write(ended)
    page = await noor.get(path)
    assert "The outcome, in their words Carried Carried: A name for the bread. Chosen: Rye." in page.words
    assert "Voting is over." in page.words
    assert "Vote at Birch" not in page.words


async def test_a_vote_elsewhere_is_over_when_its_author_says_so(site: Website) -> None:
    motion = await mirror(site, ranked_elsewhere())
    node = {**ranked_elsewhere()["coop:motion"], "coop:state": "annulled"}
    await mirror(site, ranked_elsewhere(**{"coop:motion": node}))
    page = await (await site.signed_in("noor")).get(f"/remote/motions/{motion.uuid}")
    assert "Voting is over." in page.words
    assert "Vote at Birch" not in page.words


async def test_pages_look_as_the_member_chose(site: Website) -> None:
    noor = await site.signed_in("noor")
    assert "data-theme" not in (await noor.get("/")).text
    for theme in ("dark", "light"):
        kept = await noor.submit("/settings/accounts", "/settings/accounts/theme", {"theme": theme})
        assert kept.status == 303
        assert f'data-theme="{theme}"' in (await noor.get("/")).text
    assert (await noor.submit("/more", "/settings/accounts/theme", {"theme": '"><b'})).status == 422
    assert 'data-theme="light"' in (await noor.get("/")).text
    assert "data-theme" not in (await site.browser().get("/")).text
    await noor.submit("/settings/accounts", "/settings/accounts/theme", {"theme": ""})
    assert "data-theme" not in (await noor.get("/")).text
