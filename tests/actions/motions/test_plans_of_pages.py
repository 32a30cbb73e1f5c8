"""Pages find what they show by an index: no statement of theirs reads a table that grows from its beginning to its end."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from fedcoop.federation.publish.decisions import motion_document
from fedcoop.governance.members.member import Member
from fedcoop.governance.motions.motion import Motion
from fedcoop.queries.delegation.delegations import delegations_view
from fedcoop.queries.follow_ups.decision_register import front, home, register
from fedcoop.queries.members.member import members_view, office_view, profile_view
from fedcoop.queries.motions.motion import motion_view
from fedcoop.queries.motions.rolls import roll_view
from fedcoop.queries.proposals.proposal_lists import proposals_view, under_discussion
from fedcoop.storage import tables as t
from tests import plans
from tests.actions.coop import ask, join, run_timers, vote
from tests.conftest import Instance

SMALL = frozenset(
    {
        "blocks",
        "differences",
        "hosts",
        "instance",
        "member_classes",
        "member_groups",
        "meta",
        "nodes",
        "outages",
        "peers",
    }
    | {"templates", "partners", "timers"}
)
"""Tables that do not grow with the co-op or with time; of timers there are few for each vote that runs or is to be reviewed."""
GROWING = frozenset(t.metadata.tables) - SMALL
Ask = tuple[Callable[..., Any], Mapping[str, Any]]


def _pages(member: Member, motion: Motion, decided: Motion) -> Mapping[str, Ask]:
    return {
        "front": (front, {}),
        "home": (home, {"member": member}),
        **{
            f"register {state}": (register, {"state": state, "words": "", "before": None, "public": public})
            for state, public in (("open", True), ("decided", False), ("all", True), ("annulled", False))
        },
        "motion": (motion_view, {"uuid": motion.uuid, "member": member}),
        "motion for strangers": (motion_view, {"uuid": motion.uuid, "member": None}),
        "result": (motion_view, {"uuid": decided.uuid, "member": member}),
        "document": (motion_document, {"motion": motion}),
        "members": (members_view, {"words": "", "after": 0}),
        "roll": (roll_view, {"uuid": motion.uuid, "member": member, "words": "", "page": 1}),
        "office": (office_view, {}),
        "profile": (profile_view, {"name": "alder"}),
        "delegations": (delegations_view, {"member": member}),
        "proposals": (proposals_view, {"member": member}),
        "under discussion": (under_discussion, {"public": True}),
        "inbox rests": (lambda uow: uow.queues.next_due("inbound"), {}),
        "delivery rests": (lambda uow: uow.queues.next_due("deliveries"), {}),
        "timers rest": (lambda uow: uow.queues.next_due("timers"), {}),
        "visits rest": (lambda uow: uow.visits.next_due(), {}),
        "polls rest": (lambda uow: uow.looks.next_due(), {}),
    }


async def test_no_page_reads_a_table_that_grows_from_end_to_end(instance: Instance) -> None:
    members = await join(instance.units, "ilse", "noor", "bilal")
    decided = await ask(instance, members[0])
    for member in members:
        await vote(instance, member, decided, "for", reason="It is time.")
    instance.clock.advance(timedelta(days=8))
    await run_timers(instance)
    motion = await ask(instance, members[0])
    await vote(instance, members[1], motion, "for")
    found = {}
    for name, (query, kwargs) in _pages(members[0], motion, decided).items():
        scans = await instance.units.read(plans.scans_of, query, **kwargs)
        for table, sql in scans:
            if table in GROWING:
                found.setdefault((name, table), sql)
    assert not found, "\n\n".join(f"{key}: {sql}" for key, sql in found.items())


async def test_a_scan_is_seen(instance: Instance) -> None:
    def look(uow) -> None:
        uow.conn.execute(t.members.select().where(t.members.c.email.contains("x"))).all()

    scans = await instance.units.read(plans.scans_of, look)
    assert {table for table, _ in scans} == {"members"}
