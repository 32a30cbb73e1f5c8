"""Sortitions as announced and drawn, and who was invited: rows ↔ the values of `governance.proof.sortition`."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from fedcoop.governance.proof.sortition import Answer, Invitation, Person, Sortition, Stratum
from fedcoop.kernel.errors import NotFound
from fedcoop.storage import tables as t
from fedcoop.storage.database.rows import every, first, insert

_S, _I = t.sortitions.c, t.sortition_invitations.c
_INVITATION = select(_I.n, _I.person, _I.stratum, _I.state, _I.invited_at, _I.answered_at)


class Sortitions:
    """Repository of draws and their invitations."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def add(self, sortition_id: int, found: Sortition) -> None:
        """Store an announced draw."""
        values = {
            "id": sortition_id,
            "uuid": found.uuid,
            "title": found.title,
            "pool": [[person.id, person.stratum] for person in found.pool],
            "roll_hash": found.roll_hash,
            "strata": [[stratum.name, stratum.size, stratum.minimum, stratum.places] for stratum in found.strata],
            "source": found.source,
            "value_at": found.value_at,
            "announced_at": found.announced_at,
            "value": found.value,
            "drawn_at": found.drawn_at,
        }
        insert(self._conn, t.sortitions, values)

    def get(self, uuid: str, *, lock: bool = False) -> Sortition:
        """Return the draw. Raises NotFound."""
        query = select(t.sortitions).where(_S.uuid == uuid)
        found = first(self._conn, query.with_for_update() if lock else query, _sortition)
        if found is None:
            raise NotFound("sortition-unknown", f"There is no draw {uuid[:60]} here.")
        return found

    def all(self) -> list[Sortition]:
        """Return every draw, the newest first."""
        return every(self._conn, select(t.sortitions).order_by(_S.announced_at.desc(), _S.id.desc()), _sortition)

    def put_drawn(self, found: Sortition) -> None:
        """Store the value and when it was drawn."""
        same = update(t.sortitions).where(_S.uuid == found.uuid)
        self._conn.execute(same.values(value=found.value, drawn_at=found.drawn_at))

    def invitations(self, uuid: str) -> list[Invitation]:
        """Return who was invited, in order."""
        query = _INVITATION.join(t.sortitions, _S.id == _I.sortition_id).where(_S.uuid == uuid).order_by(_I.n)
        return every(self._conn, query, _invitation)

    def invite(self, uuid: str, invitation: Invitation) -> None:
        """Store an invitation; the same person twice breaks the primary key."""
        values = {
            "sortition_id": self._id_of(uuid),
            "person": invitation.person,
            "stratum": invitation.stratum,
            "n": invitation.n,
            "state": invitation.answer.value,
            "invited_at": invitation.invited_at,
            "answered_at": invitation.answered_at,
        }
        insert(self._conn, t.sortition_invitations, values)

    def answer(self, uuid: str, person: str, answer: Answer, at: datetime) -> None:
        """Store what the invited person answered, or that nothing came."""
        own = (_I.sortition_id == self._id_of(uuid)) & (_I.person == person)
        self._conn.execute(update(t.sortition_invitations).where(own).values(state=answer.value, answered_at=at))

    def _id_of(self, uuid: str) -> int:
        return int(self._conn.execute(select(_S.id).where(_S.uuid == uuid)).scalar_one())


def _sortition(row: Row[Any]) -> Sortition:
    return Sortition(
        uuid=row.uuid,
        title=row.title,
        pool=tuple(Person(id_, stratum) for id_, stratum in row.pool),
        strata=tuple(Stratum(name, size, minimum, places) for name, size, minimum, places in row.strata),
        source=row.source,
        value_at=row.value_at,
        announced_at=row.announced_at,
        value=row.value,
        drawn_at=row.drawn_at,
    )


def _invitation(row: Row[Any]) -> Invitation:
    return Invitation(int(row.n), str(row.person), str(row.stratum), Answer(row.state), row.invited_at, row.answered_at)
