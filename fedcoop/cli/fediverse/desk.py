"""`fedcoop fediverse`: what people elsewhere wrote to the co-op, read, answered and settled by somebody with an office."""

from typing import Any, TextIO

import click

from fedcoop.actions.fediverse import desk as actions
from fedcoop.cli.opened import member_named, with_units
from fedcoop.cli.output import emit, json_option, table
from fedcoop.kernel.html import text_of_html
from fedcoop.queries.fediverse.desk import KINDS, DeskLine, office_desk
from fedcoop.storage.unit_of_work import UnitOfWork

by_option = click.option("--by", required=True, metavar="NAME", help="A member with an office.")


@click.group()
def fediverse() -> None:
    """Read, answer and settle what came from the fediverse."""


@fediverse.command("list")
@by_option
@click.option("--done", is_flag=True, help="What was settled, instead of what waits.")
@click.option("--kind", type=click.Choice(KINDS), default=None, help="One kind only.")
@json_option
@click.pass_context
def list_(ctx: click.Context, by: str, done: bool, kind: str | None, as_json: bool) -> None:
    """Show the newest 20 that wait for a reader."""

    def look(uow: UnitOfWork) -> list[dict[str, Any]]:
        view = office_desk(uow, by=member_named(uow, name=by), done=done, kind=kind or "")
        return [_described(line) for line in view.lines]

    found = with_units(ctx, lambda units: units.read(look))
    rows = [(row["id"], row["kind"], row["author"], " ".join(row["text"].split())[:60]) for row in found]
    emit(found, table(rows), as_json=as_json)


@fediverse.command()
@click.argument("item", type=int, metavar="ID")
@by_option
@click.option("--note", default="", help="What was found or done; for the office.")
@json_option
@click.pass_context
def done(ctx: click.Context, item: int, by: str, note: str, as_json: bool) -> None:
    """Settle an item."""

    def act(uow: UnitOfWork) -> None:
        actions.settle(uow, by=member_named(uow, name=by).id, item_id=item, remark=note)

    with_units(ctx, lambda units: units.write(act))
    emit({"id": str(item), "done": True}, f"{item} is done", as_json=as_json)


@fediverse.command()
@click.argument("item", type=int, metavar="ID")
@by_option
@json_option
@click.pass_context
def undo(ctx: click.Context, item: int, by: str, as_json: bool) -> None:
    """Let an item wait again."""

    def act(uow: UnitOfWork) -> None:
        actions.reopen(uow, by=member_named(uow, name=by).id, item_id=item)

    with_units(ctx, lambda units: units.write(act))
    emit({"id": str(item), "done": False}, f"{item} waits again", as_json=as_json)


@fediverse.command()
@click.argument("item", type=int, metavar="ID")
@by_option
@click.option("--text-file", type=click.File(encoding="utf-8"), default="-", help="Markdown; stdin if not given.")
@json_option
@click.pass_context
def answer(ctx: click.Context, item: int, by: str, text_file: TextIO, as_json: bool) -> None:
    """Answer an item's author in the co-op's name, by a private message."""
    text = text_file.read()

    def act(uow: UnitOfWork) -> dict[str, Any]:
        made = actions.reply(uow, by=member_named(uow, name=by).id, item_id=item, text=text)
        return {"id": str(item), "note": uow.urls.note(made.note_uuid), "sent_at": made.sent_at}

    data = with_units(ctx, lambda units: units.write(act))
    emit(data, f"{item} is answered", as_json=as_json)


def _described(line: DeskLine) -> dict[str, Any]:
    return {
        "id": str(line.id),
        "kind": line.kind,
        "author": f"@{line.author.address}",
        "actor": line.author.uri,
        "verified": line.author.verified,
        "text": line.text or text_of_html(line.html),
        "url": line.address or None,
        "about": [thing.address or thing.title for thing in line.about],
        "received_at": line.received_at,
        "done_at": line.done_at,
        "answers": len(line.answers),
        "note": line.remark,
    }
