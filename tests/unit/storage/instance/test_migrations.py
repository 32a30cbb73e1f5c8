"""From an empty database to the tables of this version, in steps and at once, on both makes."""

import json
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config as AlembicConfig
from sqlalchemy import Connection, MetaData, Table, inspect, text

from fedcoop.governance.proof import secrecy
from fedcoop.kernel.errors import ConfigError
from fedcoop.storage.database.engine import make_database
from fedcoop.storage.instance.migrations import current, differences, upgrade
from fedcoop.storage.instance.version import check_version, head, revisions, scripts
from fedcoop.storage.tables import metadata
from tests.postgres import PostgresServer


@pytest.fixture(params=["sqlite", "postgres"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    server: PostgresServer = request.getfixturevalue("postgres")
    return await server.create()


def upgrade_to(conn: Connection, revision: str) -> None:
    config = AlembicConfig()
    config.set_main_option("script_location", str(scripts()))
    config.attributes["connection"] = conn
    command.upgrade(config, revision)


async def test_the_migrated_tables_are_those_of_the_program(url: str) -> None:
    database = make_database(url)
    await database.start()
    with pytest.raises(ConfigError) as empty:
        await check_version(database)
    assert empty.value.code == "database-old"
    assert await database.write(upgrade) == (None, head())
    await check_version(database)
    assert await database.read(differences) == []
    assert await database.write(upgrade) == (head(), head())
    tables = await database.read(lambda conn: set(inspect(conn).get_table_names()))
    assert tables == {*metadata.tables, "alembic_version"}
    await database.write(lambda conn: conn.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    with pytest.raises(ConfigError) as newer:
        await check_version(database)
    assert newer.value.code == "database-new"
    await database.close()


async def test_each_step_leads_to_the_next_and_keeps_the_rows(url: str) -> None:
    database = make_database(url)
    await database.start()
    row = "INSERT INTO seen_ids (digest) VALUES (:digest)"
    for number, revision in enumerate(revisions()):
        await database.write(lambda conn, revision=revision: upgrade_to(conn, revision))
        assert await database.read(current) == revision
        await database.write(lambda conn, number=number: conn.execute(text(row), {"digest": bytes([number]) * 16}))
    assert await database.read(differences) == []
    kept = await database.read(lambda conn: conn.execute(text("SELECT count(*) FROM seen_ids")).scalar())
    assert kept == len(revisions())
    await database.close()


async def test_an_upgrade_that_fails_changes_nothing(url: str) -> None:
    database = make_database(url)
    await database.start()

    def half(conn: Connection) -> None:
        upgrade(conn)
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        await database.write(half)
    assert await database.read(lambda conn: inspect(conn).get_table_names()) == []
    await database.write(upgrade)
    await check_version(database)
    await database.close()


async def test_what_was_kept_and_shown_nowhere_lies_on_the_desk_after_the_upgrade(url: str) -> None:
    database = make_database(url)
    await database.start()
    actor = (
        "INSERT INTO actors (id, uri, local, kind, name, origin, created_at) "
        "VALUES (:id, :uri, :local, :kind, :name, :origin, 0)"
    )
    note = (
        "INSERT INTO notes (id, uri, actor_id, content, public, kind, received_at, deleted_at) "
        "VALUES (:id, :id, 2, '', true, :kind, 7, :deleted_at)"
    )

    def before(conn: Connection) -> None:
        upgrade_to(conn, "0005")
        ours = {"id": 1, "uri": "a", "local": True, "kind": "Organization", "name": "alder", "origin": "https://a"}
        conn.execute(text(actor), [ours, {**ours, "id": 2, "uri": "b", "local": False, "origin": "https://b"}])
        told = "INSERT INTO reports (id, actor_id, content, objects, received_at) VALUES (3, 2, 'Rude.', '[]', 5)"
        conn.execute(text(told))
        for number, kind, deleted_at in ((4, "mention", None), (5, "mention", 9), (6, "reply", None)):
            conn.execute(text(note).bindparams(id=number, kind=kind, deleted_at=deleted_at))

    await database.write(before)
    await database.write(upgrade)
    found = await database.read(
        lambda conn: conn.execute(
            text("SELECT id, kind, recipient_id, actor_id, origin, note_id, report_id FROM desk_items ORDER BY id")
        ).all()
    )
    assert [tuple(row) for row in found] == [
        (3, "report", 1, 2, "https://b", None, 3),
        (4, "mention", 1, 2, "https://b", 4, None),
    ]
    await database.close()


async def test_the_post_of_a_vote_is_kept_as_it_was_published(url: str) -> None:
    database = make_database(url)
    await database.start()

    def before(conn: Connection) -> None:
        upgrade_to(conn, "0009")
        put(conn, "actors", id=1, uri="a", local=True, kind="Organization", name="alder", origin="https://a")
        put(conn, "members", id=1, number=1, name="ada", email="a@b")
        put(conn, "proposals", id=1, uuid="p", author_id=1)
        for number in (1, 2):
            put(conn, "motions", id=number, uuid=str(number), url=f"u{number}", context_uuid=str(number), proposal_id=1)
        node = {"type": "coop:Motion", "coop:method": "sense", "coop:state": "open", "coop:quorum": "1/7"}
        document = json.dumps({"id": "u1", "content": "<p>As it was.</p>", "coop:motion": node})
        put(conn, "objects", uri="u1", actor_id=1, type="Question", document=document, public=True, listed=True)

    await database.write(before)
    await database.write(upgrade)
    kept = await database.read(lambda conn: conn.execute(text("SELECT published FROM motions ORDER BY id")).all())
    locked = {"content": "<p>As it was.</p>", "coop:method": "sense", "coop:quorum": "1/7"}
    assert [json.loads(row[0]) for row in kept] == [locked, {}]
    await database.close()


async def test_ballots_cast_before_are_found_by_their_receipts_afterwards(url: str) -> None:
    database = make_database(url)
    await database.start()

    def before(conn: Connection) -> None:
        upgrade_to(conn, "0016")
        put(conn, "proposals", id=1, uuid="p")
        put(conn, "motions", id=1, uuid="1", url="https://a/1", context_uuid="1", proposal_id=1)
        for number, choice in enumerate(({"b": 2, "a": 1}, ["for"]), start=1):
            put(conn, "members", id=number, number=number, name=str(number), email=str(number))
            values = {"voter": f"v{number}", "nonce": f"n{number}", "choice": json.dumps(choice)}
            put(conn, "ballots", id=number, motion_id=1, member_id=number, **values)

    await database.write(before)
    await database.write(upgrade)
    found = await database.read(lambda conn: conn.execute(text("SELECT leaf FROM ballots ORDER BY id")).scalars().all())
    boxed = [
        {"choice": {"a": 1, "b": 2}, "nonce": "n1", "poll": "https://a/1", "voter": "v1"},
        {"choice": ["for"], "nonce": "n2", "poll": "https://a/1", "voter": "v2"},
    ]
    assert [bytes(leaf) for leaf in found] == [secrecy.leaf(ballot) for ballot in boxed]
    await database.close()


def put(conn: Connection, table_name: str, /, **values: Any) -> None:
    """Insert a row; what must not be empty and is not given is nought or an empty text."""
    table = Table(table_name, MetaData(), autoload_with=conn)
    needed = [column for column in table.columns if not column.nullable and column.server_default is None]
    usual = {column.name: {int: 0, bool: False, bytes: b""}.get(column.type.python_type, "") for column in needed}
    conn.execute(table.insert().values({**usual, **values}))
