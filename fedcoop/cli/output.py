"""How commands speak: text for people, one JSON document for programs, one line on stderr when something is refused.

Exit status: 0 done, 1 refused or failed, 2 wrong usage or configuration (interface.md 2).
"""

import json
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any, TypeVar

import click

from fedcoop.kernel.clock import rfc3339
from fedcoop.kernel.errors import ConfigError, DatabaseAway, FedcoopError

F = TypeVar("F", bound=Callable[..., Any])

DONE, REFUSED, WRONG_USE = 0, 1, 2


def json_option(command: F) -> F:
    """Give the command `--json`, passed to it as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")(command)


def emit(data: Any, text: str, *, as_json: bool) -> None:
    """Print `data` as one JSON document, or `text` for people."""
    click.echo(json.dumps(data, ensure_ascii=False, default=_plain) if as_json else text)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no JSON form here")


def table(rows: Sequence[Sequence[object]], head: Sequence[str] = ()) -> str:
    """Return the rows as text in columns, or "none" where there are none."""
    if not rows:
        return "none"
    lines = [[str(cell) for cell in row] for row in ([head, *rows] if head else rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip() for line in lines)


def note(text: str) -> None:
    """Show progress on a terminal, and nothing elsewhere."""
    if sys.stderr.isatty():
        click.echo(text, err=True)


def complain(error: FedcoopError | DatabaseAway) -> int:
    """Print code and sentence on one line of stderr; return the exit status."""
    click.echo(" ".join(str(error).split()), err=True)
    return WRONG_USE if isinstance(error, ConfigError) else REFUSED
