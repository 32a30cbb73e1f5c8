"""Commitments to the lot of a vote that a proposal comes to: taken while it is discussed, moved into its log at the opening."""

import json
from typing import Any

import pytest

from fedcoop.actions.motions import lots
from fedcoop.governance.motions.lot_order import commitment
from fedcoop.governance.motions.motion import MotionState
from fedcoop.kernel.errors import FedcoopError, MotionRefused
from fedcoop.storage import tables as t
from tests.actions.coop import join, rows, vote
from tests.actions.drafting import DAY, discussed, drafted, frozen, later
from tests.conftest import Instance

VALUES = {"ada": "6f" * 16, "ben": "a1" * 16}
BREADS: dict[str, Any] = {
    "method": "approval",
    "options": ("Rye", "Wheat"),
    "settings": {"scrutineers": "ada, ben"},
}


async def test_promises_become_commitments_of_the_vote_and_make_its_lot(instance: Instance) -> None:
    ada, ben, *_ = await join(instance.units, "ada", "ben", "cy")
    members = {"ada": ada, "ben": ben}
    proposal = await frozen(instance, ada, **BREADS)
    for name, value in VALUES.items():
        for text in ("00" * 16, value):
            await instance.units.write(
                lots.promise, by=members[name].id, uuid=proposal.uuid, commitment=commitment(text)
            )
    await later(instance, 2 * DAY)
    (row,) = await rows(instance, t.motions)
    motion = await instance.units.read(lambda uow: uow.motions.get(row.id))
    log = [json.loads(item.entry) for item in await rows(instance, t.log_entries)]
    assert [entry["type"] for entry in log] == ["open", "lot-commit", "lot-commit"]
    assert [entry["commit"] for entry in log[1:]] == [commitment(value) for value in VALUES.values()]
    assert await rows(instance, t.lot_promises) == []
    with pytest.raises(MotionRefused) as late:
        await instance.units.write(lots.promise, by=ada.id, uuid=proposal.uuid, commitment=commitment(VALUES["ada"]))
    assert late.value.code == "lot-late"
    for member, option in ((ada, motion.options[0]), (ben, motion.options[1])):
        await vote(instance, member, motion, option.key)
    await later(instance, 8 * DAY)
    for name, value in VALUES.items():
        await instance.units.write(lots.reveal, by=members[name].id, motion_id=motion.id, value=value)
    await later(instance, 0 * DAY)
    decided = await instance.units.read(lambda uow: uow.motions.get(motion.id))
    assert decided.state is MotionState.DECIDED
    outcome = await instance.units.read(lambda uow: uow.motions.outcome_of(motion.id))
    assert outcome is not None
    assert "The lot chose" in str(outcome.outcome)
    assert "weak_lot" not in str(outcome.outcome)


async def test_only_named_scrutineers_commit_and_not_to_a_draft(instance: Instance) -> None:
    ada, _, cy = await join(instance.units, "ada", "ben", "cy")
    draft = await drafted(instance, ada, **BREADS)
    proposal, plain = await discussed(instance, ada, **BREADS), await discussed(instance, ada)

    async def refused(by: Any, uuid: str, text: str) -> str:
        with pytest.raises(FedcoopError) as error:
            await instance.units.write(lots.promise, by=by.id, uuid=uuid, commitment=text)
        return error.value.code

    right = commitment(VALUES["ada"])
    await instance.units.write(lots.promise, by=ada.id, uuid=proposal.uuid, commitment=right)
    assert await refused(ada, draft.uuid, right) == "proposal-unknown"
    assert await refused(ada, "nothing", right) == "proposal-unknown"
    assert await refused(cy, proposal.uuid, right) == "lot-not-scrutineer"
    assert await refused(ada, plain.uuid, right) == "lot-not-scrutineer"
    assert await refused(ada, proposal.uuid, VALUES["ada"]) == "lot-form"
