"""`fedcoop init` and `fedcoop upgrade`: a new instance, and the tables of an old one brought up to this version."""

import asyncio
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import click

from fedcoop.actions.instance.founding import found_instance
from fedcoop.cli.opened import opened, settings
from fedcoop.cli.output import emit, json_option, note
from fedcoop.config import Config, load
from fedcoop.kernel.errors import Conflict, Invalid
from fedcoop.kernel.names import is_name, is_origin, to_uri
from fedcoop.storage.instance.migrations import upgrade_database
from fedcoop.storage.instance.vault import Vault


@dataclass(frozen=True, slots=True)
class Founding:
    """What the operator says about the new instance."""

    origin: str
    name: str
    actor: str
    listen: str
    database: str


@click.command()
@click.argument("directory", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--origin", required=True, help="Scheme and host of the instance; never changes.")
@click.option("--name", required=True, help="The co-op's name.")
@click.option("--actor", default="", help="The name to follow: @ACTOR@host. From the co-op's name if not given.")
@click.option("--listen", default="", help="Address and port.  [default: 127.0.0.1:8420]")
@click.option("--database", default="sqlite:///data/fedcoop.db", show_default=True, metavar="URL")
@json_option
def init(directory: Path, *, origin: str, name: str, actor: str, listen: str, database: str, as_json: bool) -> None:
    """Make a new instance in DIR: settings, key, database, actors."""
    origin = origin.rstrip("/")
    founding = Founding(origin, name, actor or _slug(name), listen or _listen_for(origin), database)
    _check(founding)
    path = directory / "instance.toml"
    if path.exists():
        raise Conflict("instance-exists", f"{path} is there already; an existing instance is not touched.")
    directory.mkdir(parents=True, exist_ok=True)
    create_instance(path, founding)
    data = {"config": str(path), "origin": origin, "actor": f"@{founding.actor}@{urlsplit(origin).netloc}"}
    emit(data, _next_steps(path, founding), as_json=as_json)


def create_instance(path: Path, founding: Founding) -> Config:
    """Write settings and key file beside `path`, make the database and the first actors; return the settings.

    What was written is taken away again if a later step fails.
    """
    written: list[Path] = []
    try:
        _write_private(path, settings_text(founding))
        written.append(path)
        config = load(path)
        key = Path(config.instance.key_file)
        _refuse_existing(key)
        if config.database.is_sqlite:
            _refuse_existing(config.database.sqlite_path)
        if "FEDCOOP_INSTANCE_KEY" not in os.environ:
            Vault.create(key)
            written.append(key)
        if config.database.is_sqlite:
            written.append(config.database.sqlite_path)
            _make_private(config.database.sqlite_path)
        before, _ = upgrade_database(config.database)
        if before is not None:
            raise Conflict("instance-exists", "The database holds an instance already; it is not touched.")
        asyncio.run(_found(config))
    except BaseException:
        for file in written:
            file.unlink(missing_ok=True)
        raise
    return config


def _refuse_existing(path: Path) -> None:
    if path.exists():
        raise Conflict("instance-exists", f"{path} is there already; an existing instance is not touched.")


async def _found(config: Config) -> None:
    async with opened(config) as units:
        await units.write(found_instance)


def _check(founding: Founding) -> None:
    if not is_origin(to_uri(founding.origin)):
        raise Invalid(
            "origin-bad", "Write scheme and host only, in small letters, like https://coop.example.", field="origin"
        )
    if not is_name(founding.actor):
        raise Invalid("actor-bad", "An actor's name is up to 64 of a-z, 0-9, _, with . or - inside.", field="actor")


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:64] or "coop"


def _listen_for(origin: str) -> str:
    parts = urlsplit(origin)
    return f"127.0.0.1:{parts.port}" if parts.scheme == "http" and parts.port else "127.0.0.1:8420"


def settings_text(founding: Founding) -> str:
    """Return the text of a new `instance.toml`; an http origin is allowed to federate on loopback."""
    closed = founding.origin.startswith("http://")
    lines = [
        "# Every setting is explained in instance.example.toml. Keep this file readable by the service alone.",
        "",
        "[instance]",
        f"origin = {_quoted(founding.origin)}",
        f"name = {_quoted(founding.name)}",
        f"actor = {_quoted(founding.actor)}",
        "",
        "[server]",
        f"listen = {_quoted(founding.listen)}",
        "",
        "[database]",
        f"url = {_quoted(founding.database)}",
    ]
    if closed:
        lines += ["", "[federation]", "allow_http = true", 'allow_networks = ["127.0.0.0/8", "::1/128"]']
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _write_private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def _make_private(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def _next_steps(path: Path, founding: Founding) -> str:
    command = f"fedcoop --config {path}"
    proxy = "" if founding.origin.startswith("http://") else f"\nlet your reverse proxy pass {founding.origin} to it"
    return (
        f"{founding.name} is founded in {path.parent}: @{founding.actor}@{urlsplit(founding.origin).netloc}\n\n"
        f"next:\n"
        f"  {command} member add NAME --email ADDRESS --admin   # prints an invitation link\n"
        f"  {command} doctor                                    # checks the set-up\n"
        f"  {command} serve                                     # listens on {founding.listen}{proxy and ';'}"
        f"{proxy}\n\n"
        f"keep a copy of {path.parent / 'data/instance.key'} apart from the database"
    )


@click.command()
@json_option
@click.pass_context
def upgrade(ctx: click.Context, as_json: bool) -> None:
    """Bring the database up to this version; safe to repeat."""
    config = settings(ctx)
    note("upgrading …")
    before, after = upgrade_database(config.database)
    text = f"already at {after}" if before == after else f"upgraded from {before or 'nothing'} to {after}"
    emit({"before": before, "after": after}, text, as_json=as_json)
