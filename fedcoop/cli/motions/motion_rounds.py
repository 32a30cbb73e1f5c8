"""How `fedcoop motion show` tells of a count: who is chosen, and a line for each round."""

from collections.abc import Mapping, Sequence
from typing import Any

from fedcoop.cli.ballot_files.count_output import labels_of, round_plain, tie_plain
from fedcoop.governance.motions.motion import Option
from fedcoop.governance.motions.tallies import Count

MOST_LINES = 40


def counted(count: Count, options: Sequence[Option]) -> dict[str, Any]:
    """Return the count as `--json` shows it: names of the chosen, the order, the rounds, and every tie."""
    names = labels_of(options)
    return {
        "elected": [names.get(key, key) for key in count.elected],
        "ranking": [[names.get(key, key) for key in group] for group in count.ranking],
        "rounds": [round_plain(item, names) for item in count.rounds],
        "ties": [tie_plain(tie, names) for tie in count.ties],
    }


def lines(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return rows of a table: the chosen, then each round and each tie in one line."""
    rows = [("chosen", ", ".join(found["elected"]) or "nobody")]
    rounds = [(f"round {n}", _line(item)) for n, item in enumerate(found["rounds"], 1)]
    more = len(rounds) - MOST_LINES
    rest = [("", f"{more} more rounds in the recount file")] if more > 0 else []
    return [*rows, *rounds[:MOST_LINES], *rest, *[("tie", _tie(item)) for item in found["ties"][:MOST_LINES]]]


def _tie(item: Mapping[str, Any]) -> str:
    return f"{item['about']}: {', '.join(item['among'])}; by {item['rung']}: {', '.join(item['order'])}"


def _line(item: Mapping[str, Any]) -> str:
    of = f" of {', '.join(item['of'])}" if item["of"] else ""
    totals = ", ".join(f"{name} {number}" for name, number in item["totals"].items())
    ends = [f"{word} {', '.join(item[word])}" for word in ("elected", "excluded") if item.get(word)]
    return "; ".join([f"{item['kind']}{of}: {totals}", *ends])
