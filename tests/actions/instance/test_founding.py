"""Actors of ours: the founding done twice, members' own profiles, and keys that change without breaking anybody's trust."""

import json
from datetime import timedelta

import pytest

from fedcoop.actions.instance.founding import close_member_actor, found_instance, open_member_actor, rotate_keys
from fedcoop.actions.instance.upkeep import purge
from fedcoop.federation.delivery.worker import claim
from fedcoop.federation.signatures.keys import load_public
from fedcoop.federation.signatures.proofs import verify_proof
from fedcoop.kernel.errors import Conflict, FedcoopError, Invalid
from fedcoop.storage import tables as t
from fedcoop.storage.unit_of_work import UnitOfWork
from tests.actions.coop import ask, follow, join, know, made_keys, rows, run_timers, sent
from tests.conftest import Instance


def _keys(uow: UnitOfWork) -> dict[str, str]:
    return {key.algorithm: key.material for key in uow.actors.keys_of(uow.actors.local("alder").id)}


async def _rotate(instance: Instance, number: int) -> None:
    def rotate(uow: UnitOfWork) -> None:
        rotate_keys(uow, actor_id=uow.actors.local("alder").id, keys=made_keys(number))

    await instance.units.write(rotate)


async def _signers(instance: Instance) -> list[tuple[str, str]]:
    """What waits now: the type of each activity, and the public material of the RSA key that would sign it."""
    jobs, batch = await instance.units.write(claim, limit=50, busy=[])
    await instance.units.write(lambda uow: uow.queues.release_deliveries([job.id for job in jobs]))
    material = {key.key_id + str(key.secret): key.material for key in batch.keys.values()}
    found = []
    for job in jobs:
        key = batch.keys[job.activity_id]
        found.append((json.loads(batch.bodies[job.activity_id])["type"], material[key.key_id + str(key.secret)]))
    return found


async def test_founding_again_changes_nothing(instance: Instance) -> None:
    before = await rows(instance, t.actors), await rows(instance, t.actor_keys)
    await instance.units.write(found_instance)
    assert (await rows(instance, t.actors), await rows(instance, t.actor_keys)) == before
    assert sorted(row.name for row in before[0]) == ["alder", "instance.actor"]
    assert all(b"PRIVATE" not in row.secret for row in before[1])


async def test_the_update_that_tells_of_new_keys_is_signed_and_proven_with_the_old_ones(instance: Instance) -> None:
    await follow(instance, await know(instance, "zoe"))
    old = await instance.units.read(_keys)
    await _rotate(instance, 1)
    new = await instance.units.read(_keys)
    assert new == {key.algorithm: key.material for key in made_keys(1)}
    (update,) = await sent(instance, "Update")
    shown = update["object"]
    assert shown["publicKey"]["publicKeyPem"] == new["rsa"]
    assert old["rsa"] not in json.dumps(shown)
    assert verify_proof(update, load_public("ed25519", old["ed25519"]), None)
    assert not verify_proof(update, load_public("ed25519", new["ed25519"]), None)
    assert await _signers(instance) == [("Update", old["rsa"])]


async def test_what_is_said_after_a_rotation_is_signed_with_the_new_keys(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    await follow(instance, await know(instance, "zoe"))
    old = await instance.units.read(_keys)
    await _rotate(instance, 1)
    new = await instance.units.read(_keys)
    instance.clock.advance(timedelta(seconds=1))
    await ask(instance, ada)
    assert await _signers(instance) == [("Update", old["rsa"]), ("Create", new["rsa"])]
    (create,) = await sent(instance, "Create")
    assert verify_proof(create, load_public("ed25519", new["ed25519"]), None)


async def test_old_keys_sign_for_an_hour_and_are_then_destroyed(instance: Instance) -> None:
    await follow(instance, await know(instance, "zoe"))
    old = await instance.units.read(_keys)
    await _rotate(instance, 1)
    new = await instance.units.read(_keys)
    instance.clock.advance(timedelta(minutes=59, seconds=59))
    await instance.units.write(purge, "")
    assert await _signers(instance) == [("Update", old["rsa"])]
    instance.clock.advance(timedelta(seconds=1))
    assert await _signers(instance) == [("Update", new["rsa"])]
    await instance.units.write(purge, "")
    assert await rows(instance, t.retired_keys) == []


async def test_two_rotations_in_a_row_are_each_told_with_the_keys_that_were_known(instance: Instance) -> None:
    await follow(instance, await know(instance, "zoe"))
    first = await instance.units.read(_keys)
    await _rotate(instance, 1)
    second = await instance.units.read(_keys)
    instance.clock.advance(timedelta(minutes=1))
    await _rotate(instance, 2)
    one, two = await sent(instance, "Update")
    assert verify_proof(one, load_public("ed25519", first["ed25519"]), None)
    assert verify_proof(two, load_public("ed25519", second["ed25519"]), None)


async def test_outcomes_are_proven_with_the_present_key(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    await ask(instance, ada)
    instance.clock.advance(timedelta(days=8))
    await _rotate(instance, 1)
    instance.clock.advance(timedelta(seconds=1))
    await run_timers(instance)
    new = await instance.units.read(_keys)
    note = (await sent(instance, "Create"))[-1]["object"]
    assert verify_proof(note, load_public("ed25519", new["ed25519"]), None)


async def test_a_profile_needs_a_name_that_can_be_one(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    for name in ("", "Ada", "a b", ".ada", "ada-", "a..b", "a" * 65, "ada/x"):
        with pytest.raises(Invalid) as refused:
            await instance.units.write(open_member_actor, member_id=ada.id, name=name, keys=made_keys(1))
        assert refused.value.code == "name-bad", name
    await instance.units.write(open_member_actor, member_id=ada.id, name="ada.b-c_1", keys=made_keys(1))


async def test_a_profile_is_opened_once_closed_once_and_its_name_never_used_again(instance: Instance) -> None:
    ada, ben = await join(instance.units, "ada", "ben")
    opened = await instance.units.write(open_member_actor, member_id=ada.id, name="ada", keys=made_keys(1))
    for member, name, code in ((ada, "ada2", "actor-exists"), (ben, "ada", "actor-name-taken"), (ben, "alder", None)):
        with pytest.raises(Conflict) as refused:
            await instance.units.write(open_member_actor, member_id=member.id, name=name, keys=made_keys(2))
        assert refused.value.code == (code or "actor-name-taken")
    await instance.units.write(close_member_actor, member_id=ada.id)
    gone = await instance.units.read(lambda uow: uow.actors.get(opened.id))
    assert gone.gone_at is not None
    assert (await sent(instance, "Delete"))[0]["object"] == opened.uri
    for member in (ada, ben):
        with pytest.raises(FedcoopError) as taken:
            await instance.units.write(open_member_actor, member_id=member.id, name="ada", keys=made_keys(2))
        assert taken.value.code == "actor-name-taken"
    with pytest.raises(Conflict) as none:
        await instance.units.write(close_member_actor, member_id=ada.id)
    assert none.value.code == "actor-missing"
