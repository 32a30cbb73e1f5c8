"""A motion's roll with names, for members; classes, groups and waiting objections, for the office (governance.md 3, 15.3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from fedcoop.governance.members.classes import Group, MemberClass
from fedcoop.governance.members.member import Member
from fedcoop.governance.motions.ballots import RollEntry
from fedcoop.governance.motions.motion import Motion, MotionState
from fedcoop.kernel.errors import NotFound
from fedcoop.kernel.ids import MemberId
from fedcoop.queries.people import Person, people
from fedcoop.storage.records import RollName, RollObjection
from fedcoop.storage.unit_of_work import UnitOfWork

PAGE = 100
_CORRECTED = "roll-corrected"


@dataclass(frozen=True, slots=True)
class ObjectionLine:
    """An objection with its member's name, and the motion it is about."""

    objection: RollObjection
    person: Person
    motion: Motion


@dataclass(frozen=True, slots=True)
class CorrectionLine:
    """What was corrected, when and why."""

    at: datetime
    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class RollView:
    """A page of the roll. `mine` is the reader's own row; `guests` how many rows have no vote."""

    motion: Motion
    rows: tuple[RollName, ...]
    found: int
    page: int
    mine: RollEntry | None
    guests: int
    corrections: tuple[CorrectionLine, ...]
    objections: tuple[ObjectionLine, ...]
    is_open: bool
    titles: Mapping[str, str]

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return max(1, -(-self.found // PAGE))


def roll_view(uow: UnitOfWork, *, uuid: str, member: Member, words: str, page: int) -> RollView:
    """Return a page of the roll whose names hold `words`. A member sees their own objections, an office all."""
    motion = uow.motions.find_by_uuid(uuid)
    if motion is None or motion.state in (MotionState.SCHEDULED, MotionState.WITHDRAWN):
        raise NotFound("roll-absent", "There is no roll here; it is made when voting opens.")
    seen = [item for item in uow.rolls.objections(motion.id) if member.has_office or item.member_id == member.id]
    return RollView(
        motion=motion,
        rows=tuple(uow.rolls.page(motion.id, words=words, skip=PAGE * (page - 1), limit=PAGE)),
        found=uow.rolls.count(motion.id, words=words),
        page=page,
        mine=uow.motions.roll_entry(motion.id, member.id),
        guests=uow.rolls.count(motion.id) - motion.eligible if motion.has_guests else 0,
        corrections=_corrections(uow, motion),
        objections=_with_names(uow, seen),
        is_open=motion.state is MotionState.OPEN and uow.now <= motion.closes_at,
        titles=_titles(uow),
    )


def pending_objections(uow: UnitOfWork) -> tuple[ObjectionLine, ...]:
    """Return every objection that waits for its answer, oldest first."""
    return _with_names(uow, uow.rolls.pending())


@dataclass(frozen=True, slots=True)
class ClassLine:
    """A class with the number of its members."""

    item: MemberClass
    members: int


@dataclass(frozen=True, slots=True)
class GroupLine:
    """A group with the first hundred of its members, and how many there are."""

    item: Group
    members: tuple[Member, ...]
    size: int


def class_lines(uow: UnitOfWork) -> tuple[ClassLine, ...]:
    """Return every class with its number of members."""
    numbers = uow.classes.numbers()
    return tuple(ClassLine(item, numbers.get(item.name, 0)) for item in uow.classes.all())


def group_lines(uow: UnitOfWork) -> tuple[GroupLine, ...]:
    """Return every group with its members by number."""
    groups = uow.classes.groups()
    return tuple(GroupLine(item, _members_of(uow, item.name), uow.classes.size_of(item.name)) for item in groups)


def member_called(uow: UnitOfWork, *, text: str) -> Member:
    """Return the member of a short name or a number such as `M0042` or `42`. Raises NotFound (`member-unknown`)."""
    plain = text.strip().lower()
    number = plain.removeprefix("m").lstrip("0")
    found = uow.members.find_by_name(plain)
    if found is None and number.isascii() and number.isdigit() and len(number) < 9:
        found = uow.members.find_by_number(int(number))
    if found is None:
        raise NotFound("member-unknown", "There is no member of this short name or number.")
    return found


def _members_of(uow: UnitOfWork, group: str) -> tuple[Member, ...]:
    found = uow.members.many(uow.classes.members_of(group, limit=PAGE))
    return tuple(sorted(found.values(), key=lambda member: member.number))


def _titles(uow: UnitOfWork) -> dict[str, str]:
    return {item.name: item.title for item in uow.classes.all()}


def _corrections(uow: UnitOfWork, motion: Motion) -> tuple[CorrectionLine, ...]:
    entries = [entry for entry in uow.audits.about(motion.url) if entry.what == _CORRECTED]
    return tuple(CorrectionLine(entry.at, str(entry.details.get("kind", "")), entry.reason) for entry in entries)


def _with_names(uow: UnitOfWork, objections: list[RollObjection]) -> tuple[ObjectionLine, ...]:
    names = people(uow, [MemberId(item.member_id) for item in objections])
    motions = {item.motion_id: uow.motions.get(item.motion_id) for item in objections}
    return tuple(ObjectionLine(item, names[item.member_id], motions[item.motion_id]) for item in objections)
