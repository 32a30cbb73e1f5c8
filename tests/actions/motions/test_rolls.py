"""Rolls of real motions: who was on the register when, corrections in the open, late joiners, guests (governance.md 3)."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fedcoop.actions.members.registrar import (
    change_status,
    join_group,
    leave_group,
    save_class,
    save_group,
    set_arrears,
    set_class,
)
from fedcoop.actions.motions.ballots import try_on_page, withdraw_ballot
from fedcoop.actions.motions.rolls import Change, correct_roll, object_to_roll, refuse_objection
from fedcoop.federation.publish.recounts import verify
from fedcoop.governance.members.classes import Group, MemberClass
from fedcoop.governance.members.member import Member, MemberStatus
from fedcoop.governance.motions.motion import Channel, Motion, MotionState
from fedcoop.governance.motions.outcomes import OutcomeCode
from fedcoop.governance.motions.tallies import tally_of
from fedcoop.governance.proof import logchain
from fedcoop.governance.proof.recount import recount
from fedcoop.governance.rolls.roll import Correction, roll_hash, roll_lines
from fedcoop.kernel.canonical import canonical_bytes
from fedcoop.kernel.clock import rfc3339
from fedcoop.kernel.errors import (
    BallotRefused,
    Conflict,
    FedcoopError,
    Invalid,
    MotionRefused,
    NotAllowed,
    NotFound,
    Refused,
)
from fedcoop.storage import tables as t
from tests.actions.coop import ask, audited, join, rows, run_timers, sent, vote
from tests.conftest import Instance

S = MemberStatus
DAY = timedelta(days=1)


async def classes(instance: Instance, **weights: int) -> None:
    """Classes with these weights; more than one stands in article 12."""
    for name, weight in weights.items():
        item = MemberClass(name, name.title(), weight, reference="article 12" if weight > 1 else "")
        await instance.units.write(save_class, item=item, who="test", new=True)


async def put_in(instance: Instance, name: str, *members: Member) -> None:
    for member in members:
        await instance.units.write(set_class, member_id=member.id, name=name, who="test")


async def status(instance: Instance, member: Member, to: MemberStatus) -> None:
    await instance.units.write(change_status, member_id=member.id, status=to, who="test", reason="by the board")


async def on_roll(instance: Instance, motion: Motion) -> dict[str, int]:
    """Weights on the roll by short name."""
    entries = await instance.units.read(lambda uow: uow.motions.roll(motion.id))
    names = await instance.units.read(lambda uow: uow.members.many([entry.member_id for entry in entries]))
    return {names[entry.member_id].name: entry.weight for entry in entries}


async def motion_now(instance: Instance, motion: Motion) -> Motion:
    return await instance.units.read(lambda uow: uow.motions.get(motion.id))


async def log_of(instance: Instance, motion: Motion) -> list[dict[str, Any]]:
    found = await instance.units.read(lambda uow: uow.motions.log(motion.id))
    return [json.loads(entry.entry) for entry in found]


async def decided(instance: Instance, motion: Motion) -> bytes:
    """The motion runs its time and is counted; its recount file agrees."""
    instance.clock.advance(8 * DAY)
    await run_timers(instance)
    assert (await motion_now(instance, motion)).state is MotionState.DECIDED
    export = await instance.units.read(lambda uow: uow.exports.of(motion.id))
    assert export is not None
    recount(export.encode(), verify)
    return export.encode()


def correction(kind: str, member: Member, name: str = "") -> Change:
    return Change(Correction(kind), member.id, name)


async def test_a_record_date_in_the_past_is_answered_by_what_was(instance: Instance) -> None:
    ada, ben, cy = await join(instance.units, "ada", "ben", "cy")
    await classes(instance, worker=1)
    instance.clock.advance(DAY)
    suspended_at = instance.clock.now()
    await status(instance, ben, S.SUSPENDED)
    await put_in(instance, "worker", cy)
    instance.clock.advance(DAY)
    await status(instance, ben, S.FULL)
    await instance.units.write(set_arrears, member_id=ada.id, since=instance.clock.now(), who="test")
    (dee,) = await join(instance.units, "dee")
    del dee

    async def roll_of(when: Any, **words: str) -> set[str]:
        return set(await on_roll(instance, await ask(instance, ada, settings={**words, "record_date": rfc3339(when)})))

    before, during = suspended_at - timedelta(microseconds=1), suspended_at + timedelta(hours=1)
    assert await roll_of(before) == {"ada", "ben", "cy"}
    assert await roll_of(suspended_at) == {"ada", "cy"}
    assert await roll_of(during, classes="worker") == {"cy"}
    assert await roll_of(before, classes="member") == {"ada", "ben", "cy"}
    assert await roll_of(during, good_standing="on") == {"ada", "cy"}
    now = instance.clock.now()
    assert await roll_of(now) == {"ada", "ben", "cy", "dee"}
    assert await roll_of(now, good_standing="on") == {"ben", "cy", "dee"}
    with pytest.raises(MotionRefused) as nobody:
        await roll_of(now - 9 * DAY)
    assert nobody.value.code == "electorate"


async def test_a_group_is_who_was_in_it_on_the_record_date(instance: Instance) -> None:
    ada, ben = await join(instance.units, "ada", "ben")
    await instance.units.write(save_group, item=Group("board", "The board"), who="test")
    await instance.units.write(join_group, group="board", member_id=ada.id, who="test")
    first = instance.clock.now()
    instance.clock.advance(DAY)
    await instance.units.write(join_group, group="board", member_id=ben.id, who="test")
    await instance.units.write(leave_group, group="board", member_id=ada.id, who="test")
    then = await ask(instance, ada, settings={"groups": "board", "record_date": rfc3339(first)})
    now = await ask(instance, ada, settings={"groups": "board"})
    assert await on_roll(instance, then) == {"ada": 1}
    assert await on_roll(instance, now) == {"ben": 1}
    for act, group, code in ((join_group, "board", "group-has"), (leave_group, "choir", "group-unknown")):
        with pytest.raises((Conflict, NotFound)) as refused:
            await instance.units.write(act, group=group, member_id=ben.id, who="test")
        assert refused.value.code == code
    with pytest.raises(Conflict) as absent:
        await instance.units.write(leave_group, group="board", member_id=ada.id, who="test")
    assert absent.value.code == "group-lacks"


async def test_a_rule_that_gives_no_roll_leaves_nothing(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    for words, code in (
        ({"classes": "bakers"}, "classes"),
        ({"groups": "board"}, "groups"),
        ({"members": "ada, zoe"}, "members"),
        ({"record_date": "2027-01-01T00:00:00Z"}, "record_date"),
        ({"live_electorate": "on"}, "live_electorate"),
        ({"weights": "member=2"}, "weight_reference"),
        ({"min_days": "1"}, "electorate"),
    ):
        with pytest.raises(MotionRefused) as refused:
            await ask(instance, ada, settings=words)
        assert refused.value.code == code
    assert await rows(instance, t.motions) == []
    assert await on_roll(instance, await ask(instance, ada, settings={"members": "ada", "classes": "member"})) == {
        "ada": 1
    }


@pytest.mark.parametrize("to", [S.SUSPENDED, S.DORMANT, S.EXPELLED, S.CEASED, S.LEFT])
async def test_whose_vote_ended_after_the_opening_keeps_the_ballot_and_casts_no_other(
    instance: Instance, to: MemberStatus
) -> None:
    ada, ben, cy = await join(instance.units, "ada", "ben", "cy")
    motion = await ask(instance, ada, settings={"quorum": "0"})
    await vote(instance, ben, motion, "for")
    if to is S.DORMANT:
        await instance.units.write(lambda uow: uow.members.put(replace(ben, status=to)))
        await instance.units.write(lambda uow: uow.members.put(replace(cy, status=to)))
    else:
        await status(instance, ben, to)
        await status(instance, cy, to)
    for voter in (ben, cy):
        with pytest.raises(BallotRefused) as refused:
            await vote(instance, voter, motion, "against")
        assert refused.value.code == "ineligible"
    await vote(instance, ada, motion, "against")
    found = await motion_now(instance, motion)
    assert (found.eligible, found.roll_hash) == (3, motion.roll_hash)
    tally = await instance.units.read(lambda uow: uow.totals.tally(found))
    assert (dict(tally.counts), tally.eligible) == ({"for": 1, "against": 1, "abstain": 0}, 3)


async def test_a_member_on_probation_votes_where_the_rule_says_so(instance: Instance) -> None:
    ada, ben = await join(instance.units, "ada", "ben")
    await instance.units.write(lambda uow: uow.members.put(replace(ben, status=S.PROBATION)))
    without = await ask(instance, ada)
    motion = await ask(instance, ada, settings={"statuses": "full, probation"})
    with pytest.raises(BallotRefused):
        await vote(instance, ben, without, "for")
    await vote(instance, ben, motion, "for")
    assert (without.eligible, motion.eligible) == (1, 2)


async def test_a_look_at_a_ballot_judges_by_the_same_rule_as_the_vote(instance: Instance) -> None:
    ada, ben = await join(instance.units, "ada", "ben")
    await instance.units.write(lambda uow: uow.members.put(replace(ben, status=S.PROBATION)))
    rule = {"statuses": "full, probation"}
    without, motion = await ask(instance, ada), await ask(instance, ada, settings=rule)
    look = {"voter": ben.id, "marks": ("for",), "reason": "", "received_at": instance.clock.now()}
    with pytest.raises(BallotRefused) as refused:
        await instance.units.read(try_on_page, uuid=without.uuid, **look)
    assert refused.value.code == "ineligible"
    await instance.units.read(try_on_page, uuid=motion.uuid, **look)
    assert await instance.units.read(lambda uow: uow.motions.count_ballots(motion.id)) == 0


async def test_corrections_change_the_roll_in_the_open_and_the_recount_takes_them_back(instance: Instance) -> None:
    ada, ben, cy = await join(instance.units, "ada", "ben", "cy")
    await classes(instance, worker=1)
    motion = await ask(instance, ada, settings={"quorum": "2/3"})
    (dee,) = await join(instance.units, "dee")
    await vote(instance, cy, motion, "against")
    await vote(instance, ben, motion, "for")
    said_before = (await sent(instance, "Create"))[0]["object"]
    for change in (
        correction("add", dee),
        correction("remove", cy),
        correction("change", ben, "worker"),
    ):
        await instance.units.write(
            correct_roll, by=ada.id, motion_id=motion.id, change=change, reason="seen in the book"
        )
    found = await motion_now(instance, motion)
    entries = await instance.units.read(lambda uow: uow.motions.roll(motion.id))
    assert found.eligible == 3
    assert found.first_eligible == 3
    assert found.roll_hash == roll_hash(roll_lines(entries)) != motion.roll_hash
    assert await on_roll(instance, motion) == {"ada": 1, "ben": 1, "dee": 1}
    log = [entry for entry in await log_of(instance, motion) if entry["type"] == "roll"]
    assert [(e["kind"], e["before"] is None, e["after"] is None, e["eligible"]) for e in log] == [
        ("add", True, False, 4),
        ("remove", False, True, 3),
        ("change", False, False, 3),
    ]
    assert log[-1]["roll_hash"] == found.roll_hash
    assert log[-1]["after"].endswith(" worker 1")
    with pytest.raises(BallotRefused):
        await vote(instance, cy, motion, "for")
    await vote(instance, dee, motion, "for")
    assert len(await audited(instance, "ballot-dropped")) == 1
    assert [row.reason for row in await audited(instance, "roll-corrected")] == ["seen in the book"] * 3
    update = (await sent(instance, "Update"))[-1]["object"]
    assert update["coop:motion"]["coop:electorateSize"] == 3
    assert update["coop:motion"]["coop:rollDigest"] == f"sha-256:{found.roll_hash}"
    for name in ("content", "id"):
        assert update[name] == said_before[name]
    assert update["coop:motion"]["coop:motionDigest"] == said_before["coop:motion"]["coop:motionDigest"]
    document = json.loads(await decided(instance, motion))
    assert document["tally"]["counts"] == {"for": 2, "against": 0, "abstain": 0}
    assert document["tally"]["eligible"] == 3


async def test_a_correction_that_the_log_does_not_tell_is_found(instance: Instance) -> None:
    ada, _, cy = await join(instance.units, "ada", "ben", "cy")
    motion = await ask(instance, ada, settings={"quorum": "0"})
    change = correction("remove", cy)
    await instance.units.write(correct_roll, by=None, motion_id=motion.id, change=change, reason="not a member")
    document = json.loads(await decided(instance, motion))

    def rechained(bend: Any) -> bytes:
        bent = json.loads(json.dumps(document))
        bend(bent)
        bent["log"] = [{**entry, "n": n} for n, entry in enumerate(bent["log"], 1)]
        head = logchain.first_head(bent["poll"])
        for entry in bent["log"]:
            head = logchain.next_head(head, canonical_bytes(entry))
        bent["log_head"] = head
        return canonical_bytes(bent)

    def at(bent: dict[str, Any]) -> dict[str, Any]:
        return next(entry for entry in bent["log"] if entry["type"] == "roll")

    other = "0" * 32
    for bend, code in (
        (lambda bent: bent["log"].remove(at(bent)), "recount-log-open-roll"),
        (lambda bent: at(bent).update(eligible=3), "recount-log-roll"),
        (lambda bent: at(bent).update(roll_hash=motion.roll_hash), "recount-log-roll"),
        (lambda bent: at(bent).update(voter=other), "recount-log-roll-voter"),
        (lambda bent: at(bent).update(before=None), "recount-log-roll-voter"),
        (lambda bent: at(bent).update(after=f"{at(bent)['voter']} member 1", before=None), "recount-log-roll-line"),
        (lambda bent: at(bent).update(before=f"{at(bent)['voter']} member 2"), "recount-log-open-roll"),
    ):
        with pytest.raises(Refused) as refused:
            recount(rechained(bend), lambda _: None)
        assert refused.value.code == code
    assert recount(rechained(lambda bent: None), lambda _: None)


async def test_corrections_that_do_not_fit_are_refused_and_change_nothing(instance: Instance) -> None:
    ada, ben = await join(instance.units, "ada", "ben")
    await classes(instance, worker=1, silent=0)
    motion = await ask(instance, ada, settings={"classes": "member"})
    (cy,) = await join(instance.units, "cy")

    async def correct(by: Member | None, change: Change, reason: str = "so it is") -> None:
        by_id = None if by is None else by.id
        await instance.units.write(correct_roll, by=by_id, motion_id=motion.id, change=change, reason=reason)

    for by, change, reason, code in (
        (ben, correction("add", cy), "so", "not-an-office"),
        (ada, correction("add", cy), "  ", "reason-empty"),
        (ada, correction("add", ben), "so", "roll-has"),
        (ada, correction("remove", cy), "so", "roll-lacks"),
        (ada, correction("change", ben, "member"), "so", "roll-same"),
        (ada, correction("change", ben, "worker"), "so", "class-outside"),
        (ada, correction("change", ben, "bakers"), "so", "class-unknown"),
    ):
        with pytest.raises(FedcoopError) as refused:
            await correct(by, change, reason)
        assert refused.value.code == code
    assert (await motion_now(instance, motion)) == motion
    await correct(None, correction("remove", ben))
    with pytest.raises(Conflict) as last:
        await correct(ada, correction("remove", ada))
    assert last.value.code == "roll-last"
    await decided(instance, motion)
    with pytest.raises(Conflict) as late:
        await correct(ada, correction("add", cy))
    assert late.value.code == "roll-closed"


async def test_who_is_missing_objects_and_is_heard(instance: Instance) -> None:
    ada, ben = await join(instance.units, "ada", "ben")
    motion = await ask(instance, ada)
    (cy,) = await join(instance.units, "cy")
    said = await instance.units.write(object_to_roll, by=cy.id, motion_id=motion.id, words=" I joined in April. ")
    assert (said.words, said.state) == ("I joined in April.", "pending")
    for words, code in (("again", "objection-pending"), ("", "objection-empty"), ("x" * 1001, "objection-long")):
        by = cy if code == "objection-pending" else ben
        with pytest.raises((Conflict, Invalid)) as refused:
            await instance.units.write(object_to_roll, by=by.id, motion_id=motion.id, words=words)
        assert refused.value.code == code
    with pytest.raises(NotAllowed):
        await instance.units.write(refuse_objection, by=ben.id, objection_id=said.id, reason="no")
    with pytest.raises(Invalid) as empty:
        await instance.units.write(refuse_objection, by=ada.id, objection_id=said.id, reason=" ")
    assert empty.value.code == "reason-empty"
    change = correction("add", cy)
    values: dict[str, Any] = {"by": ada.id, "motion_id": motion.id, "change": change, "reason": "The form was lost."}
    with pytest.raises(NotFound):
        await instance.units.write(correct_roll, **values, objection_id=said.id + 1)
    await instance.units.write(correct_roll, **values, objection_id=said.id)
    (answered,) = await instance.units.read(lambda uow: uow.rolls.objections(motion.id))
    assert (answered.state, answered.answer) == ("granted", "The form was lost.")
    with pytest.raises(Conflict) as twice:
        await instance.units.write(refuse_objection, by=ada.id, objection_id=said.id, reason="no")
    assert twice.value.code == "objection-answered"
    await vote(instance, cy, motion, "for")
    second = await instance.units.write(object_to_roll, by=ben.id, motion_id=motion.id, words="Too many.")
    await instance.units.write(refuse_objection, by=ada.id, objection_id=second.id, reason="All are members.")
    assert await instance.units.read(lambda uow: uow.rolls.pending()) == []
    instance.clock.advance(8 * DAY)
    with pytest.raises(Conflict) as late:
        await instance.units.write(object_to_roll, by=ben.id, motion_id=motion.id, words="Late.")
    assert late.value.code == "roll-closed"


async def test_guests_are_heard_and_never_counted(instance: Instance) -> None:
    ada, ben, gil = await join(instance.units, "ada", "ben", "gil")
    await classes(instance, friend=0)
    await put_in(instance, "friend", gil)
    plain = await ask(instance, ada)
    assert await on_roll(instance, plain) == {"ada": 1, "ben": 1}
    motion = await ask(instance, ada, settings={"guests": "friend", "quorum": "1/2"})
    assert (motion.eligible, await on_roll(instance, motion)) == (2, {"ada": 1, "ben": 1, "gil": 0})
    await vote(instance, gil, motion, "against")
    tally = await instance.units.read(lambda uow: uow.totals.tally(motion))
    assert (tally.voted, tally.eligible, dict(tally.counts)) == (0, 2, {"for": 0, "against": 0, "abstain": 0})
    assert dict(tally.guests) == {"for": 0, "against": 1, "abstain": 0}
    assert await instance.units.read(lambda uow: uow.rolls.guest_ballots([motion.id])) == {motion.id: 1}
    await vote(instance, ben, motion, "for")
    document = json.loads(await decided(instance, motion))
    assert document["tally"]["guests"] == {"for": 0, "against": 1, "abstain": 0}
    assert document["outcome"]["code"] == "carried"


async def test_plural_votes_of_the_register_hold_and_are_set_aside_where_it_says_so(instance: Instance) -> None:
    ada, ben, _ = await join(instance.units, "ada", "ben", "cy")
    item = MemberClass("founder", "Founders", 3, reference="article 12", ignored_for=("special",))
    await instance.units.write(save_class, item=item, who="test", new=True)
    await put_in(instance, "founder", ben)
    motion = await ask(instance, ada, settings={"quorum": "0"})
    assert await on_roll(instance, motion) == {"ada": 1, "ben": 3, "cy": 1}
    assert motion.settings.weighting.reference == "article 12"
    special = await ask(instance, ada, settings={"preset": "special", "quorum": "0"})
    assert set((await on_roll(instance, special)).values()) == {1}
    one_each = await ask(instance, ada, settings={"weights": "none"})
    assert set((await on_roll(instance, one_each)).values()) == {1}
    await vote(instance, ada, motion, "against")
    await vote(instance, ben, motion, "for")
    document = json.loads(await decided(instance, motion))
    tally = tally_of(document["tally"])
    assert (dict(tally.counts), dict(tally.head_counts)) == (
        {"for": 3, "against": 1, "abstain": 0},
        {"for": 1, "against": 1, "abstain": 0},
    )
    note = next(o for a in await sent(instance, "Create") if "coop:outcome" in (o := a["object"]))
    assert "3 for, 1 against" in note["content"]
    assert "By heads: 1 for, 1 against" in note["content"]
    poll = [a["object"] for a in await sent(instance, "Update") if a["object"]["id"] == motion.url][-1]
    assert [option["replies"]["totalItems"] for option in poll["oneOf"]] == [3, 1, 0]
    assert [item["coop:count"] for item in note["coop:outcome"]["coop:counts"]] == [3, 1, 0]
    assert poll["votersCount"] == note["coop:outcome"]["coop:voted"] == 2


async def test_colleges_decide_and_recount(instance: Instance) -> None:
    people = await join(instance.units, "ada", "ben", "cy", "dee", "eve")
    await classes(instance, worker=1, user=1)
    await put_in(instance, "worker", people[0], people[1])
    await put_in(instance, "user", *people[2:])
    motion = await ask(instance, people[0], settings={"colleges": "worker=60%, user=40%", "quorum": "0"})
    for member, choice in zip(people, ("for", "for", "against", "against", "against"), strict=True):
        await vote(instance, member, motion, choice)
    document = json.loads(await decided(instance, motion))
    assert document["outcome"]["code"] == OutcomeCode.CARRIED
    assert document["tally"]["classes"]["user"]["counts"]["against"] == 3
    assert document["outcome"]["requirements"][0]["name"] == "colleges"


async def test_a_class_may_be_one_that_proposes_nothing(instance: Instance) -> None:
    ada, ben = await join(instance.units, "ada", "ben")
    await instance.units.write(
        save_class, item=MemberClass("trial", "On trial", may_propose=False), who="test", new=True
    )
    await ask(instance, ben)
    await put_in(instance, "trial", ben)
    with pytest.raises(NotAllowed) as refused:
        await ask(instance, ben)
    assert refused.value.code == "class-may-not-propose"
    del ada


async def test_a_withdrawn_ballot_and_a_removed_voter_leave_the_same_box(instance: Instance) -> None:
    ada, ben, cy = await join(instance.units, "ada", "ben", "cy")
    motion = await ask(instance, ada, settings={"quorum": "0"})
    for voter in (ada, ben, cy):
        await vote(instance, voter, motion, "for")
    now = instance.clock.now()
    await instance.units.write(withdraw_ballot, voter=ben.id, motion_id=motion.id, channel=Channel.WEB, at=now)
    change = correction("remove", cy)
    await instance.units.write(correct_roll, by=ada.id, motion_id=motion.id, change=change, reason="left in May")
    document = json.loads(await decided(instance, motion))
    assert len(document["ballots"]) == 1


async def test_who_joins_late_is_on_a_live_roll_with_the_first_ballot(instance: Instance) -> None:
    ada, _ = await join(instance.units, "ada", "ben")
    await classes(instance, worker=1, friend=0)
    live = {"live_electorate": "on", "classes": "member, worker"}
    motion = await ask(instance, ada, method="sense", settings=live)
    frozen = await ask(instance, ada, method="sense")
    instance.clock.advance(DAY)
    cy, dee, eve = await join(instance.units, "x", "cy", "dee")
    await put_in(instance, "worker", dee)
    await put_in(instance, "friend", eve)
    key = motion.options[0].key
    await vote(instance, dee, motion, key)
    await vote(instance, dee, motion, motion.options[1].key)
    for voter, where in ((eve, motion), (dee, frozen)):
        with pytest.raises(BallotRefused) as refused:
            await vote(instance, voter, where, key)
        assert refused.value.code == "ineligible"
    with pytest.raises(BallotRefused):
        await vote(instance, cy, motion, "no such answer")
    assert await on_roll(instance, motion) == {"ada": 1, "ben": 1, "cy": 1}
    log = [entry for entry in await log_of(instance, motion) if entry["type"] == "roll"]
    assert [(entry["kind"], entry["eligible"]) for entry in log] == [("live", 3)]
    found = await motion_now(instance, motion)
    assert (found.first_eligible, found.eligible) == (2, 3)
    document = json.loads(await decided(instance, motion))
    assert document["tally"]["eligible"] == 3
