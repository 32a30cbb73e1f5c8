"""`fedcoop template`: list, show, export, import and offer ways to decide. Every rule is the actions' own."""

from pathlib import Path
from typing import Any, TextIO

import click

from fedcoop.actions.proposals import templates as actions
from fedcoop.cli.opened import member_named, with_units
from fedcoop.cli.output import emit, json_option, table
from fedcoop.governance.motions.method import plural
from fedcoop.governance.proposals.templates import BUILT_IN, Template, find_template, template_to_json
from fedcoop.kernel.errors import NotFound
from fedcoop.storage.proposals.templates import StoredTemplate
from fedcoop.storage.unit_of_work import UnitOfWork

Found = tuple[Template, StoredTemplate | None]


@click.group()
def template() -> None:
    """Keep ways to decide, and share them with other co-ops."""


@template.command("list")
@json_option
@click.pass_context
def list_(ctx: click.Context, as_json: bool) -> None:
    """List built-in templates and the co-op's own."""
    own = with_units(ctx, lambda units: units.read(lambda uow: uow.templates.all()))
    found = [(item.template, item) for item in own] + [(item, None) for item in BUILT_IN.values()]
    rows = [(made.key, made.title, made.question, "ours" if stored else "built in") for made, stored in found]
    emit([_plain(item) for item in found], table(rows), as_json=as_json)


@template.command()
@click.argument("key")
@json_option
@click.pass_context
def show(ctx: click.Context, key: str, as_json: bool) -> None:
    """Show what the template KEY sets, and when to take it."""
    made, stored = with_units(ctx, lambda units: units.read(_named, key))
    phases = made.phases
    words = ", ".join(f"{name}={text}" for name, text in made.words.items()) or "as usual"
    lines = [
        f"{made.title} ({made.key})",
        made.question,
        f"method: {made.method}; settings: {words}",
        f"discussion {plural(phases.discussion_days, 'day', 'days')}, notice {plural(phases.notice_days, 'day', 'days')}, "
        f"vote {plural(phases.voting_days, 'day', 'days')}",
        f"When: {made.when}",
        f"When not: {made.when_not}",
        f"Example: {made.example}",
    ]
    emit(_plain((made, stored)), "\n".join(lines), as_json=as_json)


@template.command("export")
@click.argument("key")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write there instead of printing.")
@json_option
@click.pass_context
def export(ctx: click.Context, key: str, out: Path | None, as_json: bool) -> None:
    """Write the template KEY as a file that another co-op can import."""
    made, stored = with_units(ctx, lambda units: units.read(_named, key))
    text = actions.template_file(made)
    if out is not None:
        out.write_text(text, encoding="utf-8")
    shown = f"{key} is in {out}" if out is not None else text.strip()
    emit(_plain((made, stored)), shown, as_json=as_json)


@template.command("import")
@click.argument("file", type=click.File(encoding="utf-8"))
@click.option("--by", metavar="NAME", help="The member who imports it; the operator if not given.")
@click.option("--key", default="", help="Another short name.")
@click.option("--title", default="", help="Another title.")
@json_option
@click.pass_context
def import_(ctx: click.Context, file: TextIO, by: str | None, key: str, title: str, as_json: bool) -> None:
    """Import a template from FILE; `-` reads standard input."""
    text, origin = file.read(), Path(file.name).name

    def run(uow: UnitOfWork) -> StoredTemplate:
        member = member_named(uow, name=by).id if by else None
        return actions.import_template(uow, by=member, text=text, key=key, title=title, origin=origin)

    stored = with_units(ctx, lambda units: units.write(run))
    emit(_plain((stored.template, stored)), f"{stored.template.key} is imported", as_json=as_json)


@template.command()
@click.argument("key")
@click.option("--by", metavar="NAME", help="The member who offers it; the operator if not given.")
@json_option
@click.pass_context
def offer(ctx: click.Context, key: str, by: str | None, as_json: bool) -> None:
    """Offer the co-op's own template KEY to other co-ops: a public page, and word to followers."""

    def run(uow: UnitOfWork) -> tuple[StoredTemplate, str]:
        stored = uow.templates.find_by_key(key)
        if stored is None:
            raise NotFound("template-unknown", f"The co-op has no template of its own with the short name {key}.")
        member = member_named(uow, name=by).id if by else None
        return actions.offer_template(uow, by=member, uuid=stored.uuid), uow.urls.template(stored.uuid)

    stored, url = with_units(ctx, lambda units: units.write(run))
    emit(_plain((stored.template, stored)) | {"url": url}, url, as_json=as_json)


def _named(uow: UnitOfWork, key: str) -> Found:
    stored = uow.templates.find_by_key(key)
    made = stored.template if stored is not None else find_template(key)
    if made is None:
        raise NotFound("template-unknown", f"There is no template {key}; `fedcoop template list` shows them.")
    return made, stored


def _plain(found: Found) -> dict[str, Any]:
    made, stored = found
    value = template_to_json(made) | {"built_in": stored is None}
    if stored is None:
        return value
    return value | {"uuid": stored.uuid, "origin": stored.origin, "offered_at": stored.offered_at}
