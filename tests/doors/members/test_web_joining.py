"""Counts with places, and the calendar file of a time poll, on the pages (governance.md 7.2, 7.18)."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from fedcoop.actions.motions import motion as motions
from fedcoop.actions.motions.ballots import cast_ballot
from fedcoop.governance.motions.choices import Choice, Scores
from fedcoop.governance.motions.motion import Channel, Motion
from fedcoop.governance.motions.registry import METHODS
from tests.doors.website import Website, open_website


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Website]:
    async with open_website(tmp_path) as website:
        yield website


async def _vote(site: Website, motion: Motion, name: str, choice: Choice, reason: str = "") -> None:
    now = site.clock.now()
    await site.units.write(
        cast_ballot,
        voter=site.members[name].id,
        motion_id=motion.id,
        choice=choice,
        channel=Channel.WEB,
        cast_at=now,
        received_at=now,
        reason=reason,
    )
    site.clock.advance(timedelta(seconds=1))


async def test_the_page_of_a_count_says_who_has_a_place_and_who_waits(site: Website) -> None:
    motion = await site.open_motion(method="opt_in", settings={"target": "2", "capacity": "2"})
    names = [name for name in site.members if site.members[name].may_vote][:3]
    for name in names:
        await _vote(site, motion, name, ("accept",))
    first, last = await site.signed_in(names[0]), await site.signed_in(names[2])
    page = await first.get(f"/motions/{motion.uuid}")
    assert "2, reached" in page.words
    assert "You have a place." in page.words
    page = await last.get(f"/motions/{motion.uuid}")
    assert "You are number 1 on the waiting list." in page.words
    await first.submit(f"/motions/{motion.uuid}", f"/motions/{motion.uuid}/withdraw", {})
    assert "You have a place." in (await last.get(f"/motions/{motion.uuid}")).words
    await site.close(motion)
    assert "Who joins in" in (await last.get(f"/motions/{motion.uuid}")).words


async def test_a_chosen_time_can_be_put_into_a_calendar(site: Website) -> None:
    texts = {"a": "2027-09-22T18:00Z/2h", "b": "2027-09-23T12:00Z/2h"}
    draft = motions.Draft(
        title="Team day",
        body="Where it is warm.",
        method="dates",
        closes_at=site.clock.now() + timedelta(hours=50),
        options=[METHODS["dates"].read_option(key, text, {}) for key, text in texts.items()],
    )
    motion = await site.units.write(motions.open_motion, by=site.members["tomasz"].id, draft=draft)
    await _vote(site, motion, "noor", Scores({"a": 1, "b": 2}))
    noor = await site.signed_in("noor")
    assert (await noor.get(f"/motions/{motion.uuid}/meeting.ics")).status == 404
    await site.close(motion)
    assert f"/motions/{motion.uuid}/meeting.ics" in (await noor.get(f"/motions/{motion.uuid}")).text
    file = await noor.get(f"/motions/{motion.uuid}/meeting.ics")
    assert file.status == 200
    assert "DTSTART:20270923T120000Z" in file.text


@pytest.mark.parametrize("method", ["sense", "questions", "advice", "gradients", "consent", "consensus"])
async def test_every_stance_can_be_voted_on_and_its_result_has_a_page(site: Website, method: str) -> None:
    motion = await site.open_motion(method=method, settings={"quorum": "0"})
    noor = await site.signed_in("noor")
    fields = (
        [("reason", "Words.")] if method == "questions" else [("choice", motion.options[0].key), ("reason", "Words.")]
    )
    sent = await noor.submit(f"/motions/{motion.uuid}", f"/motions/{motion.uuid}/vote", fields)
    assert sent.status == 303
    assert (await noor.get(f"/motions/{motion.uuid}")).status == 200
    assert (await noor.get("/decisions")).status == 200
    await site.close(motion)
    assert (await noor.get(f"/motions/{motion.uuid}")).status == 200
    assert (await noor.get("/decisions?state=all")).status == 200
