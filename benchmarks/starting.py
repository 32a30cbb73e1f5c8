"""How long a command takes that has nearly nothing to do: what is imported for it, mostly."""

import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks.stage import FEDCOOP

TIMES = 5
BALLOTS = '3 1\n2 1 2 3 0\n1 3 0\n0\n"Oven"\n"Van"\n"Roof"\n"What first"\n'


def starting() -> dict[str, float]:
    """Return seconds for `fedcoop --version`, and for `fedcoop count` of three ballots: medians of five, the first left out."""
    with tempfile.TemporaryDirectory(prefix="fedcoop-bench-") as folder:
        file = Path(folder) / "election.blt"
        file.write_text(BALLOTS)
        return {"version-start": _seconds("--version"), "count-start": _seconds("count", str(file))}


def _seconds(*arguments: str) -> float:
    taken = []
    for _ in range(TIMES + 1):
        started = time.perf_counter()
        subprocess.run([*FEDCOOP, *arguments], check=True, capture_output=True)
        taken.append(time.perf_counter() - started)
    return statistics.median(taken[1:])
