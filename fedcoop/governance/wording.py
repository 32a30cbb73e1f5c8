"""Sentences that the software says about decisions: rules before the vote, outcomes after it, why a vote was refused.

Words and forms are those of design.md 7 and 8; numbers come from the settings, never from hand.
"""

from collections.abc import Mapping, Sequence

from fedcoop.governance.choices import Shape
from fedcoop.governance.counting import Sentence, plural
from fedcoop.governance.methods import METHODS
from fedcoop.governance.motions import Motion, Option, Settings
from fedcoop.governance.outcomes import Outcome, OutcomeCode
from fedcoop.governance.tallies import Tally
from fedcoop.governance.weighing import weighed_words

OUTCOME_WORDS = {
    OutcomeCode.CARRIED: "Carried",
    OutcomeCode.NOT_CARRIED: "Not carried",
    OutcomeCode.INQUORATE: "No quorum",
    OutcomeCode.TIED: "Tied",
    OutcomeCode.ELECTED: "Elected",
    OutcomeCode.FUNDED: "Funded",
    OutcomeCode.NO_RESULT: "No result",
    OutcomeCode.WITHDRAWN: "Withdrawn",
    OutcomeCode.ANNULLED: "Annulled",
}

_REFUSALS = {
    "unlinked": "Your vote on “{title}” was not counted: this account is not linked to a membership.",
    "ineligible": "Your vote on “{title}” was not counted: that vote opened without you on its roll.",
    "early": "Your vote on “{title}” was not counted: the vote had not opened yet.",
    "late": "Your vote on “{title}” reached us after the close and could not be counted.",
    "closed": "Your vote on “{title}” reached us after the close and could not be counted.",
    "channel": "Your vote on “{title}” was not counted: this vote is taken on the co-op’s own page only.",
    "secret": "Your vote on “{title}” was not counted: it is a secret vote, cast on the co-op’s own page.",
    "option": "Your vote on “{title}” was not counted: that answer is not among the choices.",
    "reason": "Your vote on “{title}” was not counted: that answer needs a reason. Give it on the co-op’s page.",
    "too-many": "Your vote on “{title}” was not counted: those are more choices than the vote allows.",
    "too-few": "Your vote on “{title}” was not counted: the vote asks for more choices.",
    "superseded": "Your vote on “{title}” was not counted: a later one of yours stands.",
    "duplicate": "You have voted on “{title}”; a vote on it cannot be changed.",
}


def rule_sentence(method: str, options: Sequence[Option], settings: Settings, eligible: int) -> Sentence:
    """Return when the motion is carried, in one or two sentences with the deciding numbers in bold (design.md 7)."""
    return METHODS[method].sentence(options, settings, eligible)


def plain(sentence: Sentence) -> str:
    """Return the sentence as plain text."""
    return "".join(part.text for part in sentence)


def outcome_sentence(motion: Motion, outcome: Outcome, tally: Tally) -> str:
    """Return "Carried: Buy a second oven. 24 for, 4 against, 2 abstain; 30 of 37 members voted." (federation.md 13.4)."""
    names = {option.key: option.name for option in motion.options}
    method, chosen = METHODS[motion.method], ", ".join(names[key] for key in outcome.winners)
    won = f" {_WON.get(outcome.code, 'Chosen')}: {chosen}." if chosen else ""
    shown = _totals(motion, tally, names)
    turnout = f"{tally.voted} of {plural(tally.eligible, 'member', 'members')} voted"
    if tally.represented:
        turnout += f", {tally.represented} more through a delegate"
    nothing = outcome.code is OutcomeCode.NO_RESULT and not method.binding
    word = method.title if nothing else OUTCOME_WORDS[outcome.code]
    beside = weighed_words(tally, motion.settings) if shown else ""
    return f"{word}: {motion.title}.{won} {shown}{'; ' if shown else ''}{turnout}.{beside}"


_WON = {OutcomeCode.ELECTED: "Elected", OutcomeCode.FUNDED: "Funded"}


def _totals(motion: Motion, tally: Tally, names: Mapping[str, str]) -> str:
    """Return the totals; of rankings none, since first places decide nothing, and sums behind their names."""
    shape = METHODS[motion.method].shape
    if shape in (Shape.RANKING, Shape.WORDS):
        return ""
    if shape is Shape.SCORES:
        return ", ".join(f"{names[key]} {number}" for key, number in tally.counts.items())
    lower = motion.method == "resolution"
    return ", ".join(f"{number} {names[key].lower() if lower else names[key]}" for key, number in tally.counts.items())


def refused_vote_sentence(code: str, title: str) -> str:
    """Return why a vote from afar was not counted, in one sentence; an unknown code gets the plainest one."""
    return _REFUSALS.get(code, "Your vote on “{title}” could not be counted.").format(title=title)
