"""A running instance and a running peer for every test that asks."""

import pytest

from tests.doors.harness import coop
from tests.doors.peer import Peer


@pytest.fixture
async def bread(tmp_path):
    async with coop(tmp_path) as running:
        yield running


@pytest.fixture
async def peer():
    running = Peer()
    await running.start()
    yield running
    await running.close()
