"""Opening at once or on a date, what is frozen then, what is refused before; entering members and ending memberships."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fedcoop.actions.members.member import NewMember, add_member, end_membership
from fedcoop.actions.motions.motion import open_scheduled, withdraw_motion
from fedcoop.governance.members.member import MemberStatus
from fedcoop.governance.motions.motion import MotionState, Option
from fedcoop.governance.rolls.roll import pseudonym, roll_hash, roll_lines
from fedcoop.kernel.errors import BallotRefused, Conflict, FedcoopError, Invalid, MotionRefused, NotAllowed
from fedcoop.storage import tables as t
from tests.actions.coop import ask, audited, join, rows, run_timers, sent, vote
from tests.conftest import Instance


async def test_a_motion_opens_on_its_date_once_with_the_roll_of_that_day(instance: Instance) -> None:
    ada, ben = await join(instance.units, "ada", "ben")
    opens = instance.clock.now() + timedelta(days=1)
    motion = await ask(instance, ada, opens_at=opens)
    assert (motion.state, motion.eligible, motion.roll_hash) == (MotionState.SCHEDULED, 0, "")
    assert await sent(instance) == []
    with pytest.raises(BallotRefused) as early:
        await vote(instance, ada, motion, "for")
    assert early.value.code == "early"
    (cy,) = await join(instance.units, "cy")
    await instance.units.write(end_membership, member_id=ben.id, who="test", reason="moved")
    instance.clock.advance(timedelta(days=1))
    await run_timers(instance)
    await instance.units.write(open_scheduled, str(motion.id))
    opened = await instance.units.read(lambda uow: uow.motions.get(motion.id))
    entries = await instance.units.read(lambda uow: uow.motions.roll(motion.id))
    assert {entry.member_id for entry in entries} == {ada.id, cy.id}
    assert {entry.voter for entry in entries} == {pseudonym(motion.poll_secret, m.number) for m in (ada, cy)}
    assert (opened.eligible, opened.roll_hash) == (2, roll_hash(roll_lines(entries)))
    assert opened.motion_digest.startswith("sha-256:")
    assert opened.text_hash == motion.text_hash
    assert len(await sent(instance, "Create")) == 1
    assert [row.n for row in await rows(instance, t.log_entries)] == [1]
    await vote(instance, cy, opened, "for")


async def test_a_motion_is_taken_back_before_it_opens_and_not_after(instance: Instance) -> None:
    ada, ben = await join(instance.units, "ada", "ben")
    motion = await ask(instance, ben, opens_at=instance.clock.now() + timedelta(days=1))
    other = (await join(instance.units, "x", "cy"))[1]
    with pytest.raises(NotAllowed):
        await instance.units.write(withdraw_motion, by=other.id, motion_id=motion.id)
    await instance.units.write(withdraw_motion, by=ben.id, motion_id=motion.id)
    instance.clock.advance(timedelta(days=9))
    await run_timers(instance)
    assert (await instance.units.read(lambda uow: uow.motions.get(motion.id))).state is MotionState.WITHDRAWN
    assert await sent(instance) == []
    opened = await ask(instance, ada)
    with pytest.raises(MotionRefused) as late:
        await instance.units.write(withdraw_motion, by=ada.id, motion_id=opened.id)
    assert late.value.code == "motion-state"


async def test_a_draft_that_cannot_be_put_to_a_vote_leaves_nothing(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    bad: list[tuple[dict[str, Any], str]] = [
        ({"title": "  "}, "title"),
        ({"body": "x" * 50_001}, "body"),
        ({"method": "oracle"}, "method"),
        ({"method": "approval", "options": (Option("a", "A"),)}, "options"),
        ({"settings": {"quorum": "nine"}}, "quorum"),
        ({"days": 0}, "closes_at"),
        ({"days": 400}, "closes_at"),
        ({"channels": frozenset()}, "channels"),
    ]
    for changes, code in bad:
        with pytest.raises(MotionRefused) as refused:
            await ask(instance, ada, **changes)
        assert refused.value.code == code
    for status in (MemberStatus.SUSPENDED, MemberStatus.APPLIED):
        await instance.units.write(lambda uow, status=status: uow.members.put(replace(ada, status=status)))
        with pytest.raises(NotAllowed):
            await ask(instance, ada)
    for table in (t.motions, t.proposals, t.log_entries, t.timers, t.activities, t.roll_entries):
        assert await rows(instance, table) == []


async def test_members_are_entered_with_numbers_of_their_own_and_refused_by_code(instance: Instance) -> None:
    ada, ben = await join(instance.units, "ada", "ben")
    assert (ada.number, ben.number, ben.status) == (1, 2, MemberStatus.FULL)
    for name, email, code in (
        ("Ada Lovelace", "x@example.org", "name-bad"),
        ("x" * 65, "x@example.org", "name-bad"),
        ("cy", "cy", "email-bad"),
        ("ADA", "x@example.org", "name-taken"),
        ("cy", " ADA@example.org", "email-taken"),
    ):
        with pytest.raises((Invalid, Conflict)) as refused:
            await instance.units.write(add_member, new=NewMember(name, email), who="test")
        assert refused.value.code == code
    assert len(await rows(instance, t.members)) == 2
    assert [line.who for line in await audited(instance, "member-admitted")] == ["test", "test"]


async def test_a_membership_that_ended_in_any_way_does_not_end_again(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    for status in (MemberStatus.LEFT, MemberStatus.EXPELLED, MemberStatus.CEASED):
        await instance.units.write(lambda uow, status=status: uow.members.put(replace(ada, status=status)))
        with pytest.raises(FedcoopError) as refused:
            await instance.units.write(end_membership, member_id=ada.id, who="test", reason="again")
        assert refused.value.code == "member-left"
        assert (await instance.units.read(lambda uow: uow.members.get(ada.id))).status is status


@pytest.mark.parametrize("twin", ["\u039fven", "0ven", "OVEN", "Ov\u200ben", "\uff2fven"])
async def test_two_choices_that_look_alike_are_refused_and_unseen_characters_kept_out(
    instance: Instance, twin: str
) -> None:
    (ada,) = await join(instance.units, "ada")
    names = ("Oven", "Mixer\u202e", twin)
    options = tuple(Option(key, name, meaning="a\u2066b") for key, name in zip("abc", names, strict=True))
    with pytest.raises(MotionRefused) as refused:
        await ask(instance, ada, method="approval", options=options)
    assert refused.value.code == "options"
    assert "look alike" in refused.value.message or "same name" in refused.value.message
    motion = await ask(instance, ada, method="approval", options=options[:2], body="One\u202e\r\ntwo\u0000")
    assert [(option.name, option.meaning) for option in motion.options] == [("Oven", "ab"), ("Mixer", "ab")]
    assert motion.body == "One\ntwo"
    ballot = await vote(instance, ada, motion, "a", reason="Because\u2067.")
    assert ballot.reason == "Because."
