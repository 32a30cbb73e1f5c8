"""`fedcoop peer`: whom the co-op follows, calls a partner, or blocks."""

import asyncio
from typing import Any

import click

from fedcoop.actions.fediverse import peers as actions
from fedcoop.app import open_remote
from fedcoop.cli.opened import opened, settings, with_units
from fedcoop.cli.output import emit, json_option, table
from fedcoop.kernel.errors import NotFound
from fedcoop.storage.unit_of_work import UnitOfWork

OPERATOR = "operator"


@click.group()
def peer() -> None:
    """Keep relations with other servers."""


@peer.command()
@click.argument("handle")
@json_option
@click.pass_context
def follow(ctx: click.Context, handle: str, as_json: bool) -> None:
    """Follow a co-op: @name@host, or a link to its profile or a post."""
    uri, state = _with_actor(ctx, handle, lambda uow, uri: actions.follow(uow, actor_uri=uri, who=OPERATOR).state)
    emit({"actor": uri, "state": state}, f"{uri}: {state}", as_json=as_json)


@peer.command()
@click.argument("handle")
@json_option
@click.pass_context
def partner(ctx: click.Context, handle: str, as_json: bool) -> None:
    """Confirm a co-op as a partner: @name@host, or a link to its profile or a post."""
    uri, _ = _with_actor(ctx, handle, lambda uow, uri: actions.partner(uow, actor_uri=uri, who=OPERATOR))
    emit({"actor": uri, "state": "partner"}, f"{uri}: partner", as_json=as_json)


def _with_actor(ctx: click.Context, handle: str, act: Any) -> tuple[str, Any]:
    config = settings(ctx)

    async def run() -> tuple[str, Any]:
        async with opened(config) as units:
            async with open_remote(config, units) as fediverse:
                actor = await fediverse.look_up(handle)
            return actor.uri, await units.write(act, actor.uri)

    return asyncio.run(run())


@peer.command()
@click.argument("target", metavar="HANDLE")
@click.option("--reason", default="")
@json_option
@click.pass_context
def block(ctx: click.Context, target: str, reason: str, as_json: bool) -> None:
    """Block a server (host or origin) or one account (handle, page or id): nothing comes in, nothing goes out."""
    with_units(ctx, lambda units: units.write(actions.block, target=target, reason=reason, who=OPERATOR))
    emit({"target": target, "blocked": True}, f"{target} is blocked", as_json=as_json)


@peer.command()
@click.argument("target", metavar="HANDLE")
@json_option
@click.pass_context
def unblock(ctx: click.Context, target: str, as_json: bool) -> None:
    """Lift a block."""
    lifted = with_units(ctx, lambda units: units.write(actions.unblock, target=target, who=OPERATOR))
    if not lifted:
        raise NotFound("block-unknown", f"{target} is not blocked.")
    emit({"target": target, "blocked": False}, f"{target} is no longer blocked", as_json=as_json)


@peer.command("list")
@json_option
@click.pass_context
def list_(ctx: click.Context, as_json: bool) -> None:
    """Show whom we follow, how many follow us, partners and blocks."""
    found = with_units(ctx, lambda units: units.read(_relations))
    rows = [(row["actor"], "following", row["state"]) for row in found["following"]]
    rows += [(row["actor"], "peer", row["state"]) for row in found["peers"]]
    rows += [(row["target"], "blocked", row["kind"]) for row in found["blocked"]]
    emit(found, f"{found['followers']} followers\n{table(rows)}", as_json=as_json)


def _relations(uow: UnitOfWork) -> dict[str, Any]:
    coop = uow.actors.local(uow.site.coop_name)
    return {
        "followers": uow.actors.count_followers(coop.id),
        "following": [
            {"actor": actor.uri, "handle": actor.handle, "state": follow.state}
            for follow, actor in uow.actors.follows_of(coop.id)
        ],
        "peers": [{"actor": actor.uri, "handle": actor.handle, "state": state} for actor, state in uow.actors.peers()],
        "blocked": [{"target": target, "kind": kind} for target, kind in uow.actors.blocked()],
    }
