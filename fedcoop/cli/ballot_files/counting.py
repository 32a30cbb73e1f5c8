"""`fedcoop count FILE`: counts a ballot file by one of our methods; needs no instance (interface.md 2)."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

import click

from fedcoop.cli.ballot_files import budget_output, count_output
from fedcoop.cli.output import emit, json_option
from fedcoop.governance.ballot_files.ballot_reading import bytes_of, read_ballot_file
from fedcoop.governance.ballot_files.file_counts import count_file
from fedcoop.governance.motions.registry import METHODS
from fedcoop.kernel.errors import Refused

_HEX = re.compile(r"(?:[0-9a-fA-F]{2})*")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--method", default="", metavar="KEY", help="A method or the name of a rule; else that of the file.")
@click.option("--seats", type=click.IntRange(1, 2000), help="How many are elected.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="A setting of the method, or seed=HEX.")
@json_option
def count(file: Path, method: str, seats: int | None, settings: Sequence[str], as_json: bool) -> None:
    """Count the ballots in FILE: BLT, Pabulib, JSON or a table (CSV); also gzipped."""
    words = _words(settings)
    if seats is not None:
        words["seats"] = str(seats)
    with file.open("rb") as stream:
        data = bytes_of(stream, os.fstat(stream.fileno()).st_size)
    found = count_file(read_ballot_file(data), rule=method, words=words)
    shown = budget_output if METHODS[found.method].form == "projects" else count_output
    emit(shown.plain(found) if as_json else None, "" if as_json else shown.told(found), as_json=as_json)


def _words(settings: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for item in settings:
        name, equals, value = item.partition("=")
        if not equals:
            raise Refused("count-set", f"Write a setting as key=value: {item[:40]} is none.")
        found[name.strip()] = value.strip()
    if not _HEX.fullmatch(found.get("seed", "")):
        raise click.BadParameter(
            "Write the seed of the lots in hex digits, two for each byte.", param_hint="--set seed"
        )
    return found
