"""`fedcoop announce`: a member announcement."""

from typing import TextIO

import click

from fedcoop.actions.announcements import publish_announcement
from fedcoop.cli.instance import member_named, with_units
from fedcoop.cli.output import emit, json_option
from fedcoop.storage.records import Announcement
from fedcoop.storage.unit_of_work import UnitOfWork


@click.command()
@click.option("--by", required=True, metavar="NAME", help="The member who announces.")
@click.option("--text-file", type=click.File(encoding="utf-8"), default="-", help="Markdown; stdin if not given.")
@click.option("--audience", type=click.Choice(["public", "members"]), default="public", show_default=True)
@click.option("--kind", default="general", show_default=True)
@json_option
@click.pass_context
def announce(ctx: click.Context, by: str, text_file: TextIO, audience: str, kind: str, as_json: bool) -> None:
    """Publish an announcement to followers, or to members only."""
    text = text_file.read()

    def publish(uow: UnitOfWork) -> tuple[Announcement, str]:
        author = member_named(uow, name=by)
        made = publish_announcement(uow, by=author.id, text=text, audience=audience, kind=kind)
        return made, uow.urls.note(made.uuid)

    made, url = with_units(ctx, lambda units: units.write(publish))
    data = {"id": str(made.id), "url": url, "audience": made.audience, "published_at": made.published_at}
    emit(data, url, as_json=as_json)
