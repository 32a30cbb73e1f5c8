"""In which order members said that they join: read on from where the log was read last (governance.md 7.2).

What the log says is a fold over its entries, so what was found at one head holds for every log that goes on from it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select

from fedcoop.governance.counting.waiting import Places, Standing, places, standing_after
from fedcoop.governance.motions.motion import Motion
from fedcoop.kernel.ids import MemberId, MotionId
from fedcoop.kernel.lru import Lru
from fedcoop.storage import tables as t

_l, _b = t.log_entries.c, t.ballots.c
_HEAD_AT = select(_l.head).where(_l.motion_id == bindparam("motion"), _l.n == bindparam("n"))
_FURTHER = (
    select(_l.n, _l.head, _l.entry).where(_l.motion_id == bindparam("motion"), _l.n > bindparam("n")).order_by(_l.n)
)


@dataclass(frozen=True, slots=True)
class Turns:
    """What a log said up to one entry: everybody's standing choice, and who has a place by it."""

    n: int
    head: str
    standing: Mapping[str, Standing]
    places: Places


_NOTHING = Turns(0, "", {}, Places((), ()))
_known: Lru[MotionId, Turns] = Lru(16)


def turns_of(conn: Connection, motion: Motion) -> Turns:
    """Return the turns of a count as its log has them now, reading no entry that was read before."""
    known = _known.find(motion.id) or _NOTHING
    if known.n and conn.execute(_HEAD_AT, {"motion": motion.id, "n": known.n}).scalar() != known.head:
        known = _NOTHING
    rows = conn.execute(_FURTHER, {"motion": motion.id, "n": known.n}).all()
    if not rows:
        return known
    standing = standing_after(known.standing, (json.loads(row.entry) for row in rows))
    capacity = int(motion.settings.extra.get("capacity", 0))
    answers = ((voter, choice, at) for voter, (choice, at) in standing.items())
    found = Turns(rows[-1].n, rows[-1].head, standing, places(answers, capacity))
    _known.put(motion.id, found)
    return found


def members_of(conn: Connection, motion_id: MotionId, voters: Sequence[str]) -> dict[str, MemberId]:
    """Return which members these voters are, as far as their ballots stand."""
    query = select(_b.voter, _b.member_id).where(_b.motion_id == motion_id, _b.voter.in_(list(voters)))
    return {str(row[0]): MemberId(row[1]) for row in conn.execute(query)} if voters else {}
