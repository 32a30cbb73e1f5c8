"""From roll and ballots to the tally of a motion: the one way, whether it closes, is looked at, or is recounted."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from fedcoop.governance.delegation.representation import Grant, Representation, resolve
from fedcoop.governance.motions.choices import Choice
from fedcoop.governance.motions.lot_order import Lot
from fedcoop.governance.motions.motion import Option, Settings
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.motions.tallies import Pile, Tally, tally_of_piles


@dataclass(frozen=True, slots=True)
class RollRow:
    """One row of the roll as the recount file has it: `voter class weight`."""

    voter: str
    member_class: str
    weight: int


@dataclass(frozen=True, slots=True)
class Ballots:
    """The rule of a motion with everything that a count needs; `lot` None counts totals only, as a look meanwhile does."""

    method: str
    options: Sequence[Option]
    settings: Settings
    lot: Lot | None = None


def row_of(line: str) -> RollRow:
    """Return the row of a roll line. Raises ValueError for another form."""
    voter, _, rest = line.partition(" ")
    member_class, _, weight = rest.rpartition(" ")
    return RollRow(voter, member_class, int(weight))


def eligible_of(roll: Iterable[RollRow]) -> dict[str, int]:
    """Return how many rows with a vote each class has."""
    return dict(Counter(row.member_class for row in roll if row.weight > 0))


def piles_of(roll: Iterable[RollRow], choices: Mapping[str, Choice]) -> list[Pile]:
    """Return the ballots by voter as piles, with class and weight from the roll."""
    rows = {row.voter: row for row in roll}
    numbers = Counter((choice, rows[voter].weight, rows[voter].member_class) for voter, choice in choices.items())
    return [Pile(choice, number, weight, name) for (choice, weight, name), number in numbers.items()]


def represent(
    settings: Settings, roll: Iterable[RollRow], voted: Iterable[str], grants: Iterable[Grant]
) -> Representation:
    """Return who of the roll is represented by whom (governance.md 8); who has no vote passes on none and takes none."""
    own = {row.voter for row in roll if row.weight > 0}
    given = [
        Grant(grant.delegator, grant.delegate if grant.delegate in own else None, grant.order, grant.instructed)
        for grant in grants
        if grant.delegator in own
    ]
    return resolve(settings.delegation, len(own), own.intersection(voted), given)


def represented_piles(
    rows: Mapping[str, RollRow], choices: Mapping[str, Choice], represented: Representation
) -> list[Pile]:
    """Return the votes of the represented as piles: the speaker's choice, the class and weight of each delegator."""
    numbers = Counter(
        (choices[speaker], rows[voter].weight, rows[voter].member_class)
        for voter, speaker in represented.speaker.items()
    )
    return [Pile(choice, number, weight, name, represented=True) for (choice, weight, name), number in numbers.items()]


def tally_motion(rule: Ballots, piles: Iterable[Pile], eligible: Mapping[str, int]) -> Tally:
    """Return the tally; with a lot the method counts its rounds too."""
    method, lot = METHODS[rule.method], rule.lot
    return tally_of_piles(
        piles,
        options=[option.key for option in rule.options],
        eligible=eligible,
        shape=method.shape,
        classes=sorted(rule.settings.weighting.named()),
        count=None if lot is None else lambda given: method.count(given, rule.options, rule.settings, lot),
    )
