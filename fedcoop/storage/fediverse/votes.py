"""Votes that came from the fediverse: their ids, whom to tell, and what was refused (federation.md 12.3, 12.4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, or_, select, update

from fedcoop.governance.words.refusals import MOST_MARKS
from fedcoop.kernel.ids import ActorId, MemberId, MotionId
from fedcoop.storage import tables as t
from fedcoop.storage.database.prepared import Prepared
from fedcoop.storage.database.rows import every, insert_ignore, insert_many, maker, nothing


@dataclass(frozen=True, slots=True)
class VoteRow:
    """One mark that an account sent as a vote on a motion, known by the digest of its id; no option: taken back."""

    digest: bytes
    actor_id: ActorId
    motion_id: MotionId
    member_id: MemberId
    activity_digest: bytes
    option_key: str
    cast_at: datetime


_vote = maker(VoteRow)
_c = t.votes.c
_SAME = (
    _c.digest == bindparam("of_digest"),
    _c.actor_id == bindparam("of_actor"),
    _c.motion_id == bindparam("of_motion"),
)
_KNOWN = Prepared(
    select(_c.digest, _c.actor_id, _c.option_key).where(
        _c.motion_id == bindparam("motion_id"), _c.digest.in_(bindparam("digests", expanding=True))
    ),
    lambda digest, actor_id, key: ((bytes(digest), ActorId(actor_id)), str(key)),
    lists=("digests",),
)
_DROP = Prepared(update(t.votes).where(*_SAME).values(option_key=""), nothing)
_LAST_CAST = Prepared(
    select(_c.member_id, func.max(_c.cast_at))
    .where(_c.motion_id == bindparam("motion_id"), _c.member_id.in_(bindparam("member_ids", expanding=True)))
    .group_by(_c.member_id),
    lambda member_id, at: (MemberId(member_id), at),
    lists=("member_ids",),
)


class Votes:
    """Repository of votes from afar."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def add_votes(self, votes: Sequence[VoteRow]) -> None:
        """Remember these votes; none of them is known."""
        insert_many(self._conn, t.votes, [{name: getattr(vote, name) for name in VoteRow.__slots__} for vote in votes])

    def known(self, motion_id: MotionId, digests: Sequence[bytes]) -> dict[tuple[bytes, ActorId], str]:
        """Return by id and actor what the known ones of these votes on the motion were for; nothing, if taken back (12.3)."""
        return dict(_KNOWN.every(self._conn, {"motion_id": motion_id, "digests": digests}))

    def votes_by_id(self, digest: bytes, actor_id: ActorId) -> list[VoteRow]:
        """Return the actor's votes whose id, or whose activity's id, has this digest."""
        c = t.votes.c
        query = select(t.votes).where(or_(c.digest == digest, c.activity_digest == digest), c.actor_id == actor_id)
        return every(self._conn, query.order_by(c.motion_id, c.digest), _vote)

    def last_cast(self, motion_id: MotionId, member_ids: Sequence[MemberId]) -> dict[MemberId, datetime]:
        """Return when the latest vote from afar of each was cast on the motion, also one that was taken back."""
        return dict(_LAST_CAST.every(self._conn, {"motion_id": motion_id, "member_ids": member_ids}))

    def drop_vote(self, digest: bytes, *, motion_id: MotionId, actor_id: ActorId) -> None:
        """Make a withdrawn vote count for nothing; its id stays, so that it cannot be cast again."""
        _DROP.run(self._conn, _same(digest, motion_id, actor_id))

    def voting_inboxes(self, motion_id: MotionId) -> list[str]:
        """Return each inbox of those whose vote came by federation and counts (federation.md 12.4)."""
        inbox = func.coalesce(func.nullif(t.actors.c.shared_inbox, ""), t.actors.c.inbox)
        query = select(inbox).distinct().join(t.ballots, t.ballots.c.actor_id == t.actors.c.id)
        query = query.where(
            t.ballots.c.motion_id == motion_id,
            t.ballots.c.actor_id.is_not(None),
            t.actors.c.local.is_(False),
            t.actors.c.gone_at.is_(None),
        )
        return [str(row[0]) for row in self._conn.execute(query) if row[0]]

    def last_update(self, motion_id: MotionId) -> datetime | None:
        """Return when the motion's object was last sent as an `Update`."""
        a = t.activities.c
        url = select(t.motions.c.url).where(t.motions.c.id == motion_id).scalar_subquery()
        query = select(a.created_at).where(a.object == url, a.type == "Update").order_by(a.id.desc()).limit(1)
        return self._conn.execute(query).scalar()

    def voted_since_update(self, motion_id: MotionId) -> bool:
        """Return whether a ballot was cast since the motion's object was last sent as an `Update`."""
        a, b = t.activities.c, t.ballots.c
        url = select(t.motions.c.url).where(t.motions.c.id == motion_id).scalar_subquery()
        last = select(func.coalesce(func.max(a.id), 0)).where(a.object == url, a.type == "Update").scalar_subquery()
        query = select(b.id).where(b.motion_id == motion_id, b.id > last).limit(1)
        return self._conn.execute(query).first() is not None

    def note_refused_vote(self, values: Mapping[str, Any]) -> bool:
        """Remember that this actor's vote on this motion was refused; return whether it is the first time."""
        return insert_ignore(self._conn, t.refused_votes, values)

    def count_answers(self, since: datetime, origin: str | None = None) -> int:
        """Return how many refused voters were answered since, of one origin or in all."""
        c = t.refused_votes.c
        query = select(func.count()).select_from(t.refused_votes).where(c.answered_at >= since)
        return int(self._conn.execute(query if origin is None else query.where(c.origin == origin)).scalar_one())

    def find_refused_vote(self, motion_id: MotionId, actor_id: ActorId) -> Row[Any] | None:
        """Return what is remembered of this actor's refused vote on this motion."""
        c = t.refused_votes.c
        return self._conn.execute(
            select(t.refused_votes).where(c.motion_id == motion_id, c.actor_id == actor_id)
        ).first()

    def add_refused_marks(self, motion_id: MotionId, actor_id: ActorId, marks: Sequence[Any], *, now: datetime) -> None:
        """Remember further marks that did not count, while the answer has not gone out."""
        row = self.find_refused_vote(motion_id, actor_id)
        if row is None or row.answered_at is None or row.answered_at <= now:
            return
        c = t.refused_votes.c
        same = update(t.refused_votes).where(c.motion_id == motion_id, c.actor_id == actor_id)
        self._conn.execute(same.values(marks=[*row.marks, *marks][:MOST_MARKS]))

    def was_told(self, actor_id: ActorId, *, since: datetime) -> bool:
        """Return whether the actor was answered since, on whatever motion."""
        c = t.refused_votes.c
        query = select(c.code).where(c.actor_id == actor_id, c.answered_at >= since).limit(1)
        return self._conn.execute(query).first() is not None

    # totals owed (12.4)

    def owe_totals(
        self,
        motion_id: MotionId,
        origin: str,
        inbox: str,
        *,
        now: datetime,
        since: datetime,
        per_origin: int,
        in_all: int,
    ) -> bool:
        """Note that the origin is owed the motion's totals; return False where so much was noted since already."""
        c, o = t.owed_totals.c, t.owed_totals
        again = update(o).where(c.motion_id == motion_id, c.origin == origin).values(inbox=inbox, owed=True, at=now)
        if self._conn.execute(again).rowcount:
            return True
        lately = select(func.count()).select_from(o).where(c.at >= since)
        if self._conn.execute(lately.where(c.origin == origin)).scalar_one() >= per_origin:
            return False
        if self._conn.execute(lately).scalar_one() >= in_all:
            return False
        values = {"motion_id": motion_id, "origin": origin, "inbox": inbox, "owed": True, "at": now}
        return insert_ignore(self._conn, o, values)

    def refused_inboxes(self, motion_id: MotionId, *, owed_only: bool) -> list[str]:
        """Return an inbox of each server that counted a vote which we refused: all of them, or those not yet told better."""
        c = t.owed_totals.c
        query = select(c.inbox).where(c.motion_id == motion_id)
        return [str(row[0]) for row in self._conn.execute(query.where(c.owed.is_(True)) if owed_only else query)]

    def settle_owed(self, motion_id: MotionId) -> None:
        """The totals are on their way to all who were owed them."""
        c = t.owed_totals.c
        self._conn.execute(update(t.owed_totals).where(c.motion_id == motion_id, c.owed.is_(True)).values(owed=False))

    def forget_owed(self, before: datetime) -> None:
        """Forget the servers that had nothing refused since `before`."""
        self._conn.execute(delete(t.owed_totals).where(t.owed_totals.c.at < before))


def _same(digest: bytes, motion_id: MotionId, actor_id: ActorId) -> dict[str, Any]:
    return {"of_digest": digest, "of_motion": motion_id, "of_actor": actor_id}
