"""Sentences that the software says about decisions: rules before the vote, outcomes after it.

Words and forms are those of design.md 7 and 8; numbers come from the settings, never from hand.
"""

from collections.abc import Sequence

from fedcoop.governance.counting.weighing import weighed_words
from fedcoop.governance.motions.choices import Shape
from fedcoop.governance.motions.method import Sentence, plural, told_apart, totals_words
from fedcoop.governance.motions.motion import Motion, Option, Settings
from fedcoop.governance.motions.outcomes import Outcome, OutcomeCode
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.motions.tallies import Tally

OUTCOME_WORDS = {
    OutcomeCode.CARRIED: "Carried",
    OutcomeCode.NOT_CARRIED: "Not carried",
    OutcomeCode.INQUORATE: "No quorum",
    OutcomeCode.TIED: "Equal, so not carried",
    OutcomeCode.ELECTED: "Elected",
    OutcomeCode.FUNDED: "Funded",
    OutcomeCode.NO_RESULT: "No result",
    OutcomeCode.WITHDRAWN: "Withdrawn",
    OutcomeCode.ANNULLED: "Cancelled",
}

ADOPTING = frozenset({"consent", "consensus", "gradients"})
"""Methods by which a text is adopted, not carried."""


def rule_sentence(method: str, options: Sequence[Option], settings: Settings, eligible: int) -> Sentence:
    """Return when the motion is carried, in one or two sentences with the deciding numbers in bold (design.md 7)."""
    return METHODS[method].sentence(options, settings, eligible)


def plain(sentence: Sentence) -> str:
    """Return the sentence as plain text."""
    return "".join(part.text for part in sentence)


def outcome_sentence(motion: Motion, outcome: Outcome, tally: Tally) -> str:
    """Return "Carried: Buy a second oven. 24 for, 4 against, 2 abstain; 30 of 37 members voted." (federation.md 13.4)."""
    names = {option.key: option.name for option in motion.options}
    won = f" {_WON.get(outcome.code, 'Chosen')}: {told_apart([names[key] for key in outcome.winners])}."
    shown = _totals(motion, tally)
    took_part = "voted" if METHODS[motion.method].binding else "answered"
    turnout = f"{tally.voted} of {plural(tally.eligible, 'member', 'members')} {took_part}"
    if tally.represented:
        turnout += f", {tally.represented} more through a delegate"
    turnout += _missed(outcome)
    beside = weighed_words(tally, motion.options, motion.settings) if shown else ""
    told = " ".join(("", *outcome.notes)) if outcome.winners or outcome.code is OutcomeCode.TIED else ""
    head = f"{_head(motion.method, outcome)}: {ended(motion.title)}{won if outcome.winners else ''}"
    return f"{head} {shown}{'; ' if shown else ''}{turnout}.{beside}{told}"


def _missed(outcome: Outcome) -> str:
    """Return how many would have been enough, where too few took part: that is no rejection."""
    need = next((item.need for item in outcome.requirements if item.name == "quorum"), 0)
    if outcome.code is not OutcomeCode.INQUORATE or not need:
        return ""
    return f", {need} {'was' if need == 1 else 'were'} needed. This is not a rejection"


_WON = {OutcomeCode.ELECTED: "Elected", OutcomeCode.FUNDED: "Funded"}
_ADOPTED = {OutcomeCode.CARRIED: "Adopted", OutcomeCode.NOT_CARRIED: "Not adopted"}


def ended(title: str) -> str:
    """Return the title as a sentence: with a full stop, unless it ends by itself."""
    return title if title.endswith((".", "?", "!", "…")) else f"{title}."


def _head(key: str, outcome: Outcome) -> str:
    """Return the first word: the result; who or what was chosen stands after the title, and some methods decide nothing."""
    if key in ADOPTING and outcome.code in _ADOPTED:
        return _ADOPTED[outcome.code]
    if not METHODS[key].binding and outcome.code in (OutcomeCode.NO_RESULT, OutcomeCode.CARRIED):
        return METHODS[key].title
    if outcome.winners and outcome.code in (OutcomeCode.CARRIED, *_WON):
        return "Decided"
    return (_CHOOSING if METHODS[key].own_options else OUTCOME_WORDS)[outcome.code]


_CHOOSING = {**OUTCOME_WORDS, OutcomeCode.NOT_CARRIED: "Nothing chosen", OutcomeCode.TIED: "Equal"}
"""Where there is no text to carry, but something to choose."""


def _totals(motion: Motion, tally: Tally) -> str:
    """Return the totals; none of rankings, since first places decide nothing, nor of times, whose notes say more."""
    if METHODS[motion.method].shape in (Shape.RANKING, Shape.WORDS) or motion.method == "dates":
        return ""
    return totals_words(tally.counts, motion.options)
