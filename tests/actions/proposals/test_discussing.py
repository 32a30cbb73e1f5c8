"""What is said about a proposal: kinds, answers, removal, the summary."""

import pytest

from fedcoop.actions.proposals import discussion as actions
from fedcoop.kernel.errors import FedcoopError, NotAllowed
from fedcoop.storage.records import Comment
from tests.actions.coop import audited, join
from tests.actions.drafting import discussed, drafted, plan_now
from tests.conftest import Instance


async def test_comments_questions_and_reactions_stand_with_their_version_and_answers(instance: Instance) -> None:
    ana, bo = await join(instance.units, "ana", "bo")
    proposal = await discussed(instance, ana)

    async def say(text: str, **more: str) -> Comment:
        return await instance.units.write(actions.comment, by=bo.id, uuid=proposal.uuid, text=text, **more)

    question = await say("Who **pays**?", kind="question")
    answer = await say("We do.", reply_to=question.uuid)
    deeper = await say("Thanks.", reply_to=answer.uuid)
    assert (question.body_html.strip(), question.version) == ("<p>Who <strong>pays</strong>?</p>", 1)
    assert (answer.reply_to, deeper.reply_to) == (question.id, question.id)
    found = await instance.units.read(actions.spoken, proposal_id=proposal.id, kinds=("question",))
    assert [item.uuid for item in found] == [question.uuid]
    for code, changes in {
        "comment-text": {"text": " "},
        "comment-kind": {"text": "x", "kind": "shout"},
        "comment-gone": {"text": "x", "reply_to": proposal.uuid},
    }.items():
        with pytest.raises(FedcoopError) as refused:
            await say(changes.pop("text"), **changes)
        assert refused.value.code == code
    with pytest.raises(NotAllowed):
        await instance.units.read(actions.spoken, proposal_id=proposal.id, kinds=("shout",))


async def test_a_draft_is_not_spoken_about(instance: Instance) -> None:
    ana, bo = await join(instance.units, "ana", "bo")
    draft = await drafted(instance, ana)
    with pytest.raises(FedcoopError) as refused:
        await instance.units.write(actions.comment, by=bo.id, uuid=draft.uuid, text="Hm")
    assert refused.value.code == "proposal-unknown"


async def test_the_writer_and_moderators_remove_a_comment_and_others_do_not(instance: Instance) -> None:
    ana, bo, cy = await join(instance.units, "ana", "bo", "cy")
    proposal = await discussed(instance, bo)
    first, second = [
        await instance.units.write(actions.comment, by=bo.id, uuid=proposal.uuid, text="Hm") for _ in range(2)
    ]
    with pytest.raises(NotAllowed):
        await instance.units.write(actions.delete_comment, by=cy.id, uuid=first.uuid)
    await instance.units.write(actions.delete_comment, by=bo.id, uuid=first.uuid)
    await instance.units.write(actions.delete_comment, by=ana.id, uuid=second.uuid)
    assert await instance.units.read(actions.spoken, proposal_id=proposal.id) == []
    with pytest.raises(FedcoopError) as refused:
        await instance.units.write(actions.delete_comment, by=bo.id, uuid=first.uuid)
    assert refused.value.code == "comment-unknown"
    assert len(await audited(instance, "comment-deleted")) == 2


async def test_authors_and_coordinators_summarise(instance: Instance) -> None:
    _, bo, cy = await join(instance.units, "ana", "bo", "cy")
    proposal = await discussed(instance, bo)
    await instance.units.write(actions.summarise, by=bo.id, uuid=proposal.uuid, text=" Agreed: rye. ")
    assert (await plan_now(instance, proposal)).summary == "Agreed: rye."
    with pytest.raises(NotAllowed):
        await instance.units.write(actions.summarise, by=cy.id, uuid=proposal.uuid, text="No.")
    with pytest.raises(FedcoopError) as refused:
        await instance.units.write(actions.summarise, by=bo.id, uuid=proposal.uuid, text="x" * 5001)
    assert refused.value.code == "comment-text"
