"""What one voter chose: a key, a set, a ranking, or scores; one value for all methods, and its JSON form.

JSON: a list of option keys (`["for"]`; a ranking is best first), or an object of scores (`{"a": 3}`).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeAlias

from fedcoop.kernel.errors import BallotRefused

MOST_MARKS = 200
"""More than any motion has options: what is longer is refused before anybody looks at it."""
_KEY = re.compile(r"[^\0\n]{1,200}")
_LARGEST = 10**9


class Shape(StrEnum):
    """What a ballot of a method looks like: one key, a set of keys, a ranking, numbers by key, or words only."""

    ONE = "one"
    SET = "set"
    RANKING = "ranking"
    SCORES = "scores"
    WORDS = "words"


class Scores(Mapping[str, int]):
    """Option keys with whole numbers: scores, dots, answers to times. Immutable, hashable; iterating gives the keys.

    Keys that were left blank are not in it. Two with the same pairs are equal whatever their order.
    """

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, int] | Iterable[tuple[str, int]] = ()) -> None:
        self._values = dict(values)

    def __getitem__(self, key: str) -> int:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __hash__(self) -> int:
        return hash(frozenset(self._values.items()))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Scores) and self._values == other._values

    def __repr__(self) -> str:
        return f"Scores({self._values!r})"


Choice: TypeAlias = tuple[str, ...] | Scores
"""Option keys, or keys with numbers. A set is in the order of the options, a ranking best first; empty = abstention."""


def choice_to_json(choice: Choice) -> list[str] | dict[str, int]:
    """Return the choice as a JSON value: a list of keys, or an object of scores."""
    return dict(choice) if isinstance(choice, Scores) else list(choice)


def choice_of(value: Any) -> Choice:
    """Return the choice of a JSON value. Raises BallotRefused (`choice-shape`) for any other shape."""
    if isinstance(value, (list, tuple)):
        if len(value) <= MOST_MARKS and all(map(_is_key, value)):
            return tuple(value)
    elif isinstance(value, Mapping) and len(value) <= MOST_MARKS and all(map(_is_pair, value.items())):
        return Scores(value)
    raise BallotRefused(
        "choice-shape",
        'A choice is a list of keys such as ["for"], best first in a ranking, or scores such as {"a": 3}.',
    )


def paper_of(value: Any) -> Choice | tuple[str | tuple[str, ...], ...]:
    """Return the choice of a JSON value from a paper ballot, on which a rank may be an inner list: equal, or empty.

    Raises BallotRefused (`choice-shape`).
    """
    if isinstance(value, list) and len(value) <= MOST_MARKS and any(isinstance(rank, list) for rank in value):
        return tuple(rank if isinstance(rank, str) and _is_key(rank) else _names_of(rank) for rank in value)
    return choice_of(value)


def _names_of(value: Any) -> tuple[str, ...]:
    """Return the names that share a rank."""
    choice = choice_of(value)
    if isinstance(choice, Scores):
        raise BallotRefused("choice-shape", 'An equal rank is a list of keys, such as ["b", ["a", "c"]].')
    return choice


def _is_key(value: Any) -> bool:
    return isinstance(value, str) and _is_name(value)


@lru_cache(maxsize=1024)
def _is_name(text: str) -> bool:
    """Remembered: the ballots of a motion name the same few."""
    return _KEY.fullmatch(text) is not None


def _is_pair(pair: tuple[Any, Any]) -> bool:
    return _is_key(pair[0]) and _is_score(pair[1])


def _is_score(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _LARGEST
