"""Linking an account elsewhere to a membership: code, proof, confirmation, limits, unlinking and freezing (federation.md 14)."""

from datetime import timedelta
from typing import Any

import pytest

from fedcoop.accounts.links import normal_code
from fedcoop.actions.fediverse.remote import remember_actor
from fedcoop.actions.members.member import (
    cancel_link,
    code_of,
    confirm_link,
    end_membership,
    freeze_links,
    link_by_operator,
    prove_link,
    start_link,
    unlink,
)
from fedcoop.governance.members.member import Member
from fedcoop.kernel.errors import Conflict, NotFound
from fedcoop.storage import tables as t
from fedcoop.storage.instance.vault import token_hash
from fedcoop.storage.records import Actor
from tests.actions.coop import ask, audited, join, know, rows, seen, sent, vote
from tests.conftest import Instance


async def start(instance: Instance, member: Member, actor: Actor) -> str:
    challenge = await instance.units.write(
        start_link, member_id=member.id, handle=actor.handle or actor.name, actor_uri=actor.uri
    )
    return await instance.units.read(code_of, challenge)


async def prove(instance: Instance, text: str, actor: Actor) -> bool:
    return await instance.units.write(prove_link, text=text, actor=actor)


async def link(instance: Instance, member: Member, actor: Actor) -> Any:
    assert await prove(instance, await start(instance, member, actor), actor)
    return await instance.units.write(confirm_link, member_id=member.id)


async def refused(instance: Instance, action: Any, **values: Any) -> str:
    with pytest.raises((Conflict, NotFound)) as error:
        await instance.units.write(action, **values)
    return error.value.code


async def states(instance: Instance) -> list[tuple[str, str]]:
    return [(row.state, row.reason) for row in await rows(instance, t.links)]


async def test_code_then_message_then_confirmation_link_an_account(instance: Instance) -> None:
    (ada,), zoe = await join(instance.units, "ada"), await know(instance, "zoe")
    code = await start(instance, ada, zoe)
    (row,) = await rows(instance, t.link_challenges)
    assert row.code_hash == token_hash(normal_code(code))
    assert code.encode() not in row.code_secret
    assert await refused(instance, confirm_link, member_id=ada.id) == "link-unproven"
    assert await states(instance) == []
    assert await prove(instance, f"@alder@alder.example {code}", zoe)
    assert await states(instance) == []
    made = await instance.units.write(confirm_link, member_id=ada.id)
    assert (made.state, made.handle, made.actor_id) == ("active", "zoe@far.example", zoe.id)
    assert await rows(instance, t.link_challenges) == []
    voter = await instance.units.read(lambda uow: uow.members.voter(zoe.uri))
    assert voter is not None
    assert voter.member_id == ada.id
    told = [a for a in await sent(instance, "Create") if a["to"] == [zoe.uri]]
    assert len(told) == 2
    assert all("Public" not in str(a["object"].get("cc", "")) + str(a["to"]) for a in told)
    assert "linked to a membership" in told[1]["object"]["content"]
    assert await refused(instance, confirm_link, member_id=ada.id) == "link-unproven"


async def test_only_the_named_account_proves_and_others_learn_nothing(instance: Instance) -> None:
    (ada,), zoe, eve = await join(instance.units, "ada"), await know(instance, "zoe"), await know(instance, "eve")
    code = await start(instance, ada, zoe)
    assert not await prove(instance, code, eve)
    assert await refused(instance, confirm_link, member_id=ada.id) == "link-unproven"
    assert list(await sent(instance, "Create")) == []
    assert [line.details["code"] for line in await audited(instance, "link-refused")] == ["other-actor"]
    assert await prove(instance, code, zoe)
    assert not await prove(instance, code, zoe)
    assert not await prove(instance, code, eve)
    assert len(await audited(instance, "link-proven")) == 1


async def test_a_code_lasts_fifteen_minutes_and_a_new_one_ends_the_old(instance: Instance) -> None:
    (ada,), zoe = await join(instance.units, "ada"), await know(instance, "zoe")
    first = await start(instance, ada, zoe)
    second = await start(instance, ada, zoe)
    assert first != second
    assert not await prove(instance, first, zoe)
    instance.clock.advance(timedelta(minutes=15))
    at_the_last_moment = await instance.units.read(lambda uow: uow.members.challenge_of(ada.id))
    assert at_the_last_moment is not None
    assert at_the_last_moment.expires_at == instance.clock.now()
    instance.clock.advance(timedelta(microseconds=1))
    assert not await prove(instance, second, zoe)
    assert await refused(instance, confirm_link, member_id=ada.id) == "link-unproven"
    third = await start(instance, ada, zoe)
    instance.clock.advance(timedelta(minutes=15))
    assert await prove(instance, third, zoe)


async def test_a_cancelled_code_proves_nothing(instance: Instance) -> None:
    (ada,), zoe = await join(instance.units, "ada"), await know(instance, "zoe")
    code = await start(instance, ada, zoe)
    await instance.units.write(cancel_link, member_id=ada.id)
    assert not await prove(instance, code, zoe)


async def test_one_account_belongs_to_one_membership(instance: Instance) -> None:
    (ada, ben), zoe = await join(instance.units, "ada", "ben"), await know(instance, "zoe")
    waiting = await start(instance, ben, zoe)
    made = await link(instance, ada, zoe)
    assert await prove(instance, waiting, zoe)
    assert await refused(instance, confirm_link, member_id=ben.id) == "link-taken"
    values = {"member_id": ben.id, "handle": zoe.handle, "actor_uri": zoe.uri}
    assert await refused(instance, start_link, **values) == "link-taken"
    assert await refused(instance, link_by_operator, member_id=ben.id, actor=zoe, handle="") == "link-taken"
    again = await link(instance, ada, zoe)
    assert again.id == made.id
    assert len(await rows(instance, t.links)) == 1
    await instance.units.write(unlink, member_id=ada.id, link_id=made.id)
    assert (await link(instance, ben, zoe)).member_id == ben.id


async def test_a_membership_has_three_accounts_at_most_and_still_one_ballot(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    actors = [await know(instance, f"z{number}") for number in range(4)]
    links = [await link(instance, ada, actor) for actor in actors[:3]]
    values = {"member_id": ada.id, "handle": actors[3].handle, "actor_uri": actors[3].uri}
    assert await refused(instance, start_link, **values) == "link-limit"
    assert await refused(instance, link_by_operator, member_id=ada.id, actor=actors[3], handle="") == "link-limit"
    motion = await ask(instance, ada)
    for actor in actors[:3]:
        await vote(instance, ada, motion, "for", actor_id=actor.id)
    assert len(await rows(instance, t.ballots)) == 1
    await instance.units.write(unlink, member_id=ada.id, link_id=links[0].id)
    await link(instance, ada, actors[3])


async def test_a_limit_reached_while_the_code_was_under_way_still_holds(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    actors = [await know(instance, f"z{number}") for number in range(4)]
    code = await start(instance, ada, actors[3])
    for actor in actors[:3]:
        await instance.units.write(link_by_operator, member_id=ada.id, actor=actor, handle=actor.handle)
    assert await prove(instance, code, actors[3])
    assert await refused(instance, confirm_link, member_id=ada.id) == "link-limit"


async def test_a_link_is_removed_by_its_member_only_and_ballots_stay(instance: Instance) -> None:
    (ada, ben), zoe = await join(instance.units, "ada", "ben"), await know(instance, "zoe")
    made = await link(instance, ada, zoe)
    motion = await ask(instance, ada)
    await vote(instance, ada, motion, "for", actor_id=zoe.id)
    assert await refused(instance, unlink, member_id=ben.id, link_id=made.id) == "link-unknown"
    assert await refused(instance, unlink, member_id=ada.id, link_id=made.id + 1) == "link-unknown"
    await instance.units.write(unlink, member_id=ada.id, link_id=made.id)
    assert await states(instance) == []
    assert len(await rows(instance, t.ballots)) == 1


async def test_the_end_of_a_membership_freezes_its_links_and_ends_its_sessions(instance: Instance) -> None:
    (ada, ben), zoe, yan = (
        await join(instance.units, "ada", "ben"),
        await know(instance, "zoe"),
        await know(instance, "yan"),
    )
    await link(instance, ada, zoe)
    await link(instance, ben, yan)
    await instance.units.write(end_membership, member_id=ada.id, who="test", reason="moved away")
    assert await states(instance) == [("frozen", "membership-ended"), ("active", "")]
    assert await refused(instance, end_membership, member_id=ada.id, who="test", reason="again") == "member-left"


CHANGES: list[tuple[dict[str, Any], str]] = [
    ({"keys": ("another",)}, "keys-changed"),
    ({"keys": ()}, "keys-changed"),
    ({"keys": ("pem", "one-more")}, ""),
    ({"keys": ("one-more", "pem")}, ""),
    ({"keys": (" p e\r\nm\n",)}, ""),
    ({"inbox": "https://elsewhere.example/inbox"}, "inbox-moved"),
    ({"handle": "zoe@new.example"}, "handle-moved"),
    ({"display_name": "Another name"}, ""),
    ({"inbox": "https://far.example/users/zoe/in"}, ""),
    ({"inbox": "https://FAR.example.:443/users/zoe/in"}, ""),
    ({"handle": ""}, ""),
    ({"handle": "zoe@Far.Example"}, ""),
    ({"handle": "", "document": {"webfinger": "zoe@new.example"}}, "handle-moved"),
    ({"handle": "", "document": {"webfinger": "zoe@far.example"}}, ""),
]


async def test_links_freeze_when_the_account_may_be_anothers(instance: Instance) -> None:
    (ada,), zoe = await join(instance.units, "ada"), await know(instance, "zoe")
    for changes, reason in CHANGES:
        await instance.units.write(remember_actor, seen("zoe"))
        await link(instance, ada, zoe)
        assert await states(instance) == [("active", "")]
        await instance.units.write(remember_actor, seen("zoe", **changes))
        assert await states(instance) == [("frozen", reason) if reason else ("active", "")], changes


async def test_new_keys_told_by_a_known_key_freeze_nothing(instance: Instance) -> None:
    (ada,), zoe = await join(instance.units, "ada"), await know(instance, "zoe")
    await link(instance, ada, zoe)
    await instance.units.write(remember_actor, seen("zoe", keys=("another",)), vouched=True)
    assert await states(instance) == [("active", "")]
    await instance.units.write(freeze_links, actor_ids=[], reason="nobody")
    await instance.units.write(freeze_links, actor_ids=[zoe.id], reason="origin-blocked")
    await instance.units.write(freeze_links, actor_ids=[zoe.id], reason="twice")
    assert await states(instance) == [("frozen", "origin-blocked")]
    assert len(await audited(instance, "links-frozen")) == 1


async def test_an_account_that_was_gone_and_came_back_is_frozen(instance: Instance) -> None:
    (ada,), zoe = await join(instance.units, "ada"), await know(instance, "zoe")
    await link(instance, ada, zoe)
    await instance.units.write(lambda uow: uow.actors.mark_gone(zoe.id, uow.now))
    await know(instance, "zoe")
    assert await states(instance) == [("frozen", "came-back")]
