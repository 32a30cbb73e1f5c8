"""Agreement with limits: enough agree, few stand aside, nobody blocks (governance.md 7.6). Consensus and gradients share it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from fedcoop.governance.counting.combined import check_demands, demand_parts, demanded
from fedcoop.governance.counting.weighing import added_sentence, class_requirements
from fedcoop.governance.motions.choices import Choice
from fedcoop.governance.motions.method import (
    BaseMethod,
    Part,
    Sentence,
    amount,
    comparison,
    extra_int,
    least,
    needed,
    quorum_requirement,
    reaches,
    share_words,
    threshold_words,
)
from fedcoop.governance.motions.motion import Option, Reasons, Settings, Threshold
from fedcoop.governance.motions.outcomes import Outcome, OutcomeCode, Requirement
from fedcoop.governance.motions.tallies import Tally
from fedcoop.kernel.errors import MotionRefused

_AGREE = Threshold(Fraction(1, 2), strict=True)


@dataclass(frozen=True, slots=True)
class Stances:
    """Which stances agree, which stand aside, which one blocks; and the verbs by which sentences name them."""

    agree: tuple[str, ...]
    aside: tuple[str, ...]
    block: str
    agree_verb: str = "agree"
    aside_verb: str = "stand aside"
    nobody_blocks: str = "nobody blocks"


class Agreement(BaseMethod):
    """What consensus and gradients share; each brings its stances."""

    wire: str | None = "oneOf"
    stances: Stances

    def defaults(self) -> Settings:
        """Return no block, at most a fifth standing aside, more than half agreeing."""
        return Settings(
            threshold=_AGREE,
            reasons=Reasons.REQUIRED_FOR,
            reasons_for=(self.stances.block,),
            extra={"max_blocks": 0, "max_stand_aside": 20},
        )

    def extra_keys(self) -> Mapping[str, type]:
        """Return `max_blocks` (a number) and `max_stand_aside` (a percentage of participants)."""
        return {"max_blocks": int, "max_stand_aside": int}

    def reads(self) -> Mapping[str, str]:
        """Return the threshold, which governance.md 7.6 names `min_agree`."""
        return {"min_agree": "threshold", "threshold": "threshold"}

    def threshold_of(self, settings: Settings) -> Threshold:
        """Return the threshold set, else more than half."""
        return settings.threshold or _AGREE

    def validate(self, options: Sequence[Option], settings: Settings) -> None:
        """Raise MotionRefused (`options`, `reasons`, `max_blocks`, `max_stand_aside`, `require`)."""
        if [option.key for option in options] != [option.key for option in self.default_options()]:
            raise MotionRefused("options", "The stances of this method are fixed; give no choices of your own.")
        if settings.reasons is Reasons.OFF:
            raise MotionRefused("reasons", "A block needs a reason, so reasons cannot be off.")
        if extra_int(settings, "max_blocks", 0) < 0:
            raise MotionRefused("max_blocks", "max_blocks is 0 or more.")
        if not 0 <= extra_int(settings, "max_stand_aside", 20) <= 100:
            raise MotionRefused("max_stand_aside", "max_stand_aside is a percentage from 0 to 100.")
        check_demands(settings, options, ("cast", "eligible"))

    def needs_reason(self, choice: Choice, settings: Settings) -> bool:
        """Return whether the stance blocks."""
        return self.stances.block in choice

    def decide(self, tally: Tally, options: Sequence[Option], settings: Settings) -> Outcome:
        """Return carried iff blocks, stand-asides, agreement, combined requirements and quorum are all within the rule."""
        quorum = quorum_requirement(tally, settings)
        rule = (
            _blocks(self.stances, tally, settings),
            _asides(self.stances, tally, settings),
            _agreement(self.stances, tally, settings),
            *demanded(tally, options, settings),
            *self._classes(tally, options, settings),
        )
        requirements = rule if quorum is None else (*rule, quorum)
        unmet = {item.name for item in requirements if not item.met}
        if not unmet.isdisjoint(("quorum", "class-quorum")):
            code = OutcomeCode.INQUORATE
        else:
            code = OutcomeCode.NOT_CARRIED if unmet else OutcomeCode.CARRIED
        return Outcome(code=code, requirements=requirements)

    def _classes(self, tally: Tally, options: Sequence[Option], settings: Settings) -> tuple[Requirement, ...]:
        """Return the quorums of classes, and the classes that must agree by themselves too (9)."""
        keys = [option.key for option in options]
        threshold = self.threshold_of(settings)
        return class_requirements(tally, settings, threshold, yes=self.stances.agree, inside=keys)

    def sentence(self, options: Sequence[Option], settings: Settings, eligible: int) -> Sentence:
        """Return "Adopted if nobody blocks, at most a fifth stand aside, and more than half agree."."""
        blocks, stances = extra_int(settings, "max_blocks", 0), self.stances
        aside = share_words(Fraction(extra_int(settings, "max_stand_aside", 20), 100))
        threshold = self.threshold_of(settings)
        limit = stances.nobody_blocks if blocks == 0 else f"at most {blocks} {stances.block}"
        parts = [Part("Adopted if "), Part(limit, bold=True)]
        parts += [Part(", at most "), Part(aside, bold=True), Part(f" {stances.aside_verb}, and ")]
        parts += [Part(threshold_words(threshold), bold=True), Part(f" {stances.agree_verb}")]
        parts += demand_parts(options, settings, eligible)
        if need := needed(settings.quorum, eligible):
            parts += [Part(", and "), Part(f"at least {need}", bold=True), Part(f" of {eligible} members take part")]
        return (*parts, Part("."), *added_sentence(settings))


def _sum(keys: Sequence[str], tally: Tally) -> int:
    return sum(tally.counts[key] for key in keys)


def _blocks(stances: Stances, tally: Tally, settings: Settings) -> Requirement:
    blocks, limit = tally.counts[stances.block], extra_int(settings, "max_blocks", 0)
    title = stances.nobody_blocks.capitalize() if limit == 0 else f"At most {limit} {stances.block}"
    done = "vetoed" if stances.block == "veto" else "blocked"
    work = f"{blocks} {done}; {'none is' if limit == 0 else f'at most {limit} are'} allowed."
    return Requirement(name="blocks", title=title, met=blocks <= limit, have=blocks, need=limit, work=work)


def _asides(stances: Stances, tally: Tally, settings: Settings) -> Requirement:
    aside, limit = _sum(stances.aside, tally), extra_int(settings, "max_stand_aside", 20)
    most = limit * tally.cast // 100
    work = f"{aside} of {tally.cast} stood aside. {limit}% of {tally.cast} allows {most}."
    title = f"At most {share_words(Fraction(limit, 100))} {stances.aside_verb}"
    met = aside * 100 <= limit * tally.cast
    return Requirement(name="stand-aside", title=title, met=met, have=aside, need=most, work=work)


def _agreement(stances: Stances, tally: Tally, settings: Settings) -> Requirement:
    agree, threshold = _sum(stances.agree, tally), settings.threshold or _AGREE
    met = tally.cast > 0 and reaches(agree, tally.cast, threshold)
    shown, verb = amount(threshold.share * tally.cast), comparison(threshold, met=met)
    share = share_words(threshold.share).capitalize()
    work = f"{agree} of {tally.cast} agreed. {share} of {tally.cast} is {shown}. {agree} {verb} {shown}."
    title = f"{threshold_words(threshold).capitalize()} {stances.agree_verb}"
    if tally.cast == 0:
        work = "Nobody took part."
    need = least(tally.cast, threshold)
    return Requirement(name="agreement", title=title, met=met, have=agree, need=need, work=work)
