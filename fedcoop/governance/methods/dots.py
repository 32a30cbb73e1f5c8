"""Dots: each member spreads a number of dots over the options; most dots win (governance.md 7.10)."""

from collections.abc import Mapping, Sequence

from fedcoop.governance.counting.seats import check_seats, fill_seats, seat_outcome, seats_words, supporters
from fedcoop.governance.motions.choices import Choice, Shape
from fedcoop.governance.motions.lot_order import Lot
from fedcoop.governance.motions.method import BaseMethod, Part, Sentence, extra_int, needed, plural, scores_of
from fedcoop.governance.motions.motion import Option, Quorum, Settings
from fedcoop.governance.motions.outcomes import Outcome
from fedcoop.governance.motions.tallies import Count, Pile, Tally, totals
from fedcoop.kernel.errors import BallotRefused, MotionRefused

_MOST_DOTS = 1000


class Dots(BaseMethod):
    """Whole numbers of at least 0, together at most `dots`, each at most `cap` where there is one."""

    key = "dots"
    title = "Dots"
    icon = "dots"
    own_options = True
    shape = Shape.SCORES
    form = "dots"

    def defaults(self) -> Settings:
        """Return eight dots, no cap, nothing that must be spent, one seat, no quorum."""
        return Settings(quorum=Quorum(), extra={"seats": 1, "dots": 8, "spend_all": False})

    def extra_keys(self) -> Mapping[str, type]:
        """Return `seats`, `dots`, `cap` and `spend_all`."""
        return {"seats": int, "dots": int, "cap": int, "spend_all": bool}

    def validate(self, options: Sequence[Option], settings: Settings) -> None:
        """Raise MotionRefused (`options`, `seats`, `dots`, `cap`)."""
        check_seats(options, settings)
        dots, cap = _dots(settings), _cap(settings)
        if not 1 <= dots <= _MOST_DOTS:
            raise MotionRefused("dots", f"dots lies between 1 and {_MOST_DOTS}.")
        if not 1 <= cap <= dots:
            raise MotionRefused("cap", "cap is at least 1 and at most the number of dots.")
        if settings.extra.get("spend_all") and cap * len(options) < dots:
            raise MotionRefused("cap", "With this cap nobody could spend all dots; raise it, or switch spend_all off.")

    def check(self, choice: Choice, options: Sequence[Option], settings: Settings) -> None:
        """Raise BallotRefused (`choice-shape`, `option`, `range`, `too-many`, `too-few`); no dots at all abstain."""
        given, dots, cap = scores_of(choice), _dots(settings), _cap(settings)
        if not {option.key for option in options}.issuperset(given):
            raise BallotRefused("option", "That answer is not among the choices.")
        if any(not 0 <= number <= cap for number in given.values()):
            raise BallotRefused("range", f"Give each choice between 0 and {plural(cap, 'dot', 'dots')}.")
        spent = sum(given.values())
        if spent > dots:
            raise BallotRefused("too-many", f"You have {plural(dots, 'dot', 'dots')}; these are {spent}.")
        if 0 < spent < dots and settings.extra.get("spend_all"):
            raise BallotRefused("too-few", f"Spend all {dots} dots; these are {spent}.")

    def count(self, piles: Sequence[Pile], options: Sequence[Option], settings: Settings, lot: Lot) -> Count:
        """Return the ranking by dots; the facts say how many were spent of how many."""
        sums = totals(piles, [option.key for option in options], Shape.SCORES)
        had = _dots(settings) * sum(pile.value for pile in piles)
        rung, facts = supporters(piles), {"spent": sum(sums.values()), "dots": had}
        return fill_seats(dict(sums), settings, rung, lot, may_win=lambda key: sums[key] > 0, facts=facts)

    def decide(self, tally: Tally, options: Sequence[Option], settings: Settings) -> Outcome:
        """Return the options with most dots."""
        return seat_outcome(tally, options, settings)

    def sentence(self, options: Sequence[Option], settings: Settings, eligible: int) -> Sentence:
        """Return "Each member has 8 dots. The one choice with most dots is chosen."."""
        number, chosen = seats_words(settings, "most dots")
        parts = [Part("Each member has "), Part(plural(_dots(settings), "dot", "dots"), bold=True)]
        if "cap" in settings.extra:
            parts.append(Part(f", at most {_cap(settings)} for one choice"))
        parts += [Part(". The "), Part(number, bold=True), Part(chosen)]
        if need := needed(settings.quorum, eligible):
            parts += [Part(", if "), Part(f"at least {need}", bold=True), Part(f" of {eligible} members take part")]
        return (*parts, Part("."))


def _dots(settings: Settings) -> int:
    return extra_int(settings, "dots", 8)


def _cap(settings: Settings) -> int:
    return extra_int(settings, "cap", _dots(settings))


METHOD = Dots()
