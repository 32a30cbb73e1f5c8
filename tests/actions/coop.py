"""A small co-op for action tests: members, a motion, votes, accounts elsewhere, what is queued for them."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Table, select

from fedcoop import wiring
from fedcoop.accounts.actor_keys import NewKey, new_keys
from fedcoop.actions.fediverse.remote import SeenActor, SeenKey, remember_actor
from fedcoop.actions.members.member import NewMember, add_member
from fedcoop.actions.motions.ballots import cast_ballot
from fedcoop.actions.motions.motion import Draft, open_motion
from fedcoop.governance.members.member import Member
from fedcoop.governance.motions.ballots import Ballot
from fedcoop.governance.motions.motion import Channel, Motion
from fedcoop.queueing import TimerLoop
from fedcoop.storage import tables as t
from fedcoop.storage.records import Actor, Follow
from fedcoop.storage.unit_of_work import UnitOfWork, Units
from tests.conftest import Instance


def _add(uow: UnitOfWork, name: str, *, is_admin: bool) -> Member:
    return add_member(uow, new=NewMember(name, f"{name}@example.org", name.title(), is_admin=is_admin), who="test")[0]


async def join(units: Units, *names: str) -> list[Member]:
    """Members with these names; the first is an admin."""
    return [await units.write(_add, name, is_admin=number == 0) for number, name in enumerate(names)]


async def ask(instance: Instance, by: Member, *, days: float = 7, **changes: Any) -> Motion:
    """An open resolution."""
    settings = changes.pop("settings", {})
    draft = Draft(
        title=changes.pop("title", "Buy a second oven"),
        body=changes.pop("body", "From reserves."),
        method=changes.pop("method", "resolution"),
        closes_at=instance.clock.now() + timedelta(days=days),
        settings=settings,
        **changes,
    )
    return await instance.units.write(open_motion, by=by.id, draft=draft)


async def vote(
    instance: Instance, voter: Member, motion: Motion, *choice: str, at: datetime | None = None, **more: Any
) -> Ballot:
    """A ballot from the web."""
    now = at or instance.clock.now()
    values = {"channel": Channel.WEB, "cast_at": now, "received_at": now, **more}
    return await instance.units.write(cast_ballot, voter=voter.id, motion_id=motion.id, choice=choice, **values)


async def run_timers(instance: Instance) -> None:
    """Everything that is due fires, until nothing is."""
    loop = TimerLoop(instance.units, wiring.TIMERS, wiring.LONG_TIMERS)
    while await loop.run_once():
        continue


def seen(name: str, *, host: str = "far.example", keys: Sequence[str] = ("pem",), **changes: Any) -> SeenActor:
    """An actor of another server, as its document shows it."""
    uri = f"https://{host}/users/{name}"
    values = {
        "uri": uri,
        "kind": "Person",
        "name": name,
        "display_name": name.title(),
        "summary": "",
        "url": uri,
        "inbox": f"{uri}/inbox",
        "shared_inbox": "",
        "followers": f"{uri}/followers",
        "moved_to": "",
        "document": {},
        "keys": tuple(SeenKey(f"{uri}#{number}", "rsa", text) for number, text in enumerate(keys)),
        "handle": f"{name}@{host}",
    }
    return SeenActor(**{**values, **changes})


async def know(instance: Instance, name: str, **changes: Any) -> Actor:
    """An actor of another server that is known here."""
    return await instance.units.write(remember_actor, seen(name, **changes))


async def follow(instance: Instance, follower: Actor) -> None:
    """The remote actor follows the co-op."""

    def put(uow: UnitOfWork) -> None:
        coop = uow.actors.local("alder")
        uow.actors.put_follow(Follow(uow.new_id(), follower.id, coop.id, f"{follower.uri}#follow", "accepted", uow.now))

    await instance.units.write(put)


async def rows(instance: Instance, table: Table) -> list[Any]:
    """All rows of a table in order of their key."""
    return await instance.units.read(
        lambda uow: list(uow.conn.execute(select(table).order_by(*table.primary_key.columns)))
    )


async def sent(instance: Instance, type_: str = "") -> list[dict[str, Any]]:
    """The activities that were made so far, of one type or all."""
    found = [json.loads(row.document) for row in await rows(instance, t.activities)]
    return [activity for activity in found if type_ in ("", activity["type"])]


async def audited(instance: Instance, what: str) -> list[Any]:
    """The lines of the audit log of this kind."""
    return [row for row in await rows(instance, t.audit_log) if row.what == what]


@cache
def made_keys(number: int) -> tuple[NewKey, NewKey]:
    """Key pairs, made once: RSA takes its time."""
    return new_keys()
