"""A small co-op for action tests: members, a motion, votes."""

from datetime import datetime, timedelta
from typing import Any

from fedcoop import wiring
from fedcoop.actions.ballots import cast_ballot
from fedcoop.actions.members import NewMember, add_member
from fedcoop.actions.motions import Draft, open_motion
from fedcoop.governance.ballots import Ballot
from fedcoop.governance.members import Member
from fedcoop.governance.motions import Channel, Motion
from fedcoop.queueing import TimerLoop
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
