"""Sense check: how does it feel? Binds nobody, never carries, may be open to guests, may re-open (governance.md 7.1)."""

from collections.abc import Sequence

from fedcoop.governance.motions.method import BaseMethod, Part, Sentence, plural
from fedcoop.governance.motions.motion import Option, Settings
from fedcoop.governance.motions.outcomes import Outcome, OutcomeCode
from fedcoop.governance.motions.tallies import Tally
from fedcoop.kernel.errors import MotionRefused


class Sense(BaseMethod):
    """One feeling; the usual three where the motion brings none of its own."""

    key = "sense"
    title = "Sense check"
    icon = "sprout"
    wire: str | None = "oneOf"
    own_options = True
    binding = False
    has_quorum = False

    def default_options(self) -> tuple[Option, ...]:
        """Return the usual three, used where the motion brings none."""
        return (
            Option("looks_good", "Looks good"),
            Option("unsure", "Unsure", "I need to know more"),
            Option("concerned", "Concerned", "I see something that worries me"),
        )

    def defaults(self) -> Settings:
        """Return what binds nobody: no threshold, no quorum."""
        return Settings(binding=False)

    def validate(self, options: Sequence[Option], settings: Settings) -> None:
        """Raise MotionRefused (`options`)."""
        if len(options) < 2:
            raise MotionRefused("options", "Give at least two choices, or none for the usual three.")

    def decide(self, tally: Tally, options: Sequence[Option], settings: Settings) -> Outcome:
        """Return no result, with the counts in words: a sense check decides nothing."""
        notes = [", ".join(f"{option.name}: {tally.counts[option.key]}" for option in options) + "."]
        if tally.guests:
            number = sum(tally.guests.values())
            notes.append(f"{plural(number, 'guest', 'guests')} answered too, counted apart.")
        return Outcome(code=OutcomeCode.NO_RESULT, requirements=(), notes=tuple(notes))

    def sentence(self, options: Sequence[Option], settings: Settings, eligible: int) -> Sentence:
        """Return that it is not binding."""
        return (
            Part("A sense check: it shows how "),
            Part(f"{eligible} members", bold=True),
            Part(" feel. It binds nobody."),
        )


METHOD = Sense()
