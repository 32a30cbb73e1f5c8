"""Votes by federation as ballots: marks that add up, ids seen once, withdrawals; and our members' votes on polls elsewhere."""

import json
from datetime import timedelta
from typing import Any

from fedcoop.actions.ballots import send_abroad
from fedcoop.actions.founding import open_member_actor
from fedcoop.actions.remote import SeenMotion, mirror_motion
from fedcoop.actions.votes import Mark, RemoteVote, count_vote, refuse_vote, withdraw_vote
from fedcoop.governance.members import Member
from fedcoop.governance.motions import Motion, Option
from fedcoop.kernel.errors import BallotRefused, Conflict
from fedcoop.storage import tables as t
from fedcoop.storage.records import Actor, RemoteMotion
from tests.actions.coop import ask, audited, join, know, made_keys, rows, sent, vote
from tests.conftest import Instance

BREADS = (Option("rye", "Rye"), Option("wheat", "Wheat"), Option("spelt", "Spelt"))


async def say(
    instance: Instance, motion: Motion, member: Member, actor: Actor, *marks: tuple[bytes, str], **changes: Any
) -> list[tuple[str, str]]:
    """Send marks; return the names of those that did not count, with their codes."""
    now = instance.clock.now()
    said = RemoteVote(
        motion=motion,
        member_id=member.id,
        actor_id=actor.id,
        marks=tuple(Mark(digest, key) for digest, key in marks),
        activity_digest=b"activity of " + marks[0][0],
        cast_at=changes.pop("cast_at", now),
        received_at=now,
        accumulate=motion.method == "approval",
    )
    return [(left.name, left.code) for left in await instance.units.write(count_vote, vote=said)]


async def choice(instance: Instance) -> list[Any]:
    return [sorted(json.loads(row.choice)) for row in await rows(instance, t.ballots)]


async def take_back(instance: Instance, actor: Actor, digest: bytes) -> bool:
    return await instance.units.write(withdraw_vote, actor_id=actor.id, digest=digest, at=instance.clock.now())


async def test_marks_of_one_account_add_up_and_a_ballot_from_elsewhere_replaces_all(instance: Instance) -> None:
    (ada,), zoe, yan = await join(instance.units, "ada"), await know(instance, "zoe"), await know(instance, "yan")
    motion = await ask(instance, ada, method="approval", options=BREADS)
    await say(instance, motion, ada, zoe, (b"1", "rye"))
    await say(instance, motion, ada, zoe, (b"2", "spelt"))
    assert await choice(instance) == [["rye", "spelt"]]
    await vote(instance, ada, motion, "wheat")
    assert await choice(instance) == [["wheat"]]
    await say(instance, motion, ada, zoe, (b"3", "rye"))
    assert await choice(instance) == [["rye"]]
    await say(instance, motion, ada, yan, (b"4", "spelt"), (b"5", "wheat"))
    assert await choice(instance) == [["spelt", "wheat"]]


async def test_an_id_counts_once_and_a_refused_vote_leaves_its_id_unused(instance: Instance) -> None:
    (ada,), zoe = await join(instance.units, "ada"), await know(instance, "zoe")
    motion = await ask(instance, ada)
    await say(instance, motion, ada, zoe, (b"1", "for"))
    assert await say(instance, motion, ada, zoe, (b"1", "against")) == [("Against", "replay")]
    twice = await say(instance, motion, ada, zoe, (b"2", "for"), (b"3", "against"))
    assert twice == [("For", "too-many"), ("Against", "too-many")]
    assert await choice(instance) == [["for"]]
    assert [bytes(row.digest) for row in await rows(instance, t.votes)] == [b"1"]
    await say(instance, motion, ada, zoe, (b"2", "against"))
    assert await choice(instance) == [["against"]]


async def test_a_vote_is_taken_back_by_its_sender_until_the_close(instance: Instance) -> None:
    (ada,), zoe, eve = await join(instance.units, "ada"), await know(instance, "zoe"), await know(instance, "eve")
    motion = await ask(instance, ada, method="approval", options=BREADS)
    await say(instance, motion, ada, zoe, (b"1", "rye"))
    await say(instance, motion, ada, zoe, (b"2", "spelt"))
    assert not await take_back(instance, eve, b"1")
    assert not await take_back(instance, zoe, b"nothing")
    assert await choice(instance) == [["rye", "spelt"]]
    assert await take_back(instance, zoe, b"1")
    assert await choice(instance) == [["spelt"]]
    assert await take_back(instance, zoe, b"activity of 2")
    assert await choice(instance) == []
    assert await take_back(instance, zoe, b"2")
    assert await choice(instance) == []
    await say(instance, motion, ada, zoe, (b"3", "rye"))
    await vote(instance, ada, motion, "wheat")
    assert await take_back(instance, zoe, b"3")
    assert await choice(instance) == [["wheat"]]


async def test_a_vote_stays_once_the_motion_closed_or_cannot_be_changed(instance: Instance) -> None:
    (ada,), zoe = await join(instance.units, "ada"), await know(instance, "zoe")
    fixed = await ask(instance, ada, settings={"change": "never"})
    await say(instance, fixed, ada, zoe, (b"1", "for"))
    assert await take_back(instance, zoe, b"1")
    assert await choice(instance) == [["for"]]
    motion = await ask(instance, ada)
    await say(instance, motion, ada, zoe, (b"2", "for"))
    instance.clock.advance(timedelta(days=7))
    await say(instance, motion, ada, zoe, (b"3", "against"))
    instance.clock.advance(timedelta(microseconds=1))
    assert await take_back(instance, zoe, b"3")
    assert sorted(await choice(instance)) == [["against"], ["for"]]


async def test_a_thousand_strangers_leave_few_traces_and_members_still_get_answers(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    motion = await ask(instance, ada)
    strangers = [await know(instance, f"s{number}") for number in range(25)]
    member = await know(instance, "zoe")
    before = len(await sent(instance))
    for stranger in strangers:
        for _ in range(2):
            values = {"origin": "https://far.example", "code": "unlinked", "linked": False}
            await instance.units.write(refuse_vote, motion=motion, actor_id=stranger.id, **values)
    assert len(await sent(instance)) - before == 20
    assert len(await audited(instance, "vote-refused")) == 20
    assert len(await audited(instance, "votes-refused-many")) == 1
    values = {"origin": "https://far.example", "code": "late", "linked": True}
    await instance.units.write(refuse_vote, motion=motion, actor_id=member.id, **values)
    last = (await sent(instance))[-1]
    assert last["to"] == [member.uri]
    assert "reached us after the close" in last["object"]["content"]
    await instance.units.write(refuse_vote, motion=motion, actor_id=member.id, **values)
    assert (await sent(instance))[-1]["id"] == last["id"]


# --- votes of ours elsewhere


async def elsewhere(instance: Instance, author: Actor, *, multiple: bool = False, revoting: str = "") -> RemoteMotion:
    seen = SeenMotion(
        uri=f"{author.uri}/polls/{multiple}{revoting}",
        url="",
        title="Tea or coffee?",
        content="",
        options=({"name": "Tea", "votes": 0}, {"name": "Cafe\u0301", "votes": 0}),
        multiple=multiple,
        ends_at=instance.clock.now() + timedelta(days=1),
        closed_at=None,
        voters_count=0,
        motion={"coop:revoting": revoting} if revoting else None,
        published_at=instance.clock.now(),
        updated_at=None,
    )
    found = await instance.units.write(mirror_motion, author=author, seen=seen)
    assert found is not None
    return found


async def send(instance: Instance, member: Member, motion: RemoteMotion, *names: str) -> str:
    try:
        await instance.units.write(send_abroad, member_id=member.id, remote_motion_id=motion.id, names=names)
    except (BallotRefused, Conflict) as error:
        return error.code
    return "sent"


async def test_a_vote_elsewhere_is_one_note_for_each_mark_to_the_author_only(instance: Instance) -> None:
    (ada,), birch = await join(instance.units, "ada"), await know(instance, "birch", kind="Organization")
    one, many = await elsewhere(instance, birch), await elsewhere(instance, birch, multiple=True)
    assert await send(instance, ada, one, "Tea") == "actor-missing"
    await instance.units.write(open_member_actor, member_id=ada.id, name="ada", keys=made_keys(1))
    assert await send(instance, ada, one, "Water") == "option"
    assert await send(instance, ada, one) == "too-few"
    assert await send(instance, ada, one, "Tea", "Caf\u00e9") == "too-many"
    assert await sent(instance) == []
    assert await send(instance, ada, one, "  Caf\u00e9 ") == "sent"
    assert await send(instance, ada, many, "Tea", "Caf\u00e9") == "sent"
    notes = [a["object"] for a in await sent(instance, "Create")]
    assert [(n["inReplyTo"], n["name"]) for n in notes] == [
        (one.uri, "Cafe\u0301"),
        (many.uri, "Tea"),
        (many.uri, "Cafe\u0301"),
    ]
    assert all(n["to"] in (birch.uri, [birch.uri]) and not n.get("cc") and not n.get("content") for n in notes)
    assert {row.inbox for row in await rows(instance, t.deliveries)} == {birch.inbox}


async def test_a_vote_elsewhere_is_changed_only_where_its_author_takes_changes(instance: Instance) -> None:
    (ada,), birch = await join(instance.units, "ada"), await know(instance, "birch")
    await instance.units.write(open_member_actor, member_id=ada.id, name="ada", keys=made_keys(1))
    for revoting, multiple, expected in (
        ("last", False, "sent"),
        ("first", False, "vote-sent"),
        ("", False, "vote-sent"),
        ("last", True, "vote-sent"),
    ):
        motion = await elsewhere(instance, birch, multiple=multiple, revoting=revoting)
        assert await send(instance, ada, motion, "Tea") == "sent"
        assert await send(instance, ada, motion, "Caf\u00e9") == expected
    motion = await elsewhere(instance, birch, revoting="last")
    instance.clock.advance(timedelta(days=1))
    assert await send(instance, ada, motion, "Tea") == "sent"
    instance.clock.advance(timedelta(microseconds=1))
    assert await send(instance, ada, motion, "Caf\u00e9") == "late"
