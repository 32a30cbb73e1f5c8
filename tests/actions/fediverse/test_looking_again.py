"""Looks at polls elsewhere in both databases: planned with the poll, claimed once, forgotten with it."""

from datetime import timedelta
from typing import Any

from fedcoop.actions.fediverse import looks
from fedcoop.actions.fediverse.mirrors import mirror_motion
from fedcoop.actions.fediverse.remote import delete_actor
from fedcoop.federation.inbox.seen import seen_motion
from fedcoop.kernel.clock import rfc3339
from fedcoop.storage.records import Actor, RemoteMotion
from tests.actions.coop import know
from tests.actions.fediverse.test_voting_from_afar import asked
from tests.conftest import Instance


async def mirror(instance: Instance, author: Actor, number: int, minutes: int, **members: Any) -> RemoteMotion:
    """A poll of the author's that ends so many minutes from now."""
    ends = rfc3339(instance.clock.now() + timedelta(minutes=minutes))
    seen = seen_motion(asked(author, "Tea", "Milk", id=f"{author.uri}/polls/{number}", endTime=ends, **members))
    found = await instance.units.write(mirror_motion, author=author, seen=seen)
    assert found is not None
    return found


async def claim(instance: Instance, limit: int = 10) -> list[str]:
    return [due.uri for due in await instance.units.write(looks.claim, limit=limit)]


async def test_a_look_is_claimed_once_by_one_and_again_when_that_one_died(instance: Instance) -> None:
    ben = await know(instance, "ben", kind="Person")
    soon, later = await mirror(instance, ben, 1, 4), await mirror(instance, ben, 2, 60)
    assert await claim(instance) == []
    instance.clock.advance(timedelta(minutes=3))
    assert await claim(instance) == [soon.uri]
    assert await claim(instance) == []
    instance.clock.advance(looks.LEASE)
    assert await claim(instance) == [soon.uri]
    await instance.units.write(looks.looked, soon.id)
    instance.clock.advance(timedelta(minutes=54))
    assert await claim(instance, limit=1) == [soon.uri]
    assert await claim(instance, limit=1) == [later.uri]


async def test_the_next_look_is_known_and_nobody_looks_at_what_was_taken_back(instance: Instance) -> None:
    ben, eve = await know(instance, "ben", kind="Person"), await know(instance, "eve", kind="Person")
    await mirror(instance, ben, 1, 10)
    stays = await mirror(instance, eve, 1, 20)
    first, second = await due_at(instance), instance.clock.now() + timedelta(minutes=18)
    assert first is not None
    assert first < second
    await instance.units.write(delete_actor, ben)
    instance.clock.advance(timedelta(minutes=10))
    assert await claim(instance) == []
    after = await due_at(instance)
    assert after is not None
    assert second <= after <= second + timedelta(minutes=1)
    instance.clock.advance(timedelta(minutes=20))
    assert await claim(instance) == [stays.uri]


async def due_at(instance: Instance) -> Any:
    return await instance.units.read(lambda uow: uow.looks.next_due())


async def test_a_reader_is_heard_once_a_minute(instance: Instance) -> None:
    ben = await know(instance, "ben", kind="Person")
    motion = await mirror(instance, ben, 1, 600)
    told = []
    for seconds in (0, 59, 1, 30, 30, 60):
        instance.clock.advance(timedelta(seconds=seconds))
        told.append(await instance.units.write(looks.ask_anew, motion.id))
    assert told == [False, False, True, False, True, True]
    await instance.units.write(delete_actor, ben)
    instance.clock.advance(timedelta(minutes=2))
    assert not await instance.units.write(looks.ask_anew, motion.id)
    assert await claim(instance) == []
