"""Proxies for one vote: named in time, within the cap, open or with an instruction, never passed on (governance.md 8)."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from fedcoop.actions.delegation import delegations, proxies
from fedcoop.actions.delegation.proxies import Naming
from fedcoop.actions.members.member import end_membership
from fedcoop.actions.motions.ballots import withdraw_ballot
from fedcoop.governance.delegation.mandates import PassedVote
from fedcoop.governance.members.member import Member
from fedcoop.governance.motions.ballots import Ballot
from fedcoop.governance.motions.motion import Channel, Motion
from fedcoop.kernel.errors import BallotRefused, Conflict, Invalid, MotionRefused, NotFound
from fedcoop.storage import tables as t
from tests.actions.coop import ask, audited, join, rows, run_timers, vote
from tests.actions.delegation.test_delegating import VECTOR, decided, log_types, refused, tally
from tests.conftest import Instance

PROXY = {"delegation": "proxy", "quorum": "0", "early_close": "any"}
LATER = {**PROXY, "proxy_naming": "first_ballot"}


async def name(instance: Instance, by: Member, motion: Motion, to: Member, instruction: str = "") -> PassedVote:
    return await instance.units.write(
        proxies.name_proxy, by=by.id, motion_id=motion.id, naming=Naming(to.id, instruction)
    )


async def cast_for(instance: Instance, holder: Member, principal: Member, motion: Motion, *choice: str) -> Ballot:
    return await instance.units.write(
        proxies.cast_for,
        holder=holder.id,
        principal=principal.id,
        motion_id=motion.id,
        choice=choice,
        received_at=instance.clock.now(),
    )


async def planned(instance: Instance, by: Member, **settings: str) -> Motion:
    opens_at = instance.clock.now() + timedelta(days=1)
    return await ask(instance, by, settings={**PROXY, **settings}, opens_at=opens_at)


async def opening(instance: Instance) -> None:
    instance.clock.advance(timedelta(days=1))
    await run_timers(instance)


async def test_the_worked_example_with_proxies_is_a_tie_and_recounts(instance: Instance) -> None:
    members = dict(zip(VECTOR["roll"], await join(instance.units, *VECTOR["roll"]), strict=True))
    case = VECTOR["cases"][1]
    motion = await planned(instance, members["ana"])
    for giver, taker in VECTOR["grants"]:
        await name(instance, members[giver], motion, members[taker])
    await opening(instance)
    for voter, choice in VECTOR["ballots"].items():
        await vote(instance, members[voter], motion, choice)
    live = await tally(instance, motion)
    code, found, _ = await decided(instance, motion)
    assert (found.counts["for"], found.counts["against"], found.represented) == (4, 4, case["represented"])
    assert (code, found.took_part, live.counts) == ("tied", 8, found.counts)


async def test_a_proxy_is_named_until_the_opening(instance: Instance) -> None:
    ana, bo = await join(instance.units, "ana", "bo")
    motion = await planned(instance, ana)
    await name(instance, ana, motion, bo)
    await opening(instance)
    with pytest.raises(Conflict) as late:
        await name(instance, ana, motion, bo)
    assert refused(late) == "delegation-late"
    await vote(instance, bo, motion, "for")
    assert (await tally(instance, motion)).counts["for"] == 2


async def test_a_vote_that_opens_at_once_needs_a_later_end_of_naming(instance: Instance) -> None:
    (ana,) = await join(instance.units, "ana")
    await ask(instance, ana, settings=LATER)
    await planned(instance, ana)
    with pytest.raises(MotionRefused) as refusal:
        await ask(instance, ana, settings=PROXY)
    assert refusal.value.code == "proxy_naming"


async def test_where_the_rule_says_so_a_proxy_is_named_until_the_holders_first_ballot(instance: Instance) -> None:
    ana, bo, cy = await join(instance.units, "ana", "bo", "cy")
    motion = await ask(instance, ana, settings=LATER)
    await name(instance, ana, motion, bo)
    await vote(instance, bo, motion, "for")
    with pytest.raises(Conflict) as late:
        await name(instance, cy, motion, bo)
    assert refused(late) == "delegation-late"
    assert await log_types(instance, motion) == ["open", "delegations", "grant", "ballot"]
    _, found, document = await decided(instance, motion)
    assert (found.counts["for"], found.represented, len(document["delegations"])) == (2, 1, 1)


async def test_a_holder_takes_no_more_than_the_cap_and_another_may_be_named_instead(instance: Instance) -> None:
    ana, bo, cy, dee, eli = await join(instance.units, "ana", "bo", "cy", "dee", "eli")
    motion = await ask(instance, ana, settings=LATER)
    for principal in (ana, bo):
        await name(instance, principal, motion, eli)
    with pytest.raises(Conflict) as full:
        await name(instance, cy, motion, eli)
    assert refused(full) == "delegation-cap"
    await name(instance, ana, motion, eli)
    await name(instance, ana, motion, dee)
    await name(instance, cy, motion, eli)
    await name(instance, dee, motion, ana)
    _, found, document = await decided(instance, motion)
    orders = [grant["order"] for grant in document["delegations"]]
    assert (found.represented, len(set(orders)), orders) == (0, 4, sorted(orders))


async def test_what_cannot_be_named_says_why(instance: Instance) -> None:
    ana, bo, cy, dee = await join(instance.units, "ana", "bo", "cy", "dee")
    plain = await ask(instance, ana)
    motion = await ask(instance, ana, settings=LATER)
    (new,) = await join(instance.units, "new")
    await instance.units.write(end_membership, member_id=cy.id, who="test", reason="moved")
    await vote(instance, dee, motion, "for")
    cases: list[tuple[Member, Motion, Member, str, type[Exception], str]] = [
        (ana, motion, ana, "", Invalid, "delegation-self"),
        (ana, motion, cy, "", Conflict, "delegation-ineligible"),
        (ana, motion, new, "", Conflict, "delegation-ineligible"),
        (new, motion, ana, "", Conflict, "delegation-ineligible"),
        (ana, plain, bo, "", Conflict, "delegation-off"),
        (dee, motion, bo, "", Conflict, "delegation-voted"),
        (ana, motion, bo, "x" * 501, Invalid, "delegation-instruction"),
    ]
    for by, asked, to, instruction, kind, code in cases:
        with pytest.raises(kind) as error:
            await name(instance, by, asked, to, instruction)
        assert error.value.code == code  # type: ignore[attr-defined]
    assert await rows(instance, t.motion_delegations) == []
    await name(instance, ana, motion, bo)


async def test_an_instructed_proxy_gives_the_vote_only_by_a_ballot_of_its_own(instance: Instance) -> None:
    ana, bo = await join(instance.units, "ana", "bo")
    motion = await ask(instance, ana, settings=LATER)
    await name(instance, ana, motion, bo, "Against, unless the price falls.")
    await vote(instance, bo, motion, "for")
    assert (await tally(instance, motion)).counts == {"for": 1, "against": 0, "abstain": 0}
    await cast_for(instance, bo, ana, motion, "against")
    assert len(await audited(instance, "proxy-ballot")) == 1
    log = await instance.units.read(lambda uow: uow.motions.log(motion.id))
    last = json.loads(log[-1].entry)
    holder = await instance.units.read(lambda uow: uow.motions.roll_entry(motion.id, bo.id))
    assert holder is not None
    assert (last["type"], last["holder"]) == ("ballot", holder.voter)
    _, found, document = await decided(instance, motion)
    assert (found.counts["for"], found.counts["against"], found.represented) == (1, 1, 0)
    assert document["delegations"][0]["instructed"] is True


async def test_for_an_open_proxy_too_the_holder_may_cast_another_ballot(instance: Instance) -> None:
    ana, bo = await join(instance.units, "ana", "bo")
    motion = await ask(instance, ana, settings=LATER)
    await name(instance, ana, motion, bo)
    await vote(instance, bo, motion, "for")
    assert (await tally(instance, motion)).counts["for"] == 2
    await cast_for(instance, bo, ana, motion, "abstain")
    await cast_for(instance, bo, ana, motion, "against")
    found = await tally(instance, motion)
    assert (found.counts["for"], found.counts["against"], found.voted, found.represented) == (1, 1, 2, 0)


@pytest.mark.parametrize("change", ["until_close", "never"])
async def test_the_principals_own_ballot_overrides_and_is_never_overridden(instance: Instance, change: str) -> None:
    ana, bo = await join(instance.units, "ana", "bo")
    motion = await ask(instance, ana, settings={**LATER, "change": change})
    await name(instance, ana, motion, bo)
    await cast_for(instance, bo, ana, motion, "for")
    await vote(instance, ana, motion, "against")
    with pytest.raises(BallotRefused) as over:
        await cast_for(instance, bo, ana, motion, "for")
    assert over.value.code == "delegation-overridden"
    assert (await tally(instance, motion)).counts == {"for": 0, "against": 1, "abstain": 0}


async def test_dismissing_the_holder_takes_back_the_ballot_cast_for_the_principal(instance: Instance) -> None:
    ana, bo = await join(instance.units, "ana", "bo")
    motion = await ask(instance, ana, settings=LATER)
    await name(instance, ana, motion, bo)
    await cast_for(instance, bo, ana, motion, "for")
    await instance.units.write(delegations.revoke_in_motion, by=ana.id, motion_id=motion.id)
    types = await log_types(instance, motion)
    assert types == ["open", "delegations", "grant", "ballot", "withdrawal", "revocation"]
    with pytest.raises(NotFound) as unknown:
        await cast_for(instance, bo, ana, motion, "for")
    assert unknown.value.code == "delegation-unknown"
    _, found, _ = await decided(instance, motion)
    assert found.took_part == 0


async def test_dismissing_leaves_a_ballot_of_ones_own(instance: Instance) -> None:
    ana, bo = await join(instance.units, "ana", "bo")
    motion = await ask(instance, ana, settings=LATER)
    await name(instance, ana, motion, bo)
    await vote(instance, ana, motion, "for")
    await instance.units.write(delegations.revoke_in_motion, by=ana.id, motion_id=motion.id)
    assert (await tally(instance, motion)).counts["for"] == 1


async def test_only_the_holder_with_a_vote_casts_for_another(instance: Instance) -> None:
    ana, bo, cy = await join(instance.units, "ana", "bo", "cy")
    motion = await planned(instance, ana)
    await name(instance, ana, motion, bo)
    await name(instance, cy, motion, bo)
    await opening(instance)
    with pytest.raises(NotFound) as foreign:
        await cast_for(instance, cy, ana, motion, "for")
    assert foreign.value.code == "delegation-unknown"
    await cast_for(instance, bo, ana, motion, "for")
    assert (await tally(instance, motion)).counts["for"] == 1


async def test_a_holder_who_is_not_on_the_roll_has_no_vote_to_cast(instance: Instance) -> None:
    ana, bo = await join(instance.units, "ana", "bo")
    motion = await planned(instance, ana, classes="member")
    await name(instance, ana, motion, bo)
    await instance.units.write(lambda uow: uow.members.put(replace(bo, member_class="supporter")))
    await opening(instance)
    with pytest.raises(BallotRefused) as error:
        await cast_for(instance, bo, ana, motion, "for")
    assert error.value.code == "ineligible"
    _, found, document = await decided(instance, motion)
    assert (found.represented, document["delegations"][0]["to"]) == (0, None)


async def test_a_principal_may_withdraw_what_the_holder_cast_and_is_represented_again(instance: Instance) -> None:
    ana, bo = await join(instance.units, "ana", "bo")
    motion = await ask(instance, ana, settings=LATER)
    await name(instance, ana, motion, bo)
    await vote(instance, bo, motion, "for")
    await cast_for(instance, bo, ana, motion, "against")
    await instance.units.write(
        withdraw_ballot, voter=ana.id, motion_id=motion.id, channel=Channel.WEB, at=instance.clock.now()
    )
    found = await tally(instance, motion)
    assert (found.counts["for"], found.represented) == (2, 1)
