"""Standing delegations: granted, renewed, revoked, lapsing; frozen at the opening, counted, told in the log (governance.md 8)."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fedcoop import wiring
from fedcoop.actions.delegation import delegations
from fedcoop.actions.delegation.delegations import Wish
from fedcoop.actions.instance.upkeep import start_up
from fedcoop.actions.members import accounts as account_actions
from fedcoop.actions.members.member import end_membership, link_by_operator
from fedcoop.actions.members.merging import merge_members
from fedcoop.actions.motions.motion import close_early
from fedcoop.actions.motions.rolls import Change, correct_roll
from fedcoop.federation.publish.recounts import verify
from fedcoop.governance.delegation.mandates import LASTS, Delegation, Scope
from fedcoop.governance.members import bylaws
from fedcoop.governance.members.bylaws import Bylaws
from fedcoop.governance.members.member import Member
from fedcoop.governance.motions.motion import Channel, Motion
from fedcoop.governance.motions.tallies import Tally, tally_of
from fedcoop.governance.proof.recount import recount
from fedcoop.governance.rolls.roll import Correction
from fedcoop.kernel.errors import Conflict, Invalid, MotionRefused, NotAllowed, NotFound, Refused
from fedcoop.storage import tables as t
from tests.actions.coop import ask, audited, join, know, rows, run_timers, sent, vote
from tests.conftest import Instance

VECTOR: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "governance" / "delegation.json").read_text(encoding="utf-8")
)
LIQUID = {"delegation": "liquid", "quorum": "0", "early_close": "any"}


async def grant(instance: Instance, by: Member, to: Member, **more: Any) -> Delegation:
    return await instance.units.write(delegations.grant, by=by.id, wish=Wish(to.id, **more))


async def tally(instance: Instance, motion: Motion, *, at: datetime | None = None) -> Tally:
    return await instance.units.read(lambda uow: uow.totals.tally(uow.motions.get(motion.id), received_by=at))


async def decided(instance: Instance, motion: Motion) -> tuple[str, Tally, dict[str, Any]]:
    """The motion closed and counted: its code and tally, and its recount file, which agrees."""
    await instance.units.write(close_early, by=None, motion_id=motion.id)
    instance.clock.advance(timedelta(minutes=3))
    await run_timers(instance)
    row = await instance.units.read(lambda uow: uow.motions.outcome_of(motion.id))
    export = await instance.units.read(lambda uow: uow.exports.of(motion.id))
    assert row is not None
    assert export is not None
    found = recount(export.encode(), verify)
    assert found.outcome.code.value == row.code
    assert found.tally == tally_of(row.tally)
    return row.code, found.tally, json.loads(export)


async def log_types(instance: Instance, motion: Motion) -> list[str]:
    log = await instance.units.read(lambda uow: uow.motions.log(motion.id))
    return [json.loads(entry.entry)["type"] for entry in log]


def refused(error: pytest.ExceptionInfo[Refused]) -> str:
    return error.value.code


# --- the worked example -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", [VECTOR["cases"][0], VECTOR["cases"][2]], ids=lambda case: case["name"])
async def test_the_worked_example_counts_and_recounts_through_a_real_database(
    instance: Instance, case: dict[str, Any]
) -> None:
    members = dict(zip(VECTOR["roll"], await join(instance.units, *VECTOR["roll"]), strict=True))
    for giver, taker in VECTOR["grants"]:
        instance.clock.advance(timedelta(minutes=1))
        await grant(instance, members[giver], members[taker])
    motion = await ask(instance, members["ana"], settings={**LIQUID, "delegation_cap": str(case["cap"])})
    for name, choice in VECTOR["ballots"].items():
        await vote(instance, members[name], motion, choice)
    live = await tally(instance, motion)
    code, found, document = await decided(instance, motion)
    assert (found.counts["for"], found.counts["against"]) == (case["for"], case["against"])
    assert (found.voted, found.represented, code) == (4, case["represented"], case["code"])
    assert (live.counts, live.voted, live.represented) == (found.counts, found.voted, found.represented)
    assert [entry["order"] for entry in document["delegations"]] == list(range(9))
    names = json.dumps(document["delegations"])
    assert not any(name in names for name in ("ana", "kim", "Ana", "Kim"))


# --- granting and taking back -----------------------------------------------------------------------------------


async def test_the_narrowest_scope_wins_and_each_is_granted_once(instance: Instance) -> None:
    ana, bo, cy, dee = await join(instance.units, "ana", "bo", "cy", "dee")
    await grant(instance, ana, bo)
    await grant(instance, ana, cy, scope=Scope.TOPIC, topic=" Food ")
    later = instance.clock.now() + timedelta(days=1)
    planned = await ask(instance, ana, settings={**LIQUID, "topic": "food"}, opens_at=later)
    await grant(instance, ana, dee, scope=Scope.POLL, motion_id=planned.id)
    general = await ask(instance, ana, settings=LIQUID)
    food = await ask(instance, ana, settings={**LIQUID, "topic": "Food"})
    instance.clock.advance(timedelta(days=1))
    await run_timers(instance)
    taken = {row.motion_id: row.delegate_id for row in await rows(instance, t.motion_delegations)}
    assert taken == {general.id: bo.id, food.id: cy.id, planned.id: dee.id}


async def test_what_is_granted_after_the_opening_serves_the_next_vote(instance: Instance) -> None:
    ana, bo = await join(instance.units, "ana", "bo")
    before = await ask(instance, ana, settings=LIQUID)
    await grant(instance, ana, bo)
    after = await ask(instance, ana, settings=LIQUID)
    for motion in (before, after):
        await vote(instance, bo, motion, "for")
    assert (await tally(instance, before)).represented == 0
    assert (await tally(instance, after)).represented == 1


async def test_revoking_works_at_once_in_votes_that_run_and_the_log_tells_it(instance: Instance) -> None:
    ana, bo = await join(instance.units, "ana", "bo")
    item = await grant(instance, ana, bo)
    motion = await ask(instance, ana, settings=LIQUID)
    await vote(instance, bo, motion, "for")
    assert (await tally(instance, motion)).counts["for"] == 2
    await instance.units.write(delegations.revoke, by=ana.id, delegation_id=item.id)
    assert (await tally(instance, motion)).counts["for"] == 1
    assert await log_types(instance, motion) == ["open", "delegations", "ballot", "revocation"]
    _, found, document = await decided(instance, motion)
    assert (found.represented, document["delegations"]) == (0, [])
    with pytest.raises(NotFound) as again:
        await instance.units.write(delegations.revoke, by=ana.id, delegation_id=item.id)
    assert refused(again) == "delegation-unknown"


async def test_a_vote_can_be_taken_back_in_one_motion_only_until_its_close(instance: Instance) -> None:
    ana, bo = await join(instance.units, "ana", "bo")
    await grant(instance, ana, bo)
    one, other = [await ask(instance, ana, settings=LIQUID) for _ in range(2)]
    for motion in (one, other):
        await vote(instance, bo, motion, "for")
    await instance.units.write(delegations.revoke_in_motion, by=ana.id, motion_id=one.id)
    assert (await tally(instance, one)).represented == 0
    assert (await tally(instance, other)).represented == 1
    with pytest.raises(NotFound) as again:
        await instance.units.write(delegations.revoke_in_motion, by=ana.id, motion_id=one.id)
    assert refused(again) == "delegation-unknown"
    instance.clock.advance(timedelta(days=7, seconds=1))
    with pytest.raises(Conflict) as late:
        await instance.units.write(delegations.revoke_in_motion, by=ana.id, motion_id=other.id)
    assert refused(late) == "delegation-late"


@pytest.mark.parametrize("first", ["ana", "bo"])
async def test_a_direct_ballot_overrides_before_and_after_the_delegate_votes(instance: Instance, first: str) -> None:
    ana, bo = await join(instance.units, "ana", "bo")
    await grant(instance, ana, bo)
    motion = await ask(instance, ana, settings={**LIQUID, "change": "never"})
    order = [(ana, "against"), (bo, "for")]
    for voter, choice in order if first == "ana" else reversed(order):
        await vote(instance, voter, motion, choice)
    found = await tally(instance, motion)
    assert (found.counts["for"], found.counts["against"], found.represented) == (1, 1, 0)


async def test_a_vote_from_a_linked_account_is_a_direct_ballot(instance: Instance) -> None:
    ana, bo = await join(instance.units, "ana", "bo")
    await grant(instance, ana, bo)
    motion = await ask(instance, ana, settings=LIQUID)
    actor = await know(instance, "ana")
    await vote(instance, bo, motion, "for")
    assert (await tally(instance, motion)).counts["for"] == 2
    await vote(instance, ana, motion, "against", channel=Channel.ACTIVITYPUB, actor_id=actor.id, accumulate=True)
    found = await tally(instance, motion)
    assert (found.counts["for"], found.counts["against"], found.represented) == (1, 1, 0)


async def test_the_totals_on_the_wire_include_the_represented(instance: Instance) -> None:
    ana, bo = await join(instance.units, "ana", "bo")
    await grant(instance, ana, bo)
    motion = await ask(instance, ana, settings=LIQUID)
    await vote(instance, bo, motion, "for")
    await decided(instance, motion)
    question = next(a["object"] for a in reversed(await sent(instance, "Update")))
    assert question["votersCount"] == 2
    assert question["oneOf"][0]["replies"]["totalItems"] == 2
    note = next(a["object"] for a in await sent(instance, "Create") if "coop:outcome" in a["object"])
    assert note["coop:outcome"]["coop:voted"] == 2
    assert "1 more through a delegate" in note["content"]


async def test_as_it_stood_at_an_instant_the_represented_follow_the_ballot_of_then(instance: Instance) -> None:
    ana, bo = await join(instance.units, "ana", "bo")
    await grant(instance, ana, bo)
    motion = await ask(instance, ana, settings=LIQUID)
    await vote(instance, bo, motion, "for")
    then = instance.clock.now()
    instance.clock.advance(timedelta(hours=1))
    await vote(instance, bo, motion, "against")
    assert (await tally(instance, motion)).counts["against"] == 2
    assert (await tally(instance, motion, at=then)).counts["for"] == 2


async def test_granting_again_renews_and_another_replaces(instance: Instance) -> None:
    ana, bo, cy = await join(instance.units, "ana", "bo", "cy")
    first = await grant(instance, ana, bo)
    instance.clock.advance(timedelta(days=10))
    again = await grant(instance, ana, bo, hidden=True)
    assert (again.id, again.granted_at, again.expires_at) == (
        first.id,
        first.granted_at,
        instance.clock.now() + LASTS,
    )
    motion = await ask(instance, ana, settings=LIQUID)
    await grant(instance, ana, cy)
    found = {row.delegate_id: row.ended_why for row in await rows(instance, t.delegations)}
    assert found == {bo.id: "replaced", cy.id: ""}
    await vote(instance, bo, motion, "for")
    assert (await tally(instance, motion)).represented == 0


async def test_renewing_keeps_the_age_and_hiding_is_the_delegators_own(instance: Instance) -> None:
    ana, bo = await join(instance.units, "ana", "bo")
    item = await grant(instance, ana, bo)
    await ask(instance, ana, settings=LIQUID)
    instance.clock.advance(timedelta(days=100))
    renewed = await instance.units.write(delegations.renew, by=ana.id, delegation_id=item.id)
    assert (renewed.granted_at, renewed.expires_at) == (item.granted_at, instance.clock.now() + LASTS)
    await instance.units.write(delegations.hide, by=ana.id, delegation_id=item.id, hidden=True)
    assert [row.hidden for row in await rows(instance, t.delegations)] == [True]
    assert [row.hidden for row in await rows(instance, t.motion_delegations)] == [True]
    with pytest.raises(NotFound) as foreign:
        await instance.units.write(delegations.hide, by=bo.id, delegation_id=item.id, hidden=False)
    assert refused(foreign) == "delegation-unknown"


async def test_what_cannot_be_granted_says_why(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    ana, bo, cy = await join(instance.units, "ana", "bo", "cy")
    opened = await ask(instance, ana, settings=LIQUID)
    plain = await ask(instance, ana, opens_at=instance.clock.now() + timedelta(days=1))
    await instance.units.write(end_membership, member_id=cy.id, who="test", reason="moved")
    cases: Sequence[tuple[Member, Member, dict[str, Any], type[Refused], str]] = (
        (ana, ana, {}, Invalid, "delegation-self"),
        (ana, cy, {}, Conflict, "delegation-ineligible"),
        (cy, ana, {}, NotAllowed, "not-a-member"),
        (ana, bo, {"scope": Scope.TOPIC, "topic": " "}, Invalid, "delegation-topic"),
        (ana, bo, {"scope": Scope.TOPIC, "topic": "t" * 61}, Invalid, "delegation-topic"),
        (ana, bo, {"scope": Scope.POLL}, Invalid, "delegation-topic"),
        (ana, bo, {"scope": Scope.POLL, "motion_id": opened.id}, Conflict, "delegation-late"),
        (ana, bo, {"scope": Scope.POLL, "motion_id": plain.id}, Conflict, "delegation-off"),
    )
    for by, to, more, kind, code in cases:
        with pytest.raises(kind) as error:
            await grant(instance, by, to, **more)
        assert refused(error) == code
    assert await rows(instance, t.delegations) == []
    await grant(instance, ana, bo)
    without = replace(Bylaws(), delegation=frozenset())
    monkeypatch.setattr(delegations, "Bylaws", lambda: without)
    with pytest.raises(NotAllowed) as off:
        await grant(instance, bo, ana)
    assert refused(off) == "delegation-off"


async def test_a_motion_has_no_delegation_that_bylaws_method_or_secrecy_forbid(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    (ana,) = await join(instance.units, "ana")
    await ask(instance, ana, settings={"delegation": "liquid"})
    with pytest.raises(MotionRefused) as method:
        await ask(instance, ana, method="consent", settings={"delegation": "liquid"})
    assert refused(method) == "delegation-method"
    monkeypatch.setattr(
        "fedcoop.actions.motions.motion.Bylaws", lambda: replace(bylaws.Bylaws(), delegation=frozenset())
    )
    with pytest.raises(MotionRefused) as off:
        await ask(instance, ana, settings={"delegation": "liquid"})
    assert refused(off) == "delegation-off"


# --- ends ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", [0, 1])
async def test_the_end_of_a_membership_ends_delegations_in_both_directions(instance: Instance, who: int) -> None:
    ana, bo, cy = await join(instance.units, "ana", "bo", "cy")
    await grant(instance, ana, bo)
    await grant(instance, cy, ana)
    motion = await ask(instance, cy, settings=LIQUID)
    await vote(instance, bo, motion, "for")
    assert (await tally(instance, motion)).represented == 2
    await instance.units.write(end_membership, member_id=(ana, bo)[who].id, who="test", reason="moved")
    assert (await tally(instance, motion)).represented == 0
    ended = [row.ended_why for row in await rows(instance, t.delegations)]
    assert ended == (["membership", "membership"] if who == 0 else ["membership", ""])


async def every_day(instance: Instance, days: int) -> None:
    for _ in range(days):
        instance.clock.advance(timedelta(days=1))
        await run_timers(instance)


async def test_a_delegation_is_over_after_twelve_months_unless_renewed(instance: Instance) -> None:
    ana, bo = await join(instance.units, "ana", "bo")
    item = await grant(instance, ana, bo)
    await sign_in(instance, ana)
    instance.clock.advance(LASTS - timedelta(days=1))
    await sign_in(instance, ana)
    await instance.units.write(delegations.keep_up, "")
    assert (await ask(instance, ana, settings=LIQUID)).eligible == 2
    assert len(await rows(instance, t.motion_delegations)) == 1
    instance.clock.advance(timedelta(days=1))
    await ask(instance, ana, settings=LIQUID)
    assert len(await rows(instance, t.motion_delegations)) == 1, "what is over serves no vote, also before the timer"
    await instance.units.write(delegations.keep_up, "")
    assert [row.ended_why for row in await rows(instance, t.delegations)] == ["expired"]
    assert len(await audited(instance, "delegation-expired")) == 1
    with pytest.raises(NotFound):
        await instance.units.write(delegations.renew, by=ana.id, delegation_id=item.id)


async def sign_in(instance: Instance, member: Member) -> None:
    account = await instance.units.read(lambda uow: uow.accounts.of_member(member.id))
    assert account is not None
    await instance.units.write(account_actions.open_session, account_id=account.id, browser="")


async def test_silence_lapses_a_delegation_after_a_notice_in_time(instance: Instance) -> None:
    ana, bo = await join(instance.units, "ana", "bo")
    actor = await know(instance, "ana")
    await instance.units.write(link_by_operator, member_id=ana.id, actor=actor, handle=actor.handle)
    await grant(instance, ana, bo)
    await sign_in(instance, ana)
    motion = await ask(instance, ana, days=300, settings=LIQUID)
    await vote(instance, bo, motion, "for")
    await instance.units.write(start_up, only_process=True)
    await every_day(instance, 165)
    assert await audited(instance, "delegation-lapsing") == []
    await every_day(instance, 2)
    assert len(await audited(instance, "delegation-lapsing")) == 1
    told = [a for a in await sent(instance, "Create") if "lapses" in a["object"].get("content", "")]
    assert [a["to"] for a in told] == [[actor.uri]]
    await every_day(instance, 12)
    assert [row.ended_why for row in await rows(instance, t.delegations)] == [""]
    await every_day(instance, 2)
    assert [row.ended_why for row in await rows(instance, t.delegations)] == ["lapsed"]
    assert len(await audited(instance, "delegation-lapsing")) == 1
    assert (await tally(instance, motion)).represented == 1, "a vote that runs keeps what its opening froze"


@pytest.mark.parametrize("way", ["sign-in", "linked account"])
async def test_who_comes_back_after_the_notice_keeps_the_delegation(instance: Instance, way: str) -> None:
    ana, bo = await join(instance.units, "ana", "bo")
    actor = await know(instance, "ana")
    await grant(instance, ana, bo)
    motion = await ask(instance, ana, days=300)
    await instance.units.write(start_up, only_process=True)
    await every_day(instance, 170)
    assert len(await audited(instance, "delegation-lapsing")) == 1
    if way == "sign-in":
        await sign_in(instance, ana)
    else:
        await vote(instance, ana, motion, "for", channel=Channel.ACTIVITYPUB, actor_id=actor.id)
    await every_day(instance, 30)
    assert [row.ended_why for row in await rows(instance, t.delegations)] == [""]
    assert len(await audited(instance, "delegation-lapsing")) == 1


async def test_a_long_pause_of_the_server_still_gives_the_notice_its_time(instance: Instance) -> None:
    ana, bo = await join(instance.units, "ana", "bo")
    await grant(instance, ana, bo)
    instance.clock.advance(timedelta(days=200))
    await instance.units.write(delegations.keep_up, "")
    assert [row.ended_why for row in await rows(instance, t.delegations)] == [""]
    instance.clock.advance(timedelta(days=14))
    await instance.units.write(delegations.keep_up, "")
    assert [row.ended_why for row in await rows(instance, t.delegations)] == ["lapsed"]


def test_the_timer_that_keeps_delegations_up_is_wired() -> None:
    assert wiring.TIMERS[delegations.KEEP_UP_TIMER] is delegations.keep_up


# --- when the roll is corrected -----------------------------------------------------------------------------------


async def correct(instance: Instance, motion: Motion, member: Member, kind: Correction) -> None:
    await instance.units.write(
        correct_roll, by=None, motion_id=motion.id, change=Change(kind, member.id), reason="It was wrong."
    )


async def same_live_and_counted(instance: Instance, motion: Motion) -> Tally:
    live = await tally(instance, motion)
    _, found, _ = await decided(instance, motion)
    assert (live.counts, live.voted, live.represented) == (found.counts, found.voted, found.represented)
    return found


async def test_a_delegate_who_comes_onto_the_roll_by_a_correction_speaks_for_nobody(instance: Instance) -> None:
    ana, bo, cy = await join(instance.units, "ana", "bo", "cy")
    await grant(instance, ana, bo)
    await grant(instance, bo, cy)
    motion = await ask(instance, ana, settings={**LIQUID, "members": "ana,cy"})
    assert [row.off_roll for row in await rows(instance, t.motion_delegations)] == [True]
    await correct(instance, motion, bo, Correction.ADD)
    for voter in (bo, cy):
        await vote(instance, voter, motion, "for")
    found = await same_live_and_counted(instance, motion)
    assert (found.counts["for"], found.represented) == (2, 0)


@pytest.mark.parametrize("who", ["ana", "bo"])
@pytest.mark.parametrize("back", [True, False])
async def test_who_is_taken_out_of_the_roll_neither_speaks_nor_is_spoken_for(
    instance: Instance, who: str, back: bool
) -> None:
    ana, bo, cy = await join(instance.units, "ana", "bo", "cy")
    await grant(instance, ana, bo)
    motion = await ask(instance, cy, settings=LIQUID)
    member = {"ana": ana, "bo": bo}[who]
    await correct(instance, motion, member, Correction.REMOVE)
    if back:
        await correct(instance, motion, member, Correction.ADD)
    for voter in (bo, cy):
        if voter != member or back:
            await vote(instance, voter, motion, "for")
    found = await same_live_and_counted(instance, motion)
    assert found.represented == (1 if back else 0)


async def test_what_is_revoked_while_off_the_roll_stays_revoked(instance: Instance) -> None:
    ana, bo, cy = await join(instance.units, "ana", "bo", "cy")
    await grant(instance, ana, bo)
    motion = await ask(instance, cy, settings=LIQUID)
    await vote(instance, bo, motion, "for")
    await correct(instance, motion, ana, Correction.REMOVE)
    await instance.units.write(delegations.revoke_in_motion, by=ana.id, motion_id=motion.id)
    await correct(instance, motion, ana, Correction.ADD)
    assert (await same_live_and_counted(instance, motion)).represented == 0


async def test_merged_numbers_leave_one_vote_and_no_delegation_to_the_dropped_one(instance: Instance) -> None:
    ana, bo, twin = await join(instance.units, "ana", "bo", "twin")
    await grant(instance, ana, twin)
    await grant(instance, bo, ana)
    motion = await ask(instance, bo, settings=LIQUID)
    await vote(instance, twin, motion, "for")
    assert (await tally(instance, motion)).counts["for"] == 3
    await instance.units.write(merge_members, keep=ana.id, drop=twin.id, who="test", reason="One person.")
    found = await same_live_and_counted(instance, motion)
    assert (found.eligible, found.voted, found.represented) == (2, 1, 1)
