"""Totals of one motion, counted by the database from the stored ballots, and pages of its ballots.

A tally is a function of what the log chain tells: every ballot, withdrawal, correction of the roll and grant is an entry.
So readers count once for each head of the log: `seen` remembers what was counted by head, and nothing is ever added up.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, Select, and_, bindparam, func, select

from fedcoop.governance.counting.tallying import Ballots, tally_motion
from fedcoop.governance.motions.ballots import Ballot
from fedcoop.governance.motions.choices import choice_of
from fedcoop.governance.motions.motion import Motion
from fedcoop.governance.motions.tallies import Pile, Tally
from fedcoop.governance.proof import logchain
from fedcoop.kernel.ids import MemberId, MotionId
from fedcoop.kernel.lru import Lru
from fedcoop.storage import tables as t
from fedcoop.storage.database.rows import every
from fedcoop.storage.delegation.delegations import Delegations, Speaking
from fedcoop.storage.motions.motion import BALLOT_COLUMNS, ballot_of_row

_b, _r = t.ballots.c, t.roll_entries.c
_SAME = and_(_r.motion_id == _b.motion_id, _r.member_id == _b.member_id)
_MOTION: BindParameter[int] = bindparam("motion")
_KINDS = (
    select(_r.member_class, _r.weight, func.count()).where(_r.motion_id == _MOTION).group_by(_r.member_class, _r.weight)
)
_CHOICES = select(_b.choice, func.count()).where(_b.motion_id == _MOTION).group_by(_b.choice)
_CHOICES_BY_KIND = (
    select(_b.choice, func.count(), _r.weight, _r.member_class)
    .join(t.roll_entries, _SAME)
    .where(_b.motion_id == _MOTION)
    .group_by(_b.choice, _r.weight, _r.member_class)
)
_LATER = (
    select(_b.voter, _r.weight, _r.member_class)
    .join(t.roll_entries, _SAME)
    .where(_b.motion_id == _MOTION, _b.received_at > bindparam("instant"))
)
_PAGE = (
    select(*BALLOT_COLUMNS)
    .where(_b.motion_id == _MOTION, _b.member_id > bindparam("after"))
    .order_by(_b.member_id)
    .limit(bindparam("limit"))
)
_STATE = (
    select(t.log_entries.c.head, t.motions.c.roll_hash)
    .join(t.motions, t.motions.c.id == t.log_entries.c.motion_id)
    .where(t.log_entries.c.motion_id == _MOTION)
    .order_by(t.log_entries.c.n.desc())
    .limit(1)
)
_tallies: Lru[tuple[str, datetime | None], Tally] = Lru(256)
_speaking: Lru[tuple[str, datetime | None], Speaking] = Lru(16)
_kinds: Lru[tuple[int, str], tuple["Kind", ...]] = Lru(64)


@dataclass(frozen=True, slots=True)
class Kind:
    """How many rows of a roll have this class and weight."""

    member_class: str
    weight: int
    rows: int


class Totals:
    """Repository of what is counted."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def tally(self, motion: Motion, *, received_by: datetime | None = None) -> Tally:
        """Return the totals of the stored ballots now, or as they stood at an instant; without a method's rounds."""
        return self._count(motion, self._kinds_of(motion.id), received_by)

    def seen(self, motion: Motion, *, received_by: datetime | None = None) -> Tally:
        """Return the same, counted once for each head of the log: for pages and documents, which are asked for often."""
        state = self._state(motion.id)
        if state is None:
            return self.tally(motion, received_by=received_by)
        known = _tallies.find((state[0], received_by))
        if known is not None:
            return known
        kinds = _kinds.find((motion.id, state[1])) or self._kinds_of(motion.id)
        found = self._count(motion, kinds, received_by)
        if state == self._state(motion.id):  # on PostgreSQL a vote may have come between two statements
            _tallies.put((state[0], received_by), found)
            _kinds.put((motion.id, state[1]), kinds)
        return found

    def speaking(self, motion: Motion, *, received_by: datetime | None = None) -> Speaking:
        """Return who speaks for whom, found out once for each state of the log; what of it is hidden is to be asked anew."""
        found_out = Delegations(self._conn).speaking
        state = self._state(motion.id)
        if state is None:
            return found_out(motion, received_by=received_by)
        known = _speaking.find((state[0], received_by))
        if known is not None:
            return known
        found = found_out(motion, received_by=received_by)
        if state == self._state(motion.id):
            _speaking.put((state[0], received_by), found)
        return found

    def _state(self, motion_id: MotionId) -> tuple[str, str] | None:
        """Return the head of the motion's log and the hash of its roll; None before it opens."""
        row = self._conn.execute(_STATE, {"motion": motion_id}).first()
        return None if row is None else (str(row[0]), str(row[1]))

    def _count(self, motion: Motion, kinds: Sequence[Kind], received_by: datetime | None) -> Tally:
        rule = Ballots(motion.method, motion.options, motion.settings)
        piles = self._piles(motion, kinds, received_by)
        if motion.settings.delegation.is_on:
            piles += Delegations(self._conn).piles(motion, received_by=received_by)
        return tally_motion(rule, piles, _eligible(kinds))

    def ballots_page(
        self, motion: Motion, *, after: int, limit: int, with_reason: bool, received_by: datetime | None
    ) -> list[Ballot]:
        """Return ballots by the id of their member, beyond `after`; only those that give a reason, if so asked."""
        query: Select[Any] = _PAGE.where(_b.reason != "") if with_reason else _PAGE
        if received_by is not None:
            query = query.where(_b.received_at <= received_by)
        return every(self._conn, query, ballot_of_row, {"motion": motion.id, "after": after, "limit": limit})

    def guests_among(self, motion_id: MotionId, member_ids: Sequence[MemberId]) -> set[MemberId]:
        """Return those of the members who stand on the roll without a vote."""
        query = select(_r.member_id).where(
            _r.motion_id == motion_id, _r.member_id.in_(list(member_ids)), _r.weight == 0
        )
        return {MemberId(row[0]) for row in self._conn.execute(query)} if member_ids else set()

    def _kinds_of(self, motion_id: MotionId) -> tuple[Kind, ...]:
        """Return the classes and weights that the roll has."""
        return tuple(Kind(*row) for row in self._conn.execute(_KINDS, {"motion": motion_id}))

    def _piles(self, motion: Motion, kinds: Sequence[Kind], received_by: datetime | None) -> list[Pile]:
        """Return the ballots grouped by choice, class and weight, by the database.

        Where all of the roll are alike, the roll need not be looked up for each ballot. Of those received by an instant,
        when that is given: a ballot replaced later still says what it said then.
        """
        alike = kinds[0] if len(kinds) == 1 else None
        query: Select[Any] = _CHOICES_BY_KIND if alike is None else _CHOICES
        if received_by is not None:
            query = query.where(_b.received_at <= received_by)
        found = [
            Pile(choice_of(json.loads(row[0])), int(row[1]), alike.weight, alike.member_class)
            if alike is not None
            else Pile(choice_of(json.loads(row[0])), int(row[1]), int(row[2]), str(row[3]))
            for row in self._conn.execute(query, {"motion": motion.id})
        ]
        return found if received_by is None else found + self._replaced_since(motion.id, received_by)

    def _replaced_since(self, motion_id: MotionId, instant: datetime) -> list[Pile]:
        """Return the choices that stood at the instant of those whose ballot came later, from the log."""
        rows = self._conn.execute(_LATER, {"motion": motion_id, "instant": instant})
        later = {str(row[0]): (int(row[1]), str(row[2])) for row in rows}
        if not later:
            return []
        log = t.log_entries.c
        entries = self._conn.execute(select(log.entry).where(log.motion_id == motion_id).order_by(log.n))
        stood = logchain.standing_at([json.loads(row[0]) for row in entries], instant)
        return [Pile(stood[voter], 1, *later[voter]) for voter in later if voter in stood]


def _eligible(kinds: Sequence[Kind]) -> dict[str, int]:
    """Return how many rows with a vote each class has."""
    found: dict[str, int] = {}
    for kind in kinds:
        if kind.weight > 0:
            found[kind.member_class] = found.get(kind.member_class, 0) + kind.rows
    return found
