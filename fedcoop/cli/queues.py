"""`fedcoop queue`: what waits, what failed, and a second chance."""

from typing import Any

import click

from fedcoop.cli.instance import with_units
from fedcoop.cli.output import emit, json_option, table
from fedcoop.kernel.errors import NotFound
from fedcoop.storage.unit_of_work import UnitOfWork


@click.command()
@click.option("--retry", "row_id", type=int, metavar="ID", help="Let this row run at once.")
@json_option
@click.pass_context
def queue(ctx: click.Context, row_id: int | None, as_json: bool) -> None:
    """Show inbox, deliveries and timers: waiting, due, failed, oldest age."""
    if row_id is not None:
        with_units(ctx, lambda units: units.write(_retry, row_id=row_id))
        emit({"retried": str(row_id)}, f"{row_id} runs again now", as_json=as_json)
        return
    found = with_units(ctx, lambda units: units.read(_summary))
    emit(found, _text(found), as_json=as_json)


def _retry(uow: UnitOfWork, *, row_id: int) -> None:
    if not uow.queues.retry(row_id, uow.now):
        raise NotFound("queue-row-unknown", f"Nothing waits or failed under {row_id}.")
    uow.audit("queue-retried", who="operator", subject=f"queue:{row_id}")


def _summary(uow: UnitOfWork) -> dict[str, Any]:
    failures = [{**row, "id": str(row["id"])} for row in uow.queues.failed()]
    return {**uow.queues.summary(uow.now), "failures": failures}


def _text(found: dict[str, Any]) -> str:
    head = ("queue", "waiting", "due", "failed", "oldest")
    rows = [
        (name, q["waiting"], q["due"], q["failed"], "-" if q["oldest_s"] is None else f"{q['oldest_s']} s")
        for name, q in found.items()
        if name != "failures"
    ]
    text = table(rows, head)
    failures = [(row["id"], row["queue"], row["where"], row["error"]) for row in found["failures"]]
    return f"{text}\n\n{table(failures, ('id', 'failed in', 'where', 'error'))}" if failures else text
