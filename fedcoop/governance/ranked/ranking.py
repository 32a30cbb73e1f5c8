"""Ranked ballots: which rankings stand, and what the counts make of withdrawn options, equal and skipped ranks.

Source: governance.md 7.11. In a ranking of a file a nested tuple is an equal rank and an empty one a skipped rank. What
becomes of them says a `Reading`; usually the ranking is cut before the first of them. A withdrawn option is taken out before
that.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from fedcoop.governance.motions.choices import Choice
from fedcoop.governance.motions.method import extra_int, keys_of, plural
from fedcoop.governance.motions.motion import Option, Settings
from fedcoop.governance.motions.setting_words import names_of
from fedcoop.governance.motions.tallies import Pile, Ranking
from fedcoop.kernel.errors import BallotRefused

Strict = tuple[str, ...]
UNLIMITED = "unlimited"


class Equal(StrEnum):
    """What becomes of an equal rank: the ranking is cut before it, it is passed over, it is cut only where several of its
    names continue when its turn comes, or its names share the paper.
    """

    CUT = "cut"
    SKIP = "skip"
    CUT_IF_SEVERAL = "cut_if_several"
    SHARE = "share"


@dataclass(frozen=True, slots=True)
class Reading:
    """How rankings with equal and skipped ranks are read; so many `skips` in a row are passed over, None any number."""

    equal: Equal = Equal.CUT
    skips: int | None = 0


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
    """Rankings with how many ballots (by weight) say each; `blank` ones rank nobody who stands."""

    numbers: Mapping[Ranking, int]
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


def reading_of(settings: Settings) -> Reading:
    """Return how the settings `equal_ranks` and `max_skipped_ranks` have rankings read."""
    skips = extra_key(settings, "max_skipped_ranks") or "0"
    return Reading(Equal(extra_key(settings, "equal_ranks") or Equal.CUT), None if skips == UNLIMITED else int(skips))


def rankings_of(piles: Sequence[Pile], contest: Contest, reading: Reading) -> Rankings:
    """Return the piles as rankings of those who stand, equal ones together.

    Equal ranks are left in them only where their names share, or may turn out to be one.
    """
    standing = frozenset(contest.standing)
    numbers: dict[Ranking, int] = {}
    for pile in piles:
        ranking = _read(pile.choice, standing, reading)
        numbers[ranking] = numbers.get(ranking, 0) + pile.number * pile.weight
    blank = numbers.pop((), 0)
    return Rankings(numbers, sum(numbers.values()), blank)


def on_paper(ranking: Ranking, options: Sequence[Option], settings: Settings) -> Strict:
    """Return what stands of a ranking on paper, with equal ranks as inner tuples and skipped ones as empty ones.

    It is cut before the first of them, or passes over them where the settings say so: a ballot here has one name a rank.
    """
    names = frozenset(option.key for option in options)
    given = {key for rank in ranking for key in ((rank,) if isinstance(rank, str) else rank)}
    if not given <= names:
        raise BallotRefused("option", "That answer is not among the choices.")
    reading = reading_of(settings)
    equal = Equal.SKIP if reading.equal is Equal.SKIP else Equal.CUT
    return tuple(rank for rank in _read(ranking, names, Reading(equal, reading.skips)) if isinstance(rank, str))


def _read(choice: Choice | Ranking, standing: frozenset[str], reading: Reading) -> Ranking:
    if isinstance(choice, tuple) and standing.issuperset(choice):
        return tuple(dict.fromkeys(choice))
    found: list[str | Strict] = []
    seen: set[str] = set()
    skipped = 0
    for group in groups_of(choice, standing):
        skipped = 0 if group else skipped + 1
        if _ends(group, skipped, reading, first=not found):
            break
        kept = () if len(group) > 1 and reading.equal is Equal.SKIP else tuple(key for key in group if key not in seen)
        seen.update(kept)
        found += kept if len(kept) < 2 else [kept]
    return tuple(found)


def _ends(group: Strict, skipped: int, reading: Reading, *, first: bool) -> bool:
    """Return whether the ranking is cut before this rank."""
    if not group:
        return reading.skips is not None and skipped > reading.skips
    cut = reading.equal is Equal.CUT or (first and reading.equal is Equal.CUT_IF_SEVERAL)
    return cut and len(group) > 1


def groups_of(choice: Choice | Ranking, standing: frozenset[str]) -> list[Strict]:
    """Return the ranks of a ballot from the best: those who stand in each; an empty one is a rank that was skipped.

    A rank that only the withdrawn held is no skipped rank: later ones move up.
    """
    found: list[Strict] = []
    for rank in choice:
        given = (rank,) if isinstance(rank, str) else rank
        kept = tuple(dict.fromkeys(key for key in given if key in standing))
        if kept or not given:
            found.append(kept)
    return found
