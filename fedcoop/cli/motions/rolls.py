"""`fedcoop motion roll` and `fedcoop motion correct`: who can vote, and one row of it corrected in the open (governance.md 3)."""

from typing import Any

import click

from fedcoop.actions.motions.rolls import Change, correct_roll
from fedcoop.cli.opened import member_named, motion_at, with_units
from fedcoop.cli.output import emit, json_option, table
from fedcoop.governance.motions.tallies import Tally
from fedcoop.governance.rolls.roll import Correction
from fedcoop.storage.unit_of_work import UnitOfWork

EVERYBODY = 1_000_000


@click.command("roll")
@click.argument("url")
@json_option
@click.pass_context
def roll(ctx: click.Context, *, url: str, as_json: bool) -> None:
    """Show who is on a motion's roll, with class and votes."""

    def run(uow: UnitOfWork) -> list[dict[str, Any]]:
        found = motion_at(uow, url=url)
        return [
            {
                "number": row.number,
                "name": row.name,
                "class": row.member_class,
                "weight": row.weight,
                "voter": row.voter,
            }
            for row in uow.rolls.page(found.id, limit=EVERYBODY)
        ]

    data = with_units(ctx, lambda units: units.read(run))
    rows = [(row["number"], row["name"], row["class"], row["weight"] or "guest") for row in data]
    emit(data, table(rows, ("no", "name", "class", "votes")), as_json=as_json)


@click.command("correct")
@click.argument("url")
@click.option("--add", "added", metavar="NAME", help="Put a member on the roll.")
@click.option("--remove", "removed", metavar="NAME", help="Take a member off it; their ballot no longer counts.")
@click.option("--change", "changed", metavar="NAME", help="Give a member on it another class: with --class.")
@click.option("--class", "member_class", default="", help="The class on this roll; without it that of the register.")
@click.option("--reason", required=True, help="All members can read it.")
@json_option
@click.pass_context
def correct(
    ctx: click.Context,
    *,
    url: str,
    added: str | None,
    removed: str | None,
    changed: str | None,
    member_class: str,
    reason: str,
    as_json: bool,
) -> None:
    """Correct one row of an open motion's roll; the log and followers are told."""
    wanted = {Correction.ADD: added, Correction.REMOVE: removed, Correction.CHANGE: changed}
    named = [(kind, name) for kind, name in wanted.items() if name]
    if len(named) != 1 or (changed and not member_class):
        raise click.UsageError("write one of --add NAME, --remove NAME, or --change NAME --class CLASS")
    kind, name = named[0]

    def run(uow: UnitOfWork) -> dict[str, Any]:
        found = motion_at(uow, url=url)
        change = Change(kind, member_named(uow, name=name).id, member_class)
        after = correct_roll(uow, by=None, motion_id=found.id, change=change, reason=reason)
        return {"url": after.url, "eligible": after.eligible, "roll_hash": after.roll_hash}

    data = with_units(ctx, lambda units: units.write(run))
    emit(data, f"{data['eligible']} on the roll, {data['roll_hash']}", as_json=as_json)


def by_class(tally: Tally) -> dict[str, Any]:
    """Return heads, classes and guests of a tally where they say something that its counts do not."""
    value: dict[str, Any] = {}
    if tally.heads is not None:
        value["heads"] = dict(tally.heads)
    if tally.classes:
        value["classes"] = {
            name: {"counts": dict(item.counts), "voted": item.voted, "eligible": item.eligible}
            for name, item in tally.classes.items()
        }
    if tally.guests:
        value["guests"] = dict(tally.guests)
    return value


def class_rows(data: dict[str, Any]) -> list[tuple[str, object]]:
    """Return what `by_class` found as rows for people."""
    rows: list[tuple[str, object]] = [(f"heads {key}", number) for key, number in data.get("heads", {}).items()]
    for name, item in data.get("classes", {}).items():
        told = ", ".join(f"{key} {number}" for key, number in item["counts"].items())
        rows.append((f"class {name}", f"{told}; {item['voted']} of {item['eligible']}"))
    guests = ", ".join(f"{key} {number}" for key, number in data.get("guests", {}).items())
    return [*rows, ("guests, not counted", guests)] if guests else rows


COMMANDS = (roll, correct)
"""What `fedcoop motion` has of these."""
