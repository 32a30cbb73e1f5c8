"""The meeting that a decided time poll chose, as a calendar file (governance.md 7.18); who joins a count and who waits (7.2)."""

from dataclasses import dataclass

from fedcoop.governance.counting import times
from fedcoop.governance.motions.method import extra_int
from fedcoop.governance.motions.motion import Motion
from fedcoop.governance.motions.outcomes import outcome_from_json
from fedcoop.kernel.errors import NotFound
from fedcoop.storage.motions.turns import turns_of
from fedcoop.storage.unit_of_work import UnitOfWork


def meeting_file(uow: UnitOfWork, *, uuid: str) -> str:
    """Return the chosen time as an iCalendar file. Raises NotFound (`meeting-absent`) before there is one."""
    motion = uow.motions.find_by_uuid(uuid)
    row = uow.motions.outcome_of(motion.id) if motion is not None else None
    winners = outcome_from_json(row.outcome).winners if row is not None else ()
    if motion is None or row is None or motion.method != "dates" or not winners:
        raise NotFound("meeting-absent", "No meeting was chosen here.")
    starts_at, minutes = times.meeting_of(motion.options, winners[0])
    return times.calendar_file(
        times.Meeting(
            uid=motion.url,
            title=motion.title,
            starts_at=starts_at,
            minutes=minutes,
            url=motion.url,
            organiser=uow.site.config.instance.name,
            stamp=row.decided_at,
        )
    )


@dataclass(frozen=True, slots=True)
class Joining:
    """Where a count stands: who joined, target, places, who waits; `place` is the reader's, from 1, in the queue if `waits`."""

    accepts: int
    target: int
    capacity: int
    waiting: int
    place: int = 0
    waits: bool = False


def joining(uow: UnitOfWork, *, motion: Motion, voter: str) -> Joining:
    """Return where a count stands, and where the voter with this pseudonym stands in it."""
    target, capacity = (extra_int(motion.settings, name, 0) for name in ("target", "capacity"))
    found = turns_of(uow.conn, motion).places
    line, waits = (found.waiting, True) if voter in found.waiting else (found.taken, False)
    place = line.index(voter) + 1 if voter in line else 0
    accepts = len(found.taken) + len(found.waiting)
    return Joining(accepts, target, capacity, len(found.waiting), place, waits)
