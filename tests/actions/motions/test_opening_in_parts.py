"""A large roll is written in parts, and is one roll all the same: whole or not there, and that of the instant of opening."""

from datetime import timedelta
from typing import Any

import pytest

from fedcoop.actions.members import registrar
from fedcoop.actions.motions import opening
from fedcoop.actions.motions.motion import annul_motion, withdraw_motion
from fedcoop.federation.publish.opening import open_motion
from fedcoop.governance.members.member import Member, MemberStatus
from fedcoop.governance.motions.motion import Motion, MotionState
from fedcoop.governance.proposals.proposal import ProposalState
from fedcoop.governance.rolls.roll import roll_hash, roll_lines
from fedcoop.kernel.errors import BallotRefused, NotFound
from fedcoop.queries.motions.rolls import roll_view
from fedcoop.storage import tables as t
from fedcoop.storage.motions.rolls import Rolls
from tests.actions.coop import ask, join, rows, run_timers, vote
from tests.conftest import Instance

NAMES = ("ilse", "tomasz", "noor", "bilal", "amara", "chika", "lou")


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture
async def members(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> list[Member]:
    """A co-op that is larger than what one unit may write."""
    found = await join(instance.units, *NAMES)
    instance.clock.advance(timedelta(days=1))
    monkeypatch.setattr(opening, "MOST_AT_ONCE", 3)
    monkeypatch.setattr(opening, "PART", 2)
    return found


async def _now(instance: Instance, motion: Motion) -> Motion:
    return await instance.units.read(lambda uow: uow.motions.get(motion.id))


def _dies_after(instance: Instance, monkeypatch: pytest.MonkeyPatch, units: int) -> None:
    """The process dies once so many units of the opening are through."""
    write, done = instance.units.write, [0]

    async def dying(action: Any, *args: Any, **kwargs: Any) -> Any:
        if done[0] == units:
            raise Killed
        done[0] += 1
        return await write(action, *args, **kwargs)

    monkeypatch.setattr(type(instance.units), "write", lambda self, *args, **kwargs: dying(*args, **kwargs))


async def test_a_large_roll_is_written_in_parts_and_equals_the_one_made_at_once(
    instance: Instance, members: list[Member], monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []
    put_many = Rolls.put_many
    monkeypatch.setattr(Rolls, "put_many", lambda self, found: written.append(len(found)) or put_many(self, found))
    motion = await ask(instance, members[0])
    assert motion.state is MotionState.SCHEDULED
    await run_timers(instance)
    opened = await _now(instance, motion)
    assert written == [2, 2, 2, 1]
    assert (opened.state, opened.eligible) == (MotionState.OPEN, len(NAMES))

    monkeypatch.setattr(opening, "MOST_AT_ONCE", 100)
    at_once = await instance.units.read(lambda uow: opening._frozen(uow, opened))
    stored = await instance.units.read(lambda uow: uow.motions.roll(motion.id))
    assert (tuple(stored), opened.roll_hash) == (at_once.entries, at_once.roll_hash)
    assert opened.roll_hash == roll_hash(roll_lines(stored))
    log = await instance.units.read(lambda uow: uow.motions.log(motion.id))
    assert [entry.n for entry in log] == [1]
    assert opened.roll_hash in log[0].entry
    proposal = await instance.units.read(lambda uow: uow.motions.get_proposal(motion.proposal_id))
    assert proposal.state is ProposalState.VOTING
    assert await vote(instance, members[3], opened, "for")


async def test_a_small_co_op_opens_in_the_unit_that_asks(
    instance: Instance, members: list[Member], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "MOST_AT_ONCE", len(NAMES))
    motion = await ask(instance, members[0])
    assert (motion.state, motion.eligible) == (MotionState.OPEN, len(NAMES))


@pytest.mark.parametrize("units", range(5))
async def test_an_opening_that_is_killed_between_any_two_parts_goes_on_by_itself(
    instance: Instance, members: list[Member], units: int
) -> None:
    motion = await ask(instance, members[0])
    with pytest.MonkeyPatch.context() as dying:
        _dies_after(instance, dying, units)
        with pytest.raises(Killed):
            await open_motion(instance.units, str(motion.id))
    assert (await _now(instance, motion)).state is MotionState.SCHEDULED
    assert len(await rows(instance, t.roll_entries)) == min(2 * units, len(NAMES))
    with pytest.raises(NotFound):
        await instance.units.read(roll_view, uuid=motion.uuid, member=members[0], words="", page=1)
    with pytest.raises(BallotRefused):
        await vote(instance, members[0], motion, "for")

    await run_timers(instance)
    opened = await _now(instance, motion)
    assert (opened.state, opened.eligible) == (MotionState.OPEN, len(NAMES))
    assert len(await rows(instance, t.roll_entries)) == len(NAMES)
    await open_motion(instance.units, str(motion.id))
    assert await _now(instance, motion) == opened


async def test_who_joins_or_leaves_meanwhile_is_judged_by_the_instant_of_opening(
    instance: Instance, members: list[Member]
) -> None:
    motion = await ask(instance, members[0])
    with pytest.MonkeyPatch.context() as dying:
        _dies_after(instance, dying, 2)
        with pytest.raises(Killed):
            await open_motion(instance.units, str(motion.id))
    instance.clock.advance(timedelta(seconds=1))
    late = (await join(instance.units, "zoe"))[0]
    gone = members[-1]
    await instance.units.write(registrar.end, gone, status=MemberStatus.LEFT, who="test", reason="Moved away.")
    await run_timers(instance)
    on_roll = {entry.member_id for entry in await instance.units.read(lambda uow: uow.motions.roll(motion.id))}
    assert on_roll == {member.id for member in members}
    assert late.id not in on_roll


async def test_an_opening_that_is_withdrawn_meanwhile_leaves_no_roll(instance: Instance, members: list[Member]) -> None:
    motion = await ask(instance, members[0], opens_at=instance.clock.now() + timedelta(hours=1))
    instance.clock.advance(timedelta(hours=1))
    with pytest.MonkeyPatch.context() as dying:
        _dies_after(instance, dying, 2)
        with pytest.raises(Killed):
            await open_motion(instance.units, str(motion.id))
    await instance.units.write(withdraw_motion, by=members[0].id, motion_id=motion.id)
    await open_motion(instance.units, str(motion.id))
    assert (await _now(instance, motion)).state is MotionState.WITHDRAWN
    assert await rows(instance, t.roll_entries) == []


async def test_a_part_that_comes_late_changes_no_roll_that_stands(instance: Instance, members: list[Member]) -> None:
    motion = await ask(instance, members[0])
    await run_timers(instance)
    everybody = tuple(member.id for member in members)
    await instance.units.write(opening.store_part, str(motion.id), opening.Part(drop=everybody))
    assert len(await rows(instance, t.roll_entries)) == len(NAMES)
    await instance.units.write(annul_motion, by=None, motion_id=motion.id, reason="Wrong text.")
    await open_motion(instance.units, str(motion.id))
    assert len(await rows(instance, t.roll_entries)) == len(NAMES)


async def test_a_motion_is_not_opened_with_a_part_of_its_roll(instance: Instance, members: list[Member]) -> None:
    motion = await ask(instance, members[0])
    key = str(motion.id)
    frozen = await instance.units.read(opening.roll_to_write, key)
    assert frozen is not None
    await instance.units.write(opening.store_part, key, opening.Part(put=frozen.entries[:-1]))
    with pytest.raises(RuntimeError, match="not stored whole"):
        await instance.units.write(opening.open_with, key, frozen)
    await instance.units.write(opening.store_part, key, opening.Part(put=frozen.entries[-1:]))
    await instance.units.write(opening.open_with, key, frozen)
    assert (await _now(instance, motion)).state is MotionState.OPEN
