"""How `fedcoop motion show` tells of a count: who is chosen, and a line for each round."""

from collections.abc import Mapping, Sequence
from typing import Any

from fedcoop.cli.count_output import labels_of, round_plain
from fedcoop.governance.motions import Option
from fedcoop.governance.tallies import Count

MOST_LINES = 40


def counted(count: Count, options: Sequence[Option]) -> dict[str, Any]:
    """Return the count as `--json` shows it: names of the chosen, and the rounds."""
    names = labels_of(options)
    return {
        "elected": [names.get(key, key) for key in count.elected],
        "rounds": [round_plain(item, names) for item in count.rounds],
    }


def lines(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return rows of a table: the chosen, then each round in one line."""
    rows = [("chosen", ", ".join(found["elected"]) or "nobody")]
    rounds = [(f"round {n}", _line(item)) for n, item in enumerate(found["rounds"], 1)]
    more = len(rounds) - MOST_LINES
    return [*rows, *rounds[:MOST_LINES], *([("", f"{more} more rounds in the recount file")] if more > 0 else [])]


def _line(item: Mapping[str, Any]) -> str:
    of = f" of {', '.join(item['of'])}" if item["of"] else ""
    totals = ", ".join(f"{name} {number}" for name, number in item["totals"].items())
    ends = [f"{word} {', '.join(item[word])}" for word in ("elected", "excluded") if item.get(word)]
    return "; ".join([f"{item['kind']}{of}: {totals}", *ends])
