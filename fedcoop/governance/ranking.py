"""Ranked ballots: which rankings stand, and what the counts make of withdrawn options, equal and skipped ranks.

Source: governance.md 7.11. In a ranking of a file a nested tuple is an equal rank and an empty one a skipped rank; where a
method takes neither, the ranking is cut before the first of them. A withdrawn option is taken out before that.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

from fedcoop.governance.choices import Choice
from fedcoop.governance.counting import extra_int, keys_of, plural
from fedcoop.governance.motions import Option, Settings
from fedcoop.governance.setting_words import names_of
from fedcoop.governance.tallies import Pile, Ranking
from fedcoop.kernel.errors import BallotRefused

Strict: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contest:
    """Who stands, sorted by key so that the order of options changes nothing; how many seats; which option stops it.

    When `stop` (re-open nominations, or the status quo) takes a seat, that seat and all that are not filled stay empty.
    """

    standing: tuple[str, ...]
    seats: int
    stop: str = ""

    def filled(self, order: Iterable[str], taken: int = 0) -> tuple[str, ...]:
        """Return who takes seats in this order, the stopping option last if it comes to it."""
        found: list[str] = []
        for key in order:
            if taken + len(found) >= self.seats:
                break
            found.append(key)
            if key == self.stop:
                break
        return tuple(found)

    def without_stop(self, elected: Iterable[str]) -> tuple[str, ...]:
        """Return the elected who are people or things."""
        return tuple(key for key in elected if key != self.stop)


@dataclass(frozen=True, slots=True)
class Rankings:
    """Strict rankings with how many ballots (by weight) say each; `blank` ones rank nobody who stands."""

    numbers: Mapping[Strict, int]
    valid: int
    blank: int


def extra_key(settings: Settings, name: str) -> str:
    """Return the option that a setting names by its key, or nothing."""
    return str(settings.extra.get(name, ""))


def withdrawn_of(settings: Settings) -> frozenset[str]:
    """Return the keys of those who withdrew."""
    return frozenset(names_of(extra_key(settings, "withdrawn")))


def contest_of(options: Sequence[Option], settings: Settings, dropped: Iterable[str] = ()) -> Contest:
    """Return who stands for how many seats, without the withdrawn and the `dropped`."""
    gone = withdrawn_of(settings).union(dropped)
    standing = tuple(sorted(option.key for option in options if option.key not in gone))
    stop = extra_key(settings, "ron") or extra_key(settings, "status_quo")
    return Contest(standing, extra_int(settings, "seats", 1), stop)


def check_ranking(choice: Choice, options: Sequence[Option], settings: Settings) -> None:
    """Raise BallotRefused (`option`, `ranks`, `too-few`, `too-many`) unless the choice is a ranking, best first."""
    keys = keys_of(choice)
    names = {option.key: option.name for option in options}
    for key in keys:
        if key not in names:
            raise BallotRefused("option", "That answer is not among the choices.")
        if keys.count(key) > 1:
            raise BallotRefused("ranks", f"{names[key]} has two ranks. Give one rank to each choice.")
    fewest, most = extra_int(settings, "min_ranked", 1), extra_int(settings, "max_ranked", 0) or len(options)
    if len(keys) < fewest:
        raise BallotRefused("too-few", f"Rank at least {plural(fewest, 'choice', 'choices')}.")
    if len(keys) > most:
        raise BallotRefused("too-many", f"Rank at most {plural(most, 'choice', 'choices')}.")


def strict_rankings(piles: Sequence[Pile], contest: Contest) -> Rankings:
    """Return the piles as strict rankings of those who stand, equal ones together."""
    standing = frozenset(contest.standing)
    whole = frozenset[object]().union(*(pile.choice for pile in piles)) <= standing
    read = _as_given if whole else _cutter(standing)
    numbers: dict[Strict, int] = {}
    for pile in piles:
        ranking = read(pile.choice)
        numbers[ranking] = numbers.get(ranking, 0) + pile.number * pile.weight
    blank = numbers.pop((), 0)
    return Rankings(numbers, sum(numbers.values()), blank)


def _as_given(choice: Choice | Ranking) -> Strict:
    return cast(Strict, choice)


def _cutter(standing: frozenset[str]) -> Callable[[Choice | Ranking], Strict]:
    def cut(choice: Choice | Ranking) -> Strict:
        found: dict[str, None] = {}
        for group in groups_of(choice, standing):
            if len(group) != 1:
                break
            found[group[0]] = None
        return tuple(found)

    return cut


def groups_of(choice: Choice | Ranking, standing: frozenset[str]) -> list[Strict]:
    """Return the ranks of a ballot from the best: those who stand in each; an empty one is a rank that was skipped.

    A rank that only the withdrawn held is no skipped rank: later ones move up.
    """
    found: list[Strict] = []
    for rank in choice:
        given = (rank,) if isinstance(rank, str) else rank
        kept = tuple(key for key in given if key in standing)
        if kept or not given:
            found.append(kept)
    return found
