"""What a ballot's form says: fields → a choice, or what is wrong with which field, everything typed kept (design.md 5).

Pure, and no rule stands here: whether a choice is a ballot is the method's `check`. Field names are a contract:
`choice` (again for each; in order it is a ranking, `KEY=NUMBER` a score), `rank-KEY`, `score-KEY`, `dots-KEY`,
`time-KEY`, `reason`; buttons `move=up:KEY`, `less=KEY`, `more=KEY` change what is shown and store nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from fedcoop.governance.motions.choices import Choice, Scores
from fedcoop.governance.motions.motion import Motion, Option

NUMBERED = {"scores": "score", "dots": "dots", "dates": "time"}
"""The first part of the field names of forms with a number for each option."""
_NO_RANK = frozenset(("", "-", "–", "0"))
_MOST_DIGITS = 9


class Fields(Protocol):
    """What is read of a form."""

    def text(self, name: str, default: str = "") -> str:
        """Return the first value of the field."""
        ...

    def all(self, name: str) -> tuple[str, ...]:
        """Return every value of the field in order."""
        ...

    def has(self, name: str) -> bool:
        """Return whether the field was sent."""
        ...


@dataclass(frozen=True, slots=True)
class Sheet:
    """A blank ballot: the options in the order shown, and within which numbers it is filled in.

    `low` and `high` bound each number, `purse` is how many dots there are in all; 0 where there is no such thing.
    """

    form: str
    options: tuple[Option, ...]
    none: str = ""
    low: int = 0
    high: int = 0
    purse: int = 0
    blank: bool = True

    @property
    def keys(self) -> tuple[str, ...]:
        """The option keys in the order shown."""
        return tuple(option.key for option in self.options)

    def name(self, key: str) -> str:
        """Return the option's name."""
        return next(option.name for option in self.options if option.key == key)


@dataclass(frozen=True, slots=True)
class Marks:
    """A ballot as filled in. `typed` holds what stands in the field of each option, `order` how a ranking is shown.

    `again` says that a button only asked to see the ballot changed: nothing is to be cast.
    """

    choice: Choice = ()
    reason: str = ""
    typed: Mapping[str, str] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    errors: Mapping[str, str] = field(default_factory=dict)
    again: bool = False


def sheet_of(motion: Motion, form: str, options: Sequence[Option]) -> Sheet:
    """Return the blank ballot of the motion; `options` are in the order that this reader sees."""
    extra = motion.settings.extra
    whole = {key: value for key, value in extra.items() if isinstance(value, int)}
    purse = whole.get("dots", 8) if form == "dots" else 0
    low, high = {
        "scores": (whole.get("min", 0), whole.get("max", 5)),
        "dots": (0, whole.get("cap", 0) or purse),
        "dates": (0, 2),
    }.get(form, (0, 0))
    return Sheet(
        form=form,
        options=tuple(options),
        none=str(extra.get("none", "")),
        low=low,
        high=high,
        purse=purse,
        blank=bool(extra.get("allow_blank", True)),
    )


def marks_of(choice: Choice, reason: str, sheet: Sheet) -> Marks:
    """Return a choice as a filled-in ballot: what stands there when a member comes back to change it."""
    if isinstance(choice, Scores):
        return Marks(choice, reason, {key: str(value) for key, value in choice.items()})
    if sheet.form == "ranking":
        return _ranked(choice, reason, sheet)
    return Marks(choice, reason)


def read(fields: Fields, sheet: Sheet) -> Marks:
    """Return what the form says. What is no number, or twice the same rank, is an error of its field."""
    reason = fields.text("reason")
    if sheet.form == "ranking":
        return _read_ranking(fields, reason, sheet)
    if sheet.form in NUMBERED:
        return _read_numbers(fields, reason, sheet)
    if sheet.form == "words":
        return Marks(fields.all("choice"), reason)
    chosen = tuple(dict.fromkeys(fields.all("choice")))
    return Marks((sheet.none,) if sheet.none and sheet.none in chosen else chosen, reason)


# --- rankings ---------------------------------------------------------------------------------------------------


def _ranked(keys: Iterable[str], reason: str, sheet: Sheet) -> Marks:
    """Return the ballot that ranks these keys, the others below them as they were shown."""
    first = tuple(keys)
    rest = tuple(key for key in sheet.keys if key not in first)
    return Marks(first, reason, {key: str(rank) for rank, key in enumerate(first, 1)}, (*first, *rest))


def _read_ranking(fields: Fields, reason: str, sheet: Sheet) -> Marks:
    if not any(fields.has(f"rank-{key}") for key in sheet.keys):
        return _moved(fields, _ranked(fields.all("choice"), reason, sheet), sheet)
    typed = {key: fields.text(f"rank-{key}") for key in sheet.keys}
    given = {key: text for key, text in typed.items() if text not in _NO_RANK}
    ranks = {key: rank for key, text in given.items() if (rank := _whole(text)) is not None}
    order = tuple(sorted(ranks, key=lambda key: ranks[key]))
    marks = _ranked(order, reason, sheet)
    errors = {
        f"rank-{key}": f"Give {sheet.name(key)} a whole number from 1 on, or leave it at “–”."
        for key in given
        if key not in ranks
    } | _equal_ranks(ranks, sheet)
    if errors and not fields.has("move"):
        return replace(marks, typed={**marks.typed, **given}, errors=errors)
    return _moved(fields, marks, sheet)


def _equal_ranks(ranks: Mapping[str, int], sheet: Sheet) -> dict[str, str]:
    """Return an error for each rank that was given twice, at the later of the two."""
    errors = {}
    for rank in sorted(set(ranks.values())):
        same = [key for key in sheet.keys if ranks.get(key) == rank]
        if len(same) > 1:
            names = [sheet.name(key) for key in same]
            both, number = ("both", "one of them another number") if len(same) == 2 else ("all", "each another number")
            told = f"{', '.join(names[:-1])} and {names[-1]} {both} have rank {rank}. Give {number}."
            errors[f"rank-{same[-1]}"] = told
    return errors


def _moved(fields: Fields, marks: Marks, sheet: Sheet) -> Marks:
    """Return the ballot after a press on an arrow: one place up or down; from the last rank down, out of the ranking."""
    way, _, key = fields.text("move").partition(":")
    if key not in sheet.keys or way not in ("up", "down"):
        return marks
    ranked = [own for own in marks.choice if own in sheet.keys]
    place = ranked.index(key) if key in ranked else len(ranked)
    if key not in ranked:
        ranked = [*ranked, key] if way == "up" else ranked
    elif way == "down" and place == len(ranked) - 1:
        ranked.remove(key)
    else:
        other = max(place - 1, 0) if way == "up" else place + 1
        ranked[place], ranked[other] = ranked[other], ranked[place]
    return replace(_ranked(ranked, marks.reason, sheet), again=True)


# --- numbers ----------------------------------------------------------------------------------------------------


def _read_numbers(fields: Fields, reason: str, sheet: Sheet) -> Marks:
    typed = _typed_numbers(fields, sheet)
    values = {key: _whole(text) for key, text in typed.items()}
    errors = {
        f"{NUMBERED[sheet.form]}-{key}": _range_words(sheet, key)
        for key, value in values.items()
        if value is None or not (sheet.low <= value and (value <= sheet.high or sheet.form == "dots"))
    }
    found = {key: value for key, value in values.items() if value is not None}
    if sheet.form == "dots":
        found = {key: value for key, value in found.items() if value}
        if stepped := _stepped(fields, found, sheet):
            return Marks(Scores(stepped), reason, {key: str(value) for key, value in stepped.items()}, again=True)
        errors = errors or _too_many_dots(found, sheet)
    return Marks(Scores(found), reason, typed, errors=errors)


def _typed_numbers(fields: Fields, sheet: Sheet) -> dict[str, str]:
    """Return what was typed for each option: in its own field, else as `choice` with `KEY=NUMBER`; blanks left out."""
    pairs = [text.rpartition("=") for text in fields.all("choice")]
    simple = {key: number.strip() for key, equals, number in pairs if equals}
    prefix = NUMBERED[sheet.form]
    own = {key: fields.text(f"{prefix}-{key}") for key in sheet.keys if fields.has(f"{prefix}-{key}")}
    stray = {key: text for key, text in simple.items() if key not in sheet.keys}
    named = {key: own.get(key, simple.get(key, "")) for key in sheet.keys}
    return {key: text for key, text in (named | stray).items() if text}


def _range_words(sheet: Sheet, key: str) -> str:
    name = sheet.name(key) if key in sheet.keys else key
    if sheet.form == "dates":
        return f"Choose yes, if need be, or no for {name}."
    if sheet.form == "dots":
        return f"Give {name} a whole number of dots, 0 or more."
    return f"Give {name} a whole number from {sheet.low} to {sheet.high}, or leave it empty."


def _stepped(fields: Fields, dots: Mapping[str, int], sheet: Sheet) -> dict[str, int] | None:
    """Return the dots after a press on minus or plus, None where neither was pressed; never below 0 or over a bound."""
    less, more = fields.text("less"), fields.text("more")
    key, step = (less, -1) if less in sheet.keys else (more, 1)
    if key not in sheet.keys:
        return None
    left = sheet.purse - sum(dots.values())
    own = dots.get(key, 0)
    new = max(own - 1, 0) if step < 0 else own + 1 if left > 0 and own < sheet.high else own
    return {**dots, key: new}


def _too_many_dots(dots: Mapping[str, int], sheet: Sheet) -> dict[str, str]:
    given = sum(dots.values())
    if given > sheet.purse:
        over = given - sheet.purse
        return {"choice": f"You gave {given} dots and have {sheet.purse}. Take {over} away; nothing else has changed."}
    return {
        f"dots-{key}": f"{sheet.name(key)} takes {sheet.high} dots at most. Take {value - sheet.high} away."
        for key, value in dots.items()
        if value > sheet.high and key in sheet.keys
    }


def _whole(text: str) -> int | None:
    """Return the whole number, None where it is none."""
    digits = text.strip().removeprefix("-")
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS else None
