"""Small stories that servers tell, and a co-op to which they are told in any order, again, and by others: what does it show?

Everything runs through the real inbox loop and handlers on a real database; only signatures are left out: who vouched for
what is said with each delivery. Every telling has accounts, motions and ids of its own, so one database does for all.
"""

import asyncio
import contextlib
import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from cryptography.fernet import Fernet
from sqlalchemy import select

from fedcoop.actions.fediverse.remote import SeenActor, remember_actor
from fedcoop.actions.instance.founding import found_instance
from fedcoop.actions.members.member import NewMember, add_member
from fedcoop.actions.motions.motion import Draft, open_motion
from fedcoop.config import Config, InstanceConfig
from fedcoop.federation.inbox.contract import Remote
from fedcoop.federation.inbox.process import InboxProcessor
from fedcoop.federation.inbox.replays import keys_of
from fedcoop.federation.server.inboxes import accept_inbound
from fedcoop.governance.motions.motion import Channel, Motion, Option
from fedcoop.kernel.clock import FrozenClock, rfc3339
from fedcoop.kernel.errors import PeerGone
from fedcoop.kernel.ids import MemberId
from fedcoop.storage import tables as t
from fedcoop.storage.database.engine import make_database
from fedcoop.storage.instance.vault import Vault
from fedcoop.storage.records import Actor, Follow, Inbound, Link
from fedcoop.storage.unit_of_work import Site, UnitOfWork, Units
from fedcoop.urls import Urls
from fedcoop.wiring import REACTIONS
from tests.doors.harness import empty_database

AS2 = "https://www.w3.org/ns/activitystreams"
PUBLIC = AS2 + "#Public"
START = datetime(2026, 3, 1, 10, tzinfo=UTC)
OPTIONS = (Option("rye", "Rye"), Option("oat", "Oats"), Option("corn", "Corn"))


@dataclass(frozen=True)
class Cast:
    """Who takes part in one telling: ids of accounts, and motions of ours that a vote, a reply or a reaction names."""

    birch: str
    ana: str
    eve: str
    mill: str
    coop: str
    single: Motion
    several: Motion
    start: datetime

    def at(self, minute: int) -> str:
        """A minute of the story."""
        return rfc3339(self.start + timedelta(minutes=minute))

    def poll(self, votes: int = 0, **more: Any) -> dict[str, Any]:
        """A poll of birch, which we follow."""
        answers = [{"type": "Note", "name": name, "replies": {"totalItems": votes}} for name in ("Yes", "No")]
        base = {"id": f"{self.birch}/polls/1", "type": "Question", "attributedTo": self.birch, "to": [PUBLIC]}
        base |= {"content": "<p>Oven?</p>", "published": self.at(0), "endTime": self.at(10_000)}
        return {**base, "oneOf": answers, "votersCount": 2 * votes, **more}

    def outcome(self, number: int, result: str) -> dict[str, Any]:
        """How birch says that its poll ended."""
        node = {"type": "coop:Outcome", "coop:motion": f"{self.birch}/polls/1", "coop:result": result}
        base = {"id": f"{self.birch}/notes/{number}", "type": "Note", "attributedTo": self.birch, "to": [PUBLIC]}
        return {**base, "content": f"<p>{result}</p>", "published": self.at(number), "coop:outcome": node}

    def reply(self, text: str, **more: Any) -> dict[str, Any]:
        """What ana writes about a motion of ours."""
        base = {"id": f"{self.ana}/notes/1", "type": "Note", "attributedTo": self.ana, "to": [PUBLIC]}
        return {**base, "inReplyTo": self.single.url, "content": f"<p>{text}</p>", "published": self.at(0), **more}

    def mark(self, number: int, name: str, motion: Motion) -> dict[str, Any]:
        """One vote of ana's."""
        base = {"id": f"{self.ana}#votes/{number}", "type": "Note", "attributedTo": self.ana, "to": self.coop}
        return {**base, "inReplyTo": motion.url, "name": name}


@dataclass(frozen=True)
class Step:
    """One activity of a story: who says it, in which minute, what (`said` makes it of the cast)."""

    who: str
    minute: int
    said: Callable[[Cast], dict[str, Any]]


@dataclass(frozen=True)
class Story:
    """What is said, in its order; what its servers show in the end, if anything; whether it votes on a motion of ours."""

    steps: Sequence[Step]
    shown: Callable[[Cast], Sequence[dict[str, Any]]] = lambda cast: ()
    is_voted_on: bool = False


@dataclass(frozen=True)
class Delivery:
    """A step as it comes: from its actor, or as a copy that others brought; `forgetful`: we lost the list of seen ids."""

    step: Step
    proven_by: str = "signature"
    forgetful: bool = False


def act(who: str, minute: int, type_: str, obj: Callable[[Cast], Any], *, id_: str = "", **more: Any) -> Step:
    """A step: `who` says `type_` about an object."""

    def said(cast: Cast) -> dict[str, Any]:
        actor = getattr(cast, who)
        found = {"@context": AS2, "id": f"{actor}/acts/{id_ or minute}", "type": type_, "actor": actor}
        return {**found, "to": [PUBLIC], "object": obj(cast), **more}

    return Step(who, minute, said)


class World:
    """One co-op that hears everything."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.stack = contextlib.AsyncExitStack()
        self.number = 0
        self.motions: Any = ()
        self.loop.run_until_complete(self._start())

    async def _start(self) -> None:
        path = Path(self.stack.enter_context(tempfile.TemporaryDirectory())) / "stories.db"
        path.write_bytes(empty_database())
        database = make_database(f"sqlite:///{path}", synchronous="OFF")
        await database.start()
        self.stack.push_async_callback(database.close)
        config = Config(instance=InstanceConfig(origin="https://alder.example", name="Alder", actor="alder"))
        self.clock = FrozenClock(START)
        site = Site(config=config, urls=Urls("https://alder.example"), vault=Vault(Fernet.generate_key()))
        self.units = Units(database, site=site, clock=self.clock, reactions=REACTIONS)
        await self.units.write(found_instance)
        self.member = (await self.units.write(add_member, new=NewMember("ana", "ana@example.org", "Ana"), who="test"))[
            0
        ]
        self.shown: dict[str, Any] = {}
        self.processor = InboxProcessor(
            self.units, Remote(cast(Any, self), cast(Any, None), self.units, cast(Any, None)), pause_s=lambda: 0.0
        )

    def close(self) -> None:
        """End it."""
        self.loop.run_until_complete(self.stack.aclose())
        self.loop.close()

    async def fetch(self, uri: str) -> dict[str, Any]:
        """Return what the object's own server shows now: what it said last."""
        if uri not in self.shown:
            raise PeerGone("gone", uri=uri)
        return {"@context": AS2, **self.shown[uri]}

    def tell(self, deliveries: Sequence[Delivery], story: Story) -> dict[str, Any]:
        """Tell a story with a new cast, its activities in this order; return what we show of it then."""
        return self.loop.run_until_complete(self._tell(deliveries, story))

    async def _tell(self, deliveries: Sequence[Delivery], story: Story) -> dict[str, Any]:
        self.number += 1
        if story.is_voted_on or not self.motions:  # others may share: only votes show on the motion itself
            self.clock.advance(timedelta(days=30))
            self.motions = await self.units.write(_ask, self.member.id)
        cast = await self.units.write(_new_cast, self.number, self.member.id, self.motions)
        self.shown = {document["id"]: document for document in story.shown(cast)}
        self.clock.advance(timedelta(hours=1))
        await self.units.write(_deliver_all, deliveries, cast)
        await self.processor.drain()
        assert await self.units.read(lambda uow: uow.queues.summary(uow.now)["inbox"]["waiting"]) == 0
        return await self.units.read(_what_shows, cast, (cast.single, cast.several) if story.is_voted_on else ())


def _deliver_all(uow: UnitOfWork, deliveries: Sequence[Delivery], cast: Cast) -> None:
    for delivery in deliveries:
        if delivery.forgetful:
            uow.conn.execute(t.seen_ids.delete())
        _deliver(uow, delivery, cast)


def _deliver(uow: UnitOfWork, delivery: Delivery, cast: Cast) -> None:
    document, signed_at = delivery.step.said(cast), cast.start + timedelta(minutes=delivery.step.minute)
    if delivery.proven_by == "proof":
        document["proof"] = {"created": rfc3339(signed_at)}
    if delivery.proven_by != "signature":
        signed_at = uow.now
    raw = json.dumps(document).encode()
    keys = keys_of(document, actor_uri=document["actor"], raw=raw, signed_at=signed_at)
    row = Inbound(0, document["actor"], raw, delivery.proven_by, uow.now, signed_at, 0)
    accept_inbound(uow, row, keys, None)


def _ask(uow: UnitOfWork, member_id: MemberId) -> tuple[Motion, Motion]:
    both, closes_at = frozenset({Channel.WEB, Channel.ACTIVITYPUB}), uow.now + timedelta(days=7)
    one = open_motion(uow, by=member_id, draft=Draft("Oven", "Text", "resolution", closes_at, channels=both))
    many = open_motion(uow, by=member_id, draft=Draft("Bread", "Text", "approval", closes_at, OPTIONS, channels=both))
    return one, many


def _new_cast(uow: UnitOfWork, number: int, member_id: MemberId, motions: tuple[Motion, Motion]) -> Cast:
    actors = {name: _actor(uow, name, number) for name in ("birch", "ana", "eve", "mill")}
    coop = uow.actors.local("alder")
    uow.actors.put_follow(
        Follow(uow.new_id(), coop.id, actors["birch"].id, f"{coop.uri}#{number}", "accepted", uow.now)
    )
    uow.members.put_link(Link(uow.new_id(), member_id, actors["ana"].id, "active", "", "", uow.now, uow.now))
    named = {name: actor.uri for name, actor in actors.items()}
    return Cast(**named, coop=coop.uri, single=motions[0], several=motions[1], start=uow.now)


def _actor(uow: UnitOfWork, name: str, number: int) -> Actor:
    """Eve is on ana's own server."""
    host = "far.example" if name in ("ana", "eve") else f"{name}.example"
    uri = f"https://{host}/users/{name}{number}"
    return remember_actor(uow, SeenActor(uri, "Person", name, name, "", uri, uri + "/inbox", "", "", "", {}, ()))


def _what_shows(uow: UnitOfWork, cast: Cast, motions: Sequence[Motion]) -> dict[str, Any]:
    """What people see: the poll and its outcome, the reply, ballots, reactions, followers. What is deleted is nowhere."""
    poll, reply = uow.notes.find_remote_motion(f"{cast.birch}/polls/1"), uow.notes.find_note(f"{cast.ana}/notes/1")
    ana, coop = uow.actors.find(cast.ana), uow.actors.local("alder")
    assert ana is not None
    follow = uow.actors.find_follow(ana.id, coop.id)
    return {
        "poll": None if poll is None or poll.deleted_at else _poll(poll),
        "reply": None if reply is None or reply.deleted_at or not reply.public else reply.content,
        "ballots": [b.choice for motion in motions for b in uow.motions.ballots(motion.id)],
        "reactions": sorted(row.type for row in uow.conn.execute(_reactions.where(_of.actor_id == ana.id))),
        "follow": None if follow is None else follow.state,
        "told": _told(uow, cast),
    }


_of = t.interactions.c
_reactions = select(t.interactions)


def _told(uow: UnitOfWork, cast: Cast) -> list[str]:
    """What we wrote to ana."""
    newest = select(t.activities).order_by(t.activities.c.id.desc()).limit(30)
    return [row.document for row in uow.conn.execute(newest) if cast.ana in row.audience and row.type == "Create"]


def _poll(poll: Any) -> tuple[Any, ...]:
    result = (poll.outcome or {}).get("coop:result")
    state = (poll.motion or {}).get("coop:state")
    votes = [option["votes"] for option in poll.options]
    return votes, poll.content, poll.closed_at is not None, poll.voters_count, result, state
