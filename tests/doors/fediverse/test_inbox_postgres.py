"""The inbox on a real PostgreSQL: the same tests as on SQLite, and what several processes do to one queue there."""

import asyncio
import json
from collections import Counter

import pytest

from fedcoop.federation.inbox.process import InboxProcessor
from fedcoop.storage import tables as t
from fedcoop.storage.database.engine import make_database
from fedcoop.storage.instance.migrations import upgrade
from fedcoop.storage.unit_of_work import Units
from fedcoop.wiring import REACTIONS
from tests.doors.fediverse import test_inbox_matrix as matrix
from tests.doors.fediverse import test_inbox_pipeline as pipeline
from tests.doors.fediverse import test_inbox_restart as restart
from tests.doors.harness import coop
from tests.doors.peer import AS2
from tests.doors.votes import open_poll, vote

TEMPLATE = "fedcoop_doors"
VOTERS = 24


@pytest.fixture
async def url(postgres, templates):
    """The address of a new migrated database, without a founded instance."""
    if TEMPLATE not in templates:
        templates[TEMPLATE] = await postgres.create(name=TEMPLATE)
        database = make_database(templates[TEMPLATE])
        await database.start()
        await database.write(upgrade)
        await database.close()
    return await postgres.create(template=TEMPLATE)


@pytest.fixture
async def bread(tmp_path, url):
    async with coop(tmp_path, database_url=url) as running:
        assert running.units.database.dialect == "postgresql"
        yield running


ana, eve = matrix.ana, matrix.eve

# the same tests as on SQLite

test_a_deleted_actor_takes_its_posts_and_relations_along = (
    matrix.test_a_deleted_actor_takes_its_posts_and_relations_along
)
test_a_poll_of_a_followed_coop_is_mirrored = matrix.test_a_poll_of_a_followed_coop_is_mirrored_and_its_numbers_follow
test_follow_is_accepted_again_and_undone_by_the_follower_only = (
    matrix.test_follow_is_accepted_again_and_undone_by_the_follower_only
)
test_reactions_count_once_and_are_undone_by_their_sender = (
    matrix.test_reactions_count_once_and_are_undone_by_their_sender
)
test_update_needs_the_owner_and_a_newer_date_and_narrows_only = (
    matrix.test_update_needs_the_owner_and_a_newer_date_and_narrows_only
)
test_what_a_followed_actor_only_names_is_kept = (
    matrix.test_what_a_followed_actor_only_names_is_kept_as_its_server_shows_it
)
test_a_signed_follow_is_accepted_and_answered = pipeline.test_a_signed_follow_is_accepted_and_answered
test_an_id_seen_before_has_no_second_effect = pipeline.test_an_id_seen_before_has_no_second_effect
test_an_undo_may_lack_an_id_but_not_be_replayed = pipeline.test_an_undo_may_lack_an_id_but_not_be_replayed
test_many_at_once_are_all_stored_and_each_once = pipeline.test_many_at_once_are_all_stored_and_each_once
test_a_close_waits_for_votes_at_the_door_and_in_the_queue = (
    restart.test_a_close_waits_for_votes_at_the_door_and_in_the_queue
)
test_a_row_that_breaks_is_tried_five_times = restart.test_a_row_that_breaks_is_tried_five_times_and_then_kept_as_failed
test_a_thousand_votes_of_the_last_ten_seconds_all_count = (
    restart.test_a_thousand_votes_of_the_last_ten_seconds_all_count_after_a_restart
)
test_rows_of_one_actor_keep_their_order_behind_a_fetch = restart.test_rows_of_one_actor_keep_their_order_behind_a_fetch
test_two_loops_on_one_row_have_one_effect = restart.test_two_loops_on_one_row_have_one_effect
test_what_needs_an_unreachable_server_is_tried_later = restart.test_what_needs_an_unreachable_server_is_tried_later

# more than one process


@pytest.fixture
async def other(bread, url):
    """The inbox loop of a second process on the same database."""
    database = make_database(url)
    await database.start()
    units = Units(database, site=bread.units.site, clock=bread.clock, reactions=REACTIONS)
    yield InboxProcessor(units, bread.parts.remote)
    await database.close()


async def crowd(bread, peer):
    """Linked voters, and an approval poll and a resolution that all of them may vote on."""
    actors = [peer.actor(f"u{n}") for n in range(VOTERS)]
    for actor in actors:
        await bread.link(actor.name, actor)
    options = (("oven", "Oven"), ("mixer", "Mixer"), ("van", "Van"))
    return actors, await open_poll(bread), await open_poll(bread, method="approval", options=options)


async def test_two_processes_count_every_vote_of_every_actor_once(bread, peer, other):
    actors, plain, approval = await crowd(bread, peer)
    for number, name in enumerate(("For", "Against")):
        sent = [a.cavage(bread.inbox, vote(a, bread, plain, name, number), bread.now) for a in actors]
        marks = [
            a.cavage(bread.inbox, vote(a, bread, approval, mark, f"{mark}{number}"), bread.now)
            for a in actors
            for mark in (("Oven",) if number else ("Mixer", "Van"))
        ]
        assert set(await asyncio.gather(*map(bread.post, [*sent, *marks, *sent]))) == {202}
        bread.advance(seconds=5)
    await asyncio.gather(bread.processor.drain(), other.drain(), bread.process())
    ballots = await bread.rows(t.ballots)
    chosen = Counter((row.motion_id, tuple(json.loads(row.choice))) for row in ballots)
    assert chosen == {(plain.id, ("against",)): VOTERS, (approval.id, ("oven", "mixer", "van")): VOTERS}
    assert await bread.rows(t.inbound) == []
    assert len({row.digest for row in await bread.rows(t.votes)}) == len(await bread.rows(t.votes))


async def test_while_votes_come_in_both_processes_work_and_each_counts_once(bread, peer, other):
    actors, plain, _ = await crowd(bread, peer)
    loops = [asyncio.create_task(loop.run()) for loop in (bread.processor, other)]
    try:
        sent = [a.cavage(bread.inbox, vote(a, bread, plain, "For"), bread.now) for a in actors]
        assert set(await asyncio.gather(*map(bread.post, sent))) == {202}
        bread.processor.wake()
        other.wake()
        async with asyncio.timeout(20):
            while await bread.rows(t.inbound):
                await asyncio.sleep(0.02)
    finally:
        await asyncio.gather(bread.processor.stop(), other.stop())
        await asyncio.gather(*loops)
    assert len(await bread.rows(t.ballots)) == VOTERS
    log = [json.loads(row.entry) for row in await bread.rows(t.log_entries)]
    assert max(Counter(entry["voter"] for entry in log if "voter" in entry).values()) == 1


async def test_one_id_at_two_doors_at_once_is_stored_once(bread, peer):
    mia = peer.actor("mia")
    follow = {"@context": AS2, "id": f"{mia.uri}/f", "type": "Follow", "actor": mia.uri, "object": bread.uri}
    sent = mia.cavage(bread.inbox, follow, bread.now)
    assert set(await asyncio.gather(*(bread.post(sent) for _ in range(20)))) == {202}
    assert len(await bread.rows(t.inbound)) == 1
