"""`fedcoop sortition`: announce a draw of people, draw, note answers, invite the next, show (governance.md 12)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click

from fedcoop.actions.proof import sortitions as actions
from fedcoop.cli.opened import with_units
from fedcoop.cli.output import emit, json_option, table
from fedcoop.kernel.clock import parse_rfc3339
from fedcoop.queries.motions.sortitions import SortitionView, sortition_view
from fedcoop.storage.unit_of_work import UnitOfWork


@click.group()
def sortition() -> None:
    """Draw people by lot, so that anybody can repeat it."""


@sortition.command()
@click.option("--title", required=True, help="What people are drawn for.")
@click.option("--places", required=True, type=int)
@click.option("--source", required=True, help="Where the random value will come from.")
@click.option(
    "--value-at", required=True, metavar="INSTANT", help="When that value will exist; RFC 3339, in the future."
)
@click.option("--classes", default="", help="Only members of these classes; with commas.")
@click.option("--by-class", is_flag=True, help="Share the places over the classes.")
@click.option(
    "--minimum", "minima", multiple=True, metavar="CLASS=N", help="At least N places for a class; implies --by-class."
)
@json_option
@click.pass_context
def announce(
    ctx: click.Context,
    *,
    title: str,
    places: int,
    source: str,
    value_at: str,
    classes: str,
    by_class: bool,
    minima: tuple[str, ...],
    as_json: bool,
) -> None:
    """Fix the pool, and say where the random value will come from and when."""
    call = actions.Call(
        title=title,
        places=places,
        source=source,
        value_at=_instant(value_at),
        classes=tuple(name.strip() for name in classes.split(",") if name.strip()),
        by_class=by_class or bool(minima),
        minima=_minima(minima),
    )

    def run(uow: UnitOfWork) -> dict[str, Any]:
        return shown(uow, uuid=actions.announce(uow, by=None, call=call).uuid)

    _print(with_units(ctx, lambda units: units.write(run)), as_json=as_json)


def _instant(text: str) -> datetime:
    try:
        return parse_rfc3339(text)
    except ValueError as error:
        raise click.UsageError(f"--value-at {text}: write an instant such as 2026-05-01T18:00:00Z") from error


def _minima(pairs: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for pair in pairs:
        name, equals, number = pair.partition("=")
        if not equals or not number.strip().isdecimal():
            raise click.UsageError(f"--minimum {pair}: write CLASS=N")
        found[name.strip()] = int(number)
    return found


@sortition.command()
@click.argument("uuid")
@click.option("--value", required=True, help="The random value, exactly as its source published it.")
@json_option
@click.pass_context
def draw(ctx: click.Context, uuid: str, value: str, as_json: bool) -> None:
    """Enter the random value; the first in the order are invited."""

    def run(uow: UnitOfWork) -> dict[str, Any]:
        actions.draw(uow, by=None, uuid=uuid, value=value)
        return shown(uow, uuid=uuid)

    _print(with_units(ctx, lambda units: units.write(run)), as_json=as_json)


@sortition.command()
@click.argument("uuid")
@click.argument("name")
@click.option("--accepts/--refuses", "accepts", required=True, help="What the invited member said.")
@json_option
@click.pass_context
def answer(ctx: click.Context, uuid: str, name: str, accepts: bool, as_json: bool) -> None:
    """Note what an invited member said; after a refusal the next is invited."""

    def run(uow: UnitOfWork) -> dict[str, Any]:
        actions.answer(uow, by=None, uuid=uuid, name=name.strip().lower(), accepts=accepts)
        return shown(uow, uuid=uuid)

    _print(with_units(ctx, lambda units: units.write(run)), as_json=as_json)


@sortition.command("next")
@click.argument("uuid")
@json_option
@click.pass_context
def next_(ctx: click.Context, uuid: str, as_json: bool) -> None:
    """Invite the next for whoever was silent for seven days."""

    def run(uow: UnitOfWork) -> dict[str, Any]:
        actions.invite_next(uow, by=None, uuid=uuid)
        return shown(uow, uuid=uuid)

    _print(with_units(ctx, lambda units: units.write(run)), as_json=as_json)


@sortition.command()
@click.argument("uuid")
@json_option
@click.pass_context
def show(ctx: click.Context, uuid: str, as_json: bool) -> None:
    """Show a draw as it is published."""
    _print(with_units(ctx, lambda units: units.read(shown, uuid=uuid)), as_json=as_json)


@sortition.command("list")
@json_option
@click.pass_context
def list_(ctx: click.Context, as_json: bool) -> None:
    """List the draws, the newest first."""
    data = with_units(ctx, lambda units: units.read(_listed))
    rows = [
        (item["uuid"], "drawn" if item["seed"] else f"value due {item['value_at']:%Y-%m-%d}", item["title"])
        for item in data
    ]
    emit(data, table(rows), as_json=as_json)


def _listed(uow: UnitOfWork) -> list[dict[str, Any]]:
    return [shown(uow, uuid=found.uuid) for found in uow.sortitions.all()]


def shown(uow: UnitOfWork, *, uuid: str) -> dict[str, Any]:
    """Return the draw as `--json` shows it: what is published."""
    return plain(sortition_view(uow, uuid=uuid), f"{uow.urls.origin}/sortition/{uuid}")


def plain(view: SortitionView, url: str) -> dict[str, Any]:
    """Return a draw as JSON values; refusals are a number only."""
    found = view.found
    return {
        "uuid": found.uuid,
        "url": url,
        "title": found.title,
        "pool": len(found.pool),
        "roll_hash": found.roll_hash,
        "places": found.places,
        "strata": [
            {"name": item.name, "size": item.size, "minimum": item.minimum, "places": item.places}
            for item in found.strata
        ],
        "source": found.source,
        "value_at": found.value_at,
        "value": found.value or None,
        "seed": found.seed.hex() if found.drawn_at else None,
        "invited": [item.person for item in view.invited],
        "accepted": view.accepted,
        "declined": view.declined,
    }


def _print(data: dict[str, Any], *, as_json: bool) -> None:
    keys = (
        "title",
        "url",
        "pool",
        "roll_hash",
        "places",
        "source",
        "value_at",
        "value",
        "seed",
        "accepted",
        "declined",
    )
    rows = [(key.replace("_", " "), data[key] if data[key] is not None else "not yet") for key in keys]
    rows += [(f"invited {n}", person) for n, person in enumerate(data["invited"], start=1)]
    emit(data, table(rows), as_json=as_json)
