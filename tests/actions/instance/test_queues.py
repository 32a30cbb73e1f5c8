"""Deliveries and timers as rows: order per object and inbox, newest update only, bounds, haste, leases; purging."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from fedcoop.actions.delegation.delegations import KEEP_UP_TIMER
from fedcoop.actions.instance.upkeep import PURGE_TIMER, purge, start_up
from fedcoop.actions.members.accounts import open_session, redeem_link
from fedcoop.actions.members.member import one_time_link
from fedcoop.federation.publish import outbox
from fedcoop.federation.publish.outbox import MAX_WAITING, Parcel, coop_actor, send
from fedcoop.kernel.errors import NotAllowed
from fedcoop.queries.members.accounts import viewer_of
from fedcoop.queueing import TimerLoop
from fedcoop.storage import tables as t
from fedcoop.storage.records import Host, Inbound
from fedcoop.storage.unit_of_work import UnitOfWork
from tests.actions.coop import audited, follow, join, know, rows, run_timers
from tests.conftest import Instance

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
THING = "https://alder.example/motions/1"
LEASE = timedelta(minutes=2)


async def say(instance: Instance, type_: str, target: str = THING, to: str = PUBLIC) -> int:
    def act(uow: UnitOfWork) -> int:
        actor = coop_actor(uow)
        return int(send(uow, actor, Parcel(type=type_, object=target, to=[to], cc=[actor.followers])).id)

    return await instance.units.write(act)


async def claimed(instance: Instance, **values: Any) -> list[tuple[int, str]]:
    jobs = await instance.units.write(lambda uow: uow.queues.claim_deliveries(uow.now, limit=50, lease=LEASE, **values))
    return [(job.activity_id, job.inbox) for job in jobs]


async def settle(instance: Instance, activity: int) -> None:
    found = [row.id for row in await rows(instance, t.deliveries) if row.activity_id == activity]
    await instance.units.write(lambda uow: uow.queues.settle_deliveries(found))


async def test_one_object_reaches_one_inbox_in_order_and_other_objects_do_not_wait(instance: Instance) -> None:
    zoe, yan = await know(instance, "zoe"), await know(instance, "yan", host="other.example")
    for actor in (zoe, yan):
        await follow(instance, actor)
    create, update, delete = [await say(instance, kind) for kind in ("Create", "Update", "Delete")]
    other = await say(instance, "Create", "https://alder.example/motions/2")
    assert set(await claimed(instance)) == {(n, actor.inbox) for n in (create, other) for actor in (zoe, yan)}
    assert await claimed(instance) == []
    row = next(r for r in await rows(instance, t.deliveries) if (r.activity_id, r.inbox) == (create, zoe.inbox))
    await instance.units.write(lambda uow: uow.queues.settle_deliveries([row.id]))
    assert await claimed(instance) == [(update, zoe.inbox)]
    await settle(instance, create)
    assert await claimed(instance) == [(update, yan.inbox)]
    await settle(instance, update)
    assert {number for number, _ in await claimed(instance)} == {delete}


async def test_a_failed_delivery_holds_up_its_object_until_it_is_given_up(instance: Instance) -> None:
    zoe = await know(instance, "zoe")
    await follow(instance, zoe)
    create, update = await say(instance, "Create"), await say(instance, "Update")
    assert await claimed(instance) == [(create, zoe.inbox)]
    (row, _) = await rows(instance, t.deliveries)
    due = instance.clock.now() + timedelta(minutes=1)
    waits = {"id": row.id, "attempts": 1, "due_at": due, "state": "waiting", "last_status": 500, "last_error": "x"}
    await instance.units.write(lambda uow: uow.queues.put_attempts([waits]))
    assert await claimed(instance) == []
    instance.clock.advance(timedelta(minutes=1))
    assert await claimed(instance) == [(create, zoe.inbox)]
    await instance.units.write(lambda uow: uow.queues.put_attempts([{**waits, "state": "failed"}]))
    assert await claimed(instance) == [(update, zoe.inbox)]


NOTE = "https://alder.example/notes/1"


async def reply(instance: Instance, target: str = NOTE, parent: str = THING) -> int:
    """A Note of ours that replies to an object of ours."""

    def act(uow: UnitOfWork) -> int:
        actor = coop_actor(uow)
        note = {"id": target, "type": "Note", "inReplyTo": parent, "to": [PUBLIC]}
        return int(send(uow, actor, Parcel(type="Create", object=note, to=[PUBLIC], cc=[actor.followers])).id)

    return await instance.units.write(act)


async def put(instance: Instance, activity: int, state: str, wait: timedelta = timedelta()) -> None:
    """The delivery of an activity was tried: it waits for another attempt, or is given up."""
    row = next(found for found in await rows(instance, t.deliveries) if found.activity_id == activity)
    due = instance.clock.now() + wait
    values = {"id": row.id, "attempts": 1, "due_at": due, "state": state, "last_status": 500, "last_error": "x"}
    await instance.units.write(lambda uow: uow.queues.put_attempts([values]))


async def test_a_reply_waits_for_the_create_of_what_it_replies_to_and_for_nothing_else(instance: Instance) -> None:
    await follow(instance, await know(instance, "zoe"))
    create = await say(instance, "Create")
    note = await reply(instance)
    edit = await say(instance, "Update", NOTE)
    assert [number for number, _ in await claimed(instance)] == [create]
    await put(instance, create, "waiting")
    assert [number for number, _ in await claimed(instance)] == [create]
    await settle(instance, create)
    totals = await say(instance, "Update")
    assert {number for number, _ in await claimed(instance)} == {note, totals}
    await put(instance, totals, "waiting", timedelta(hours=6))
    other = await reply(instance, "https://alder.example/notes/2")
    assert [number for number, _ in await claimed(instance)] == [other], "an Update that fails holds up no outcome"
    await settle(instance, note)
    assert [number for number, _ in await claimed(instance)] == [edit]


async def test_a_create_that_was_given_up_holds_up_no_reply(instance: Instance) -> None:
    await follow(instance, await know(instance, "zoe"))
    create, note, gone = await say(instance, "Create"), await reply(instance), await say(instance, "Delete", NOTE)
    assert [number for number, _ in await claimed(instance)] == [create]
    await put(instance, create, "failed")
    assert [number for number, _ in await claimed(instance)] == [note]
    await settle(instance, note)
    assert [number for number, _ in await claimed(instance)] == [gone]


async def test_what_waits_behind_a_failing_delivery_is_not_looked_at_until_that_is_due(instance: Instance) -> None:
    await follow(instance, await know(instance, "zoe"))
    create, note, update = await say(instance, "Create"), await reply(instance), await say(instance, "Update")
    other = await say(instance, "Create", "https://alder.example/motions/2")
    (job, _) = await instance.units.write(lambda uow: uow.queues.claim_deliveries(uow.now, limit=50, lease=LEASE))
    until = instance.clock.now() + timedelta(hours=2)
    await instance.units.write(lambda uow: uow.queues.hold_behind([(job, until)]))
    due = {row.activity_id: row.due_at for row in await rows(instance, t.deliveries)}
    assert {number: at == until for number, at in due.items()} == {
        create: False,
        note: True,
        update: True,
        other: False,
    }


async def test_the_claim_finds_its_rows_by_index(instance: Instance) -> None:
    def plan(uow: UnitOfWork) -> list[str]:
        seen: list[tuple[str, Any]] = []

        def look(conn: Any, cursor: Any, statement: str, parameters: Any, *rest: Any) -> None:
            seen.append((statement, parameters))

        event.listen(uow.conn, "before_cursor_execute", look)
        uow.queues.claim_deliveries(uow.now, limit=50, lease=LEASE)
        event.remove(uow.conn, "before_cursor_execute", look)
        ((statement, parameters),) = seen
        postgres = uow.conn.dialect.name == "postgresql"
        if postgres:
            uow.conn.exec_driver_sql("SET LOCAL enable_seqscan = off")  # the table is empty, and an index no gain
        how = "EXPLAIN" if postgres else "EXPLAIN QUERY PLAN"
        return [str(row[-1]) for row in uow.conn.exec_driver_sql(f"{how} {statement}", parameters)]

    steps = await instance.units.write(plan)
    assert not [step for step in steps if step.startswith("SCAN") or "Seq Scan" in step], steps
    assert any("ix_deliveries_state_due_at" in step for step in steps), steps
    chosen_by_numbers = steps[0].startswith(
        "Update on"
    )  # PostgreSQL: of an empty table one index is as good as the other
    assert chosen_by_numbers or any("ix_deliveries_order" in step for step in steps), steps


async def test_a_lease_that_ran_out_is_taken_again_and_only_then(instance: Instance) -> None:
    await follow(instance, await know(instance, "zoe"))
    await say(instance, "Create")
    assert len(await claimed(instance)) == 1
    instance.clock.advance(LEASE)
    assert await claimed(instance) == []
    instance.clock.advance(timedelta(microseconds=1))
    assert len(await claimed(instance)) == 1
    await instance.units.write(start_up, only_process=False)
    assert await claimed(instance) == []
    await instance.units.write(start_up, only_process=True)
    assert len(await claimed(instance)) == 1


async def test_a_newer_update_takes_the_place_of_those_that_wait_but_not_of_one_under_way(instance: Instance) -> None:
    await follow(instance, await know(instance, "zoe"))
    create = await say(instance, "Create")
    await say(instance, "Update")
    second = await say(instance, "Update")
    assert [row.activity_id for row in await rows(instance, t.deliveries)] == [create, second]
    await settle(instance, create)
    assert len(await claimed(instance)) == 1
    third = await say(instance, "Update")
    other = await say(instance, "Update", "https://alder.example/motions/2")
    assert [row.activity_id for row in await rows(instance, t.deliveries)] == [second, third, other]
    last = await say(instance, "Delete")
    assert [row.activity_id for row in await rows(instance, t.deliveries)] == [second, third, other, last]


async def test_an_origin_has_a_bound_and_partners_lose_nothing(instance: Instance, monkeypatch: Any) -> None:
    assert MAX_WAITING == 10_000
    monkeypatch.setattr(outbox, "MAX_WAITING", 3)
    zoe, birch = await know(instance, "zoe"), await know(instance, "birch", host="birch.example")
    for actor in (zoe, birch):
        await follow(instance, actor)
    await instance.units.write(lambda uow: uow.actors.put_peer(birch.id, "partner", uow.now))
    said = [await say(instance, "Create", f"https://alder.example/motions/{n}") for n in range(5)]
    kept = {
        inbox: [r.activity_id for r in await rows(instance, t.deliveries) if r.inbox == inbox]
        for inbox in (zoe.inbox, birch.inbox)
    }
    assert kept == {zoe.inbox: said[2:], birch.inbox: said}
    assert {line.subject for line in await audited(instance, "deliveries-dropped")} >= {"https://far.example"}


async def test_nothing_goes_to_ourselves_to_blocked_origins_or_twice_to_one_inbox(instance: Instance) -> None:
    zoe, yan = await know(instance, "zoe"), await know(instance, "yan", host="other.example")
    for actor in (zoe, yan):
        await follow(instance, actor)

    def act(uow: UnitOfWork) -> None:
        uow.actors.block("https://other.example", "spam", uow.now)
        actor = coop_actor(uow)
        more = [zoe.inbox, "https://alder.example/inbox", actor.inbox, yan.inbox, "mailto:x@y.example"]
        send(uow, actor, Parcel("Create", THING, [PUBLIC, zoe.uri, actor.uri], [actor.followers], more_inboxes=more))

    await instance.units.write(act)
    assert [row.inbox for row in await rows(instance, t.deliveries)] == [zoe.inbox]


async def test_a_sign_of_life_makes_all_that_waits_for_an_origin_due(instance: Instance) -> None:
    zoe, yan = await know(instance, "zoe"), await know(instance, "yan", host="other.example")
    for actor in (zoe, yan):
        await follow(instance, actor)
    await say(instance, "Create")
    later = instance.clock.now() + timedelta(hours=6)

    def put_off(uow: UnitOfWork) -> None:
        uow.conn.execute(t.deliveries.update().values(due_at=later))
        uow.actors.put_hosts([Host(zoe.origin, "", None, 7, uow.now, later, None)])

    await instance.units.write(put_off)
    assert await claimed(instance) == []
    assert await instance.units.write(lambda uow: uow.queues.hasten(zoe.origin, uow.now))
    assert [inbox for _, inbox in await claimed(instance)] == [zoe.inbox]
    host = await instance.units.read(lambda uow: uow.actors.host(zoe.origin))
    assert host is not None
    assert host.next_try_at is None
    assert not await instance.units.write(lambda uow: uow.queues.hasten("https://nobody.example", uow.now))


async def test_a_timer_that_fails_is_put_off_and_holds_up_no_other(instance: Instance) -> None:
    fired: list[str] = []

    def broken(uow: UnitOfWork, key: str) -> None:
        uow.audit("half-done")
        raise RuntimeError("broken")

    loop = TimerLoop(instance.units, {"broken": broken, "sound": lambda uow, key: fired.append(key)}, {})
    for name in ("broken", "sound", "unknown"):
        await instance.units.write(lambda uow, name=name: uow.set_timer(name, "k", uow.now))
    assert await loop.run_once() == 3
    assert fired == ["k"]
    assert await audited(instance, "half-done") == []
    (left,) = await rows(instance, t.timers)
    assert (left.name, left.attempts, left.due_at) == ("broken", 1, instance.clock.now() + timedelta(seconds=5))
    assert await loop.run_once() == 0
    instance.clock.advance(timedelta(seconds=5))
    assert await loop.run_once() == 1
    (left,) = await rows(instance, t.timers)
    assert left.due_at == instance.clock.now() + timedelta(seconds=10)


async def test_a_timer_may_set_itself_anew_and_is_set_once(instance: Instance) -> None:
    def again(uow: UnitOfWork, key: str) -> None:
        assert uow.set_timer("again", key, uow.now + timedelta(hours=1))
        assert not uow.set_timer("again", key, uow.now + timedelta(hours=2))

    loop = TimerLoop(instance.units, {"again": again}, {})
    await instance.units.write(lambda uow: uow.set_timer("again", "", uow.now))
    assert await loop.run_once() == 1
    (row,) = await rows(instance, t.timers)
    assert row.due_at == instance.clock.now() + timedelta(hours=1)


async def test_purging_forgets_what_is_over_keeps_the_rest_and_comes_back(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    account = await instance.units.read(lambda uow: uow.accounts.of_member(ada.id))
    assert account is not None
    await instance.units.write(open_session, account_id=account.id, browser="old")
    await instance.units.write(lambda uow: uow.queues.see(b"a" * 16, forget_at=uow.now + timedelta(days=31)))
    await instance.units.write(lambda uow: uow.queues.see(b"b" * 16))
    now = instance.clock.now()
    row = Inbound(7, "https://far.example/u", b"{}", "signature", now, now, 0)
    await instance.units.write(lambda uow: uow.queues.add_inbound(row))
    await instance.units.write(lambda uow: uow.queues.postpone_inbound(row, due_at=uow.now, error="x", state="failed"))
    instance.clock.advance(timedelta(days=29))
    fresh = await instance.units.write(open_session, account_id=account.id, browser="new")
    await instance.units.write(start_up, only_process=True)
    await run_timers(instance)
    assert len(await rows(instance, t.sessions)) == 2
    instance.clock.advance(timedelta(days=32))
    await instance.units.write(purge, "")
    assert [row.browser for row in await rows(instance, t.sessions)] == []
    assert (await instance.units.read(viewer_of, token=fresh)).member is None
    assert [bytes(row.digest) for row in await rows(instance, t.seen_ids)] == [b"b" * 16]
    assert await rows(instance, t.inbound) == []
    assert await rows(instance, t.one_time_tokens) == []
    due = {row.name: row.due_at for row in await rows(instance, t.timers)}
    assert due[PURGE_TIMER] == instance.clock.now() + timedelta(hours=6)
    assert set(due) == {PURGE_TIMER, KEEP_UP_TIMER}, "nothing else runs by itself"


async def test_a_sign_in_link_works_once_and_for_fifteen_minutes(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    earlier = await instance.units.write(one_time_link, member_id=ada.id, purpose="invitation")
    once = await instance.units.write(one_time_link, member_id=ada.id, purpose="sign-in")
    with pytest.raises(NotAllowed) as over:
        await instance.units.write(redeem_link, secret=earlier, browser="b")
    assert over.value.code == "link-used", "a newer link takes the place of the one before"
    secret, purpose, _ = await instance.units.write(redeem_link, secret=once, browser="b")
    assert purpose == "sign-in"
    signed_in = await instance.units.read(viewer_of, token=secret)
    assert signed_in.member is not None
    assert signed_in.member.id == ada.id
    late = await instance.units.write(one_time_link, member_id=ada.id, purpose="sign-in")
    instance.clock.advance(timedelta(minutes=15))
    for wrong in (once, late, "nonsense"):
        with pytest.raises(NotAllowed) as refused:
            await instance.units.write(redeem_link, secret=wrong, browser="b")
        assert refused.value.code == "link-used"
    stored = {row.token_hash for row in await rows(instance, t.sessions)}
    assert secret.encode() not in stored
