"""Counts with a target, time polls with a calendar file, rounds of questions, and who settings may name."""

import json

import pytest

from fedcoop.actions.motions.ballots import cast_ballot, withdraw_ballot
from fedcoop.governance.members.member import Member
from fedcoop.governance.motions.choices import Scores
from fedcoop.governance.motions.motion import Channel, Motion, Option
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.proof.recount import recount
from fedcoop.kernel.errors import BallotRefused, MotionRefused, NotFound
from fedcoop.queries.motions.meetings import Joining, joining, meeting_file
from fedcoop.storage.unit_of_work import UnitOfWork
from tests.actions.coop import ask, audited, join, run_timers, sent, vote
from tests.conftest import Instance


async def _close(instance: Instance, motion: Motion) -> None:
    instance.clock.advance(motion.closes_at - instance.clock.now() + motion.settings.grace)
    await run_timers(instance)


def _times() -> tuple[Option, ...]:
    texts = {"a": "2027-09-22T18:00+02:00/2h", "b": "2027-09-23T12:00+02:00/2h"}
    return tuple(METHODS["dates"].read_option(key, text, {}) for key, text in texts.items())


async def _standing(instance: Instance, motion: Motion, member: Member) -> Joining:
    def read(uow: UnitOfWork) -> Joining:
        entry = uow.motions.roll_entry(motion.id, member.id)
        assert entry is not None
        return joining(uow, motion=motion, voter=entry.voter)

    return await instance.units.read(read)


async def test_a_target_is_reached_once_and_lost_when_somebody_steps_back(instance: Instance) -> None:
    ada, ben, cem, dov = await join(instance.units, "ada", "ben", "cem", "dov")
    motion = await ask(instance, ada, method="opt_in", settings={"target": "2", "capacity": "2"})
    for member, choice in ((ada, "accept"), (ben, "decline"), (cem, "accept"), (cem, "accept"), (dov, "accept")):
        await vote(instance, member, motion, choice)
        instance.clock.advance(motion.settings.grace)
    assert [row.details for row in await audited(instance, "target-reached")] == [{"accepts": 2, "target": 2}]
    assert await audited(instance, "target-lost") == []
    told = [
        a["object"]["content"] for a in await sent(instance, "Create") if "is reached:" in str(a["object"]["content"])
    ]
    assert len(told) == 1
    assert "The target of 2 is reached: 2 have joined." in told[0]
    standing = [await _standing(instance, motion, member) for member in (ada, ben, cem, dov)]
    assert [(s.place, s.waits) for s in standing] == [(1, False), (0, False), (2, False), (1, True)]
    for member in (ada, cem):
        await instance.units.write(
            withdraw_ballot, voter=member.id, motion_id=motion.id, channel=Channel.WEB, at=instance.clock.now()
        )
    assert [row.details for row in await audited(instance, "target-lost")] == [{"accepts": 1, "target": 2}]
    promoted = await _standing(instance, motion, dov)
    assert (promoted.place, promoted.waits) == (1, False)


async def test_while_totals_are_hidden_the_target_is_told_to_nobody_outside(instance: Instance) -> None:
    ada, _ = await join(instance.units, "ada", "ben")
    motion = await ask(instance, ada, method="opt_in", settings={"target": "1", "visibility": "after_close"})
    await vote(instance, ada, motion, "accept")
    assert len(await audited(instance, "target-reached")) == 1
    assert len(await sent(instance, "Create")) == 1


async def test_a_time_poll_is_decided_recounted_and_gives_a_calendar_file(instance: Instance) -> None:
    ada, ben, cem = await join(instance.units, "ada", "ben", "cem")
    motion = await ask(
        instance, ada, method="dates", options=_times(), settings={"required": "cem", "zone": "Europe/Rome"}
    )
    for member, answers in ((ada, {"a": 2, "b": 0}), (ben, {"a": 2, "b": 0}), (cem, {"a": 0, "b": 1})):
        await instance.units.write(_cast, member=member, motion=motion, answers=answers)
    with pytest.raises(NotFound) as refused:
        await instance.units.read(meeting_file, uuid=motion.uuid)
    assert refused.value.code == "meeting-absent"
    await _close(instance, motion)
    file = await instance.units.read(meeting_file, uuid=motion.uuid)
    assert "DTSTART:20270923T100000Z\r\nDTEND:20270923T120000Z\r\n" in file
    export = await instance.units.read(lambda uow: uow.exports.of(motion.id))
    assert export is not None
    assert recount(export.encode(), lambda document: None).outcome.winners == ("b",)
    assert [line.split(" ")[1] for line in json.loads(export)["roll"]].count("required") == 1


def _cast(uow: UnitOfWork, *, member: Member, motion: Motion, answers: dict[str, int]) -> None:
    now = uow.now
    cast_ballot(
        uow,
        voter=member.id,
        motion_id=motion.id,
        choice=Scores(answers),
        channel=Channel.WEB,
        cast_at=now,
        received_at=now,
    )


async def test_settings_may_name_members_only(instance: Instance) -> None:
    ada, _ = await join(instance.units, "ada", "ben")
    await ask(instance, ada, method="advice", settings={"advisers": "ben"})
    for method, settings in (("advice", {"experts": "ben, zoe"}), ("dates", {"required": "zoe"})):
        options = _times() if method == "dates" else ()
        with pytest.raises(MotionRefused) as refused:
            await ask(instance, ada, method=method, options=options, settings=settings)
        assert refused.value.code in settings


async def test_a_round_of_questions_takes_words_and_no_choice(instance: Instance) -> None:
    ada, ben = await join(instance.units, "ada", "ben")
    motion = await ask(instance, ada, method="questions")
    await vote(instance, ada, motion, reason="A bench in the sun.")
    for choice, reason, code in (((), "", "reason"), (("a",), "Words", "option")):
        with pytest.raises(BallotRefused) as refused:
            await vote(instance, ben, motion, *choice, reason=reason)
        assert refused.value.code == code
    await _close(instance, motion)
    row = await instance.units.read(lambda uow: uow.motions.outcome_of(motion.id))
    assert row is not None
    assert (row.code, row.outcome["notes"]) == ("no_result", ["1 member of 2 answered."])


async def test_a_sense_check_has_the_usual_answers_or_its_own(instance: Instance) -> None:
    ada, _ = await join(instance.units, "ada", "ben")
    usual = await ask(instance, ada, method="sense")
    own = await ask(instance, ada, method="sense", options=(Option("a", "Warm"), Option("b", "Cold")))
    assert [option.key for option in usual.options] == ["looks_good", "unsure", "concerned"]
    assert [option.name for option in own.options] == ["Warm", "Cold"]
    with pytest.raises(MotionRefused) as refused:
        await ask(instance, ada, method="sense", options=(Option("a", "Warm"),))
    assert refused.value.code == "options"


async def test_with_short_notice_silence_is_not_consent_and_nobody_can_ask_for_it(instance: Instance) -> None:
    ada, _ = await join(instance.units, "ada", "ben")
    enough = await ask(instance, ada, method="consent", days=3, settings={"silence": "consent"})
    short = await ask(instance, ada, method="consent", days=2)
    assert (enough.settings.extra["silence"], short.settings.extra["silence"]) == ("consent", "not_counted")
    with pytest.raises(MotionRefused) as refused:
        await ask(instance, ada, method="consent", days=2, settings={"silence": "consent"})
    assert refused.value.code == "silence"
