"""The fixed words and signs of methods, choices, outcomes and states (design.md 5, 7, 8). Templates ask here."""

from collections.abc import Mapping
from dataclasses import dataclass

from fedcoop.governance.motions.motion import Option
from fedcoop.governance.motions.outcomes import OutcomeCode
from fedcoop.governance.motions.registry import METHODS as COUNTED
from fedcoop.governance.words.wording import ADOPTING
from fedcoop.web.frame.formats import whole


@dataclass(frozen=True, slots=True)
class Sign:
    """A word with its icon and its tone (a class of the style sheet)."""

    word: str
    icon: str
    tone: str = ""


METHODS = {
    "resolution": Sign("Resolution", "hand"),
    "consent": Sign("Consent", "check"),
    "consensus": Sign("Consensus", "people"),
    "approval": Sign("Approval", "check"),
}
CHOICES = {
    "for": Sign("For", "check", "for"),
    "against": Sign("Against", "cross", "against"),
    "abstain": Sign("Abstain", "dash", "abstain"),
    "consent": Sign("Consent", "check", "for"),
    "consent_with_concern": Sign("Consent with a concern", "concern", "care"),
    "objection": Sign("Objection", "stop", "stop"),
    "agree": Sign("Agree", "check", "for"),
    "stand_aside": Sign("Stand aside", "concern", "care"),
    "block": Sign("Block", "stop", "stop"),
    "endorse": Sign("Endorse", "check", "for"),
    "support": Sign("Support, with a small point", "check", "for"),
    "reservations": Sign("Agree, with reservations", "check", "for"),
    "go_along": Sign("Disagree, and go along", "cross", "against"),
    "not_involved": Sign("Disagree, and take no part", "cross", "against"),
    "veto": Sign("Veto", "stop", "stop"),
    "looks_good": Sign("Looks good", "sprout", "for"),
    "unsure": Sign("Unsure", "dash", "abstain"),
    "concerned": Sign("Concerned", "concern", "care"),
    "accept": Sign("I am in", "check", "for"),
    "decline": Sign("Not this time", "dash", "abstain"),
    "go_ahead": Sign("Go ahead", "check", "for"),
    "reconsider": Sign("Think again", "undo", "against"),
    "offer_help": Sign("I can help", "people", "care"),
}
MEANINGS = {
    "for": "Do this, as it is written",
    "against": "Leave things as they are",
    "abstain": "Counts as taking part, not as for or against",
    "consent": "Good enough for now, safe enough to try",
    "consent_with_concern": "Go ahead, and look at this at the review",
    "objection": "It would harm one of our aims",
    "agree": "I support this",
    "stand_aside": "I disagree and will not carry it out, but do not stop it",
    "block": "Stops the proposal",
}
PROMPTS = {
    "consent_with_concern": "What should we watch?",
    "objection": "Which aim would be harmed, and what would settle it?",
    "block": "What stops you, and what would have to change?",
}
TIMES = {2: "Yes", 1: "If need be", 0: "No"}
OUTCOMES = {
    OutcomeCode.CARRIED: Sign("Carried", "check", "done"),
    OutcomeCode.NOT_CARRIED: Sign("Not carried", "dash", "abstain"),
    OutcomeCode.INQUORATE: Sign("No quorum", "hourglass", "care"),
    OutcomeCode.TIED: Sign("Tied", "scale", "abstain"),
    OutcomeCode.ELECTED: Sign("Elected", "people", "done"),
    OutcomeCode.FUNDED: Sign("Funded", "money", "done"),
    OutcomeCode.NO_RESULT: Sign("No result", "info", "abstain"),
    OutcomeCode.WITHDRAWN: Sign("Withdrawn", "undo", "line"),
    OutcomeCode.ANNULLED: Sign("Annulled", "stop", "stop"),
}
ADOPTED = {
    OutcomeCode.CARRIED: Sign("Adopted", "check", "done"),
    OutcomeCode.NOT_CARRIED: Sign("Not adopted", "dash", "abstain"),
}
ANSWERED = {
    "sense": Sign("How we feel about it", "sprout"),
    "opt_in": Sign("Counted", "people"),
    "questions": Sign("Answered", "talk"),
    "advice": Sign("Advice given", "concern"),
}
STANDING = {
    "decided": Sign("Decided", "check", "done"),
    "in_force": Sign("In force", "check", "done"),
    "review_due": Sign("Review due", "hourglass", "care"),
    "superseded": Sign("Replaced", "undo", "over"),
    "repealed": Sign("Repealed", "undo", "over"),
}
COUNTABLE = frozenset(("objection", "block", "veto"))
VERDICT_TONES = {"done": "carried", "care": "quorum"}
SECRECY = {
    "open": Sign("open ballot", "eye"),
    "confidential": Sign("confidential, tellers see it", "key"),
    "secret": Sign("secret ballot", "lock"),
}
ASKS = {
    "resolution": "Choose For, Against or Abstain.",
    "consent": "Choose Consent, Consent with a concern, or Objection.",
    "consensus": "Choose Agree, Abstain, Stand aside or Block.",
    "approval": "Tick at least one, or leave the vote for later.",
}
REASON_NEEDED = {
    "objection": "An objection needs a reason: which aim would be harmed, and what would settle it?",
    "consent_with_concern": "A concern needs its words: what should we watch?",
    "block": "A block needs a reason. The others can only answer what they can read.",
}
NOT_ELIGIBLE = {
    "joined-later": "You joined after this vote opened. You can read and speak here, and vote from the next one on.",
    "suspended": "Your vote rests by a decision of the board.",
    "on-trial": "You are a member on trial. You can read and speak here, and vote once you are a full member.",
    "dormant": "Your membership rests, and your vote with it. Tell the registrar that you are back.",
    "others": "This vote is for some of us, and you are not on its roll. You can read here; the roll says who is.",
    "left": "Your membership has ended, and with it your vote.",
    "off-roll": "You are not on the roll of this vote. You can read here, and ask the registrar if that is a mistake.",
    "stranger": "This vote is for members. You can follow it and write in the thread.",
}
CORRECTIONS = {
    "add": "Somebody was added",
    "remove": "Somebody was taken out",
    "change": "Somebody has another class",
    "merge": "Two numbers of one person became one",
}
CHANNELS = {"web": "this page", "activitypub": "the fediverse", "peer": "a sister co-\u2060op", "paper": "on paper"}


def method(key: str) -> Sign:
    """Return word and icon of a method; one without its own sign shows its key."""
    counted = COUNTED.get(key)
    if counted is not None:
        return METHODS.get(key) or Sign(counted.title, counted.icon)
    return Sign(key.replace("_", " ").capitalize(), "decide")


def choice(key: str, options: tuple[Option, ...] = ()) -> Sign:
    """Return word, icon and tone of an option: the motion's own name, the sign of a known stance."""
    name = next((option.name for option in options if option.key == key), "")
    known = CHOICES.get(key)
    return Sign(name or (known.word if known else key), known.icon if known else "check", known.tone if known else "")


def counted(number: int, key: str, options: tuple[Option, ...] = ()) -> str:
    """Return a number of stances: `2 consent`, `1 objection`, `2 objections`."""
    word = choice(key, options).word.lower()
    return f"{whole(number)} {word}{'s' if key in COUNTABLE and number != 1 else ''}"


def guests(counts: Mapping[str, int], options: tuple[Option, ...]) -> str:
    """Return the answers of guests, with their numbers; empty where none answered. They have no vote."""
    given = [counted(number, key, options) for key, number in counts.items() if number]
    return ", ".join(given)


def meaning(option: Option) -> str:
    """Return the sentence under an option: its own, else the usual one of the stance."""
    return option.meaning or MEANINGS.get(option.key, "")


def prompt(option: Option) -> str:
    """Return what the reason box asks with this choice: the option's own question, else the usual one of the stance."""
    return option.prompt or PROMPTS.get(option.key, "")


def currency(extra: Mapping[str, int | str | bool]) -> str:
    """Return the currency code of a motion about money, empty where it names none."""
    return str(extra.get("currency", ""))


def outcome(code: str, method: str = "") -> Sign:
    """Return word, icon and tone of an outcome code; some methods have words of their own for it."""
    known = OutcomeCode(code)
    if method in ADOPTING and known in ADOPTED:
        return ADOPTED[known]
    return ANSWERED.get(method, OUTCOMES[known]) if known is OutcomeCode.NO_RESULT else OUTCOMES[known]


def secrecy(key: str) -> Sign:
    """Return word and icon of a secrecy setting."""
    return SECRECY.get(key, SECRECY["open"])


def tick_rule(extra: Mapping[str, int | str | bool]) -> str:
    """Return how many options may be ticked, in a sentence."""
    least, most = int(extra.get("min", 0)), int(extra.get("max", 0))
    if least and most:
        return f"Tick {least}." if least == most else f"Tick at least {least} and at most {most}."
    if most:
        return f"Tick at most {most}."
    return f"Tick at least {least}." if least else "Tick as many as you like."


# --- votes passed on --------------------------------------------------------------------------------------------

UNREPRESENTED = {
    "cycle": "Your vote goes in a circle: in the end it comes back to who passed it on.",
    "not-voted": "{first} has not voted, so nobody votes for you yet.",
    "dead-end": "{first} passed your vote on, and {last} has not voted.",
    "off-roll": "Your vote ends with somebody who has none here.",
    "cap": "{last} votes for as many members as one may, and others asked before you.",
    "instructed": "{first} has your instruction, and has not cast your ballot.",
}
WAS_UNREPRESENTED = {
    **UNREPRESENTED,
    "not-voted": "{first} did not vote, so nobody voted for you.",
    "dead-end": "{first} passed your vote on, and {last} did not vote.",
    "cap": "{last} voted for as many members as one may, and others asked before you.",
    "instructed": "{first} had your instruction, and did not cast your ballot.",
}
MISSING = {
    "cycle": "in a circle",
    "not-voted": "whose delegate did not vote",
    "dead-end": "whose vote was passed on to somebody who did not vote",
    "off-roll": "whose delegate was not on the roll",
    "cap": "above what one member may carry",
    "instructed": "whose instructed ballot was not cast",
}
MISSING_YET = {
    **MISSING,
    "not-voted": "whose delegate has not voted",
    "dead-end": "whose vote was passed on to somebody who has not voted",
    "instructed": "whose instructed ballot is not cast yet",
}
DELEGATION_ENDED = {
    "revoked": "you took it back",
    "replaced": "you chose somebody else",
    "expired": "its 12 months were over",
    "lapsed": "you were not here for half a year",
    "membership": "a membership ended",
}
