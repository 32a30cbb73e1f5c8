"""An id belongs to its sender (federation.md 8.2, 12.3): nobody uses up, names or embeds what others will say."""

import json
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedcoop.federation.inbox.contract import received_of
from fedcoop.storage import tables as t
from fedcoop.storage.records import Inbound
from tests.doors.harness import START
from tests.doors.peer import AS2, Peer
from tests.doors.votes import open_poll, vote

OPTIONS = (("oven", "Oven"), ("mixer", "Mixer"), ("van", "Van"))


@pytest.fixture
async def far():
    """Another server."""
    running = Peer()
    await running.start()
    yield running
    await running.close()


@pytest.fixture
async def ana(bread, peer):
    found = peer.actor("ana")
    await bread.link("ana", found)
    return found


async def choices(bread):
    return {row.member_id: json.loads(row.choice) for row in await bread.rows(t.ballots)}


async def answers_to(bread, actor):
    """What the actor was told about its votes."""
    sent = [row for row in await bread.rows(t.activities) if row.type == "Create" and actor.uri in row.audience]
    return [row.document for row in sent if "inReplyTo" in row.document]


@pytest.mark.parametrize("where", ["on another server", "of a neighbour"])
async def test_a_vote_under_somebody_elses_id_is_forged_and_leaves_the_id_to_its_owner(bread, peer, far, ana, where):
    """Linked ben sends a vote whose id is ana's next one; he is told, and ana's own vote counts."""
    ben = (far if where == "on another server" else peer).actor("ben", rsa_number=1)
    await bread.link("ben", ben)
    motion = await open_poll(bread)
    stolen = f"{ana.uri}#votes/32"
    note = {"id": stolen} if where == "on another server" else {"id": stolen, "attributedTo": ana.uri}
    await bread.deliver(ben, vote(ben, bread, motion, "Against", note=note))
    assert await choices(bread) == {}
    assert await bread.audit_codes("vote-refused") == ["forged"]
    assert len(await answers_to(bread, ben)) == 1
    await bread.deliver(ana, vote(ana, bread, motion, "For", 32))
    await bread.deliver(ben, vote(ben, bread, motion, "Against", 2))
    assert await choices(bread) == {bread.members["ana"]: ["for"], bread.members["ben"]: ["against"]}


async def test_a_neighbour_uses_up_neither_the_ids_of_activities_nor_those_of_votes(bread, peer, ana):
    """Both are on one server, so the ids have eve's origin too; they are another actor's all the same."""
    eve = peer.actor("eve", rsa_number=1)
    await bread.link("eve", eve)
    motion = await open_poll(bread)
    right = vote(ana, bread, motion, "For", 5)
    for type_, what in (("Like", motion.url), ("Create", {**right["object"], "attributedTo": eve.uri})):
        taken = {"@context": AS2, "id": right["id"], "type": type_, "actor": eve.uri, "object": what}
        assert await bread.deliver(eve, taken) == 202
    assert await bread.deliver(ana, right) == 202
    assert (await choices(bread))[bread.members["ana"]] == ["for"]


async def test_one_post_with_six_hundred_ids_kills_no_vote_in_no_motion(bread, peer, far, ana):
    ben = far.actor("ben", rsa_number=1)
    await bread.link("ben", ben)
    motions = [await open_poll(bread), await open_poll(bread, method="approval", options=OPTIONS)]
    marks = [
        vote(ben, bread, motions[n % 2], "Oven", note={"id": f"{ana.uri}#votes/{n}"})["object"] for n in range(600)
    ]
    await bread.deliver(ben, {**vote(ben, bread, motions[0], "For"), "object": marks})
    assert await bread.rows(t.votes) == []
    await bread.deliver(ana, vote(ana, bread, motions[0], "For", 1))
    await bread.deliver(ana, vote(ana, bread, motions[1], "Van", 2))
    ballots = {row.motion_id: json.loads(row.choice) for row in await bread.rows(t.ballots)}
    assert ballots == {motions[0].id: ["for"], motions[1].id: ["van"]}


async def test_an_id_counts_once_on_each_motion(bread, ana):
    first, second = await open_poll(bread), await open_poll(bread)
    await bread.deliver(ana, vote(ana, bread, first, "For"))
    await bread.deliver(ana, vote(ana, bread, second, "Against", id=f"{ana.uri}/second"))
    ballots = {row.motion_id: json.loads(row.choice) for row in await bread.rows(t.ballots)}
    assert ballots == {first.id: ["for"], second.id: ["against"]}


@pytest.mark.parametrize("same", [True, False])
async def test_a_repetition_is_no_news_but_another_answer_under_a_used_id_is_told(bread, ana, same):
    motion = await open_poll(bread)
    await bread.deliver(ana, vote(ana, bread, motion, "For"))
    await bread.deliver(ana, vote(ana, bread, motion, "For" if same else "Against", id=f"{ana.uri}/again"))
    assert await choices(bread) == {bread.members["ana"]: ["for"]}
    assert await bread.audit_codes("vote-refused") == ["replay"]
    assert len(await answers_to(bread, ana)) == (0 if same else 1)


async def test_a_copy_brought_by_others_takes_nothing_from_the_voter_not_even_the_one_answer(bread, peer, far):
    from tests.doors.fediverse.test_inbox_links import with_proof

    ana, relay = peer.actor("ana", ed_number=0), far.actor("relay", rsa_number=1)
    await bread.link("ana", ana)
    motion = await open_poll(bread)
    assert await bread.deliver(relay, with_proof(ana, vote(ana, bread, motion, "For"), bread)) == 202
    assert await bread.audit_codes("vote-refused") == ["forged"]
    assert await answers_to(bread, ana) == []
    await bread.deliver(ana, vote(ana, bread, motion, "Perhaps", 2))
    assert len(await answers_to(bread, ana)) == 1
    await bread.deliver(ana, vote(ana, bread, motion, "For"))
    assert await choices(bread) == {bread.members["ana"]: ["for"]}


# what others own is never more than a name, wherever it stands

ANA, EVE = "https://social.example/users/ana", "https://social.example/users/eve"
OWNERS = st.sampled_from(
    [ANA, [ANA], EVE, [ANA, EVE], None, 7, [ANA, 7], {"id": ANA}, {"id": EVE}, "https://bread.example/actors/bread"]
)
IDS = st.sampled_from([f"{ANA}/x", "https://other.example/x", "https://bread.example/motions/1", f"{ANA}/act#x", 7, ""])
OBJECTS = st.fixed_dictionaries(
    {"type": st.sampled_from(["Note", "Question", "Follow", "Create", "Person", ["Note", "Question"]])},
    optional={
        "id": IDS,
        "attributedTo": OWNERS,
        "actor": OWNERS,
        "content": st.just("SECRET"),
        "name": st.just("SECRET"),
    },
)
TYPES = st.sampled_from(["Create", "Update", "Delete", "Undo", "Accept", "Announce", "Like", "Add", "Flag", "Offer"])


def is_anas(value):
    """Whether ana owns it, by all that it says of an owner."""
    owners = [value[key] for key in ("actor", "attributedTo") if value.get(key) is not None]
    own = all(owner in (ANA, [ANA], {"id": ANA}) for owner in owners)
    if value.get("id") is None:
        return own
    return own and bool(owners) and str(value["id"]).startswith("https://social.example/")


@settings(max_examples=300, deadline=None)
@given(
    type_=TYPES,
    objects=st.lists(OBJECTS, min_size=1, max_size=3),
    proven_by=st.sampled_from(["signature", "proof", "fetch"]),
)
def test_nothing_of_an_object_that_its_sender_does_not_own_reaches_a_handler(type_, objects, proven_by):
    activity = {"@context": AS2, "id": f"{ANA}/act", "type": type_, "actor": ANA, "object": objects}
    received = received_of(Inbound(1, ANA, json.dumps(activity).encode(), proven_by, START, START, 0))
    told = [json.dumps(item) for item in received.activity.objects]
    assert json.dumps(received.activity.raw["object"]) == json.dumps(list(received.activity.objects))
    for found, sent in zip(told, objects, strict=False):
        assert "SECRET" not in found or is_anas(sent)
    assert received.embedded is None or is_anas(objects[0])
    assert START - timedelta(days=1) < received.said_at <= START or proven_by == "fetch"
