"""What the registrar keeps of members beside names: status, class, good standing, groups (governance.md 15.2, 15.3).

Nothing here touches a frozen roll: it decides the next ones. Whose status no longer carries a vote cannot cast from now
on; a ballot cast already stands (3).
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from fedcoop.actions.delegation import delegations
from fedcoop.governance.members.bylaws import Bylaws
from fedcoop.governance.members.classes import Group, MemberClass, check_class, check_group
from fedcoop.governance.members.member import DEFAULT_CLASS, Member, MemberStatus
from fedcoop.governance.members.permissions import Deed, demand
from fedcoop.kernel.errors import Conflict, Invalid, NotFound
from fedcoop.kernel.html import plain_text, prose
from fedcoop.kernel.ids import MemberId
from fedcoop.storage.unit_of_work import UnitOfWork

S = MemberStatus
_RUNNING = frozenset({S.FULL, S.PROBATION, S.SUSPENDED, S.DORMANT, S.LEAVING})
STEPS: Mapping[MemberStatus, frozenset[MemberStatus]] = {
    S.SUSPENDED: frozenset({S.FULL}),
    S.DORMANT: frozenset({S.FULL}),
    S.PROBATION: frozenset({S.APPLIED, S.APPROVED}),
    S.LEAVING: frozenset({S.FULL, S.PROBATION}),
    S.FULL: frozenset({S.APPLIED, S.APPROVED, S.PROBATION, S.SUSPENDED, S.DORMANT, S.LEAVING}),
    S.LEFT: _RUNNING,
    S.EXPELLED: _RUNNING,
    S.CEASED: _RUNNING,
}
"""From which statuses the registrar can set which (15.2). The ways there, with hearings and votes, are the bylaws'."""


def change_status(uow: UnitOfWork, *, member_id: MemberId, status: MemberStatus, who: str, reason: str) -> Member:
    """The member has another status from now on. Raises Conflict (`status-step`) or Invalid (`reason-empty`)."""
    member = uow.members.get(member_id)
    if not prose(reason):
        raise Invalid("reason-empty", "Write why; it stands in the log.", field="reason")
    if member.status not in STEPS.get(status, frozenset()):
        raise Conflict("status-step", f"{member.display_name} is {member.status}; {status} cannot follow that.")
    if status in (S.LEFT, S.EXPELLED, S.CEASED):
        return end(uow, member, status=status, who=who, reason=reason)
    changed = replace(member, status=status)
    uow.members.put(changed)
    _told(uow, "member-status", changed, who, {"from": member.status.value, "to": status.value}, reason)
    return changed


def end(uow: UnitOfWork, member: Member, *, status: MemberStatus, who: str, reason: str) -> Member:
    """The membership is over: no vote from now on; sessions, links and tokens end, linked accounts are frozen.

    Ballots cast before stand.
    """
    gone = replace(member, status=status, left_at=uow.now)
    uow.members.put(gone)
    uow.members.freeze_links_of_member(member.id, "membership-ended")
    delegations.end_of_membership(uow, member_id=member.id)
    account = uow.accounts.of_member(member.id)
    if account is not None:
        uow.accounts.end_sessions(account.id)
        uow.accounts.end_one_time_tokens(account.id)
        uow.accounts.end_access_tokens(account.id)
    _told(uow, f"member-{status.value}", gone, who, {}, reason)
    return gone


def set_class(uow: UnitOfWork, *, member_id: MemberId, name: str, who: str) -> Member:
    """The member is in another class from now on. Raises NotFound (`class-unknown`) or Conflict (`class-same`)."""
    member = uow.members.get(member_id)
    check_class_known(uow, name)
    if member.member_class == name:
        raise Conflict("class-same", f"{member.display_name} is in the class {name} already.")
    changed = replace(member, member_class=name)
    uow.members.put(changed)
    _told(uow, "member-class", changed, who, {"from": member.member_class, "to": name}, "")
    return changed


def check_class_known(uow: UnitOfWork, name: str) -> None:
    """Raise NotFound (`class-unknown`), which names the classes there are, unless members can be in this class."""
    if name != DEFAULT_CLASS and uow.classes.find(name) is None:
        known = ", ".join(sorted({DEFAULT_CLASS, *(item.name for item in uow.classes.all())}))
        raise NotFound("class-unknown", f"There is no class called {name}. There are: {known}.")


def demand_announcing(uow: UnitOfWork, by: MemberId) -> None:
    """Raise NotAllowed unless the member may tell the others something: by the bylaws, and by class."""
    member = uow.members.get(by)
    found = uow.classes.find(member.member_class)
    demand(member, Deed.ANNOUNCE, Bylaws(), announces=found is None or found.announces)


def set_arrears(uow: UnitOfWork, *, member_id: MemberId, since: datetime | None, who: str) -> Member:
    """The member's dues are overdue beyond the grace period since then, or paid (None): good standing, or not (3)."""
    if since is not None and since > uow.now:
        raise Invalid("arrears-future", "Dues are overdue since a day that has come.", field="since")
    changed = replace(uow.members.get(member_id), arrears_since=since)
    uow.members.put(changed)
    _told(uow, "member-arrears", changed, who, {"overdue": since is not None}, "")
    return changed


# --- classes and groups -----------------------------------------------------------------------------------------


def save_class(uow: UnitOfWork, *, item: MemberClass, who: str, new: bool = False) -> MemberClass:
    """The class is kept as given; motions already planned keep their weights.

    Raises Invalid (`class-…`) or Conflict (`class-exists`, `class-unknown`).
    """
    there = uow.classes.find(item.name)
    if new and there is not None:
        raise Conflict("class-exists", f"There is a class called {item.name} already.")
    if not new and there is None:
        raise NotFound("class-unknown", f"There is no class called {item.name}.")
    kept = replace(item, title=plain_text(item.title, 100) or item.name, reference=plain_text(item.reference, 200))
    check_class(kept)
    uow.classes.put(kept)
    share = "" if kept.share is None else str(kept.share)
    details = {"weight": kept.weight, "share": share, "may_propose": kept.may_propose, "reference": kept.reference}
    details["may_announce"] = kept.may_announce
    uow.audit("class-saved", who=who, subject=f"class:{kept.name}", details=details)
    return kept


def save_group(uow: UnitOfWork, *, item: Group, who: str) -> Group:
    """The group is kept as given. Raises Invalid (`group-name`)."""
    kept = replace(item, title=plain_text(item.title, 100) or item.name)
    check_group(kept)
    uow.classes.put_group(kept)
    uow.audit("group-saved", who=who, subject=f"group:{kept.name}")
    return kept


def join_group(uow: UnitOfWork, *, group: str, member_id: MemberId, who: str) -> None:
    """The member is in the group from now on. Raises NotFound (`group-unknown`) or Conflict (`group-has`)."""
    member = _for_group(uow, group, member_id)
    if group in uow.classes.groups_of(member_id):
        raise Conflict("group-has", f"{member.display_name} is in the group {group} already.")
    uow.classes.join(group, member_id, uow.now)
    _told(uow, "group-joined", member, who, {"group": group}, "")


def leave_group(uow: UnitOfWork, *, group: str, member_id: MemberId, who: str) -> None:
    """The member is in the group no longer. Raises NotFound (`group-unknown`) or Conflict (`group-lacks`)."""
    member = _for_group(uow, group, member_id)
    if group not in uow.classes.groups_of(member_id):
        raise Conflict("group-lacks", f"{member.display_name} is not in the group {group}.")
    uow.classes.leave(group, member_id, uow.now)
    _told(uow, "group-left", member, who, {"group": group}, "")


def _for_group(uow: UnitOfWork, group: str, member_id: MemberId) -> Member:
    if uow.classes.find_group(group) is None:
        raise NotFound("group-unknown", f"There is no group called {group}.")
    return uow.members.get(member_id)


def _told(uow: UnitOfWork, what: str, member: Member, who: str, details: Mapping[str, object], reason: str) -> None:
    uow.audit(what, who=who, subject=f"member:{member.number}", details=dict(details), reason=prose(reason))
