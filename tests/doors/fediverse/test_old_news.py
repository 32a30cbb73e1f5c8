"""Old words never undo newer ones, whoever brings them again and however they are vouched for (federation.md 8.1 step 14)."""

import json

import pytest

from fedcoop.actions.fediverse.peers import follow as follow_peer
from fedcoop.actions.fediverse.peers import unfollow
from fedcoop.actions.fediverse.remote import remember_actor
from fedcoop.federation.inbox.seen import seen_actor
from fedcoop.federation.wire.objects import parse_actor
from fedcoop.storage import tables as t
from tests.doors.fediverse.test_inbox_links import ask_for_code, message, proven, with_proof
from tests.doors.fediverse.test_inbox_matrix import act, note, question, served
from tests.doors.fediverse.test_polls_elsewhere import followed
from tests.doors.peer import AS2, Peer
from tests.doors.votes import open_poll

PUBLIC = AS2 + "#Public"


@pytest.fixture
async def far():
    """Another server, of a stranger."""
    running = Peer()
    await running.start()
    yield running
    await running.close()


@pytest.fixture
async def eve(far):
    return far.actor("eve", rsa_number=1)


@pytest.fixture
async def birch(bread, peer):
    """A co-op that we follow; it proves what it says."""
    return await followed(bread, peer, "birch", ed_number=0)


def poll(actor, votes, **more):
    return question(actor, votes=(votes, 0), published="2026-03-01T09:00:00Z", **more)


def outcome(actor, number, result):
    node = {"type": "coop:Outcome", "coop:motion": question(actor)["id"], "coop:result": result}
    return note(
        actor,
        f"o{number}",
        inReplyTo=question(actor)["id"],
        published=f"2026-03-01T10:0{number}:00Z",
        **{"coop:outcome": node},
    )


async def totals(bread):
    [kept] = await bread.rows(t.remote_motions)
    return [option["votes"] for option in kept.options]


async def result(bread):
    return (await bread.rows(t.remote_motions))[0].outcome["coop:result"]


async def forget_ids(bread):
    await bread.units.write(lambda uow: uow.conn.execute(t.seen_ids.delete()))


async def say(bread, actor, activity):
    """Deliver a proven activity, a minute after whatever was before."""
    bread.advance(minutes=1)
    sent = with_proof(actor, {k: v for k, v in activity.items() if k != "@context"}, bread)
    assert await bread.deliver(actor, sent) == 202
    return sent


@pytest.mark.parametrize("lost", [False, True])
async def test_a_stranger_brings_an_old_update_with_its_proof(bread, birch, eve, lost):
    """Totals stay 24, whether we remember the old id or not; and the owner's next word counts."""
    await say(bread, birch, act(birch, "Create", poll(birch, 0)))
    old = await say(bread, birch, act(birch, "Update", poll(birch, 3)))
    await say(bread, birch, act(birch, "Update", poll(birch, 24), 2))
    bread.advance(minutes=30)
    if lost:
        await forget_ids(bread)
    assert await bread.deliver(eve, old) == 202
    assert await totals(bread) == [24, 0]
    await say(bread, birch, act(birch, "Update", poll(birch, 25), 3))
    assert await totals(bread) == [25, 0]


@pytest.mark.parametrize("lost", [False, True])
async def test_a_stranger_brings_an_old_update_that_is_still_served(bread, peer, birch, eve, lost):
    old = {**act(birch, "Update", poll(birch, 3)), "to": [PUBLIC]}
    await bread.deliver(birch, act(birch, "Create", poll(birch, 0)))
    bread.advance(minutes=1)
    await bread.deliver(birch, old)
    bread.advance(minutes=1)
    await bread.deliver(birch, act(birch, "Update", poll(birch, 24), 2))
    served(peer, old)
    served(peer, poll(birch, 24))
    bread.advance(minutes=30)
    if lost:
        await forget_ids(bread)
    assert await bread.post(eve.cavage(bread.inbox, old, bread.now)) == 202
    await bread.process()
    assert await totals(bread) == [24, 0]
    peer.documents.pop(poll(birch, 24)["id"].removeprefix(peer.origin))
    bread.advance(minutes=30)
    await forget_ids(bread)
    assert await bread.post(eve.cavage(bread.inbox, {**old, "summary": "again"}, bread.now)) == 202
    await bread.process()
    assert await totals(bread) == [24, 0], "an object that is served no more says nothing"


@pytest.mark.parametrize("lost", [False, True])
async def test_what_was_annulled_stays_annulled(bread, birch, eve, lost):
    await say(bread, birch, act(birch, "Create", poll(birch, 0)))
    old = await say(bread, birch, act(birch, "Create", outcome(birch, 3, "carried"), "o3"))
    assert await result(bread) == "carried"
    await say(bread, birch, act(birch, "Create", outcome(birch, 5, "annulled"), "o5"))
    bread.advance(minutes=30)
    if lost:
        await forget_ids(bread)
    assert await bread.deliver(eve, old) == 202
    assert await result(bread) == "annulled"
    await say(bread, birch, act(birch, "Create", outcome(birch, 9, "carried"), "o9"))
    assert await result(bread) == "annulled", "nothing comes after it, not even from its author"


async def test_a_later_outcome_replaces_an_earlier_one_and_not_the_other_way_round(bread, birch):
    await bread.deliver(birch, act(birch, "Create", poll(birch, 0)))
    await bread.deliver(birch, act(birch, "Create", outcome(birch, 5, "tied"), "o5"))
    await bread.deliver(birch, act(birch, "Create", outcome(birch, 3, "not_carried"), "o3"))
    assert await result(bread) == "tied"
    await bread.deliver(birch, act(birch, "Create", outcome(birch, 7, "carried"), "o7"))
    assert await result(bread) == "carried"


async def test_an_outcome_waits_for_its_poll_and_only_its_own_authors_word_shows(bread, peer, birch, eve):
    other = await followed(bread, peer, "other")
    lie = outcome(other, 3, "not_carried")
    lie["coop:outcome"] = {**lie["coop:outcome"], "coop:motion": question(birch)["id"]}
    await bread.deliver(other, act(other, "Create", lie, "lie"))
    await bread.deliver(birch, act(birch, "Create", outcome(birch, 3, "carried"), "o3"))
    assert await bread.rows(t.remote_motions) == []
    await bread.deliver(birch, act(birch, "Create", poll(birch, 0)))
    assert await result(bread) == "carried"


async def test_a_vote_that_was_closed_is_open_again_only_with_a_later_end(bread, birch):
    closed = {"closed": "2026-03-01T10:00:00Z", "endTime": "2026-03-01T10:00:00Z"}
    await bread.deliver(birch, act(birch, "Create", poll(birch, 0)))
    bread.advance(minutes=1)
    await bread.deliver(birch, act(birch, "Update", {**poll(birch, 24), **closed}, 1))
    bread.advance(minutes=1)
    await bread.deliver(birch, act(birch, "Update", {**poll(birch, 3), "endTime": closed["endTime"]}, 2))
    assert await totals(bread) == [24, 0]
    bread.advance(minutes=1)
    await bread.deliver(birch, act(birch, "Update", {**poll(birch, 25), "endTime": "2026-03-09T10:00:00Z"}, 3))
    assert await totals(bread) == [25, 0]
    assert (await bread.rows(t.remote_motions))[0].closed_at is None


# a server that gives all updates of a thing one id


async def test_updates_under_one_id_count_each_and_a_repetition_changes_nothing(bread, birch):
    await bread.deliver(birch, act(birch, "Create", poll(birch, 0)))
    for number, votes in enumerate((1, 2, 5)):
        bread.advance(seconds=number)
        update = act(birch, "Update", poll(birch, votes), "same")
        assert await bread.deliver(birch, update) == 202
        assert await totals(bread) == [votes, 0]
    bread.advance(minutes=1)
    for votes in (1, 2, 5):
        await bread.deliver(birch, act(birch, "Update", poll(birch, votes), "same"))
    assert await totals(bread) == [5, 0]
    await bread.deliver(birch, act(birch, "Update", poll(birch, 6, closed="2026-03-01T10:00:00Z"), "same"))
    assert (await bread.rows(t.remote_motions))[0].closed_at is not None


@pytest.mark.parametrize(
    "dates", [(None, None), ("2026-03-01T10:00:00Z", "2026-03-01T10:00:00Z"), (None, "2026-03-01T10:00:01Z")]
)
async def test_two_edits_of_a_reply_within_a_second_count_both(bread, peer, dates):
    ben = peer.actor("ben")
    motion = await open_poll(bread)
    await bread.deliver(ben, act(ben, "Create", note(ben, inReplyTo=motion.url)))
    for text, date in zip(("Second", "Third"), dates, strict=True):
        edited = note(ben, inReplyTo=motion.url, content=f"<p>{text}</p>", **({"updated": date} if date else {}))
        await bread.deliver(ben, act(ben, "Update", edited, "same"))
        assert [row.content for row in await bread.rows(t.notes)] == [f"<p>{text}</p>"]


async def test_an_older_version_that_comes_late_changes_nothing(bread, peer):
    ben = peer.actor("ben")
    motion = await open_poll(bread)
    await bread.deliver(ben, act(ben, "Create", note(ben, inReplyTo=motion.url)))
    for text, date in (("Third", "2026-03-01T10:00:02Z"), ("Second", "2026-03-01T10:00:01Z")):
        bread.advance(minutes=1)
        edited = note(ben, inReplyTo=motion.url, content=f"<p>{text}</p>", updated=date)
        await bread.deliver(ben, act(ben, "Update", edited, "same"))
    assert [row.content for row in await bread.rows(t.notes)] == ["<p>Third</p>"]


# follows and reactions under one id


async def follow_states(bread):
    return [row.state for row in await bread.rows(t.follows)]


async def test_a_follow_and_its_end_may_come_again_under_their_ids(bread, peer):
    """Pixelfed and Misskey name a follow by who follows whom; each later signed date is another follow, or another end."""
    ben = peer.actor("ben")
    follow = act(ben, "Follow", bread.uri, "it")
    undo = act(ben, "Undo", follow, "end")
    for states in (["accepted"], [], ["accepted"], []):
        bread.advance(seconds=10)
        assert await bread.deliver(ben, follow if states else undo) == 202
        assert await follow_states(bread) == states
    accepts = [row.type for row in await bread.rows(t.activities)]
    assert accepts == ["Accept", "Accept"]


async def test_a_follow_that_stands_is_not_answered_again_under_its_id(bread, peer):
    ben = peer.actor("ben")
    for _ in range(3):
        bread.advance(seconds=10)
        await bread.deliver(ben, act(ben, "Follow", bread.uri, "it"))
    assert len(await bread.rows(t.activities)) == 1


async def test_a_captured_follow_does_not_come_back_after_its_end(bread, peer):
    ben = peer.actor("ben")
    sent = ben.cavage(bread.inbox, act(ben, "Follow", bread.uri, "it"), bread.now)
    assert await bread.post(sent) == 202
    bread.advance(seconds=10)
    await bread.deliver(ben, act(ben, "Undo", json.loads(sent.body), "end"))
    await forget_ids(bread)
    assert await bread.post(sent) == 202
    await bread.process()
    assert await follow_states(bread) == []


@pytest.mark.parametrize("type_", ["Like", "Announce"])
async def test_a_reaction_that_was_undone_does_not_come_back(bread, peer, eve, type_):
    ben = peer.actor("ben", ed_number=0)
    motion = await open_poll(bread)
    like = await say(bread, ben, act(ben, type_, motion.url))
    await say(bread, ben, act(ben, "Undo", {k: v for k, v in like.items() if k not in ("proof", "@context")}))
    assert await bread.rows(t.interactions) == []
    await forget_ids(bread)
    assert await bread.deliver(eve, like) == 202
    assert await bread.rows(t.interactions) == []
    await say(bread, ben, act(ben, type_, motion.url, 2))
    assert len(await bread.rows(t.interactions)) == 1


async def test_a_late_answer_to_a_follow_that_is_over_settles_no_other(bread, peer):
    ben = peer.actor("ben")
    await bread.parts.actors.actor(ben.uri)
    await bread.units.write(follow_peer, actor_uri=ben.uri)
    first = (await bread.rows(t.follows))[0].uri
    await bread.units.write(unfollow, actor_uri=ben.uri)
    await bread.units.write(follow_peer, actor_uri=ben.uri)
    whole = {"id": first, "type": "Follow", "actor": bread.uri, "object": ben.uri}
    await bread.deliver(ben, act(ben, "Reject", whole))
    await bread.deliver(ben, act(ben, "Accept", whole))
    assert await follow_states(bread) == ["pending"]
    second = (await bread.rows(t.follows))[0].uri
    await bread.deliver(ben, act(ben, "Accept", {**whole, "id": second}, 2))
    assert await follow_states(bread) == ["accepted"]


# a copy is never in the way


async def test_a_copy_of_a_code_that_others_brought_first_proves_nothing_and_the_accounts_own_word_does(
    bread, peer, eve
):
    ana = peer.actor("ana", ed_number=0)
    code = await ask_for_code(bread, ana)
    said = {k: v for k, v in message(ana, bread, code).items() if k != "@context"}
    sent = with_proof(ana, said, bread)
    assert await bread.deliver(eve, sent) == 202
    assert await proven(bread) == [False]
    assert await bread.deliver(ana, sent) == 202
    assert await proven(bread) == [True]


# the copy of the actor


async def test_a_look_at_an_actor_that_began_before_another_does_not_roll_it_back(bread, peer):
    """Two looks end in another order than they began: the newer keys stay, and no link is frozen for the older ones."""
    ana = peer.actor("ana")
    await bread.link("ana", ana)
    old, began_at = ana.document(), bread.now
    bread.advance(seconds=5)
    ana.rsa_number = 1
    new = seen_actor(parse_actor(ana.document()), ana.document(), asked_at=bread.now)
    await bread.units.write(remember_actor, new, vouched=True)
    bread.advance(seconds=5)
    await bread.units.write(remember_actor, seen_actor(parse_actor(old), old, asked_at=began_at))
    assert [row.state for row in await bread.rows(t.links)] == ["active"]
    [key] = [row for row in await bread.rows(t.actor_keys) if row.key_id == ana.key_id]
    assert key.material == ana.document()["publicKey"]["publicKeyPem"]
    await bread.units.write(remember_actor, seen_actor(parse_actor(old), old, asked_at=bread.now))
    assert [row.reason for row in await bread.rows(t.links)] == ["keys-changed"], "what it shows now counts"
