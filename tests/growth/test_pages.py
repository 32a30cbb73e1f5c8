"""What pages and documents cost when there is twice as much: as much as before where they show a part, twice where all is shown.

Counted are the instructions of SQLite's machine and the lines that the interpreter passes. Motions with their ballots and the
members' list are in `tests/actions/motions/test_costs_of_pages.py`.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Table, insert, select, update

from fedcoop.actions.proposals.discussion import comment
from fedcoop.actions.talk.announcements import publish_announcement
from fedcoop.federation.server.collections import _collection
from fedcoop.federation.server.replies import _replies
from fedcoop.governance.members.member import Member
from fedcoop.governance.motions.motion import Motion
from fedcoop.governance.proposals.proposal import Proposal
from fedcoop.queries.delegation import delegations
from fedcoop.queries.fediverse import desk, remote
from fedcoop.queries.follow_ups import decision_register
from fedcoop.queries.members import member as members
from fedcoop.queries.motions import motion as motions
from fedcoop.queries.motions import rolls
from fedcoop.queries.proposals import proposal as proposal_queries
from fedcoop.queries.proposals import proposal_lists
from fedcoop.queries.talk import announcements
from fedcoop.storage import tables as t
from fedcoop.storage.unit_of_work import UnitOfWork
from tests import crowd
from tests.actions.coop import ask, join
from tests.actions.drafting import discussed
from tests.conftest import Instance
from tests.steps import steps

SMALL = 100
DOUBLE = 2.3
SAME = 1.25
SLACK = 200
"""Steps that do not count: what is found by a second look into an index."""


@dataclass
class World:
    """A co-op with one of each."""

    instance: Instance
    own: Member
    motion: Motion
    proposal: Proposal
    note: str

    async def copies(self, table: Table, number: int, **changes: Callable[[int], Any]) -> None:
        """So many more rows like the last one of a table, changed as told."""

        def fill(uow: UnitOfWork) -> None:
            key = list(table.primary_key.columns)
            row = uow.conn.execute(select(table).order_by(*(column.desc() for column in key)).limit(1)).one()._mapping
            own = {"id": lambda _: uow.new_id()} if "id" in table.c else {}
            made = [{**row, **{name: make(n) for name, make in {**own, **changes}.items()}} for n in range(number)]
            uow.conn.execute(insert(table), made)

        await self.instance.units.write(fill)


async def found(instance: Instance) -> World:
    own = (await join(instance.units, "ilse"))[0]
    motion = await ask(instance, own, body="We buy an oven.")
    proposal = await discussed(instance, own)
    await instance.units.write(comment, by=own.id, uuid=proposal.uuid, text="Well said.")
    note = await instance.units.write(publish_announcement, by=own.id, text="Open on Sunday. #bread")
    return World(instance, own, motion, proposal, note.uuid)


Fill = Callable[[World, int], Awaitable[None]]
Ask = Callable[[UnitOfWork, World], Any]


def uuid(n: int) -> str:
    return f"00000000-0000-4000-8000-{n:012d}"


async def comments(world: World, number: int) -> None:
    await world.copies(t.proposal_comments, number, uuid=uuid)


async def answers(world: World, number: int) -> None:
    first = await world.instance.units.read(lambda uow: uow.proposals.comments(world.proposal.id)[0].id)
    await world.copies(t.proposal_comments, number, uuid=uuid, reply_to=lambda n: first if n % 2 else None)


async def versions(world: World, number: int) -> None:
    await world.copies(t.proposal_versions, number, n=lambda n: n + 2, body=lambda n: f"We bake.\n\nNumber {n}.")


async def proposals(world: World, number: int) -> None:
    def fill(uow: UnitOfWork) -> None:
        for table, key in ((t.proposals, "id"), (t.plans, "proposal_id")):
            row = uow.conn.execute(select(table).where(table.c[key] == world.proposal.id)).one()._mapping
            more = {"uuid": uuid} if table is t.proposals else {"context_uuid": uuid}
            made = [{**row, key: 10 + n, **{name: make(n) for name, make in more.items()}} for n in range(number)]
            uow.conn.execute(insert(table), made)

    await world.instance.units.write(fill)


async def edits(world: World, number: int) -> None:
    def fill(uow: UnitOfWork) -> None:
        a = uow.conn.execute(select(t.announcements)).one()
        rows = [
            {"announcement_id": a.id, "version": n + 1, "body": f"Open on day {n}.", "at": a.published_at}
            for n in range(number)
        ]
        uow.conn.execute(insert(t.announcement_versions), rows)
        uow.conn.execute(update(t.announcements).values(version=number + 1))

    await world.instance.units.write(fill)


async def news(world: World, number: int) -> None:
    await world.copies(t.announcements, number, uuid=uuid)
    first = select(t.announcements.c.id)

    def tag(uow: UnitOfWork) -> None:
        had = set(uow.conn.execute(select(t.announcement_tags.c.announcement_id)).scalars())
        rows = [{"tag": "bread", "announcement_id": one} for one in uow.conn.execute(first).scalars() if one not in had]
        uow.conn.execute(insert(t.announcement_tags), rows)

    await world.instance.units.write(tag)


async def crowd_of(world: World, number: int) -> None:
    await crowd.gather(world.instance, 10 * number)


async def votes(world: World, number: int) -> None:
    await crowd.repeat(world.instance, world.motion, number)


async def activities(world: World, number: int) -> None:
    await world.copies(t.activities, number, uri=lambda n: f"https://alder.example/a/{n}", type=lambda n: "Create")


async def updates(world: World, number: int) -> None:
    await world.copies(t.activities, number, uri=lambda n: f"https://alder.example/a/{n}", type=lambda n: "Update")


async def answers_from_afar(world: World, number: int) -> None:
    def fill(uow: UnitOfWork) -> None:
        actor = uow.conn.execute(select(t.actors.c.id).limit(1)).scalar_one()
        plain = {"actor_id": actor, "content": "<p>Yes</p>", "public": True, "kind": "reply", "received_at": uow.now}
        reply = {**plain, "in_reply_to": uow.urls.proposal(world.proposal.uuid), "said_at": uow.now}
        rows = [{**reply, "id": uow.new_id(), "uri": f"https://b.example/{n}"} for n in range(number)]
        uow.conn.execute(insert(t.notes), rows)

    await world.instance.units.write(fill)


async def polls_elsewhere(world: World, number: int) -> None:
    def fill(uow: UnitOfWork) -> None:
        actor = uow.conn.execute(select(t.actors.c.id).limit(1)).scalar_one()
        for n in range(number):
            row = {"id": uow.new_id(), "uuid": uuid(n), "uri": f"https://b.example/{n}", "actor_id": actor, "url": ""}
            more = {"title": "Rye?", "content": "", "options": [], "multiple": False, "received_at": uow.now}
            uow.conn.execute(insert(t.remote_motions), {**row, **more})
            seen = {"remote_motion_id": row["id"], "member_id": world.own.id, "choice": ["a"], "sent_at": uow.now}
            uow.conn.execute(insert(t.votes_abroad), {**seen, "id": uow.new_id()})
            pin = {"uri": f"p{n}", "type": "Add", "actor_id": actor, "object": row["uri"], "created_at": uow.now}
            uow.conn.execute(insert(t.interactions), {**pin, "id": uow.new_id()})

    await world.instance.units.write(fill)


async def said_of_motion(world: World, number: int) -> None:
    def fill(uow: UnitOfWork) -> None:
        for _ in range(number):
            uow.audit("proxy-ballot", subject=world.motion.url)

    await world.instance.units.write(fill)


async def ballots(world: World, number: int) -> None:
    await crowd.gather(world.instance, number)
    world.motion = await ask(world.instance, world.own)
    await crowd.vote(world.instance, world.motion, number)


async def entries(world: World, number: int) -> None:
    await world.copies(t.log_entries, number, n=lambda n: n + 2, head=lambda n: f"{n:064x}")


PAGES: dict[str, tuple[Fill, Ask, float]] = {
    "a proposal with comments": (comments, lambda uow, w: proposal_queries.proposal_view(uow, **_of(w)), DOUBLE),
    "a proposal with answers": (answers, lambda uow, w: proposal_queries.proposal_view(uow, **_of(w)), DOUBLE),
    "a proposal with replies": (
        answers_from_afar,
        lambda uow, w: proposal_queries.proposal_view(uow, **_of(w)),
        DOUBLE,
    ),
    "a proposal with versions": (versions, lambda uow, w: proposal_queries.proposal_view(uow, **_of(w)), DOUBLE),
    "one version and its difference": (
        versions,
        lambda uow, w: proposal_queries.version_view(uow, n=20, **_of(w)),
        SAME,
    ),
    "proposals by phase": (proposals, lambda uow, w: proposal_lists.proposals_view(uow, member=w.own), DOUBLE),
    "how many are under discussion": (
        proposals,
        lambda uow, w: proposal_lists.under_discussion(uow, public=True),
        DOUBLE,
    ),
    "what waits for a member": (proposals, lambda uow, w: proposal_lists.asked_of(uow, w.own), DOUBLE),
    "versions of an announcement": (edits, lambda uow, w: announcements.history(uow, uuid=w.note, reader=None), SAME),
    "news": (news, lambda uow, w: announcements.news(uow, reader=w.own.id, before=None), SAME),
    "a topic": (news, lambda uow, w: announcements.on_topic(uow, tag="bread", reader=None, before=None), SAME),
    "the front page": (votes, lambda uow, w: decision_register.front(uow), DOUBLE),
    "a member's first page": (votes, lambda uow, w: decision_register.home(uow, member=w.own), SAME),
    "the register": (votes, lambda uow, w: decision_register.register(uow, state="open", words="", before=None), SAME),
    "a search": (
        votes,
        lambda uow, w: decision_register.register(uow, state="all", words="nothing", before=None),
        DOUBLE,
    ),
    "the co-op's profile": (news, lambda uow, w: members.profile_view(uow, name="alder"), SAME),
    "names to choose from": (crowd_of, lambda uow, w: delegations.name_list(uow, but=w.own), SAME),
    "own delegations": (crowd_of, lambda uow, w: delegations.delegations_view(uow, member=w.own), SAME),
    "a name typed": (crowd_of, lambda uow, w: delegations.member_typed(uow, text="M0001"), DOUBLE),
    "the office": (crowd_of, lambda uow, w: members.office_view(uow), DOUBLE),
    "the desk": (news, lambda uow, w: desk.office_desk(uow, by=w.own, done=False), SAME),
    "a roll": (
        crowd_of,
        lambda uow, w: rolls.roll_view(uow, uuid=w.motion.uuid, member=w.own, words="", page=1),
        SAME,
    ),
    "votes elsewhere": (polls_elsewhere, lambda uow, w: remote.remote_motions(uow, member_id=w.own.id), DOUBLE),
    "a motion about which much is noted": (
        said_of_motion,
        lambda uow, w: motions.motion_view(uow, uuid=w.motion.uuid, member=w.own),
        SAME,
    ),
    "objections among many ballots": (
        ballots,
        lambda uow, w: uow.motions.ballots_for(w.motion.id, "objection"),
        DOUBLE,
    ),
    "who withdrew, in a long log": (
        entries,
        lambda uow, w: uow.motions.log_of_type(w.motion.id, "option-withdrawn"),
        SAME,
    ),
    "an outbox": (activities, lambda uow, w: _collection(uow, "alder", "outbox", None), DOUBLE),
    "a page of an outbox": (activities, lambda uow, w: _collection(uow, "alder", "outbox", "first"), SAME),
    "a page of an outbox among updates": (updates, lambda uow, w: _collection(uow, "alder", "outbox", "first"), SAME),
    "featured": (votes, lambda uow, w: _collection(uow, "alder", "featured", None), DOUBLE),
    "replies": (
        answers_from_afar,
        lambda uow, w: _replies(uow, uow.urls.proposal(w.proposal.uuid), None),
        DOUBLE,
    ),
    "a page of replies": (
        answers_from_afar,
        lambda uow, w: _replies(uow, uow.urls.proposal(w.proposal.uuid), "first"),
        SAME,
    ),
}


def _of(world: World) -> dict[str, Any]:
    return {"uuid": world.proposal.uuid, "member": world.own}


async def cost(world: World, query: Ask) -> tuple[int, int]:
    """What the page takes once what is made once is made: steps of the database's machine, and lines."""
    await world.instance.units.read(query, world)
    machine, _ = await crowd.steps(world.instance, lambda uow: query(uow, world))
    lines = await world.instance.units.read(lambda uow: steps(lambda: query(uow, world)))
    return machine, lines


@pytest.mark.parametrize("name", PAGES)
async def test_twice_as_much_costs_no_more_than_it_must(name: str, coop: Instance, larger: Instance) -> None:
    fill, query, factor = PAGES[name]
    costs = []
    for one, number in ((coop, SMALL), (larger, 2 * SMALL)):
        world = await found(one)
        await fill(world, number)
        one.clock.advance(timedelta(minutes=1))
        costs.append(await cost(world, query))
    (machine, lines), (more_machine, more_lines) = costs
    assert more_machine <= factor * machine + SLACK, costs
    assert more_lines <= factor * lines + SLACK, costs
