"""Real peers, one of each for the whole session, and a fedcoop beside them.

Where the machine cannot run them the tests are skipped, with the reason; under CI=true that is a failure.
"""

import asyncio
import fcntl
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from tests.fediverse.coop import MEMBERS, FedcoopServer
from tests.fediverse.gts_world import World, world
from tests.fediverse.harness import Authority, Unavailable, check_https_port, make_authority, resolve_names
from tests.fediverse.peers import CattlePeer, FedifyPeer, Rabbit, check_installed

LOCK = Path("/tmp/fedcoop-tests-fediverse.lock")


def _lacking(error: Unavailable) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(str(error), pytrace=False)
    pytest.skip(str(error))


@pytest.fixture(scope="session")
def machine() -> Iterator[None]:
    """The names resolve, port 443 of their addresses is ours alone until the session ends."""
    with LOCK.open("a") as lock:
        deadline = time.monotonic() + 900
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                assert time.monotonic() < deadline, "another run of these tests holds the addresses"
                time.sleep(0.2)
        try:
            check_installed()
            resolve_names()
            check_https_port()
        except Unavailable as error:
            _lacking(error)
        yield


@pytest.fixture(scope="session")
def folder(machine: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where everything of the session lies: logs, keys, databases."""
    return tmp_path_factory.mktemp("fediverse")


@pytest.fixture(scope="session")
def authority(folder: Path) -> Authority:
    """The private authority all servers of the session trust."""
    return make_authority(folder)


@pytest.fixture(scope="session")
def fedify_peer(folder: Path, authority: Authority) -> Iterator[FedifyPeer]:
    """A running Fedify server at fedify.test with the actors ana, bea and cyd."""
    peer = FedifyPeer.make(folder, authority)
    peer.start()
    yield peer
    peer.stop()


@pytest.fixture(scope="session")
def rabbit(folder: Path) -> Iterator[Rabbit]:
    """A running message broker."""
    try:
        broker = Rabbit.start(folder / "rabbit")
    except Unavailable as error:
        _lacking(error)
    yield broker
    broker.stop()


@pytest.fixture(scope="session")
def cattle_peer(folder: Path, authority: Authority, rabbit: Rabbit) -> Iterator[CattlePeer]:
    """A running cattle-grid server at grid.test with the actors ben and dot."""
    work = folder / "cattle"
    work.mkdir()
    peer = CattlePeer.make(work, authority, rabbit)
    peer.start()
    yield peer
    peer.stop()


@pytest.fixture(scope="session")
def new_coop(
    authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], FedcoopServer]]:
    """Makes running co-ops of our own, each at a name of its own: peers remember the keys behind a name."""
    made: dict[str, FedcoopServer] = {}

    def make(domain: str) -> FedcoopServer:
        assert domain not in made, f"{domain} is in use"
        coop = made[domain] = FedcoopServer.make(tmp_path_factory.mktemp("coop"), authority, domain=domain)
        coop.start()
        return coop

    yield make
    for coop in made.values():
        coop.stop()


@pytest.fixture(scope="session")
def coop(new_coop: Callable[[str], FedcoopServer]) -> FedcoopServer:
    """The co-op at coop.test with the members alma, bruno, cleo, dario and elif, none of them linked yet."""
    server = new_coop("coop.test")
    asyncio.run(server.add_members(*MEMBERS))
    return server


@pytest.fixture
async def alder(tmp_path: Path) -> AsyncIterator[World]:
    """A co-op and a server that federates as GoToSocial does, both in this process, on one clock; it needs no machine."""
    async with world(tmp_path) as running:
        yield running
