"""What other servers hear of a proposal: a Note without options, its edits, its end; nothing of what is for members."""

from datetime import timedelta

from fedcoop.actions.fediverse.mirrors import SeenNote, store_note
from fedcoop.actions.proposals import proposal_steps as steps
from fedcoop.queries.proposals.proposal import proposal_view
from fedcoop.storage import tables as t
from tests.actions.coop import follow, join, know, rows, sent
from tests.actions.drafting import DAY, discussed, drafted, later, revise
from tests.conftest import Instance


async def test_a_public_proposal_is_a_note_of_the_co_op_without_options(instance: Instance) -> None:
    ana, _ = await join(instance.units, "ana", "bo")
    await follow(instance, await know(instance, "fay"))
    await drafted(instance, ana)
    assert await sent(instance, "Create") == []
    proposal = await discussed(instance, ana, method="approval", options=("Rye", "Wheat"))
    [create] = await sent(instance, "Create")
    note, url = create["object"], f"https://alder.example/proposals/{proposal.uuid}"
    assert (note["id"], note["url"], note["type"]) == (url, url, "Note")
    assert not {"oneOf", "anyOf", "name", "endTime", "coop:motion", "updated"} & set(note)
    assert "being discussed" in note["content"]
    [delivery] = await rows(instance, t.deliveries)
    assert delivery.inbox == "https://far.example/users/fay/inbox"


async def test_a_new_version_is_an_edit_and_the_vote_has_an_object_of_its_own(instance: Instance) -> None:
    ana, _ = await join(instance.units, "ana", "bo")
    proposal = await discussed(instance, ana)
    instance.clock.advance(timedelta(hours=1))
    await revise(instance, ana, proposal, "We bake with rye.")
    [update] = await sent(instance, "Update")
    assert update["object"]["id"].endswith(proposal.uuid)
    assert update["object"]["updated"] > update["object"]["published"]
    assert "We bake with rye." in update["object"]["content"]
    await later(instance, 3 * DAY)
    assert "The text is fixed" in (await sent(instance, "Update"))[-1]["object"]["content"]
    await later(instance, 2 * DAY)
    question = (await sent(instance, "Create"))[-1]["object"]
    assert question["type"] == "Question"
    assert question["context"] == update["object"]["context"]
    assert question["id"] != update["object"]["id"]


async def test_withdrawn_and_lapsed_are_told(instance: Instance) -> None:
    ana, _ = await join(instance.units, "ana", "bo")
    withdrawn = await discussed(instance, ana)
    await instance.units.write(steps.withdraw, by=ana.id, uuid=withdrawn.uuid)
    assert "Withdrawn by its author" in (await sent(instance, "Update"))[-1]["object"]["content"]
    await discussed(instance, ana, seeks_sponsors=True)
    await later(instance, 30 * DAY)
    assert "it has lapsed" in (await sent(instance, "Update"))[-1]["object"]["content"]


async def test_nothing_of_a_proposal_for_members_leaves_the_house_not_even_its_vote(instance: Instance) -> None:
    ana, _ = await join(instance.units, "ana", "bo")
    await follow(instance, await know(instance, "fay"))
    proposal = await discussed(instance, ana, audience="members")
    await revise(instance, ana, proposal, "We bake with rye.")
    await later(instance, 3 * DAY)
    await later(instance, 2 * DAY)
    await later(instance, 8 * DAY)
    assert await sent(instance) == []
    assert await rows(instance, t.deliveries) == []
    assert not [row for row in await rows(instance, t.objects) if "Note" in row.type or "Question" in row.type]


async def test_answers_from_elsewhere_stand_under_the_proposal(instance: Instance) -> None:
    ana, _ = await join(instance.units, "ana", "bo")
    proposal, fay = await discussed(instance, ana), await know(instance, "fay")
    url = f"https://alder.example/proposals/{proposal.uuid}"
    said, at = "https://far.example/notes/1", instance.clock.now()
    seen = SeenNote(said, url, "<p>We grow rye.</p>", "", "en", said, True, at, None)
    await instance.units.write(store_note, author=fay, seen=seen, motion_id=None, kind="mention")
    view = await instance.units.read(proposal_view, uuid=proposal.uuid, member=None)
    assert [(reply.name, reply.html) for reply in view.replies] == [("Fay", "<p>We grow rye.</p>")]
