"""The text of a vote as other servers show it: what is asked, by which rule, who may answer, where and until when.

It is fixed when the vote opens and never changes after that: the motion's digest covers it (federation.md 12.5, 13.1, 13.2).
Whoever reads it may never have heard of this software. Words are those of design.md 8.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo

from fedcoop.governance.counting.projects import currency
from fedcoop.governance.counting.times import UTC_NAME
from fedcoop.governance.motions.ballots import wants_reason
from fedcoop.governance.motions.lifecycle import is_poll
from fedcoop.governance.motions.method import extra_int, told_apart
from fedcoop.governance.motions.motion import Motion, Option, Visibility
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.words.wording import ended, plain, rule_sentence
from fedcoop.kernel.dates import clocks_of, moment_abroad
from fedcoop.kernel.html import clean_html, escape, link_to, plain_to_html, text_of_html

MAX_BODY_BYTES = 80 * 1024
"""Posts above 100 KiB are refused by many: a text that is longer is cut, and the page has the whole."""
CUT_AT = 12_000
MOST_CHOICES = 20
_ASKS = {
    "advice": ("give their advice", "Give your advice"),
    "consent": ("answer", "Answer"),
    "consensus": ("answer", "Answer"),
    "dates": ("say when they can come", "Answer"),
    "gradients": ("answer", "Answer"),
    "opt_in": ("answer", "Answer"),
    "questions": ("answer", "Answer"),
    "sense": ("answer", "Answer"),
}
"""What members do where it is not called voting, and how they are asked to (design.md 8)."""
_STANCES = {
    "objection": "an objection",
    "block": "a block",
    "veto": "a veto",
    "consent_with_concern": "a concern",
}
"""Answers that need a reason, in words, the weightiest first; others are named as they are."""


@dataclass(frozen=True, slots=True)
class Place:
    """Whose vote it is: the co-op's name, the page where its members link accounts, and the zone of its clocks."""

    coop: str
    accounts: str
    zone: tzinfo


def vote_post(motion: Motion, body_html: str, place: Place) -> str:
    """Return the HTML of a motion's post: title, text, rule, and how to answer, as a poll or on its page.

    Its numbers and dates are those of the opening: what changes later is told beside it.
    """
    poll = is_poll(motion.method, motion.options, motion.settings, motion.channels)
    rule = plain(
        rule_sentence(motion.method, motion.options, motion.settings, motion.first_eligible or motion.eligible)
    )
    told = " ".join((rule, *(_poll_rules(motion) if poll else ())))
    head = f"<p><strong>{escape(motion.title)}</strong></p>{_body(motion, body_html)}<p>{escape(told)}</p>"
    return head + (_answer_here(motion, place) if poll else _answer_on_the_page(motion, place))


def reason_told(reason: str) -> str:
    """Return the paragraph that says why somebody changed the course of a vote."""
    return plain_to_html(f"The reason: {ended(reason.strip())}")


def _body(motion: Motion, body_html: str) -> str:
    if len(body_html.encode()) <= MAX_BODY_BYTES:
        return clean_html(body_html)
    text = text_of_html(body_html)[:CUT_AT].rpartition(" ")[0]
    return f"<p>{escape(text)} …</p><p>The text goes on at {link_to(motion.url)}.</p>"


def _answer_here(motion: Motion, place: Place) -> str:
    who = escape(f"A poll for members of {place.coop}. Your vote counts once your account is linked:")
    return f"<p>{link_to(motion.url)}</p><p>{who} {link_to(place.accounts)}. Others are welcome to reply.</p>"


def _answer_on_the_page(motion: Motion, place: Place) -> str:
    until = moment_abroad(motion.first_closes_at, place.zone, motion.opens_at)
    do, ask = _ASKS.get(motion.method, ("vote", "Vote"))
    who = f"Members of {place.coop} {do} on the page below. Others are welcome to reply."
    return f"<p>{escape(who)}</p><p>{escape(f'{_choices(motion)}{ask} by {until}:')} {link_to(motion.url)}</p>"


def _choices(motion: Motion) -> str:
    """Return "Choices: Rye, Wheat, Spelt. ", for times with whose clocks they are on; nothing where there are none."""
    if not motion.options:
        return ""
    names = [_named(motion, option) for option in motion.options[:MOST_CHOICES]]
    more = len(motion.options) - len(names)
    zone = clocks_of(str(motion.settings.extra.get("zone", UTC_NAME)))
    clocks = f" ({zone})" if motion.method == "dates" and zone != UTC_NAME else ""
    return f"Choices{clocks}: {told_apart([*names, f'and {more} more'] if more else names)}. "


def _named(motion: Motion, option: Option) -> str:
    """Return the option's name, with what it costs."""
    if not option.cost:
        return option.name
    return f"{option.name} ({currency(motion.settings).text(option.cost)})"


def _poll_rules(motion: Motion) -> tuple[str, ...]:
    """Return what a poll elsewhere does not show by itself, each a sentence."""
    return tuple(rule for rule in (_ticks(motion), _hidden(motion), _reasons(motion)) if rule)


def _ticks(motion: Motion) -> str:
    if METHODS[motion.method].wire != "anyOf":
        return ""
    most = extra_int(motion.settings, "max", len(motion.options))
    return "" if most >= len(motion.options) else "Tick one." if most == 1 else f"Tick up to {most}."


def _hidden(motion: Motion) -> str:
    return "" if motion.settings.visibility is Visibility.LIVE else "Totals are shown after the close."


def _reasons(motion: Motion) -> str:
    """Return "An objection needs a reason: give it on the page." where that is so."""
    found = needing_reason(motion)
    if not found:
        return ""
    first, *others = found
    told = f"{first[0].upper()}{first[1:]} needs a reason: give it on the page."
    return told + (f" So {'does' if len(others) == 1 else 'do'} {_and(others)}." if others else "")


def needing_reason(motion: Motion) -> tuple[str, ...]:
    """Return the answers that need a reason, in words."""
    found = [option for option in motion.options if wants_reason(motion, (option.key,))]
    order = {key: place for place, key in enumerate(_STANCES)}
    ranked = sorted(found, key=lambda option: order.get(option.key, len(order)))
    return tuple(_STANCES.get(option.key, f"“{option.name}”") for option in ranked)


def _and(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
