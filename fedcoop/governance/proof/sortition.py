"""Sortition: people drawn by lot from a pool that is fixed before the randomness exists (governance.md 12).

The pool's hash, its strata, the source of the value and its date are announced; whoever has pool and value repeats the
draw. Places are shared over strata: each its minimum, the rest by largest remainder over their sizes.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from fedcoop.governance.motions.lot_order import Lot
from fedcoop.kernel.canonical import sha256_hex
from fedcoop.kernel.errors import Conflict, Invalid
from fedcoop.kernel.money import largest_remainder

SILENT_AFTER = timedelta(days=7)
MAX_TEXT = 500


class Answer(StrEnum):
    """What an invited person said so far."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in the pool: a public id, and the stratum ("" where there are none)."""

    id: str
    stratum: str = ""


@dataclass(frozen=True, slots=True)
class Stratum:
    """A part of the pool, how many are in it, the fewest places it gets, and those it has got."""

    name: str
    size: int
    minimum: int
    places: int


@dataclass(frozen=True, slots=True)
class Sortition:
    """A draw as announced; `value` and `drawn_at` come with the randomness."""

    uuid: str
    title: str
    pool: tuple[Person, ...]
    strata: tuple[Stratum, ...]
    source: str
    value_at: datetime
    announced_at: datetime
    value: str = ""
    drawn_at: datetime | None = None

    @property
    def roll_hash(self) -> str:
        """The hash of the pool: sorted ids, one a line."""
        return roll_hash(person.id for person in self.pool)

    @property
    def places(self) -> int:
        """How many people are sought."""
        return sum(stratum.places for stratum in self.strata)

    @property
    def seed(self) -> bytes:
        """The seed of the order. Meaningful once there is a value."""
        return seed_of(self.roll_hash, self.value)


@dataclass(frozen=True, slots=True)
class Invitation:
    """The n-th person invited, and the answer."""

    n: int
    person: str
    stratum: str
    answer: Answer
    invited_at: datetime
    answered_at: datetime | None = None


def roll_hash(ids: Iterable[str]) -> str:
    """Return the hex SHA-256 of the sorted ids, one a line."""
    return sha256_hex("\n".join(sorted(ids)).encode())


def seed_of(hash_: str, value: str) -> bytes:
    """Return the seed of a pool's hash and the value."""
    return hashlib.sha256(f"fedcoop-sortition-v1\n{hash_}\n{value}".encode()).digest()


def shared_places(places: int, sizes: Mapping[str, int], minima: Mapping[str, int]) -> tuple[Stratum, ...]:
    """Return the strata by name with their places: the minimum each, the rest by largest remainder over the sizes.

    No stratum gets more places than it has people; what it cannot fill goes to the others. Equal remainders go to the
    larger stratum, then by a hash of the name, which favours nobody. Raises Invalid (`places`, `strata`).
    """
    _check_places(places, sizes, minima)
    got = {name: minima.get(name, 0) for name in sizes}
    while left := places - sum(got.values()):
        room = sorted(
            (name for name in sizes if got[name] < sizes[name]), key=lambda name: (-sizes[name], _blind(name))
        )
        for name, more in zip(room, largest_remainder(left, [sizes[name] for name in room]), strict=True):
            got[name] = min(sizes[name], got[name] + more)
    return tuple(Stratum(name, sizes[name], minima.get(name, 0), got[name]) for name in sorted(sizes))


def _check_places(places: int, sizes: Mapping[str, int], minima: Mapping[str, int]) -> None:
    if not 1 <= places <= sum(sizes.values()):
        raise Invalid(
            "places", f"There are {sum(sizes.values())} people to draw from; seek one at least.", field="places"
        )
    strange = sorted(set(minima) - set(sizes))
    if strange:
        raise Invalid("strata", f"Nobody in the pool is of the class {strange[0]}.", field="strata")
    if any(not 0 <= number <= sizes[name] for name, number in minima.items()):
        raise Invalid("strata", "A minimum is at most the number of people in the class.", field="strata")
    if sum(minima.values()) > places:
        raise Invalid("strata", "The minima together are more than the places.", field="strata")


def _blind(name: str) -> str:
    return sha256_hex(f"fedcoop-stratum-v1\n{name}".encode())


def announced(draft: Sortition) -> Sortition:
    """Return the draw with its pool in order. Raises Invalid (`title`, `source`, `value_at`, `pool`)."""
    if not 1 <= len(draft.title.strip()) <= MAX_TEXT:
        raise Invalid("title", "Say what people are drawn for, in one line.", field="title")
    if not 1 <= len(draft.source.strip()) <= MAX_TEXT:
        raise Invalid("source", "Name the source of the random value, such as a lottery's draw.", field="source")
    if draft.value_at <= draft.announced_at:
        raise Invalid("value_at", "The random value must not exist yet: give a time in the future.", field="value_at")
    if len({person.id for person in draft.pool}) != len(draft.pool):
        raise Invalid("pool", "Somebody is in the pool twice.", field="pool")
    pool = tuple(sorted(draft.pool, key=lambda person: person.id))
    return replace(draft, title=draft.title.strip(), source=draft.source.strip(), pool=pool)


def drawn(found: Sortition, value: str, now: datetime) -> Sortition:
    """Return the draw with its value. Raises Conflict (`sortition-drawn`, `sortition-early`) or Invalid (`value`)."""
    if found.drawn_at is not None:
        raise Conflict("sortition-drawn", "This draw has its value already.")
    if now < found.value_at:
        raise Conflict("sortition-early", "The random value was announced for later; it cannot exist yet.")
    if not 1 <= len(value.strip()) <= MAX_TEXT or "\n" in value.strip():
        raise Invalid("value", "Give the random value in one line, exactly as its source published it.", field="value")
    return replace(found, value=value.strip(), drawn_at=now)


def order(found: Sortition) -> tuple[Person, ...]:
    """Return the whole pool in the order of the draw. Raises Conflict (`sortition-undrawn`)."""
    if found.drawn_at is None:
        raise Conflict("sortition-undrawn", "This draw has no random value yet.")
    people = {person.id: person for person in found.pool}
    return tuple(people[id_] for id_ in Lot(found.seed).order(people))


def to_invite(found: Sortition, invitations: Sequence[Invitation]) -> tuple[Person, ...]:
    """Return whom to invite now: in each stratum the next in order, while fewer hold or may take places than it has."""
    asked = {invitation.person for invitation in invitations}
    held = Counter(i.stratum for i in invitations if i.answer in (Answer.WAITING, Answer.ACCEPTED))
    free = {stratum.name: stratum.places - held[stratum.name] for stratum in found.strata}
    wanted: list[Person] = []
    for person in order(found):
        if person.id not in asked and free[person.stratum] > 0:
            free[person.stratum] -= 1
            wanted.append(person)
    return tuple(wanted)


def silent(invitations: Iterable[Invitation], now: datetime) -> tuple[Invitation, ...]:
    """Return those who have not answered for 7 days."""
    return tuple(i for i in invitations if i.answer is Answer.WAITING and now >= i.invited_at + SILENT_AFTER)


def declined(invitations: Iterable[Invitation]) -> int:
    """Return how many refused or were silent: published as a number only."""
    return sum(invitation.answer in (Answer.REFUSED, Answer.SILENT) for invitation in invitations)
