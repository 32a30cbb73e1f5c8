"""A candidate who withdraws from an open vote leaves every ballot, and the recount from the file agrees."""

from datetime import timedelta

import pytest

from fedcoop.actions.motions.candidacy import withdraw_option
from fedcoop.federation.publish.recounts import verify
from fedcoop.governance.motions.motion import Motion, Option
from fedcoop.governance.proof.recount import recount
from fedcoop.kernel.errors import MotionRefused, NotAllowed
from fedcoop.queries.motions.ballot_files import blt_file
from tests.actions.coop import ask, join, run_timers, vote
from tests.conftest import Instance

PEOPLE = [Option("a", "Amara"), Option("b", "Bilal"), Option("c", "Chidi"), Option("r", "Re-open nominations")]


async def _election(instance: Instance) -> tuple[list, Motion]:  # type: ignore[type-arg]
    members = await join(instance.units, "ada", "ben", "cy")
    motion = await ask(instance, members[0], method="stv_scottish", options=PEOPLE, settings={"seats": "1", "ron": "r"})
    for member, ranking in zip(members, (["a", "b"], ["a", "b"], ["c"]), strict=True):
        await vote(instance, member, motion, *ranking)
    return members, motion


async def test_ballots_move_up_when_a_candidate_withdraws_after_the_opening(instance: Instance) -> None:
    (ada, *_), motion = await _election(instance)
    await instance.units.write(withdraw_option, by=ada.id, motion_id=motion.id, key="a", reason="Moves away.")
    instance.clock.advance(timedelta(days=8))
    await run_timers(instance)
    row = await instance.units.read(lambda uow: uow.motions.outcome_of(motion.id))
    export = await instance.units.read(lambda uow: uow.exports.of(motion.id))
    assert row is not None
    assert export is not None
    assert (row.code, row.outcome["winners"]) == ("elected", ["b"])
    assert row.outcome["notes"] == ["Amara withdrew and is in no figure."]
    again = recount(export.encode(), verify)
    assert again.outcome.winners == ("b",)
    text = await instance.units.read(blt_file, uuid=motion.uuid)
    assert text.startswith("4 1\n-1\n")


@pytest.mark.parametrize(
    ("key", "reason", "code"),
    [("z", "Why not.", "option"), ("r", "Why not.", "option"), ("a", " ", "reason"), ("b", "Again.", "option")],
)
async def test_what_cannot_withdraw_is_refused(instance: Instance, key: str, reason: str, code: str) -> None:
    (ada, *_), motion = await _election(instance)
    await instance.units.write(withdraw_option, by=ada.id, motion_id=motion.id, key="b", reason="Moves away.")
    with pytest.raises(MotionRefused) as refused:
        await instance.units.write(withdraw_option, by=ada.id, motion_id=motion.id, key=key, reason=reason)
    assert refused.value.code == code


async def test_the_last_one_who_stands_stays_and_others_may_not_withdraw_anybody(instance: Instance) -> None:
    (ada, ben, _), motion = await _election(instance)
    with pytest.raises(NotAllowed):
        await instance.units.write(withdraw_option, by=ben.id, motion_id=motion.id, key="b", reason="Moves away.")
    for key in ("b", "c"):
        await instance.units.write(withdraw_option, by=None, motion_id=motion.id, key=key, reason="Moves away.")
    with pytest.raises(MotionRefused) as refused:
        await instance.units.write(withdraw_option, by=ada.id, motion_id=motion.id, key="a", reason="Moves away.")
    assert refused.value.code == "withdraw-last"


async def test_nobody_withdraws_from_another_kind_of_vote_or_after_its_end(instance: Instance) -> None:
    (ada, *_), motion = await _election(instance)
    other = await ask(instance, ada)
    with pytest.raises(MotionRefused) as refused:
        await instance.units.write(withdraw_option, by=ada.id, motion_id=other.id, key="for", reason="Why not.")
    assert refused.value.code == "withdraw-method"
    instance.clock.advance(timedelta(days=8))
    await run_timers(instance)
    with pytest.raises(MotionRefused) as late:
        await instance.units.write(withdraw_option, by=ada.id, motion_id=motion.id, key="a", reason="Moves away.")
    assert late.value.code == "motion-state"
