"""Pages say when we were away: to members whose vote may be lost, and to the office (federation.md 18)."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from fedcoop.actions.members import link_by_operator
from fedcoop.actions.outages import come_back
from fedcoop.actions.remote import SeenActor, remember_actor
from tests.doors.website import Website, open_website

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
    assert "We were away when this vote closed" in told
    assert "We were away from 13:50 to 14:20. Votes sent then could not reach us. The close stands." in told
    assert "We were away" not in (await bilal.get(f"/motions/{other.uuid}")).words
    office = (await ilse.get("/office")).words
    assert "When we were away Thu 14 May, 13:50 to 14:20. Closed meanwhile: Which oven." in office
    assert "Which flour" not in office
