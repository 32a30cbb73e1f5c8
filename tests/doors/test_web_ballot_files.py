"""The ballots of a ranked vote as a file for other programs: after the outcome, without voters."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fedcoop.governance.ballot_reading import read_ballot_file
from fedcoop.governance.file_counts import count_file
from tests.doors.ways import ranks
from tests.doors.website import Website, open_website

BREADS = [("a", "Rye"), ("b", "Wheat"), ("c", "Spelt")]


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Website]:
    async with open_website(tmp_path) as website:
        yield website


async def test_a_ranked_vote_hands_out_its_ballots_once_it_is_decided(site: Website) -> None:
    motion = await site.open_motion(method="runoff", options=BREADS, settings={"withdrawn": "c"})
    path = f"/motions/{motion.uuid}"
    for name, fields in (("noor", ranks(a=2, b=1)), ("tomasz", ranks(a=1)), ("ada", ranks(b=1, a=2, c=3))):
        if name in site.members:
            await (await site.signed_in(name)).submit(path, f"{path}/vote", [*fields, ("reason", "")])
    assert (await site.browser().get(f"{path}/ballots.blt")).status == 404
    await site.close(motion)
    got = await site.browser().get(f"{path}/ballots.blt")
    assert got.status == 200
    assert got.headers["Content-Disposition"].endswith('.blt"')
    assert got.text.startswith("3 1\n-3\n1 1 0\n")
    assert got.text.endswith('0\n"Rye"\n"Wheat"\n"Spelt"\n"Buy a second deck oven"\n')
    assert "noor" not in got.text.lower()
    found = count_file(read_ballot_file(got.text.encode()), rule="runoff")
    assert found.tally.voted == len(await site.units.read(lambda uow: uow.motions.ballots(motion.id)))


async def test_a_vote_without_rankings_has_no_such_file(site: Website) -> None:
    motion = await site.open_motion()
    await site.close(motion)
    assert (await site.browser().get(f"/motions/{motion.uuid}/recount.json")).status == 200
    assert (await site.browser().get(f"/motions/{motion.uuid}/ballots.blt")).status == 404
