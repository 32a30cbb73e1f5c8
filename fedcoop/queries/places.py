"""Who has a place in a count and who waits, by name, for members (governance.md 7.2)."""

import json
from dataclasses import dataclass

from fedcoop.governance.motions import Motion
from fedcoop.governance.waiting import places, since
from fedcoop.queries.people import Person, people
from fedcoop.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class PlacesView:
    """Those with a place and those who wait, both in order of receipt; `capacity` 0 is a place for everybody."""

    taken: tuple[Person, ...]
    waiting: tuple[Person, ...]
    capacity: int


def places_view(uow: UnitOfWork, motion: Motion) -> PlacesView | None:
    """Return the places of a count by the log of its ballots; None for any other method."""
    if motion.method != "opt_in":
        return None
    capacity = int(motion.settings.extra.get("capacity", 0))
    found = places(since([json.loads(line.entry) for line in uow.motions.log(motion.id)]), capacity)
    ids = {ballot.voter: ballot.member_id for ballot in uow.motions.ballots(motion.id)}
    names = people(uow, ids.values())
    taken, waiting = ([names[ids[voter]] for voter in part if voter in ids] for part in (found.taken, found.waiting))
    return PlacesView(tuple(taken), tuple(waiting), capacity)
