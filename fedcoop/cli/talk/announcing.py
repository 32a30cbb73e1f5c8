"""`fedcoop announce` and `fedcoop announcement`: member announcements, written, changed and taken back."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, TextIO

import click

from fedcoop.actions.talk.announcements import delete_announcement, edit_announcement, publish_announcement
from fedcoop.app import open_remote
from fedcoop.cli.opened import member_named, opened, settings, with_units
from fedcoop.cli.output import emit, json_option, table
from fedcoop.kernel.errors import NotFound
from fedcoop.kernel.mentions import handles_in
from fedcoop.queries.talk.announcements import MEMBERS
from fedcoop.storage.records import Announcement
from fedcoop.storage.unit_of_work import UnitOfWork, Units
from fedcoop.web.talk.mentions import find_people

by_option = click.option("--by", required=True, metavar="NAME", help="The member who announces.")
text_option = click.option(
    "--text-file", type=click.File(encoding="utf-8"), default="-", help="Markdown; stdin if not given."
)


@click.command()
@by_option
@text_option
@click.option("--audience", type=click.Choice(["public", "members"]), default="public", show_default=True)
@click.option("--kind", default="general", show_default=True)
@json_option
@click.pass_context
def announce(ctx: click.Context, by: str, text_file: TextIO, audience: str, kind: str, as_json: bool) -> None:
    """Publish an announcement to followers, or to members only. @name@host in a public one tells that person."""
    text = text_file.read()

    def publish(uow: UnitOfWork, people: Mapping[str, str]) -> dict[str, Any]:
        author = member_named(uow, name=by)
        made = publish_announcement(uow, by=author.id, text=text, audience=audience, kind=kind, people=people)
        return _described(uow, made)

    _tell(_with_people(ctx, text if audience == "public" else "", publish), as_json=as_json)


@click.group()
def announcement() -> None:
    """Look at announcements, change them, take them back."""


@announcement.command("list")
@json_option
@click.pass_context
def list_(ctx: click.Context, as_json: bool) -> None:
    """Show the newest 50, with what they say."""

    def look(uow: UnitOfWork) -> list[dict[str, Any]]:
        return [_described(uow, found) for found in uow.notes.announcements(MEMBERS, limit=50)]

    found = with_units(ctx, lambda units: units.read(look))
    rows = [(row["url"], row["audience"], f"v{row['version']}", row["text"].split("\n", 1)[0][:60]) for row in found]
    emit(found, table(rows), as_json=as_json)


@announcement.command()
@click.argument("url")
@by_option
@text_option
@json_option
@click.pass_context
def edit(ctx: click.Context, url: str, by: str, text_file: TextIO, as_json: bool) -> None:
    """Change what the announcement at URL says; its author's deed. What it said before is kept."""
    text = text_file.read()

    def change(uow: UnitOfWork, people: Mapping[str, str]) -> dict[str, Any]:
        author, found = member_named(uow, name=by), _at(uow, url)
        made = edit_announcement(uow, by=author.id, uuid=found.uuid, text=text, base=found.version, people=people)
        return _described(uow, made)

    _tell(_with_people(ctx, text, change), as_json=as_json)


@announcement.command()
@click.argument("url")
@by_option
@json_option
@click.pass_context
def delete(ctx: click.Context, url: str, by: str, as_json: bool) -> None:
    """Take the announcement at URL back: its author's deed, or an admin's."""

    def take_back(uow: UnitOfWork) -> str:
        found = _at(uow, url)
        delete_announcement(uow, by=member_named(uow, name=by).id, announcement_id=found.id)
        return uow.urls.note(found.uuid)

    address = with_units(ctx, lambda units: units.write(take_back))
    emit({"url": address, "deleted": True}, f"{address} is taken back", as_json=as_json)


def _at(uow: UnitOfWork, url: str) -> Announcement:
    """Return the announcement with this URL or UUID. Raises NotFound."""
    uuid = url.strip().rstrip("/").rpartition("/")[2]
    found = uow.notes.find_announcement(uuid)
    if found is None or ("/" in url and uow.urls.note(uuid) != url.strip().rstrip("/")):
        raise NotFound("announcement-unknown", f"There is no announcement {url} here.")
    return found


def _with_people(
    ctx: click.Context, text: str, act: Callable[[UnitOfWork, Mapping[str, str]], dict[str, Any]]
) -> dict[str, Any]:
    """Run `act` in a unit with whom the text mentions, looked up before."""
    config = settings(ctx)

    async def look(units: Units) -> Mapping[str, str]:
        if not handles_in(text):
            return {}
        async with open_remote(config, units) as remote:
            return await find_people(remote, text)

    async def run() -> dict[str, Any]:
        async with opened(config) as units:
            return await units.write(act, await look(units))

    return asyncio.run(run())


def _described(uow: UnitOfWork, made: Announcement) -> dict[str, Any]:
    named = uow.announcements.mentions([made.id]).get(made.id, [])
    return {
        "id": str(made.id),
        "url": uow.urls.note(made.uuid),
        "audience": made.audience,
        "kind": made.kind,
        "text": made.body,
        "version": made.version,
        "published_at": made.published_at,
        "updated_at": made.updated_at,
        "not_found": [found.handle for found in named if found.standing and found.actor_id is None],
    }


def _tell(made: dict[str, Any], *, as_json: bool) -> None:
    lost = [f"@{handle} was not found, so it stays text" for handle in made["not_found"]]
    emit(made, "\n".join([made["url"], *lost]), as_json=as_json)
