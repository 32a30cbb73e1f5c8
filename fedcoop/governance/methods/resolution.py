"""Resolution: for, against, abstain, an exact threshold of a base, and a quorum (governance.md 6, 7.7)."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from fedcoop.governance.choices import Choice
from fedcoop.governance.counting import (
    BaseMethod,
    Part,
    Sentence,
    amount,
    ceil_of,
    check_single,
    comparison,
    least,
    needed,
    quorum_requirement,
    reaches,
    share_words,
    threshold_words,
)
from fedcoop.governance.motions import Option, Quorum, Settings, Threshold
from fedcoop.governance.outcomes import Outcome, OutcomeCode, Requirement
from fedcoop.governance.tallies import Tally
from fedcoop.kernel.errors import MotionRefused

KEYS = ("for", "against", "abstain")
BASES = {
    "yes_no": "of the votes for and against",
    "cast": "of all votes, abstentions included,",
    "eligible": "of all {eligible} members",
}
_SIMPLE = Threshold(Fraction(1, 2), strict=True)


class Resolution(BaseMethod):
    """Exactly one of for, against, abstain."""

    key = "resolution"
    title = "Resolution"
    icon = "hand"
    wire: str | None = "oneOf"
    own_options = False

    def default_options(self) -> tuple[Option, ...]:
        """Return For, Against, Abstain."""
        return (
            Option("for", "For"),
            Option("against", "Against"),
            Option("abstain", "Abstain", "Counts as taking part, not as for or against"),
        )

    def defaults(self) -> Settings:
        """Return a simple majority of for and against, with the ordinary quorum of max(5, a tenth)."""
        return Settings(threshold=_SIMPLE, quorum=Quorum(share=Fraction(1, 10), floor=5))

    def extra_keys(self) -> Mapping[str, type]:
        """Return nothing."""
        return {}

    def reads(self) -> Mapping[str, str]:
        """Return all three."""
        return {"threshold": "threshold", "base": "base", "approval_quorum": "approval_quorum"}

    def validate(self, options: Sequence[Option], settings: Settings) -> None:
        """Raise MotionRefused (`options`, `base`, `threshold`)."""
        if tuple(option.key for option in options) != KEYS:
            raise MotionRefused("options", "A resolution is decided by For, Against and Abstain.")
        if settings.base not in BASES:
            raise MotionRefused("base", f"The base is one of: {', '.join(BASES)}.")
        if settings.threshold is None:
            raise MotionRefused("threshold", "A resolution needs a threshold, such as 1/2 or 2/3.")

    def check(self, choice: Choice, options: Sequence[Option], settings: Settings) -> None:
        """Raise BallotRefused unless the choice is exactly one."""
        check_single(choice, options)

    def needs_reason(self, choice: Choice, settings: Settings) -> bool:
        """Return False: only the setting `reasons` asks for one."""
        return False

    def decide(self, tally: Tally, options: Sequence[Option], settings: Settings) -> Outcome:
        """Return carried, not_carried, inquorate or tied, with every requirement's sum (governance.md 6)."""
        threshold = settings.threshold or _SIMPLE
        majority = _majority(tally, settings.base, threshold)
        quorum = quorum_requirement(tally, settings)
        approval = _approval(tally, settings.approval_quorum)
        requirements = tuple(item for item in (majority, approval, quorum) if item is not None)
        if quorum is not None and not quorum.met:
            code = OutcomeCode.INQUORATE
        elif all(item.met for item in requirements):
            code = OutcomeCode.CARRIED
        elif _is_tied(tally, settings, threshold) and all(item.met for item in requirements if item is not majority):
            code = OutcomeCode.TIED
        else:
            code = OutcomeCode.NOT_CARRIED
        return Outcome(code=code, requirements=requirements)

    def sentence(self, options: Sequence[Option], settings: Settings, eligible: int) -> Sentence:
        """Return "Carried if more than half of the votes for and against are for, and at least 12 of 120 members take part."."""
        threshold = settings.threshold or _SIMPLE
        base = BASES[settings.base].format(eligible=eligible)
        strong = threshold_words(threshold) + (f" {base}" if settings.base == "eligible" else "")
        parts = [Part("Carried if "), Part(strong, bold=True)]
        parts.append(Part(" are for" if settings.base == "eligible" else f" {base} are for"))
        if settings.approval_quorum is not None:
            parts += [Part(", and "), Part(f"at least {ceil_of(settings.approval_quorum * eligible)}", bold=True)]
            parts.append(Part(f" of {eligible} members are for"))
        if need := needed(settings.quorum, eligible):
            parts += [Part(", and "), Part(f"at least {need}", bold=True), Part(f" of {eligible} members take part")]
        parts.append(Part("."))
        if settings.base == "eligible":
            parts.append(Part(" Who does not vote counts like a vote against."))
        return tuple(parts)


def _majority(tally: Tally, base_name: str, threshold: Threshold) -> Requirement:
    for_, against, abstain = (tally.counts[key] for key in KEYS)
    yes_no = for_ + against
    base, sum_ = {
        "yes_no": (yes_no, f"{for_} for + {against} against = {yes_no}."),
        "cast": (yes_no + abstain, f"{for_} for + {against} against + {abstain} abstained = {yes_no + abstain}."),
        "eligible": (tally.eligible, f"There are {tally.eligible} members."),
    }[base_name]
    met = base > 0 and reaches(for_, base, threshold)
    need = least(base, threshold) if base else 1
    words = share_words(threshold.share)
    shown = amount(threshold.share * base)
    work = f"{sum_} {words.capitalize()} of {base} is {shown}. {for_} {comparison(threshold, met=met)} {shown}."
    if base == 0:
        work = f"{sum_} Of nobody there is no majority."
    names = {"yes_no": "for and against", "cast": "all votes", "eligible": "all members"}
    title = f"{threshold_words(threshold).capitalize()} of {names[base_name]}"
    return Requirement(name="majority", title=title, met=met, have=for_, need=need, work=work)


def _is_tied(tally: Tally, settings: Settings, threshold: Threshold) -> bool:
    """As many for as against at simple majority (6); of all members half is just too few."""
    return threshold == _SIMPLE and settings.base != "eligible" and tally.counts["for"] == tally.counts["against"] > 0


def _approval(tally: Tally, share: Fraction | None) -> Requirement | None:
    if share is None:
        return None
    need, for_ = ceil_of(share * tally.eligible), tally.counts["for"]
    met = for_ >= need
    work = f"{for_} for. {for_} {'is at least' if met else 'is fewer than'} {need}."
    return Requirement(
        name="approval-quorum",
        title=f"At least {need} of {tally.eligible} members are for",
        met=met,
        have=for_,
        need=need,
        work=work,
    )


METHOD = Resolution()
