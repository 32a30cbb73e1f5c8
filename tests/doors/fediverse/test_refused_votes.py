"""A vote that does not count, or in part: the voter's server gets the true totals, the voter reads what counts (12.3, 12.4)."""

import json
from datetime import timedelta

import pytest

from fedcoop import wiring
from fedcoop.actions.members.registrar import change_status
from fedcoop.actions.motions.ballots import cast_ballot
from fedcoop.actions.motions.motion import annul_motion
from fedcoop.governance.members.member import MemberStatus
from fedcoop.governance.motions.motion import Channel
from fedcoop.kernel.html import text_of_html
from fedcoop.queueing import TimerLoop
from fedcoop.storage import tables as t
from tests.doors.peer import AS2, Peer
from tests.doors.votes import open_poll, vote

OPTIONS = (("oven", "Oven"), ("mixer", "Mixer"), ("van", "Van"), ("none", "None of these"))


@pytest.fixture
async def ana(bread, peer):
    found = peer.actor("ana")
    await bread.link("ana", found)
    return found


@pytest.fixture
async def far():
    """Another server; somebody there follows the co-op."""
    running = Peer()
    await running.start()
    yield running
    await running.close()


async def follow(bread, reader):
    activity = {"@context": AS2, "id": f"{reader.uri}/f", "type": "Follow", "actor": reader.uri, "object": bread.uri}
    assert await bread.deliver(reader, activity) == 202


async def run_timers(bread, **step):
    bread.advance(**step)
    loop = TimerLoop(bread.units, wiring.TIMERS, wiring.LONG_TIMERS)
    while await loop.run_once():
        continue


async def updates(bread, motion):
    """The Updates of the motion so far: who gets each, and with which totals."""
    inboxes = {}
    for row in await bread.rows(t.deliveries):
        inboxes.setdefault(row.activity_id, []).append(row.inbox)
    found = [row for row in await bread.rows(t.activities) if (row.type, row.object) == ("Update", motion.url)]
    return [(sorted(inboxes.get(row.id, [])), json.loads(row.document)["object"]) for row in found]


def totals(question):
    wire = question.get("oneOf") or question["anyOf"]
    return [item["replies"]["totalItems"] for item in wire], question["votersCount"]


async def answers(bread, actor):
    found = [json.loads(row.document)["object"] for row in await bread.rows(t.activities) if actor.uri in row.audience]
    return [text_of_html(note["content"]) for note in found if "inReplyTo" in note]


async def cast(bread, motion, name, *choice):
    how = {"channel": Channel.WEB, "cast_at": bread.now, "received_at": bread.now}
    await bread.units.write(cast_ballot, voter=bread.members[name], motion_id=motion.id, choice=choice, **how)


# totals


@pytest.mark.parametrize("visibility", ["live", "after_close"])
async def test_the_server_of_a_refused_voter_gets_the_true_totals_and_nobody_else_does(bread, peer, far, visibility):
    await follow(bread, far.actor("reader", rsa_number=1))
    motion = await open_poll(bread, settings={"visibility": visibility})
    await cast(bread, motion, "noor", "for")
    await run_timers(bread, minutes=4)
    before = len(await updates(bread, motion))
    eve = peer.actor("eve")
    await bread.deliver(eve, vote(eve, bread, motion, "Against"))
    await run_timers(bread, minutes=3, seconds=6)
    told = (await updates(bread, motion))[before:]
    expected = ([1, 0, 0], 1) if visibility == "live" else ([0, 0, 0], 0)
    assert [(to, totals(question)) for to, question in told] == [([peer.origin + "/inbox"], expected)]
    assert "closed" not in told[0][1]
    await run_timers(bread, minutes=30)
    assert len(await updates(bread, motion)) == before + 1, "once is enough"


async def test_with_new_totals_one_update_goes_to_all(bread, peer, far, ana):
    await follow(bread, far.actor("reader", rsa_number=1))
    motion = await open_poll(bread)
    eve = peer.actor("eve")
    await bread.deliver(eve, vote(eve, bread, motion, "Against"))
    await bread.deliver(ana, vote(ana, bread, motion, "For"))
    await run_timers(bread, seconds=11)
    told = await updates(bread, motion)
    both = sorted([far.origin + "/inbox", peer.origin + "/inbox"])
    assert [(to, totals(question)) for to, question in told] == [(both, ([1, 0, 0], 1))]


async def test_a_vote_that_replaces_an_equal_one_brings_its_server_the_true_totals(bread, peer, ana):
    motion = await open_poll(bread)
    await cast(bread, motion, "ana", "for")
    await run_timers(bread, minutes=4)
    before = len(await updates(bread, motion))
    await bread.deliver(ana, vote(ana, bread, motion, "For"))
    await run_timers(bread, minutes=3, seconds=6)
    ((to, question),) = (await updates(bread, motion))[before:]
    assert (to, totals(question)) == ([peer.origin + "/inbox"], ([1, 0, 0], 1))


@pytest.mark.parametrize("end", ["counted", "annulled"])
async def test_a_late_vote_brings_its_server_the_final_totals(bread, peer, ana, end):
    motion = await open_poll(bread, days=2)
    await cast(bread, motion, "noor", "for")
    if end == "annulled":
        await bread.units.write(annul_motion, by=None, motion_id=motion.id, reason="A mistake in the text.")
    await run_timers(bread, days=3)
    before = len(await updates(bread, motion))
    eve = peer.actor("eve")
    await bread.deliver(eve, vote(eve, bread, motion, "Against"))
    await run_timers(bread, minutes=3, seconds=6)
    ((to, question),) = (await updates(bread, motion))[before:]
    assert to == [peer.origin + "/inbox"]
    assert totals(question) == ([1, 0, 0], 1)
    assert "closed" in question


async def test_from_the_close_to_the_count_a_late_vote_waits_for_the_outcome(bread, peer, ana):
    motion = await open_poll(bread, days=2)
    await cast(bread, motion, "noor", "for")
    await run_timers(bread, days=2, seconds=-1)
    bread.advance(seconds=122)
    eve = peer.actor("eve")
    await bread.deliver(eve, vote(eve, bread, motion, "Against"))
    before = len(await updates(bread, motion))
    await run_timers(bread, minutes=4)
    ((to, question),) = (await updates(bread, motion))[before:]
    assert (to, totals(question), "closed" in question) == ([peer.origin + "/inbox"], ([1, 0, 0], 1), True)


async def test_a_vote_on_a_note_owes_nobody_anything(bread, peer):
    motion = await open_poll(bread, channels=frozenset({Channel.WEB}))
    eve = peer.actor("eve")
    await bread.deliver(eve, vote(eve, bread, motion, "Against"))
    await run_timers(bread, minutes=10)
    assert await bread.rows(t.owed_totals) == []
    assert await updates(bread, motion) == []


async def test_a_flood_of_refused_votes_is_no_flood_of_updates(bread):
    motion = await open_poll(bread)
    others = [await open_poll(bread) for _ in range(3)]

    def stuff(uow):
        from fedcoop.actions.fediverse.remote import SeenActor, remember_actor
        from fedcoop.actions.fediverse.votes import refuse_vote

        for n in range(60):
            origin = f"https://h{n % 5}.example"
            uri = f"{origin}/users/u{n}"
            seen = SeenActor(uri, "Person", f"u{n}", f"u{n}", "", uri, uri + "/inbox", "", "", "", {}, ())
            actor = remember_actor(uow, seen)
            for asked in (motion, others[n % 3]):
                refuse_vote(uow, motion=asked, actor_id=actor.id, origin=origin, code="unlinked", linked=False)

    await bread.units.write(stuff)
    assert len(await bread.rows(t.owed_totals)) == 5 + 15
    await run_timers(bread, minutes=4)
    told = [row for row in await bread.rows(t.activities) if row.type == "Update"]
    assert sorted(row.object for row in told) == sorted(asked.url for asked in (motion, *others))
    assert [len(to) for to, _ in await updates(bread, motion)] == [5], "one inbox of each server"


async def test_one_origin_is_owed_the_totals_of_so_many_votes_an_hour(bread, peer, monkeypatch):
    monkeypatch.setattr("fedcoop.actions.fediverse.votes.OWED_PER_ORIGIN", 2)
    eve = peer.actor("eve")
    for number in range(4):
        motion = await open_poll(bread)
        await bread.deliver(eve, vote(eve, bread, motion, "For", number))
    assert len(await bread.rows(t.owed_totals)) == 2
    bread.advance(hours=1, seconds=1)
    await bread.deliver(eve, vote(eve, bread, motion, "For", 9))
    assert len(await bread.rows(t.owed_totals)) == 3


# a vote taken in part


def in_one(actor, bread, motion, *names):
    """All marks in one Create."""
    activity = vote(actor, bread, motion, names[0])
    marks = [
        {**activity["object"], "id": f"{actor.uri}#votes/{number}", "name": name}
        for number, name in enumerate(names, 1)
    ]
    return {**activity, "object": marks}


async def choices(bread):
    return {row.member_id: json.loads(row.choice) for row in await bread.rows(t.ballots)}


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize(
    ("settings", "names", "counted", "told"),
    [
        (
            {"max": "2"},
            ("Oven", "Mixer", "Van"),
            ["oven", "mixer"],
            "Counted: Oven, Mixer. Not counted: Van, because you may tick up to 2.",
        ),
        (
            {"max": "2"},
            ("Van", "Perhaps", "Oven", "Mixer"),
            ["oven", "van"],
            "Counted: Oven, Van. Not counted: Perhaps, because it is not among the choices; "
            "Mixer, because you may tick up to 2.",
        ),
        (
            {"none": "none"},
            ("Oven", "None of these"),
            ["oven"],
            "Counted: Oven. Not counted: None of these, because it excludes the others.",
        ),
        (
            {"none": "none"},
            ("None of these", "Oven"),
            ["none"],
            "Counted: None of these. Not counted: Oven, because “None of these” excludes the others.",
        ),
    ],
)
async def test_what_can_count_counts_and_one_message_says_which(
    bread, peer, ana, at_once, settings, names, counted, told
):
    motion = await open_poll(bread, method="approval", options=OPTIONS, settings=settings)
    if at_once:
        await bread.deliver(ana, in_one(ana, bread, motion, *names))
    else:
        for number, name in enumerate(names):
            await bread.deliver(ana, vote(ana, bread, motion, name, number))
    assert await choices(bread) == {bread.members["ana"]: counted}
    assert await answers(bread, ana) == [], "further ticks may be under way"
    await run_timers(bread, seconds=11)
    (answer,) = await answers(bread, ana)
    assert told in answer
    assert motion.url in answer
    assert "A part of your vote on “Buy a second oven” was not counted." in answer
    ((to, question),) = await updates(bread, motion)
    assert (to, totals(question)[1]) == ([peer.origin + "/inbox"], 1)
    await bread.deliver(ana, vote(ana, bread, motion, "Something else", 20))
    await run_timers(bread, minutes=5)
    assert len(await answers(bread, ana)) == 1


async def test_a_tick_after_the_close_leaves_the_earlier_ones_and_says_so(bread, ana):
    motion = await open_poll(bread, method="approval", options=OPTIONS, days=2)
    await bread.deliver(ana, vote(ana, bread, motion, "Oven", 1))
    bread.advance(days=2, seconds=1)
    await bread.deliver(ana, vote(ana, bread, motion, "Van", 2))
    await run_timers(bread, seconds=11)
    (answer,) = await answers(bread, ana)
    assert "Counted: Oven. Not counted: Van, because it reached us after the close." in answer


async def test_a_second_choice_where_none_may_change_says_what_stands(bread, ana):
    motion = await open_poll(bread, settings={"change": "never"})
    await bread.deliver(ana, vote(ana, bread, motion, "For"))
    await bread.deliver(ana, vote(ana, bread, motion, "Against", 2))
    (answer,) = await answers(bread, ana)
    assert "Counted: For. Not counted: Against, because a vote here cannot be changed." in answer


async def test_what_was_cast_on_the_page_is_not_told_to_the_voters_server(bread, ana):
    motion = await open_poll(bread, settings={"change": "never"})
    await cast(bread, motion, "ana", "abstain")
    await bread.deliver(ana, vote(ana, bread, motion, "Against"))
    (answer,) = await answers(bread, ana)
    assert "You have voted on “Buy a second oven”; a vote on it cannot be changed." in answer
    assert "bstain" not in answer


async def test_where_no_tick_counts_the_message_says_why(bread, ana):
    motion = await open_poll(bread, method="approval", options=OPTIONS)
    await bread.deliver(ana, vote(ana, bread, motion, "Perhaps"))
    await run_timers(bread, seconds=11)
    (answer,) = await answers(bread, ana)
    assert "Your vote on “Buy a second oven” was not counted: that answer is not among the choices." in answer


async def test_a_mark_that_stands_in_the_end_is_not_called_refused(bread, ana):
    motion = await open_poll(bread, method="approval", options=OPTIONS, settings={"max": "1"})
    await bread.deliver(ana, vote(ana, bread, motion, "Oven", 1))
    await bread.deliver(ana, vote(ana, bread, motion, "Van", 2))
    gone = {"@context": AS2, "id": f"{ana.uri}/gone", "type": "Delete", "actor": ana.uri}
    await bread.deliver(ana, {**gone, "object": f"{ana.uri}#votes/1"})
    await bread.deliver(ana, vote(ana, bread, motion, "Van", 3))
    assert await choices(bread) == {bread.members["ana"]: ["van"]}
    await run_timers(bread, seconds=11)
    assert await answers(bread, ana) == []


# who is told what


async def test_an_unlinked_voter_is_told_once_a_month_not_once_a_vote(bread, peer):
    eve = peer.actor("eve")
    for number in range(3):
        motion = await open_poll(bread, days=60)
        await bread.deliver(eve, vote(eve, bread, motion, "For", number))
    (answer,) = await answers(bread, eve)
    assert "it is for members of Bread Works, and this account is not linked to a membership." in answer
    assert f"{bread.origin}/settings/accounts" in answer
    bread.advance(days=30, seconds=1)
    await bread.deliver(eve, vote(eve, bread, motion, "For", 9))
    assert len(await answers(bread, eve)) == 2
    assert len(await bread.rows(t.owed_totals)) == 3, "its server gets the totals all the same"


async def test_a_late_voter_without_a_link_reads_both_and_that_is_the_message_of_the_month(bread, peer):
    eve = peer.actor("eve")
    first, second = await open_poll(bread, days=2), await open_poll(bread)
    bread.advance(days=3)
    await bread.deliver(eve, vote(eve, bread, first, "For", 1))
    await bread.deliver(eve, vote(eve, bread, second, "For", 2))
    (answer,) = await answers(bread, eve)
    assert "It closed Tue 3 March, 10:00 UTC. This account is not linked to a membership, either." in answer
    assert f"{bread.origin}/settings/accounts" in answer


async def test_another_stranger_is_told_too(bread, peer):
    motion = await open_poll(bread)
    for name in ("eve", "ivy"):
        actor = peer.actor(name)
        await bread.deliver(actor, vote(actor, bread, motion, "For"))
        assert len(await answers(bread, actor)) == 1


async def test_a_suspended_member_reads_that_the_vote_rests(bread, ana):
    motion = await open_poll(bread)
    await bread.units.write(
        change_status, member_id=bread.members["ana"], status=MemberStatus.SUSPENDED, who="test", reason="The board."
    )
    await bread.deliver(ana, vote(ana, bread, motion, "For"))
    (answer,) = await answers(bread, ana)
    assert "your vote rests while your membership is suspended" in answer
    assert await choices(bread) == {}


async def test_whoever_has_to_link_again_reads_so(bread, ana):
    motion = await open_poll(bread)
    actor_id = (await bread.units.read(lambda uow: uow.actors.find(ana.uri))).id
    await bread.units.write(lambda uow: uow.members.freeze_links([actor_id], "keys-changed"))
    await bread.deliver(ana, vote(ana, bread, motion, "For"))
    (answer,) = await answers(bread, ana)
    assert "the link between this account and your membership rests until you link it again" in answer


async def test_late_voters_read_when_it_closed(bread, ana):
    motion = await open_poll(bread, days=2)
    bread.advance(days=2, seconds=121)
    sent = ana.cavage(bread.inbox, vote(ana, bread, motion, "For"), motion.closes_at - timedelta(seconds=1))
    assert await bread.post(sent) == 202
    await bread.process()
    (answer,) = await answers(bread, ana)
    assert "could not be counted. It closed Tue 3 March, 10:00 UTC." in answer
