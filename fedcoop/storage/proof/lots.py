"""What scrutineers committed to and revealed for the public lot of a motion: rows ↔ `public_lots.Secret`."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from fedcoop.governance.proof.public_lots import Secret
from fedcoop.kernel.ids import MotionId, ProposalId
from fedcoop.storage import tables as t
from fedcoop.storage.database.rows import every, upsert

_C, _P = t.lot_commitments.c, t.lot_promises.c


class Lots:
    """Repository of the secrets of lots, one for each scrutineer of a motion."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def of(self, motion_id: MotionId) -> list[Secret]:
        """Return the secrets of a motion by name."""
        query = select(_C.scrutineer, _C.commitment, _C.value).where(_C.motion_id == motion_id).order_by(_C.scrutineer)
        return every(self._conn, query, _secret)

    def commit(self, motion_id: MotionId, secret: Secret, at: datetime) -> None:
        """Store the commitment; an earlier one of the same scrutineer is replaced."""
        values = {"motion_id": motion_id, "scrutineer": secret.by, "commitment": secret.commit, "committed_at": at}
        upsert(
            self._conn,
            t.lot_commitments,
            {**values, "value": "", "revealed_at": None, "awaited": False},
            keys=("motion_id", "scrutineer"),
        )

    def promises(self, proposal_id: ProposalId) -> list[tuple[Secret, datetime]]:
        """Return what was committed to for the next vote on a proposal, by name, with the time."""
        query = select(t.lot_promises).where(_P.proposal_id == proposal_id).order_by(_P.scrutineer)
        return every(self._conn, query, lambda row: (Secret(row.scrutineer, row.commitment), row.committed_at))

    def promise(self, proposal_id: ProposalId, secret: Secret, at: datetime) -> None:
        """Store a commitment for the next vote on a proposal; an earlier one of the same scrutineer is replaced."""
        values = {"proposal_id": proposal_id, "scrutineer": secret.by, "commitment": secret.commit, "committed_at": at}
        upsert(self._conn, t.lot_promises, values, keys=("proposal_id", "scrutineer"))

    def drop_promise(self, proposal_id: ProposalId, scrutineer: str) -> None:
        """Forget a commitment that a vote has taken over: no secret serves twice."""
        own = (_P.proposal_id == proposal_id) & (_P.scrutineer == scrutineer)
        self._conn.execute(delete(t.lot_promises).where(own))

    def reveal(self, motion_id: MotionId, secret: Secret, at: datetime) -> None:
        """Store the value."""
        own = (_C.motion_id == motion_id) & (_C.scrutineer == secret.by)
        self._conn.execute(update(t.lot_commitments).where(own).values(value=secret.value, revealed_at=at))

    def mark_awaited(self, motion_id: MotionId) -> None:
        """Remember that the result hangs on the secrets that are still to be revealed."""
        self._conn.execute(update(t.lot_commitments).where(_C.motion_id == motion_id).values(awaited=True))

    def is_awaited(self, motion_id: MotionId) -> bool:
        """Return whether a count found that it needs the lot, and secrets were outstanding then."""
        query = select(_C.scrutineer).where(_C.motion_id == motion_id, _C.awaited.is_(True)).limit(1)
        return self._conn.execute(query).first() is not None


def _secret(row: Row[Any]) -> Secret:
    return Secret(str(row.scrutineer), str(row.commitment), str(row.value))
