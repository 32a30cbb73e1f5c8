"""What a page costs does not grow with the co-op: it reads what it shows, and totals are counted once for each head of the log."""

import json
from dataclasses import replace
from datetime import timedelta

from fedcoop.federation.publish.decisions import visible_tally
from fedcoop.governance.counting.waiting import places, since
from fedcoop.governance.members.member import Member
from fedcoop.governance.motions.motion import Motion, MotionState
from fedcoop.queries.follow_ups.decision_register import register
from fedcoop.queries.members.member import PAGE, members_view
from fedcoop.queries.motions.motion import BALLOTS_SHOWN, motion_view
from fedcoop.storage.motions import turns
from tests import crowd
from tests.actions.coop import ask, join, vote
from tests.conftest import Instance

FEW, MANY = 150, 600
SLACK = 1.3


async def _voted(coop: Instance, members: int, **more: object) -> tuple[Member, Motion]:
    own = (await join(coop.units, "ilse"))[0]
    await crowd.gather(coop, members)
    motion = await ask(coop, own, **more)
    await crowd.vote(coop, motion, members)
    return own, motion


async def _costs_of_motion(coop: Instance, members: int) -> tuple[int, int]:
    """The steps of the member's page and of the document, once the totals are known by the head of the log."""
    own, motion = await _voted(coop, members)
    await coop.units.read(motion_view, uuid=motion.uuid, member=own)
    page, view = await crowd.steps(coop, motion_view, uuid=motion.uuid, member=own)
    assert view.voted == members
    assert len(view.ballots) <= BALLOTS_SHOWN
    document, tally = await crowd.steps(coop, visible_tally, motion=motion)
    assert tally is not None
    assert tally.voted == members
    return page, document


async def test_the_page_and_the_document_of_a_motion_cost_the_same_with_four_times_the_ballots(
    coop: Instance, larger: Instance
) -> None:
    small, large = await _costs_of_motion(coop, FEW), await _costs_of_motion(larger, MANY)
    assert large[0] <= SLACK * small[0]
    assert large[1] <= SLACK * small[1]


async def test_the_members_list_reads_one_page_of_members(coop: Instance, larger: Instance) -> None:
    found = []
    for one, members in ((coop, FEW), (larger, MANY)):
        await crowd.gather(one, members)
        found.append(await crowd.steps(one, members_view, words="", after=0))
    (small, first), (large, page) = found
    assert len(first.lines) == len(page.lines) == PAGE
    assert large <= SLACK * small + 4 * (MANY - FEW)  # the number of members is counted in an index


async def test_pages_of_members_follow_each_other_without_a_gap(coop: Instance) -> None:
    _, elodie = await join(coop.units, "ilse", "elodie")
    await coop.units.write(lambda uow: uow.members.put(replace(elodie, display_name="Élodie")))
    await crowd.gather(coop, FEW)
    first = await coop.units.read(members_view, words="")
    second = await coop.units.read(members_view, words="", after=first.further)
    numbers = [line.number for line in (*first.lines, *second.lines)]
    assert numbers == [1, 2, *range(crowd.FIRST, crowd.FIRST + FEW)]
    assert second.further is None
    for words in ("ÉLODIE", "m0002", "2"):
        sought = await coop.units.read(members_view, words=words)
        assert [line.number for line in sought.lines][:1] == [2], words


async def test_pages_of_ballots_follow_each_other_without_a_gap(coop: Instance) -> None:
    own, motion = await _voted(coop, 2 * BALLOTS_SHOWN + 3)
    names, after = [], 0
    await coop.units.write(lambda uow: uow.motions.put(replace(uow.motions.get(motion.id), state=MotionState.DECIDED)))
    for number in (BALLOTS_SHOWN, BALLOTS_SHOWN, 3):
        view = await coop.units.read(motion_view, uuid=motion.uuid, member=own, ballots_after=after)
        assert len(view.ballots) == number
        names += [line.person.name for line in view.ballots]
        after = view.further_ballots
    assert after == 0
    assert len(set(names)) == len(names) == 2 * BALLOTS_SHOWN + 3


async def test_what_was_counted_is_never_what_stood_before_a_vote(coop: Instance) -> None:
    members = await join(coop.units, "ilse", "noor", "bilal")
    motion = await ask(coop, members[0])
    for number, member in enumerate(members, start=1):
        await vote(coop, member, motion, "for")
        view = await coop.units.read(motion_view, uuid=motion.uuid, member=member)
        assert view.tally is not None
        assert view.tally.counts["for"] == number
    await vote(coop, members[0], motion, "against")
    seen = await coop.units.read(lambda uow: uow.totals.seen(motion))
    counted = await coop.units.read(lambda uow: uow.totals.tally(motion))
    assert seen == counted
    assert seen.counts == {"for": 2, "against": 1, "abstain": 0}


async def test_a_list_of_motions_reads_its_page_and_not_all_of_a_state(coop: Instance, larger: Instance) -> None:
    costs = []
    for one, motions in ((coop, 30), (larger, 120)):
        own = (await join(one.units, "ilse"))[0]
        await crowd.repeat(one, await ask(one, own), motions)
        await one.units.read(register, state="all", words="", before=None)
        steps, view = await crowd.steps(one, register, state="all", words="", before=None)
        costs.append(steps)
        assert [line.id for line in view.lines] == sorted((line.id for line in view.lines), reverse=True)
    assert costs[1] <= SLACK * costs[0] + 16 * 90  # the numbers in the tabs are counted in an index


async def test_turns_are_read_on_and_are_those_of_the_whole_log(coop: Instance) -> None:
    members = await join(coop.units, "ilse", "noor", "bilal", "lou")
    motion = await ask(coop, members[0], method="opt_in", settings={"capacity": "2"})
    answers = [(0, "accept"), (1, "accept"), (2, "accept"), (0, "decline"), (3, "accept"), (0, "accept"), (1, "accept")]
    for number, choice in answers:
        coop.clock.advance(timedelta(seconds=1))
        await vote(coop, members[number], motion, choice)
        log = await coop.units.read(lambda uow: [json.loads(line.entry) for line in uow.motions.log(motion.id)])
        for _ in range(2):
            found = await coop.units.read(lambda uow: turns.turns_of(uow.conn, motion))
            assert (found.n, found.places) == (len(log), places(since(log), 2))
    view = await coop.units.read(motion_view, uuid=motion.uuid, member=members[0])
    assert view.places is not None
    assert [person.name for person in (*view.places.taken, *view.places.waiting)] == ["Noor", "Bilal", "Lou", "Ilse"]


async def test_turns_of_a_log_that_is_another_than_it_was_are_read_anew(coop: Instance) -> None:
    members = await join(coop.units, "ilse", "noor")
    motion = await ask(coop, members[0], method="opt_in")
    for member in members:
        await vote(coop, member, motion, "accept")
    right = await coop.units.read(lambda uow: turns.turns_of(uow.conn, motion))
    turns._known.put(motion.id, replace(right, head="0" * 64, standing={}))
    assert await coop.units.read(lambda uow: turns.turns_of(uow.conn, motion)) == right


async def test_who_speaks_for_whom_is_found_out_once_for_each_head(coop: Instance, larger: Instance) -> None:
    costs = []
    for one, members in ((coop, FEW), (larger, MANY)):
        own, motion = await _voted(one, members, settings={"delegation": "liquid"})
        await one.units.read(motion_view, uuid=motion.uuid, member=own)
        steps, view = await crowd.steps(one, motion_view, uuid=motion.uuid, member=own)
        assert view.passed is not None
        costs.append(steps)
    assert costs[1] <= 2 * costs[0]
