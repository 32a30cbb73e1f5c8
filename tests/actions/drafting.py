"""A proposal in each of its phases, for action tests."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from fedcoop.actions.proposals import proposal_steps as steps
from fedcoop.actions.proposals.proposal import Edit, Wanted, edit, save_draft, submit
from fedcoop.governance.members.member import Member
from fedcoop.governance.proposals.drafting import Plan
from fedcoop.governance.proposals.proposal import Proposal
from tests.actions.coop import run_timers
from tests.conftest import Instance

TEXT = "We bake with local grain.\n\n1. We buy rye.\n2. We pay 4 cents more.\n3. We share the risk."
DAY = timedelta(days=1)


def wanted(**changes: Any) -> Wanted:
    """What is usually wanted: three days of discussion, two of notice, seven of voting."""
    return replace(Wanted(title="Bake with local grain", body=TEXT), **changes)


async def drafted(instance: Instance, by: Member, **changes: Any) -> Proposal:
    """A draft."""
    return await instance.units.write(save_draft, by=by.id, wanted=wanted(**changes))


async def discussed(instance: Instance, by: Member, **changes: Any) -> Proposal:
    """A proposal under discussion, or wherever its phases lead."""
    draft = await drafted(instance, by, **changes)
    return (await instance.units.write(submit, by=by.id, uuid=draft.uuid))[0]


async def frozen(instance: Instance, by: Member, **changes: Any) -> Proposal:
    """A proposal whose text was fixed by hand after the shortest discussion."""
    proposal = await discussed(instance, by, **changes)
    instance.clock.advance(3 * DAY)
    return await instance.units.write(steps.freeze, by=by.id, uuid=proposal.uuid)


async def revise(instance: Instance, by: Member, proposal: Proposal, body: str, **changes: Any) -> Proposal:
    """A new version."""
    change = Edit(proposal.title, body, changes.pop("based_on", proposal.version), **changes)
    return await instance.units.write(edit, by=by.id, uuid=proposal.uuid, change=change)


async def now(instance: Instance, proposal: Proposal) -> Proposal:
    """The proposal as it is stored."""
    return await instance.units.read(lambda uow: uow.proposals.get(proposal.id))


async def plan_now(instance: Instance, proposal: Proposal) -> Plan:
    """The plan as it is stored."""
    found = await instance.units.read(lambda uow: uow.proposals.plan(proposal.id))
    assert found is not None
    return found


async def state(instance: Instance, proposal: Proposal) -> str:
    """The state as it is stored."""
    return (await now(instance, proposal)).state.value


async def later(instance: Instance, step: timedelta) -> None:
    """Time passes, and what is due happens; a restart changes nothing, for all that waits is a row."""
    instance.clock.advance(step)
    await run_timers(instance)
