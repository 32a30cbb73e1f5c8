"""No membership, no session; suspended, no powers: the status is asked in one place, whoever comes by whatever door."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import fedcoop.actions
from fedcoop.actions.members.accounts import issue_token, open_session, redeem_link, set_password
from fedcoop.actions.members.member import one_time_link
from fedcoop.actions.members.registrar import change_status
from fedcoop.actions.motions.ballots import withdraw_ballot
from fedcoop.governance.members.bylaws import Bylaws
from fedcoop.governance.members.member import ENDED, Member, MemberStatus
from fedcoop.governance.members.permissions import Allowed, Deed, may
from fedcoop.governance.motions.motion import Channel
from fedcoop.kernel.errors import BallotRefused, NotAllowed
from fedcoop.queries.members.accounts import token_view, viewer_of
from fedcoop.storage import tables as t
from fedcoop.storage.instance.vault import token_hash
from tests.actions.coop import ask, join, rows, vote
from tests.conftest import Instance

S = MemberStatus
ASKED_BEFORE = {
    *("delegation.delegations.check_pair", "motions.motion.build_motion", "motions.motion.plan_motion"),
    *("motions.transitions.move", "motions.transitions.move_with", "motions.after_count.conclude"),
    *("motions.rolls.demand_proposing", "motions.scheduling.add_sequel", "follow_ups.outcomes.add_statement"),
    *("proposals.proposal.add_version", "proposals.proposal.demand_author", "proposals.proposal.put_to_vote"),
    *("members.registrar.demand_announcing", "fediverse.desk.item_for"),
}
"""Steps of other actions, also taken by timers for somebody whose membership may rest by then."""
OWN_ACCOUNT = {
    *(f"members.member.{name}" for name in ("start_link", "confirm_link", "send_code", "cancel_link", "unlink")),
    *("instance.founding.open_member_actor", "instance.founding.close_member_actor", "motions.ballots.send_abroad"),
}


def _actions() -> Iterator[tuple[str, Callable[..., Any]]]:
    place = f"{fedcoop.actions.__name__}."
    for module in pkgutil.walk_packages(fedcoop.actions.__path__, place):
        found = importlib.import_module(module.name)
        for name, value in vars(found).items():
            if inspect.isfunction(value) and not name.startswith("_") and value.__module__ == found.__name__:
                yield f"{module.name.removeprefix(place)}.{name}", value


GUARDED = {name: action for name, action in _actions() if hasattr(action, "in_name_of")}


def test_every_action_in_a_members_name_asks_first() -> None:
    named = {name for name, action in _actions() if "by" in inspect.signature(action).parameters}
    assert named - ASKED_BEFORE | OWN_ACCOUNT == set(GUARDED)
    assert all(action.in_name_of == ("member_id" if name in OWN_ACCOUNT else "by") for name, action in GUARDED.items())


async def _status(instance: Instance, member: Member, status: MemberStatus) -> None:
    await instance.units.write(change_status, member_id=member.id, status=status, who="test", reason="so")


@pytest.mark.parametrize("status", [S.SUSPENDED, *sorted(ENDED)])
async def test_nothing_is_done_in_the_name_of_who_may_not_act(instance: Instance, status: MemberStatus) -> None:
    _, ben = await join(instance.units, "ada", "ben")
    await _status(instance, ben, status)
    before = await rows(instance, t.audit_log)
    code = "not-a-member"
    for name, action in GUARDED.items():
        with pytest.raises(NotAllowed) as refused:
            await instance.units.write(action, **{action.__dict__["in_name_of"]: ben.id})
        assert refused.value.code == code, name
    assert await rows(instance, t.audit_log) == before


async def test_a_suspended_member_reads_on_and_has_no_office(instance: Instance) -> None:
    ada, ben = await join(instance.units, "ada", "ben")
    motion = await ask(instance, ada)
    await vote(instance, ada, motion, "for")
    await vote(instance, ben, motion, "for")
    account = await instance.units.read(lambda uow: uow.accounts.of_member(ada.id))
    assert account is not None
    secret = await instance.units.write(open_session, account_id=account.id, browser="b")
    assert may(ada, Deed.MANAGE_MEMBERS, Bylaws()) == Allowed()
    await _status(instance, ada, S.SUSPENDED)
    viewer = await instance.units.read(viewer_of, token=secret)
    assert viewer.member is not None
    assert (viewer.member.may_act, viewer.member.has_office) == (False, False)
    assert all(not isinstance(may(viewer.member, deed, Bylaws(), own=True), Allowed) for deed in Deed)
    take_back = {"motion_id": motion.id, "channel": Channel.WEB, "at": instance.clock.now()}
    with pytest.raises(BallotRefused) as refused:
        await instance.units.write(withdraw_ballot, voter=ada.id, **take_back)
    assert refused.value.code == "ineligible"
    await instance.units.write(withdraw_ballot, voter=ben.id, **take_back)
    await _status(instance, ada, S.FULL)
    await instance.units.write(withdraw_ballot, voter=ada.id, **take_back)


@pytest.mark.parametrize("status", sorted(ENDED))
async def test_an_ended_membership_has_no_way_in(instance: Instance, status: MemberStatus) -> None:
    ada, ben = await join(instance.units, "ada", "ben")
    account = await instance.units.read(lambda uow: uow.accounts.of_member(ben.id))
    assert account is not None
    secret = await instance.units.write(open_session, account_id=account.id, browser="b")
    link = await instance.units.write(one_time_link, member_id=ben.id, purpose="invitation")
    await instance.units.write(issue_token, member_id=ben.id, scopes="read")
    await _status(instance, ben, status)
    assert (await instance.units.read(viewer_of, token=secret)).member is None
    assert await instance.units.read(token_view, secret=link) is None
    for table in (t.sessions, t.access_tokens):
        assert await rows(instance, table) == []
    assert {row.account_id for row in await rows(instance, t.one_time_tokens)} == {
        row.id for row in await rows(instance, t.accounts) if row.member_id == ada.id
    }
    for way in (
        lambda uow: open_session(uow, account_id=account.id, browser="b"),
        lambda uow: one_time_link(uow, member_id=ben.id, purpose="sign-in"),
        lambda uow: issue_token(uow, member_id=ben.id, scopes="read"),
    ):
        with pytest.raises(NotAllowed) as refused:
            await instance.units.write(way)
        assert refused.value.code == "membership-over"


async def test_a_link_left_over_by_chance_opens_nothing_either(instance: Instance) -> None:
    _, ben = await join(instance.units, "ada", "ben")
    account = await instance.units.read(lambda uow: uow.accounts.of_member(ben.id))
    assert account is not None
    await _status(instance, ben, S.LEFT)
    stored = {"account_id": account.id, "purpose": "invitation", "now": instance.clock.now()}
    far = instance.clock.now().replace(year=2099)
    await instance.units.write(
        lambda uow: uow.accounts.add_one_time_token(token_hash=token_hash("x"), expires_at=far, **stored)
    )
    with pytest.raises(NotAllowed) as refused:
        await instance.units.write(redeem_link, secret="x", browser="b")
    assert refused.value.code == "membership-over"


async def test_a_new_password_voids_the_links_that_waited(instance: Instance) -> None:
    ada, ben = await join(instance.units, "ada", "ben")
    links = {m.id: await instance.units.write(one_time_link, member_id=m.id, purpose="sign-in") for m in (ada, ben)}
    account = await instance.units.read(lambda uow: uow.accounts.of_member(ada.id))
    assert account is not None
    await instance.units.write(set_password, account_id=account.id, password_hash="h", digest=b"")
    with pytest.raises(NotAllowed) as refused:
        await instance.units.write(redeem_link, secret=links[ada.id], browser="b")
    assert refused.value.code == "link-used"
    assert (await instance.units.write(redeem_link, secret=links[ben.id], browser="b"))[1] == "sign-in"
