"""How many files may be open, and how many connections that leaves room for."""

import subprocess
import sys

import msgspec
import pytest

from fedcoop.config import Config, InstanceConfig, ServerConfig
from fedcoop.listening.files import needed, room

CONFIG = Config(instance=InstanceConfig(origin="https://alder.example", name="Alder", actor="alder"))
RAISE = """
import logging, resource, sys
from fedcoop.config import Config, InstanceConfig
from fedcoop.listening import files
logging.basicConfig(level="INFO", stream=sys.stdout, format="%(levelname)s %(message)s")
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[1]), int(sys.argv[2])))
files.raise_limit(Config(instance=InstanceConfig(origin="https://alder.example", name="Alder", actor="alder")))
print(*files.limits())
"""


@pytest.mark.parametrize(
    ("limit", "connections"),
    [(None, 4096), (100_000, 4096), (needed(CONFIG), 4096), (needed(CONFIG) - 1, 4095), (2000, 1000), (1024, 512)],
)
def test_connections_leave_room_for_everything_else_and_get_half_at_least(limit: int | None, connections: int) -> None:
    assert room(CONFIG, limit) == connections


def test_no_more_are_let_in_than_the_settings_say() -> None:
    assert room(msgspec.structs.replace(CONFIG, server=ServerConfig(connections=10)), 1_000_000) == 10


@pytest.mark.parametrize(
    ("soft", "hard", "said"),
    [
        (
            256,
            700,
            "INFO limit of open files raised\nWARNING the system allows fewer open files than the settings need\n700",
        ),
        (700, 700, "WARNING the system allows fewer open files than the settings need\n700"),
    ],
)
def test_the_limit_is_raised_as_far_as_the_system_allows_and_a_shortage_is_logged(
    soft: int, hard: int, said: str
) -> None:
    command = [sys.executable, "-c", RAISE, str(soft), str(hard)]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert out.startswith(said)
    assert out.endswith("700 700\n")
