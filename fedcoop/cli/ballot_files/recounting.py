"""`fedcoop recount FILE`: rebuilds a result from its export alone; needs no instance (governance.md 5.3)."""

from pathlib import Path
from typing import Any

import click

from fedcoop.cli.output import emit, json_option, table
from fedcoop.federation.publish.recounts import verify
from fedcoop.governance.proof.recount import Recounted
from fedcoop.governance.proof.recount import recount as rebuild


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
def recount(file: Path, as_json: bool) -> None:
    """Rebuild the result of an exported motion from FILE; fail with the first difference."""
    found = rebuild(file.read_bytes(), verify)
    emit(plain(found), told(found), as_json=as_json)


def plain(found: Recounted) -> dict[str, Any]:
    """Return what was found as JSON values."""
    return {
        "url": found.poll,
        "title": found.title,
        "outcome": found.outcome.code.value,
        "winners": list(found.outcome.winners),
        "counts": dict(found.tally.counts),
        "ballots": found.tally.voted,
        "represented": found.tally.represented,
        "eligible": found.tally.eligible,
        "log_head": found.log_head,
        "log_entries": found.log_entries,
        "root": found.root,
    }


def told(found: Recounted) -> str:
    """Return what was found for people, and what a file alone cannot tell."""
    counts = ", ".join(f"{key} {number}" for key, number in found.tally.counts.items())
    rows = [
        ("everything agrees", ""),
        ("title", found.title),
        ("address", found.poll),
        ("outcome", found.outcome.code.value),
        *([("winners", ", ".join(found.outcome.winners))] if found.outcome.winners else []),
        ("counts", counts),
        ("ballots", f"{found.tally.voted} of {found.tally.eligible}"),
        ("log head", found.log_head),
    ]
    return (
        table(rows) + "\nCompare the log head with the one that the co-op and its followers show: they must be equal."
    )
