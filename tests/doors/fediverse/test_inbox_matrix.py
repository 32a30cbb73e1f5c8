"""Every row of the authorisation matrix (federation.md 8.4): who may, beside who may not, with an eye on the database."""

import json

import pytest

from fedcoop.actions.fediverse.peers import follow as follow_peer
from fedcoop.actions.fediverse.peers import partner
from fedcoop.storage import tables as t
from tests.doors.harness import COOP
from tests.doors.peer import AS2, Peer
from tests.doors.votes import open_poll

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


def act(actor, type_, obj, number=1, **more):
    return {
        "@context": AS2,
        "id": f"{actor.uri}/act/{type_}/{number}",
        "type": type_,
        "actor": actor.uri,
        "object": obj,
        **more,
    }


def note(actor, number=1, **more):
    base = {
        "id": f"{actor.uri}/notes/{number}",
        "type": "Note",
        "attributedTo": actor.uri,
        "to": [PUBLIC],
        "content": "<p>Hello</p>",
    }
    return {**base, **more}


def question(actor, number=1, votes=(0, 0), **more):
    options = [
        {"type": "Note", "name": name, "replies": {"totalItems": n}}
        for name, n in zip(("Yes", "No"), votes, strict=True)
    ]
    return note(
        actor,
        f"q{number}",
        type="Question",
        oneOf=options,
        votersCount=sum(votes),
        endTime="2026-03-08T10:00:00Z",
        **more,
    )


@pytest.fixture
async def ana(bread, peer):
    """An account that the co-op follows."""
    found = peer.actor("ana")
    await bread.parts.actors.actor(found.uri)
    await bread.units.write(follow_peer, actor_uri=found.uri)
    row = (await bread.rows(t.follows))[0]
    await bread.deliver(found, act(found, "Accept", row.uri, 0))
    assert (await bread.rows(t.follows))[0].state == "accepted"
    return found


@pytest.fixture
async def eve(bread, peer):
    """An account that nobody knows."""
    found = peer.actor("eve", rsa_number=1)
    await bread.parts.actors.actor(found.uri)
    return found


async def assert_nothing(bread, actor, *activities):
    """The activities are taken (202) and only their ids are remembered."""
    for activity in activities:
        before = await bread.state()
        assert await bread.deliver(actor, activity) == 202
        after = await bread.state()
        assert {name for name in after if after[name] != before[name]} <= {"seen_ids"}, activity


# Follow, Undo, Accept, Reject


async def test_follow_is_accepted_again_and_undone_by_the_follower_only(bread, peer, eve):
    ben = peer.actor("ben")
    first = act(ben, "Follow", bread.uri)
    await bread.deliver(ben, first)
    await bread.deliver(ben, act(ben, "Follow", bread.uri, 2))
    assert [row.type for row in await bread.rows(t.activities)] == ["Accept", "Accept"]
    await assert_nothing(
        bread,
        eve,
        act(eve, "Undo", first),
        act(eve, "Undo", first["id"], 2),
        act(eve, "Undo", {**first, "actor": eve.uri}, 3),
    )
    await bread.deliver(ben, act(ben, "Undo", {"type": "Follow", "actor": ben.uri, "object": bread.uri}))
    assert await bread.rows(t.follows) == []


async def test_a_follow_of_nobody_or_of_the_instance_actor_is_ignored(bread, eve):
    await assert_nothing(
        bread,
        eve,
        act(eve, "Follow", bread.origin + "/actors/nobody"),
        act(eve, "Follow", bread.origin + "/actor", 2),
        act(eve, "Follow", "https://elsewhere.example/users/x", 3),
    )


@pytest.mark.parametrize("answer", ["Accept", "Reject"])
async def test_only_the_one_we_asked_settles_our_follow(bread, peer, eve, answer):
    ben = peer.actor("ben")
    await bread.parts.actors.actor(ben.uri)
    await bread.units.write(follow_peer, actor_uri=ben.uri)
    asked = (await bread.rows(t.follows))[0].uri
    whole = {"id": asked, "type": "Follow", "actor": bread.uri, "object": ben.uri}
    await assert_nothing(
        bread,
        eve,
        act(eve, answer, asked),
        act(eve, answer, whole, 2),
        act(eve, answer, {**whole, "object": eve.uri}, 3),
    )
    await bread.deliver(ben, act(ben, answer, whole))
    assert [row.state for row in await bread.rows(t.follows)] == (["accepted"] if answer == "Accept" else [])


async def test_an_accept_creates_no_relation_that_we_did_not_ask_for(bread, eve):
    made_up = {"id": f"{bread.origin}/activities/x", "type": "Follow", "actor": bread.uri, "object": eve.uri}
    await assert_nothing(bread, eve, act(eve, "Accept", made_up), act(eve, "Accept", made_up["id"], 2))
    assert await bread.rows(t.follows) == []


# Create and Update of posts


async def test_replies_to_a_motion_are_kept_and_shown_from_anybody(bread, eve):
    motion = await open_poll(bread)
    await bread.deliver(
        eve, act(eve, "Create", note(eve, inReplyTo=motion.url, content='<p onclick="x">Hi<script>1</script></p>'))
    )
    [kept] = await bread.rows(t.notes)
    assert (kept.kind, kept.motion_id, kept.public) == ("reply", motion.id, True)
    assert "script" not in kept.content
    assert "onclick" not in kept.content
    await bread.deliver(eve, act(eve, "Create", note(eve, 2, inReplyTo=kept.uri), 2))
    assert [row.motion_id for row in await bread.rows(t.notes)] == [motion.id, motion.id]


async def test_posts_of_strangers_are_dropped_and_of_followed_actors_kept(bread, ana, eve):
    await assert_nothing(bread, eve, act(eve, "Create", note(eve)))
    await bread.deliver(ana, act(ana, "Create", note(ana)))
    assert [row.kind for row in await bread.rows(t.notes)] == ["post"]


async def test_announcements_of_followed_coops_are_told_apart(bread, ana):
    await bread.deliver(ana, act(ana, "Create", note(ana, **{"coop:announcement": "work"})))
    assert [row.kind for row in await bread.rows(t.notes)] == ["announcement"]


async def test_mentions_are_kept_and_so_are_direct_messages_for_the_office_alone(bread, eve):
    await bread.deliver(eve, act(eve, "Create", note(eve, cc=[bread.uri]), cc=[bread.uri], to=[PUBLIC]))
    assert [row.kind for row in await bread.rows(t.notes)] == ["mention"]
    await bread.deliver(eve, act(eve, "Create", note(eve, 2, to=[bread.uri]), 2, to=[bread.uri]))
    assert [(row.kind, row.public) for row in await bread.rows(t.notes)] == [("mention", True), ("message", False)]
    somebody = "https://elsewhere.example/users/x"
    await assert_nothing(bread, eve, act(eve, "Create", note(eve, 3, to=[somebody]), 3, to=[somebody]))


@pytest.mark.parametrize(
    "bend",
    [
        lambda n, ana, bread: {**n, "attributedTo": ana.uri},
        lambda n, ana, bread: {**n, "attributedTo": bread.uri},
        lambda n, ana, bread: {**n, "attributedTo": None},
        lambda n, ana, bread: {**n, "attributedTo": 1},
        lambda n, ana, bread: {**n, "attributedTo": [n["attributedTo"], ana.uri]},
        lambda n, ana, bread: {**n, "id": "https://elsewhere.example/notes/1"},
        lambda n, ana, bread: {**n, "id": f"{bread.origin}/notes/1"},
        lambda n, ana, bread: {k: v for k, v in n.items() if k != "id"},
    ],
)
async def test_a_forged_embedded_post_is_dropped(bread, ana, eve, bend):
    motion = await open_poll(bread)
    right = note(eve, inReplyTo=motion.url)
    await assert_nothing(bread, eve, act(eve, "Create", bend(right, ana, bread)))
    await bread.deliver(eve, act(eve, "Create", right, 2))
    assert len(await bread.rows(t.notes)) == 1


async def test_an_id_stored_under_another_owner_stays_his(bread, peer, eve):
    motion = await open_poll(bread)
    await bread.deliver(eve, act(eve, "Create", note(eve, inReplyTo=motion.url)))
    mallory = peer.actor("mallory")
    taken = {**note(mallory, inReplyTo=motion.url, content="<p>Mine</p>"), "id": f"{eve.uri}/notes/1"}
    await assert_nothing(
        bread,
        mallory,
        act(mallory, "Create", taken),
        act(mallory, "Update", {**taken, "updated": "2026-03-02T00:00:00Z"}),
    )


async def test_update_needs_the_owner_and_a_newer_date_and_narrows_only(bread, eve, peer):
    motion = await open_poll(bread)
    ben = peer.actor("ben")
    first = note(eve, inReplyTo=motion.url, updated="2026-03-01T10:00:00Z")
    await bread.deliver(eve, act(eve, "Create", first))
    newer = {**first, "content": "<p>Edited</p>", "updated": "2026-03-01T11:00:00Z"}
    await assert_nothing(
        bread, ben, act(ben, "Update", newer), act(ben, "Update", {**newer, "attributedTo": ben.uri}, 2)
    )
    await assert_nothing(bread, eve, act(eve, "Update", {**newer, "updated": "2026-03-01T09:00:00Z"}))
    await bread.deliver(eve, act(eve, "Update", {**newer, "to": [f"{eve.uri}/followers"]}, 2))
    [kept] = await bread.rows(t.notes)
    assert (kept.content, kept.public) == ("<p>Edited</p>", False)
    await bread.deliver(eve, act(eve, "Update", {**newer, "updated": "2026-03-01T12:00:00Z"}, 3))
    assert (await bread.rows(t.notes))[0].public is False


# Delete


async def test_only_the_owner_deletes_and_what_is_deleted_does_not_come_back(bread, eve, peer):
    motion = await open_poll(bread)
    ben = peer.actor("ben")
    first = note(eve, inReplyTo=motion.url)
    await bread.deliver(eve, act(eve, "Create", first))
    await assert_nothing(
        bread, ben, act(ben, "Delete", first["id"]), act(ben, "Delete", {"id": first["id"], "type": "Tombstone"}, 2)
    )
    await bread.deliver(eve, act(eve, "Delete", {"id": first["id"], "type": "Tombstone"}))
    [kept] = await bread.rows(t.notes)
    assert kept.deleted_at is not None
    assert kept.content == ""
    await assert_nothing(bread, eve, act(eve, "Create", first, 2))


async def test_nobody_deletes_or_updates_an_object_of_ours(bread, eve):
    motion = await open_poll(bread)
    stolen = {**question(eve), "id": motion.url, "attributedTo": bread.uri}
    await assert_nothing(
        bread, eve, act(eve, "Delete", motion.url), act(eve, "Update", stolen), act(eve, "Delete", bread.uri, 2)
    )


async def test_a_deleted_actor_takes_its_posts_and_relations_along(bread, peer, eve):
    ben = peer.actor("ben")
    motion = await open_poll(bread)
    await bread.deliver(ben, act(ben, "Follow", bread.uri))
    await bread.deliver(ben, act(ben, "Create", note(ben, inReplyTo=motion.url)))
    await assert_nothing(bread, eve, act(eve, "Delete", ben.uri))
    await bread.deliver(ben, act(ben, "Delete", ben.uri))
    assert await bread.rows(t.follows) == []
    assert (await bread.rows(t.notes))[0].content == ""
    [gone] = [row for row in await bread.rows(t.actors) if row.uri == ben.uri]
    assert gone.gone_at is not None


# Questions and outcomes of followed co-ops


async def test_a_poll_of_a_followed_coop_is_mirrored_and_its_numbers_follow(bread, ana, eve):
    await assert_nothing(bread, eve, act(eve, "Create", question(eve)))
    await bread.deliver(ana, act(ana, "Create", question(ana)))
    await bread.deliver(ana, act(ana, "Update", question(ana, votes=(3, 1))))
    [kept] = await bread.rows(t.remote_motions)
    assert [(o["name"], o["votes"]) for o in kept.options] == [("Yes", 3), ("No", 1)]
    assert kept.voters_count == 4
    forged = {**question(ana, votes=(9, 9)), "attributedTo": eve.uri}
    await assert_nothing(bread, eve, act(eve, "Update", question(ana, votes=(9, 9))), act(eve, "Update", forged, 2))
    closed = question(ana, votes=(5, 1), closed="2026-03-02T10:00:00Z")
    await bread.deliver(ana, act(ana, "Update", closed, 2))
    assert (await bread.rows(t.remote_motions))[0].closed_at is not None


async def test_an_update_never_renames_an_option_without_a_new_version(bread, ana):
    await bread.deliver(ana, act(ana, "Create", question(ana)))
    bent = json.loads(json.dumps(question(ana, votes=(1, 0))).replace('"Yes"', '"No way"'))
    await bread.deliver(ana, act(ana, "Update", bent))
    assert [o["name"] for o in (await bread.rows(t.remote_motions))[0].options] == ["Yes", "No"]


async def test_a_confirmed_partner_need_not_be_followed(bread, eve):
    await bread.units.write(partner, actor_uri=eve.uri)
    await bread.deliver(eve, act(eve, "Create", question(eve)))
    assert len(await bread.rows(t.remote_motions)) == 1


async def test_a_bare_question_is_a_poll_too(bread, ana):
    bare = {**question(ana), "actor": ana.uri, "@context": AS2}
    del bare["attributedTo"]
    await bread.deliver(ana, bare)
    assert len(await bread.rows(t.remote_motions)) == 1


async def test_the_outcome_is_believed_from_the_polls_owner_only(bread, ana, eve):
    await bread.deliver(ana, act(ana, "Create", question(ana)))
    uri = question(ana)["id"]
    outcome = {"type": "coop:Outcome", "coop:motion": uri, "coop:result": "carried"}
    await bread.units.write(partner, actor_uri=eve.uri)
    await assert_nothing(bread, eve, act(eve, "Create", note(eve, inReplyTo=uri, **{"coop:outcome": outcome})))
    await bread.deliver(ana, act(ana, "Create", note(ana, 5, inReplyTo=uri, **{"coop:outcome": outcome}), 5))
    assert (await bread.rows(t.remote_motions))[0].outcome["coop:result"] == "carried"


# reactions


async def test_reactions_count_once_and_are_undone_by_their_sender(bread, eve, peer):
    motion = await open_poll(bread)
    ben = peer.actor("ben")
    like = act(eve, "Like", motion.url)
    await bread.deliver(eve, like)
    await bread.deliver(eve, act(eve, "Like", motion.url, 2))
    assert len(await bread.rows(t.interactions)) == 1
    await assert_nothing(bread, ben, act(ben, "Undo", like["id"]), act(ben, "Undo", like, 2))
    await bread.deliver(eve, act(eve, "Undo", like))
    assert await bread.rows(t.interactions) == []
    await assert_nothing(bread, eve, act(eve, "Like", f"{bread.origin}/notes/none", 3))


# Block, Flag, Move, Update(actor), QuoteRequest


async def test_a_block_ends_the_follow_both_ways(bread, ana):
    await bread.deliver(ana, act(ana, "Follow", bread.uri))
    assert len(await bread.rows(t.follows)) == 2
    await bread.deliver(ana, act(ana, "Block", bread.uri))
    assert await bread.rows(t.follows) == []


async def test_a_report_must_name_something_of_ours(bread, eve):
    motion = await open_poll(bread)
    await assert_nothing(
        bread, eve, act(eve, "Flag", ["https://elsewhere.example/x"]), act(eve, "Flag", f"{bread.origin}/notes/x", 2)
    )
    await bread.deliver(eve, act(eve, "Flag", [motion.url, "https://elsewhere.example/x"], 3, content="x" * 9000))
    [report] = await bread.rows(t.reports)
    assert len(report.content) == 5000
    assert motion.url in report.objects


async def test_a_move_needs_the_word_of_the_target_and_carries_no_link(bread, peer, ana):
    target = peer.actor("ana_new", rsa_number=1)
    await bread.link("noor", ana)
    move = act(ana, "Move", ana.uri, target=target.uri)
    await bread.deliver(ana, move)
    assert [row.state for row in await bread.rows(t.follows)] == ["accepted"]
    target.extra["alsoKnownAs"] = [ana.uri]
    await bread.deliver(ana, {**move, "id": move["id"] + "b"})
    follows = await bread.rows(t.follows)
    new = next(row for row in await bread.rows(t.actors) if row.uri == target.uri)
    assert [(row.followee_id, row.state) for row in follows] == [(new.id, "pending")]
    assert [row.actor_id == new.id for row in await bread.rows(t.links)] == [False]


async def test_a_quote_of_a_public_object_is_refused(bread, eve):
    motion = await open_poll(bread)
    before = len(await bread.rows(t.activities))
    await bread.deliver(eve, act(eve, "QuoteRequest", motion.url, instrument=f"{eve.uri}/notes/q"))
    [answer] = (await bread.rows(t.activities))[before:]
    assert answer.type == "Reject"
    await assert_nothing(bread, eve, act(eve, "QuoteRequest", f"{bread.origin}/notes/none", 2))


async def test_a_signed_update_changes_keys_without_freezing_and_other_changes_freeze(bread, peer):
    ana, ben = peer.actor("ana"), peer.actor("ben")
    await bread.link("ana", ana)
    await bread.link("ben", ben)
    update = act(ana, "Update", ana.document())
    sent = ana.cavage(bread.inbox, update, bread.now)
    ana.rsa_number = 1
    assert await bread.post(sent) == 202
    await bread.process()
    ben.rsa_number = 1
    bread.advance(minutes=6)
    assert await bread.deliver(ben, act(ben, "Like", bread.uri)) == 202
    assert await bread.deliver(ana, act(ana, "Like", bread.uri)) == 202
    states = {row.member_id: (row.state, row.reason) for row in await bread.rows(t.links)}
    assert states == {bread.members["ana"]: ("active", ""), bread.members["ben"]: ("frozen", "keys-changed")}


async def test_an_actor_that_was_gone_and_came_back_is_frozen(bread, peer):
    ana = peer.actor("ana")
    await bread.link("ana", ana)
    peer.documents["/users/ana"] = (410, {})
    await bread.deliver(ana, act(ana, "Update", ana.uri))
    del peer.documents["/users/ana"]
    bread.advance(minutes=11)
    await bread.deliver(ana, act(ana, "Like", bread.uri))
    assert [row.state for row in await bread.rows(t.links)] == ["frozen"]


async def test_a_moved_inbox_freezes(bread, peer):
    ana = peer.actor("ana")
    await bread.link("ana", ana)
    await bread.units.write(
        lambda uow: uow.conn.execute(
            t.actors.update().where(t.actors.c.uri == ana.uri).values(inbox="https://old.example/inbox")
        )
    )
    await bread.deliver(ana, act(ana, "Update", ana.document()))
    assert [(row.state, row.reason) for row in await bread.rows(t.links)] == [("frozen", "inbox-moved")]


async def test_a_handle_at_another_domain_freezes(bread, peer):
    ana = peer.actor("ana", webfinger="ana@social.example")
    await bread.link("ana", ana)
    ana.extra["webfinger"] = "ana@elsewhere.example"
    await bread.deliver(ana, act(ana, "Update", ana.document()))
    assert [(row.state, row.reason) for row in await bread.rows(t.links)] == [("frozen", "handle-moved")]


# unlisted


@pytest.mark.parametrize(
    "type_", ["Invite", "Join", "Offer", "Add", "Remove", "View", "Arrive", "coop:Ballot", "x" * 300]
)
async def test_what_is_not_listed_is_ignored(bread, ana, type_):
    await assert_nothing(bread, ana, act(ana, type_, bread.uri, target=bread.uri + "/featured"))
    assert COOP in bread.uri


# ----------------------------------------------------------------------------------------------------------------------
# Relays of groups


async def test_a_followed_group_relays_what_its_origin_serves_and_nothing_else(bread, peer, eve):
    group = peer.actor("bakers", type="Group")
    await bread.parts.actors.actor(group.uri)
    poll, post = question(eve, 7), note(eve, 8)
    for served in (poll, post):
        peer.documents[served["id"].removeprefix(peer.origin)] = (200, {"@context": AS2, **served})
    lie = {**post, "content": "<p>Never said</p>"}
    inner = {"id": f"{eve.uri}/act/8", "type": "Create", "actor": eve.uri, "object": lie}
    await assert_nothing(bread, group, act(group, "Announce", poll["id"]), act(group, "Announce", inner, 2))
    await bread.units.write(follow_peer, actor_uri=group.uri)
    follow = (await bread.rows(t.follows))[-1]
    accept = {"id": follow.uri, "type": "Follow", "actor": bread.uri, "object": group.uri}
    await bread.deliver(group, act(group, "Accept", accept))
    await bread.deliver(group, act(group, "Announce", poll["id"], 3))
    await bread.deliver(group, act(group, "Announce", inner, 4))
    [kept] = await bread.rows(t.remote_motions)
    [said] = await bread.rows(t.notes)
    assert kept.uri == poll["id"]
    assert (said.uri, said.content) == (post["id"], "<p>Hello</p>")


async def test_a_relayed_vote_or_a_private_or_missing_thing_changes_nothing(bread, peer, eve, ana):
    group = peer.actor("bakers", type="Group")
    await bread.parts.actors.actor(group.uri)
    await bread.units.write(follow_peer, actor_uri=group.uri)
    follow = (await bread.rows(t.follows))[-1]
    accept = {"id": follow.uri, "type": "Follow", "actor": bread.uri, "object": group.uri}
    await bread.deliver(group, act(group, "Accept", accept))
    vote = note(eve, 9, name="For", content=None, inReplyTo=f"{bread.origin}/motions/1")
    private = note(eve, 10, to=[f"{eve.uri}/followers"])
    for served in (vote, private):
        peer.documents[served["id"].removeprefix(peer.origin)] = (200, {"@context": AS2, **served})
    ids = (vote["id"], private["id"], f"{eve.uri}/notes/none", f"{bread.origin}/motions/1")
    for number, uri in enumerate(ids, start=20):
        assert await bread.deliver(group, act(group, "Announce", uri, number)) == 202
    assert await bread.rows(t.notes) == []
    assert await bread.rows(t.remote_motions) == []
    assert await bread.rows(t.ballots) == []


# ----------------------------------------------------------------------------------------------------------------------
# Add, Remove


async def test_what_a_followed_co_op_pins_is_marked_until_it_is_taken_down(bread, peer, ana, eve):
    coop = peer.actor("mill", type="Organization", featured=f"{peer.origin}/users/mill/featured")
    await bread.parts.actors.actor(coop.uri)
    await bread.units.write(partner, actor_uri=coop.uri)
    await bread.deliver(coop, act(coop, "Create", question(coop)))
    await bread.deliver(ana, act(ana, "Create", question(ana)))
    ours, theirs = question(coop)["id"], question(ana)["id"]
    target = f"{coop.uri}/featured"
    await assert_nothing(
        bread,
        coop,
        act(coop, "Add", ours),
        act(coop, "Add", ours, 2, target=f"{coop.uri}/other"),
        act(coop, "Add", theirs, 3, target=target),
        act(coop, "Add", f"{coop.uri}/notes/none", 4, target=target),
    )
    await assert_nothing(bread, ana, act(ana, "Add", ours, target=target))
    await bread.deliver(coop, act(coop, "Add", ours, 5, target=target))
    [row] = await bread.rows(t.interactions)
    assert (row.type, row.object) == ("Add", ours)
    await assert_nothing(bread, ana, act(ana, "Remove", ours, target=target))
    await bread.deliver(coop, act(coop, "Remove", ours, target=target))
    assert await bread.rows(t.interactions) == []


# ----------------------------------------------------------------------------------------------------------------------
# Create of what is only named


def served(peer, document, at=""):
    path = (at or document["id"]).removeprefix(peer.origin)
    peer.documents[path] = (200, {"@context": AS2, **document})


async def test_what_a_followed_actor_only_names_is_kept_as_its_server_shows_it(bread, peer, ana):
    poll, post = question(ana, 7), note(ana, 8)
    for document in (poll, post):
        served(peer, document)
        assert await bread.deliver(ana, act(ana, "Create", document["id"], document["id"][-2:])) == 202
    assert [row.uri for row in await bread.rows(t.remote_motions)] == [poll["id"]]
    assert [(row.uri, row.kind) for row in await bread.rows(t.notes)] == [(post["id"], "post")]


async def test_a_named_mention_is_kept_and_strangers_who_address_nobody_make_us_fetch_nothing(bread, peer, eve):
    post = note(eve, 8, cc=[bread.uri])
    served(peer, post)
    await assert_nothing(bread, eve, act(eve, "Create", post["id"]))
    assert not [asked for asked in peer.requests if "notes" in asked]
    await bread.deliver(eve, act(eve, "Create", post["id"], 2, cc=[bread.uri]))
    assert [(row.uri, row.kind) for row in await bread.rows(t.notes)] == [(post["id"], "mention")]


async def test_a_named_object_of_somebody_else_changes_nothing(bread, peer, ana, eve):
    other = Peer()
    await other.start()
    try:
        mia = other.actor("mia")
        foreign, stolen, moved = note(mia, 1), note(eve, 2), note(ana, 4)
        served(other, foreign)
        served(peer, stolen)
        served(peer, moved, at=f"{ana.uri}/notes/3")
        served(peer, moved)
        names = (foreign["id"], stolen["id"], f"{ana.uri}/notes/3", f"{ana.uri}/notes/none", f"{bread.origin}/notes/1")
        await assert_nothing(bread, ana, *(act(ana, "Create", name, n) for n, name in enumerate(names)))
        assert other.requests == []
    finally:
        await other.close()


async def test_a_vote_that_is_only_named_is_refused_as_forged(bread, peer, ana):
    await bread.link("noor", ana)
    motion = await open_poll(bread)
    mark = {"id": f"{ana.uri}/v", "type": "Note", "attributedTo": ana.uri, "inReplyTo": motion.url, "name": "For"}
    served(peer, mark)
    await bread.deliver(ana, act(ana, "Create", mark["id"], to=[bread.uri]))
    assert await bread.rows(t.ballots) == []
    assert await bread.audit_codes("vote-refused") == ["forged"]
    await bread.deliver(ana, act(ana, "Create", {**mark, "id": f"{ana.uri}/v2"}, 2, to=[bread.uri]))
    assert len(await bread.rows(t.ballots)) == 1


@pytest.mark.parametrize("down", [True, False])
async def test_a_named_object_is_asked_for_again_when_its_server_was_down(bread, peer, ana, down):
    served(peer, note(ana))
    peer.broken = down
    await bread.deliver(ana, act(ana, "Create", note(ana)["id"]))
    assert len(await bread.rows(t.notes)) == (0 if down else 1)
    peer.broken = False
    bread.advance(minutes=5)
    await bread.process()
    assert len(await bread.rows(t.notes)) == 1
