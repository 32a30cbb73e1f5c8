"""`fedcoop member` and `fedcoop token`: the register, invitations, links and access tokens, by the operator's word."""

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from fedcoop.accounts.credentials import check_password, hash_password
from fedcoop.actions.members.accounts import issue_token
from fedcoop.actions.members.member import NewMember, add_member, link_by_operator, one_time_link
from fedcoop.actions.members.registrar import save_class
from fedcoop.app import open_remote
from fedcoop.cli.members import registrar
from fedcoop.cli.opened import member_named, opened, settings, with_units
from fedcoop.cli.output import emit, json_option, table
from fedcoop.governance.members.classes import MemberClass
from fedcoop.governance.members.member import DEFAULT_CLASS, Member
from fedcoop.kernel.csv_text import MAX_BYTES, read_csv
from fedcoop.kernel.errors import Invalid, NotFound, Refused
from fedcoop.storage.unit_of_work import UnitOfWork

COLUMNS = ("name", "email", "display_name", "class", "admin")
NEEDED = ("name", "email")
SCOPES = "read write follow push"


@click.group()
def member() -> None:
    """Keep the member register."""


for _command in registrar.COMMANDS:
    member.add_command(_command)


@member.command("add")
@click.argument("name")
@click.option("--email", required=True)
@click.option("--display-name", default="")
@click.option("--class", "member_class", default="member", show_default=True)
@click.option("--admin", is_flag=True, help="May do the office's work.")
@click.option("--password-stdin", is_flag=True, help="Read the password from stdin instead of inviting.")
@json_option
@click.pass_context
def add(
    ctx: click.Context,
    *,
    name: str,
    email: str,
    display_name: str,
    member_class: str,
    admin: bool,
    password_stdin: bool,
    as_json: bool,
) -> None:
    """Enter a member; without a password an invitation link is printed."""
    hashed = _hashed(sys.stdin.readline().rstrip("\r\n")) if password_stdin else ""
    new = NewMember(name, email, display_name or name, member_class, admin, hashed)
    found, invitation = with_units(ctx, lambda units: units.write(_add, new=new))
    data = {**_plain(found), "invitation": None if hashed else invitation}
    emit(data, f"{found.name} is member {found.number}" if hashed else invitation, as_json=as_json)


def _hashed(password: str) -> str:
    check_password(password)
    return hash_password(password)


def _add(uow: UnitOfWork, *, new: NewMember) -> tuple[Member, str]:
    made, secret = add_member(uow, new=new, who="operator")
    return made, uow.urls.sign_in_link(secret)


def _plain(found: Member) -> dict[str, Any]:
    return {
        "id": str(found.id),
        "number": found.number,
        "name": found.name,
        "display_name": found.display_name,
        "email": found.email,
        "class": found.member_class,
        "status": found.status.value,
        "admin": found.is_admin,
        "joined_at": found.joined_at,
    }


@member.command()
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@click.option("--sign-in", is_flag=True, help="A link for 15 minutes instead of an invitation for 14 days.")
@json_option
@click.pass_context
def invite(ctx: click.Context, names: tuple[str, ...], sign_in: bool, as_json: bool) -> None:
    """Print a new link that signs a member in once: for a lost password, or in place of a lost invitation."""
    purpose = "sign-in" if sign_in else "invitation"

    def make(uow: UnitOfWork) -> list[dict[str, str]]:
        return [{"member": name, "invitation": _new_link(uow, name, purpose)} for name in names]

    made = with_units(ctx, lambda units: units.write(make))
    emit(made, "\n".join(row["invitation"] for row in made), as_json=as_json)


def _new_link(uow: UnitOfWork, name: str, purpose: str) -> str:
    found = member_named(uow, name=name)
    uow.audit("link-made", who="operator", subject=f"member:{found.number}", details={"purpose": purpose})
    return uow.urls.sign_in_link(one_time_link(uow, member_id=found.id, purpose=purpose))


@member.command("list")
@json_option
@click.pass_context
def list_(ctx: click.Context, as_json: bool) -> None:
    """Show the register."""
    found = with_units(ctx, lambda units: units.read(_with_links))
    rows = [(m["number"], m["name"], m["display_name"], m["class"], m["status"], " ".join(m["links"])) for m in found]
    emit(found, table(rows, ("no", "name", "shown as", "class", "status", "linked")), as_json=as_json)


def _with_links(uow: UnitOfWork) -> list[dict[str, Any]]:
    return [
        {**_plain(found), "links": [actor.handle or actor.uri for _, actor in uow.members.links_of(found.id)]}
        for found in uow.members.all()
    ]


@member.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
@click.pass_context
def import_(ctx: click.Context, file: Path, as_json: bool) -> None:
    """Enter members from a CSV file with the columns name, email, display_name, class, admin; all of them or none."""
    news = _read_csv(file)
    made, new_classes = with_units(ctx, lambda units: units.write(_add_all, news=news))
    for line, name in new_classes:
        click.echo(
            f"warning: class-new: line {line}: the class {name} is new; its members have one vote each", err=True
        )
    data = [{**_plain(found), "invitation": invitation} for found, invitation in made]
    emit(data, table([(found.name, invitation) for found, invitation in made]), as_json=as_json)


def _read_csv(file: Path) -> list[tuple[int, NewMember]]:
    if file.stat().st_size > MAX_BYTES:
        raise Invalid("csv-size", f"{file} has more than {MAX_BYTES >> 20} MiB.", field="file")
    return [
        (line.number, _new_from(line.cells)) for line in read_csv(file.read_bytes(), columns=COLUMNS, needed=NEEDED)
    ]


def _new_from(cells: Mapping[str, str]) -> NewMember:
    name = cells["name"]
    return NewMember(
        name=name,
        email=cells["email"],
        display_name=cells.get("display_name") or name,
        member_class=cells.get("class") or DEFAULT_CLASS,
        is_admin=cells.get("admin", "").lower() in ("1", "true", "yes", "y"),
    )


def _add_all(
    uow: UnitOfWork, *, news: list[tuple[int, NewMember]]
) -> tuple[list[tuple[Member, str]], list[tuple[int, str]]]:
    """Return who was entered, and the lines at which a class was made."""
    made, new_classes = [], []
    for line, new in news:
        try:
            if new.member_class != DEFAULT_CLASS and uow.classes.find(new.member_class) is None:
                save_class(uow, item=MemberClass(new.member_class, new.member_class), who="operator", new=True)
                new_classes.append((line, new.member_class))
            made.append(_add(uow, new=new))
        except Refused as error:
            raise Invalid(error.code, f"line {line}: {error.message} Nobody was entered.", field="file") from error
    return made, new_classes


@member.command("link")
@click.argument("name")
@click.option(
    "--actor", "uri", required=True, metavar="URI", help="The account: @name@host, its id, or a link to its profile."
)
@json_option
@click.pass_context
def link(ctx: click.Context, name: str, uri: str, as_json: bool) -> None:
    """Link a fediverse account to a member; their votes from there count."""
    config = settings(ctx)

    async def run() -> dict[str, Any]:
        async with opened(config) as units:
            await units.read(member_named, name=name)
            async with open_remote(config, units) as fediverse:
                found = await fediverse.look_up(uri)
            return await units.write(_link, name=name, uri=found.uri)

    data = asyncio.run(run())
    emit(data, f"{data['handle'] or data['actor']} votes for {data['member']}", as_json=as_json)


def _link(uow: UnitOfWork, *, name: str, uri: str) -> dict[str, Any]:
    actor = uow.actors.find(uri)
    if actor is None or actor.gone_at is not None:
        raise NotFound("actor-unknown", f"There is no account at {uri}.")
    who = member_named(uow, name=name)
    made = link_by_operator(uow, member_id=who.id, actor=actor, handle=actor.handle)
    return {"member": who.name, "actor": actor.uri, "handle": made.handle, "state": made.state}


@click.command()
@click.argument("name")
@click.option("--scopes", default=SCOPES, show_default=True)
@json_option
@click.pass_context
def token(ctx: click.Context, name: str, scopes: str, as_json: bool) -> None:
    """Print an access token for the client API."""

    def issue(uow: UnitOfWork) -> str:
        return issue_token(uow, member_id=member_named(uow, name=name).id, scopes=" ".join(scopes.split()))

    secret = with_units(ctx, lambda units: units.write(issue))
    emit({"access_token": secret, "token_type": "Bearer", "scope": " ".join(scopes.split())}, secret, as_json=as_json)
