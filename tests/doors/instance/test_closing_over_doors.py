"""A close waits for what was received in time at the door of any process, and for no longer than that (federation.md 12.3)."""

import asyncio

import aiohttp
import pytest
from psycopg import AsyncConnection

from fedcoop.governance.motions.motion import MotionState
from tests.doors.several import Several, in_s, several, until
from tests.postgres import PostgresServer

MOTIONS = 6
CLOSES_IN_S = 4.0
HELD_S = 2.5
LATER_S = 10.0  # three on a quiet machine


@pytest.fixture
async def url(postgres: PostgresServer) -> str:
    return await postgres.create()


async def test_a_worker_closes_over_no_vote_and_no_ballot_that_waits_at_the_door_of_serve(url: str) -> None:
    with several(url) as stage:
        await asyncio.to_thread(stage.fill, stage.populate)
        await asyncio.to_thread(stage.serve)
        await asyncio.to_thread(stage.work)
        await _vote_shortly_before_the_close(stage, url)


async def _vote_shortly_before_the_close(stage: Several, url: str) -> None:
    closes_at = in_s(CLOSES_IN_S)
    motions = await asyncio.to_thread(
        stage.fill, lambda uow: [stage.open(uow, closes_at, f"Oven {n}") for n in range(MOTIONS)]
    )
    async with await AsyncConnection.connect(url) as door, aiohttp.ClientSession() as session:
        await asyncio.sleep((closes_at - in_s(1.2)).total_seconds())
        await door.execute("LOCK TABLE seen_ids IN EXCLUSIVE MODE")  # nothing from afar can be stored
        await door.execute("LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE")  # nobody is known by a session
        sent = [asyncio.create_task(stage.vote(session, motion, n)) for n, motion in enumerate(motions)]
        cast = [asyncio.create_task(stage.cast(session, motion, n + MOTIONS)) for n, motion in enumerate(motions)]
        await asyncio.sleep((closes_at - in_s(-HELD_S)).total_seconds())
        states = await stage.query(lambda uow: {uow.motions.get(motion.id).state for motion in motions})
        assert states == {MotionState.OPEN}
        await door.rollback()
        let_go_at = in_s(0)
        assert set(await asyncio.gather(*sent)) == {202}
        assert set(await asyncio.gather(*cast)) == {303}

    async def outcomes() -> list[object]:
        found = await stage.query(lambda uow: [uow.motions.outcome_of(motion.id) for motion in motions])
        return found if None not in found else []

    for motion, outcome in zip(motions, await until(outcomes), strict=True):
        assert len(await stage.query(lambda uow, motion=motion: uow.motions.ballots(motion.id))) == 2
        assert (outcome.decided_at - let_go_at).total_seconds() <= LATER_S
    assert "fail" not in stage.logged(), stage.logged()[-3000:]
