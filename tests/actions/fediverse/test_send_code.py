"""A member sends another co-op the code it gave: one direct Note from their own public profile, to nobody else."""

import json
import secrets

import pytest

from fedcoop.accounts.actor_keys import new_keys
from fedcoop.accounts.links import codes_in, new_code
from fedcoop.actions.fediverse.remote import SeenActor, remember_actor
from fedcoop.actions.instance.founding import open_member_actor
from fedcoop.actions.members.member import send_code
from fedcoop.kernel.errors import Conflict, Invalid, NotFound
from fedcoop.kernel.html import text_of_html
from fedcoop.storage import tables as t
from tests.actions.coop import join
from tests.conftest import Instance

THERE = "https://birch.example/actors/birch"
SEEN = SeenActor(
    THERE, "Organization", "birch", "Birch", "", THERE, f"{THERE}/inbox", "", "", "", {}, (), "birch@birch.example"
)


async def test_the_code_goes_as_a_direct_note_to_that_co_op_only(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    await instance.units.write(remember_actor, SEEN)
    code = new_code(secrets.token_bytes)
    with pytest.raises(Conflict) as none_yet:
        await instance.units.write(send_code, member_id=ada.id, recipient_uri=THERE, text=code)
    assert none_yet.value.code == "actor-missing"
    await instance.units.write(open_member_actor, member_id=ada.id, name="ada", keys=new_keys())
    for recipient, text, refusal, name in (
        (THERE, "no code at all", Invalid, "code-bad"),
        ("https://birch.example/actors/nobody", code, NotFound, "actor-unknown"),
        ("https://alder.example/actors/alder", code, NotFound, "actor-unknown"),
    ):
        with pytest.raises(refusal) as refused:
            await instance.units.write(send_code, member_id=ada.id, recipient_uri=recipient, text=text)
        assert refused.value.code == name
    before = await instance.units.read(lambda uow: list(uow.conn.execute(t.deliveries.select())))
    assert before == []
    await instance.units.write(send_code, member_id=ada.id, recipient_uri=THERE, text=f" {code.lower()} ")
    rows = await instance.units.read(lambda uow: list(uow.conn.execute(t.deliveries.select())))
    sent = await instance.units.read(lambda uow: list(uow.conn.execute(t.activities.select()))[-1])
    note = json.loads(sent.document)["object"]
    assert [row.inbox for row in rows] == [f"{THERE}/inbox"]
    assert (note["attributedTo"], note["to"]) == ("https://alder.example/actors/ada", [THERE])
    assert list(codes_in(text_of_html(note["content"]))) == [code.replace("-", "")]
