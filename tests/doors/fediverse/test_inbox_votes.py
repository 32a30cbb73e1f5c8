"""Votes from afar (federation.md 12.2, 12.3): counted once in every spelling, refused with a code, never shown as replies."""

import json
from datetime import timedelta

import pytest

from fedcoop.actions.motions.ballots import cast_ballot
from fedcoop.actions.motions.motion import annul_motion
from fedcoop.governance.motions.motion import Channel
from fedcoop.storage import tables as t
from tests.doors.harness import COOP
from tests.doors.peer import AS2
from tests.doors.votes import open_poll, vote

OPTIONS = (("oven", "Oven"), ("mixer", "Mixer"), ("van", "Van"))


async def choices(bread):
    return {row.member_id: json.loads(row.choice) for row in await bread.rows(t.ballots)}


async def assert_not_counted(bread, code, before):
    assert await choices(bread) == before
    assert (await bread.audit_codes("vote-refused"))[-1:] == [code]
    assert await bread.rows(t.notes) == []


@pytest.fixture
async def ana(bread, peer):
    found = peer.actor("ana")
    await bread.link("ana", found)
    return found


# counted


@pytest.mark.parametrize(
    "spell",
    [
        lambda a: a,
        lambda a: {**a, "to": [a["to"]], "object": {**a["object"], "to": [a["object"]["to"]]}},
        lambda a: {
            **a,
            "to": [],
            "cc": [a["to"]],
            "object": {**a["object"], "to": [], "cc": [a["to"]], "context": "x"},
        },
        lambda a: {**a, "object": {**a["object"], "type": "Answer"}},
        lambda a: {**a, "object": {**a["object"], "content": None}},
        lambda a: {**a, "object": {**a["object"], "content": ""}},
        lambda a: {**a, "object": {**a["object"], "content": "<p></p>"}},
        lambda a: {**a, "object": [a["object"]]},
        lambda a: {**a, "object": {**a["object"], "published": "2031-01-01T00:00:00Z"}},
        lambda a: {**a, "object": {**a["object"], "name": "  For "}},
        lambda a: {
            **a,
            "object": {**a["object"], "id": None} if False else {k: v for k, v in a["object"].items() if k != "id"},
        },
    ],
)
async def test_every_spelling_of_a_vote_counts_once(bread, ana, spell):
    motion = await open_poll(bread)
    assert await bread.deliver(ana, spell(vote(ana, bread, motion, "For"))) == 202
    assert await choices(bread) == {bread.members["ana"]: ["for"]}
    assert await bread.rows(t.notes) == []
    assert [row.channel for row in await bread.rows(t.ballots)] == ["activitypub"]


async def test_a_vote_to_the_shared_inbox_counts(bread, ana):
    motion = await open_poll(bread)
    await bread.deliver(ana, vote(ana, bread, motion, "Against"), inbox=bread.origin + "/inbox")
    assert await choices(bread) == {bread.members["ana"]: ["against"]}


async def test_a_later_choice_replaces_the_first(bread, ana):
    motion = await open_poll(bread)
    await bread.deliver(ana, vote(ana, bread, motion, "For"))
    await bread.deliver(ana, vote(ana, bread, motion, "Against", 2))
    assert await choices(bread) == {bread.members["ana"]: ["against"]}


async def test_where_ballots_cannot_change_the_first_stays(bread, ana):
    motion = await open_poll(bread, settings={"change": "never"})
    await bread.deliver(ana, vote(ana, bread, motion, "For"))
    before = await choices(bread)
    await bread.deliver(ana, vote(ana, bread, motion, "Against", 2))
    await assert_not_counted(bread, "duplicate", before)


async def test_approval_adds_marks_one_by_one_in_any_order(bread, ana):
    motion = await open_poll(bread, method="approval", options=OPTIONS)
    await bread.deliver(ana, vote(ana, bread, motion, "Van", 1))
    await bread.deliver(ana, vote(ana, bread, motion, "Oven", 2))
    assert await choices(bread) == {bread.members["ana"]: ["oven", "van"]}


async def test_approval_takes_a_list_of_votes_in_one_create(bread, ana):
    motion = await open_poll(bread, method="approval", options=OPTIONS)
    activity = vote(ana, bread, motion, "Van")
    second = {**activity["object"], "id": f"{ana.uri}#votes/2", "name": "Mixer"}
    await bread.deliver(ana, {**activity, "object": [activity["object"], second]})
    assert await choices(bread) == {bread.members["ana"]: ["mixer", "van"]}


async def test_a_ballot_cast_on_the_web_is_replaced_wholly_not_merged(bread, ana):
    motion = await open_poll(bread, method="approval", options=OPTIONS)
    await bread.units.write(
        cast_ballot,
        voter=bread.members["ana"],
        motion_id=motion.id,
        choice=("oven",),
        channel=Channel.WEB,
        cast_at=bread.now,
        received_at=bread.now,
    )
    await bread.deliver(ana, vote(ana, bread, motion, "Van"))
    assert await choices(bread) == {bread.members["ana"]: ["van"]}


async def test_two_accounts_of_one_member_have_one_ballot(bread, peer, ana):
    other = peer.actor("ana_2", rsa_number=1)
    await bread.link("ana", other)
    motion = await open_poll(bread)
    await bread.deliver(ana, vote(ana, bread, motion, "For"))
    await bread.deliver(other, vote(other, bread, motion, "Against"))
    assert await choices(bread) == {bread.members["ana"]: ["against"]}


async def test_a_backlog_makes_no_vote_late(bread, ana):
    motion = await open_poll(bread, days=2)
    bread.advance(days=1, hours=23, minutes=59)
    assert await bread.post(ana.cavage(bread.inbox, vote(ana, bread, motion, "For"), bread.now)) == 202
    bread.advance(hours=3)
    await bread.process()
    assert await choices(bread) == {bread.members["ana"]: ["for"]}


async def test_within_grace_a_vote_signed_in_time_counts(bread, ana):
    motion = await open_poll(bread, days=2)
    bread.advance(days=2, seconds=100)
    signed = bread.now - timedelta(seconds=101)
    sent = ana.cavage(bread.inbox, vote(ana, bread, motion, "For"), signed)
    assert await bread.post(sent) == 202
    await bread.process()
    assert await choices(bread) == {bread.members["ana"]: ["for"]}


# refused, each beside the same vote made rightly


async def test_only_the_sender_itself_votes(bread, peer, ana):
    eve = peer.actor("eve", rsa_number=1)
    motion = await open_poll(bread)
    await bread.parts.actors.actor(eve.uri)
    forged = vote(eve, bread, motion, "For", note={"attributedTo": ana.uri})
    await bread.deliver(eve, forged)
    await assert_not_counted(bread, "forged", {})
    await bread.deliver(ana, vote(ana, bread, motion, "For"))
    assert await choices(bread) == {bread.members["ana"]: ["for"]}


async def test_an_unlinked_actor_is_told_once_how_to_link(bread, peer):
    eve = peer.actor("eve")
    motion = await open_poll(bread)
    await bread.deliver(eve, vote(eve, bread, motion, "For"))
    await assert_not_counted(bread, "unlinked", {})
    await bread.deliver(eve, vote(eve, bread, motion, "Against", 2))
    answers = [row for row in await bread.rows(t.activities) if eve.uri in row.audience]
    assert len(answers) == 1
    assert "link this account" in answers[0].document
    assert len(await bread.rows(t.refused_votes)) == 1


async def test_a_frozen_link_does_not_vote(bread, ana):
    motion = await open_poll(bread)
    actor_id = (await bread.units.read(lambda uow: uow.actors.find(ana.uri))).id
    await bread.units.write(lambda uow: uow.members.freeze_links([actor_id], "keys-changed"))
    await bread.deliver(ana, vote(ana, bread, motion, "For"))
    await assert_not_counted(bread, "unlinked", {})


async def test_a_member_outside_the_frozen_roll_is_ineligible(bread, peer):
    motion = await open_poll(bread)
    ben = peer.actor("ben")
    await bread.link("ben", ben)
    await bread.deliver(ben, vote(ben, bread, motion, "For"))
    await assert_not_counted(bread, "ineligible", {})


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": "Perhaps"}, "option"),
        ({"name": "for"}, "option"),
        ({"name": "FOR"}, "option"),
    ],
)
async def test_an_unknown_option_is_refused(bread, ana, change, code):
    motion = await open_poll(bread)
    await bread.deliver(ana, vote(ana, bread, motion, "For", note=change))
    await assert_not_counted(bread, code, {})


async def test_two_marks_where_one_is_allowed_are_too_many(bread, ana):
    motion = await open_poll(bread)
    activity = vote(ana, bread, motion, "For")
    second = {**activity["object"], "id": f"{ana.uri}#votes/2", "name": "Against"}
    await bread.deliver(ana, {**activity, "object": [activity["object"], second]})
    await assert_not_counted(bread, "too-many", {})


async def test_a_late_vote_is_refused_and_an_early_one_too(bread, ana):
    motion = await open_poll(bread, days=2)
    bread.advance(days=2, seconds=121)
    sent = ana.cavage(bread.inbox, vote(ana, bread, motion, "For"), motion.closes_at - timedelta(seconds=1))
    assert await bread.post(sent) == 202
    await bread.process()
    await assert_not_counted(bread, "late", {})


async def test_where_the_channel_is_closed_nobody_votes_from_afar(bread, ana):
    motion = await open_poll(bread, channels=frozenset({Channel.WEB}))
    await bread.deliver(ana, vote(ana, bread, motion, "For"))
    await assert_not_counted(bread, "channel", {})


async def test_an_annulled_motion_takes_no_vote(bread, ana):
    motion = await open_poll(bread)
    await bread.units.write(annul_motion, by=None, motion_id=motion.id, reason="A mistake in the text.")
    await bread.deliver(ana, vote(ana, bread, motion, "For"))
    assert await choices(bread) == {}
    assert len(await bread.audit_codes("vote-refused")) == 1


async def test_a_vote_in_an_activity_of_the_same_id_replaces_the_first_and_either_again_does_nothing(bread, ana):
    motion = await open_poll(bread)
    same = f"{ana.uri}/activity#vote/{motion.url}"  # as GoToSocial has it: one id for an account and a poll
    first, second = (vote(ana, bread, motion, name, number, id=same) for number, name in ((1, "For"), (2, "Against")))
    await bread.deliver(ana, first)
    bread.advance(minutes=1)
    await bread.deliver(ana, second)
    assert await choices(bread) == {bread.members["ana"]: ["against"]}
    for again in (first, second):
        bread.advance(minutes=1)
        before = await bread.state()
        await bread.deliver(ana, again)
        assert await bread.state() == before


async def test_the_same_vote_id_in_another_activity_is_a_replay(bread, ana):
    motion = await open_poll(bread)
    await bread.deliver(ana, vote(ana, bread, motion, "For"))
    await bread.deliver(ana, vote(ana, bread, motion, "Against", 2))
    before = await choices(bread)
    await bread.deliver(ana, vote(ana, bread, motion, "For", id=f"{ana.uri}/again"))
    await assert_not_counted(bread, "replay", before)


async def test_a_reply_with_text_is_no_vote(bread, ana):
    motion = await open_poll(bread)
    note = {"content": "<p>For, because</p>", "to": ["https://www.w3.org/ns/activitystreams#Public"]}
    await bread.deliver(ana, vote(ana, bread, motion, "For", note=note))
    assert await choices(bread) == {}
    assert [row.kind for row in await bread.rows(t.notes)] == ["reply"]


@pytest.mark.parametrize("type_", ["Like", "Announce", "EmojiReact", "Dislike"])
async def test_a_reaction_is_never_a_vote(bread, ana, type_):
    motion = await open_poll(bread)
    activity = {
        "@context": AS2,
        "id": f"{ana.uri}/r/1",
        "type": type_,
        "actor": ana.uri,
        "object": motion.url,
        "name": "For",
    }
    await bread.deliver(ana, activity)
    assert await choices(bread) == {}
    assert len(await bread.rows(t.interactions)) == 1


async def test_a_motion_that_does_not_exist_takes_no_vote(bread, ana):
    motion = await open_poll(bread)
    before = await bread.state()
    activity = vote(
        ana, bread, motion, "For", note={"inReplyTo": motion.url[:-1] + ("0" if motion.url[-1] != "0" else "1")}
    )
    assert await bread.deliver(ana, activity) == 202
    after = await bread.state()
    assert {name for name in before if before[name] != after[name]} == {"seen_ids"}


# withdrawn


@pytest.mark.parametrize("how", ["Delete", "Delete by id", "Undo"])
async def test_the_voter_may_withdraw(bread, ana, how):
    motion = await open_poll(bread)
    cast = vote(ana, bread, motion, "For")
    await bread.deliver(ana, cast)
    undone = {"Delete": cast["object"], "Delete by id": cast["object"]["id"], "Undo": cast}[how]
    gone = {"@context": AS2, "id": f"{ana.uri}/gone/1", "type": how.split()[0], "actor": ana.uri, "object": undone}
    await bread.deliver(ana, gone)
    assert await choices(bread) == {}


async def test_nobody_else_withdraws_a_vote(bread, peer, ana):
    eve = peer.actor("eve", rsa_number=1)
    motion = await open_poll(bread)
    cast = vote(ana, bread, motion, "For")
    await bread.deliver(ana, cast)
    before = await choices(bread)
    for number, (type_, what) in enumerate([("Delete", cast["object"]["id"]), ("Undo", cast["id"]), ("Undo", cast)]):
        gone = {"@context": AS2, "id": f"{eve.uri}/gone/{number}", "type": type_, "actor": eve.uri, "object": what}
        await bread.deliver(eve, gone)
    assert await choices(bread) == before


async def test_of_an_approval_only_the_withdrawn_mark_goes(bread, ana):
    motion = await open_poll(bread, method="approval", options=OPTIONS)
    await bread.deliver(ana, vote(ana, bread, motion, "Oven", 1))
    await bread.deliver(ana, vote(ana, bread, motion, "Van", 2))
    gone = {
        "@context": AS2,
        "id": f"{ana.uri}/gone",
        "type": "Delete",
        "actor": ana.uri,
        "object": f"{ana.uri}#votes/1",
    }
    await bread.deliver(ana, gone)
    assert await choices(bread) == {bread.members["ana"]: ["van"]}


async def test_a_deleted_account_leaves_its_counted_ballot(bread, ana):
    motion = await open_poll(bread)
    await bread.deliver(ana, vote(ana, bread, motion, "For"))
    await bread.deliver(
        ana, {"@context": AS2, "id": f"{ana.uri}#delete", "type": "Delete", "actor": ana.uri, "object": ana.uri}
    )
    assert await choices(bread) == {bread.members["ana"]: ["for"]}
    assert [row.state for row in await bread.rows(t.links)] == ["frozen"]


# many


async def test_a_thousand_strangers_leave_bounded_traces_and_no_vote(bread, peer, ana):
    motion = await open_poll(bread)
    before_activities = len(await bread.rows(t.activities))

    def stuff(uow):
        from fedcoop.actions.fediverse.remote import SeenActor, remember_actor
        from fedcoop.actions.fediverse.votes import refuse_vote

        for n in range(1000):
            origin = f"https://h{n % 40}.example"
            uri = f"{origin}/users/u{n}"
            seen = SeenActor(uri, "Person", f"u{n}", f"u{n}", "", uri, uri + "/inbox", "", "", "", {}, ())
            actor = remember_actor(uow, seen)
            refuse_vote(uow, motion=motion, actor_id=actor.id, origin=origin, code="unlinked", linked=False)

    await bread.units.write(stuff)
    assert await choices(bread) == {}
    assert len(await bread.rows(t.refused_votes)) <= 300
    assert len([row for row in await bread.rows(t.audit_log) if "refused" in row.what]) <= 301
    assert len(await bread.rows(t.activities)) - before_activities <= 300
    assert "votes-refused-many" in {row.what for row in await bread.rows(t.audit_log)}
    bread.advance(seconds=1)
    await bread.deliver(ana, vote(ana, bread, motion, "Perhaps"))
    assert (await bread.audit_codes("vote-refused"))[-1] == "option", "a member is still told"
    await bread.deliver(ana, vote(ana, bread, motion, "For", 2))
    assert await choices(bread) == {bread.members["ana"]: ["for"]}


async def test_one_origin_uses_up_its_own_share_only(bread, peer):
    motion = await open_poll(bread)
    for n in range(40):
        eve = peer.actor(f"eve{n}")
        await bread.post(eve.cavage(bread.inbox, vote(eve, bread, motion, "For"), bread.now))
    await bread.process()
    assert len(await bread.rows(t.refused_votes)) == 20
    assert await choices(bread) == {}
    assert COOP in bread.uri
