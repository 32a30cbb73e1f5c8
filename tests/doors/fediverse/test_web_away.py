"""Pages say when we were away: to members whose vote may be lost, and to the office (federation.md 18)."""

from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from fedcoop.actions.fediverse.outages import come_back
from fedcoop.actions.fediverse.remote import SeenActor, remember_actor
from fedcoop.actions.members.member import link_by_operator
from fedcoop.storage import tables as t
from tests.doors.website import NOW, Website, open_website

SENTENCE = "We were away from 12:00 to 12:05. If you voted then from @noor@mast.example, vote once more here"


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Website]:
    async with open_website(tmp_path, instance={"time_zone": "Europe/Berlin"}) as website:
        website.clock.advance(timedelta(hours=2))
        await website.units.write(link_noor, website.members["noor"].id)
        yield website


def link_noor(uow, member_id):
    uri = "https://mast.example/users/noor"
    seen = SeenActor(uri, "Person", "noor", "Noor", "", uri, f"{uri}/inbox", "", "", "", {}, ())
    link_by_operator(uow, member_id=member_id, actor=remember_actor(uow, seen), handle="noor@mast.example")


async def away(site: Website, **length: int) -> None:
    began = site.clock.now()
    site.clock.advance(timedelta(**length))
    await site.units.write(come_back, began)


async def test_a_linked_member_without_a_ballot_reads_it_until_the_vote_is_in(site: Website) -> None:
    motion = await site.open_motion()
    noor, bilal = await site.signed_in("noor"), await site.signed_in("bilal")
    assert "We were away" not in (await noor.get("/")).words
    await away(site, minutes=5)
    for path in ("/", f"/motions/{motion.uuid}"):
        assert SENTENCE in (await noor.get(path)).words
        assert "We were away" not in (await bilal.get(path)).words, "nothing is linked"
        assert "We were away" not in (await site.browser().get(path)).words
    page = f"/motions/{motion.uuid}"
    assert (await noor.submit(page, f"{page}/vote", {"choice": "for"})).status == 303
    for path in ("/", page):
        assert "We were away" not in (await noor.get(path)).words


async def test_times_of_another_day_have_their_day_and_several_are_listed(site: Website) -> None:
    motion = await site.open_motion()
    await away(site, minutes=5)
    site.clock.advance(timedelta(hours=2))
    await away(site, minutes=3)
    noor = await site.signed_in("noor")
    both = "We were away from 14:05 to 14:08 and from 12:00 to 12:05. If"
    assert both in (await noor.get(f"/motions/{motion.uuid}")).words
    site.clock.advance(timedelta(days=1))
    assert "from Tue 12 May, 14:05 to 14:08 and from Tue 12 May, 12:00" in (await noor.get("/")).words


async def test_a_close_while_we_were_away_stands_on_the_page_and_at_the_office(site: Website) -> None:
    motion = await site.open_motion(title="Which oven")
    other = await site.open_motion(title="Which flour", closes_at=site.clock.now() + timedelta(days=9))
    site.clock.advance(timedelta(hours=49, minutes=50))
    await away(site, minutes=30)
    await site.count(motion)
    bilal, ilse = await site.signed_in("bilal"), await site.signed_in("ilse")
    told = (await bilal.get(f"/motions/{motion.uuid}")).words
    assert (
        "We were away from 13:50 to 14:20, when this vote closed. Votes sent then could not reach us. The close stands."
        in told
    )
    assert "We were away" not in (await bilal.get(f"/motions/{other.uuid}")).words
    office = (await ilse.get("/office")).words
    assert "When we were away Thu 14 May, 13:50 to 14:20. Closed meanwhile: Which oven." in office
    assert "Which flour" not in office


def change_link(uow, **values):
    uow.conn.execute(t.links.update().values(**values))


def change_actor(uow, **values):
    uow.conn.execute(t.actors.update().where(t.actors.c.name == "noor").values(**values))


@pytest.mark.parametrize(
    ("link", "actor", "told", "in_short"),
    [
        (
            {"state": "frozen", "reason": "gone"},
            {"gone_at": NOW},
            "resting: its server said it is gone. Votes from there do not count. If you have another account now, link that",
            "rests: its server said it is gone",
        ),
        (
            {"state": "frozen", "reason": "gone"},
            {},
            "resting: it was gone and came back. Votes from there do not count until you link it again.",
            "rests: it was gone and came back",
        ),
        (
            {},
            {"moved_to": "https://new.example/users/noor"},
            "It says that it has moved to https://new.example/users/noor. A vote from the new account counts once you have",
            "has moved to https://new.example/users/noor",
        ),
        (
            {"former_handle": "n@mast.example"},
            {},
            "It was called @n@mast.example when it was linked. If that was not you, unlink it.",
            "was called @n@mast.example",
        ),
        ({"reason": "suspended"}, {"document": {"suspended": True}}, "It is suspended, so votes", "is suspended"),
    ],
)
async def test_a_member_reads_what_became_of_a_linked_account_and_so_does_the_registrar(
    site: Website, link, actor, told, in_short
) -> None:
    noor, ilse = [await site.signed_in(name) for name in ("noor", "ilse")]
    assert "linked 12 May Unlink" in (await noor.get("/settings/accounts")).words
    assert "Linked accounts" not in (await ilse.get("/office")).words
    if link:
        await site.units.write(partial(change_link, **link))
    if actor:
        await site.units.write(partial(change_actor, **actor))
    assert told in (await noor.get("/settings/accounts")).words.replace("\u200b", "")
    office = (await ilse.get("/office")).words.replace("\u200b", "")
    assert f"Noor Castellan: @noor@mast.example {in_short}" in office
    assert ("do not count now" in (await noor.get("/")).words) == ("state" in link)


async def test_a_server_that_is_silent_for_days_is_told_with_the_day(site: Website) -> None:
    def silent(uow):
        actor = uow.actors.find("https://mast.example/users/noor")
        uow.visits.add([{"kind": "actor", "actor_id": actor.id, "due_at": uow.now, "failing_since": uow.now}])

    await site.units.write(silent)
    noor = await site.signed_in("noor")
    assert "has not answered" not in (await noor.get("/settings/accounts")).words
    site.clock.advance(timedelta(days=2))
    told = (await noor.get("/settings/accounts")).words
    assert (
        "Its server has not answered us since Tue 12 May, 12:00. Votes from there may not arrive; vote on this site."
        in told
    )
