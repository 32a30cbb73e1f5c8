"""Question round: everybody answers in their own words; nothing is chosen (governance.md 7.3)."""

from collections.abc import Sequence

from fedcoop.governance.motions.choices import Choice, Shape
from fedcoop.governance.motions.method import BaseMethod, Part, Sentence, plural
from fedcoop.governance.motions.motion import Option, Reasons, Settings
from fedcoop.governance.motions.outcomes import Outcome, OutcomeCode
from fedcoop.governance.motions.tallies import Tally
from fedcoop.kernel.errors import BallotRefused, MotionRefused


class Questions(BaseMethod):
    """No options: the ballot is its reason."""

    key = "questions"
    title = "Round of questions"
    icon = "talk"
    shape = Shape.WORDS
    form = "words"
    binding = False
    has_quorum = False

    def defaults(self) -> Settings:
        """Return that words are required and may be long."""
        return Settings(reasons=Reasons.REQUIRED, reason_max=2000, binding=False)

    def validate(self, options: Sequence[Option], settings: Settings) -> None:
        """Raise MotionRefused (`options`, `reasons`)."""
        if options:
            raise MotionRefused("options", "A round of questions has no choices; everybody answers in words.")
        if settings.reasons is not Reasons.REQUIRED:
            raise MotionRefused("reasons", "The answer is the words, so reasons are required.")

    def check(self, choice: Choice, options: Sequence[Option], settings: Settings) -> None:
        """Raise BallotRefused (`option`) for anything but an empty choice."""
        if choice:
            raise BallotRefused("option", "There is nothing to choose here; answer in words.")

    def needs_reason(self, choice: Choice, settings: Settings) -> bool:
        """Return True."""
        return True

    def decide(self, tally: Tally, options: Sequence[Option], settings: Settings) -> Outcome:
        """Return no result, with the number of answers; the answers themselves are the ballots' words."""
        note = f"{plural(tally.voted, 'member', 'members')} of {tally.eligible} answered."
        return Outcome(code=OutcomeCode.NO_RESULT, requirements=(), notes=(note,))

    def sentence(self, options: Sequence[Option], settings: Settings, eligible: int) -> Sentence:
        """Return that everybody answers in words."""
        return (
            Part("A round of questions: "),
            Part(f"{eligible} members", bold=True),
            Part(" answer in their own words. It binds nobody."),
        )


METHOD = Questions()
