"""A record that does not agree with itself is told on its page and in the office, and so is a clock that runs behind."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from fedcoop.actions.proof.auditing import note
from fedcoop.kernel.errors import Refused
from tests.doors.website import Website, open_website

TOLD = "The record of this vote does not agree with itself"
DIFFERS = Refused("audit-tally", "What is stored does not agree: the totals.")


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Website]:
    async with open_website(tmp_path) as website:
        yield website


async def test_a_difference_stands_on_the_page_of_its_motion_and_in_the_office_until_it_is_over(site: Website) -> None:
    motion, other = await site.open_motion(), await site.open_motion(title="Buy a third oven")
    office = await site.signed_in("ilse")
    assert "Alarms" not in (await office.get("/office")).words
    assert await site.units.write(note, motion.id, DIFFERS)
    assert not await site.units.write(note, motion.id, DIFFERS), "no news"
    for reader in (office, site.browser()):
        words = (await reader.get(f"/motions/{motion.uuid}")).words
        assert TOLD in words
        assert "the totals" in words
        assert TOLD not in (await reader.get(f"/motions/{other.uuid}")).words
    words = (await office.get("/office")).words
    assert "Alarms" in words
    assert "the totals" in words
    assert await site.units.write(note, motion.id, None)
    assert TOLD not in (await office.get(f"/motions/{motion.uuid}")).words
    assert "Alarms" not in (await office.get("/office")).words


@pytest.mark.parametrize(("behind", "told"), [(59, False), (61, True)])
async def test_a_clock_a_minute_before_the_last_log_entry_is_told_in_the_office(
    site: Website, behind: int, told: bool
) -> None:
    office = await site.signed_in("ilse")
    site.clock.advance(timedelta(hours=1))
    await site.units.write(lambda uow: uow.audit("something"))
    site.clock.advance(-timedelta(seconds=behind))
    assert ("clock stands before" in (await office.get("/office")).words) is told
