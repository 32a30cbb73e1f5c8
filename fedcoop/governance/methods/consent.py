"""Consent: adopted when no objection stands and enough people answered (governance.md 7.5)."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from fedcoop.governance.follow_ups.rounds import FALLBACK, NO_FALLBACK, rounds_of
from fedcoop.governance.motions.choices import Choice
from fedcoop.governance.motions.method import (
    BaseMethod,
    Part,
    Sentence,
    check_single,
    needed,
    plural,
    quorum_requirement,
)
from fedcoop.governance.motions.motion import Option, Quorum, Reasons, Settings
from fedcoop.governance.motions.outcomes import Outcome, OutcomeCode, Requirement
from fedcoop.governance.motions.presets import PRESETS
from fedcoop.governance.motions.tallies import Tally
from fedcoop.kernel.errors import MotionRefused

KEYS = ("consent", "consent_with_concern", "objection")
SILENCE = ("consent", "not_counted")
MOST_ROUNDS = 20


class Consent(BaseMethod):
    """One stance: consent, consent with a concern, objection. There is no abstention."""

    key = "consent"
    title = "Consent"
    icon = "check"
    wire: str | None = "oneOf"
    own_options = False

    def default_options(self) -> tuple[Option, ...]:
        """Return the three stances."""
        return (
            Option("consent", "Consent", "Good enough for now, safe enough to try"),
            Option(
                "consent_with_concern", "Consent with a concern", "We go on; your concern is kept with the decision"
            ),
            Option("objection", "Objection", "An aim of ours would be harmed"),
        )

    def defaults(self) -> Settings:
        """Return a quorum of explicit stances of max(3, a third); silence is consent."""
        return Settings(
            quorum=Quorum(share=Fraction(1, 3), floor=3, floor_up_to_all=True),
            reasons=Reasons.REQUIRED_FOR,
            reasons_for=("consent_with_concern", "objection"),
            extra={"silence": "consent"},
        )

    def extra_keys(self) -> Mapping[str, type]:
        """Return `silence`, `rounds` (after how many the fallback is open) and `fallback` (a preset, or none)."""
        return {"silence": str, "rounds": int, "fallback": str}

    def reads(self) -> Mapping[str, str]:
        """Return nothing: one objection is enough."""
        return {}

    def validate(self, options: Sequence[Option], settings: Settings) -> None:
        """Raise MotionRefused (`options`, `reasons`, `silence`, `rounds`, `fallback`)."""
        if tuple(option.key for option in options) != KEYS:
            raise MotionRefused("options", "Consent knows consent, consent with a concern, and objection.")
        if settings.reasons is Reasons.OFF:
            raise MotionRefused("reasons", "An objection needs a reason, so reasons cannot be off.")
        if settings.extra.get("silence", "consent") not in SILENCE:
            raise MotionRefused("silence", "silence is consent or not_counted.")
        if not 1 <= rounds_of(settings) <= MOST_ROUNDS:
            raise MotionRefused("rounds", f"rounds is 1 to {MOST_ROUNDS}.")
        if settings.extra.get("fallback", FALLBACK) not in (*PRESETS, NO_FALLBACK):
            raise MotionRefused("fallback", f"fallback is none, or one of: {', '.join(PRESETS)}.")

    def check(self, choice: Choice, options: Sequence[Option], settings: Settings) -> None:
        """Raise BallotRefused unless the choice is exactly one."""
        check_single(choice, options)

    def needs_reason(self, choice: Choice, settings: Settings) -> bool:
        """Return whether the stance is a concern or an objection: both need words."""
        return not {"consent_with_concern", "objection"}.isdisjoint(choice)

    def decide(self, tally: Tally, options: Sequence[Option], settings: Settings) -> Outcome:
        """Return carried iff no objection stands and the quorum of explicit stances is met."""
        objections = tally.counts["objection"]
        work = "No objection stands."
        if objections:
            work = f"{objections} {'objection stands' if objections == 1 else 'objections stand'}."
        work += _silent(tally, settings)
        none = Requirement(
            name="no-objection", title="No objection stands", met=objections == 0, have=objections, need=0, work=work
        )
        quorum = quorum_requirement(tally, settings)
        requirements = (none,) if quorum is None else (none, quorum)
        if quorum is not None and not quorum.met:
            code = OutcomeCode.INQUORATE
        else:
            code = OutcomeCode.CARRIED if none.met else OutcomeCode.NOT_CARRIED
        return Outcome(code=code, requirements=requirements, notes=_kept(tally.counts["consent_with_concern"], code))

    def sentence(self, options: Sequence[Option], settings: Settings, eligible: int) -> Sentence:
        """Return "Adopted when no objection stands and at least 4 of 12 people answer. Silence counts as consent."."""
        parts = [Part("Adopted when "), Part("no objection stands", bold=True)]
        if need := needed(settings.quorum, eligible):
            parts += [Part(" and at least "), Part(f"{need} of {eligible}", bold=True), Part(" people answer")]
        parts.append(Part("."))
        silent = settings.extra.get("silence", "consent") == "consent"
        parts.append(Part(" Silence counts as consent." if silent else " Silence is not counted."))
        return tuple(parts)


def _silent(tally: Tally, settings: Settings) -> str:
    """Return who said nothing and what that means, where it means something."""
    silent = tally.eligible - tally.voted - tally.represented
    if silent <= 0 or settings.extra.get("silence", "consent") != "consent":
        return ""
    return f" {plural(silent, 'member', 'members')} said nothing, which counts as consent."


def _kept(concerns: int, code: OutcomeCode) -> tuple[str, ...]:
    """Return that concerns go with the decision (7.5)."""
    if code is not OutcomeCode.CARRIED or concerns == 0:
        return ()
    return (f"{plural(concerns, 'concern is', 'concerns are')} kept with this decision.",)


METHOD = Consent()
