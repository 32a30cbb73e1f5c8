"""Annulled by petition, called again, spelling fixes beside a text that nothing changes (governance.md 2)."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from fedcoop.actions.follow_ups.errata import add_erratum
from fedcoop.actions.follow_ups.petitions import Again, find_on_petition, rerun, sign_petition
from fedcoop.actions.motions.motion import annul_motion, extend_motion
from fedcoop.governance.follow_ups.petitions import ANNUL, PetitionState
from fedcoop.governance.motions import lifecycle
from fedcoop.governance.motions.motion import MotionState
from fedcoop.governance.proposals.proposal import ProposalState
from fedcoop.kernel.errors import FedcoopError
from fedcoop.storage.unit_of_work import UnitOfWork
from tests.actions.coop import ask, audited, follow, join, know, run_timers, sent, vote
from tests.conftest import Instance

NAMES = ("ada", "ben", "cy", *(f"m{n}" for n in range(9)))  # 12 members: a petition needs 2


async def refused(instance: Instance, action, **values) -> str:  # type: ignore[no-untyped-def]
    with pytest.raises(FedcoopError) as error:
        await instance.units.write(action, **values)
    return error.value.code


async def test_a_petition_of_a_tenth_is_upheld_and_annuls(instance: Instance) -> None:
    ada, ben, cy, *_ = await join(instance.units, *NAMES)
    motion = await ask(instance, ben)
    (late,) = await join(instance.units, "late")
    await vote(instance, cy, motion, "for")
    on = {"motion_id": motion.id}
    assert await refused(instance, sign_petition, by=ben.id, **on, reason=" ") == "reason"
    assert await refused(instance, sign_petition, by=late.id, **on, reason="Wrong roll.") == "off-roll"
    assert await refused(instance, find_on_petition, by=ada.id, **on, upheld=True, reason="So.") == "petition-state"
    assert await instance.units.write(sign_petition, by=ben.id, **on, reason="Two classes were left out.") == 1
    assert await refused(instance, sign_petition, by=ben.id, **on, reason="Again.") == "petition-signed"
    early = await refused(instance, find_on_petition, by=ada.id, **on, upheld=True, reason="So.")
    assert early == "petition-signatures"
    assert await instance.units.write(sign_petition, by=cy.id, **on, reason="") == 2
    assert await refused(instance, find_on_petition, by=ben.id, **on, upheld=True, reason="So.") == "not-an-office"
    assert await refused(instance, find_on_petition, by=ada.id, **on, upheld=True, reason=" ") == "reason"
    await instance.units.write(find_on_petition, by=ada.id, **on, upheld=True, reason="The roll was wrong.")
    found = await instance.units.read(
        lambda uow: (
            uow.motions.get(motion.id).state,
            uow.motions.get_proposal(motion.proposal_id).state,
            uow.motions.count_ballots(motion.id),
            uow.deciding.petition(motion.id, ANNUL),
        )
    )
    assert found[:3] == (MotionState.ANNULLED, ProposalState.ANNULLED, 1)
    assert found[3] is not None
    assert (found[3].state, found[3].finding) == (PetitionState.UPHELD, "The roll was wrong.")
    assert [row.reason for row in await audited(instance, "motion-annulled")] == ["The roll was wrong."]
    assert await refused(instance, sign_petition, by=ada.id, **on, reason="Me too.") == "motion-state"


async def test_a_rejected_petition_leaves_the_vote_and_takes_no_more_signatures(instance: Instance) -> None:
    ada, ben, cy, dee, *_ = await join(instance.units, *NAMES)
    motion = await ask(instance, ben)
    for member in (ben, cy):
        await instance.units.write(sign_petition, by=member.id, motion_id=motion.id, reason="Too short.")
    finding = {"motion_id": motion.id, "upheld": False, "reason": "Seven days are the rule."}
    await instance.units.write(find_on_petition, by=ada.id, **finding)
    assert (await instance.units.read(lambda uow: uow.motions.get(motion.id))).state is MotionState.OPEN
    assert await refused(instance, find_on_petition, by=ada.id, **finding) == "petition-state"
    assert await refused(instance, sign_petition, by=dee.id, motion_id=motion.id, reason="So.") == "petition-state"


async def test_an_annulled_vote_is_called_again_once_on_a_new_proposal_that_names_it(instance: Instance) -> None:
    ada, ben, *_ = await join(instance.units, *NAMES)
    follower = await know(instance, "fay")
    await follow(instance, follower)
    motion = await ask(instance, ben, settings={"threshold": "2/3", "reasons": "required"})
    closes = instance.clock.now() + timedelta(days=5)
    again = {"motion_id": motion.id, "again": Again(closes_at=closes, settings={"threshold": "3/4"})}
    assert await refused(instance, rerun, by=ben.id, **again) == "rerun-state"
    await instance.units.write(sign_petition, by=ben.id, motion_id=motion.id, reason="Wrong threshold.")
    await instance.units.write(sign_petition, by=ada.id, motion_id=motion.id, reason="")
    await instance.units.write(find_on_petition, by=ada.id, motion_id=motion.id, upheld=True, reason="It was.")
    cy = await instance.units.read(lambda uow: uow.members.find_by_name("cy"))
    assert cy is not None
    assert await refused(instance, rerun, by=cy.id, **again) == "not-an-office"
    wrong = Again(closes_at=closes, settings={"nonsense": "1"})
    assert await refused(instance, rerun, by=ben.id, motion_id=motion.id, again=wrong) == "nonsense"
    new = await instance.units.write(rerun, by=ben.id, **again)
    assert (new.state, new.reruns, new.title, new.body) == (MotionState.OPEN, motion.id, motion.title, motion.body)
    assert new.proposal_id != motion.proposal_id
    assert str(new.settings.threshold.share) == "3/4"
    assert replace(new.settings, threshold=motion.settings.threshold) == motion.settings
    assert new.closes_at == closes
    assert await refused(instance, rerun, by=ben.id, **again) == "rerun-exists"
    objects = [activity["object"] for activity in await sent(instance, "Create")]
    told = [found["content"] for found in objects if found.get("inReplyTo") == motion.url]
    assert any("Called again as a new vote" in content and new.url in content for content in told)
    node = next(found["coop:motion"] for found in objects if found["id"] == new.url)
    assert node["coop:supersedes"] == motion.url
    await vote(instance, ada, new, "for", reason="Still yes.")


async def test_a_spelling_fix_stands_beside_the_text_and_changes_nothing(instance: Instance) -> None:
    ada, ben, *_ = await join(instance.units, *NAMES)
    motion = await ask(instance, ben, body="We buy the ofen from reserves.")
    objects = [activity["object"] for activity in await sent(instance, "Create")]
    on = {"motion_id": motion.id}
    assert await refused(instance, add_erratum, by=ada.id, **on, was="the boat", reads="the oven") == "erratum-was"
    assert await refused(instance, add_erratum, by=ada.id, **on, was="ofen", reads="ofen") == "erratum-reads"
    other = await instance.units.read(lambda uow: uow.members.find_by_name("cy"))
    assert other is not None
    assert await refused(instance, add_erratum, by=other.id, **on, was="ofen", reads="oven") == "not-an-office"
    await instance.units.write(add_erratum, by=ben.id, **on, was="ofen", reads="oven")
    found = await instance.units.read(lambda uow: (uow.motions.get(motion.id), uow.deciding.errata(motion.id)))
    assert (found[0].body, found[0].text_hash) == (motion.body, motion.text_hash)
    assert [(item.was, item.reads) for item in found[1]] == [("ofen", "oven")]
    notes = [activity["object"] for activity in await sent(instance, "Create")][len(objects) :]
    assert [(note["type"], note["inReplyTo"]) for note in notes] == [("Note", motion.url)]
    assert "read “oven” for “ofen”" in notes[0]["content"]
    assert notes[0]["proof"]
    assert await sent(instance, "Update") == []


async def test_nothing_changes_the_text_or_the_rule_while_members_vote(instance: Instance) -> None:
    ada, ben, *_ = await join(instance.units, *NAMES)
    motion = await ask(instance, ben)
    later = motion.closes_at + timedelta(days=1)
    await instance.units.write(extend_motion, by=ben.id, motion_id=motion.id, closes_at=later, reason="A holiday.")
    await instance.units.write(add_erratum, by=ben.id, motion_id=motion.id, was="reserves", reads="savings")
    await instance.units.write(sign_petition, by=ben.id, motion_id=motion.id, reason="Too fast.")
    await vote(instance, ada, motion, "for")

    changed = replace(motion, title="Sell the oven", body="All.", settings=replace(motion.settings, base="cast"))
    await instance.units.write(lambda uow: uow.motions.put(changed))
    found = await instance.units.read(lambda uow: uow.motions.get(motion.id))
    assert (found.title, found.body, found.settings) == (motion.title, motion.body, motion.settings)
    assert (
        found.text_hash
        == motion.text_hash
        == lifecycle.text_hash(
            title=found.title, body=found.body, options=found.options, method=found.method, settings=found.settings
        )
    )
    contents = {
        activity["object"]["content"]
        for activity in await sent(instance)
        if isinstance(activity["object"], dict) and activity["object"]["id"] == motion.url
    }
    assert len(contents) == 1
    instance.clock.advance(timedelta(days=9))
    await run_timers(instance)
    export = await instance.units.read(lambda uow: uow.exports.of(motion.id))
    assert export is not None
    assert json.loads(export)["text_hash"] == motion.text_hash


async def test_a_vote_for_members_only_is_called_again_for_members_only(instance: Instance) -> None:
    ada, *_ = await join(instance.units, *NAMES)
    await follow(instance, await know(instance, "fay"))
    motion = await ask(instance, ada)

    def hide(uow: UnitOfWork) -> None:
        plan = uow.proposals.plan(motion.proposal_id)
        assert plan is not None
        uow.proposals.put_plan(replace(plan, audience="members"))

    await instance.units.write(hide)
    await instance.units.write(annul_motion, by=ada.id, motion_id=motion.id, reason="Wrong roll.")
    before = len(await sent(instance))
    again = Again(closes_at=instance.clock.now() + timedelta(days=5))
    new = await instance.units.write(rerun, by=ada.id, motion_id=motion.id, again=again)
    await instance.units.write(add_erratum, by=ada.id, motion_id=new.id, was="reserves", reads="savings")
    assert await instance.units.read(lambda uow: uow.proposals.audience_of(new.proposal_id)) == "members"
    assert len(await sent(instance)) == before
