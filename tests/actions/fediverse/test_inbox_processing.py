"""Stored activities become effects once, on both databases, also when two processes take from one queue."""

import asyncio
import json
from collections import Counter
from datetime import timedelta
from typing import Any, cast

from sqlalchemy import func, select

from fedcoop.actions.fediverse.remote import SeenActor, remember_actor
from fedcoop.federation.inbox.contract import Remote, digest_of
from fedcoop.federation.inbox.process import InboxProcessor
from fedcoop.federation.inbox.replays import Keys
from fedcoop.federation.server.inboxes import accept_inbound
from fedcoop.governance.motions.motion import Motion, Option
from fedcoop.kernel.ids import ActorId
from fedcoop.storage import tables as t
from fedcoop.storage.records import Inbound, Link
from fedcoop.storage.unit_of_work import UnitOfWork
from tests.actions.coop import ask, join, run_timers
from tests.conftest import Instance

AS = "https://www.w3.org/ns/activitystreams"
OPTIONS = (Option("a", "Rye"), Option("b", "Wheat"), Option("c", "Spelt"))


def uri_of(number: int) -> str:
    return f"https://far.example/users/u{number}"


async def linked_members(instance: Instance, number: int) -> None:
    members = await join(instance.units, *(f"m{n}" for n in range(number)))

    def link(uow: UnitOfWork) -> None:
        for n, member in enumerate(members):
            uri = uri_of(n)
            actor = remember_actor(
                uow, SeenActor(uri, "Person", f"u{n}", "", "", uri, f"{uri}/inbox", "", "", "", {}, ())
            )
            uow.members.put_link(Link(uow.new_id(), member.id, ActorId(actor.id), "active", "", "", uow.now, uow.now))

    await instance.units.write(link)


async def receive(instance: Instance, motion: Motion, number: int, name: str, turn: int) -> bool:
    uri, vote = uri_of(number), f"{uri_of(number)}#votes/{turn}"
    note = {"id": vote, "type": "Note", "attributedTo": uri, "inReplyTo": motion.url, "name": name}
    activity = {"@context": AS, "id": f"{vote}/activity", "type": "Create", "actor": uri, "object": note}
    now = instance.clock.now()
    row = Inbound(0, uri, json.dumps(activity).encode(), "signature", now, now, 0)
    return await instance.units.write(accept_inbound, row, Keys(digest_of(activity["id"])), None)


def processor(instance: Instance) -> InboxProcessor:
    return InboxProcessor(instance.units, cast(Remote, None))  # votes need nothing from the network


async def choices(instance: Instance, motion: Motion) -> Counter[tuple[str, ...]]:
    ballots = await instance.units.read(lambda uow: uow.motions.ballots(motion.id))
    return Counter(ballot.choice for ballot in ballots)


async def test_two_processes_on_one_queue_count_every_vote_once(instance: Instance) -> None:
    await linked_members(instance, 60)
    first = (await instance.units.read(lambda uow: uow.members.all()))[0]
    motion = await ask(instance, first)
    for number in range(60):
        assert await receive(instance, motion, number, "For", 1)
        assert await receive(instance, motion, number, "Against", 2)
    assert not await receive(instance, motion, 0, "For", 1)
    await asyncio.gather(processor(instance).drain(), processor(instance).drain(), processor(instance).drain())
    assert sum((await choices(instance, motion)).values()) == 60

    def rows(uow: UnitOfWork) -> tuple[Any, ...]:
        votes = uow.conn.execute(select(func.count()).select_from(t.votes)).scalar_one()
        waiting = uow.conn.execute(select(func.count()).select_from(t.inbound)).scalar_one()
        return votes, waiting, len(uow.motions.log(motion.id))

    assert await instance.units.read(rows) == (120, 0, 121)


async def test_approval_marks_of_one_account_add_up_in_any_order(instance: Instance) -> None:
    await linked_members(instance, 20)
    first = (await instance.units.read(lambda uow: uow.members.all()))[0]
    motion = await ask(instance, first, method="approval", options=OPTIONS)
    for number in range(20):
        names = ("Rye", "Spelt") if number % 2 else ("Spelt", "Rye")
        for turn, name in enumerate(names):
            await receive(instance, motion, number, name, turn)
    await processor(instance).drain()
    assert await choices(instance, motion) == {("a", "c"): 20}


async def test_votes_of_the_last_moment_wait_in_the_queue_and_the_close_waits_for_them(instance: Instance) -> None:
    await linked_members(instance, 12)
    first = (await instance.units.read(lambda uow: uow.members.all()))[0]
    motion = await ask(instance, first)
    instance.clock.advance(motion.closes_at - instance.clock.now() - timedelta(seconds=1))
    for number in range(12):
        await receive(instance, motion, number, "For", 1)
    instance.clock.advance(timedelta(hours=3))
    await run_timers(instance)
    assert await instance.units.read(lambda uow: uow.motions.outcome_of(motion.id)) is None
    await processor(instance).drain()
    instance.clock.advance(timedelta(seconds=2))
    await run_timers(instance)
    outcome = await instance.units.read(lambda uow: uow.motions.outcome_of(motion.id))
    assert outcome is not None
    assert outcome.tally["counts"]["for"] == 12
