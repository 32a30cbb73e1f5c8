"""What others are told of totals: not too often, nothing while hidden, nothing more between the close and the outcome."""

import json
from datetime import timedelta
from typing import Any

import pytest

from fedcoop.actions.motions.ballots import withdraw_ballot
from fedcoop.actions.motions.motion import annul_motion, extend_motion
from fedcoop.federation.publish.decisions import visible_tally
from fedcoop.governance.motions.motion import Channel, Motion
from fedcoop.kernel.clock import parse_rfc3339
from fedcoop.kernel.ids import ActorId
from fedcoop.storage import tables as t
from tests.actions.coop import ask, audited, follow, join, know, rows, run_timers, sent, vote
from tests.conftest import Instance

SECOND = timedelta(seconds=1)


def numbers(question: dict[str, Any]) -> list[int]:
    return [option["replies"]["totalItems"] for option in question.get("oneOf") or question["anyOf"]]


async def step(instance: Instance, how_far: timedelta) -> None:
    instance.clock.advance(how_far)
    await run_timers(instance)


async def updates(instance: Instance, motion: Motion) -> list[dict[str, Any]]:
    return [a["object"] for a in await sent(instance, "Update") if a["object"]["id"] == motion.url]


async def stored(instance: Instance, motion: Motion) -> dict[str, Any]:
    found = await instance.units.read(lambda uow: uow.notes.find_object(motion.url))
    assert found is not None
    value: dict[str, Any] = json.loads(found.document)
    return value


async def late_from_afar(instance: Instance, voter: Any, motion: Motion, choice: str, actor: ActorId) -> None:
    """A vote cast a second before the close that arrives now."""
    at = {"cast_at": motion.closes_at - SECOND, "received_at": instance.clock.now()}
    await vote(instance, voter, motion, choice, channel=Channel.ACTIVITYPUB, actor_id=actor, **at)


async def test_the_first_vote_is_shown_within_ten_seconds_and_then_one_update_in_three_minutes(
    instance: Instance,
) -> None:
    members = await join(instance.units, *(f"m{n}" for n in range(9)))
    motion = await ask(instance, members[0])
    for number, member in enumerate(members[:8]):
        await vote(instance, member, motion, "for" if number % 2 else "against")
        await step(instance, timedelta(seconds=31))
    found = [a for a in await rows(instance, t.activities) if a.type == "Update"]
    assert len(found) == 2
    assert found[0].created_at - motion.opens_at <= timedelta(seconds=31)
    assert found[1].created_at - found[0].created_at >= timedelta(minutes=3)
    assert numbers((await updates(instance, motion))[0]) == [0, 1, 0]
    await step(instance, timedelta(minutes=4))
    assert numbers((await updates(instance, motion))[-1]) == [4, 4, 0]
    await step(instance, timedelta(minutes=30))
    assert len(await updates(instance, motion)) == 3


async def test_a_withdrawn_ballot_is_told_too(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    motion = await ask(instance, ada)
    await vote(instance, ada, motion, "for")
    await step(instance, timedelta(seconds=15))
    at = instance.clock.now()
    await instance.units.write(withdraw_ballot, voter=ada.id, motion_id=motion.id, channel=Channel.WEB, at=at)
    await step(instance, timedelta(minutes=5))
    assert [numbers(q) for q in await updates(instance, motion)] == [[1, 0, 0], [0, 0, 0]]
    assert [q["votersCount"] for q in await updates(instance, motion)] == [1, 0]


@pytest.mark.parametrize("visibility", ["after_close", "after_own_vote"])
async def test_hidden_totals_stay_zeros_until_the_outcome(instance: Instance, visibility: str) -> None:
    ada, ben = await join(instance.units, "ada", "ben")
    motion = await ask(instance, ada, settings={"visibility": visibility})
    await vote(instance, ada, motion, "for")
    await step(instance, timedelta(minutes=10))
    later = motion.closes_at + timedelta(days=1)
    await instance.units.write(extend_motion, by=ada.id, motion_id=motion.id, closes_at=later, reason="A holiday.")
    await vote(instance, ben, motion, "for")
    await step(instance, timedelta(minutes=10))
    hidden = [*(await updates(instance, motion)), await stored(instance, motion)]
    assert [(numbers(q), q["votersCount"]) for q in hidden] == [([0, 0, 0], 0)] * 2
    await step(instance, later - instance.clock.now() + timedelta(minutes=3))
    final = (await updates(instance, motion))[-1]
    assert (numbers(final), final["votersCount"], "closed" in final) == ([2, 0, 0], 2, True)
    assert {**await stored(instance, motion), "@context": 0} == {**final, "@context": 0}


async def test_hidden_totals_of_an_annulled_motion_are_never_shown(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    hidden = await ask(instance, ada, settings={"visibility": "after_close"})
    live = await ask(instance, ada)
    for motion, shown in ((hidden, [0, 0, 0]), (live, [1, 0, 0])):
        await vote(instance, ada, motion, "for")
        await instance.units.write(annul_motion, by=ada.id, motion_id=motion.id, reason="wrong text")
        final = (await updates(instance, motion))[-1]
        assert (numbers(final), final["coop:motion"]["coop:state"]) == (shown, "annulled")


async def test_from_the_close_to_the_outcome_nothing_more_is_shown(instance: Instance) -> None:
    ada, ben, cy = await join(instance.units, "ada", "ben", "cy")
    zoe = await know(instance, "zoe")
    motion = await ask(instance, ada)
    await vote(instance, ada, motion, "for")
    await vote(instance, ben, motion, "for")
    await step(instance, timedelta(minutes=1))
    await step(instance, motion.closes_at - instance.clock.now() + 10 * SECOND)
    await late_from_afar(instance, ben, motion, "against", zoe.id)
    await late_from_afar(instance, cy, motion, "abstain", zoe.id)
    await step(instance, 30 * SECOND)
    open_still = await updates(instance, motion)
    assert [numbers(q) for q in open_still[1:]] == [[2, 0, 0]] * (len(open_still) - 1)
    shown = await instance.units.read(lambda uow: visible_tally(uow, uow.motions.get(motion.id)))
    assert shown is not None
    assert (dict(shown.counts), shown.voted) == ({"for": 2, "against": 0, "abstain": 0}, 2)
    await step(instance, timedelta(minutes=3))
    assert numbers((await updates(instance, motion))[-1]) == [1, 1, 1]


async def test_a_tally_update_keeps_everything_but_the_totals(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    motion = await ask(instance, ada)
    (create,) = await sent(instance, "Create")
    await vote(instance, ada, motion, "for")
    await step(instance, timedelta(minutes=1))
    (update,) = await updates(instance, motion)

    def rest(question: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in question.items() if key not in ("oneOf", "votersCount")}

    assert rest(update) == rest(create["object"])
    assert "updated" not in update
    assert "closed" not in update
    ids = [activity["id"] for activity in await sent(instance)]
    assert len(set(ids)) == len(ids)


async def test_the_outcome_is_out_before_other_servers_tell_their_voters(instance: Instance) -> None:
    """Mastodon notifies five minutes after `endTime` (federation.md 12.3)."""
    (ada,) = await join(instance.units, "ada")
    motion = await ask(instance, ada)
    await step(instance, timedelta(days=7, seconds=119))
    assert [a["type"] for a in await sent(instance)] == ["Create"]
    await step(instance, 2 * SECOND)
    kinds = [(a["type"], a["object"]["type"]) for a in await sent(instance)]
    assert kinds == [("Create", "Question"), ("Update", "Question"), ("Create", "Note")]
    closed = (await updates(instance, motion))[-1]
    assert parse_rfc3339(closed["closed"]) - motion.closes_at <= timedelta(minutes=3)


async def test_boosters_and_voters_that_do_not_follow_hear_of_the_outcome(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    follower, voter, booster = [await know(instance, name) for name in ("zoe", "yan", "xia")]
    await know(instance, "nobody")
    await follow(instance, follower)
    motion = await ask(instance, ada)
    await vote(instance, ada, motion, "for", channel=Channel.ACTIVITYPUB, actor_id=voter.id)

    def boost(uow: Any) -> None:
        values = {"id": uow.new_id(), "uri": f"{booster.uri}#b", "actor_id": booster.id, "type": "Announce"}
        uow.actors.note_interaction({**values, "object": motion.url, "created_at": uow.now})

    await instance.units.write(boost)
    await step(instance, timedelta(days=8))
    activities = {row.id: row for row in await rows(instance, t.activities)}
    heard: dict[str, set[str]] = {}
    for row in await rows(instance, t.deliveries):
        found = activities[row.activity_id]
        heard.setdefault(found.type + " " + str(found.object == motion.url), set()).add(row.inbox)
    assert heard["Create True"] == {follower.inbox}
    assert heard["Update True"] == heard["Create False"] == {follower.inbox, voter.inbox, booster.inbox}
    assert await audited(instance, "motion-decided")


async def test_a_motion_without_the_channel_goes_out_as_a_note_with_a_link_and_stays_one(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    motion = await ask(instance, ada, channels=frozenset({Channel.WEB}))
    await vote(instance, ada, motion, "for")
    await step(instance, timedelta(days=8))
    shown = [a["object"] for a in await sent(instance) if a["object"]["id"] == motion.url]
    assert {item["type"] for item in shown} == {"Note"}
    assert all(motion.url in item["content"] and "oneOf" not in item for item in shown)
