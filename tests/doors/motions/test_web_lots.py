"""The page of a lot: commitments before the opening, secrets after the close, what everybody sees meanwhile."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from fedcoop.actions.motions.motion import open_scheduled
from fedcoop.actions.proposals.proposal import Wanted, save_draft, submit
from fedcoop.governance.motions.lot_order import commitment
from fedcoop.governance.motions.motion import Motion
from tests.doors.website import Website, open_website

VALUES = {"tomasz": "6f" * 16, "noor": "a1" * 16}


@pytest.fixture
async def website(tmp_path: Path) -> AsyncIterator[Website]:
    async with open_website(tmp_path) as found:
        yield found


async def scheduled(website: Website) -> Motion:
    return await website.open_motion(
        method="approval",
        options=[("a", "Rye"), ("b", "Wheat")],
        settings={"scrutineers": "tomasz, noor"},
        opens_at=website.clock.now() + timedelta(hours=1),
    )


async def test_scrutineers_commit_and_reveal_and_the_page_waits_for_them(website: Website) -> None:
    motion = await scheduled(website)
    path = f"/motions/{motion.uuid}/lot"
    browsers = {name: await website.signed_in(name) for name in ("tomasz", "noor", "bilal")}
    assert "Your commitment" not in (await browsers["bilal"].get(path)).words
    for name, value in VALUES.items():
        page = await browsers[name].get(path)
        assert "Your commitment" in page.words
        wrong = await browsers[name].submit(path, f"{path}/commit", {"value": value})
        assert wrong.status == 422
        assert value in wrong.text
        told = await browsers[name].submit(path, f"{path}/commit", {"value": commitment(value)})
        assert (told.status, told.location) == (303, f"{path}?done=told")
    foreign = await browsers["bilal"].submit("/proposals/new", f"{path}/commit", {"value": commitment("00" * 16)})
    assert foreign.status == 422
    website.clock.advance(timedelta(hours=1))
    await website.units.write(open_scheduled, str(motion.id))
    for name, key in (("tomasz", "a"), ("noor", "b")):
        page_ = f"/motions/{motion.uuid}"
        cast = await browsers[name].submit(page_, f"{page_}/vote", {"choice": key})
        assert cast.status == 303, cast.words
    await website.close(motion)
    stranger = website.browser()
    assert "Awaiting the lot" in (await stranger.get(f"/motions/{motion.uuid}")).words
    public = await stranger.get(path)
    assert commitment(VALUES["noor"]) in public.text
    assert "Noor Castellan" not in public.words
    assert "Your secret" in (await browsers["tomasz"].get(path)).words
    for name, value in VALUES.items():
        assert (await browsers[name].submit(path, f"{path}/reveal", {"value": value})).status == 303
    await website.count(motion)
    assert VALUES["noor"] in (await stranger.get(path)).text
    shown = (await stranger.get(f"/motions/{motion.uuid}")).words
    assert "Awaiting the lot" not in shown
    assert "The lot chose" in shown


async def test_a_motion_without_scrutineers_has_no_such_page(website: Website) -> None:
    motion, other = await website.open_motion(), await scheduled(website)
    stranger = website.browser()
    assert (await stranger.get(f"/motions/{other.uuid}/lot")).status == 200
    assert (await stranger.get(f"/motions/{motion.uuid}/lot")).status == 404


async def test_scrutineers_commit_while_the_proposal_is_discussed(website: Website) -> None:
    wanted = Wanted(
        title="Which bread",
        body="One of them.",
        method="approval",
        options=("Rye", "Wheat"),
        settings={"scrutineers": "tomasz, noor"},
    )
    by = website.members["tomasz"].id
    draft = await website.units.write(save_draft, by=by, wanted=wanted)
    path = f"/proposals/{draft.uuid}/lot"
    noor, bilal = await website.signed_in("noor"), await website.signed_in("bilal")
    assert (await noor.get(path)).status == 404
    await website.units.write(submit, by=by, uuid=draft.uuid)
    wrong = await noor.submit(path, path, {"value": VALUES["noor"]})
    assert wrong.status == 422
    assert (await noor.submit(path, path, {"value": commitment(VALUES["noor"])})).status == 303
    shown = await bilal.get(path)
    assert commitment(VALUES["noor"]) in shown.text
    assert "Your commitment" not in shown.words
