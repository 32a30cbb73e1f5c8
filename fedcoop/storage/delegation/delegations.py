"""Standing delegations, proxies, and the votes passed on in each motion: rows ↔ the values of `governance.delegation.mandates`."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, func, or_, select, update

from fedcoop.governance.counting.tallying import RollRow, represented_piles
from fedcoop.governance.delegation.mandates import Delegation, PassedVote, Scope, grants_of
from fedcoop.governance.delegation.representation import Grant, Representation, resolve
from fedcoop.governance.motions.choices import Choice, choice_of
from fedcoop.governance.motions.motion import Motion, MotionState
from fedcoop.governance.motions.tallies import Pile
from fedcoop.governance.proof import logchain
from fedcoop.kernel.errors import NotFound
from fedcoop.kernel.ids import MemberId, MotionId
from fedcoop.storage import tables as t
from fedcoop.storage.database.rows import every, first, insert, maker, upsert

_d, _m = t.delegations.c, t.motion_delegations.c
_passed = maker(PassedVote)
_DELEGATION_COLUMNS = [_d[name] for name in Delegation.__slots__]
_PASSED_COLUMNS = [_m[name] for name in PassedVote.__slots__]
MOST_TOPICS = 200
_RUNNING = (MotionState.SCHEDULED.value, MotionState.OPEN.value)


def _delegation(row: Row[Any]) -> Delegation:
    values = dict(row._mapping)
    return Delegation(**{**values, "scope": Scope(values["scope"])})


def slot_of(item: Delegation) -> str:
    """Return what may be granted once at a time: `coop`, `topic:food`, `poll:17`."""
    more = {Scope.COOP: "", Scope.TOPIC: f":{item.topic}", Scope.POLL: f":{item.motion_id}"}
    return item.scope.value + more[item.scope]


@dataclass(frozen=True, slots=True)
class Speaking:
    """Who speaks for whom in a motion now, with what joins the pseudonyms to members, and who voted what."""

    represented: Representation
    votes: Mapping[MemberId, PassedVote]
    voters: Mapping[MemberId, str]
    members: Mapping[str, MemberId]
    choices: Mapping[str, Choice]


class Delegations:
    """Repository of what members have granted."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    # standing

    def add(self, item: Delegation) -> None:
        """Store a new delegation; a second one in force of the same scope breaks a unique index."""
        insert(self._conn, t.delegations, self._values(item))

    def put(self, item: Delegation) -> None:
        """Store the delegation's row whole."""
        self._conn.execute(update(t.delegations).where(_d.id == item.id).values(**self._values(item)))

    def get(self, delegation_id: int) -> Delegation:
        """Return the delegation. Raises NotFound."""
        found = first(self._conn, select(*_DELEGATION_COLUMNS).where(_d.id == delegation_id), _delegation)
        if found is None:
            raise NotFound("delegation-unknown", "There is no such delegation.")
        return found

    def find(self, delegator: MemberId, slot: str) -> Delegation | None:
        """Return what the member has granted for this scope, as `slot_of` names it, if it is not over."""
        where = (_d.delegator_id == delegator, _d.slot == slot, _d.ended_at.is_(None))
        return first(self._conn, select(*_DELEGATION_COLUMNS).where(*where), _delegation)

    def standing(self) -> list[Delegation]:
        """Return all that are not over, oldest first."""
        query = select(*_DELEGATION_COLUMNS).where(_d.ended_at.is_(None)).order_by(_d.granted_at, _d.id)
        return every(self._conn, query, _delegation)

    def of(self, member: MemberId) -> list[Delegation]:
        """Return what the member granted, over or not, newest first."""
        query = select(*_DELEGATION_COLUMNS).where(_d.delegator_id == member).order_by(_d.id.desc())
        return every(self._conn, query, _delegation)

    def to(self, member: MemberId) -> list[Delegation]:
        """Return what is granted to the member and not over, oldest first."""
        query = select(*_DELEGATION_COLUMNS).where(_d.delegate_id == member, _d.ended_at.is_(None))
        return every(self._conn, query.order_by(_d.granted_at, _d.id), _delegation)

    def topics(self) -> list[str]:
        """Return the topics that delegations in force are for, each found by the one before it; at most 200."""
        query = select(_d.topic).where(_d.ended_at.is_(None)).order_by(_d.topic).limit(1)
        found = [""]
        while len(found) <= MOST_TOPICS and (topic := self._conn.execute(query.where(_d.topic > found[-1])).scalar()):
            found.append(str(topic))
        return found[1:]

    def last_active(self) -> dict[MemberId, datetime]:
        """Return when each delegator was last signed in or voted from a linked account, where that is known."""
        ids = select(_d.delegator_id).where(_d.ended_at.is_(None))
        seen = select(t.members.c.id, t.members.c.last_seen_at).where(t.members.c.id.in_(ids))
        found = {MemberId(row[0]): row[1] for row in self._conn.execute(seen) if row[1] is not None}
        b = t.ballots.c
        voted = select(b.member_id, func.max(b.received_at)).where(b.member_id.in_(ids), b.actor_id.is_not(None))
        for member, at in self._conn.execute(voted.group_by(b.member_id)):
            found[MemberId(member)] = max(at, found.get(MemberId(member), at))
        return found

    @staticmethod
    def _values(item: Delegation) -> dict[str, Any]:
        values = {name: getattr(item, name) for name in Delegation.__slots__}
        return {**values, "scope": item.scope.value, "slot": slot_of(item)}

    # in one motion

    def put_vote(self, vote: PassedVote) -> None:
        """Store how the member's vote is passed on in this motion: in one way at a time."""
        values = {name: getattr(vote, name) for name in PassedVote.__slots__}
        upsert(self._conn, t.motion_delegations, values, keys=("motion_id", "delegator_id"))

    def add_votes(self, votes: Sequence[PassedVote]) -> None:
        """Store what an opening froze."""
        if votes:
            rows = [{name: getattr(vote, name) for name in PassedVote.__slots__} for vote in votes]
            self._conn.execute(t.motion_delegations.insert(), rows)

    def ballots_by_proxies(self, motion_id: MotionId, voters: Sequence[MemberId]) -> dict[MemberId, int]:
        """Return which ballot a proxy cast for each of these members, where one did and they did not revoke it since."""
        where = (_m.motion_id == motion_id, _m.delegator_id.in_(list(voters)), _m.revoked_at.is_(None))
        query = select(_m.delegator_id, _m.ballot_id).where(*where, _m.ballot_id.is_not(None))
        return {MemberId(row[0]): int(row[1]) for row in self._conn.execute(query)}

    def vote_of(self, motion_id: MotionId, delegator: MemberId) -> PassedVote | None:
        """Return how the member's vote is passed on in this motion, unless it was revoked."""
        where = (_m.motion_id == motion_id, _m.delegator_id == delegator, _m.revoked_at.is_(None))
        return first(self._conn, select(*_PASSED_COLUMNS).where(*where), _passed)

    def votes(self, motion_id: MotionId) -> list[PassedVote]:
        """Return all votes passed on in this motion that were not revoked."""
        where = (_m.motion_id == motion_id, _m.revoked_at.is_(None))
        return every(
            self._conn, select(*_PASSED_COLUMNS).where(*where).order_by(_m.granted_at, _m.delegator_id), _passed
        )

    def votes_to(self, motion_id: MotionId, delegate: MemberId) -> list[PassedVote]:
        """Return the votes passed on to this member in this motion, oldest first."""
        where = (_m.motion_id == motion_id, _m.delegate_id == delegate, _m.revoked_at.is_(None))
        query = select(*_PASSED_COLUMNS).where(*where).order_by(_m.granted_at, _m.delegator_id)
        return every(self._conn, query, _passed)

    def count_votes(self, motion_id: MotionId) -> int:
        """Return how many votes were ever passed on in this motion, revoked ones too."""
        query = select(func.count()).select_from(t.motion_delegations).where(_m.motion_id == motion_id)
        return int(self._conn.execute(query).scalar_one())

    def log_length(self, motion_id: MotionId) -> int:
        """Return how many entries the motion's log has."""
        log = t.log_entries.c
        return int(self._conn.execute(select(func.count()).where(log.motion_id == motion_id)).scalar_one())

    def running(self, *where: Any) -> list[PassedVote]:
        """Return the votes passed on, not revoked, in motions that are scheduled or open, newest motion first."""
        query = select(*_PASSED_COLUMNS).join(t.motions, t.motions.c.id == _m.motion_id)
        query = query.where(_m.revoked_at.is_(None), t.motions.c.state.in_(_RUNNING), *where)
        return every(self._conn, query.order_by(_m.motion_id.desc(), _m.granted_at, _m.delegator_id), _passed)

    def running_of_delegation(self, delegation_id: int) -> list[PassedVote]:
        """Return where a standing delegation is in use in votes that run."""
        return self.running(_m.delegation_id == delegation_id)

    def running_of(self, member: MemberId) -> list[PassedVote]:
        """Return what the member passed on in votes that run, or is to speak for."""
        return self.running(or_(_m.delegator_id == member, _m.delegate_id == member))

    # who speaks for whom

    def voters(self, motion_id: MotionId) -> dict[MemberId, RollRow]:
        """Return the roll's rows with a vote of those who passed one on in this motion, or are to speak for others."""
        r = t.roll_entries.c
        givers = select(_m.delegator_id).where(_m.motion_id == motion_id)
        takers = select(_m.delegate_id).where(_m.motion_id == motion_id)
        query = select(r.member_id, r.voter, r.member_class, r.weight).where(
            r.motion_id == motion_id, r.weight > 0, or_(r.member_id.in_(givers), r.member_id.in_(takers))
        )
        return {MemberId(row[0]): RollRow(row[1], row[2], row[3]) for row in self._conn.execute(query)}

    def grants(self, motion_id: MotionId, voters: Mapping[MemberId, RollRow]) -> list[Grant]:
        """Return the grants in force in this motion by pseudonym, oldest first."""
        numbers = select(t.members.c.id, t.members.c.number).join(
            t.motion_delegations, and_(_m.delegator_id == t.members.c.id, _m.motion_id == motion_id)
        )
        by_member = {MemberId(row[0]): int(row[1]) for row in self._conn.execute(numbers)}
        return grants_of(self.votes(motion_id), {key: row.voter for key, row in voters.items()}, by_member)

    def choices(self, motion_id: MotionId, *, received_by: datetime | None = None) -> dict[str, Choice]:
        """Return what everybody's own ballot says by pseudonym, now or as it stood at an instant."""
        b = t.ballots.c
        rows = list(self._conn.execute(select(b.voter, b.choice, b.received_at).where(b.motion_id == motion_id)))
        if received_by is None:
            return {str(row[0]): choice_of(json.loads(row[1])) for row in rows}
        found = {str(row[0]): choice_of(json.loads(row[1])) for row in rows if row[2] <= received_by}
        if later := {str(row[0]) for row in rows if row[2] > received_by}:
            log = t.log_entries.c
            entries = self._conn.execute(select(log.entry).where(log.motion_id == motion_id).order_by(log.n))
            stood = logchain.standing_at([json.loads(row[0]) for row in entries], received_by)
            found |= {voter: stood[voter] for voter in later if voter in stood}
        return found

    def eligible(self, motion_id: MotionId) -> int:
        """Return how many rows with a vote are on the roll."""
        r = t.roll_entries.c
        query = select(func.count()).select_from(t.roll_entries).where(r.motion_id == motion_id, r.weight > 0)
        return int(self._conn.execute(query).scalar_one())

    def speaking(self, motion: Motion, *, received_by: datetime | None = None) -> Speaking:
        """Return who speaks for whom now, or did with the ballots as they stood at an instant."""
        rows = self.voters(motion.id)
        choices = self.choices(motion.id, received_by=received_by)
        grants = self.grants(motion.id, rows)
        represented = resolve(motion.settings.delegation, self.eligible(motion.id), choices.keys(), grants)
        voters = {member: row.voter for member, row in rows.items()}
        return Speaking(
            represented=represented,
            votes={vote.delegator_id: vote for vote in self.votes(motion.id)},
            voters=voters,
            members={voter: member for member, voter in voters.items()},
            choices=choices,
        )

    def piles(self, motion: Motion, *, received_by: datetime | None = None) -> list[Pile]:
        """Return the votes of the represented members as a tally needs them."""
        found = self.speaking(motion, received_by=received_by)
        rows = {row.voter: row for row in self.voters(motion.id).values()}
        return represented_piles(rows, found.choices, found.represented)


def member_ids(votes: Iterable[PassedVote]) -> set[MemberId]:
    """Return everybody whom these votes name."""
    return {member for vote in votes for member in (vote.delegator_id, vote.delegate_id)}
