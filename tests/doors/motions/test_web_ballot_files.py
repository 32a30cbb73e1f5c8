"""The ballots of a ranked vote as a file for other programs: after the outcome, without voters."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fedcoop.governance.ballot_files.ballot_reading import read_ballot_file
from fedcoop.governance.ballot_files.file_counts import count_file
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


async def test_who_runs_an_election_takes_out_a_candidate_and_voters_read_it(site: Website) -> None:
    motion = await site.open_motion(method="runoff", options=BREADS)
    path = f"/motions/{motion.uuid}"
    tomasz, noor = await site.signed_in("tomasz"), await site.signed_in("noor")
    await noor.submit(path, f"{path}/vote", [*ranks(a=1, b=2), ("reason", "")])
    assert f"{path}/candidates" in (await tomasz.get(path)).text
    assert (await noor.get(f"{path}/candidates")).status == 404
    missing = await tomasz.submit(f"{path}/candidates", f"{path}/candidates", {"option": "a", "reason": ""})
    assert (missing.status, "Write why." in missing.words) == (422, True)
    strange = await tomasz.submit(f"{path}/candidates", f"{path}/candidates", {"option": "z", "reason": "Gone."})
    assert (strange.status, "does not stand" in strange.words) == (422, True)
    done = await tomasz.submit(f"{path}/candidates", f"{path}/candidates", {"option": "a", "reason": "Gone."})
    assert (done.status, done.location) == (303, path)
    for reader in (noor, await site.signed_in("tomasz")):
        assert "Has withdrawn. On your ballot the names after it move up." in (await reader.get(path)).words
    assert "Rye" not in (await tomasz.get(f"{path}/candidates")).words
    await site.close(motion)
    page = await noor.get(path)
    assert page.status == 200
    assert "Rye withdrew and is in no figure." in page.words
