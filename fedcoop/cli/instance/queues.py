"""`fedcoop queue`: what waits, what failed, and a second chance."""

from typing import Any

import click

from fedcoop.cli.opened import with_units
from fedcoop.cli.output import emit, json_option, table
from fedcoop.kernel.clock import rfc3339
from fedcoop.kernel.errors import NotFound
from fedcoop.queries.instance.outages import last_outage
from fedcoop.storage.unit_of_work import UnitOfWork


@click.command()
@click.option("--retry", "row_id", type=int, metavar="ID", help="Let this row run at once.")
@json_option
@click.pass_context
def queue(ctx: click.Context, row_id: int | None, as_json: bool) -> None:
    """Show inbox, deliveries and timers: waiting, due, failed, oldest age; and when we were away last."""
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
    return {**uow.queues.summary(uow.now), **_away(uow), "failures": failures}


def _away(uow: UnitOfWork) -> dict[str, Any]:
    """Return the last outage and how far the work after it has come; nothing where there was none."""
    last = last_outage(uow)
    if last is None:
        return {}
    times = {"from": rfc3339(last.outage.began_at), "to": rfc3339(last.outage.ended_at)}
    return {"away": {**times, "told": last.told, "to_look_at": last.to_look_at}}


def _text(found: dict[str, Any]) -> str:
    head = ("queue", "waiting", "due", "failed", "oldest")
    rows = [
        (name, q["waiting"], q["due"], q["failed"], "-" if q["oldest_s"] is None else f"{q['oldest_s']} s")
        for name, q in found.items()
        if name not in ("failures", "away")
    ]
    text = table(rows, head)
    if away := found.get("away"):
        done = f"members told {away['told']}, outboxes to look at {away['to_look_at']}"
        text += f"\n\naway from {away['from']} to {away['to']}; {done}"
    failures = [(row["id"], row["queue"], row["where"], row["error"]) for row in found["failures"]]
    return f"{text}\n\n{table(failures, ('id', 'failed in', 'where', 'error'))}" if failures else text
