"""`make bench`: run every benchmark some times and print one table; figures go to `benchmarks/latest.json`.

Usage: python -m benchmarks [--runs N] [NAME…]; names are those of the first column.
"""

import argparse
import json
import os
import platform
import sqlite3
import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks import closing, counting, inbox, outgoing, pages, storage

LATEST = Path(__file__).parent / "latest.json"


@dataclass(frozen=True)
class Figure:
    """One line of the table: `aim` is a lower bound, or an upper one where `most` is set."""

    name: str
    unit: str
    aim: float | None
    most: bool
    method: str


@dataclass(frozen=True)
class Benchmark:
    """One run gives some figures, by name."""

    run: Callable[[], dict[str, float]]
    figures: tuple[Figure, ...]


def _fanout_one() -> dict[str, float]:
    return {"fan-out-one-origin": outgoing.plain(inboxes=1000, origins=1)[0]}


def _fanout_many() -> dict[str, float]:
    return {"fan-out-many-origins": outgoing.plain(inboxes=1000, origins=250)[0]}


def _followers() -> dict[str, float]:
    return {"10000-followers": outgoing.plain(inboxes=500, origins=500, followers_each=20)[1]}


BENCHMARKS = (
    Benchmark(
        inbox.likes,
        (
            Figure(
                "inbox-accepted",
                "1/s",
                1500,
                False,
                "6,000 signed Likes of 1,000 actors of 20 origins, 32 connections",
            ),
            Figure(
                "inbox-processed", "1/s", 1000, False, "the same, until the inbox is empty and every Like is counted"
            ),
            Figure("inbox-memory", "MiB", None, True, "resident, after that run"),
        ),
    ),
    Benchmark(
        inbox.votes,
        (
            Figure(
                "votes-counted",
                "1/s",
                800,
                False,
                "3,000 poll votes of 1,000 linked accounts, until all are in the log",
            ),
        ),
    ),
    Benchmark(
        pages.reading,
        (
            Figure("actor-get", "1/s", 8000, False, "20,000 GETs of the co-op's actor, one process"),
            Figure("front-page", "1/s", None, False, "1,500 GETs of the front page"),
            Figure("start", "s", 1.5, True, "from exec to `fedcoop ready`"),
            Figure("memory-idle", "MiB", 110, True, "resident, after ten GETs"),
            Figure("memory-after", "MiB", None, True, "resident, after all GETs"),
        ),
    ),
    Benchmark(
        pages.web_ballots, (Figure("web-ballots", "1/s", None, False, "1,500 votes by the web form, 500 members"),)
    ),
    Benchmark(
        _fanout_one, (Figure("fan-out-one-origin", "1/s", 1500, False, "one post to 1,000 inboxes of one origin"),)
    ),
    Benchmark(
        _fanout_many, (Figure("fan-out-many-origins", "1/s", 1500, False, "one post to 1,000 inboxes of 250 origins"),)
    ),
    Benchmark(
        _followers, (Figure("10000-followers", "s", 2, True, "one post to 10,000 followers behind 500 shared inboxes"),)
    ),
    Benchmark(
        outgoing.unseen_tls,
        (Figure("unseen-tls", "1/s", 400, False, "one post to 600 hosts never seen before, over TLS"),),
    ),
    Benchmark(
        closing.closing,
        (
            Figure(
                "close-slowest",
                "ms",
                50,
                True,
                "slowest request while a motion of 100,000 ballots closes and is counted",
            ),
            Figure("close-p99", "ms", None, True, "99th percentile of these requests: GET, poll object, a vote"),
            Figure("close-before", "ms", None, True, "slowest of the same requests in the five seconds before"),
            Figure("close-outcome", "s", None, True, "from the close until the outcome is public"),
        ),
    ),
    Benchmark(
        storage.units,
        (
            Figure("units-single", "1/s", None, False, "units of two inserts, 64 callers, SQLite, synchronous=FULL"),
            Figure("units-batched", "1/s", None, False, "the same, 200 units a hop"),
        ),
    ),
    Benchmark(
        counting.ranked,
        (
            Figure("count-runoff", "ms", 20, True, "instant runoff: 10,000 different rankings of 10 options"),
            Figure("count-stv", "ms", 20, True, "the same ballots, 3 seats, Scottish rules"),
            Figure("count-meek", "ms", None, True, "the same by Meek's rule"),
            Figure("count-schulze", "ms", 150, True, "the same by Schulze's method"),
            Figure("count-ranked-pairs", "ms", 150, True, "the same by ranked pairs"),
            Figure("count-stv-large", "ms", None, True, "100,000 rankings, 3 seats, Scottish rules"),
        ),
    ),
    Benchmark(
        counting.equal_shares,
        (Figure("count-equal-shares", "ms", None, True, "6,500 voters, 60 projects, completed by raising the start"),),
    ),
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("names", nargs="*")
    asked = parser.parse_args()
    rows = []
    for benchmark in BENCHMARKS:
        wanted = [figure for figure in benchmark.figures if not asked.names or figure.name in asked.names]
        if wanted:
            rows += _measure(benchmark, wanted, asked.runs)
    machine = f"{os.cpu_count()} cores shared with the load generator, {platform.machine()}, Python {platform.python_version()}"
    print(f"\n{machine}, SQLite {sqlite3.sqlite_version}, synchronous=FULL")
    print(f"[limits] at 0, plain http, keep-alive; median of {asked.runs}\n")
    _print(rows)
    LATEST.write_text(json.dumps({"machine": machine, "runs": asked.runs, "figures": rows}, indent=1) + "\n")


def _measure(benchmark: Benchmark, figures: list[Figure], runs: int) -> list[dict[str, object]]:
    results = []
    for number in range(runs):
        print(f"{', '.join(figure.name for figure in figures)}: run {number + 1} of {runs}", file=sys.stderr)
        results.append(benchmark.run())
    rows = []
    for figure in figures:
        values = [result[figure.name] for result in results]
        median = statistics.median(values)
        met = figure.aim is None or (median <= figure.aim if figure.most else median >= figure.aim)
        spread = f"{min(values):,.1f} … {max(values):,.1f}"
        aim = "" if figure.aim is None else f"{'≤' if figure.most else '≥'} {figure.aim:,}"
        rows.append(
            {
                "figure": figure.name,
                "unit": figure.unit,
                "median": round(median, 2),
                "spread": spread,
                "aim": aim,
                "met": met,
                "method": figure.method,
            }
        )
    return rows


def _print(rows: list[dict[str, object]]) -> None:
    print(f"{'figure':<22}{'unit':<6}{'median':>10}  {'spread':<24}{'aim':<10}{'':<4}method")
    for row in rows:
        mark = "" if not row["aim"] else ("ok" if row["met"] else "NO")
        figures = f"{row['figure']:<22}{row['unit']:<6}{row['median']:>10,}  {row['spread']:<24}"
        print(f"{figures}{row['aim']:<10}{mark:<4}{row['method']}")


if __name__ == "__main__":
    main()
