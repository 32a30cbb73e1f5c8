"""Projects with costs and one budget: what greedy and equal shares have in common (governance.md 11.2).

Ballots tick projects; ballots of files may give points instead. Costs and the budget are whole minor units.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from fedcoop.governance.counting.ties import LOT, PURCHASES
from fedcoop.governance.motions.choices import Choice, Scores
from fedcoop.governance.motions.lot_order import Lot
from fedcoop.governance.motions.method import Part, extra_int, keys_of, needed, plural, quorum_requirement
from fedcoop.governance.motions.motion import Option, Settings
from fedcoop.governance.motions.outcomes import Outcome, OutcomeCode
from fedcoop.governance.motions.setting_words import MinorUnits
from fedcoop.governance.motions.tallies import Count, Pile, Round, Tally, Tie
from fedcoop.kernel.errors import BallotRefused, MotionRefused
from fedcoop.kernel.money import Currency, currency_of

DEFAULT_CURRENCY = "EUR"
_WITH_COST = re.compile(r"(.+)[:=](.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Standing:
    """One project before the money is spent: its cost, points, and supporters (weights of ballots that hold it)."""

    key: str
    cost: int
    points: int
    supporters: int


@dataclass(frozen=True, slots=True)
class Spending:
    """What was bought in which order, with a round for each project looked at, and the lots that decided."""

    bought: tuple[str, ...]
    rounds: tuple[Round, ...]
    ties: tuple[Tie, ...]


# --- settings and options ---------------------------------------------------------------------------------------


def budget_keys() -> dict[str, type]:
    """Return the settings of all budgets."""
    return {"budget": MinorUnits, "currency": str, "min": int, "max": int}


def budget_defaults() -> dict[str, int | str | bool]:
    """Return euros, and any number of ticks; the budget itself has no default."""
    return {"currency": DEFAULT_CURRENCY, "min": 0}


def currency(settings: Settings) -> Currency:
    """Return the currency of the motion."""
    return currency_of(str(settings.extra.get("currency", DEFAULT_CURRENCY)))


def budget(settings: Settings) -> int:
    """Return the budget in minor units."""
    return extra_int(settings, "budget", 0)


def project_of(key: str, text: str, settings: Mapping[str, str]) -> Option:
    """Return the project of `Solar panels: 500` or `Solar panels=500.50`; the last sign parts name and cost.

    Raises MotionRefused (`options`).
    """
    match = _WITH_COST.fullmatch(text.strip())
    try:
        money = currency_of(settings.get("currency", DEFAULT_CURRENCY).strip())
        cost = money.minor(match[2]) if match else 0
    except ValueError:
        cost = 0
    if match is None or cost <= 0 or not match[1].strip():
        raise MotionRefused("options", "Write each project with its cost, such as: Solar panels: 500")
    return Option(key, match[1].strip(), cost=cost)


def check_budget(options: Sequence[Option], settings: Settings) -> None:
    """Raise MotionRefused (`options`, `currency`, `budget`, `min`, `max`)."""
    if len(options) < 2:
        raise MotionRefused("options", "Give at least two projects.")
    if any(option.cost <= 0 for option in options):
        raise MotionRefused("options", "Give each project its cost, such as: Solar panels: 500")
    try:
        currency(settings)
    except ValueError as error:
        raise MotionRefused("currency", "Write the currency as its code, such as EUR.") from error
    if budget(settings) <= 0:
        raise MotionRefused("budget", "Write the budget: how much there is to spend, such as 1200.")
    low, high = extra_int(settings, "min", 0), extra_int(settings, "max", len(options))
    if not (0 <= low <= high and high):
        raise MotionRefused(
            "min" if low < 0 else "max", "min and max lie between 0 and the number of projects, min first."
        )


def check_ticks(choice: Choice, options: Sequence[Option], settings: Settings) -> None:
    """Raise BallotRefused (`choice-shape`, `option`, `too-many`, `too-few`); the empty set abstains."""
    ticked, keys = keys_of(choice), {option.key for option in options}
    if not keys.issuperset(ticked) or len(set(ticked)) != len(ticked):
        raise BallotRefused("option", "That project is not among the choices.")
    most, fewest = extra_int(settings, "max", len(options)), extra_int(settings, "min", 0)
    if len(ticked) > most:
        raise BallotRefused("too-many", f"Tick at most {plural(most, 'project', 'projects')}.")
    if ticked and len(ticked) < fewest:
        raise BallotRefused("too-few", f"Tick at least {plural(fewest, 'project', 'projects')}.")


# --- the count --------------------------------------------------------------------------------------------------


def standings(piles: Iterable[Pile], options: Sequence[Option]) -> tuple[Standing, ...]:
    """Return points and supporters of each project; a tick is one point and one supporter of the ballot's weight."""
    points: dict[str, int] = {}
    supporters: dict[str, int] = {}
    for pile in piles:
        for key, number in _points(pile):
            points[key] = points.get(key, 0) + number * pile.value
            supporters[key] = supporters.get(key, 0) + (number > 0) * pile.value
    return tuple(
        Standing(option.key, option.cost, points.get(option.key, 0), supporters.get(option.key, 0))
        for option in options
    )


def _points(pile: Pile) -> Iterable[tuple[str, int]]:
    if isinstance(pile.choice, Scores):
        return pile.choice.items()
    return [(str(key), 1) for key in pile.choice]


def spend(projects: Iterable[Standing], left: int, lot: Lot, *, skip: bool = True, kind: str = "purchase") -> Spending:
    """Return what is bought one after the other: most points, more supporters, lower cost, lot; what does not fit is
    skipped, or ends it.

    A lot tells who is bought where the money does not suffice for all that are tied, else in which order they are.
    """
    groups: dict[tuple[int, int, int], list[str]] = {}
    for item in projects:
        groups.setdefault((-item.points, -item.supporters, item.cost), []).append(item.key)
    bought: list[str] = []
    rounds: list[Round] = []
    ties: list[Tie] = []
    for level in sorted(groups):
        cost, keys = level[2], lot.order(groups[level])
        fit = min(left // cost, len(keys))
        if len(keys) > 1 and fit:
            about = "the last of the money" if fit < len(keys) else PURCHASES
            ties.append(Tie(tuple(sorted(keys)), keys, LOT, about))
        for place, key in enumerate(keys):
            left -= cost if place < fit else 0
            rounds.append(_looked_at(key, -level[0], left, kind=kind if place < fit else "skipped"))
        bought += keys[:fit]
        if fit < len(keys) and not skip:
            break
    return Spending(tuple(bought), tuple(rounds), tuple(ties))


def _looked_at(key: str, points: int, left: int, *, kind: str) -> Round:
    elected = () if kind == "skipped" else (key,)
    return Round(kind, {key: Fraction(points)}, of=(key,), elected=elected, facts={"left_minor": left})


# --- words ------------------------------------------------------------------------------------------------------


def spent_of(bought: Iterable[str], options: Sequence[Option]) -> int:
    """Return what the projects cost together, in minor units."""
    chosen = set(bought)
    return sum(option.cost for option in options if option.key in chosen)


def budget_outcome(tally: Tally, options: Sequence[Option], settings: Settings) -> Outcome:
    """Return funded with the projects in the order bought, and a note of what is spent and left."""
    quorum = quorum_requirement(tally, settings)
    requirements = () if quorum is None else (quorum,)
    if quorum is not None and not quorum.met:
        return Outcome(code=OutcomeCode.INQUORATE, requirements=requirements)
    bought = () if tally.count is None else tally.count.elected
    if not bought:
        none = "No project that anybody supports fits into the budget."
        return Outcome(code=OutcomeCode.NOT_CARRIED, requirements=requirements, notes=(none,))
    money, spent = currency(settings), spent_of(bought, options)
    told = f"{money.text(spent)} of {money.text(budget(settings))} are spent; {money.text(budget(settings) - spent)} are left."
    ties = () if tally.count is None else _tie_notes(tally.count, options)
    return Outcome(code=OutcomeCode.FUNDED, requirements=requirements, winners=bought, notes=(told, *ties))


def _tie_notes(count: Count, options: Sequence[Option]) -> tuple[str, ...]:
    names = {option.key: option.name for option in options}
    return tuple(
        f"Equal: {', '.join(sorted(names[key] for key in tie.order))}. The lot put {names[tie.order[0]]} first."
        for tie in count.ties
    )


def budget_parts(settings: Settings, eligible: int, before: str) -> list[Part]:
    """Return the end of a rule sentence: what comes `before` the budget, the budget, the quorum."""
    parts = [Part(before), Part(currency(settings).text(budget(settings)), bold=True)]
    if need := needed(settings.quorum, eligible):
        parts += [Part(", if "), Part(f"at least {need}", bold=True), Part(f" of {eligible} members take part")]
    return [*parts, Part(".")]
