"""After an outage what others published meanwhile is fetched, and taken as if it had been forwarded (federation.md 8.3, 9, 18)."""

import pytest

from fedcoop.actions.fediverse.outages import beat
from fedcoop.actions.fediverse.peers import block, follow
from fedcoop.storage import tables as t
from tests.doors.loops import fire_timers, make_visits, settle
from tests.doors.peer import AS2
from tests.doors.votes import open_poll, vote

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
BEFORE, MEANWHILE = "2026-03-01T09:00:00Z", "2026-03-01T10:02:00Z"


@pytest.fixture
def birch(peer):
    return peer.actor("birch", rsa_number=1, type="Organization")


async def followed(bread, actor):
    """The co-op follows the actor."""
    await bread.parts.actors.actor(actor.uri)
    await bread.units.write(follow, actor_uri=actor.uri)

    def accept(uow):
        uow.conn.execute(t.follows.update().values(state="accepted"))

    await bread.units.write(accept)


def note(actor, number, **more):
    return {
        "@context": AS2,
        "id": f"{actor.uri}/notes/{number}",
        "type": "Note",
        "attributedTo": actor.uri,
        "to": [PUBLIC],
        "content": f"<p>Note {number}</p>",
        "published": MEANWHILE,
        **more,
    }


def question(actor, number, votes=(0, 0), **more):
    options = [
        {"type": "Note", "name": name, "replies": {"type": "Collection", "totalItems": n}}
        for name, n in zip(("Rye", "Oats"), votes, strict=True)
    ]
    end = {"endTime": "2026-03-05T00:00:00Z", "votersCount": sum(votes)}
    return note(actor, number, type="Question", oneOf=options, **end, **more)


def create(actor, shown):
    """A `Create` as Mastodon's outbox shows it, its object inside."""
    said = {"id": shown["id"] + "/activity", "type": "Create", "actor": actor.uri, "published": shown["published"]}
    return {**said, "to": shown["to"], "object": {k: v for k, v in shown.items() if k != "@context"}}


def bare(actor, shown):
    """A `Create` as GoToSocial's outbox shows it: it cannot be fetched, and names its object only."""
    return {**create(actor, shown), "id": shown["id"] + "/activity#Create", "object": shown["id"]}


def publish(actor, *items, served=True):
    """The outbox has these items, the newest first; the objects are served if so said."""
    peer, path = actor.peer, f"/users/{actor.name}/outbox"
    page = f"{actor.uri}/outbox/1"
    collection = {"@context": AS2, "id": f"{actor.uri}/outbox", "type": "OrderedCollection", "first": page}
    first = {"@context": AS2, "id": page, "type": "OrderedCollectionPage", "orderedItems": list(items)}
    peer.documents[path] = (200, collection)
    peer.documents[f"{path}/1"] = (200, first)
    for item in items if served else ():
        shown = item["object"]
        if isinstance(shown, dict) and shown.get("attributedTo") == actor.uri:
            serve(peer, {"@context": AS2, **shown})


def serve(peer, document):
    peer.documents[document["id"].removeprefix(peer.origin)] = (200, document)


async def away(bread, minutes=5):
    await bread.units.write(beat)
    bread.advance(minutes=minutes)
    await bread.units.write(beat)


async def catch_up(bread):
    """Time passes until those who are to be looked at have been."""
    await fire_timers(bread)
    bread.advance(minutes=1)
    await make_visits(bread)


async def notes(bread):
    return sorted((row.uri.rpartition("/")[2], row.kind) for row in await bread.rows(t.notes))


@pytest.mark.parametrize("spelling", [create, bare])
async def test_what_followed_co_ops_published_meanwhile_is_fetched(bread, peer, birch, spelling):
    await followed(bread, birch)
    poll, news = question(birch, 1, votes=(3, 1)), note(birch, 2, **{"coop:announcement": "news"})
    outcome = note(
        birch, 3, inReplyTo=poll["id"], **{"coop:outcome": {"coop:motion": poll["id"], "coop:result": "carried"}}
    )
    for shown in (poll, news, outcome):
        serve(peer, shown)
    publish(birch, spelling(birch, outcome), spelling(birch, news), spelling(birch, poll), served=False)
    await catch_up(bread)
    assert await bread.rows(t.remote_motions) == [], "nobody was away"
    await away(bread)
    await catch_up(bread)
    assert await notes(bread) == [("2", "announcement")]
    (mirrored,) = await bread.rows(t.remote_motions)
    assert [option["votes"] for option in mirrored.options] == [3, 1]
    assert mirrored.outcome["coop:result"] == "carried"


async def test_replies_of_linked_accounts_are_fetched_and_what_does_not_concern_us_is_not(bread, peer):
    ana = peer.actor("ana")
    await bread.link("ana", ana)
    motion = await open_poll(bread, by="ana")
    await settle(bread)
    reply, other = note(ana, 1, inReplyTo=motion.url), note(ana, 2)
    publish(ana, create(ana, other), create(ana, reply))
    peer.requests.clear()
    await away(bread)
    await catch_up(bread)
    assert await notes(bread) == [("1", "reply")]
    assert "GET /users/ana/notes/2" not in peer.requests, "the matrix would not let it in"


async def test_what_came_by_delivery_is_not_taken_twice_before_or_after(bread, peer, birch):
    await followed(bread, birch)
    early, late = note(birch, 1), note(birch, 2)
    await bread.deliver(birch, {"@context": AS2, **create(birch, early)})
    publish(birch, create(birch, late), create(birch, early))
    peer.requests.clear()
    await away(bread)
    await catch_up(bread)
    assert "GET /users/birch/notes/1" not in peer.requests
    assert await bread.deliver(birch, {"@context": AS2, **create(birch, late)}) == 202
    assert await notes(bread) == [("1", "post"), ("2", "post")]
    state = await bread.rows(t.notes)
    peer.requests.clear()
    bread.advance(minutes=70)
    await make_visits(bread)
    assert [path for path in peer.requests if "outbox" in path], "looked at once more, an hour later"
    assert [path for path in peer.requests if "notes" in path] == []
    assert await bread.rows(t.notes) == state
    assert await bread.rows(t.visits) == []


async def test_what_servers_hold_back_for_an_hour_is_fetched_by_the_second_look(bread, peer, birch):
    await followed(bread, birch)
    publish(birch)
    await away(bread)
    await catch_up(bread)
    publish(birch, bare(birch, note(birch, 1, published="2026-03-01T10:50:00Z")), served=False)
    serve(peer, note(birch, 1, published="2026-03-01T10:50:00Z"))
    bread.advance(minutes=70)
    await make_visits(bread)
    assert await notes(bread) == [("1", "post")]


async def test_votes_private_words_old_posts_and_those_of_others_are_never_taken(bread, peer, birch):
    ana = peer.actor("ana")
    await followed(bread, birch)
    await bread.link("ana", ana)
    motion = await open_poll(bread, by="ana")
    marks = vote(ana, bread, motion, "For")["object"]
    marks = {**marks, "id": f"{ana.uri}/votes/1", "@context": AS2, "published": MEANWHILE}
    serve(peer, marks)
    publish(ana, create(ana, {**marks, "to": [PUBLIC]}), bare(ana, {**marks, "to": [PUBLIC]}), served=False)
    private = note(birch, 1, to=[birch.uri + "/followers"])
    foreign, old, stranger = note(ana, 2), note(birch, 3, published=BEFORE), note(birch, 4, attributedTo=ana.uri)
    for shown in (private, foreign, old, stranger):
        serve(peer, shown)
    claimed = [create(birch, {**shown, "published": MEANWHILE, "to": [PUBLIC], "attributedTo": birch.uri})
               for shown in (private, foreign, old, stranger)]  # fmt: skip
    said_by_ana = {**create(birch, note(birch, 5)), "actor": ana.uri}
    publish(birch, *claimed, said_by_ana, served=False)
    serve(peer, note(birch, 6))
    peer.documents["/users/birch/outbox/1"][1]["orderedItems"].append(create(birch, note(birch, 6)))
    await away(bread)
    await catch_up(bread)
    assert await notes(bread) == [("6", "post")]
    assert await bread.rows(t.ballots) == []


async def test_numbers_of_open_polls_are_asked_for_since_no_outbox_shows_updates(bread, peer, birch):
    await followed(bread, birch)
    poll = question(birch, 1, votes=(1, 0), published=BEFORE)
    await bread.deliver(birch, {"@context": AS2, **create(birch, poll)})
    publish(birch)
    serve(peer, {**question(birch, 1, votes=(5, 4), published=BEFORE), "closed": "2026-03-01T10:01:00Z"})
    await away(bread)
    await catch_up(bread)
    (mirrored,) = await bread.rows(t.remote_motions)
    assert [option["votes"] for option in mirrored.options] == [5, 4]
    assert mirrored.closed_at is not None


async def test_a_boost_of_our_vote_is_taken_as_its_origin_vouches_for_it(bread, peer, birch):
    await followed(bread, birch)
    motion = await open_poll(bread)
    boost = {"id": f"{birch.uri}/boosts/1", "type": "Announce", "actor": birch.uri, "object": motion.url}
    boost |= {"to": [PUBLIC], "published": MEANWHILE}
    forged = {**boost, "id": f"{birch.uri}/boosts/2"}
    publish(birch, boost, forged)
    serve(peer, {"@context": AS2, **boost})
    await away(bread)
    await catch_up(bread)
    assert [row.uri for row in await bread.rows(t.interactions)] == [boost["id"]]


async def test_what_somebody_followed_relayed_is_taken_as_its_own_author_says_it(bread, peer, birch):
    ana = peer.actor("ana")
    await followed(bread, birch)
    relayed = note(ana, 1, published=BEFORE)
    serve(peer, relayed)
    boost = {"id": f"{birch.uri}/boosts/1", "type": "Announce", "actor": birch.uri, "object": relayed["id"]}
    boost |= {"to": [PUBLIC], "published": MEANWHILE}
    serve(peer, {"@context": AS2, **boost})
    publish(birch, boost)
    await away(bread)
    await catch_up(bread)
    assert await notes(bread) == [("1", "post")]


def pages(birch, number, **last):
    """An outbox of so many pages, one item each, that never ends by itself."""
    peer, path = birch.peer, "/users/birch/outbox"
    collection = {
        "@context": AS2,
        "id": f"{birch.uri}/outbox",
        "type": "OrderedCollection",
        "first": f"{birch.uri}/outbox/1",
    }
    peer.documents[path] = (200, collection)
    for n in range(1, number + 1):
        page = {"@context": AS2, "id": f"{birch.uri}/outbox/{n}", "type": "OrderedCollectionPage"}
        page |= {"orderedItems": [create(birch, note(birch, n))], "next": f"{birch.uri}/outbox/{n + 1}"}
        serve(peer, note(birch, n))
        peer.documents[f"{path}/{n}"] = (200, {**page, **(last if n == number else {})})


async def test_five_next_pages_are_read_and_no_more(bread, peer, birch):
    await followed(bread, birch)
    pages(birch, 20)
    await away(bread)
    await catch_up(bread)
    assert len(await notes(bread)) == 6
    assert "GET /users/birch/outbox/7" not in peer.requests


async def test_a_page_of_before_ends_the_reading_and_so_does_one_that_was_read(bread, peer, birch):
    await followed(bread, birch)
    pages(birch, 20)
    peer.documents["/users/birch/outbox/2"][1]["orderedItems"][0] |= {"published": BEFORE}
    await away(bread)
    await catch_up(bread)
    assert "GET /users/birch/outbox/3" not in peer.requests
    peer.requests.clear()
    pages(birch, 3, next=f"{birch.uri}/outbox/1")
    bread.advance(minutes=70)
    await make_visits(bread)
    assert peer.requests.count("GET /users/birch/outbox/1") == 1


async def test_pages_of_another_server_are_not_read_and_the_outbox_is_given_up_in_the_end(bread, peer, birch):
    await followed(bread, birch)
    pages(birch, 2, next="http://127.0.0.1:9/outbox/3")
    await away(bread)
    await fire_timers(bread)
    for _ in range(6):
        bread.advance(hours=8)
        await make_visits(bread)
    assert await bread.rows(t.visits) == []
    assert [row.details["code"] for row in await bread.rows(t.audit_log) if row.what == "outbox-unread"] == [
        "outbox-page"
    ]


async def test_a_server_that_does_not_answer_is_asked_later_and_for_one_account_only(bread, peer, birch):
    ana = peer.actor("ana")
    await followed(bread, birch)
    await bread.link("ana", ana)
    await settle(bread)
    for actor in (ana, birch):
        publish(actor, create(actor, note(actor, 1)))
    peer.broken = True
    peer.documents.clear()
    peer.requests.clear()
    await away(bread)
    await fire_timers(bread)
    bread.advance(minutes=1)
    await make_visits(bread)
    assert 0 < len([path for path in peer.requests if path.startswith("GET")]) <= 4
    outboxes = [row for row in await bread.rows(t.visits) if row.kind == "outbox"]
    assert sorted(row.attempts for row in outboxes) in ([0, 1], [1, 1])
    peer.broken = False
    publish(birch, create(birch, note(birch, 1)))
    publish(ana)
    bread.advance(minutes=2)
    await make_visits(bread)
    assert await notes(bread) == [("1", "post")]


async def test_whom_we_blocked_or_no_longer_follow_is_not_looked_at(bread, peer, birch):
    await followed(bread, birch)
    publish(birch, create(birch, note(birch, 1)))
    await away(bread)
    await fire_timers(bread)
    await bread.units.write(block, target=birch.uri)
    bread.advance(minutes=1)
    peer.requests.clear()
    await make_visits(bread)
    assert peer.requests == []
    assert await bread.rows(t.visits) == []


async def test_whom_we_asked_to_follow_is_asked_again_since_the_answer_may_be_lost(bread, peer, birch):
    await bread.parts.actors.actor(birch.uri)
    await bread.units.write(follow, actor_uri=birch.uri)
    await settle(bread)
    await away(bread)
    await settle(bread)
    assert [body["type"] for _, body in peer.posts] == ["Follow", "Follow"]
    assert len({body["id"] for _, body in peer.posts}) == 2
