"""Resolution: for, against, abstain, an exact threshold of a base, and a quorum (governance.md 6, 7.7)."""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from fedcoop.governance.counting.combined import check_demands, demand_parts, demanded, weighted_eligible
from fedcoop.governance.counting.weighing import Weighed, added_sentence, base_words, weigh
from fedcoop.governance.motions.method import (
    BaseMethod,
    Part,
    Sentence,
    amount,
    ceil_of,
    comparison,
    extra_int,
    least,
    needed,
    quorum_requirement,
    reaches,
    share_words,
    threshold_words,
)
from fedcoop.governance.motions.motion import Option, Quorum, Settings, Threshold
from fedcoop.governance.motions.outcomes import Outcome, OutcomeCode, Requirement
from fedcoop.governance.motions.presets import confirms_after
from fedcoop.governance.motions.tallies import Tally
from fedcoop.kernel.errors import MotionRefused

KEYS = ("for", "against", "abstain")
BASES = {
    "yes_no": "of the votes for and against",
    "cast": "of all votes, abstentions included,",
    "eligible": "of all {eligible} members",
    "present": "of the {present} present",
}
_SHORT = {"yes_no": "for and against", "cast": "all votes", "eligible": "all members", "present": "those present"}
_SIMPLE = Threshold(Fraction(1, 2), strict=True)
_OF_ALL = ("eligible", "present")
"""Bases that do not grow with the votes: to stay away counts like a vote against."""


class Resolution(BaseMethod):
    """Exactly one of for, against, abstain."""

    key = "resolution"
    title = "Resolution"
    icon = "hand"
    wire: str | None = "oneOf"

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
        """Return `present` (how many were marked present) and `confirm_after` (a second vote confirms it)."""
        return {"present": int, "confirm_after": str}

    def reads(self) -> Mapping[str, str]:
        """Return all three."""
        return {"threshold": "threshold", "base": "base", "approval_quorum": "approval_quorum"}

    def threshold_of(self, settings: Settings) -> Threshold:
        """Return the threshold set, else more than half."""
        return settings.threshold or _SIMPLE

    def validate(self, options: Sequence[Option], settings: Settings) -> None:
        """Raise MotionRefused (`options`, `base`, `threshold`, `present`, `confirm_after`, `require`)."""
        if tuple(option.key for option in options) != KEYS:
            raise MotionRefused("options", "A resolution is decided by For, Against and Abstain.")
        if settings.base not in BASES:
            raise MotionRefused("base", f"The base is one of: {', '.join(BASES)}.")
        if settings.threshold is None:
            raise MotionRefused("threshold", "A resolution needs a threshold, such as 1/2 or 2/3.")
        _check_present(settings)
        confirms_after(settings)
        check_demands(settings, options, ("yes_no", "cast", "eligible"))

    def decide(self, tally: Tally, options: Sequence[Option], settings: Settings) -> Outcome:
        """Return carried, not_carried, inquorate or tied, with every requirement's sum (governance.md 6)."""
        weighed = weigh(tally, settings, self.threshold_of(settings), majority(tally, settings))
        others = (found for rule in RULES for found in rule(tally, options, settings))
        requirements = (weighed.majority, *weighed.more, *others)
        return Outcome(_code(requirements, tally, settings, weighed), requirements, notes=weighed.notes)

    def sentence(self, options: Sequence[Option], settings: Settings, eligible: int) -> Sentence:
        """Return "Carried if more than half of the votes for and against are for, and at least 12 of 120 members take part."."""
        threshold, of_all = self.threshold_of(settings), settings.base in _OF_ALL
        base = base_words(settings, BASES[settings.base].format(eligible=eligible, present=_present(settings)))
        strong = threshold_words(threshold) + (f" {base}" if of_all else "")
        parts = [Part("Carried if "), Part(strong, bold=True)]
        parts.append(Part(" are for" if of_all else f" {base} are for"))
        if settings.approval_quorum is not None:
            parts += [Part(", and "), Part(f"at least {ceil_of(settings.approval_quorum * eligible)}", bold=True)]
            parts.append(Part(f" of {eligible} members are for"))
        parts += demand_parts(options, settings, eligible)
        if need := needed(settings.quorum, eligible):
            parts += [Part(", and "), Part(f"at least {need}", bold=True), Part(f" of {eligible} members take part")]
        parts.append(Part("."))
        if of_all:
            parts.append(Part(" Who does not vote counts like a vote against."))
        return (*parts, *added_sentence(settings))


def _present(settings: Settings) -> int:
    return extra_int(settings, "present", 0)


def _check_present(settings: Settings) -> None:
    if settings.base == "present" and "present" not in settings.extra:
        raise MotionRefused("base", "Of those present: say how many were marked present, such as present=40.")
    if "present" in settings.extra and _present(settings) < 1:
        raise MotionRefused("present", "present is how many members were marked present, 1 or more.")
    if "present" in settings.extra and settings.base != "present":
        raise MotionRefused("present", "present counts only with base=present.")


def _code(requirements: Sequence[Requirement], tally: Tally, settings: Settings, weighed: Weighed) -> OutcomeCode:
    unmet = {item.name for item in requirements if not item.met}
    if not unmet.isdisjoint(("quorum", "class-quorum")):
        return OutcomeCode.INQUORATE
    if not unmet:
        return OutcomeCode.CARRIED
    tied = _is_tied(tally, settings) if weighed.tied is None else weighed.tied
    if unmet == {weighed.majority.name} and tied:
        return OutcomeCode.TIED
    return OutcomeCode.NOT_CARRIED


def majority(tally: Tally, settings: Settings) -> Requirement:
    """Return the threshold of its base, with the sum in words; counts and bases are weighted where votes have weights."""
    for_, against, abstain = (tally.counts[key] for key in KEYS)
    yes_no, threshold = for_ + against, settings.threshold or _SIMPLE
    all_, present = yes_no + abstain, _present(settings)
    members = weighted_eligible(tally, settings)
    base, sum_ = {
        "yes_no": (yes_no, f"{for_} for + {against} against = {yes_no}."),
        "cast": (all_, f"{for_} for + {against} against + {abstain} abstained = {all_}."),
        "eligible": (members, f"There are {members} {'members' if members == tally.eligible else 'votes'}."),
        "present": (max(present, all_), _present_words(present, all_)),
    }[settings.base]
    met = base > 0 and reaches(for_, base, threshold)
    need = least(base, threshold) if base else 1
    shown = amount(threshold.share * base)
    words = share_words(threshold.share).capitalize()
    work = f"{sum_} {words} of {base} is {shown}. {for_} {comparison(threshold, met=met)} {shown}."
    if base == 0:
        work = f"{sum_} Of nobody there is no majority."
    title = f"{threshold_words(threshold).capitalize()} of {_SHORT[settings.base]}"
    return Requirement(name="majority", title=title, met=met, have=for_, need=need, work=work)


def _present_words(present: int, voted: int) -> str:
    """More votes than were marked present: who voted was there, so that no vote counts of less than all votes."""
    told = f"{present} were marked present."
    return told if voted <= present else f"{told} {voted} voted, so {voted} count as present."


def _is_tied(tally: Tally, settings: Settings) -> bool:
    """As many for as against at simple majority (6); of all members half is just too few."""
    simple = (settings.threshold or _SIMPLE) == _SIMPLE and settings.base not in _OF_ALL
    return simple and tally.counts["for"] == tally.counts["against"] > 0


def approval(tally: Tally, options: Sequence[Option], settings: Settings) -> tuple[Requirement, ...]:
    """Return how many of all must be for, where that is set."""
    if settings.approval_quorum is None:
        return ()
    members = weighted_eligible(tally, settings)
    need, for_ = ceil_of(settings.approval_quorum * members), tally.counts["for"]
    met = for_ >= need
    return (
        Requirement(
            name="approval-quorum",
            title=f"At least {need} of {members} {'members' if members == tally.eligible else 'votes'} are for",
            met=met,
            have=for_,
            need=need,
            work=f"{for_} for. {for_} {'is at least' if met else 'is fewer than'} {need}.",
        ),
    )


def participation(tally: Tally, options: Sequence[Option], settings: Settings) -> tuple[Requirement, ...]:
    """Return the quorum, which counts heads whatever votes weigh."""
    quorum = quorum_requirement(tally, settings)
    return () if quorum is None else (quorum,)


Rule = Callable[[Tally, Sequence[Option], Settings], Sequence[Requirement]]
RULES: tuple[Rule, ...] = (approval, demanded, participation)
"""What must hold besides the majority, in the order in which it is told; the quorum last."""

METHOD = Resolution()
