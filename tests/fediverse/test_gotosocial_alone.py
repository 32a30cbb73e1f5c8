"""The GoToSocial-like peer by itself: it does what federation.md 18 says of GoToSocial. If one fails, no story counts."""

from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import ClientSession

from fedcoop.kernel.clock import FrozenClock
from tests.doors.peer import Peer, send
from tests.fediverse.gts_courier import Unreachable
from tests.fediverse.gts_documents import PUBLIC
from tests.fediverse.gts_server import GotoSocialLike
from tests.fediverse.gts_user import Refusal


@pytest.fixture
def clock():
    return FrozenClock(datetime(2026, 12, 1, 9, tzinfo=UTC))


@pytest.fixture
async def two(clock):
    servers = [GotoSocialLike(clock), GotoSocialLike(clock, split_domain=True)]
    for server in servers:
        await server.start()
    yield servers
    for server in servers:
        await server.close()


@pytest.fixture
async def stranger():
    """A server of another make."""
    peer = Peer()
    await peer.start()
    yield peer.actor("cyd", rsa_number=1)
    await peer.close()


async def settle(*servers):
    while sum([await server.settle() for server in servers]):
        pass


async def following(two):
    """Bea at the second server follows Ana at the first."""
    ana, bea = two[0].user("ana"), two[1].user("bea", key_number=1)
    await bea.follow(await bea.search(ana.handle))
    await settle(*two)
    return ana, bea


async def test_an_account_is_found_by_handle_on_a_domain_of_its_own_and_follows(two):
    ana, bea = await following(two)
    assert ana.followers == {bea.uri}
    assert bea.following[ana.uri].accepted
    assert await ana.search(f"@{bea.handle}") == bea.uri
    assert bea.handle.partition("@")[2] not in bea.uri


async def test_a_locked_account_is_asked_first_and_may_refuse(two):
    ana, bea = two[0].user("ana", locked=True), two[1].user("bea", key_number=1)
    await bea.follow(await bea.search(ana.uri))
    await settle(*two)
    assert not bea.following[ana.uri].accepted
    await ana.reject(bea.uri)
    await settle(*two)
    assert bea.following == {}
    await bea.follow(ana.uri)
    await settle(*two)
    await ana.accept(bea.uri)
    await settle(*two)
    assert bea.following[ana.uri].accepted


async def test_nothing_but_the_key_is_shown_without_a_signature(two, clock, stranger):
    ana = two[0].user("ana")
    async with ClientSession() as session:
        asked = stranger.signed_get(ana.uri, clock.now())
        assert (await send(session, asked))[0] == 200
        assert (await send(session, asked.with_header("Signature", None)))[0] == 401
        status, stub = await send(
            session, stranger.signed_get(f"{ana.uri}/main-key", clock.now()).with_header("Signature", None)
        )
        assert status == 200
        assert stub["publicKey"] == ana.document()["publicKey"]
        assert "inbox" not in stub
        assert "endpoints" not in ana.document()


async def test_only_the_older_signature_and_the_right_type_open_the_inbox(two, clock, stranger):
    ana = two[0].user("ana")
    follow = {"id": f"{stranger.uri}/follows/1", "type": "Follow", "actor": stranger.uri, "object": ana.uri}
    good = stranger.cavage(f"{ana.uri}/inbox", follow, clock.now())
    async with ClientSession() as session:
        assert (await send(session, stranger.rfc9421(f"{ana.uri}/inbox", follow, clock.now())))[0] == 401
        assert (await send(session, good.with_header("Content-Type", "application/json")))[0] == 406
        assert (await send(session, stranger.cavage(f"{ana.uri}/inbox", follow, clock.now(), rsa_number=2)))[0] == 401
        assert ana.followers == set()
        assert (await send(session, good))[0] == 202
        await two[0].settle()
    assert ana.followers == {stranger.uri}
    assert [status for _, status, _ in two[0].arrivals] == [401, 406, 401, 202]


async def test_every_update_of_a_post_has_one_id(two):
    ana, bea = await following(two)
    note = await ana.write("one")
    await settle(*two)
    for text in ("two", "three"):
        await ana.edit(note, text)
    await settle(*two)
    updates = [found for _, _, found in two[1].arrivals if found["type"] == "Update"]
    assert {update["id"] for update in updates} == {f"{note.uri}/activity#Update"}
    assert [status.content for status in bea.timeline()] == ["<p>three</p>"]


async def test_a_vote_is_counted_at_once_and_the_author_has_the_last_word(two, clock):
    ana, bea = await following(two)
    theirs = await ana.ask("Tea?", "Yes", "No", multiple=True)
    await settle(*two)
    (copy,) = bea.timeline()
    await bea.vote(copy.uri, "Yes", "No")
    assert (copy.poll.votes, copy.poll.voters, theirs.poll.voters) == ([1, 1], 1, 0)
    with pytest.raises(Refusal, match="already voted"):
        await bea.vote(copy.uri, "No")
    await settle(*two)
    assert theirs.poll.votes == [1, 1]
    (vote,) = [found for _, _, found in two[0].arrivals if found["type"] == "Create"]
    assert [note["name"] for note in vote["object"]] == ["Yes", "No"]
    theirs.poll.votes, theirs.poll.voters = [0, 0], 0
    await ana.publish_totals(theirs)
    await settle(*two)
    assert copy.poll.votes == [0, 0]
    assert bea.uri in copy.poll.ballots


async def test_votes_are_forgotten_when_the_end_moves_and_voters_hear_once_of_the_end(two, clock):
    ana, bea = await following(two)
    theirs = await ana.ask("Tea?", "Yes", "No")
    await settle(*two)
    (copy,) = bea.timeline()
    await bea.vote(copy.uri, "Yes")
    await settle(*two)
    theirs.poll.expires_at = "2026-12-03T09:00:00Z"
    await ana.publish_totals(theirs)
    await settle(*two)
    assert copy.poll.ballots == {}
    theirs.poll.ballots.clear()
    await bea.vote(copy.uri, "No")
    await settle(*two)
    clock.advance(timedelta(days=2))
    await settle(*two)
    await ana.publish_totals(theirs)
    await settle(*two)
    assert copy.poll.closed_at == "2026-12-03T09:00:00Z"
    assert bea.number_of("poll") == 1


async def test_it_is_patient_for_four_minutes_and_then_tries_once_an_hour(two, clock):
    ana, bea = await following(two)
    courier = two[0].courier
    await two[1].down()
    await ana.write("first")
    for _ in range(8):
        await settle(two[0])
        clock.advance(timedelta(seconds=30))
    assert len(courier.waiting) == 1
    clock.advance(timedelta(seconds=5))
    await settle(two[0])
    assert [len(courier.waiting), len(courier.lost)] == [0, 1]
    await two[1].up()
    await ana.write("second")
    await settle(*two)
    assert [len(courier.waiting), len(courier.lost)] == [0, 2]
    with pytest.raises(Unreachable):
        await ana.search(f"{bea.uri}/statuses/1")
    clock.advance(timedelta(hours=1))
    await ana.write("third")
    await settle(*two)
    assert [status.content for status in bea.timeline()] == ["<p>third</p>"]


async def test_a_post_met_through_its_reply_is_nobodys_news(two):
    ana, bea = await following(two)
    await two[1].down()
    first = await ana.write("the question")
    await settle(two[0])
    two[0].courier.waiting.clear()
    await two[1].up()
    reply = await ana.write("the answer", in_reply_to=first.uri)
    await settle(*two)
    assert first.uri in two[1].statuses
    assert [status.uri for status in bea.timeline()] == [reply.uri]


async def test_only_followers_hear_that_an_account_is_gone(two, stranger):
    ana, bea = await following(two)
    await ana.write("hello", stranger.uri)
    await settle(*two)
    assert len(stranger.peer.posts) == 1
    await ana.delete_account()
    await settle(*two)
    assert bea.following == {}
    assert len(stranger.peer.posts) == 1
    with pytest.raises(Unreachable, match="410"):
        await two[1].courier.fetch(ana.uri, bea.signer)


async def test_its_outbox_lists_public_posts_without_replies(two):
    ana, bea = await following(two)
    first = await ana.write("first")
    await ana.write("second", in_reply_to=first.uri)
    await ana.write("third", visibility="followers")
    outbox = await two[1].courier.fetch(f"{ana.uri}/outbox", bea.signer)
    page = await two[1].courier.fetch(outbox["first"], bea.signer)
    assert [item["object"] for item in page["orderedItems"]] == [first.uri]


async def test_whom_a_user_blocks_sees_nothing_of_it_and_what_is_private_stays_so(two):
    ana, bea = await following(two)
    cas = two[1].user("cas", key_number=2)
    note = await ana.write("for followers", visibility="followers")
    direct = await ana.write("for one", bea.uri, visibility="direct")
    assert PUBLIC not in note.audience
    for uri in (note.uri, direct.uri):
        assert (await two[1].courier.fetch(uri, bea.signer))["id"] == uri
        with pytest.raises(Unreachable, match="404"):
            await two[1].courier.fetch(uri, cas.signer)
    await ana.block(bea.uri)
    with pytest.raises(Unreachable, match="404"):
        await two[1].courier.fetch(note.uri, bea.signer)
    await settle(*two)
    assert bea.following == {}


async def test_a_boost_shows_the_post_to_the_boosters_followers(two):
    ana, bea = await following(two)
    cas = two[0].user("cas", key_number=2)
    note = await cas.write("worth reading")
    await ana.boost(note.uri)
    await settle(*two)
    assert [status.uri for status in bea.timeline()] == [note.uri]
