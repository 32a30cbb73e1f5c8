"""Consensus: agree, abstain, stand aside, block, with limits on the last two (governance.md 7.6)."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from fedcoop.governance.choices import Choice
from fedcoop.governance.counting import (
    BaseMethod,
    Part,
    Sentence,
    amount,
    check_single,
    comparison,
    extra_int,
    least,
    needed,
    quorum_requirement,
    reaches,
    share_words,
    threshold_words,
)
from fedcoop.governance.motions import Option, Reasons, Settings, Threshold
from fedcoop.governance.outcomes import Outcome, OutcomeCode, Requirement
from fedcoop.governance.tallies import Tally
from fedcoop.kernel.errors import MotionRefused

KEYS = ("agree", "abstain", "stand_aside", "block")
_AGREE = Threshold(Fraction(1, 2), strict=True)


class Consensus(BaseMethod):
    """One stance out of four."""

    key = "consensus"
    title = "Consensus"
    icon = "people"
    wire: str | None = "oneOf"
    own_options = False

    def default_options(self) -> tuple[Option, ...]:
        """Return the four stances."""
        return (
            Option("agree", "Agree"),
            Option("abstain", "Abstain", "Counts as taking part"),
            Option("stand_aside", "Stand aside", "I disagree and will not carry it out, but I do not stop it"),
            Option("block", "Block", "It must not happen; say why"),
        )

    def defaults(self) -> Settings:
        """Return no block, at most a fifth standing aside, more than half agreeing."""
        return Settings(
            threshold=_AGREE,
            reasons=Reasons.REQUIRED_FOR,
            reasons_for=("block",),
            extra={"max_blocks": 0, "max_stand_aside": 20},
        )

    def extra_keys(self) -> Mapping[str, type]:
        """Return `max_blocks` (a number) and `max_stand_aside` (a percentage of participants)."""
        return {"max_blocks": int, "max_stand_aside": int}

    def reads(self) -> Mapping[str, str]:
        """Return the threshold, which governance.md 7.6 names `min_agree`."""
        return {"min_agree": "threshold", "threshold": "threshold"}

    def validate(self, options: Sequence[Option], settings: Settings) -> None:
        """Raise MotionRefused (`options`, `reasons`, `max_blocks`, `max_stand_aside`)."""
        if tuple(option.key for option in options) != KEYS:
            raise MotionRefused("options", "Consensus knows agree, abstain, stand aside, and block.")
        if settings.reasons is Reasons.OFF:
            raise MotionRefused("reasons", "A block needs a reason, so reasons cannot be off.")
        if extra_int(settings, "max_blocks", 0) < 0:
            raise MotionRefused("max_blocks", "max_blocks is 0 or more.")
        if not 0 <= extra_int(settings, "max_stand_aside", 20) <= 100:
            raise MotionRefused("max_stand_aside", "max_stand_aside is a percentage from 0 to 100.")

    def check(self, choice: Choice, options: Sequence[Option], settings: Settings) -> None:
        """Raise BallotRefused unless the choice is exactly one."""
        check_single(choice, options)

    def needs_reason(self, choice: Choice, settings: Settings) -> bool:
        """Return whether the stance is a block."""
        return "block" in choice

    def decide(self, tally: Tally, options: Sequence[Option], settings: Settings) -> Outcome:
        """Return carried iff blocks, stand-asides, agreement and quorum are all within the rule."""
        quorum = quorum_requirement(tally, settings)
        rule = (_blocks(tally, settings), _asides(tally, settings), _agreement(tally, settings))
        requirements = rule if quorum is None else (*rule, quorum)
        if quorum is not None and not quorum.met:
            code = OutcomeCode.INQUORATE
        else:
            code = OutcomeCode.CARRIED if all(item.met for item in rule) else OutcomeCode.NOT_CARRIED
        return Outcome(code=code, requirements=requirements)

    def sentence(self, options: Sequence[Option], settings: Settings, eligible: int) -> Sentence:
        """Return "Adopted if nobody blocks, at most a fifth stand aside, and more than half agree."."""
        blocks = extra_int(settings, "max_blocks", 0)
        aside = share_words(Fraction(extra_int(settings, "max_stand_aside", 20), 100))
        threshold = settings.threshold or _AGREE
        parts = [Part("Adopted if "), Part("nobody blocks" if blocks == 0 else f"at most {blocks} block", bold=True)]
        parts += [Part(", at most "), Part(aside, bold=True), Part(" stand aside, and ")]
        parts += [Part(threshold_words(threshold), bold=True), Part(" agree")]
        if need := needed(settings.quorum, eligible):
            parts += [Part(", and "), Part(f"at least {need}", bold=True), Part(f" of {eligible} members take part")]
        return (*parts, Part("."))


def _blocks(tally: Tally, settings: Settings) -> Requirement:
    blocks, limit = tally.counts["block"], extra_int(settings, "max_blocks", 0)
    met = blocks <= limit
    title = "Nobody blocks" if limit == 0 else f"At most {limit} block"
    work = f"{blocks} blocked; {'none is' if limit == 0 else f'at most {limit} are'} allowed."
    return Requirement(name="blocks", title=title, met=met, have=blocks, need=limit, work=work)


def _asides(tally: Tally, settings: Settings) -> Requirement:
    aside, limit = tally.counts["stand_aside"], extra_int(settings, "max_stand_aside", 20)
    met = aside * 100 <= limit * tally.voted
    most = limit * tally.voted // 100
    work = f"{aside} of {tally.voted} stood aside. {limit}% of {tally.voted} allows {most}."
    title = f"At most {share_words(Fraction(limit, 100))} stand aside"
    return Requirement(name="stand-aside", title=title, met=met, have=aside, need=most, work=work)


def _agreement(tally: Tally, settings: Settings) -> Requirement:
    agree, threshold = tally.counts["agree"], settings.threshold or _AGREE
    met = tally.voted > 0 and reaches(agree, tally.voted, threshold)
    shown, verb = amount(threshold.share * tally.voted), comparison(threshold, met=met)
    share = share_words(threshold.share).capitalize()
    work = f"{agree} of {tally.voted} agreed. {share} of {tally.voted} is {shown}. {agree} {verb} {shown}."
    title = f"{threshold_words(threshold).capitalize()} agree"
    if tally.voted == 0:
        work = "Nobody took part."
    return Requirement(
        name="agreement", title=title, met=met, have=agree, need=least(tally.voted, threshold), work=work
    )


METHOD = Consensus()
