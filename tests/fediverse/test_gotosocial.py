"""A co-op and a server that federates as GoToSocial does, while both are up: the points of federation.md 18 as stories.

Found by handle, followed, linked by a code, voted with, counted and corrected, boosted, edited, asked in return.
"""

from datetime import timedelta

import pytest

from fedcoop.accounts.links import codes_in
from fedcoop.actions.motions import motion as motions
from fedcoop.kernel.html import text_of_html
from tests.fediverse.gts_user import Refusal
from tests.fediverse.gts_world import world


@pytest.mark.parametrize(
    "shape", [{}, {"authorized_fetch": True}, {"split_domain": True}], ids=["open", "secure mode", "split domain"]
)
async def test_people_find_follow_vote_and_see_totals_and_outcome(tmp_path, shape):
    async with world(tmp_path, **shape) as alder:
        ana = await alder.account("ana", member="noor", follows=False)
        assert await ana.search(alder.coop.handle) == alder.coop.uri
        await ana.follow(alder.coop.uri)
        await alder.settle()
        motion = await alder.coop.open_poll()
        await alder.settle()
        (poll,) = ana.timeline()
        assert (poll.uri, poll.poll.options) == (motion.url, ["For", "Against", "Abstain"])
        await ana.vote(motion.url, "For")
        await alder.settle()
        assert await alder.coop.ballots(motion) == {"noor": ("for",)}
        await alder.advance(days=8)
        assert alder.totals(motion) == ([1, 0, 0], 1, True)
        assert [status.in_reply_to for status in ana.timeline()] == ["", motion.url]
        assert ana.number_of("poll") == 1
        assert all(status < 400 for _, status, _ in alder.gts.arrivals)


async def code_for(alder, member, user):
    """Ask on the page for a code, and return it."""
    async with alder.coop.signed_in(member) as web:
        return next(codes_in(text_of_html(await web.send("/settings/accounts", handle=f"@{user.handle}"))))


@pytest.mark.parametrize("split_domain", [False, True])
async def test_an_account_is_linked_by_a_code_in_a_direct_message(tmp_path, split_domain):
    async with world(tmp_path, split_domain=split_domain) as alder:
        ana, eve = [await alder.account(name, follows=False) for name in ("ana", "eve")]
        code = await code_for(alder, "noor", ana)
        for sender in (eve, ana):  # the wrong account proves nothing
            await sender.write(code, alder.coop.uri, visibility="direct")
            await alder.settle()
        async with alder.coop.signed_in("noor") as web:
            await web.send("/settings/accounts", action="/settings/accounts/confirm")
        await alder.settle()
        motion = await alder.coop.open_poll()
        await ana.vote(motion.url, "Against")
        await alder.settle()
        assert await alder.coop.ballots(motion) == {"noor": ("against",)}
        told = [text_of_html(message.content) for message in ana.messages() if message.author == alder.coop.uri]
        assert [words for words in told if "now linked" in words]
        assert [name for kind, name in ana.notifications if kind == "mention"]
        assert not [message for message in eve.messages() if "now linked" in message.content]


# ---------------------------------------------------------------------------------------------------------------- votes


async def test_a_second_vote_is_refused_there_and_never_sent(alder):
    ana = await alder.account("ana", member="noor")
    motion = await alder.coop.open_poll()
    await alder.settle()
    await ana.vote(motion.url, "For")
    with pytest.raises(Refusal, match="already voted"):
        await ana.vote(motion.url, "Against")
    await alder.settle()
    assert await alder.coop.ballots(motion) == {"noor": ("for",)}
    await alder.advance(seconds=11)
    assert alder.totals(motion) == ([1, 0, 0], 1, False)


async def test_totals_of_a_voters_server_follow_the_ballots_of_everybody(alder):
    ana = await alder.account("ana", member="noor", follows=False)
    motion = await alder.coop.open_poll()
    await ana.search(motion.url)
    await ana.vote(motion.url, "For")
    await alder.settle()
    bea = await alder.account("bea", member="ilse", follows=False)
    await bea.vote(motion.url, "Against")
    assert alder.totals(motion) == ([1, 1, 0], 2, False)
    await alder.advance(minutes=4)
    assert await alder.coop.ballots(motion) == {"noor": ("for",), "ilse": ("against",)}
    assert alder.totals(motion) == ([1, 1, 0], 2, False)


@pytest.mark.parametrize("visibility", ["live", "after_close"])
async def test_a_vote_that_does_not_count_leaves_the_totals_of_its_server_within_three_minutes(alder, visibility):
    ana, cas = await alder.account("ana", member="noor"), await alder.account("cas")
    motion = await alder.coop.open_poll(settings={"visibility": visibility})
    await alder.settle()
    await cas.vote(motion.url, "Against")
    assert alder.totals(motion) == ([0, 1, 0], 1, False)
    await alder.advance(minutes=3, seconds=10)
    assert await alder.coop.ballots(motion) == {}
    assert alder.totals(motion) == ([0, 0, 0], 0, False)
    assert len(alder.told(cas)) == 1
    await ana.vote(motion.url, "For")
    await alder.advance(minutes=8)
    assert alder.totals(motion)[0] == [1, 0, 0]  # its own count, or ours: of a vote that counts both are one
    await alder.advance(days=8)
    assert alder.totals(motion) == ([1, 0, 0], 1, True)


async def test_of_three_ticks_where_two_are_allowed_two_count_and_the_voter_reads_which(alder):
    ana = await alder.account("ana", member="noor")
    motion = await alder.coop.open_poll(
        "Which breads", method="approval", options=("Rye", "Spelt", "Wheat"), settings={"max": "2"}
    )
    await alder.settle()
    await ana.vote(motion.url, "Rye", "Spelt", "Wheat")
    await alder.settle()
    assert await alder.coop.ballots(motion) == {"noor": ("rye", "spelt")}
    assert alder.told(ana) == []  # other servers send one message for each tick
    await alder.advance(seconds=11)
    (told,) = alder.told(ana)
    assert "Counted: Rye, Spelt. Not counted: Wheat, because you may tick up to 2." in told
    await alder.advance(minutes=4)
    assert alder.totals(motion)[0] == [1, 1, 0]


async def test_after_an_extension_the_server_forgets_its_votes_and_a_new_one_replaces_the_ballot(alder):
    ana = await alder.account("ana", member="noor")
    motion = await alder.coop.open_poll()
    await alder.settle()
    await ana.vote(motion.url, "For")
    await alder.settle()
    await alder.coop.write(
        motions.extend_motion,
        by=alder.coop.members["ilse"],
        motion_id=motion.id,
        closes_at=motion.closes_at + timedelta(days=1),
        reason="Too few have seen it.",
    )
    await alder.settle()
    (poll, *_) = ana.timeline()
    assert poll.poll.ballots == {}
    assert poll.poll.votes == [1, 0, 0]
    assert await alder.coop.ballots(motion) == {"noor": ("for",)}
    await ana.vote(motion.url, "Against")  # as before in an activity of the same id
    await alder.settle()
    first, second = [letter.activity for _, letter in alder.gts.courier.sent if letter.activity["type"] == "Create"]
    assert first["id"] == second["id"]
    assert await alder.coop.ballots(motion) == {"noor": ("against",)}
    await alder.advance(minutes=4)
    assert alder.totals(motion) == ([0, 1, 0], 1, False)


# ---------------------------------------------------------------------------------------------------- words of others


async def page_of(alder, motion, by="noor"):
    async with alder.coop.signed_in(by) as web:
        return await web.page(f"/motions/{motion.url.rpartition('/')[2]}")


async def test_every_edit_of_a_reply_is_shown_also_two_within_a_second(alder):
    ana = await alder.account("ana", member="noor")
    motion = await alder.coop.open_poll()
    await alder.settle()
    reply = await ana.write("words of Monday", alder.coop.uri, in_reply_to=motion.url)
    await alder.settle()
    assert "words of Monday" in await page_of(alder, motion)
    for text in ("words of Tuesday", "words of Wednesday"):  # one id, one second, two versions
        await ana.edit(reply, text)
        await alder.settle()
    shown = await page_of(alder, motion)
    assert "words of Wednesday" in shown
    assert "of Monday" not in shown
    await alder.advance(days=1)
    await ana.edit(reply, "words of Friday")
    await alder.settle()
    assert "words of Friday" in await page_of(alder, motion)


async def test_totals_and_end_of_a_poll_there_are_shown_here(alder):
    ana, bea, cas = [await alder.account(name, follows=False) for name in ("ana", "bea", "cas")]
    async with alder.coop.signed_in("ilse") as web:
        await web.send("/office", action="/office/follow", handle=f"@{ana.handle}")
    await alder.settle()
    assert ana.followers == {alder.coop.uri}
    poll = await ana.ask("Tea or coffee?", "Tea", "Coffee", lasts=timedelta(days=2))
    await alder.settle()
    for number, voter in enumerate((bea, cas), start=1):
        await voter.vote(poll.uri, "Coffee")
        await alder.settle()
        assert await mirrored(alder, poll) == ([0, number], number, False)
    await alder.advance(days=3)
    assert await mirrored(alder, poll) == ([0, 2], 2, True)


async def mirrored(alder, poll):
    """Votes, voters, and whether it is over, as we know them."""
    found = await alder.coop.node.units.read(lambda uow: uow.notes.find_remote_motion(poll.uri))
    return [option["votes"] for option in found.options], found.voters_count, found.closed_at is not None


async def test_a_member_votes_in_a_poll_there_and_it_counts(alder):
    ana = await alder.account("ana", follows=False)
    async with alder.coop.signed_in("ilse") as web:
        await web.send("/office", action="/office/follow", handle=f"@{ana.handle}")
        await alder.settle()
        poll = await ana.ask("Tea or coffee?", "Tea", "Coffee")
        await alder.settle()
        await web.send("/settings/profile", do="opt-in")
        known = await alder.coop.node.units.read(lambda uow: uow.notes.find_remote_motion(poll.uri))
        path = f"/remote/motions/{known.uuid}"
        await web.send(path, action=f"{path}/vote", choice="Coffee")
    await alder.settle()
    assert (poll.poll.votes, list(poll.poll.ballots)) == ([0, 1], [f"{alder.coop.origin}/actors/ilse"])
    assert await mirrored(alder, poll) == ([0, 1], 1, False)


# --------------------------------------------------------------------------------------------------------------- boosts


async def test_a_boost_brings_the_poll_to_others_and_the_boosters_server_hears_its_totals(alder):
    ana = await alder.account("ana", follows=False)
    bea = await alder.account("bea", member="noor", follows=False)
    await bea.follow(ana.uri)
    await alder.settle()
    motion = await alder.coop.open_poll()
    await ana.boost(await ana.search(motion.url))
    await alder.settle()
    assert [status.uri for status in bea.timeline()] == [motion.url]
    async with alder.coop.signed_in("ilse") as web:
        path = f"/motions/{motion.url.rpartition('/')[2]}"
        await web.send(path, action=f"{path}/vote", choice="against")
    await alder.advance(seconds=11)
    assert alder.totals(motion) == ([0, 1, 0], 1, False)
    await bea.vote(motion.url, "For")
    await alder.advance(days=8)
    assert alder.totals(motion) == ([1, 1, 0], 2, True)
