"""The roll of a motion: made at the opening, corrected in the open until the close, joined late where that is the rule.

A correction is one row added, taken out or changed; the log tells it with the roll's new hash, and everybody sees the new
number of those eligible (governance.md 3). What nobody objected to in time stands; a wrong roll found later annuls.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from fedcoop.actions.acting import in_name_of
from fedcoop.governance.events import RollCorrected
from fedcoop.governance.members.bylaws import Bylaws
from fedcoop.governance.members.electorate import Register, check_electorate
from fedcoop.governance.members.member import Member
from fedcoop.governance.members.permissions import Deed, demand
from fedcoop.governance.motions.ballots import RollEntry
from fedcoop.governance.motions.method import Method
from fedcoop.governance.motions.motion import Motion, MotionState, Settings
from fedcoop.governance.proof import logchain
from fedcoop.governance.rolls.roll import (
    Correction,
    RegisterAt,
    eligible_in,
    entry_for,
    line_of,
    pseudonym,
    roll_hash,
    roll_lines,
)
from fedcoop.governance.rolls.weight_rules import check_weighting
from fedcoop.kernel.errors import Conflict, Invalid, NotFound
from fedcoop.kernel.html import prose
from fedcoop.kernel.ids import MemberId, MotionId
from fedcoop.storage.records import RollObjection
from fedcoop.storage.unit_of_work import UnitOfWork

MAX_WORDS = 1000


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be corrected: `member_class` is for a changed class, and for an added member whose class was wrong."""

    kind: Correction
    member_id: MemberId
    member_class: str = ""


# --- at the opening ---------------------------------------------------------------------------------------------


def demand_proposing(uow: UnitOfWork, by: MemberId) -> None:
    """Raise NotAllowed unless the member may put something to a vote: by the bylaws, and by class."""
    member = uow.members.get(by)
    found = uow.classes.find(member.member_class)
    demand(member, Deed.OPEN_MOTION, Bylaws(), proposes=found is None or found.may_propose)


def check_rule(uow: UnitOfWork, method: Method, settings: Settings, *, opens_at: datetime) -> None:
    """Raise MotionRefused, its code the name of the setting, unless electorate and weights fit register and method."""
    rule = settings.electorate
    register = Register(
        classes={item.name: item for item in uow.classes.all()},
        groups={group.name for group in uow.classes.groups()},
        names=uow.members.known_names(rule.members),
    )
    check_electorate(rule, register, opens_at=opens_at, binding=method.binding)
    check_weighting(method, settings, register)


def register_at(uow: UnitOfWork, motion: Motion) -> RegisterAt:
    """Return the register as it stood at the motion's record date, or else when it was to open: whenever it is asked."""
    rule = motion.settings.electorate
    at = min(motion.opens_at if rule.record_date is None else rule.record_date, uow.now)
    members = uow.members.all() if at == uow.now else uow.members.as_at(at)
    return RegisterAt(at, members, uow.classes.voteless(), uow.classes.groups_at(at) if rule.groups else {})


# --- who joins late ---------------------------------------------------------------------------------------------


def late_entry(uow: UnitOfWork, motion: Motion, member_id: MemberId) -> RollEntry | None:
    """Return the row that a late joiner would get, or None where the roll is frozen or the rule does not admit them."""
    if not motion.settings.electorate.live or motion.state is not MotionState.OPEN:
        return None
    member = uow.members.get(member_id)
    register = uow.classes.around(member, uow.now)
    return entry_for(motion.id, member, register, motion.settings, motion.poll_secret)


def enter_late(uow: UnitOfWork, motion: Motion, entry: RollEntry) -> Motion:
    """The late joiner is on the roll, with the first ballot; the log says so."""
    return _apply(uow, motion, Correction.LIVE, None, entry)


# --- corrections ------------------------------------------------------------------------------------------------


@in_name_of("by")
def object_to_roll(uow: UnitOfWork, *, by: MemberId, motion_id: MotionId, words: str) -> RollObjection:
    """A member says that the roll is wrong; the registrar will answer. Who is missing on it may say so too.

    Raises Conflict (`roll-closed`, `objection-pending`), Invalid (`objection-empty`, `objection-long`) or NotAllowed.
    """
    motion = uow.motions.get(motion_id, lock=True)
    demand(uow.members.get(by), Deed.SEE_MEMBERS, Bylaws())
    if motion.state is not MotionState.OPEN or uow.now > motion.closes_at:
        raise Conflict("roll-closed", "The roll can be objected to until the vote closes.")
    text = prose(words)
    if not text:
        raise Invalid("objection-empty", "Write what is wrong: who is missing, or should not be there.", field="words")
    if len(text) > MAX_WORDS:
        raise Invalid("objection-long", f"An objection has at most {MAX_WORDS} characters.", field="words")
    if any(item.member_id == by and item.state == "pending" for item in uow.rolls.objections(motion_id)):
        raise Conflict("objection-pending", "Your earlier objection waits for its answer.")
    objection = RollObjection(uow.new_id(), motion_id, by, text, "pending", uow.now)
    uow.rolls.add_objection(objection)
    uow.audit("roll-objection", who=f"member:{by}", subject=motion.url, reason=text)
    return objection


@in_name_of("by")
def refuse_objection(uow: UnitOfWork, *, by: MemberId, objection_id: int, reason: str) -> None:
    """The roll stays as it is, for a reason that the member reads. Raises NotAllowed, Conflict or Invalid."""
    demand(uow.members.get(by), Deed.MANAGE_MEMBERS, Bylaws())
    objection = _pending(uow, objection_id)
    if not prose(reason):
        raise Invalid("reason-empty", "Say why the roll is right; the member reads it.", field="reason")
    uow.rolls.answer(objection_id, state="refused", answer=prose(reason), at=uow.now)
    motion = uow.motions.get(objection.motion_id)
    uow.audit("roll-objection-refused", who=f"member:{by}", subject=motion.url, reason=prose(reason))


@in_name_of("by")
def correct_roll(
    uow: UnitOfWork,
    *,
    by: MemberId | None,
    motion_id: MotionId,
    change: Change,
    reason: str,
    objection_id: int | None = None,
) -> Motion:
    """One row of an open motion's roll is added, taken out, or has another class; the log and followers are told.

    A ballot of who is taken out no longer counts. `by` None is the operator. Raises NotAllowed, Invalid
    (`reason-empty`, `class-unknown`), Conflict (`roll-closed`, `roll-has`, `roll-lacks`, `roll-same`, `roll-last`).
    """
    motion = uow.motions.get(motion_id, lock=True)
    who = "operator" if by is None else f"member:{by}"
    if by is not None:
        demand(uow.members.get(by), Deed.MANAGE_MEMBERS, Bylaws())
    if not prose(reason):
        raise Invalid("reason-empty", "Say why the roll changes; all members can read it.", field="reason")
    objection = None if objection_id is None else _pending(uow, objection_id, motion_id)
    demand_open(motion)
    before = uow.motions.roll_entry(motion_id, change.member_id)
    after = _changed(uow, motion, change, before)
    corrected = strike(uow, motion, change.kind, before, after, who=who, reason=prose(reason))
    if objection is not None:
        uow.rolls.answer(objection.id, state="granted", answer=prose(reason), at=uow.now)
    uow.record(RollCorrected(motion_id=motion_id))
    return corrected


def demand_open(motion: Motion) -> None:
    """Raise Conflict (`roll-closed`) once the roll can be corrected no more."""
    if motion.state is not MotionState.OPEN:
        raise Conflict("roll-closed", "The vote is over; a wrong roll found now is a reason to annul it.")


def strike(
    uow: UnitOfWork,
    motion: Motion,
    kind: Correction,
    before: RollEntry | None,
    after: RollEntry | None,
    *,
    who: str,
    reason: str,
) -> Motion:
    """Put `after` in the place of `before`, with entries in log and audit; a ballot without its row falls."""
    details = {"voter": _of(before, after).voter, "kind": kind.value}
    corrected = _apply(uow, motion, kind, before, after)
    if before is not None and after is None and uow.motions.ballot_of(motion.id, before.member_id) is not None:
        uow.motions.drop_ballot(motion.id, before.member_id)
        uow.audit("ballot-dropped", who=who, subject=motion.url, details=details, reason=reason)
    numbers = {"eligible": corrected.eligible, "roll_hash": corrected.roll_hash}
    uow.audit("roll-corrected", who=who, subject=motion.url, details={**details, **numbers}, reason=reason)
    return corrected


def _apply(
    uow: UnitOfWork, motion: Motion, kind: Correction, before: RollEntry | None, after: RollEntry | None
) -> Motion:
    entry = _of(before, after)
    if after is not None:
        uow.rolls.put(after)
    else:
        uow.rolls.drop(motion.id, entry.member_id)
    entries = uow.motions.roll(motion.id)
    corrected = replace(motion, eligible=eligible_in(entries), roll_hash=roll_hash(roll_lines(entries)))
    if corrected.eligible == 0:
        raise Conflict("roll-last", "This would leave nobody who can vote. Annul the vote instead.")
    uow.motions.put(corrected)
    told = logchain.RollChange(
        kind=kind.value,
        voter=entry.voter,
        before=None if before is None else line_of(before),
        after=None if after is None else line_of(after),
        roll_hash=corrected.roll_hash,
        eligible=corrected.eligible,
    )
    uow.motions.append_log(motion.id, motion.url, logchain.roll_entry(told))
    return corrected


def _changed(uow: UnitOfWork, motion: Motion, change: Change, before: RollEntry | None) -> RollEntry | None:
    """Return the row after the change. Raises Conflict where it fits the roll as it is not."""
    member = uow.members.get(change.member_id)
    if change.kind is Correction.ADD:
        if before is not None:
            raise Conflict("roll-has", f"{member.display_name} is on the roll already.")
        return _row(uow, motion, member, change.member_class or member.member_class)
    if before is None:
        raise Conflict("roll-lacks", f"{member.display_name} is not on the roll.")
    if change.kind is Correction.REMOVE:
        return None
    after = _row(uow, motion, member, change.member_class)
    if after == before:
        raise Conflict("roll-same", f"{member.display_name} stands on the roll like this already.")
    return after


def _row(uow: UnitOfWork, motion: Motion, member: Member, member_class: str) -> RollEntry:
    """Return the member's row in this class: the registrar's word stands, the weight is that of the motion's rule."""
    found = uow.classes.find(member_class)
    if found is None:
        raise Invalid("class-unknown", f"There is no class called {member_class}.", field="member_class")
    rule = motion.settings.electorate
    if member_class in rule.guests or found.weight == 0:
        weight = 0
    elif rule.classes and member_class not in rule.classes:
        raise Invalid("class-outside", f"The class {member_class} has no vote in this motion.", field="member_class")
    else:
        weight = motion.settings.weighting.weight_of(member_class, motion.settings.preset)
    voter = pseudonym(motion.poll_secret, member.number)
    return RollEntry(motion.id, member.id, voter, member_class, weight)


def _pending(uow: UnitOfWork, objection_id: int, motion_id: MotionId | None = None) -> RollObjection:
    objection = uow.rolls.get_objection(objection_id)
    if motion_id not in (None, objection.motion_id):
        raise NotFound("objection-unknown", "There is no such objection.")
    if objection.state != "pending":
        raise Conflict("objection-answered", "This objection has its answer already.")
    return objection


def _of(before: RollEntry | None, after: RollEntry | None) -> RollEntry:
    found = after or before
    assert found is not None, "a correction changes one row"
    return found
