"""Puts the cattle-grid peer together: tables, actors, broker, TLS front and control door."""

import asyncio
import json
import os
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import uvicorn
from cattle_control import Json, actors, control, received
from cattle_front import front, grid
from cattle_grid.account.account import add_actor_to_account, create_account
from cattle_grid.activity_pub.actor import create_actor
from cattle_grid.app import app_globals
from cattle_grid.app.router import create_broker
from cattle_grid.database.account import ActorForAccount
from cattle_grid.database.activity_pub import Base
from faststream.rabbit import RabbitQueue
from sqlalchemy import select
from sqlalchemy.ext.asyncio import create_async_engine

WORK = Path(os.environ["WORK_DIR"])
ORIGIN = f"https://{os.environ['DOMAIN']}"


async def _make_tables() -> None:
    engine = create_async_engine(f"sqlite+aiosqlite:///{WORK}/cattle.db")
    async with engine.begin() as connection:
        await connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        await connection.run_sync(Base.metadata.create_all)
    await engine.dispose()


async def _make_actors(names: list[str]) -> None:
    """Each name is an account with one actor that accepts followers; those of an earlier run are kept."""
    async with app_globals.async_session_maker() as session:  # type: ignore[misc]
        for name in names:
            known = await session.scalar(select(ActorForAccount).where(ActorForAccount.name == name))
            if known is None:
                account = await create_account(session, name, str(uuid4()))
                actor = await create_actor(
                    session,
                    f"{ORIGIN}/",
                    preferred_username=name,
                    profile={"type": "Person", "name": name.title()},
                    automatically_accept_followers=True,
                )
                await add_actor_to_account(session, account, actor, name=name)
                actors[name] = actor.actor_id
            else:
                actors[name] = known.actor


async def _record(message: Json) -> None:
    data = message["data"]["raw"]
    inner_object = data.get("object")
    first = inner_object if isinstance(inner_object, dict) else {}
    received.append(
        {
            "type": data.get("type"),
            "id": data.get("id"),
            "actor": data.get("actor"),
            "recipient": message["actor"],
            "objectType": first.get("type"),
            "objectId": first.get("id", inner_object if isinstance(inner_object, str) else None),
            "json": data,
        }
    )


class _Quiet(uvicorn.Server):
    def install_signal_handlers(self) -> None:
        """Signals end the process: nothing here outlives a test run."""


async def _until_started(server: uvicorn.Server, task: "asyncio.Task[None]") -> None:
    while not server.started:
        if task.done():
            await task
            raise SystemExit("a listener did not start")
        await asyncio.sleep(0.02)


async def _serve(app: Callable[..., Awaitable[None]], **options: Any) -> "asyncio.Task[None]":
    server = _Quiet(uvicorn.Config(app, log_level="warning", lifespan="off", **options))
    task = asyncio.create_task(server.serve())
    await _until_started(server, task)
    return task


async def main() -> None:
    """Serves until killed. Prints `ready` as JSON once both listeners answer."""
    await _make_tables()
    app_globals.broker = create_broker()
    app_globals.broker.subscriber(
        RabbitQueue("recorder", routing_key="incoming.#"), exchange=app_globals.activity_exchange
    )(_record)
    async with grid.router.lifespan_context(grid):
        await _make_actors(os.environ.get("ACTORS", "ben").split(","))
        tasks = [
            await _serve(
                front,
                host=os.environ["ADDRESS"],
                port=443,
                ssl_certfile=os.environ["TLS_CERT"],
                ssl_keyfile=os.environ["TLS_KEY"],
                ssl_version=ssl.PROTOCOL_TLS_SERVER,
            ),
            await _serve(control, host="127.0.0.1", port=int(os.environ["CONTROL_PORT"])),
        ]
        print(json.dumps({"ready": ORIGIN, "actors": actors}), flush=True)
        await asyncio.gather(*tasks)


def run() -> None:
    """Serves until killed."""
    asyncio.run(main())
