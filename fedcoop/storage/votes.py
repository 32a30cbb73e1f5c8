"""Votes that came from the fediverse: their ids, whom to tell, and what was refused (federation.md 12.3, 12.4)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, or_, select, update

from fedcoop.kernel.ids import ActorId, MemberId, MotionId
from fedcoop.storage import tables as t
from fedcoop.storage.rows import insert_ignore


class Votes:
    """Repository of votes from afar."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def add_vote(
        self,
        digest: bytes,
        *,
        motion_id: MotionId,
        member_id: MemberId,
        actor_id: ActorId,
        activity_digest: bytes,
        option_key: str,
    ) -> bool:
        """Remember a counted vote's id; return False if it was seen (federation.md 12.3, `replay`)."""
        values = {"digest": digest, "motion_id": motion_id, "member_id": member_id, "actor_id": actor_id}
        return insert_ignore(
            self._conn, t.votes, {**values, "activity_digest": activity_digest, "option_key": option_key}
        )

    def find_vote(self, digest: bytes) -> Row[Any] | None:
        """Return the counted vote whose id, or whose activity's id, has this digest."""
        return self._conn.execute(
            select(t.votes).where(or_(t.votes.c.digest == digest, t.votes.c.activity_digest == digest))
        ).first()

    def drop_vote(self, digest: bytes) -> None:
        """Make a withdrawn vote no longer found; its activity id stays in the seen ids."""
        self._conn.execute(update(t.votes).where(t.votes.c.digest == digest).values(option_key=""))

    def forget_vote(self, digest: bytes) -> None:
        """Remove a vote's id that was remembered but did not count after all."""
        self._conn.execute(delete(t.votes).where(t.votes.c.digest == digest))

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
        query = select(func.max(a.created_at)).where(a.object == url, a.type == "Update")
        return self._conn.execute(query).scalar()

    def note_refused_vote(self, values: Mapping[str, Any]) -> bool:
        """Remember that this actor's vote on this motion was refused; return whether it is the first time."""
        return insert_ignore(self._conn, t.refused_votes, values)

    def count_answers(self, since: datetime, origin: str | None = None) -> int:
        """Return how many refused voters were answered since, of one origin or in all."""
        c = t.refused_votes.c
        query = select(func.count()).select_from(t.refused_votes).where(c.answered_at >= since)
        return int(self._conn.execute(query if origin is None else query.where(c.origin == origin)).scalar_one())

    def mark_answered(self, motion_id: MotionId, actor_id: ActorId, at: datetime) -> None:
        """Remember when the refused voter was answered."""
        c = t.refused_votes.c
        self._conn.execute(
            update(t.refused_votes).where(c.motion_id == motion_id, c.actor_id == actor_id).values(answered_at=at)
        )
