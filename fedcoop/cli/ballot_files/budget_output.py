"""How `fedcoop count` shows a budget: projects by their ids, what was funded, and what was spent (interface.md 2)."""

from fractions import Fraction
from typing import Any

from fedcoop.cli.ballot_files.count_output import decimal, round_plain, tie_plain, tie_told
from fedcoop.cli.output import table
from fedcoop.governance.ballot_files.file_counts import FileCount
from fedcoop.governance.counting.projects import budget, currency


def plain(found: FileCount) -> dict[str, Any]:
    """Return what was funded as JSON values; amounts are in units of the currency."""
    ids, count = {option.key: option.key for option in found.file.options}, found.count
    return {
        "title": found.file.title,
        "method": found.method,
        "settings": {**found.settings.extra, "budget": _amount(found, budget(found.settings))},
        "selected": list(count.elected),
        "spent": _amount(found, int(count.facts["spent_minor"])),
        "scores": dict(found.tally.counts),
        "votes": dict(count.facts["supporters"]),
        "rounds": [round_plain(item, ids) for item in count.rounds],
        "ties": [tie_plain(tie, ids) for tie in count.ties],
        "seed": found.seed,
    }


def _amount(found: FileCount, minor: int) -> int | str:
    """Return a whole number of units where it is one, else a decimal in words that lose nothing."""
    exact = Fraction(minor, currency(found.settings).unit)
    return int(exact) if exact.denominator == 1 else decimal(exact)


def told(found: FileCount) -> str:
    """Return what was funded for people: projects by score, the funded ones marked."""
    count, scores = found.count, found.tally.counts
    place = {key: f"{n}." for n, key in enumerate(count.elected, start=1)}
    rows = [
        (place.get(option.key, ""), option.key, scores[option.key], _amount(found, option.cost), option.name)
        for option in sorted(found.file.options, key=lambda option: -scores[option.key])
    ]
    code = currency(found.settings).code
    facts = [
        ("title", found.file.title or "none"),
        ("method", found.method),
        ("budget", f"{_amount(found, budget(found.settings))} {code}"),
        ("spent", f"{_amount(found, int(count.facts['spent_minor']))} {code}"),
        ("ballots", found.tally.voted),
    ]
    ids = {option.key: option.key for option in found.file.options}
    ties = [tie_told(tie, ids) for tie in count.ties]
    return "\n\n".join([table(facts), table(rows, ("funded", "project", "score", "cost", "name")), *ties])
