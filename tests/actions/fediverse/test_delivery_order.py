"""A peer that is down, or answers as it likes, still gets a vote before what is said about it (federation.md 7)."""

import json
import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from fedcoop.actions.follow_ups.errata import add_erratum
from fedcoop.actions.follow_ups.outcomes import state_outcome
from fedcoop.actions.motions.motion import extend_motion
from fedcoop.actions.talk.announcements import delete_announcement, publish_announcement
from fedcoop.federation.delivery.settlement import Result, settle
from fedcoop.federation.delivery.worker import claim
from fedcoop.governance.members.member import Member
from fedcoop.governance.motions.motion import Motion
from fedcoop.storage import tables as t
from tests.actions.coop import ask, follow, join, know, rows, run_timers, vote
from tests.conftest import Instance

Answer = Callable[[int, dict[str, Any]], int | None]
"""What the peer answers to the n-th request with this activity: a status, or None for silence."""


async def deliver(instance: Instance, answer: Answer, *, until: timedelta) -> list[dict[str, Any]]:
    """Deliver whatever is due, step by step, for some time; return what arrived, in its order."""
    rng, arrived, asked = random.Random(7), [], 0
    ends = instance.clock.now() + until
    while instance.clock.now() < ends:
        jobs, batch = await instance.units.write(claim, limit=200, busy=())
        results = []
        for job in jobs:
            activity = json.loads(batch.bodies[job.activity_id])
            status, asked = answer(asked, activity), asked + 1
            if status is not None and status < 300:
                arrived.append(activity)
            results.append(Result(job, status, None, "", "cavage", instance.clock.now()))
        await instance.units.write(settle, results=results, rng=rng)
        if not jobs:
            due = [row.due_at for row in await rows(instance, t.deliveries) if row.state == "waiting"]
            instance.clock.advance(max(min([*due, ends]) - instance.clock.now(), timedelta(minutes=1)))
    return arrived


async def story(instance: Instance, ada: Member) -> tuple[Motion, list[tuple[str, str]]]:
    """A vote that is extended, mended, counted and explained, and an announcement taken back; what was said of it."""
    motion = await ask(instance, ada, days=1, method="sense")
    later = motion.closes_at + timedelta(hours=1)
    await instance.units.write(extend_motion, by=ada.id, motion_id=motion.id, closes_at=later, reason="A holiday.")
    await instance.units.write(add_erratum, by=ada.id, motion_id=motion.id, was="reserves", reads="the reserves")
    announced = await instance.units.write(publish_announcement, by=ada.id, text="An open day.")
    await instance.units.write(delete_announcement, by=ada.id, announcement_id=announced.id)
    await vote(instance, ada, motion, "looks_good")
    instance.clock.advance(timedelta(days=2))
    await run_timers(instance)
    await instance.units.write(
        state_outcome, by=ada.id, motion_id=motion.id, text="We buy it in May.", options=("looks_good",)
    )
    return motion, [(row.type, row.object) for row in await rows(instance, t.activities)]


def object_of(activity: dict[str, Any]) -> Any:
    return activity["object"]["id"] if isinstance(activity["object"], dict) else activity["object"]


def check_order(arrived: list[dict[str, Any]], motion: Motion) -> None:
    """Nothing arrives before the `Create` of its object, no reply before its vote, and nothing after a `Delete`."""
    begun: set[str] = set()
    ended: set[str] = set()
    for activity in arrived:
        target = object_of(activity)
        assert target not in ended
        if activity["type"] == "Create":
            parent = activity["object"].get("inReplyTo")
            assert parent is None or parent in begun, f"{activity['object']['content']} came before its vote"
            begun.add(target)
        else:
            assert target in begun
        ended |= {target} if activity["type"] == "Delete" else set()
    assert motion.url in begun


@pytest.mark.parametrize("seed", range(3))
async def test_all_arrives_in_order_whatever_fails_in_between(instance: Instance, seed: int) -> None:
    (ada,) = await join(instance.units, "ada")
    await follow(instance, await know(instance, "zoe"))
    motion, said = await story(instance, ada)
    rng, tries = random.Random(seed), Counter[str]()

    def moody(number: int, activity: dict[str, Any]) -> int | None:
        tries[activity["id"]] += 1
        return 202 if tries[activity["id"]] > 5 else rng.choice((None, 401, 429, 503, 202, 202))

    arrived = await deliver(instance, moody, until=timedelta(days=8))
    check_order(arrived, motion)
    kinds = {(activity["type"], object_of(activity)) for activity in arrived}
    assert kinds == set(said), "and everything arrives"


async def test_after_an_outage_over_poll_and_outcome_the_poll_comes_first(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    await follow(instance, await know(instance, "zoe"))
    motion = await ask(instance, ada, days=1)
    silent = await deliver(instance, lambda number, activity: None, until=timedelta(hours=3))
    assert silent == []
    instance.clock.advance(timedelta(days=1))
    await run_timers(instance)
    refusals: list[str] = []

    def mends_slowly(number: int, activity: dict[str, Any]) -> int:
        if activity["object"]["id"] == motion.url and activity["type"] == "Create" and len(refusals) < 3:
            refusals.append(activity["id"])
            return 500
        return 202

    arrived = await deliver(instance, mends_slowly, until=timedelta(days=4))
    assert [(a["type"], a["object"].get("inReplyTo", "")) for a in arrived] == [
        ("Create", ""),
        ("Update", ""),
        ("Create", motion.url),
    ]
    check_order(arrived, motion)


async def test_a_vote_that_the_peer_will_not_have_holds_up_nothing_for_ever(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    await follow(instance, await know(instance, "zoe"))
    motion, _ = await story(instance, ada)

    def picky(number: int, activity: dict[str, Any]) -> int:
        return 422 if activity["type"] == "Create" and object_of(activity) == motion.url else 202

    arrived = await deliver(instance, picky, until=timedelta(hours=1))
    replies = [a["object"]["content"] for a in arrived if a["type"] == "Create" and "inReplyTo" in a["object"]]
    assert any("We buy it in May." in content for content in replies)
