"""Advice: a member asks those concerned, answers them in writing, and decides (governance.md 7.4).

The vote gathers advice and decides nothing by itself; when the decider may decide is said in `governance.follow_ups.advice`.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from fedcoop.governance.follow_ups import advice
from fedcoop.governance.motions.choices import Choice
from fedcoop.governance.motions.method import BaseMethod, Part, Sentence, check_single, plural
from fedcoop.governance.motions.motion import Option, Reasons, Settings
from fedcoop.governance.motions.outcomes import Outcome, OutcomeCode
from fedcoop.governance.motions.setting_words import names_of
from fedcoop.governance.motions.tallies import Tally
from fedcoop.kernel.errors import MotionRefused

KEYS = ("go_ahead", "reconsider", "offer_help")


class AdviceMethod(BaseMethod):
    """Words, and one stance or none."""

    key = "advice"
    title = "Advice"
    icon = "concern"
    binding = False
    has_quorum = False

    def default_options(self) -> tuple[Option, ...]:
        """Return the three stances; advice may come without one."""
        return (
            Option("go_ahead", "Go ahead"),
            Option("reconsider", "Think again", "I would not do it this way"),
            Option("offer_help", "I can help"),
        )

    def defaults(self) -> Settings:
        """Return that every advice has words."""
        return Settings(reasons=Reasons.REQUIRED, reason_max=2000, binding=False)

    def extra_keys(self) -> Mapping[str, type]:
        """Return `advisers`, `experts`, `affected` (names), `min_time` and `adviser_deadline` (durations)."""
        return {**dict.fromkeys(advice.LISTS, str), "min_time": str, "adviser_deadline": str}

    def named_members(self, settings: Settings) -> Mapping[str, tuple[str, ...]]:
        """Return who is asked, by setting."""
        return {name: names_of(str(settings.extra.get(name, ""))) for name in advice.LISTS}

    def validate(self, options: Sequence[Option], settings: Settings) -> None:
        """Raise MotionRefused (`options`, `reasons`, `min_time`, `adviser_deadline`)."""
        if tuple(option.key for option in options) != KEYS:
            raise MotionRefused("options", "Advice knows go ahead, think again, and I can help.")
        if settings.reasons is not Reasons.REQUIRED:
            raise MotionRefused("reasons", "Advice is words, so reasons are required.")
        advice.min_time(settings)
        advice.deadline(settings, datetime.min.replace(tzinfo=UTC))

    def check(self, choice: Choice, options: Sequence[Option], settings: Settings) -> None:
        """Raise BallotRefused unless the choice is one stance or none."""
        if choice:
            check_single(choice, options)

    def needs_reason(self, choice: Choice, settings: Settings) -> bool:
        """Return True."""
        return True

    def decide(self, tally: Tally, options: Sequence[Option], settings: Settings) -> Outcome:
        """Return no result: the decider decides, under their own name."""
        stances = ", ".join(f"{option.name}: {tally.counts[option.key]}" for option in options)
        note = f"{plural(tally.voted, 'member', 'members')} gave advice. {stances}."
        return Outcome(code=OutcomeCode.NO_RESULT, requirements=(), notes=(note,))

    def sentence(self, options: Sequence[Option], settings: Settings, eligible: int) -> Sentence:
        """Return who decides after whom, and how many members may call the decision in."""
        asked = len(advice.named_advisers(settings))
        who = (
            f"after hearing {plural(asked, 'member', 'members')} who are named"
            if asked > 1
            else "after asking for advice"
        )
        needed = advice.call_in_needed(eligible)
        return (
            Part("Who asks decides, "),
            Part(who if asked != 1 else "after hearing 1 member who is named", bold=True),
            Part(" and answering every advice in writing. "),
            Part(f"{needed} of {eligible}", bold=True),
            Part(" members can turn it into a vote within 7 days."),
        )


METHOD = AdviceMethod()
