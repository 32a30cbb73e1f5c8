"""Places given to options with the highest totals: the ranking, the last place by the ladder of ties, the outcome.

Shared by approval, score and dots (governance.md 7.8 to 7.10, 10.1).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction

from fedcoop.governance.counting.ties import LOT, ORDER, Rung, first_places
from fedcoop.governance.motions.choices import Choice, Scores
from fedcoop.governance.motions.lot_order import Lot
from fedcoop.governance.motions.method import extra_int, plural, quorum_requirement
from fedcoop.governance.motions.motion import Option, Settings
from fedcoop.governance.motions.outcomes import Outcome, OutcomeCode, Requirement
from fedcoop.governance.motions.tallies import Count, Pile, Ranking, Tally, Tie
from fedcoop.kernel.errors import MotionRefused

LAST_PLACE = "the last place"
_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def seats_of(settings: Settings) -> int:
    """Return how many options are chosen."""
    return extra_int(settings, "seats", 1)


def check_seats(options: Sequence[Option], settings: Settings) -> None:
    """Raise MotionRefused (`options`, `seats`) unless there are two options and no more seats than options."""
    if len(options) < 2:
        raise MotionRefused("options", "Give at least two choices.")
    if not 1 <= seats_of(settings) <= len(options):
        raise MotionRefused("seats", "seats is at least 1 and at most the number of choices.")


def number_word(number: int) -> str:
    """Return the number as a word up to ten."""
    return _WORDS[number] if number < len(_WORDS) else str(number)


def in_groups(totals: Mapping[str, int | Fraction]) -> tuple[tuple[str, ...], ...]:
    """Return the keys from the highest total to the lowest; a group has equal totals."""
    levels: dict[int | Fraction, list[str]] = {}
    for key, total in totals.items():
        levels.setdefault(total, []).append(key)
    return tuple(tuple(sorted(levels[level])) for level in sorted(levels, reverse=True))


def supporters(piles: Iterable[Pile], *, above: int = 0) -> Rung:
    """Return the rung of more distinct supporters: heads whose ballot holds the option, with more than `above`."""
    heads: dict[str, int] = {}
    for pile in piles:
        for key in _held(pile.choice, above):
            heads[key] = heads.get(key, 0) + pile.number
    return Rung("supporters", lambda key: heads.get(key, 0))


def _held(choice: Choice | Ranking, above: int) -> list[str]:
    if isinstance(choice, Scores):
        return [key for key, score in choice.items() if score > above]
    return [key for key in choice if isinstance(key, str)]


def fill_seats(
    totals: Mapping[str, int | Fraction],
    settings: Settings,
    rung: Rung,
    lot: Lot,
    *,
    may_win: Callable[[str], bool],
    facts: Mapping[str, object],
) -> Count:
    """Return the count: the ranking of all by total, and who of those that may win has a seat."""
    passed = in_groups({key: total for key, total in totals.items() if may_win(key)})
    elected, ties = first_places(passed, seats_of(settings), (rung,), lot, about=LAST_PLACE)
    return Count(elected=elected, ranking=in_groups(totals), ties=ties, facts=dict(facts))


def uncounted(tally: Tally, settings: Settings) -> Count:
    """Return who would have a seat by the totals alone; those tied for the last place have none yet."""
    elected: list[str] = []
    for group in in_groups({key: number for key, number in tally.counts.items() if number > 0}):
        free = seats_of(settings) - len(elected)
        if len(group) > free:
            break
        elected += group
    return Count(elected=tuple(elected))


def seat_outcome(
    tally: Tally, options: Sequence[Option], settings: Settings, *, requirements: Sequence[Requirement] = ()
) -> Outcome:
    """Return carried with the chosen options, not_carried where none is, inquorate below the quorum."""
    count = tally.count or uncounted(tally, settings)
    quorum = quorum_requirement(tally, settings)
    asked = (*requirements, quorum) if quorum is not None else tuple(requirements)
    if quorum is not None and not quorum.met:
        return Outcome(code=OutcomeCode.INQUORATE, requirements=asked)
    code = OutcomeCode.CARRIED if count.elected else OutcomeCode.NOT_CARRIED
    return Outcome(code=code, requirements=asked, winners=count.elected, notes=tie_notes(count, options))


def tie_notes(count: Count, options: Sequence[Option]) -> tuple[str, ...]:
    """Return a sentence for each tie: who was equal, and what told them apart."""
    names = {option.key: option.name for option in options}
    return tuple(_tie_words(tie, [names[key] for key in tie.order], count.elected) for tie in count.ties)


def _tie_words(tie: Tie, names: Sequence[str], elected: Sequence[str]) -> str:
    if tie.about == ORDER:
        how = "The lot put" if tie.rung == LOT else "More supporters put"
        return f"{listed(sorted(names))} were equal, and all are chosen. {how} {names[0]} first."
    chosen = [name for key, name in zip(tie.order, names, strict=True) if key in elected]
    how = "The lot chose" if tie.rung == LOT else "More supporters put first"
    about = f" for {tie.about}" if tie.about else ""
    return f"{listed(sorted(names))} were equal{about}. {how} {listed(chosen or names[:1])}."


def listed(names: Sequence[str]) -> str:
    """Return the names as words: `Rye, Wheat and Spelt`."""
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]


def seats_words(settings: Settings, what: str) -> tuple[str, str]:
    """Return the number of seats as a word, and ` choice with WHAT is chosen` in the right form."""
    seats = seats_of(settings)
    return number_word(seats), f" choice with {what} is chosen" if seats == 1 else f" choices with {what} are chosen"


def raters_words(number: int) -> str:
    """Return `1 member` or `5 members`."""
    return plural(number, "member", "members")
