"""Prepared statements: the same rows, values and errors as SQLAlchemy gives, on both databases."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.exc import IntegrityError

from fedcoop.kernel.ids import ActorId
from fedcoop.storage import tables as t
from fedcoop.storage.database.prepared import Prepared
from fedcoop.storage.database.rows import fields, insert, insert_ignore, insert_many, nothing, upsert
from fedcoop.storage.records import Actor
from tests.conftest import Instance

AT = datetime(2026, 3, 1, 9, 0, 0, 123456, tzinfo=UTC)
ACTORS = select(*fields(t.actors, Actor)).order_by(t.actors.c.id)
AMONG = Prepared(ACTORS.where(t.actors.c.uri.in_(bindparam("uris", expanding=True))), Actor, lists=("uris",))
BLOCKS = select(t.blocks.c.target, t.blocks.c.created_at).order_by(t.blocks.c.target)


def peer(number: int, **changed: Any) -> dict[str, Any]:
    uri = f"https://birch.example/users/{number}"
    made = Actor(
        *(ActorId(number), uri, False, "Person", f"u{number}", "https://birch.example", "", "Ü", "", uri, "", "", ""),
        *({"id": uri, "n": [1, None]}, AT, None, None, None, ""),
    )
    return {name: getattr(made, name) for name in Actor.__slots__} | changed


def block(target: str) -> dict[str, Any]:
    return {"target": target, "kind": "origin", "created_at": AT, "reason": ""}


@pytest.mark.parametrize("number", [0, 1, 2, 3, 5])
async def test_a_list_of_any_length_finds_the_rows_that_sqlalchemy_finds(instance: Instance, number: int) -> None:
    def run(conn: Connection) -> None:
        insert_many(conn, t.actors, [peer(n) for n in range(1, 7)])
        uris = [f"https://birch.example/users/{n}" for n in range(2, 2 + number)]
        known = [Actor(*row) for row in conn.execute(ACTORS.where(t.actors.c.uri.in_(uris)))]
        assert AMONG.every(conn, {"uris": uris}) == known
        assert AMONG.first(conn, {"uris": uris}) == (known[0] if known else None)
        assert len(known) == number

    await instance.database.write(run)


async def test_values_come_back_as_they_were_given(instance: Instance) -> None:
    def run(conn: Connection) -> None:
        insert(conn, t.actors, peer(1, gone_at=AT))
        upsert(conn, t.actors, peer(2, uri=peer(1)["uri"], name="new"), keys=("uri",), keep=("id", "gone_at"))
        found = AMONG.first(conn, {"uris": [peer(1)["uri"]]})
        assert found == Actor(**peer(1, gone_at=AT, url=peer(2)["url"], document=peer(2)["document"], name="new"))

    await instance.database.write(run)


async def test_a_broken_constraint_is_the_same_error_and_an_ignored_one_is_told(instance: Instance) -> None:
    def run(conn: Connection) -> None:
        assert insert_ignore(conn, t.blocks, block("a"))
        assert not insert_ignore(conn, t.blocks, block("a"))
        insert(conn, t.blocks, block("a"))

    with pytest.raises(IntegrityError):
        await instance.database.write(run)
    assert await instance.database.read(lambda conn: conn.execute(BLOCKS).first()) is None


async def test_an_update_says_how_many_rows_it_touched_and_runs_for_many(instance: Instance) -> None:
    rename = Prepared(
        update(t.blocks).where(t.blocks.c.target == bindparam("of")).values(target=bindparam("to")), nothing
    )

    def run(conn: Connection) -> None:
        insert_many(conn, t.blocks, [block("a"), block("b")])
        assert rename.run(conn, {"of": "a", "to": "c"}) == 1
        assert rename.run(conn, {"of": "a", "to": "c"}) == 0
        rename.run_many(conn, [{"of": "b", "to": "d"}, {"of": "c", "to": "e"}])
        rename.run_many(conn, [])
        assert [(row.target, row.created_at) for row in conn.execute(BLOCKS)] == [("d", AT), ("e", AT)]

    await instance.database.write(run)


async def test_a_value_that_is_not_given_is_an_error(instance: Instance) -> None:
    with pytest.raises(Exception, match="uris"):
        await instance.database.read(lambda conn: AMONG.every(conn, {}))
