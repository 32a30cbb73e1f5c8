"""`fedcoop motion lot-…`: scrutineers make a secret, commit to it, reveal it. Every rule is the action's (governance.md 10.2)."""

import secrets
from collections.abc import Callable

import click

from fedcoop.actions.motions import lots as actions
from fedcoop.cli.opened import member_named, motion_at, with_units
from fedcoop.cli.output import emit, json_option
from fedcoop.governance.motions.lot_order import commitment
from fedcoop.governance.proof.public_lots import Secret
from fedcoop.storage.unit_of_work import UnitOfWork


@click.command("lot-secret")
@json_option
def make(as_json: bool) -> None:
    """Make a secret for a lot, and the commitment to it. Needs no instance; keep the secret to yourself."""
    value = secrets.token_hex(16)
    data = {"value": value, "commit": commitment(value)}
    emit(data, f"secret      {value}\ncommitment  {data['commit']}", as_json=as_json)


@click.command("lot-commit")
@click.argument("url")
@click.option("--by", required=True, metavar="NAME", help="The scrutineer.")
@click.option("--commit", "text", required=True, metavar="HEX", help="The SHA-256 of the secret, 64 digits.")
@json_option
@click.pass_context
def commit(ctx: click.Context, url: str, *, by: str, text: str, as_json: bool) -> None:
    """Commit to a secret before the motion opens; URL may be that of a proposal whose vote is still to come."""

    def run(uow: UnitOfWork) -> Secret:
        if "/proposals/" in url:
            uuid = url.strip().rstrip("/").rpartition("/")[2]
            return actions.promise(uow, by=member_named(uow, name=by).id, uuid=uuid, commitment=text)
        found = motion_at(uow, url=url)
        return actions.commit(uow, by=member_named(uow, name=by).id, motion_id=found.id, commitment=text)

    _write(ctx, run, f"{by} is committed", as_json=as_json)


@click.command("lot-reveal")
@click.argument("url")
@click.option("--by", required=True, metavar="NAME", help="The scrutineer.")
@click.option("--value", required=True, metavar="HEX", help="The secret, 32 digits.")
@json_option
@click.pass_context
def reveal(ctx: click.Context, url: str, *, by: str, value: str, as_json: bool) -> None:
    """Reveal the secret within 48 hours after the close."""

    def run(uow: UnitOfWork) -> Secret:
        found = motion_at(uow, url=url)
        return actions.reveal(uow, by=member_named(uow, name=by).id, motion_id=found.id, value=value)

    _write(ctx, run, f"{by} has revealed", as_json=as_json)


def _write(ctx: click.Context, run: Callable[[UnitOfWork], Secret], told: str, *, as_json: bool) -> None:
    secret = with_units(ctx, lambda units: units.write(run))
    emit({"by": secret.by, "commit": secret.commit, "value": secret.value or None}, told, as_json=as_json)


LOT_COMMANDS = (make, commit, reveal)
