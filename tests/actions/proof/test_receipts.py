"""A counted ballot is found by the leaf on its receipt, in the same steps however many voted (governance.md 5.2)."""

from sqlalchemy import update

from fedcoop.governance.motions.ballots import Ballot
from fedcoop.governance.motions.motion import Motion, MotionState
from fedcoop.governance.proof import secrecy
from fedcoop.queries.motions.motion import find_counted
from fedcoop.storage import tables as t
from tests import crowd
from tests.actions.coop import ask, join, vote
from tests.conftest import Instance


def receipt(ballot: Ballot, motion: Motion) -> str:
    return secrecy.leaf(secrecy.box_ballot(ballot, motion.url)).hex()


async def _decided(instance: Instance, motion: Motion) -> None:
    state = MotionState.DECIDED.value
    await instance.units.write(
        lambda uow: uow.conn.execute(update(t.motions).where(t.motions.c.id == motion.id).values(state=state))
    )


async def test_the_last_ballot_of_a_voter_is_found_and_none_that_it_replaced(instance: Instance) -> None:
    ada, ben = await join(instance.units, "ada", "ben")
    motion, other = await ask(instance, ada), await ask(instance, ada, title="Another")
    first = await vote(instance, ben, motion, "for")
    last = await vote(instance, ben, motion, "against")
    found = {"motion_id": motion.id, "leaf": receipt(last, motion)}
    assert await instance.units.read(find_counted, **found) is None  # nothing is counted yet
    await _decided(instance, motion)
    await _decided(instance, other)
    assert await instance.units.read(find_counted, **found) == ("against",)
    assert await instance.units.read(find_counted, motion_id=motion.id, leaf=receipt(first, motion)) is None
    assert await instance.units.read(find_counted, motion_id=other.id, leaf=found["leaf"]) is None


async def test_a_ballot_that_was_changed_behind_our_back_is_not_that_of_its_receipt(instance: Instance) -> None:
    ada, ben = await join(instance.units, "ada", "ben")
    motion = await ask(instance, ada)
    kept, changed = await vote(instance, ada, motion, "for"), await vote(instance, ben, motion, "for")
    await _decided(instance, motion)
    forged = update(t.ballots).where(t.ballots.c.id == changed.id).values(choice='["against"]')
    await instance.units.write(lambda uow: uow.conn.execute(forged))
    assert await instance.units.read(find_counted, motion_id=motion.id, leaf=receipt(kept, motion)) == ("for",)
    assert await instance.units.read(find_counted, motion_id=motion.id, leaf=receipt(changed, motion)) is None


async def test_a_receipt_is_found_in_the_same_steps_with_four_times_the_ballots(
    coop: Instance, larger: Instance
) -> None:
    costs = []
    for one, members in ((coop, 100), (larger, 400)):
        own = (await join(one.units, "ilse"))[0]
        await crowd.gather(one, members)
        motion = await ask(one, own)
        await crowd.vote(one, motion, members)
        await _decided(one, motion)
        ballot = (await one.units.read(lambda uow, motion=motion: uow.motions.ballots(motion.id)))[members // 2]
        for leaf, wanted in ((receipt(ballot, motion), ("for",)), ("0" * 64, None)):
            steps, found = await crowd.steps(one, find_counted, motion_id=motion.id, leaf=leaf)
            assert found == wanted
            costs.append(steps)
    assert max(costs[2:]) <= 1.3 * max(costs[:2])
