"""Heartbeat, outages and visits as rows, on both makes of database (federation.md 14, 18)."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from fedcoop.actions.fediverse import visits
from fedcoop.actions.fediverse.outages import DOOR, beat
from fedcoop.actions.fediverse.peers import block, partner, say_last_words
from fedcoop.actions.members.member import link_by_operator
from fedcoop.governance.members.member import Member
from fedcoop.kernel.ids import ActorId
from fedcoop.queries.fediverse.linked import linked_news, links_of
from fedcoop.queries.instance.outages import last_outage
from fedcoop.storage import tables as t
from fedcoop.storage.fediverse.visits import Visit
from fedcoop.storage.records import Actor
from fedcoop.storage.unit_of_work import UnitOfWork
from tests.actions.coop import ask, audited, follow, join, know, rows, run_timers, seen, sent
from tests.conftest import Instance

HOUR = timedelta(hours=1)


async def link(instance: Instance, member: Member, actor: Actor) -> None:
    await instance.units.write(link_by_operator, member_id=member.id, actor=actor, handle=actor.handle)


async def away(instance: Instance, **length: int) -> None:
    await instance.units.write(beat)
    instance.clock.advance(timedelta(**length))
    await instance.units.write(beat)


async def claim(instance: Instance, busy: Sequence[str] = (), limit: int = 10) -> list[Visit]:
    def run(uow: UnitOfWork) -> list[Visit]:
        return uow.visits.claim(uow.now, limit=limit, lease=HOUR, busy=busy)

    return await instance.units.write(run)


async def test_of_several_processes_that_come_back_only_one_notes_the_outage(instance: Instance) -> None:
    await instance.units.write(beat)
    instance.clock.advance(timedelta(minutes=5))
    found = await asyncio.gather(*(instance.units.write(beat) for _ in range(8)))
    assert len([outage for outage in found if outage is not None]) == 1
    assert len(await rows(instance, t.outages)) == 1
    assert await instance.units.read(lambda uow: uow.outages.last_beat(DOOR)) == instance.clock.now()


async def test_those_we_follow_partners_and_linked_accounts_are_to_be_looked_at_after_an_outage(
    instance: Instance,
) -> None:
    (ana,) = await join(instance.units, "ana")
    actors = {name: await know(instance, name) for name in ("linked", "partner", "follower", "gone", "stranger")}
    await link(instance, ana, actors["linked"])
    await instance.units.write(partner, actor_uri=actors["partner"].uri)
    await follow(instance, actors["follower"])
    await instance.units.write(partner, actor_uri=actors["gone"].uri)
    await instance.units.write(lambda uow: uow.actors.mark_gone(actors["gone"].id, uow.now))
    await away(instance, minutes=5)
    await run_timers(instance)
    planned = await rows(instance, t.visits)
    assert {row.actor_id for row in planned} == {actors["linked"].id, actors["partner"].id}
    assert {row.since for row in planned} == {instance.clock.now() - timedelta(minutes=5)}
    last = await instance.units.read(last_outage)
    assert last is not None
    assert (last.told, last.to_look_at) == (0, 2)


async def test_a_second_outage_looks_back_to_the_first_one_that_was_not_looked_after(instance: Instance) -> None:
    other = await know(instance, "partner")
    await instance.units.write(partner, actor_uri=other.uri)
    began = instance.clock.now()
    for _ in range(2):
        await away(instance, minutes=5)
        await run_timers(instance)
    (planned,) = await rows(instance, t.visits)
    assert planned.since == began


async def test_so_many_actors_are_planned_in_parts(instance: Instance, monkeypatch) -> None:
    monkeypatch.setattr(visits, "LOOKED_AT_ONCE", 2)
    for number in range(5):
        found = await know(instance, f"p{number}")
        await instance.units.write(partner, actor_uri=found.uri)
    await away(instance, minutes=5)
    for expected in (2, 4, 5):
        await run_timers(instance)
        assert len(await rows(instance, t.visits)) == expected
        instance.clock.advance(timedelta(minutes=1))


def plan(actor_id: ActorId, **values: object):
    def run(uow: UnitOfWork) -> None:
        uow.visits.add([{"kind": "actor", "actor_id": actor_id, "due_at": uow.now, **values}])

    return run


async def test_a_claimed_visit_is_nobody_elses_until_its_lease_runs_out(instance: Instance) -> None:
    one, two = await know(instance, "one"), await know(instance, "two", host="near.example")
    for actor in (one, two):
        await instance.units.write(plan(actor.id))
    assert [visit.actor_id for visit in await claim(instance, busy=[one.origin])] == [two.id]
    assert [visit.actor_id for visit in await claim(instance)] == [one.id]
    assert await claim(instance) == []
    instance.clock.advance(2 * HOUR)
    assert len(await claim(instance)) == 2


async def test_a_server_that_does_not_answer_is_left_alone_and_others_are_not(instance: Instance) -> None:
    one, two, far = (
        await know(instance, "one"),
        await know(instance, "two"),
        await know(instance, "x", host="y.example"),
    )
    for actor in (one, two, far):
        await instance.units.write(plan(actor.id))
    (visit,) = await claim(instance, limit=1)
    await instance.units.write(visits.not_found, visit, error="timeout", unreachable=True)
    left = await claim(instance)
    assert [found.actor_id for found in left] == [found.id for found in (far,) if found.id != visit.actor_id]
    by_id = {row.actor_id: row for row in await rows(instance, t.visits)}
    assert by_id[visit.actor_id].failing_since == instance.clock.now()
    assert by_id[visit.actor_id].last_error == "timeout"


async def test_a_visit_planned_anew_while_it_is_made_is_not_settled_by_the_old_one(instance: Instance) -> None:
    other = await know(instance, "partner")
    await instance.units.write(partner, actor_uri=other.uri)
    await away(instance, minutes=5)
    await run_timers(instance)
    instance.clock.advance(timedelta(minutes=1))
    (visit,) = await claim(instance)
    await away(instance, minutes=5)
    await run_timers(instance)
    await instance.units.write(visits.needless, visit)
    assert len(await rows(instance, t.visits)) == 1


async def test_a_linked_account_has_its_time_of_the_day_and_news_of_it_are_found(instance: Instance) -> None:
    (ana,) = await join(instance.units, "ana")
    actor = await know(instance, "ana")
    await link(instance, ana, actor)
    assert await instance.units.write(visits.plan) is False
    assert await instance.units.write(visits.plan) is False
    instance.clock.advance(timedelta(days=1))
    (visit,) = await claim(instance)
    await instance.units.write(
        visits.found_actor, visit, seen=seen("ana", handle="anna@far.example", moved_to="https://b.example/u")
    )
    (found,) = await instance.units.read(links_of, member=ana)
    assert (found.handle, found.former, found.moved_to) == (
        "anna@far.example",
        "ana@far.example",
        "https://b.example/u",
    )
    assert len(await instance.units.read(linked_news)) == 1
    (planned,) = await rows(instance, t.visits)
    assert timedelta(hours=22) <= planned.due_at - instance.clock.now() <= timedelta(hours=24)
    assert [row.details["after"] for row in await audited(instance, "link-renamed")] == ["anna@far.example"]


async def test_members_without_a_ballot_are_found_on_both_databases(instance: Instance) -> None:
    ana, ben = await join(instance.units, "ana", "ben")
    for member in (ana, ben):
        await link(instance, member, await know(instance, member.name))
    await ask(instance, ana)
    await away(instance, minutes=5)
    await run_timers(instance)
    told = [activity for activity in await sent(instance, "Create") if "We were away" in str(activity)]
    assert sorted(activity["to"][0] for activity in told) == [
        "https://far.example/users/ana",
        "https://far.example/users/ben",
    ]


async def test_a_blocked_server_is_parted_from_on_both_databases(instance: Instance) -> None:
    (ana,) = await join(instance.units, "ana")
    for name in ("ana", "ben"):
        await follow(instance, await know(instance, name))
    await link(instance, ana, await know(instance, "ana"))
    await instance.units.write(block, target="https://far.example")
    assert [row.state for row in await rows(instance, t.links)] == ["frozen"]
    assert [row.state for row in await rows(instance, t.follows)] == ["rejected", "rejected"]
    await instance.units.write(say_last_words, "")
    assert await rows(instance, t.follows) == []
    waiting = [row.last_word for row in await rows(instance, t.deliveries)]
    assert waiting == [True, True]
