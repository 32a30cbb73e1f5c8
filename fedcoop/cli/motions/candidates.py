"""`fedcoop motion withdraw-option`: somebody withdraws from a ranked vote that is open (governance.md 7.11)."""

from typing import Any

import click

from fedcoop.actions.motions import candidacy
from fedcoop.cli.motions.deciding import by_option, member_or_operator
from fedcoop.cli.opened import motion_at, with_units
from fedcoop.cli.output import emit, json_option
from fedcoop.storage.unit_of_work import UnitOfWork


@click.command("withdraw-option")
@click.argument("url")
@click.argument("key")
@by_option(required=False)
@click.option("--reason", required=True)
@json_option
@click.pass_context
def withdraw_option(ctx: click.Context, url: str, key: str, *, by: str | None, reason: str, as_json: bool) -> None:
    """Take the option KEY out of every ballot of an open ranked vote; later preferences move up."""

    def run(uow: UnitOfWork) -> dict[str, Any]:
        found = motion_at(uow, url=url)
        who = member_or_operator(uow, by)
        candidacy.withdraw_option(uow, by=who, motion_id=found.id, key=key, reason=reason)
        name = next(option.name for option in found.options if option.key == key)
        return {"url": found.url, "withdrawn": key, "name": name}

    data = with_units(ctx, lambda units: units.write(run))
    emit(data, f"{data['name']} has withdrawn", as_json=as_json)
