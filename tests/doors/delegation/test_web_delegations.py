"""The pages of passing on votes: my delegations, who votes for me in a vote, whom I vote for, and what the result tells."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fedcoop.actions.delegation import delegations, proxies
from fedcoop.actions.delegation.delegations import Wish
from fedcoop.actions.delegation.proxies import Naming
from fedcoop.actions.motions import motion as motion_actions
from fedcoop.governance.delegation.delegation_rule import DELEGABLE
from fedcoop.governance.motions.motion import Motion
from fedcoop.governance.motions.registry import METHODS
from tests.doors.ways import WAYS, Way, open_way
from tests.doors.website import Browser, Page, Website, open_website

HERE = "/settings/delegations"
LIQUID = {"delegation": "liquid", "quorum": "0"}
PROXY = {"delegation": "proxy", "quorum": "0", "proxy_naming": "first_ballot"}


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Website]:
    async with open_website(tmp_path) as website:
        yield website


async def grant(site: Website, by: str, to: str, **more: Any) -> None:
    wish = Wish(site.members[to].id, **more)
    await site.units.write(delegations.grant, by=site.members[by].id, wish=wish)


async def proxy(site: Website, by: str, motion: Motion, to: str, instruction: str = "") -> None:
    naming = Naming(site.members[to].id, instruction)
    await site.units.write(proxies.name_proxy, by=site.members[by].id, motion_id=motion.id, naming=naming)


async def vote(browser: Browser, motion: Motion, choice: str) -> None:
    page = f"/motions/{motion.uuid}"
    assert (await browser.submit(page, f"{page}/vote", {"choice": choice})).status == 303


async def look(browser: Browser, motion: Motion) -> Page:
    page = await browser.get(f"/motions/{motion.uuid}")
    assert page.status == 200
    return page


async def test_a_vote_is_passed_on_shown_renewed_hidden_and_taken_back(site: Website) -> None:
    noor, bilal = await site.signed_in("noor"), await site.signed_in("bilal")
    empty = await noor.get(HERE)
    assert "Nobody votes for you" in empty.words
    assert "You vote for yourself" in empty.words
    granted = await noor.submit(HERE, HERE, {"member": "Bilal Haddad (M0004)", "scope": "coop"})
    assert granted.status == 303
    page = await noor.get(granted.location)
    assert "Bilal Haddad votes for you in all votes" in page.words
    assert "Take it back" in page.words
    assert "Noor Castellan in all votes" in (await bilal.get(HERE)).words
    number = re.search(r'name="delegation" value="([0-9]+)"', page.text)[1]  # type: ignore[index]
    hidden = await noor.submit(HERE, f"{HERE}/hide", {"delegation": number, "do": "hide"})
    assert "They no longer see that it is you" in (await noor.get(hidden.location)).words
    theirs = (await bilal.get(HERE)).words
    assert "Noor Castellan" not in theirs
    assert "1 member who does not show" in theirs
    renewed = await noor.submit(HERE, f"{HERE}/renew", {"delegation": number})
    assert renewed.location == f"{HERE}?done=renewed"
    ask = await noor.get(f"{HERE}/{number}/revoke")
    assert "Take your vote back from Bilal Haddad?" in ask.words
    assert (await bilal.submit(HERE, f"{HERE}/{number}/revoke", {})).status == 404
    gone = await noor.submit(f"{HERE}/{number}/revoke", f"{HERE}/{number}/revoke", {})
    after = (await noor.get(gone.location)).words
    assert "Nobody votes for you" in after
    assert "you took it back" in after
    assert (await noor.get(f"{HERE}/{number}/revoke")).status == 404


async def test_what_is_wrong_with_a_wish_is_told_and_nothing_typed_is_lost(site: Website) -> None:
    noor = await site.signed_in("noor")
    cases = [
        ({"member": "", "scope": "coop"}, "Write who is to vote for you."),
        ({"member": "Nobody Known", "scope": "coop"}, "There is no member of this name."),
        ({"member": "noor", "scope": "coop"}, "You speak for yourself already."),
        ({"member": "M0004", "scope": "topic", "topic": ""}, "Write the topic"),
        ({"member": "M0004", "scope": "topic", "topic": "t" * 61}, "A topic has at most 60 characters"),
    ]
    for fields, told in cases:
        page = await noor.submit(HERE, HERE, fields)
        assert page.status == 422
        assert told in page.words
        assert "Error: My delegations" in page.words
        assert f'value="{fields["member"]}"' in page.text
    assert (await noor.submit(HERE, HERE, {"member": "m0004", "scope": "topic", "topic": "Food"})).status == 303
    assert "Bilal Haddad in votes on food" in (await noor.get(HERE)).words
    assert (await site.browser().get(HERE)).status == 303


async def test_the_ballot_page_says_who_votes_for_me_and_what_as_soon_as_cast(site: Website) -> None:
    await grant(site, "noor", "bilal")
    motion = await site.open_motion(settings={**LIQUID, "visibility": "after_close"})
    noor, bilal = await site.signed_in("noor"), await site.signed_in("bilal")
    before = await look(noor, motion)
    assert "Bilal Haddad has not voted, so nobody votes for you yet." in before.words
    assert (
        "You vote for yourself and for Noor Castellan. They count only if you vote."
        in (await look(bilal, motion)).words
    )
    await vote(bilal, motion, "for")
    after = await look(noor, motion)
    assert "Bilal Haddad votes for you here unless you vote yourself. Bilal Haddad voted: For." in after.words
    assert "Vote myself" in after.words
    assert 'name="choice"' in after.text
    assert "How members voted appears after the close" in after.words
    assert "Bilal Haddad" not in (await look(await site.signed_in("ilse"), motion)).words
    await vote(noor, motion, "against")
    own = await look(noor, motion)
    assert "You voted yourself, so Bilal Haddad does not vote for you here." in own.words


async def test_one_vote_can_be_taken_back_from_the_ballot_page(site: Website) -> None:
    await grant(site, "noor", "bilal")
    motion = await site.open_motion(settings=LIQUID)
    noor = await site.signed_in("noor")
    await vote(await site.signed_in("bilal"), motion, "for")
    address = f"/motions/{motion.uuid}/proxy/take-back"
    ask = await noor.get(address)
    assert "For this vote it cannot be undone." in ask.words
    done = await noor.submit(address, address, {})
    assert "Nobody votes for you here any more." in (await noor.get(done.location.partition("#")[0])).words
    assert (await noor.get(address)).status == 404
    assert "Bilal Haddad in all votes" in (await noor.get(HERE)).words


async def test_a_chain_a_circle_and_a_full_delegate_are_told_at_once(site: Website) -> None:
    await grant(site, "ilse", "noor")
    site.clock.advance(timedelta(minutes=1))
    await grant(site, "noor", "bilal")
    site.clock.advance(timedelta(minutes=1))
    await grant(site, "tomasz", "bilal")
    motion = await site.open_motion(settings={**LIQUID, "delegation_cap": "3"})
    await vote(await site.signed_in("bilal"), motion, "for")
    ilse, tomasz, bilal = [await site.signed_in(name) for name in ("ilse", "tomasz", "bilal")]
    assert "Your vote went on: Noor Castellan, then Bilal Haddad." in (await look(ilse, motion)).words
    full = (await look(tomasz, motion)).words
    assert "Bilal Haddad votes for as many members as one may" in full
    theirs = (await look(bilal, motion)).words
    assert "You vote for yourself and for Noor Castellan and 1 member who does not show." in theirs
    shown = (await look(ilse, motion)).words
    assert "Bilal Haddad 3 members" in shown
    assert "So far 2 members are represented" in shown
    assert "1 above what one member may carry" in shown
    await grant(site, "bilal", "noor")
    circle = await site.open_motion(settings=LIQUID)
    assert "Your vote goes in a circle" in (await look(ilse, circle)).words


async def test_a_proxy_is_named_on_the_page_and_the_holder_has_one_form_each(site: Website) -> None:
    motion = await site.open_motion(settings=PROXY)
    noor, bilal, ilse = [await site.signed_in(name) for name in ("noor", "bilal", "ilse")]
    address = f"/motions/{motion.uuid}/proxy"
    assert "Name somebody" in (await look(noor, motion)).words
    missing = await noor.submit(address, address, {"member": "", "instruction": "No."})
    assert (missing.status, "Write who is to vote for you." in missing.words) == (422, True)
    assert "No." in missing.text
    named = await noor.submit(address, address, {"member": "bilal", "instruction": ""})
    assert named.status == 303
    site.clock.advance(timedelta(minutes=1))
    assert (await ilse.submit(address, address, {"member": "bilal", "instruction": "Against."})).status == 303
    full = await (await site.signed_in("tomasz")).submit(address, address, {"member": "bilal"})
    assert "votes for as many others as one may" in full.words
    held = await look(bilal, motion)
    assert "You vote for yourself and for Noor Castellan and Ilse Maurer." in held.words
    assert "They wrote: Against." in held.words
    await vote(bilal, motion, "for")
    assert (
        "Bilal Haddad votes for you here unless you vote yourself. Bilal Haddad voted: For."
        in (await look(noor, motion)).words
    )
    waiting = await look(ilse, motion)
    assert "Bilal Haddad has your instruction, and has not cast your ballot." in waiting.words
    number = site.members["ilse"].number
    form = await bilal.get(f"/motions/{motion.uuid}/for/{number}")
    assert "Vote for Ilse Maurer" in form.words
    none = await bilal.submit(f"/motions/{motion.uuid}/for/{number}", f"/motions/{motion.uuid}/for/{number}", {})
    assert none.status == 422
    cast = await bilal.submit(
        f"/motions/{motion.uuid}/for/{number}", f"/motions/{motion.uuid}/for/{number}", {"choice": "against"}
    )
    assert "The ballot is cast. It counts as theirs." in (await bilal.get(cast.location.partition("#")[0])).words
    assert "You cast for them: Against." in (await look(bilal, motion)).words
    mine = await look(ilse, motion)
    assert "Bilal Haddad cast your vote for you." in mine.words
    tally = await site.units.read(lambda uow: uow.totals.tally(motion))
    assert (tally.counts["for"], tally.counts["against"]) == (2, 1)


async def test_nobody_casts_for_another_without_being_named(site: Website) -> None:
    motion = await site.open_motion(settings=PROXY)
    await proxy(site, "noor", motion, "bilal")
    number = site.members["noor"].number
    address = f"/motions/{motion.uuid}/for/{number}"
    assert (await (await site.signed_in("bilal")).get(address)).status == 200
    ilse = await site.signed_in("ilse")
    assert (await ilse.get(address)).status == 404
    assert (await ilse.submit("/settings/delegations", address, {"choice": "for"})).status == 404
    assert (await ilse.get(f"/motions/{motion.uuid}/for/x")).status == 404


async def test_a_vote_of_the_principals_own_cannot_be_overridden_on_the_page(site: Website) -> None:
    motion = await site.open_motion(settings={**PROXY, "change": "never"})
    await proxy(site, "noor", motion, "bilal")
    bilal, noor = await site.signed_in("bilal"), await site.signed_in("noor")
    address = f"/motions/{motion.uuid}/for/{site.members['noor'].number}"
    assert (await bilal.submit(address, address, {"choice": "for"})).status == 303
    await vote(noor, motion, "against")
    over = await bilal.submit(address, address, {"choice": "for"})
    assert "This member has voted, and that vote stands." in over.words


async def test_the_result_tells_delegates_with_weights_and_each_what_became_of_their_vote(site: Website) -> None:
    await grant(site, "noor", "bilal")
    await grant(site, "ilse", "tomasz")
    motion = await site.open_motion(settings=LIQUID)
    bilal = await site.signed_in("bilal")
    await vote(bilal, motion, "for")
    await site.close(motion)
    noor = await look(await site.signed_in("noor"), motion)
    assert "Bilal Haddad voted for you. Your vote counted: For." in noor.words
    assert "Votes through others A member can vote for others who chose them before the opening" in noor.words
    assert "1 member was represented" in noor.words
    assert "Bilal Haddad 2 members" in noor.words
    assert "The most that one vote counts for is 2 of 2 members." in noor.words
    assert "0 among those who voted, 0.75 among all on the roll. Largest share 1, Herfindahl 1." in noor.words
    assert "1 whose delegate did not vote" in noor.words
    assert "2 of 4 took part, 50%, 1 of them through others" in noor.words
    assert "2 for, 0 against" in noor.words
    ilse = await look(await site.signed_in("ilse"), motion)
    assert "Tomasz Wilk has not voted, so nobody votes for you yet. So your vote did not count." not in ilse.words
    assert "Tomasz Wilk did not vote, so nobody voted for you." in ilse.words
    public = await look(site.browser(), motion)
    assert "1 member was represented" in public.words
    assert "Bilal" not in public.words


async def test_before_the_opening_one_chooses_who_votes_for_this_vote_only(site: Website) -> None:
    opens_at = site.clock.now() + timedelta(hours=2)
    motion = await site.open_motion(settings=LIQUID, opens_at=opens_at)
    noor = await site.signed_in("noor")
    assert "Choose who votes for me" in (await look(noor, motion)).words
    page = await noor.get(f"{HERE}?vote={motion.uuid}")
    assert f'value="vote:{motion.uuid}" selected' in page.text
    made = await noor.submit(HERE, HERE, {"member": "bilal", "scope": f"vote:{motion.uuid}"})
    assert "in the vote “Buy a second deck oven”" in (await noor.get(made.location)).words
    site.clock.advance(timedelta(hours=2))
    await site.units.write(motion_actions.open_scheduled, str(motion.id))
    assert "Bilal Haddad has not voted" in (await look(noor, motion)).words


async def test_a_vote_without_delegation_says_nothing_of_it(site: Website) -> None:
    motion = await site.open_motion()
    page = await look(await site.signed_in("noor"), motion)
    assert "Voting for each other" not in page.words
    assert (await (await site.signed_in("noor")).get(f"/motions/{motion.uuid}/proxy")).status == 404


PASSED_ON = [way for way in WAYS if way.method in DELEGABLE & METHODS.keys()]


@pytest.mark.parametrize("way", PASSED_ON, ids=[way.method for way in PASSED_ON])
async def test_a_ballot_of_any_method_can_be_cast_for_a_principal_and_stands_with_its_result(
    site: Website, way: Way
) -> None:
    motion = await open_way(site, replace(way, settings={**way.settings, **PROXY, "reasons": "required"}))
    await proxy(site, "noor", motion, "bilal")
    bilal = await site.signed_in("bilal")
    address = f"/motions/{motion.uuid}/for/{site.members['noor'].number}"
    fields = list(way.ballots["noor"])
    without = await bilal.submit(address, address, fields)
    assert (without.status, "This answer needs a reason." in without.words) == (422, True)
    assert "Shown to members with the name of Noor Castellan." in without.words
    done = await bilal.submit(address, address, [*fields, ("reason", "They asked me to.")])
    assert done.status == 303, done.words
    told = way.told.removeprefix("Your vote is in: ")
    for path in (f"/motions/{motion.uuid}", address):
        assert f"You cast for them: {told}" in (await bilal.get(path)).words
    await site.close(motion)
    assert "Through others" not in (await bilal.get(f"/motions/{motion.uuid}")).words


@pytest.mark.parametrize("way", PASSED_ON, ids=[way.method for way in PASSED_ON])
async def test_a_represented_vote_counts_in_every_method_and_shows(site: Website, way: Way) -> None:
    await grant(site, "tomasz", "noor")
    motion = await open_way(site, replace(way, settings={**way.settings, "delegation": "liquid"}))
    for name, fields in way.ballots.items():
        browser, page = await site.signed_in(name), f"/motions/{motion.uuid}"
        assert (await browser.submit(page, f"{page}/vote", [*fields, ("step", "cast")])).status == 303
    told = way.told.removeprefix("Your vote is in: ")
    tomasz = await site.signed_in("tomasz")
    assert f"Noor Castellan voted: {told}" in (await look(tomasz, motion)).words
    await site.close(motion)
    after = await look(tomasz, motion)
    assert f"Your vote counted: {told}" in after.words
    assert "1 member was represented" in after.words
