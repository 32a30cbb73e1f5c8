"""Sortition from announcement to accepted places: pool from the register, draw, invitations one after the other.

Source: governance.md 12. Everything is audited; `by` None is the operator.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from fedcoop.actions.acting import in_name_of
from fedcoop.actions.motions.transitions import who
from fedcoop.governance.members.bylaws import Bylaws
from fedcoop.governance.members.permissions import Deed, demand
from fedcoop.governance.proof import sortition
from fedcoop.governance.proof.sortition import Answer, Invitation, Person, Sortition
from fedcoop.kernel.errors import Conflict, Invalid, NotFound
from fedcoop.kernel.ids import MemberId, new_uuid
from fedcoop.storage.unit_of_work import UnitOfWork

SILENCE_TIMER = "sortition_silence"


@dataclass(frozen=True, slots=True)
class Call:
    """What somebody wants to draw. `classes` empty means all; `by_class` makes each class a stratum with its minimum."""

    title: str
    places: int
    source: str
    value_at: datetime
    classes: Sequence[str] = ()
    by_class: bool = False
    minima: Mapping[str, int] = field(default_factory=dict)


@in_name_of("by")
def announce(uow: UnitOfWork, *, by: MemberId | None, call: Call) -> Sortition:
    """The pool of today's members with a vote is fixed, before the random value exists.

    Raises NotAllowed, or Invalid (`title`, `places`, `source`, `value_at`, `classes`, `strata`).
    """
    _demand(uow, by)
    pool = _pool(uow, call)
    sizes = Counter(person.stratum for person in pool)
    found = sortition.announced(
        Sortition(
            uuid=new_uuid(),
            title=call.title,
            pool=pool,
            strata=sortition.shared_places(call.places, sizes, call.minima),
            source=call.source,
            value_at=call.value_at,
            announced_at=uow.now,
        )
    )
    uow.sortitions.add(uow.new_id(), found)
    details = {"pool": len(found.pool), "roll_hash": found.roll_hash, "places": found.places, "source": found.source}
    uow.audit("sortition-announced", who=who(by, nobody="operator"), subject=found.uuid, details=details)
    return found


def _pool(uow: UnitOfWork, call: Call) -> tuple[Person, ...]:
    members = [member for member in uow.members.all() if member.may_vote]
    known = {member.member_class for member in members}
    for name in call.classes:
        if name not in known:
            raise Invalid("classes", f"No member with a vote is of the class {name}.", field="classes")
    return tuple(
        Person(person_id(uow, member.name), member.member_class if call.by_class else "")
        for member in members
        if not call.classes or member.member_class in call.classes
    )


def person_id(uow: UnitOfWork, name: str) -> str:
    """Return the id by which a member stands in pools: the address of their page."""
    return uow.urls.profile(name)


@in_name_of("by")
def draw(uow: UnitOfWork, *, by: MemberId | None, uuid: str, value: str) -> Sortition:
    """The value is known, the order stands, the first are invited. Raises NotAllowed, NotFound, Conflict, Invalid."""
    _demand(uow, by)
    found = sortition.drawn(uow.sortitions.get(uuid, lock=True), value, uow.now)
    uow.sortitions.put_drawn(found)
    uow.audit(
        "sortition-drawn",
        who=who(by, nobody="operator"),
        subject=uuid,
        details={"value": found.value, "seed": found.seed.hex()},
    )
    _invite(uow, found)
    return found


@in_name_of("by")
def answer(uow: UnitOfWork, *, by: MemberId | None, uuid: str, name: str, accepts: bool) -> None:
    """The invited member has accepted, or refused and the next in order is invited.

    Members answer for themselves, an office may note what somebody said. Raises NotAllowed, NotFound or Conflict
    (`sortition-answered`).
    """
    if by is None or uow.members.get(by).name != name:
        _demand(uow, by)
    found, id_ = uow.sortitions.get(uuid, lock=True), person_id(uow, name)
    own = next((item for item in uow.sortitions.invitations(uuid) if item.person == id_), None)
    if own is None:
        raise NotFound("sortition-not-invited", f"{name} is not among those invited.")
    if own.answer is not Answer.WAITING:
        raise Conflict("sortition-answered", "This invitation is answered, or its seven days are over.")
    said = Answer.ACCEPTED if accepts else Answer.REFUSED
    uow.sortitions.answer(uuid, id_, said, uow.now)
    uow.audit(
        "sortition-answered",
        who=who(by, nobody="operator"),
        subject=uuid,
        details={"person": id_, "answer": said.value},
    )
    _invite(uow, found)


@in_name_of("by")
def invite_next(uow: UnitOfWork, *, by: MemberId | None, uuid: str) -> tuple[Invitation, ...]:
    """Whoever was silent for 7 days has lost the place, the next in order are invited; return the new invitations."""
    _demand(uow, by)
    return _invite(uow, uow.sortitions.get(uuid, lock=True))


def silence(uow: UnitOfWork, key: str) -> None:
    """Timer: seven days after an invitation its silence counts; nothing to do, nothing happens."""
    _invite(uow, uow.sortitions.get(key, lock=True))


def _invite(uow: UnitOfWork, found: Sortition) -> tuple[Invitation, ...]:
    sortition.order(found)
    for item in sortition.silent(uow.sortitions.invitations(found.uuid), uow.now):
        uow.sortitions.answer(found.uuid, item.person, Answer.SILENT, uow.now)
        uow.audit("sortition-silent", subject=found.uuid, details={"person": item.person})
    earlier = uow.sortitions.invitations(found.uuid)
    made = tuple(
        Invitation(n, person.id, person.stratum, Answer.WAITING, uow.now)
        for n, person in enumerate(sortition.to_invite(found, earlier), start=len(earlier) + 1)
    )
    for item in made:
        uow.sortitions.invite(found.uuid, item)
        uow.audit("sortition-invited", subject=found.uuid, details={"person": item.person, "n": item.n})
    _set_timer(uow, found.uuid, [*earlier, *made])
    return made


def _set_timer(uow: UnitOfWork, uuid: str, invitations: Sequence[Invitation]) -> None:
    due = [item.invited_at + sortition.SILENT_AFTER for item in invitations if item.answer is Answer.WAITING]
    if due:
        uow.queues.move_timer(SILENCE_TIMER, uuid, min(due))
        uow.wake("timers")
    else:
        uow.queues.drop_timer(SILENCE_TIMER, uuid)


def _demand(uow: UnitOfWork, by: MemberId | None) -> None:
    if by is not None:
        demand(uow.members.get(by), Deed.DRAW_PEOPLE, Bylaws())
