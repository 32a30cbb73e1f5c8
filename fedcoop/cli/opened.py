"""An instance opened by a command, beside a running server or without one.

Commands write through the same units of work as every other door. What they leave to send is rows; the loops of the server find
them within a second. On SQLite the two processes wait for each other's transactions.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import click

from fedcoop import logs, wiring
from fedcoop.actions.instance.holding import refuse_held
from fedcoop.config import Config, load
from fedcoop.governance.members.member import Member
from fedcoop.governance.motions.motion import Motion
from fedcoop.kernel.clock import SystemClock
from fedcoop.kernel.errors import ConfigError, NotFound
from fedcoop.storage.database.engine import open_database
from fedcoop.storage.instance.vault import load_vault
from fedcoop.storage.unit_of_work import Site, UnitOfWork, Units
from fedcoop.urls import Urls

T = TypeVar("T")


def settings(ctx: click.Context) -> Config:
    """Return the settings that `--config` names, and log by them. Raises ConfigError."""
    path = ctx.find_root().obj
    assert isinstance(path, Path)
    config = load(path)
    logs.set_up(
        level="warning" if config.logging.level == "info" else config.logging.level, style=config.logging.format
    )
    return config


@asynccontextmanager
async def opened(config: Config, *, even_held: bool = False) -> AsyncIterator[Units]:
    """Open the instance's database for units of work, and close it after use. One that is held is read only (`restored`)."""
    site = Site(config=config, urls=Urls(config.instance.origin), vault=load_vault(config.instance.key_file))
    if config.database.is_sqlite and not config.database.sqlite_path.exists():
        raise ConfigError(
            "database-missing", f"{config.database.sqlite_path}: there is no database; run `fedcoop upgrade`"
        )
    database = open_database(config.database)
    await database.start()
    try:
        before = None if even_held else refuse_held
        yield Units(database, site=site, clock=SystemClock(), reactions=wiring.REACTIONS, before=before)
    finally:
        await database.close()


def with_units(ctx: click.Context, work: Callable[[Units], Awaitable[T]]) -> T:
    """Run `work` on the opened instance and return its value."""
    config = settings(ctx)

    async def run() -> T:
        async with opened(config) as units:
            return await work(units)

    return asyncio.run(run())


def member_named(uow: UnitOfWork, *, name: str) -> Member:
    """Return the member with this name. Raises NotFound."""
    found = uow.members.find_by_name(name.strip().lower())
    if found is None:
        raise NotFound("member-unknown", f"There is no member named {name}; `fedcoop member list` shows them.")
    return found


def motion_at(uow: UnitOfWork, *, url: str) -> Motion:
    """Return the motion with this URL or UUID. Raises NotFound."""
    text = url.strip().partition("#")[0].rstrip("/")
    found = uow.motions.find_by_url(text) or uow.motions.find_by_uuid(text.rpartition("/")[2])
    if found is None or ("/" in text and found.url != text):
        raise NotFound("motion-unknown", f"There is no motion {url} here.")
    return found
