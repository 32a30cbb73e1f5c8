"""What both ways of the single transferable vote share: the outcome `elected`, and the rule in words (governance.md 7.15, 7.16)."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from fedcoop.governance.motions.method import Part, Sentence, extra_int, share_words
from fedcoop.governance.motions.motion import Option, Settings
from fedcoop.governance.motions.outcomes import OutcomeCode
from fedcoop.governance.ranked.rankers import RankedMethod, if_quorum, number_word
from fedcoop.governance.ranked.ranking import extra_key
from fedcoop.kernel.errors import MotionRefused

QUOTAS = ("droop", "hare")


class Transferable(RankedMethod):
    """Several seats, shared out in proportion."""

    code = OutcomeCode.ELECTED
    base = "of the votes"

    def extra_keys(self) -> Mapping[str, type]:
        """Return the shared ones and `quota` (`droop`, `hare`)."""
        return {**super().extra_keys(), "quota": str}

    def validate(self, options: Sequence[Option], settings: Settings) -> None:
        """Raise MotionRefused as for all rankings, and `quota`."""
        super().validate(options, settings)
        if extra_key(settings, "quota") not in ("", *QUOTAS):
            raise MotionRefused("quota", f"quota is {' or '.join(QUOTAS)}.")

    def sentence(self, options: Sequence[Option], settings: Settings, eligible: int) -> Sentence:
        """Return "Two people are elected. A candidate with more than a third of the votes has a seat; …" (design.md 7)."""
        seats = extra_int(settings, "seats", 1)
        share = f"more than {share_words(Fraction(1, seats + 1))}"
        if by_hare(settings):
            share = "all" if seats == 1 else f"at least {share_words(Fraction(1, seats))}"
        who = "person is" if seats == 1 else "people are"
        return (
            Part(f"{number_word(seats).capitalize()} {who} elected"),
            *if_quorum(settings, eligible),
            Part(". A candidate with "),
            Part(share, bold=True),
            Part(f" {self.base} has a seat; what is over goes to the next name on those ballots."),
        )


def by_hare(settings: Settings) -> bool:
    """Return whether a seat takes votes ÷ seats, not the usual Droop quota."""
    return extra_key(settings, "quota") == "hare"
