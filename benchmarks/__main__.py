"""`make bench`: run every benchmark some times and print one table; figures go to `benchmarks/latest.json`.

Usage: python -m benchmarks [--runs N] [--only NAME]…; names are those of the first column. Figures that were not asked
for stay in the file as they were.
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

from benchmarks import closing, counting, inbox, outgoing, pages, starting, storage

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
    """One run gives some figures, by name; what takes long is run `most_runs` times at most."""

    run: Callable[[], dict[str, float]]
    figures: tuple[Figure, ...]
    most_runs: int = 9


def at_least(name: str, unit: str, aim: float | None, method: str) -> Figure:
    return Figure(name, unit, aim, most=False, method=method)


def at_most(name: str, unit: str, aim: float | None, method: str) -> Figure:
    return Figure(name, unit, aim, most=True, method=method)


BENCHMARKS = (
    Benchmark(
        inbox.mentions,
        (
            at_least(
                "mentions-accepted",
                "1/s",
                2000,
                "6,000 signed mentions of 2,000 actors of 50 origins, 32 connections, over TLS",
            ),
            at_least("mentions-processed", "1/s", 1700, "the same, until the inbox is empty and every post is kept"),
            at_most("mentions-cpu", "µs", None, "CPU of the server for each, accepted and processed"),
        ),
    ),
    Benchmark(
        inbox.likes,
        (
            at_least("inbox-accepted", "1/s", 1500, "6,000 signed Likes of 1,000 actors of 20 origins, 32 connections"),
            at_least("inbox-processed", "1/s", 1000, "the same, until the inbox is empty and every Like is counted"),
            at_most("inbox-memory", "MiB", None, "resident, after that run"),
        ),
    ),
    Benchmark(
        inbox.votes,
        (
            at_least(
                "votes-counted", "1/s", 1500, "3,000 poll votes of 1,000 linked accounts, until all are in the log"
            ),
        ),
    ),
    Benchmark(
        pages.reading,
        (
            at_least("actor-get", "1/s", 8000, "20,000 GETs of the co-op's actor, one process"),
            at_least("front-page", "1/s", None, "1,500 GETs of the front page"),
            at_most("start", "s", 1.5, "from exec to `fedcoop ready`"),
            at_most("memory-idle", "MiB", 105, "resident, after ten GETs"),
            at_most("memory-after", "MiB", None, "resident, after all GETs"),
        ),
    ),
    Benchmark(
        pages.verified,
        (
            at_least("verified-get", "1/s", 9000, "4,000 GETs of the co-op's actor, each signed by draft-cavage anew"),
            at_most("verified-get-cpu", "µs", None, "CPU of the server for each"),
            at_least("verified-get-rfc9421", "1/s", 9000, "the same, signed by RFC 9421"),
            at_most("verified-get-rfc9421-cpu", "µs", None, "CPU of the server for each"),
            at_least("verified-get-known", "1/s", 9000, "20,000 more with signatures that were verified before"),
            at_most("verified-get-known-cpu", "µs", None, "CPU of the server for each"),
        ),
    ),
    Benchmark(pages.web_ballots, (at_least("web-ballots", "1/s", None, "1,500 votes by the web form, 500 members"),)),
    Benchmark(
        outgoing.one_origin, (at_least("fan-out-one-origin", "1/s", 1500, "one post to 1,000 inboxes of one origin"),)
    ),
    Benchmark(
        outgoing.many_origins,
        (at_least("fan-out-many-origins", "1/s", 1500, "one post to 1,000 inboxes of 250 origins, over http"),),
    ),
    Benchmark(
        outgoing.cold,
        (
            at_least(
                "fan-out-cold", "1/s", 1500, "one post to 4 inboxes each of 250 hosts never seen before, over TLS"
            ),
            at_most("fan-out-cold-connections", "", 250, "connections that were opened for it"),
            at_most("fan-out-cold-first", "ms", 50, "from the answer to who posts until the first delivery is there"),
        ),
    ),
    Benchmark(
        outgoing.followers,
        (at_most("10000-followers", "s", 2, "one post to 10,000 followers behind 500 shared inboxes"),),
    ),
    Benchmark(
        outgoing.unseen_tls, (at_least("unseen-tls", "1/s", 400, "one post to 600 hosts never seen before, over TLS"),)
    ),
    Benchmark(
        closing.closing,
        (
            at_most(
                "close-slowest", "ms", 50, "slowest request while a motion of 100,000 ballots closes and is counted"
            ),
            at_most("close-p99", "ms", None, "99th percentile of these requests: GET, poll object, a vote"),
            at_most("close-before", "ms", None, "slowest of the same requests in the five seconds before"),
            at_most("close-outcome", "s", 6, "from the close until the outcome is public"),
        ),
        most_runs=1,
    ),
    Benchmark(
        storage.units,
        (
            at_least("units-single", "1/s", None, "units of two inserts, 64 callers, SQLite, synchronous=FULL"),
            at_least("units-batched", "1/s", None, "the same, 200 units a hop"),
        ),
    ),
    Benchmark(
        starting.starting,
        (
            at_most("version-start", "s", 0.15, "`fedcoop --version`, from exec to its end"),
            at_most("count-start", "s", 0.15, "`fedcoop count` of a file with three ballots"),
        ),
    ),
    Benchmark(
        counting.ranked,
        (
            at_most("count-runoff", "ms", 20, "instant runoff: 10,000 different rankings of 10 options"),
            at_most("count-stv", "ms", 20, "the same ballots, 3 seats, Scottish rules"),
            at_most("count-meek", "ms", None, "the same by Meek's rule"),
            at_most("count-schulze", "ms", 150, "the same by Schulze's method"),
            at_most("count-ranked-pairs", "ms", 150, "the same by ranked pairs"),
            at_most("count-stv-large", "ms", None, "100,000 rankings, 3 seats, Scottish rules"),
        ),
    ),
    Benchmark(
        counting.large,
        (
            at_most(
                "count-stv-1000", "ms", 3000, "2,000 ballots that rank 20 each of 1,000 candidates, Scottish rules"
            ),
            at_most("count-meek-1000", "ms", 3000, "the same by Meek's rule"),
            at_most(
                "count-schulze-400", "ms", 2000, "2,000 ballots that rank 20 each of 400 options, Schulze's method"
            ),
        ),
    ),
    Benchmark(
        counting.equal_shares,
        (at_most("count-equal-shares", "ms", None, "6,500 voters, 60 projects, completed by raising the start"),),
    ),
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    asked = parser.parse_args()
    known = {figure.name for benchmark in BENCHMARKS for figure in benchmark.figures}
    if unknown := set(asked.only) - known:
        parser.error(f"no such figure: {', '.join(sorted(unknown))}")
    rows = []
    for benchmark in BENCHMARKS:
        wanted = [figure for figure in benchmark.figures if not asked.only or figure.name in asked.only]
        if wanted:
            rows += _measure(benchmark, wanted, min(asked.runs, benchmark.most_runs))
    machine = f"{os.cpu_count()} cores shared with the load generator, {platform.machine()}, Python {platform.python_version()}"
    print(f"\n{machine}, SQLite {sqlite3.sqlite_version}, synchronous=FULL")
    print(f"[limits] at 0, keep-alive; median of {asked.runs}\n")
    _print(rows)
    _keep(machine, rows)


def _keep(machine: str, rows: list[dict[str, object]]) -> None:
    """Write the figures; each says how many runs it is the median of."""
    earlier = json.loads(LATEST.read_text())["figures"] if LATEST.exists() else []
    by_name = {row["figure"]: row for row in [*earlier, *rows]}
    order = [figure.name for benchmark in BENCHMARKS for figure in benchmark.figures if figure.name in by_name]
    LATEST.write_text(json.dumps({"machine": machine, "figures": [by_name[name] for name in order]}, indent=1) + "\n")


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
                "runs": runs,
                "method": figure.method,
            }
        )
    return rows


def _print(rows: list[dict[str, object]]) -> None:
    print(f"{'figure':<26}{'unit':<6}{'median':>10}  {'spread':<24}{'aim':<10}{'':<4}method")
    for row in rows:
        mark = "" if not row["aim"] else ("ok" if row["met"] else "NO")
        figures = f"{row['figure']:<26}{row['unit']:<6}{row['median']:>10,}  {row['spread']:<24}"
        print(f"{figures}{row['aim']:<10}{mark:<4}{row['method']}")


if __name__ == "__main__":
    main()
