"""A co-op and a server that federates as GoToSocial does: every point of federation.md 18 as a story over real HTTP."""

import pytest

from tests.fediverse.gts_world import world


@pytest.fixture
async def alder(tmp_path):
    async with world(tmp_path) as running:
        yield running


async def test_people_find_follow_vote_and_see_totals_and_outcome(alder):
    ana = await alder.account("ana", member="noor")
    motion = await alder.coop.open_poll()
    await alder.settle()
    (poll,) = ana.timeline()
    assert poll.uri == motion.url
    await ana.vote(motion.url, "For")
    await alder.settle()
    assert await alder.coop.ballots(motion) == {"noor": ("for",)}
    await alder.advance(days=8)
    assert poll.poll.closed_at
    assert poll.poll.votes == [1, 0, 0]
    assert len(ana.timeline()) == 2
    assert ana.number_of("poll") == 1
