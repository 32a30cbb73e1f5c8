"""GET of a proposal as an object: public ones as a Note, what is for members as nothing; the conversation begins with it."""

from fedcoop.actions.members.member import NewMember, add_member
from fedcoop.actions.proposals.proposal import Wanted, save_draft, submit


async def published(bread, **changes):
    """Publish a proposal of a new member and return it with its plan."""

    def run(uow):
        name = f"m{uow.new_id()}"
        member, _ = add_member(uow, new=NewMember(name, f"{name}@example.org", name), who="test")
        draft = save_draft(uow, by=member.id, wanted=Wanted(title="Bake local", body="Rye.", **changes))
        return submit(uow, by=member.id, uuid=draft.uuid)[0]

    proposal = await bread.units.write(run)
    return proposal, await bread.units.read(lambda uow: uow.proposals.plan(proposal.id))


async def test_a_proposal_and_its_conversation_are_served(bread):
    proposal, plan = await published(bread)
    status, headers, note = await bread.get(f"/proposals/{proposal.uuid}")
    assert status == 200
    assert headers["Content-Type"] == "application/activity+json"
    assert (note["type"], note["id"]) == ("Note", f"{bread.origin}/proposals/{proposal.uuid}")
    assert "oneOf" not in note
    status, _, context = await bread.get(f"/contexts/{plan.context_uuid}")
    assert (status, context["orderedItems"]) == (200, [note["id"]])
    assert note["context"] == context["id"]


async def test_what_is_for_members_is_served_to_nobody(bread):
    proposal, plan = await published(bread, audience="members")
    assert (await bread.get(f"/proposals/{proposal.uuid}"))[0] == 404
    assert (await bread.get(f"/contexts/{plan.context_uuid}"))[0] == 404
