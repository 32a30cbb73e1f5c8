"""`fedcoop member …` for the registrar: classes, groups, status, good standing, two numbers of one person (governance.md 15)."""

from datetime import datetime
from fractions import Fraction
from typing import Any

import click

from fedcoop.actions.members import registrar
from fedcoop.actions.members.merging import merge_members
from fedcoop.cli.opened import member_named, with_units
from fedcoop.cli.output import emit, json_option, table
from fedcoop.governance.members.classes import Group, MemberClass
from fedcoop.governance.members.member import MemberStatus
from fedcoop.governance.motions.setting_words import names_of, share_of
from fedcoop.kernel.clock import parse_rfc3339, rfc3339
from fedcoop.kernel.errors import NotFound
from fedcoop.storage.unit_of_work import UnitOfWork

WHO = "operator"
_ENDS = {"left": MemberStatus.LEFT, "expelled": MemberStatus.EXPELLED, "ceased": MemberStatus.CEASED}


# --- classes ----------------------------------------------------------------------------------------------------


@click.group("class")
def class_() -> None:
    """Keep the classes of members: votes, shares as colleges, who may propose."""


def _class_options(command: Any) -> Any:
    for option in (
        click.option("--title"),
        click.option("--weight", type=int, help="Votes of each member; 0 is a class without a vote."),
        click.option("--share", help="Its part where colleges decide, such as 40% or 2/5; none takes it away."),
        click.option("--proposes/--no-proposes", "may_propose", default=None),
        click.option(
            "--announces/--no-announces",
            "may_announce",
            default=None,
            help="For a class without a vote: may it write news?",
        ),
        click.option("--reference", help="The article of the bylaws that gives more votes than one."),
        click.option("--ignored-for", help="Kinds of resolutions in which everybody has one vote, with commas."),
    ):
        command = option(command)
    return command


@class_.command("add")
@click.argument("name")
@_class_options
@json_option
@click.pass_context
def add_class(ctx: click.Context, /, *, name: str, as_json: bool, **given: Any) -> None:
    """Add a class of members."""
    _save(ctx, name, given, new=True, as_json=as_json)


@class_.command("set")
@click.argument("name")
@_class_options
@json_option
@click.pass_context
def set_class_(ctx: click.Context, /, *, name: str, as_json: bool, **given: Any) -> None:
    """Change a class; what is not named stays."""
    _save(ctx, name, given, new=False, as_json=as_json)


def _save(ctx: click.Context, name: str, given: dict[str, Any], *, new: bool, as_json: bool) -> None:
    def run(uow: UnitOfWork) -> MemberClass:
        before = None if new else uow.classes.find(name)
        if before is None and not new:
            raise NotFound("class-unknown", f"There is no class called {name}; `fedcoop member class list` shows them.")
        item = _changed(before or MemberClass(name, name), given)
        return registrar.save_class(uow, item=item, who=WHO, new=new)

    kept = with_units(ctx, lambda units: units.write(run))
    emit(_plain_class(kept), f"{kept.name}: {kept.weight} each", as_json=as_json)


def _changed(item: MemberClass, given: dict[str, Any]) -> MemberClass:
    values: dict[str, Any] = {field: getattr(item, field) for field in MemberClass.__slots__}
    values |= {field: value for field, value in given.items() if value is not None}
    if given["share"] is not None:
        values["share"] = None if given["share"] in ("", "none") else share_of("share", given["share"])
    if given["ignored_for"] is not None:
        values["ignored_for"] = names_of(given["ignored_for"])
    return MemberClass(**values)


@class_.command("list")
@json_option
@click.pass_context
def list_classes(ctx: click.Context, as_json: bool) -> None:
    """Show the classes with the number of their members."""

    def run(uow: UnitOfWork) -> list[dict[str, Any]]:
        numbers = uow.classes.numbers()
        return [{**_plain_class(item), "members": numbers.get(item.name, 0)} for item in uow.classes.all()]

    found = with_units(ctx, lambda units: units.read(run))
    head = ("name", "title", "weight", "share", "reference", "members")
    emit(
        found,
        table([[row[name] if row[name] is not None else "" for name in head] for row in found], head),
        as_json=as_json,
    )


def _plain_class(item: MemberClass) -> dict[str, Any]:
    return {
        "name": item.name,
        "title": item.title,
        "weight": item.weight,
        "share": _ratio(item.share),
        "may_propose": item.may_propose,
        "may_announce": item.announces,
        "reference": item.reference,
        "ignored_for": list(item.ignored_for),
    }


def _ratio(share: Fraction | None) -> str | None:
    return None if share is None else f"{share.numerator}/{share.denominator}"


# --- groups -----------------------------------------------------------------------------------------------------


@click.group("group")
def group_() -> None:
    """Keep groups of members that decide something among themselves."""


@group_.command("add")
@click.argument("name")
@click.option("--title", default="")
@json_option
@click.pass_context
def add_group(ctx: click.Context, *, name: str, title: str, as_json: bool) -> None:
    """Add a group, or give it another title."""
    item = Group(name, title)
    kept = with_units(ctx, lambda units: units.write(registrar.save_group, item=item, who=WHO))
    emit({"name": kept.name, "title": kept.title}, kept.name, as_json=as_json)


@group_.command("list")
@json_option
@click.pass_context
def list_groups(ctx: click.Context, as_json: bool) -> None:
    """Show the groups with their members."""

    def run(uow: UnitOfWork) -> list[dict[str, Any]]:
        return [
            {"name": group.name, "title": group.title, "members": _names(uow, group.name)}
            for group in uow.classes.groups()
        ]

    found = with_units(ctx, lambda units: units.read(run))
    rows = [(row["name"], row["title"], " ".join(row["members"])) for row in found]
    emit(found, table(rows, ("name", "title", "members")), as_json=as_json)


def _names(uow: UnitOfWork, group: str) -> list[str]:
    return sorted(found.name for found in uow.members.many(uow.classes.members_of(group)).values())


@group_.command("join")
@click.argument("group")
@click.argument("name")
@json_option
@click.pass_context
def join(ctx: click.Context, *, group: str, name: str, as_json: bool) -> None:
    """Put a member into a group."""

    def run(uow: UnitOfWork) -> None:
        registrar.join_group(uow, group=group, member_id=member_named(uow, name=name).id, who=WHO)

    with_units(ctx, lambda units: units.write(run))
    emit({"group": group, "member": name}, f"{name} is in {group}", as_json=as_json)


@group_.command("leave")
@click.argument("group")
@click.argument("name")
@json_option
@click.pass_context
def leave(ctx: click.Context, *, group: str, name: str, as_json: bool) -> None:
    """Take a member out of a group."""

    def run(uow: UnitOfWork) -> None:
        registrar.leave_group(uow, group=group, member_id=member_named(uow, name=name).id, who=WHO)

    with_units(ctx, lambda units: units.write(run))
    emit({"group": group, "member": name}, f"{name} is in {group} no longer", as_json=as_json)


# --- members ----------------------------------------------------------------------------------------------------


@click.command("set-class")
@click.argument("name")
@click.argument("member_class", metavar="CLASS")
@json_option
@click.pass_context
def set_class(ctx: click.Context, *, name: str, member_class: str, as_json: bool) -> None:
    """Move a member to another class; rolls of open motions stay."""

    def run(uow: UnitOfWork) -> dict[str, Any]:
        found = registrar.set_class(uow, member_id=member_named(uow, name=name).id, name=member_class, who=WHO)
        return {"name": found.name, "class": found.member_class}

    data = with_units(ctx, lambda units: units.write(run))
    emit(data, f"{data['name']} is in the class {data['class']}", as_json=as_json)


def _set_status(ctx: click.Context, name: str, status: MemberStatus, reason: str, *, as_json: bool) -> None:
    def run(uow: UnitOfWork) -> dict[str, Any]:
        member_id = member_named(uow, name=name).id
        found = registrar.change_status(uow, member_id=member_id, status=status, who=WHO, reason=reason)
        return {"name": found.name, "status": found.status.value}

    data = with_units(ctx, lambda units: units.write(run))
    emit(data, f"{data['name']} is {data['status']}", as_json=as_json)


@click.command("suspend")
@click.argument("name")
@click.option("--reason", required=True)
@json_option
@click.pass_context
def suspend(ctx: click.Context, *, name: str, reason: str, as_json: bool) -> None:
    """Let a member's vote rest; a ballot that was cast stands."""
    _set_status(ctx, name, MemberStatus.SUSPENDED, reason, as_json=as_json)


@click.command("lift")
@click.argument("name")
@click.option("--reason", required=True)
@json_option
@click.pass_context
def lift(ctx: click.Context, *, name: str, reason: str, as_json: bool) -> None:
    """End a suspension, a trial or a notice: a full member from now on."""
    _set_status(ctx, name, MemberStatus.FULL, reason, as_json=as_json)


@click.command("end")
@click.argument("name")
@click.option("--as", "how", type=click.Choice(list(_ENDS)), default="left", show_default=True)
@click.option("--reason", required=True)
@json_option
@click.pass_context
def end(ctx: click.Context, *, name: str, how: str, reason: str, as_json: bool) -> None:
    """End a membership: no vote, no session, no linked account from now on."""
    _set_status(ctx, name, _ENDS[how], reason, as_json=as_json)


@click.command("arrears")
@click.argument("name")
@click.option("--since", metavar="INSTANT", help="Dues are overdue beyond the grace period since then (RFC 3339).")
@click.option("--paid", is_flag=True, help="In good standing again.")
@json_option
@click.pass_context
def arrears(ctx: click.Context, *, name: str, since: str | None, paid: bool, as_json: bool) -> None:
    """Say whether a member's dues are paid, for votes that ask for good standing."""
    if (since is None) != paid:
        raise click.UsageError("write --since INSTANT or --paid")
    at = _instant(since)

    def run(uow: UnitOfWork) -> dict[str, Any]:
        found = registrar.set_arrears(uow, member_id=member_named(uow, name=name).id, since=at, who=WHO)
        return {"name": found.name, "arrears_since": None if at is None else rfc3339(at)}

    data = with_units(ctx, lambda units: units.write(run))
    emit(data, f"{name}: {'in good standing' if at is None else f'in arrears since {since}'}", as_json=as_json)


def _instant(text: str | None) -> datetime | None:
    try:
        return None if text is None else parse_rfc3339(text)
    except ValueError as error:
        raise click.UsageError(f"--since {text}: write an instant such as 2026-05-01T00:00:00Z") from error


@click.command("merge")
@click.argument("keep")
@click.argument("drop")
@click.option("--reason", required=True, help="How it is known that both are one person.")
@json_option
@click.pass_context
def merge(ctx: click.Context, *, keep: str, drop: str, reason: str, as_json: bool) -> None:
    """Make two entries of one person one: DROP ends, linked to KEEP; open rolls keep one row."""

    def run(uow: UnitOfWork) -> dict[str, Any]:
        kept, dropped = member_named(uow, name=keep), member_named(uow, name=drop)
        done = merge_members(uow, keep=kept.id, drop=dropped.id, who=WHO, reason=reason)
        return {"kept": kept.name, "dropped": dropped.name, "motions": done.motions}

    data = with_units(ctx, lambda units: units.write(run))
    rows = [(f"{drop} is {keep}", ""), *data["motions"].items()]
    emit(data, table(rows), as_json=as_json)


COMMANDS = (class_, group_, set_class, suspend, lift, end, arrears, merge)
"""What `fedcoop member` has of these."""
