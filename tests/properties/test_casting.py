"""Ballots that are cast together are what they are one after the other: same ballots, log, chain, ids and refusals."""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count, pairwise
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Select, create_engine, select

from fedcoop.actions.fediverse.remote import SeenActor, remember_actor
from fedcoop.actions.fediverse.votes import Mark, RemoteVote, count_votes
from fedcoop.actions.instance.founding import found_instance
from fedcoop.actions.members.member import NewMember, add_member
from fedcoop.actions.motions.ballots import cast_many
from fedcoop.actions.motions.motion import Draft, open_motion
from fedcoop.governance.motions.ballots import Ballot, Cast
from fedcoop.governance.motions.motion import Channel, Motion, Option
from fedcoop.kernel.clock import FrozenClock
from fedcoop.kernel.errors import BallotRefused
from fedcoop.kernel.ids import ActorId, MemberId
from fedcoop.storage import tables as t
from fedcoop.storage.database.engine import Database
from fedcoop.storage.unit_of_work import NothingInFlight, UnitOfWork
from tests.conftest import NOW, make_units

KINDS: dict[str, dict[str, Any]] = {
    "resolution": {"method": "resolution"},
    "never": {"method": "resolution", "settings": {"change": "never"}},
    "approval": {"method": "approval", "options": [Option(key, key.upper()) for key in "abc"]},
    "target": {"method": "opt_in", "settings": {"target": "2"}},
    "live": {"method": "sense", "settings": {"live_electorate": "yes"}},
}
SITE = make_units(cast(Database, None), FrozenClock(NOW)).site


@dataclass(frozen=True)
class World:
    """A co-op with five members, linked to five accounts, and motions of several kinds; one joined later."""

    conn: Connection
    members: list[MemberId]
    actors: list[ActorId]
    motions: dict[str, Motion]

    def unit(self) -> UnitOfWork:
        return UnitOfWork(self.conn, NOW + timedelta(hours=2), SITE, NothingInFlight())


def _member(uow: UnitOfWork, name: str) -> MemberId:
    return add_member(uow, new=NewMember(name, f"{name}@example.org", is_admin=name == "m0"), who="test")[0].id


def _actor(uow: UnitOfWork, name: str) -> ActorId:
    uri = f"https://far.example/users/{name}"
    seen = SeenActor(uri, "Person", name, "", "", uri, f"{uri}/inbox", "", "", "", {}, ())
    return ActorId(remember_actor(uow, seen).id)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    engine = create_engine("sqlite://", connect_args={"isolation_level": None})
    with engine.connect() as conn:
        t.metadata.create_all(conn)
        uow = UnitOfWork(conn, NOW, SITE, NothingInFlight())
        found_instance(uow)
        members = [_member(uow, f"m{n}") for n in range(4)]
        motions = {
            name: open_motion(
                uow,
                by=members[0],
                draft=Draft(**{"title": name, "body": "-", "closes_at": NOW + timedelta(days=7), **kind}),
            )
            for name, kind in KINDS.items()
        }
        members.append(_member(uow, "m4"))
        yield World(conn, members, [_actor(uow, f"m{n}") for n in range(5)], motions)
    engine.dispose()


def stored(world: World, motion: Motion) -> list[list[tuple[Any, ...]]]:
    """Everything that a vote may change, without internal ids: traces of refusals take some, at once or later."""
    audit = select(t.audit_log.c.what, t.audit_log.c.subject, t.audit_log.c.details)
    of_motion: list[Select[Any]] = [
        select(*(column for column in table.c if column.name != "id")).where(table.c.motion_id == motion.id)
        for table in (t.ballots, t.log_entries, t.votes)
    ]
    queries = [*of_motion, select(t.roll_entries), select(t.motions), audit]
    return [sorted(map(repr, world.conn.execute(query))) for query in queries]


def keys_of(motion: Motion, numbers: Sequence[int]) -> tuple[str, ...]:
    """Options by their number; the last number is of one that there is not."""
    keys = [*(option.key for option in motion.options), "?"]
    return tuple(keys[number % len(keys)] for number in numbers)


def outcome_of(found: object) -> object:
    return found.code if isinstance(found, BallotRefused) else found


def parts(number: int, cuts: Sequence[int]) -> Iterator[slice]:
    edges = sorted({0, number, *(cut for cut in cuts if cut < number)})
    return (slice(*pair) for pair in pairwise(edges))


class Attempt:
    """What is done within it did not happen afterwards; ids and nonces are the same in each."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._patch = pytest.MonkeyPatch()

    def __enter__(self) -> UnitOfWork:
        numbers, nonces = count(1), count(1)
        self._patch.setattr(UnitOfWork, "new_id", lambda uow: next(numbers) + (1 << 62))
        self._patch.setattr(secrets, "token_hex", lambda size: f"{next(nonces):0{2 * size}x}")
        self._world.conn.exec_driver_sql("SAVEPOINT attempt")
        return self._world.unit()

    def __exit__(self, *_: object) -> None:
        self._world.conn.exec_driver_sql("ROLLBACK TO attempt")
        self._patch.undo()


casts = st.tuples(
    st.integers(0, 4),
    st.lists(st.integers(0, 3), max_size=2),
    st.sampled_from([Channel.WEB, Channel.ACTIVITYPUB]),
    st.integers(-1, 3),
    st.booleans(),
)


@given(
    kind=st.sampled_from(list(KINDS)),
    given_=st.lists(casts, max_size=12),
    cuts=st.lists(st.integers(1, 11), max_size=3),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_ballots_cast_together_are_those_cast_one_after_the_other(
    world: World, kind: str, given_: list[tuple[int, list[int], Channel, int, bool]], cuts: list[int]
) -> None:
    motion = world.motions[kind]
    many = [
        (
            world.members[voter],
            Cast(
                keys_of(motion, choice),
                "",
                channel,
                world.actors[voter] if channel is Channel.ACTIVITYPUB else None,
                at,
                at,
                adds,
            ),
        )
        for voter, choice, channel, hours, adds in given_
        for at in [NOW + timedelta(hours=hours)]
    ]

    def run(slices: Sequence[slice]) -> tuple[Any, ...]:
        found: list[object] = []
        with Attempt(world) as uow:
            for part in slices:
                found += map(outcome_of, cast_many(uow, motion.id, many[part]))
            return found, stored(world, motion), {repr(event) for event in uow.events}

    one_by_one = run([slice(n, n + 1) for n in range(len(many))])
    assert run([slice(0, len(many))]) == one_by_one
    assert run([*parts(len(many), cuts)]) == one_by_one
    assert all(isinstance(item, (Ballot, str)) for item in one_by_one[0])


votes = st.tuples(
    st.integers(0, 4),
    st.lists(st.tuples(st.integers(1, 4), st.integers(0, 3)), min_size=1, max_size=3),
    st.integers(-1, 3),
    st.lists(st.integers(1, 4), max_size=1),
)


@given(
    kind=st.sampled_from(["resolution", "never", "approval"]),
    given_=st.lists(votes, max_size=10),
    cuts=st.lists(st.integers(1, 9), max_size=3),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_votes_from_afar_counted_together_are_those_counted_one_after_the_other(
    world: World, kind: str, given_: list[tuple[int, list[tuple[int, int]], int, list[int]]], cuts: list[int]
) -> None:
    motion = world.motions[kind]
    accumulate = kind == "approval"
    first = RemoteVote(motion, world.members[0], world.actors[0], (), b"", NOW, NOW, accumulate)
    many = [
        replace(
            first,
            member_id=world.members[voter],
            actor_id=world.actors[voter],
            marks=tuple(
                Mark(bytes([digest]), *keys_of(motion, [number]))
                for digest, number in (marks if accumulate else marks[:1])
            ),
            cast_at=NOW + timedelta(hours=hours),
            received_at=NOW + timedelta(hours=max(hours, 1)),
            taken_back=tuple(bytes([digest]) for digest in taken_back),
        )
        for voter, marks, hours, taken_back in given_
    ]

    def run(slices: Sequence[slice]) -> tuple[Any, ...]:
        found: list[object] = []
        with Attempt(world) as uow:
            for part in slices:
                found += count_votes(uow, uow.motions.get(motion.id), many[part])
            return found, stored(world, motion)

    one_by_one = run([slice(n, n + 1) for n in range(len(many))])
    assert run([slice(0, len(many))]) == one_by_one
    assert run([*parts(len(many), cuts)]) == one_by_one
