"""The registrar's work: statuses, classes, groups, arrears, and two numbers that are one person (governance.md 3, 15)."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from fedcoop.actions.members.merging import merge_members
from fedcoop.actions.members.registrar import change_status, join_group, save_class, save_group, set_arrears, set_class
from fedcoop.governance.members.classes import Group, MemberClass
from fedcoop.governance.members.member import MemberStatus
from fedcoop.governance.motions.motion import MotionState
from fedcoop.governance.motions.settings import settings_to_json
from fedcoop.kernel.errors import BallotRefused, Conflict, FedcoopError, Invalid, NotFound
from fedcoop.storage import tables as t
from fedcoop.storage.unit_of_work import UnitOfWork
from tests.actions.coop import ask, audited, join, rows, sent, vote
from tests.actions.motions.test_rolls import decided, log_of, motion_now, on_roll
from tests.conftest import Instance

S = MemberStatus


async def test_a_status_is_set_by_the_steps_of_a_membership_only(instance: Instance) -> None:
    _, ben = await join(instance.units, "ada", "ben")
    instance.clock.advance(timedelta(days=1))
    for to, before in ((S.SUSPENDED, S.FULL), (S.FULL, S.SUSPENDED), (S.LEAVING, S.FULL), (S.LEFT, S.LEAVING)):
        now = await instance.units.read(lambda uow: uow.members.get(ben.id))
        assert now.status is before
        changed = await instance.units.write(change_status, member_id=ben.id, status=to, who="test", reason="so")
        assert changed.status is to
        instance.clock.advance(timedelta(days=1))
    for to in (S.FULL, S.SUSPENDED, S.LEFT, S.APPLIED):
        with pytest.raises(Conflict) as refused:
            await instance.units.write(change_status, member_id=ben.id, status=to, who="test", reason="so")
        assert refused.value.code == "status-step"
    with pytest.raises(Invalid) as why:
        await instance.units.write(change_status, member_id=ben.id, status=S.FULL, who="test", reason=" ")
    assert why.value.code == "reason-empty"
    changes = [row.status for row in await rows(instance, t.member_changes) if row.member_id == ben.id]
    assert changes == ["full", "suspended", "full", "leaving", "left"]


async def test_classes_are_kept_once_and_members_move_between_them(instance: Instance) -> None:
    ada, _ = await join(instance.units, "ada", "ben")
    workers = MemberClass("worker", "Workers")
    await instance.units.write(save_class, item=workers, who="test", new=True)
    for item, new, code in (
        (workers, True, "class-exists"),
        (MemberClass("user", "Users"), False, "class-unknown"),
        (replace(workers, weight=2), False, "class-reference"),
    ):
        with pytest.raises(FedcoopError) as refused:
            await instance.units.write(save_class, item=item, who="test", new=new)
        assert refused.value.code == code
    await instance.units.write(save_class, item=replace(workers, weight=2, reference="12"), who="test")
    await instance.units.write(set_class, member_id=ada.id, name="worker", who="test")
    for name, code in (("worker", "class-same"), ("user", "class-unknown")):
        with pytest.raises((Conflict, NotFound)) as wrong:
            await instance.units.write(set_class, member_id=ada.id, name=name, who="test")
        assert wrong.value.code == code
    assert await instance.units.read(lambda uow: uow.classes.numbers()) == {"member": 1, "worker": 1}
    kept = await instance.units.read(lambda uow: uow.classes.all())
    assert [(item.name, item.weight) for item in kept] == [("member", 1), ("worker", 2)]


async def test_arrears_begin_on_a_day_that_has_come(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    now = instance.clock.now()
    await instance.units.write(set_arrears, member_id=ada.id, since=now, who="test")
    with pytest.raises(Invalid) as refused:
        await instance.units.write(set_arrears, member_id=ada.id, since=now + timedelta(1), who="test")
    assert refused.value.code == "arrears-future"
    assert (await instance.units.read(lambda uow: uow.members.get(ada.id))).arrears_since == now
    await instance.units.write(set_arrears, member_id=ada.id, since=None, who="test")
    assert (await instance.units.read(lambda uow: uow.members.get(ada.id))).arrears_since is None


async def test_of_two_numbers_of_one_person_the_kept_one_votes(instance: Instance) -> None:
    ada, ben, twin = await join(instance.units, "ada", "ben", "twin")
    both, only = await ask(instance, ada, settings={"quorum": "0"}), await ask(instance, ada, settings={"quorum": "0"})
    neither = await ask(instance, ada, settings={"quorum": "0"})
    await vote(instance, ben, both, "for")
    instance.clock.advance(timedelta(hours=1))
    await vote(instance, twin, both, "against")
    given = await vote(instance, twin, only, "against", reason="Too dear.")
    await instance.units.write(save_group, item=Group("board", "The board"), who="test")
    await instance.units.write(join_group, group="board", member_id=twin.id, who="test")
    done = await instance.units.write(merge_members, keep=ben.id, drop=twin.id, who="test", reason="one birthday")
    assert done.motions == {both.url: "own-stands", only.url: "moves", neither.url: "own-stands"}
    dropped = await instance.units.read(lambda uow: uow.members.get(twin.id))
    assert (dropped.status, dropped.merged_into, dropped.number) == (S.CEASED, ben.id, 3)
    assert await instance.units.read(lambda uow: uow.classes.groups_of(ben.id)) == {"board"}
    assert await instance.units.read(lambda uow: uow.classes.groups_of(twin.id)) == set()
    moved = await instance.units.read(lambda uow: uow.motions.ballot_of(only.id, ben.id))
    assert moved is not None
    assert (moved.choice, moved.reason, moved.received_at) == (given.choice, given.reason, given.received_at)
    assert [
        (entry["kind"], entry["eligible"]) for entry in await log_of(instance, both) if entry["type"] == "roll"
    ] == [("merge", 2)]
    assert len(await audited(instance, "ballot-dropped")) == 2
    with pytest.raises(BallotRefused):
        await vote(instance, twin, neither, "for")
    assert len(await sent(instance, "Update")) == 3
    document = json.loads(await decided(instance, both))
    assert (document["tally"]["counts"]["for"], document["tally"]["counts"]["against"]) == (1, 0)
    export = await instance.units.read(lambda uow: uow.exports.of(only.id))
    assert json.loads(export or "")["tally"]["counts"]["against"] == 1


async def test_a_row_goes_to_the_kept_number_where_only_the_other_was_there_in_time(instance: Instance) -> None:
    ada, twin = await join(instance.units, "ada", "twin")
    motion = await ask(instance, ada, settings={"quorum": "0"})
    await vote(instance, twin, motion, "for")
    (ben,) = await join(instance.units, "ben")
    await instance.units.write(merge_members, keep=ben.id, drop=twin.id, who="test", reason="one birthday")
    assert await on_roll(instance, motion) == {"ada": 1, "ben": 1}
    assert (await motion_now(instance, motion)).eligible == 2
    assert json.loads(await decided(instance, motion))["tally"]["counts"]["for"] == 1


async def test_a_secret_vote_with_a_voter_in_it_twice_is_annulled(instance: Instance) -> None:
    ada, ben, twin = await join(instance.units, "ada", "ben", "twin")
    motion = await ask(instance, ada)
    await vote(instance, ben, motion, "for")
    await vote(instance, twin, motion, "for")

    def make_secret(uow: UnitOfWork) -> None:
        secret = json.dumps({**settings_to_json(motion.settings), "secrecy": "secret"})
        uow.conn.execute(update(t.motions).where(t.motions.c.id == motion.id).values(settings=secret))

    await instance.units.write(make_secret)
    await instance.units.write(merge_members, keep=ben.id, drop=twin.id, who="test", reason="one birthday")
    assert (await motion_now(instance, motion)).state is MotionState.ANNULLED


async def test_a_merge_that_makes_no_sense_is_refused(instance: Instance) -> None:
    _, ben, twin = await join(instance.units, "ada", "ben", "twin")
    for keep, drop, reason, code in (
        (ben, ben, "so", "merge-same"),
        (ben, twin, " ", "reason-empty"),
    ):
        with pytest.raises(FedcoopError) as refused:
            await instance.units.write(merge_members, keep=keep.id, drop=drop.id, who="test", reason=reason)
        assert refused.value.code == code
    await instance.units.write(merge_members, keep=ben.id, drop=twin.id, who="test", reason="so")
    for keep, drop in ((ben, twin), (twin, ben)):
        with pytest.raises(Conflict) as again:
            await instance.units.write(merge_members, keep=keep.id, drop=drop.id, who="test", reason="so")
        assert again.value.code == "merge-gone"


async def test_a_member_who_left_before_is_linked_too(instance: Instance) -> None:
    _, ben, twin = await join(instance.units, "ada", "ben", "twin")
    await instance.units.write(change_status, member_id=twin.id, status=S.LEFT, who="test", reason="moved")
    await instance.units.write(merge_members, keep=ben.id, drop=twin.id, who="test", reason="came back as ben")
    found = await instance.units.read(lambda uow: uow.members.get(twin.id))
    assert (found.status, found.merged_into) == (S.LEFT, ben.id)
