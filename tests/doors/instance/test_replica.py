"""A copy of the database that is behind: what decides never reads it, and strangers see it only while it is fresh."""

import asyncio
from collections.abc import Iterator

import aiohttp
import pytest
from psycopg import AsyncConnection
from sqlalchemy import Connection, text

from fedcoop.storage.database.engine import make_database
from tests.doors.several import Several, in_s, several, until
from tests.postgres import PostgresServer

BEHIND = "20s"
CLOSES_IN_S = 3.0


@pytest.fixture(scope="module")
def servers(postgres: PostgresServer) -> Iterator[tuple[PostgresServer, PostgresServer]]:
    """A server and its copy, which is kept twenty seconds behind."""
    first = PostgresServer()
    first.start()
    second = first.copy(recovery_min_apply_delay=BEHIND)
    yield first, second
    second.stop()
    first.stop()


def is_copy(conn: Connection) -> bool:
    return bool(conn.execute(text("SELECT pg_is_in_recovery()")).scalar())


async def test_a_vote_is_counted_and_seen_though_the_copy_is_twenty_seconds_behind(
    servers: tuple[PostgresServer, PostgresServer],
) -> None:
    first, second = servers
    url = await first.create()
    copy = second.url(url.rpartition("/")[2])
    with several(url, **{"[database]\n": f'[database]\nread_url = "{copy}"\n'}) as stage:
        await asyncio.to_thread(stage.fill, stage.populate)
        await asyncio.to_thread(stage.serve)
        await _decide(stage)
        await _strangers_see_the_copy_once_it_is_fresh(url, copy)


async def _decide(stage: Several) -> None:
    motion = await asyncio.to_thread(stage.fill, lambda uow: stage.open(uow, in_s(CLOSES_IN_S)))
    async with aiohttp.ClientSession() as session:
        assert await stage.cast(session, motion, 3) == 303
        assert await stage.vote(session, motion, 4) == 202
        page = f"{stage.origin}/motions/{motion.uuid}"
        async with session.get(page, headers={"Accept": "text/html"}) as answer:  # a stranger, before the copy has it
            assert answer.status == 200
            assert "Oven" in await answer.text()
        outcome = await until(lambda: stage.query(lambda uow: uow.motions.outcome_of(motion.id)))
        assert outcome.tally["voted"] == 2


async def _strangers_see_the_copy_once_it_is_fresh(url: str, copy: str) -> None:
    database = make_database(url, read_url=copy)
    await database.start()
    try:
        assert not await database.read_old(is_copy)
        async with await AsyncConnection.connect(copy.rpartition("/")[0] + "/postgres", autocommit=True) as operator:
            await operator.execute("ALTER SYSTEM SET recovery_min_apply_delay = 0")
            await operator.execute("SELECT pg_reload_conf()")
        assert await until(lambda: database.read_old(is_copy))
        assert not await database.read(is_copy)
        assert not await database.read_whole(is_copy)
        assert not await database.write(is_copy)
    finally:
        await database.close()
