"""A draw of people from announcement to taken places, on both makes of database (governance.md 12)."""

from datetime import timedelta
from typing import Any

import pytest

from fedcoop.actions.proof import sortitions
from fedcoop.actions.proof.sortitions import Call
from fedcoop.governance.members.member import Member
from fedcoop.governance.proof import sortition
from fedcoop.governance.proof.sortition import Sortition
from fedcoop.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from fedcoop.queries.motions.sortitions import SortitionView, sortition_view
from tests.actions.coop import audited, join, run_timers
from tests.conftest import Instance

NAMES = ("ada", "ben", "cy", "dee", "eli", "fay")


def call(instance: Instance, **changes: Any) -> Call:
    values = {"title": "Review board", "places": 2, "source": "Lottery", **changes}
    return Call(**{"value_at": instance.clock.now() + timedelta(days=1), **values})


async def announce(instance: Instance, by: Member | None, **changes: Any) -> Sortition:
    asked = call(instance, **changes)
    return await instance.units.write(sortitions.announce, by=None if by is None else by.id, call=asked)


async def drawn(instance: Instance, by: Member) -> Sortition:
    found = await announce(instance, by)
    instance.clock.advance(timedelta(days=1))
    return await instance.units.write(sortitions.draw, by=by.id, uuid=found.uuid, value="f3ab")


async def view(instance: Instance, found: Sortition) -> SortitionView:
    return await instance.units.read(sortition_view, uuid=found.uuid)


async def say(instance: Instance, by: Member | None, found: Sortition, name: str, *, accepts: bool) -> None:
    by_id = None if by is None else by.id
    await instance.units.write(sortitions.answer, by=by_id, uuid=found.uuid, name=name, accepts=accepts)


async def test_the_pool_is_that_of_the_announcement_and_the_order_that_of_the_value(instance: Instance) -> None:
    ada, *_ = await join(instance.units, *NAMES)
    found = await announce(instance, ada)
    await join(instance.units, "late", "later")
    instance.clock.advance(timedelta(days=1))
    await instance.units.write(sortitions.draw, by=ada.id, uuid=found.uuid, value="f3ab")
    again = await instance.units.read(lambda uow: uow.sortitions.get(found.uuid))
    assert [person.id for person in again.pool] == [f"https://alder.example/@{name}" for name in NAMES]
    assert again.roll_hash == found.roll_hash
    shown = await view(instance, found)
    assert [item.person for item in shown.invited] == [person.id for person in sortition.order(again)[:2]]
    for what in ("sortition-announced", "sortition-drawn"):
        (line,) = await audited(instance, what)
        assert line.who == f"member:{ada.id}"
    assert len(await audited(instance, "sortition-invited")) == 2


async def test_refusal_and_silence_invite_the_next_and_show_as_a_number(instance: Instance) -> None:
    members = {member.name: member for member in await join(instance.units, *NAMES)}
    found = await drawn(instance, members["ada"])
    first, second = [item.name for item in (await view(instance, found)).invited]
    await say(instance, members[first], found, first, accepts=False)
    shown = await view(instance, found)
    assert (len(shown.invited), shown.declined, shown.accepted) == (3, 1, 0)
    await say(instance, members["ada"], found, second, accepts=True)
    instance.clock.advance(timedelta(days=7))
    await run_timers(instance)
    shown = await view(instance, found)
    assert (len(shown.invited), shown.declined, shown.accepted) == (4, 2, 1)
    await instance.units.write(sortitions.silence, found.uuid)
    assert await instance.units.write(sortitions.invite_next, by=None, uuid=found.uuid) == ()
    assert len((await view(instance, found)).invited) == 4


async def test_answers_come_from_the_invited_once(instance: Instance) -> None:
    members = {member.name: member for member in await join(instance.units, *NAMES)}
    found = await drawn(instance, members["ada"])
    names = [item.name for item in (await view(instance, found)).invited]
    outsider = next(name for name in NAMES if name not in names and name != "ada")
    with pytest.raises(NotAllowed):
        await say(instance, members[outsider], found, names[0], accepts=False)
    with pytest.raises(NotFound) as absent:
        await say(instance, members[outsider], found, outsider, accepts=True)
    assert absent.value.code == "sortition-not-invited"
    await say(instance, None, found, names[0], accepts=True)
    with pytest.raises(Conflict) as twice:
        await say(instance, None, found, names[0], accepts=False)
    assert twice.value.code == "sortition-answered"


async def test_only_an_office_draws_and_only_what_was_announced(instance: Instance) -> None:
    ada, ben, *_ = await join(instance.units, *NAMES)
    found = await announce(instance, ada)
    for step in (
        lambda: announce(instance, ben),
        lambda: instance.units.write(sortitions.draw, by=ben.id, uuid=found.uuid, value="1"),
        lambda: instance.units.write(sortitions.invite_next, by=ben.id, uuid=found.uuid),
    ):
        with pytest.raises(NotAllowed):
            await step()
    with pytest.raises(Conflict) as early:
        await instance.units.write(sortitions.draw, by=ada.id, uuid=found.uuid, value="1")
    assert early.value.code == "sortition-early"
    with pytest.raises(Conflict) as undrawn:
        await instance.units.write(sortitions.invite_next, by=ada.id, uuid=found.uuid)
    assert undrawn.value.code == "sortition-undrawn"
    with pytest.raises(NotFound) as unknown:
        await instance.units.write(sortitions.draw, by=ada.id, uuid="nothing", value="1")
    assert unknown.value.code == "sortition-unknown"


async def test_classes_are_strata_or_limits(instance: Instance) -> None:
    ada, *_ = await join(instance.units, *NAMES)
    by_class = await announce(instance, ada, by_class=True, minima={"member": 1})
    assert [(item.name, item.size, item.minimum, item.places) for item in by_class.strata] == [("member", 6, 1, 2)]
    assert (await announce(instance, None, classes=("member",))).strata[0].name == ""
    with pytest.raises(Invalid) as unknown:
        await announce(instance, ada, classes=("workers",))
    assert unknown.value.code == "classes"
