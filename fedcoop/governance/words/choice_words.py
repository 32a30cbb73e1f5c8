"""What somebody chose, in words, for every shape of ballot: `For`, `1. Amara, 2. Bilal`, `Olive 3, Rye 5`, `Tue: yes`.

Pages, the register, the command line and mails ask here, so that one ballot reads the same everywhere.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter

from fedcoop.governance.motions.choices import Choice, Scores, Shape
from fedcoop.governance.motions.motion import Option
from fedcoop.governance.motions.registry import METHODS

TIMES: Mapping[int, str] = {2: "yes", 1: "if need be", 0: "no"}
"""The answers of a time poll (governance.md 7.18)."""


def choice_words(
    method: str, choice: Choice, options: Sequence[Option], name: Callable[[Option], str] = attrgetter("name")
) -> str:
    """Return what was chosen, options by `name`; an empty choice abstains, or answers in words only."""
    names = {option.key: name(option) for option in options}
    counted = METHODS.get(method)
    shape, form = (counted.shape, counted.form) if counted is not None else (Shape.SET, "")
    if not choice:
        return "An answer in words" if shape is Shape.WORDS or method == "advice" else "Abstained"
    if isinstance(choice, Scores):
        known = [key for key in names if key in choice]
        given = [*known, *(key for key in choice if key not in names)]
        return ", ".join(f"{names.get(key, key)}{_number(choice[key], form)}" for key in given)
    told = [names.get(key, key) for key in choice]
    if shape is Shape.RANKING:
        return ", ".join(f"{rank}. {word}" for rank, word in enumerate(told, 1))
    return _listed(told)


def _number(value: int, form: str) -> str:
    return f": {TIMES.get(value, value)}" if form == "dates" else f" {value}"


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
