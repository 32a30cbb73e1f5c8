"""What somebody chose, in words, for every shape of ballot: `For`, `1. Amara, 2. Bilal`, `Olive 3, Rye 5`, `Tue: yes`.

Pages, the register, the command line and mails ask here, so that one ballot reads the same everywhere.
"""

from collections.abc import Callable, Mapping, Sequence

from fedcoop.governance.choices import Choice, Scores, Shape
from fedcoop.governance.methods import METHODS
from fedcoop.governance.motions import Option

TIMES: Mapping[int, str] = {2: "yes", 1: "if need be", 0: "no"}
"""The answers of a time poll (governance.md 7.18)."""


def choice_words(method: str, choice: Choice, options: Sequence[Option]) -> str:
    """Return what was chosen, options by their names; an empty choice abstains, or answers in words only."""
    names = {option.key: option.name for option in options}
    return words_of(method, choice, lambda key: names.get(key, key))


def words_of(method: str, choice: Choice, name: Callable[[str], str]) -> str:
    """Return what was chosen, with `name` for the options."""
    counted = METHODS.get(method)
    shape, form = (counted.shape, counted.form) if counted is not None else (Shape.SET, "")
    if not choice:
        return "An answer in words" if shape is Shape.WORDS else "Abstained"
    if isinstance(choice, Scores):
        return ", ".join(f"{name(key)}{_number(value, form)}" for key, value in choice.items())
    if shape is Shape.RANKING:
        return ", ".join(f"{rank}. {name(key)}" for rank, key in enumerate(choice, 1))
    return _listed([name(key) for key in choice])


def _number(value: int, form: str) -> str:
    return f": {TIMES.get(value, value)}" if form == "dates" else f" {value}"


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
