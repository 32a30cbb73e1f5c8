"""Who has a place in a count and who waits, by name, for members (governance.md 7.2)."""

from collections.abc import Sequence
from dataclasses import dataclass

from fedcoop.governance.motions.motion import Motion
from fedcoop.queries.people import Person, people
from fedcoop.storage.motions.turns import members_of, turns_of
from fedcoop.storage.unit_of_work import UnitOfWork

NAMES_SHOWN = 100


@dataclass(frozen=True, slots=True)
class PlacesView:
    """Those with a place and those who wait, both in order of receipt; `capacity` 0 is a place for everybody.

    The first hundred of each have names; `more_taken` and `more_waiting` count the others.
    """

    taken: tuple[Person, ...]
    waiting: tuple[Person, ...]
    capacity: int
    more_taken: int
    more_waiting: int


def places_view(uow: UnitOfWork, motion: Motion) -> PlacesView | None:
    """Return the places of a count by the log of its ballots; None for any other method."""
    if motion.method != "opt_in":
        return None
    found = turns_of(uow.conn, motion).places
    (taken, more_taken), (waiting, more_waiting) = _first(found.taken), _first(found.waiting)
    ids = members_of(uow.conn, motion.id, [*taken, *waiting])
    names = people(uow, ids.values())
    shown = [tuple(names[ids[voter]] for voter in part if voter in ids) for part in (taken, waiting)]
    capacity = int(motion.settings.extra.get("capacity", 0))
    return PlacesView(shown[0], shown[1], capacity, more_taken, more_waiting)


def _first(voters: Sequence[str]) -> tuple[Sequence[str], int]:
    return voters[:NAMES_SHOWN], max(0, len(voters) - NAMES_SHOWN)
