"""`fedcoop backup`, `restore` and `export`: everything in one file, back into an empty folder, and in open formats."""

import asyncio
import json
from datetime import datetime
from pathlib import Path

import click
from sqlalchemy import Table, select

from fedcoop.actions.instance.holding import confirm, mark_restored
from fedcoop.cli.instance.archive import pack, unpack
from fedcoop.cli.opened import opened, settings, with_units
from fedcoop.cli.output import emit, json_option, note
from fedcoop.config import Config, load
from fedcoop.governance.motions.motion import MotionState
from fedcoop.kernel.clock import rfc3339
from fedcoop.kernel.csv_text import csv_text
from fedcoop.kernel.errors import Conflict, NotFound
from fedcoop.storage import tables as t
from fedcoop.storage.instance.migrations import upgrade_database
from fedcoop.storage.unit_of_work import UnitOfWork

# What opens doors stays out of an export: it is of no use elsewhere and a danger in the wrong hands.
LEFT_OUT: dict[str, set[str]] = {
    "accounts": {"password_hash"},
    "actor_keys": {"secret"},
    "motions": {"poll_secret"},
    "link_challenges": {"code_secret", "code_hash"},
}
# What others wrote to us in confidence stays with the people it was for.
NOT_EXPORTED = frozenset(
    {
        *("sessions", "one_time_tokens", "access_tokens", "seen_ids", "tombstones", "inbound", "deliveries", "timers"),
        *("desk_items", "desk_replies", "auto_replies", "reports"),
    }
)

CONFIRM = "confirm"


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--with-ballot-keys", is_flag=True, help="Also the keys of open secret motions.")
@json_option
@click.pass_context
def backup(ctx: click.Context, file: Path, with_ballot_keys: bool, as_json: bool) -> None:
    """Write database, configuration, key file and media to FILE (a tar archive), while the server runs."""
    config = settings(ctx)
    names = asyncio.run(pack(config, file, with_ballot_keys=with_ballot_keys, progress=note))
    data = {"file": str(file), "bytes": file.stat().st_size, "entries": len(names)}
    emit(
        data,
        f"{file}: {data['bytes']:,} bytes, {len(names)} files; keep it as safe as the key file in it",
        as_json=as_json,
    )


@click.command()
@click.argument("file", metavar="FILE|confirm", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("directory", metavar="[DIR]", required=False, type=click.Path(file_okay=False, path_type=Path))
@click.option("--database", default="", metavar="URL", help="An empty PostgreSQL database to restore into.")
@click.option("--resume", is_flag=True, help="Act at once: the instance that was backed up is gone for good.")
@json_option
@click.pass_context
def restore(
    ctx: click.Context, file: Path, directory: Path | None, *, database: str, resume: bool, as_json: bool
) -> None:
    """Put the instance of a backup into the empty folder DIR; it only shows pages until `restore confirm`.

    `fedcoop --config DIR/instance.toml restore confirm` says that no other copy of it acts any more.
    """
    if directory is None:
        if str(file) != CONFIRM:
            raise click.UsageError("Name the empty folder DIR, or say `restore confirm`.")
        _confirm(ctx, as_json=as_json)
        return
    if directory.exists() and any(directory.iterdir()):
        raise Conflict("folder-not-empty", f"{directory} is not empty; nothing was restored.")
    if not file.exists():
        raise NotFound("file-missing", f"{file}: there is no such file.")
    directory.mkdir(parents=True, exist_ok=True)
    note("restoring …")
    unpack(file, directory, database=database)
    config = load(directory / "instance.toml")
    upgrade_database(config.database)
    if not resume:
        asyncio.run(_mark_restored(config))
    command = f"fedcoop --config {directory}/instance.toml"
    data = {"config": str(directory / "instance.toml"), "origin": config.instance.origin, "held": not resume}
    steps = [f"{config.instance.name} is restored in {directory}", f"next: {command} doctor"]
    if not resume:
        steps.append(f"it only shows pages until you say that no other copy acts: {command} restore confirm")
    emit(data, "\n".join(steps), as_json=as_json)


async def _mark_restored(config: Config) -> None:
    async with opened(config, even_held=True) as units:
        await units.write(mark_restored)


def _confirm(ctx: click.Context, *, as_json: bool) -> None:
    config = settings(ctx)

    async def run() -> str:
        async with opened(config, even_held=True) as units:
            return await units.write(confirm)

    why = asyncio.run(run())
    text = (
        f"{config.instance.origin} acts again" if why else f"{config.instance.origin} was not held; nothing was changed"
    )
    emit({"origin": config.instance.origin, "because": why}, text, as_json=as_json)


@click.command()
@click.argument("directory", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@json_option
@click.pass_context
def export(ctx: click.Context, directory: Path, as_json: bool) -> None:
    """Write everything to DIR in open formats: JSON lines of the tables, members as CSV, recount files of motions.

    Private messages are not in it.
    """
    if directory.exists() and any(directory.iterdir()):
        raise Conflict("folder-not-empty", f"{directory} is not empty; nothing was exported.")
    (directory / "motions").mkdir(parents=True, exist_ok=True)
    (directory / "tables").mkdir()
    directory.chmod(0o700)
    counts = with_units(ctx, lambda units: units.read_whole(_export, directory=directory))
    emit(counts, "\n".join(f"{name}: {count}" for name, count in counts.items()), as_json=as_json)


def _export(uow: UnitOfWork, *, directory: Path) -> dict[str, int]:
    counts = {
        table.name: _write_table(uow, table, directory / "tables" / f"{table.name}.jsonl")
        for table in t.metadata.sorted_tables
        if table.name not in NOT_EXPORTED
    }
    _write_members(uow, directory / "members.csv")
    counts["recount files"] = _write_recounts(uow, directory / "motions")
    return counts


def _write_table(uow: UnitOfWork, table: Table, path: Path) -> int:
    """Where a table says of each row whether it is public, only those are written: the others are private messages."""
    columns = [column for column in table.columns if column.name not in LEFT_OUT.get(table.name, ())]
    query = select(*columns)
    query = query.where(table.c.public.is_(True)) if "public" in table.c else query
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for row in uow.conn.execution_options(yield_per=500).execute(query):
            file.write(json.dumps(dict(row._mapping), ensure_ascii=False, default=_json_of) + "\n")
            count += 1
    return count


def _json_of(value: object) -> str:
    if isinstance(value, datetime):
        return rfc3339(value)
    return value.hex() if isinstance(value, bytes) else str(value)


def _write_members(uow: UnitOfWork, path: Path) -> None:
    head = ("number", "name", "display_name", "email", "class", "status", "admin", "joined_at", "left_at")
    rows = [
        (
            m.number,
            m.name,
            m.display_name,
            m.email,
            m.member_class,
            m.status.value,
            m.is_admin,
            rfc3339(m.joined_at),
            rfc3339(m.left_at) if m.left_at else "",
        )
        for m in uow.members.all()
    ]
    path.write_text(csv_text([head, *rows]), encoding="utf-8", newline="")


def _write_recounts(uow: UnitOfWork, folder: Path) -> int:
    decided = uow.motions.listing([MotionState.DECIDED], limit=1_000_000)
    for motion in decided:
        text = uow.exports.of(motion.id)
        if text is not None:
            (folder / f"{motion.uuid}.json").write_text(text, encoding="utf-8")
    return len(decided)
