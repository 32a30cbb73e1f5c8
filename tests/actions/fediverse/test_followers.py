"""Who may follow a member's public profile is the member's own word (federation.md 3.3, 8.4)."""

import pytest

from fedcoop.actions.fediverse import followers
from fedcoop.actions.fediverse.relations import receive_follow
from fedcoop.actions.instance.founding import open_member_actor
from fedcoop.kernel.errors import Refused
from fedcoop.kernel.ids import ActorId
from fedcoop.storage import tables as t
from fedcoop.storage.records import Actor
from fedcoop.storage.unit_of_work import UnitOfWork
from tests.actions.coop import audited, join, know, made_keys, rows, sent
from tests.conftest import Instance


async def ask(instance: Instance, follower: Actor, followee: Actor, number: int = 1) -> str:
    def run(uow: UnitOfWork) -> str:
        return receive_follow(
            uow, follower=follower, followee=followee, uri=f"{follower.uri}/follows/{number}", said_at=uow.now
        )

    return await instance.units.write(run)


async def states(instance: Instance) -> list[str]:
    return [row.state for row in await rows(instance, t.follows)]


async def test_a_request_waits_until_it_is_accepted_and_then_the_follower_is_told(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    mine = await instance.units.write(open_member_actor, member_id=ada.id, name="ada", keys=made_keys(1))
    zoe = await know(instance, "zoe")
    assert await ask(instance, zoe, mine) == "pending"
    assert await sent(instance) == []
    await instance.units.write(followers.answer_request, by=ada.id, follower_id=zoe.id, accepted=True)
    (accept,) = await sent(instance)
    assert (accept["type"], accept["actor"], accept["to"]) == ("Accept", mine.uri, [zoe.uri])
    assert accept["object"]["id"] == f"{zoe.uri}/follows/1"
    assert await states(instance) == ["accepted"]
    assert await ask(instance, zoe, mine, 2) == "accepted", "a repeated Follow is accepted again"
    await instance.units.write(followers.remove_follower, by=ada.id, follower_id=zoe.id)
    assert (await sent(instance))[-1]["type"] == "Reject"
    assert await states(instance) == []


async def test_a_refused_request_is_forgotten_and_may_come_again(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    mine = await instance.units.write(open_member_actor, member_id=ada.id, name="ada", keys=made_keys(1))
    zoe = await know(instance, "zoe")
    await ask(instance, zoe, mine)
    await instance.units.write(followers.answer_request, by=ada.id, follower_id=zoe.id, accepted=False)
    assert [activity["type"] for activity in await sent(instance)] == ["Reject"]
    assert await states(instance) == []
    assert await ask(instance, zoe, mine, 2) == "pending"


async def test_what_cannot_be_answered_is_refused_by_code_and_tells_nobody(instance: Instance) -> None:
    ada, ben = await join(instance.units, "ada", "ben")
    mine = await instance.units.write(open_member_actor, member_id=ada.id, name="ada", keys=made_keys(1))
    zoe, yan = await know(instance, "zoe"), await know(instance, "yan")
    await ask(instance, zoe, mine)
    await instance.units.write(followers.answer_request, by=ada.id, follower_id=zoe.id, accepted=True)
    told = len(await sent(instance))
    for by, follower, code in (
        (ada, zoe.id, "follow-settled"),
        (ada, yan.id, "follow-unknown"),
        (ada, ActorId(1), "follow-unknown"),
        (ben, zoe.id, "actor-missing"),
    ):
        with pytest.raises(Refused) as refused:
            await instance.units.write(followers.answer_request, by=by.id, follower_id=follower, accepted=True)
        assert refused.value.code == code
    with pytest.raises(Refused):
        await instance.units.write(followers.remove_follower, by=ben.id, follower_id=zoe.id)
    assert len(await sent(instance)) == told
    assert await states(instance) == ["accepted"]


async def test_requests_that_were_never_answered_are_few_from_one_server(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(followers, "MOST_OF_ORIGIN", 2)
    (ada,) = await join(instance.units, "ada")
    mine = await instance.units.write(open_member_actor, member_id=ada.id, name="ada", keys=made_keys(1))
    asking = [await know(instance, f"z{number}") for number in range(4)]
    for actor in asking:
        await ask(instance, actor, mine)
    await ask(instance, await know(instance, "xia", host="other.example"), mine)
    kept = {row.follower_id for row in await rows(instance, t.follows)}
    assert kept >= {actor.id for actor in asking[2:]}
    assert len(kept) == 3
    assert len(await audited(instance, "follow-requests-dropped")) == 2
