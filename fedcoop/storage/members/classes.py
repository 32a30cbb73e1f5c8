"""Classes and groups of members: rows ↔ plain values, and who was in which group when (governance.md 15.3)."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from fedcoop.governance.members.classes import Group, MemberClass
from fedcoop.governance.members.member import ENDED, Member
from fedcoop.governance.rolls.roll import RegisterAt
from fedcoop.kernel.ids import MemberId
from fedcoop.storage import tables as t
from fedcoop.storage.database.rows import every, first, insert, maker, upsert

_group = maker(Group)
_GONE = [status.value for status in ENDED]


def _class(row: Row[Any]) -> MemberClass:
    values = dict(row._mapping)
    values["share"] = Fraction(values["share"]) if values["share"] else None
    values["ignored_for"] = tuple(values["ignored_for"].split(",")) if values["ignored_for"] else ()
    return MemberClass(**values)


class Classes:
    """Repository of member classes and of groups."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def all(self) -> list[MemberClass]:
        """Return every class by name."""
        return every(self._conn, select(t.member_classes).order_by(t.member_classes.c.name), _class)

    def find(self, name: str) -> MemberClass | None:
        """Return the class of this name."""
        return first(self._conn, select(t.member_classes).where(t.member_classes.c.name == name), _class)

    def voteless(self) -> frozenset[str]:
        """Return the names of the classes whose members have no vote."""
        query = select(t.member_classes.c.name).where(t.member_classes.c.weight == 0)
        return frozenset(str(row[0]) for row in self._conn.execute(query))

    def around(self, member: Member, at: datetime) -> RegisterAt:
        """Return the register as far as it says whether this member is on a roll now."""
        return RegisterAt(at, (member,), self.voteless(), {member.id: self.groups_of(member.id)})

    def put(self, item: MemberClass) -> None:
        """Store the class, replacing one of the same name."""
        values = {name: getattr(item, name) for name in MemberClass.__slots__}
        share = "" if item.share is None else f"{item.share.numerator}/{item.share.denominator}"
        values |= {"share": share, "ignored_for": ",".join(item.ignored_for)}
        upsert(self._conn, t.member_classes, values, keys=("name",))

    def numbers(self) -> dict[str, int]:
        """Return how many members each class has, without those whose membership ended."""
        c = t.members.c
        query = select(c.member_class, func.count()).where(c.status.not_in(_GONE)).group_by(c.member_class)
        return {str(row[0]): int(row[1]) for row in self._conn.execute(query)}

    # groups

    def groups(self) -> list[Group]:
        """Return every group by name."""
        return every(self._conn, select(t.member_groups).order_by(t.member_groups.c.name), _group)

    def find_group(self, name: str) -> Group | None:
        """Return the group of this name."""
        return first(self._conn, select(t.member_groups).where(t.member_groups.c.name == name), _group)

    def put_group(self, item: Group) -> None:
        """Store the group, replacing one of the same name."""
        upsert(self._conn, t.member_groups, {"name": item.name, "title": item.title}, keys=("name",))

    def groups_at(self, at: datetime) -> Mapping[MemberId, set[str]]:
        """Return the groups of each member who was in one at the instant."""
        g = t.group_members.c
        query = select(g.member_id, g.group_name).where(g.since <= at, (g.until.is_(None)) | (g.until > at))
        found: defaultdict[MemberId, set[str]] = defaultdict(set)
        for row in self._conn.execute(query):
            found[MemberId(row[0])].add(str(row[1]))
        return found

    def groups_of(self, member_id: MemberId) -> set[str]:
        """Return the groups the member is in now."""
        g = t.group_members.c
        query = select(g.group_name).where(g.member_id == member_id, g.until.is_(None))
        return {str(row[0]) for row in self._conn.execute(query)}

    def members_of(self, group: str, *, limit: int | None = None) -> list[MemberId]:
        """Return who is in the group now, in the order in which they became members."""
        g = t.group_members.c
        query = select(g.member_id).where(g.group_name == group, g.until.is_(None)).order_by(g.member_id)
        return [MemberId(row[0]) for row in self._conn.execute(query.limit(limit))]

    def size_of(self, group: str) -> int:
        """Return how many members are in the group now."""
        g = t.group_members.c
        query = select(func.count()).select_from(t.group_members).where(g.group_name == group, g.until.is_(None))
        return int(self._conn.execute(query).scalar_one())

    def join(self, group: str, member_id: MemberId, at: datetime) -> None:
        """The member is in the group from now on."""
        insert(self._conn, t.group_members, {"group_name": group, "member_id": member_id, "since": at, "until": None})

    def leave(self, group: str, member_id: MemberId, at: datetime) -> None:
        """The member is in the group no longer; that it was stays known."""
        g = t.group_members.c
        query = update(t.group_members).where(g.group_name == group, g.member_id == member_id, g.until.is_(None))
        self._conn.execute(query.values(until=at))
