"""Votes by federation as ballots: marks that add up, ids seen once, withdrawals; and our members' votes on polls elsewhere."""

import json
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from fedcoop.actions.fediverse.mirrors import SeenMotion, mirror_motion
from fedcoop.actions.fediverse.peers import block, unblock
from fedcoop.actions.fediverse.remote import actor_gone
from fedcoop.actions.fediverse.votes import Mark, RemoteVote, count_vote, refuse_vote, unknown_key, withdraw_vote
from fedcoop.actions.instance.founding import open_member_actor
from fedcoop.actions.motions.ballots import send_abroad
from fedcoop.federation.inbox.seen import seen_motion
from fedcoop.governance.members.member import Member
from fedcoop.governance.motions.motion import Motion, Option
from fedcoop.kernel.clock import rfc3339
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


async def test_in_whatever_order_marks_arrive_those_count_that_can_and_the_others_have_their_reason(
    instance: Instance,
) -> None:
    """All at once or one by one, in each order: two known answers and an unknown one, where one may be ticked."""
    strange = unknown_key("Perhaps")
    cases = [(order, at_once) for order in permutations(("rye", "wheat", strange)) for at_once in (True, False)]
    voters = await join(instance.units, *(f"m{number}" for number in range(len(cases))))
    motion = await ask(instance, voters[0], method="approval", options=BREADS, settings={"max": "1"})
    for number, ((order, at_once), voter) in enumerate(zip(cases, voters, strict=True)):
        actor = await know(instance, voter.name)
        marks = [(f"{number} {place}".encode(), key) for place, key in enumerate(order)]
        messages = [marks] if at_once else [[mark] for mark in marks]
        left = [found for message in messages for found in await say(instance, motion, voter, actor, *message)]
        counted, late = [key for key in order if key != strange]
        told = {late: (late.title(), "too-many"), strange: ("Perhaps", "option")}
        assert left == [told[key] for key in order if key in told]
        assert (await choice(instance))[-1] == [counted]


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


def asked(author: Actor, *names: str, **members: Any) -> dict[str, Any]:
    """A person's poll as it comes over the wire."""
    options = [{"type": "Note", "name": name, "replies": {"type": "Collection", "totalItems": 0}} for name in names]
    to = ["https://www.w3.org/ns/activitystreams#Public"]
    base = {"id": f"{author.uri}/polls/9", "type": "Question", "attributedTo": author.uri, "to": to, "content": "?"}
    return {**base, "oneOf": options, **members}


async def mirror(instance: Instance, author: Actor, document: dict[str, Any]) -> RemoteMotion:
    found = await instance.units.write(mirror_motion, author=author, seen=seen_motion(document))
    assert found is not None
    return found


@pytest.mark.parametrize(
    "raw", ["Cafe\u0301", "  Tea  or\u00a0milk ", "\u202ednalkcaJ", "Tea\u200b\u200b", "<i>Tea</i>", "9" * 300]
)
async def test_a_vote_elsewhere_names_the_answer_by_the_very_words_of_the_poll(instance: Instance, raw: str) -> None:
    (ada,), ben = await join(instance.units, "ada"), await know(instance, "ben", kind="Person")
    await instance.units.write(open_member_actor, member_id=ada.id, name="ada", keys=made_keys(1))
    motion = await mirror(instance, ben, asked(ben, "Water", raw))
    assert await send(instance, ada, motion, motion.options[1]["name"]) == "sent"
    [create] = await sent(instance, "Create")
    vote = create["object"]
    assert (vote["name"], vote["inReplyTo"], vote["attributedTo"]) == (raw, motion.uri, create["actor"])
    assert vote["to"] == create["to"] == [ben.uri]
    assert vote.keys() == {"id", "type", "attributedTo", "to", "inReplyTo", "name"}
    assert (vote["type"], create["actor"]) == ("Note", instance.units.site.urls.actor("ada"))


async def test_no_vote_goes_out_where_two_answers_look_alike_or_its_author_is_gone(instance: Instance) -> None:
    (ada,), ben = await join(instance.units, "ada"), await know(instance, "ben", kind="Person")
    await instance.units.write(open_member_actor, member_id=ada.id, name="ada", keys=made_keys(1))
    twins = await mirror(instance, ben, asked(ben, "Tea", "Tea\u200b\u200b", "Milk"))
    assert await send(instance, ada, twins, "Milk") == "answers-alike"
    plain = await mirror(instance, ben, asked(ben, "Tea", "Milk", id=f"{ben.uri}/polls/10"))
    await instance.units.write(block, target=ben.uri)
    assert await send(instance, ada, plain, "Milk") == "author-gone"
    await instance.units.write(unblock, target=ben.uri)
    assert await send(instance, ada, plain, "Milk") == "sent"
    await instance.units.write(actor_gone, ben.uri)
    (eda,) = await join(instance.units, "eda")
    await instance.units.write(open_member_actor, member_id=eda.id, name="eda", keys=made_keys(2))
    assert await send(instance, eda, plain, "Milk") == "author-gone"


async def test_once_the_answers_were_exchanged_a_vote_may_be_sent_again(instance: Instance) -> None:
    (ada,), ben = await join(instance.units, "ada"), await know(instance, "ben", kind="Person")
    await instance.units.write(open_member_actor, member_id=ada.id, name="ada", keys=made_keys(1))
    motion = await mirror(instance, ben, asked(ben, "Tea", "Milk"))
    assert await send(instance, ada, motion, "Tea") == "sent"
    instance.clock.advance(timedelta(minutes=1))
    same = {"updated": rfc3339(instance.clock.now()), "content": "?!"}
    await mirror(instance, ben, asked(ben, "Tea", "Milk", **same))
    assert await send(instance, ada, motion, "Milk") == "vote-sent"
    instance.clock.advance(timedelta(minutes=1))
    await mirror(instance, ben, asked(ben, "Tea", "Oat milk", updated=rfc3339(instance.clock.now())))
    instance.clock.advance(timedelta(minutes=1))
    assert await send(instance, ada, motion, "Milk") == "option"
    assert await send(instance, ada, motion, "Oat milk") == "sent"
    assert await send(instance, ada, motion, "Tea") == "vote-sent"


async def test_a_later_end_opens_what_only_was_to_close_and_nothing_opens_what_closed(instance: Instance) -> None:
    ben = await know(instance, "ben", kind="Person")
    at = [rfc3339(instance.clock.now() + timedelta(hours=hours)) for hours in range(5)]
    await mirror(instance, ben, asked(ben, "Tea", "Milk", endTime=at[1], closed=at[1]))
    motion = await mirror(instance, ben, asked(ben, "Tea", "Milk", endTime=at[3], closed=at[3]))
    instance.clock.advance(timedelta(hours=2))
    assert not motion.is_over(instance.clock.now())
    await mirror(instance, ben, asked(ben, "Tea", "Milk", endTime=at[3], closed=True))
    motion = await mirror(instance, ben, asked(ben, "Tea", "Milk", endTime=at[4], closed=at[4]))
    assert motion.is_over(instance.clock.now())
