"""`fedcoop recount FILE`: rebuilds a result from its export alone; needs no instance (governance.md 5.3)."""

from pathlib import Path

import click

from fedcoop.cli.output import emit, json_option
from fedcoop.governance.recount import recount as recount_export


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
def recount(file: Path, as_json: bool) -> None:
    """Rebuild the result of an exported motion from FILE; fail with the first difference."""
    result = recount_export(file.read_bytes())
    emit(result, str(result), as_json=as_json)
