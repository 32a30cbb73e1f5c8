"""Score: a number for each option; the highest sum wins, or mean or median where the rule says so (governance.md 7.9).

By sum a blank counts as 0, so that a little-known option cannot win on few scores. By mean and median an option needs
enough raters.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from fedcoop.governance.counting.seats import check_seats, fill_seats, seat_outcome, seats_words, supporters
from fedcoop.governance.motions.choices import Choice, Scores, Shape
from fedcoop.governance.motions.lot_order import Lot
from fedcoop.governance.motions.method import (
    BaseMethod,
    Part,
    Sentence,
    ceil_of,
    extra_int,
    needed,
    scores_of,
    share_words,
)
from fedcoop.governance.motions.motion import Option, Quorum, Settings
from fedcoop.governance.motions.outcomes import Outcome
from fedcoop.governance.motions.tallies import Count, Pile, Tally, exact_text
from fedcoop.kernel.errors import BallotRefused, MotionRefused

RULES = {"sum": "the highest sum", "mean": "the highest mean", "median": "the highest median"}
_FARTHEST = 1000


class Score(BaseMethod):
    """Whole numbers between `min` and `max`; a blank is allowed while `allow_blank` is on."""

    key = "score"
    title = "Score"
    icon = "score"
    own_options = True
    shape = Shape.SCORES
    form = "scores"

    def defaults(self) -> Settings:
        """Return 0 to 5, blanks allowed, the highest sum, one seat, no quorum."""
        extra: dict[str, int | str | bool] = {"seats": 1, "min": 0, "max": 5, "allow_blank": True, "rule": "sum"}
        return Settings(quorum=Quorum(), extra=extra)

    def extra_keys(self) -> Mapping[str, type]:
        """Return `seats`, `min`, `max`, `allow_blank`, `rule` and `min_raters` (a share of the ballots)."""
        return {"seats": int, "min": int, "max": int, "allow_blank": bool, "rule": str, "min_raters": Fraction}

    def validate(self, options: Sequence[Option], settings: Settings) -> None:
        """Raise MotionRefused (`options`, `seats`, `min`, `max`, `rule`, `min_raters`)."""
        check_seats(options, settings)
        low, high = _range(settings)
        if not -_FARTHEST <= low < high <= _FARTHEST:
            raise MotionRefused("max" if low >= high else "min", "min is below max, both between -1000 and 1000.")
        if settings.extra.get("rule", "sum") not in RULES:
            raise MotionRefused("rule", f"rule is one of: {', '.join(RULES)}.")
        if settings.extra.get("rule", "sum") == "sum" and "min_raters" in settings.extra:
            raise MotionRefused(
                "min_raters", "min_raters is for rule=mean and rule=median; by sum a blank counts as 0."
            )

    def check(self, choice: Choice, options: Sequence[Option], settings: Settings) -> None:
        """Raise BallotRefused (`choice-shape`, `option`, `range`, `too-few`)."""
        scores, keys = scores_of(choice), {option.key for option in options}
        low, high = _range(settings)
        if not keys.issuperset(scores):
            raise BallotRefused("option", "That answer is not among the choices.")
        if any(not low <= score <= high for score in scores.values()):
            raise BallotRefused("range", f"Each number lies between {low} and {high}.")
        if len(scores) < len(keys) and not settings.extra.get("allow_blank", True):
            raise BallotRefused("too-few", "Give every choice a number.")

    def count(self, piles: Sequence[Pile], options: Sequence[Option], settings: Settings, lot: Lot) -> Count:
        """Return the ranking by the rule, with sum, mean, median and number of raters of each option in the facts."""
        given = {option.key: _given(piles, option.key) for option in options}
        raters = {key: sum(scores.values()) for key, scores in given.items()}
        totals = {key: _measure(str(settings.extra.get("rule", "sum")), scores) for key, scores in given.items()}
        least = _least_raters(sum(pile.value for pile in piles), settings)
        facts = {
            "rule": settings.extra.get("rule", "sum"),
            "min_raters": least,
            "sums": {key: _sum(scores) for key, scores in given.items()},
            "means": {key: exact_text(_mean(scores)) for key, scores in given.items() if scores},
            "medians": {key: _lower_median(scores) for key, scores in given.items() if scores},
            "raters": raters,
        }
        rung = supporters(piles, above=max(0, _range(settings)[0]))
        return fill_seats(totals, settings, rung, lot, may_win=lambda key: raters[key] >= least, facts=facts)

    def decide(self, tally: Tally, options: Sequence[Option], settings: Settings) -> Outcome:
        """Return the options that the count has put first."""
        return seat_outcome(tally, options, settings)

    def sentence(self, options: Sequence[Option], settings: Settings, eligible: int) -> Sentence:
        """Return "The one choice with the highest sum is chosen. A blank counts as 0."."""
        rule = str(settings.extra.get("rule", "sum"))
        number, chosen = seats_words(settings, RULES[rule])
        parts = [Part("The "), Part(number, bold=True), Part(chosen)]
        if need := needed(settings.quorum, eligible):
            parts += [Part(", if "), Part(f"at least {need}", bold=True), Part(f" of {eligible} members take part")]
        if rule == "sum":
            return (*parts, Part(". A blank counts as 0."))
        share = share_words(_min_raters(settings))
        return (
            *parts,
            Part(". A choice needs numbers from at least "),
            Part(share, bold=True),
            Part(" of the ballots."),
        )


def _range(settings: Settings) -> tuple[int, int]:
    return extra_int(settings, "min", 0), extra_int(settings, "max", 5)


def _min_raters(settings: Settings) -> Fraction:
    return Fraction(str(settings.extra.get("min_raters", "1/2")))


def _least_raters(ballots: int, settings: Settings) -> int:
    """Return how many must have scored an option for it to win: one at least."""
    if settings.extra.get("rule", "sum") == "sum":
        return 1
    return max(1, ceil_of(_min_raters(settings) * ballots))


def _given(piles: Sequence[Pile], key: str) -> dict[int, int]:
    """Return how often each score was given, with weights."""
    found: dict[int, int] = {}
    for pile in piles:
        if isinstance(pile.choice, Scores) and key in pile.choice:
            score = pile.choice[key]
            found[score] = found.get(score, 0) + pile.value
    return found


def _measure(rule: str, scores: Mapping[int, int]) -> int | Fraction:
    if not scores or rule == "sum":
        return _sum(scores)
    return _mean(scores) if rule == "mean" else _lower_median(scores)


def _sum(scores: Mapping[int, int]) -> int:
    return sum(score * number for score, number in scores.items())


def _mean(scores: Mapping[int, int]) -> Fraction:
    return Fraction(_sum(scores), sum(scores.values()))


def _lower_median(scores: Mapping[int, int]) -> int:
    """Return the middle score, of two middle ones the lower."""
    middle, passed = (sum(scores.values()) + 1) // 2, 0
    for score in sorted(scores):
        passed += scores[score]
        if passed >= middle:
            return score
    raise ValueError("nobody scored")


METHOD = Score()
