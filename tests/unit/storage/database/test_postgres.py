"""The way to PostgreSQL: threads of its own, connections that die, addresses with all that libpq knows."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from fedcoop.actions.motions.motion import Draft, open_motion
from fedcoop.governance.motions.motion import Motion
from fedcoop.kernel.errors import ConfigError, DatabaseAway
from fedcoop.kernel.ids import MemberId
from fedcoop.storage import tables as t
from fedcoop.storage.database.engine import Database, make_database
from fedcoop.storage.unit_of_work import UnitOfWork
from tests.actions.coop import join, run_timers
from tests.conftest import NOW, Instance
from tests.postgres import PostgresServer, free_port

END_MYSELF = text("SELECT pg_terminate_backend(pg_backend_pid())")
END_OTHERS = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE pid <> pg_backend_pid() AND datname = current_database()"
)
DIES_AT_COMMIT = """
CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER die AFTER INSERT ON things DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW WHEN (NEW.n < 0) EXECUTE FUNCTION die();
"""


@pytest.fixture(scope="module")
def url(postgres: PostgresServer) -> str:
    """The address of a database with one table, in which a negative number ends the session at its COMMIT."""

    async def make() -> str:
        database = make_database(await postgres.create())
        await database.start()
        await database.write(lambda conn: conn.execute(text("CREATE TABLE things (n BIGINT PRIMARY KEY)")))
        await database.write(lambda conn: conn.exec_driver_sql(DIES_AT_COMMIT))
        name = await database.read(ask("SELECT current_database()"))
        await database.close()
        return postgres.url(name)

    return asyncio.run(make())


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    found = make_database(url)
    await found.start()
    await found.write(lambda conn: conn.execute(text("DELETE FROM things")))
    yield found
    await found.close()


def ask(what: str) -> Callable[[Connection], str]:
    return lambda conn: str(conn.execute(text(what)).scalar())


def put(number: int) -> Callable[[Connection], None]:
    def write(conn: Connection) -> None:
        conn.execute(text("INSERT INTO things VALUES (:n)"), {"n": number})

    return write


async def test_units_run_in_threads_of_their_own(database: Database) -> None:
    wrote = await database.write(lambda conn: threading.current_thread().name)
    read = await database.read(lambda conn: threading.current_thread().name)
    assert (wrote.split("_")[0], read.split("_")[0]) == ("postgres-writer", "postgres-reader")


@pytest.mark.parametrize("instance", ["postgres"], indirect=True)
async def test_while_a_vote_of_twenty_thousand_opens_the_loop_goes_on(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    await instance.units.write(_add_members, 20_000)
    gaps = [0.0]

    async def tick() -> None:
        last = time.perf_counter()
        while True:
            await asyncio.sleep(0.005)
            gaps.append(time.perf_counter() - last)
            last = time.perf_counter()

    ticking = asyncio.create_task(tick())
    began = time.perf_counter()
    thread, motion = await instance.units.write(_open, by=ada.id)
    await run_timers(instance)
    lasted = time.perf_counter() - began
    ticking.cancel()
    assert await instance.units.read(lambda uow: uow.motions.get(motion.id).eligible) == 20_001
    assert thread is not threading.current_thread()
    assert max(gaps) < lasted / 3, "the loop stood still while the roll was made"


def _add_members(uow: UnitOfWork, number: int) -> None:
    like = dict(uow.conn.execute(t.members.select()).mappings().one())
    rows = [
        {**like, "id": n, "number": n, "name": f"m{n}", "email": f"m{n}@coop.example", "is_admin": False}
        for n in range(10, number + 10)
    ]
    uow.conn.execute(t.members.insert(), rows)


def _open(uow: UnitOfWork, *, by: MemberId) -> tuple[threading.Thread, Motion]:
    draft = Draft(title="Bake on Sundays", body="", method="resolution", closes_at=NOW.replace(day=9), settings={})
    return threading.current_thread(), open_motion(uow, by=by, draft=draft)


# connections that die


async def test_a_connection_found_dead_is_replaced_for_who_reads_and_who_writes(database: Database) -> None:
    await asyncio.gather(*(database.read(ask("SELECT 1")) for _ in range(8)))
    for number in (1, 2):
        await database.write(lambda conn: conn.execute(END_OTHERS))
        await asyncio.gather(*(database.write(put(10 * number + n)) for n in range(5)))
        assert await database.read(ask("SELECT count(*) FROM things")) == str(5 * number)


async def test_what_was_lost_before_its_commit_is_run_again(database: Database) -> None:
    attempts: list[int] = []

    def unlucky(conn: Connection) -> None:
        attempts.append(1)
        put(1)(conn)
        if len(attempts) < 3:
            conn.execute(END_MYSELF)

    await database.write(unlucky)
    assert (len(attempts), await database.read(ask("SELECT count(*) FROM things"))) == (3, "1")


async def test_a_commit_without_an_answer_is_told_and_never_repeated(database: Database) -> None:
    attempts: list[int] = []

    def unlucky(conn: Connection) -> None:
        attempts.append(1)
        put(-1)(conn)

    with pytest.raises(DatabaseAway):
        await database.write(unlucky)
    assert len(attempts) == 1
    await database.write(put(1))


async def test_units_that_take_the_next_number_side_by_side_take_different_ones(database: Database) -> None:
    met = threading.Barrier(3, timeout=10)

    def next_number(conn: Connection) -> int:
        number = int(ask("SELECT coalesce(max(n), 0) + 1 FROM things")(conn))
        if not met.broken and number == 1:
            met.wait()
        put(number)(conn)
        return number

    assert sorted(await asyncio.gather(*(database.write(next_number) for _ in range(3)))) == [1, 2, 3]


async def test_a_fault_of_the_unit_itself_is_its_own(database: Database) -> None:
    await database.write(put(1))
    with pytest.raises(DBAPIError) as twice:
        await database.write(put(1))
    assert not twice.value.connection_invalidated
    assert await database.read(ask("SELECT count(*) FROM things")) == "1"


async def test_all_statements_of_a_whole_reading_see_one_instant(database: Database) -> None:
    loop, count, numbers = asyncio.get_running_loop(), ask("SELECT count(*) FROM things"), iter((1, 2))

    def twice(conn: Connection) -> tuple[str, str]:
        before = count(conn)
        asyncio.run_coroutine_threadsafe(database.write(put(next(numbers))), loop).result()
        return before, count(conn)

    assert await database.read_whole(twice) == ("0", "0")
    assert await database.read(twice) == ("1", "2")


# addresses


def _with(url: str, query: str) -> str:
    return f"{url}?{query}"


async def told(url: str, what: str, *, pooler: bool = False) -> tuple[str, str]:
    """What a writer and a reader of this address answer."""
    database = make_database(url, pooler=pooler)
    await database.start()
    try:
        return await database.write(ask(what)), await database.read(ask(what))
    finally:
        await database.close()


@pytest.mark.parametrize(
    ("query", "what", "answer"),
    [
        ("application_name=alder", "SHOW application_name", "alder"),
        ("", "SHOW application_name", "fedcoop"),
        ("options=-c%20work_mem%3D1234kB", "SHOW work_mem", "1234kB"),
        ("sslmode=prefer&target_session_attrs=read-write", "SELECT 1", "1"),
    ],
)
async def test_options_of_libpq_hold(url: str, query: str, what: str, answer: str) -> None:
    assert await told(_with(url, query), what) == (answer, answer)


async def test_a_socket_and_several_hosts_are_addresses(url: str, postgres: PostgresServer) -> None:
    database = url.rpartition("/")[2]
    there = f"postgresql://{postgres.user}@"
    for address in (
        f"{there}/{database}?host={postgres.folder}&port={postgres.port}",
        f"{there}127.0.0.1:{free_port()},127.0.0.1:{postgres.port}/{database}",
    ):
        assert await told(address, "SELECT current_database()") == (database, database)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("postgresql://ada:secret@127.0.0.1/x?statement_cache_size=0", "statement_cache_size.*pooler = true"),
        ("postgresql://ada:secret@127.0.0.1/x?ssl_mode=require", "ssl_mode"),
        ("postgresql://ada:secret@[::1/x", "no address"),
    ],
)
def test_an_option_that_libpq_does_not_know_is_refused_by_name(address: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as refused:
        make_database(address)
    assert refused.value.code == "database-url"
    assert "secret" not in str(refused.value)


async def test_an_address_may_demand_tls(tmp_path: Path) -> None:
    """The server shows a certificate for its address, and nobody speaks to it in the clear."""
    key, certificate = write_certificate(tmp_path)
    server = PostgresServer()
    files = {"ssl_key_file": server.keep(key), "ssl_cert_file": server.keep(certificate)}
    server.start(ssl="on", **files)
    try:
        said = await told(
            _with(server.url("postgres"), f"sslmode=verify-full&sslrootcert={certificate}"),
            "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
        )
        assert said == ("True", "True")
    finally:
        server.stop()


def write_certificate(folder: Path) -> tuple[Path, Path]:
    """A key and a certificate for 127.0.0.1 that is its own authority."""
    secret, now = ec.generate_private_key(ec.SECP256R1()), datetime(2026, 1, 1, tzinfo=UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    made = (
        x509.CertificateBuilder(
            name, name, secret.public_key(), x509.random_serial_number(), now, now.replace(year=2126)
        )
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(secret, hashes.SHA256())
    )
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    key.write_bytes(secret.private_bytes(*form))
    certificate.write_bytes(made.public_bytes(Encoding.PEM))
    return key, certificate


async def test_what_the_server_refuses_is_said_at_the_start(url: str) -> None:
    for address, words in (
        (_with(url, "sslmode=require"), "SSL"),
        (f"postgresql://ada:secret@127.0.0.1:{free_port()}/x", "refused"),
    ):
        with pytest.raises(DatabaseAway, match=words) as away:
            await make_database(address).start()
        assert "secret" not in str(away.value)


async def test_behind_a_pooler_no_session_keeps_anything(url: str) -> None:
    count = "SELECT count(*) FROM pg_prepared_statements"

    def often(conn: Connection) -> str:
        for number in range(20):
            put(number + 100)(conn)
        return ask(count)(conn)

    for pooler in (True, False):
        database = make_database(url, pooler=pooler)
        await database.start()
        await database.write(lambda conn: conn.execute(text("DELETE FROM things")))
        assert (await database.write(often) == "0") is pooler
        with pytest.raises(DBAPIError, match="read-only"):
            await database.read(put(1))
        assert await database.read_whole(ask("SHOW transaction_isolation")) == "repeatable read"
        assert (await database.read(ask("SHOW default_transaction_read_only")) == "off") is pooler
        await database.close()
