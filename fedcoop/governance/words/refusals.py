"""What a voter from afar reads whose vote, or a part of it, was not counted (federation.md 12.3; design.md 8).

Most have never heard of this software: a message says what happened to which vote, and what to do about it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from fedcoop.governance.motions.method import extra_int, told_apart
from fedcoop.governance.motions.motion import Motion
from fedcoop.governance.motions.registry import METHODS
from fedcoop.kernel.html import plain_text

MOST_MARKS = 10
"""How many refused marks of one voter are told: no poll has more options."""
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class NotCounted:
    """A mark that did not count: the answer as the voter's server named it, and the code of the refusal."""

    name: str
    code: str


@dataclass(frozen=True, slots=True)
class Told:
    """What a sentence about a refusal may name: the vote, whose members decide it, when it closed, why one has no vote.

    `most` is how many answers a vote may have, 0 where that is not to be said.
    """

    title: str
    coop: str = ""
    closed: str = ""
    bar: str = ""
    most: int = 0


_LATE = "Your vote on “{title}” reached us after the close and could not be counted.{closed}"
_REFUSALS = {
    "unlinked": "Your vote on “{title}” was not counted: it is for members{of_coop}, and this account is not linked to a "
    "membership.",
    "link-rests": "Your vote on “{title}” was not counted: the link between this account and your membership rests until "
    "you link it again.",
    "ineligible": "Your vote on “{title}” was not counted: {bar}",
    "early": "Your vote on “{title}” was not counted: the vote had not opened yet. Vote once more when it has.",
    "late": _LATE,
    "closed": _LATE,
    "channel": "Your vote on “{title}” was not counted: this vote is taken on the co-op’s own page only.",
    "secret": "Your vote on “{title}” was not counted: it is a secret vote, cast on the co-op’s own page.",
    "option": "Your vote on “{title}” was not counted: that answer is not among the choices.",
    "reason": "Your vote on “{title}” was not counted: that answer needs a reason. Give it on the co-op’s page.",
    "too-many": "Your vote on “{title}” was not counted: {most}",
    "too-few": "Your vote on “{title}” was not counted: the vote asks for more choices.",
    "superseded": "Your vote on “{title}” was not counted: a later one of yours stands.",
    "duplicate": "You have voted on “{title}”; a vote on it cannot be changed.",
    "forged": "A vote on “{title}” was not counted: it did not come straight from the account that it names.",
}
_BARS = {
    "suspended": "your vote rests while your membership is suspended. It counts again once the suspension ends.",
    "on-trial": "you are a member on trial, and can vote once you are a full member.",
    "dormant": "your membership rests, and your vote with it. Tell the registrar that you are back.",
    "left": "your membership has ended, and with it your vote.",
    "joined-later": "you joined after it opened. You can vote from the next one on.",
    "others": "it is for some of the members, and you are not on its list of voters.",
    "off-roll": "you are not on its list of voters. Ask the registrar if that is a mistake.",
}
_MOST = {0: "those are more choices than the vote allows.", 1: "it takes one answer. Choose one."}
_BECAUSE = {
    "option": "because it is not among the choices",
    "reason": "because it needs a reason, which you can give on the co-op’s page",
    "early": "because the vote had not opened yet",
    "late": "because it reached us after the close",
    "closed": "because it reached us after the close",
    "duplicate": "because a vote here cannot be changed",
    "superseded": "because a later vote of yours stands",
    "replay": "because we had this vote already",
}
_BECAUSE_OF_IT = "because it could not be taken"


def refused_vote_sentence(code: str, told: Told) -> str:
    """Return why a vote from afar was not counted, with what to do; an unknown code gets the plainest sentence."""
    return _REFUSALS.get(code, "Your vote on “{title}” could not be counted.").format(
        title=told.title,
        of_coop=f" of {told.coop}" if told.coop else "",
        closed=f" It closed {told.closed}." if told.closed else "",
        bar=_BARS.get(told.bar, "you are not on its list of voters."),
        most=_MOST.get(told.most, "you may tick up to {most}.").format(most=told.most),
    )


def partly_counted_sentence(motion: Motion, counted: Sequence[str], refused: Sequence[NotCounted]) -> str:
    """Return "Counted: Oven, Mixer. Not counted: Van, because you may tick up to 2.".

    `counted` are the keys that stand; what was refused for one reason stands together.
    """
    names = {option.key: option.name for option in motion.options}
    told = [(mark.name, _because(motion, names, counted, mark)) for mark in dict.fromkeys(refused)]
    parts = [
        f"{told_apart([name for name, _ in group])}, {why}"
        for why, group in groupby(sorted(told, key=lambda item: _first(told, item[1])), key=lambda item: item[1])
    ]
    return f"Counted: {told_apart([names[key] for key in counted])}. Not counted: {'; '.join(parts)}."


def _first(told: Sequence[tuple[str, str]], why: str) -> int:
    return next(place for place, (_, reason) in enumerate(told) if reason == why)


def _because(motion: Motion, names: Mapping[str, str], counted: Sequence[str], mark: NotCounted) -> str:
    if mark.code != "too-many":
        return _BECAUSE.get(mark.code, _BECAUSE_OF_IT)
    none = names.get(str(motion.settings.extra.get("none")), "")
    if none and mark.name == none:
        return "because it excludes the others"
    if none and none in (names[key] for key in counted):
        return f"because “{none}” excludes the others"
    return (
        f"because you may {'tick up to' if METHODS[motion.method].wire == 'anyOf' else 'choose only'} {most_of(motion)}"
    )


def most_of(motion: Motion) -> int:
    """Return how many options a ballot of this motion may hold."""
    several = METHODS[motion.method].wire == "anyOf"
    return extra_int(motion.settings, "max", len(motion.options)) if several else 1


def to_json(refused: Sequence[NotCounted]) -> list[list[str]]:
    """Return the marks as stored, cut to what a message can say."""
    return [[plain_text(mark.name, _LONGEST_NAME), mark.code] for mark in refused[:MOST_MARKS]]


def from_json(value: Sequence[Sequence[str]]) -> tuple[NotCounted, ...]:
    """Return the marks of a value made by `to_json`."""
    return tuple(NotCounted(name, code) for name, code in value)
