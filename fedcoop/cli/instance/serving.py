"""`fedcoop serve` and `fedcoop worker`: the long-running processes."""

import asyncio
import importlib
import importlib.util
from collections.abc import Callable, Coroutine
from contextlib import suppress
from types import ModuleType
from typing import Any

import click

from fedcoop import logs
from fedcoop.app import serve as run_server
from fedcoop.app import work as run_loops
from fedcoop.config import Config, load

# uvloop is not made for Windows; plain asyncio does the same, slower
LOOP: ModuleType = importlib.import_module("uvloop") if importlib.util.find_spec("uvloop") else asyncio


@click.command()
@click.pass_context
def serve(ctx: click.Context) -> None:
    """Run pages, client API, federation and all loops; SIGTERM ends it in good order."""
    _run(ctx, run_server)


@click.command()
@click.pass_context
def worker(ctx: click.Context) -> None:
    """Run the loops only, on a further machine."""
    _run(ctx, run_loops)


def _run(ctx: click.Context, start: Callable[[Config], Coroutine[Any, Any, None]]) -> None:
    config = load(ctx.find_root().obj)
    logs.set_up(level=config.logging.level, style=config.logging.format)
    with suppress(KeyboardInterrupt):
        LOOP.run(start(config))
