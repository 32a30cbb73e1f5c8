"""Approval: tick whatever you approve; the options with most ticks win (governance.md 7.8).

A tie for the last place goes to the lot (10.1), unless `ties=status_quo` leaves the place empty and the vote tied. Votes
of before that setting have none: theirs stay tied, and their recount files agree.
"""

from collections.abc import Mapping, Sequence

from fedcoop.governance.counting.seats import fill_seats, listed, number_word, seats_of, supporters, tie_notes
from fedcoop.governance.motions.choices import Choice, Shape
from fedcoop.governance.motions.lot_order import Lot
from fedcoop.governance.motions.method import (
    BaseMethod,
    Part,
    Sentence,
    extra_int,
    keys_of,
    least,
    needed,
    plural,
    quorum_requirement,
    reaches,
    threshold_words,
)
from fedcoop.governance.motions.motion import Option, Quorum, Settings
from fedcoop.governance.motions.outcomes import Outcome, OutcomeCode, Requirement
from fedcoop.governance.motions.tallies import Count, Pile, Tally, totals
from fedcoop.kernel.errors import BallotRefused, MotionRefused

TIES = ("lot", "status_quo")


class Approval(BaseMethod):
    """A set of options between `min` and `max`; the empty set is an abstention. `none` names an option that excludes others."""

    key = "approval"
    title = "Approval"
    icon = "check"
    wire: str | None = "anyOf"
    own_options = True
    shape = Shape.SET
    form = "several"

    def default_options(self) -> tuple[Option, ...]:
        """Return nothing: the options are the motion's own."""
        return ()

    def defaults(self) -> Settings:
        """Return one winner, any number of ticks, no threshold, no quorum."""
        return Settings(quorum=Quorum(), extra={"seats": 1, "min": 0, "ties": "lot"})

    def extra_keys(self) -> Mapping[str, type]:
        """Return `seats`, `min`, `max`, `none` (an option's key) and `ties` (`lot`, `status_quo`)."""
        return {"seats": int, "min": int, "max": int, "none": str, "ties": str}

    def reads(self) -> Mapping[str, str]:
        """Return the threshold."""
        return {"threshold": "threshold"}

    def validate(self, options: Sequence[Option], settings: Settings) -> None:
        """Raise MotionRefused (`options`, `seats`, `min`, `max`, `none`, `ties`)."""
        keys = {option.key for option in options}
        if len(options) < 2:
            raise MotionRefused("options", "Give at least two choices.")
        low, high = extra_int(settings, "min", 0), extra_int(settings, "max", len(options))
        if not (0 <= low <= high <= len(options) and high):
            raise MotionRefused(
                "min" if low < 0 else "max", "min and max lie between 0 and the number of choices, min first."
            )
        none = settings.extra.get("none")
        if none is not None and none not in keys:
            raise MotionRefused("none", f"There is no choice with the key {none}.")
        if settings.extra.get("ties", "lot") not in TIES:
            raise MotionRefused("ties", "ties is lot or status_quo.")
        if not 1 <= extra_int(settings, "seats", 1) <= len(options) - (none is not None):
            raise MotionRefused("seats", "seats is at least 1 and at most the number of choices.")

    def check(self, choice: Choice, options: Sequence[Option], settings: Settings) -> None:
        """Raise BallotRefused (`option`, `too-many`, `too-few`)."""
        choice, keys = keys_of(choice), {option.key for option in options}
        if not keys.issuperset(choice) or len(set(choice)) != len(choice):
            raise BallotRefused("option", "That answer is not among the choices.")
        most, fewest = extra_int(settings, "max", len(options)), extra_int(settings, "min", 0)
        none = settings.extra.get("none")
        if len(choice) > most:
            raise BallotRefused("too-many", f"Tick at most {plural(most, 'choice', 'choices')}.")
        if none is not None and none in choice and len(choice) > 1:
            raise BallotRefused("too-many", "That choice excludes the others.")
        if choice and len(choice) < fewest and none not in choice:
            raise BallotRefused("too-few", f"Tick at least {plural(fewest, 'choice', 'choices')}.")

    def needs_reason(self, choice: Choice, settings: Settings) -> bool:
        """Return False: only the setting `reasons` asks for one."""
        return False

    def count(self, piles: Sequence[Pile], options: Sequence[Option], settings: Settings, lot: Lot) -> Count | None:
        """Return who has a seat, in order, where equals are told apart by the ladder; else None: the totals say all."""
        ticks, cast = totals(piles, [option.key for option in options], Shape.SET), sum(pile.value for pile in piles)
        count = fill_seats(
            dict(ticks),
            settings,
            supporters(piles),
            lot,
            may_win=lambda key: _may_win(key, ticks[key], cast, settings),
            facts={},
        )
        return count if count.ties and settings.extra.get("ties") == "lot" else None

    def decide(self, tally: Tally, options: Sequence[Option], settings: Settings) -> Outcome:
        """Return the options with most ticks; a tie for the last seat is told apart by the count, or stays `tied`."""
        quorum = quorum_requirement(tally, settings)
        passed = [option for option in options if _may_win(option.key, tally.counts[option.key], tally.cast, settings)]
        ranking = sorted(passed, key=lambda option: -tally.counts[option.key])
        requirements = _requirements(ranking, tally, settings, quorum)
        if quorum is not None and not quorum.met:
            return Outcome(code=OutcomeCode.INQUORATE, requirements=requirements)
        return _with_seats(tally, ranking, settings, requirements)

    def sentence(self, options: Sequence[Option], settings: Settings, eligible: int) -> Sentence:
        """Return "The three choices with most ticks are chosen."."""
        seats = seats_of(settings)
        number = number_word(seats)
        parts = [
            Part("The "),
            Part(number, bold=True),
            Part(" choice with most ticks is chosen" if seats == 1 else " choices with most ticks are chosen"),
        ]
        if settings.threshold is not None:
            parts += [
                Part(", if "),
                Part(threshold_words(settings.threshold), bold=True),
                Part(" of the ballots approve it" if seats == 1 else " of the ballots approve them"),
            ]
        if need := needed(settings.quorum, eligible):
            parts += [
                Part(", and " if settings.threshold else ", if "),
                Part(f"at least {need}", bold=True),
                Part(f" of {eligible} members take part"),
            ]
        return (*parts, Part("."))


def _may_win(key: str, votes: int, cast: int, settings: Settings) -> bool:
    """Return whether an option can have a seat: it is not "none of these", has a vote, and reaches the threshold."""
    if key == settings.extra.get("none") or votes <= 0:
        return False
    return settings.threshold is None or reaches(votes, cast, settings.threshold)


def _with_seats(
    tally: Tally, ranking: Sequence[Option], settings: Settings, requirements: tuple[Requirement, ...]
) -> Outcome:
    seats, tied = seats_of(settings), _tie(ranking, tally, seats_of(settings))
    if tally.count is not None:
        chosen, notes = tally.count.elected, tie_notes(tally.count, ranking)
        return Outcome(code=OutcomeCode.CARRIED, requirements=requirements, winners=chosen, notes=notes)
    if tied:
        safe = tuple(option.key for option in ranking[:seats] if option.name not in tied)
        note = f"{listed(tied)} have the same number of votes for the last place."
        return Outcome(code=OutcomeCode.TIED, requirements=requirements, winners=safe, notes=(note,))
    winners = tuple(option.key for option in ranking[:seats])
    code = OutcomeCode.CARRIED if winners else OutcomeCode.NOT_CARRIED
    return Outcome(code=code, requirements=requirements, winners=winners)


def _tie(ranking: Sequence[Option], tally: Tally, seats: int) -> tuple[str, ...]:
    """Return the names of those really tied for the last seat."""
    if len(ranking) <= seats or tally.counts[ranking[seats - 1].key] != tally.counts[ranking[seats].key]:
        return ()
    level = tally.counts[ranking[seats].key]
    return tuple(option.name for option in ranking if tally.counts[option.key] == level)


def _requirements(
    ranking: Sequence[Option], tally: Tally, settings: Settings, quorum: Requirement | None
) -> tuple[Requirement, ...]:
    found: list[Requirement] = []
    if settings.threshold is not None:
        need = least(tally.cast, settings.threshold)
        best = tally.counts[ranking[0].key] if ranking else max(tally.counts.values(), default=0)
        work = f"{need} of {plural(tally.cast, 'ballot', 'ballots')} are needed. The most approved choice has {best}."
        title = f"{threshold_words(settings.threshold).capitalize()} of the ballots"
        found.append(Requirement(name="threshold", title=title, met=bool(ranking), have=best, need=need, work=work))
    return (*found, quorum) if quorum is not None else tuple(found)


METHOD = Approval()
