"""Which step a motion may take, and when: opening, extending, closing, annulling (governance.md 2).

A state machine: scheduled → open → closed → decided; withdrawn before opening; annulled from open, closed or decided.
Each function returns the motion after the step, or raises MotionRefused and nothing has changed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from fedcoop.governance.delegation.delegation_rule import check_rule
from fedcoop.governance.members.bylaws import Bylaws
from fedcoop.governance.members.weighting import Weighting
from fedcoop.governance.motions.motion import (
    Channel,
    EarlyClose,
    Motion,
    MotionState,
    Option,
    Reasons,
    Settings,
    Visibility,
    option_to_json,
)
from fedcoop.governance.motions.outcomes import OutcomeCode
from fedcoop.governance.motions.presets import changes_rules
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.motions.settings import settings_to_json
from fedcoop.governance.motions.tallies import Tally
from fedcoop.kernel.canonical import digest_of
from fedcoop.kernel.errors import MotionRefused
from fedcoop.kernel.html import fold_name, plain_text
from fedcoop.kernel.lookalikes import first_twins

ELECTIONS = frozenset({"runoff", "stv_scottish", "stv_meek"})
COMBINING = frozenset({"resolution", "consensus", "gradients"})
MAX_OPTIONS = 50
MAX_POLL_OPTIONS = 10
MAX_TITLE = 200
MAX_BODY = 50_000
MAX_OPTION_NAME = 100
MAX_OPTION_TEXT = 1000


def check_text(title: str, body: str) -> None:
    """Raise MotionRefused (`title`, `body`) unless both can be put to a vote."""
    if not title.strip():
        raise MotionRefused("title", "Write a title: what is to be decided, in one line.")
    if len(title) > MAX_TITLE:
        raise MotionRefused("title", f"A title has at most {MAX_TITLE} characters; this one has {len(title)}.")
    if len(body) > MAX_BODY:
        raise MotionRefused("body", f"A text has at most {MAX_BODY:,} characters; this one has {len(body):,}.")


def check_options(options: Sequence[Option]) -> None:
    """Raise MotionRefused (`options`): 2 to 50, keys and names of 1 to 100 characters that nobody takes for one another."""
    if not 2 <= len(options) <= MAX_OPTIONS:
        raise MotionRefused("options", f"A vote has 2 to {MAX_OPTIONS} choices.")
    names = [fold_name(option.name) for option in options]
    for name in names:
        if not 1 <= len(name) <= MAX_OPTION_NAME:
            raise MotionRefused("options", f"A choice has 1 to {MAX_OPTION_NAME} characters.")
    if len(set(names)) != len(names) or len({option.key for option in options}) != len(options):
        raise MotionRefused("options", "Two choices have the same name. Give each its own.")
    twins = first_twins(names)
    if twins is not None:
        told = f"“{names[twins[0]]}” and “{names[twins[1]]}” look alike. Word one of them differently."
        raise MotionRefused("options", told)


def tidy(option: Option) -> Option:
    """Return the choice as it is kept: its words one line each, with nothing in them that is not seen."""
    return replace(
        option, name=plain_text(option.name, MAX_OPTION_TEXT), meaning=plain_text(option.meaning, MAX_OPTION_TEXT)
    )


def check_dates(opens_at: datetime, closes_at: datetime, bylaws: Bylaws) -> None:
    """Raise MotionRefused (`closes_at`) unless the vote lasts as long as the bylaws allow."""
    if closes_at - opens_at < bylaws.shortest_vote:
        raise MotionRefused("closes_at", "The closing time must be at least a minute after the opening.")
    if closes_at - opens_at > bylaws.longest_vote:
        raise MotionRefused("closes_at", "A vote lasts at most a year.")


def check_settings(method: str, options: Sequence[Option], settings: Settings) -> None:
    """Raise MotionRefused unless method, options and settings fit each other."""
    if method not in METHODS:
        raise MotionRefused("method", f"The method is one of: {', '.join(METHODS)}.")
    METHODS[method].validate(options, settings)
    check_rule(settings.delegation, method, settings.secrecy)
    unknown = set(settings.reasons_for) - {option.key for option in options}
    if unknown:
        raise MotionRefused("reasons", f"There is no choice with the key {sorted(unknown)[0]}.")
    if settings.demands and method not in COMBINING:
        raise MotionRefused("require", f"Combined requirements are for {', '.join(sorted(COMBINING))}.")
    if settings.early_close is EarlyClose.ANY and keeps_its_dates(method, settings):
        told = "Rule changes, elections and secret votes keep their dates: early_close is all_voted, decided or never."
        raise MotionRefused("early_close", told)


def keeps_its_dates(method: str, settings: Settings) -> bool:
    """Return whether nobody may close the vote at will: rule changes, elections, secret polls (governance.md 2)."""
    return changes_rules(settings) or method in ELECTIONS or settings.secrecy != "open"


def check_delegation(settings: Settings, bylaws: Bylaws) -> None:
    """Raise MotionRefused (`delegation-off`) where the bylaws do not know this way of passing on votes."""
    if settings.delegation.is_on and settings.delegation.mode not in bylaws.delegation:
        raise MotionRefused("delegation-off", "Our bylaws do not let votes be passed on like this.")


def is_poll(method: str, options: Sequence[Option], settings: Settings, channels: frozenset[Channel]) -> bool:
    """Return whether the motion shows as a Question (federation.md 12.1); else it is a Note with a link.

    Where each answer needs a reason no vote from a poll could count, so that it is none.
    """
    wire = METHODS[method].wire
    if (
        wire is None
        or settings.secrecy != "open"
        or settings.reasons is Reasons.REQUIRED
        or Channel.ACTIVITYPUB not in channels
        or len(options) > MAX_POLL_OPTIONS
    ):
        return False
    fewest = settings.extra.get("min", 0)
    return wire == "oneOf" or (isinstance(fewest, int) and fewest <= 1)


def taken_by(
    method: str, options: Sequence[Option], settings: Settings, channels: frozenset[Channel]
) -> frozenset[Channel]:
    """Return the channels that take votes: what is no poll elsewhere is voted on at the page (federation.md 13.2)."""
    if is_poll(method, options, settings, channels):
        return channels
    return (channels - {Channel.ACTIVITYPUB}) or frozenset({Channel.WEB})


def is_binding(motion: Motion) -> bool:
    """Return whether the count decides: its method can, and its settings do not say otherwise."""
    return METHODS[motion.method].binding and motion.settings.binding


def text_hash(*, title: str, body: str, options: Sequence[Option], method: str, settings: Settings) -> str:
    """Return the hex SHA-256 of what is put to the vote (governance.md 2)."""
    listed = [option_to_json(option) for option in options]
    value = {"title": title, "body": body, "options": listed, "method": method, "settings": settings_to_json(settings)}
    return digest_of(value)


def is_open(motion: Motion, at: datetime) -> bool:
    """Return whether the motion takes votes cast at `at`: both ends count (governance.md 4)."""
    return motion.state is MotionState.OPEN and motion.opens_at <= at <= motion.closes_at


def running(motions: Iterable[Motion]) -> int:
    """Return how many of these votes bind and are scheduled, open or being counted: members face one at a time (2)."""
    under_way = (MotionState.SCHEDULED, MotionState.OPEN, MotionState.CLOSED)
    binding = (motion for motion in motions if METHODS[motion.method].binding and motion.settings.binding)
    return sum(motion.state in under_way for motion in binding)


def acceptance_ends_at(motion: Motion) -> datetime:
    """Return when the last ballot may be received: the close, plus grace while there is one."""
    return motion.closes_at if motion.no_grace else motion.closes_at + motion.settings.grace


def opened(motion: Motion) -> Motion:
    """Return the motion open for voting."""
    _from(motion, MotionState.SCHEDULED)
    return replace(motion, state=MotionState.OPEN)


def extended(motion: Motion, closes_at: datetime, now: datetime) -> Motion:
    """Return the motion with a later close. Raises MotionRefused (`motion-state`, `closes_at`, `extensions`)."""
    _from(motion, MotionState.OPEN)
    if now >= motion.closes_at:
        raise MotionRefused("motion-closed", "The closing time has passed; it cannot be moved any more.")
    if motion.extensions >= motion.settings.max_extensions:
        raise MotionRefused("extensions", f"A vote can be extended {motion.settings.max_extensions} times at most.")
    if closes_at <= motion.closes_at or closes_at - now > timedelta(days=366):
        raise MotionRefused("closes_at", "The new closing time must be later than the present one, by a year at most.")
    return replace(motion, closes_at=closes_at, extensions=motion.extensions + 1)


def closed_early(motion: Motion, tally: Tally, now: datetime) -> Motion:
    """Return the motion with `closes_at` = now; there is no grace when all have voted (governance.md 2).

    Raises MotionRefused (`motion-state`, `motion-closed`, `early-close`).
    """
    _from(motion, MotionState.OPEN)
    if now >= motion.closes_at:
        raise MotionRefused("motion-closed", "The closing time has passed already.")
    all_voted = tally.voted >= tally.eligible
    rule = motion.settings.early_close
    if rule is EarlyClose.DECIDED and motion.settings.visibility is not Visibility.LIVE:
        rule = EarlyClose.ALL_VOTED  # closing because it is decided would tell what is hidden
    if rule is EarlyClose.NEVER:
        raise MotionRefused("early-close", "This vote cannot be closed before its time.")
    if rule is EarlyClose.ALL_VOTED and not all_voted:
        raise MotionRefused(
            "early-close", f"This vote closes early only when all have voted; {tally.voted} of {tally.eligible} have."
        )
    if rule is EarlyClose.DECIDED and not all_voted:
        if unproven := why_unproven(motion, tally):
            raise MotionRefused("early-close", unproven)
        if not is_decided(motion, tally):
            raise MotionRefused("early-close", "The votes still missing could change the result.")
    return replace(motion, closes_at=now, no_grace=all_voted)


def why_unproven(motion: Motion, tally: Tally) -> str:
    """Return why nobody can tell before the end that the result is certain; empty where it can be told."""
    if not is_binding(motion):
        return "This vote has no result that could be certain before its end: each answer counts by itself."
    if motion.settings.delegation.is_on:
        return "Members can be represented here, so what is still missing cannot be told. It closes at its time."
    if tally.weight is not None or motion.settings.weighting != Weighting():
        return "Votes have different weights or colleges here, so what is still missing cannot be told. It closes at its time."
    wire = METHODS[motion.method].wire
    if wire is None or (wire == "anyOf" and motion.settings.demands):
        return (
            "For this way of voting nobody can tell before the end that the result is certain. It closes at its time."
        )
    return ""


def is_decided(motion: Motion, tally: Tally) -> bool:
    """Return whether nobody's first ballot could change the result.

    Where the rules are met and where not are convex regions of what the missing ballots may say, so that their corners
    suffice: nobody votes, or all vote the same. A tie is a line between, so that each split which makes two counts
    equal is looked at too. Where combined requirements are not met, another split might meet them: only what is carried
    at all corners is decided then. Where votes are passed on, those who may still vote themselves are many: never.
    """
    if why_unproven(motion, tally):
        return False
    if motion.settings.weighting != Weighting():
        return False  # with weights or colleges a ballot may say more than one head: nothing is decided early
    missing = tally.eligible - tally.voted
    if METHODS[motion.method].wire == "anyOf":
        return _ticks_are_decided(motion, tally, missing)
    codes = {_decide(motion, tally)}
    for first in tally.counts:
        for second in tally.counts:
            for number in _splits(tally.counts, first, second, missing):
                counts = dict(tally.counts)
                counts[first] += number
                counts[second] += missing - number
                codes.add(_decide(motion, Tally(counts=counts, voted=tally.eligible, eligible=tally.eligible)))
    return len(codes) == 1 and (not motion.settings.demands or codes == {OutcomeCode.CARRIED.value})


def _ticks_are_decided(motion: Motion, tally: Tally, missing: int) -> bool:
    """The chosen lead by more than the missing ballots, and stay chosen whoever else ticks what.

    Each comparison is linear in the missing ballots: looking at the corners suffices, where nobody votes, or all tick one
    option, or every option, or none.
    """
    now = METHODS[motion.method].decide(tally, motion.options, motion.settings)
    losers = [number for key, number in tally.counts.items() if key not in now.winners]
    lead = min((tally.counts[key] for key in now.winners), default=0) - max(losers, default=0)
    if now.winners and lead <= missing:
        return False
    keys = tuple(tally.counts)
    found = {(now.code, frozenset(now.winners))}
    for ticked in ((), keys, *((key,) for key in keys)):
        counts = {key: number + (missing if key in ticked else 0) for key, number in tally.counts.items()}
        whole = Tally(counts=counts, voted=tally.eligible, eligible=tally.eligible)
        then = METHODS[motion.method].decide(whole, motion.options, motion.settings)
        found.add((then.code, frozenset(then.winners)))
    return len(found) == 1


def _splits(counts: Mapping[str, int], first: str, second: str, missing: int) -> set[int]:
    """Return how many of the missing ballots may go to `first`, the rest to `second`: all, none, or so that two are equal."""
    found = {0, missing, (counts[second] + missing - counts[first]) // 2}
    found.update(other - counts[first] for other in counts.values())
    return {number for number in found if 0 <= number <= missing}


def _decide(motion: Motion, tally: Tally) -> str:
    return METHODS[motion.method].decide(tally, motion.options, motion.settings).code.value


def closed(motion: Motion, now: datetime) -> Motion:
    """Return the motion that takes no more ballots; it is being counted."""
    _from(motion, MotionState.OPEN)
    return replace(motion, state=MotionState.CLOSED, closed_at=now)


def ended_by_decider(motion: Motion, now: datetime) -> Motion:
    """Return the advice that takes no more answers because its decider has decided (governance.md 7.4)."""
    _from(motion, MotionState.OPEN)
    return replace(motion, closes_at=min(now, motion.closes_at), no_grace=True)


def reopened(motion: Motion, closes_at: datetime, reason: str, now: datetime) -> Motion:
    """Return the counted motion open again, for votes that bind nobody and are not secret (governance.md 2).

    Raises MotionRefused (`reopen-binding`, `reopen-secret`, `motion-state`, `closes_at`, `reason`).
    """
    if is_binding(motion):
        raise MotionRefused(
            "reopen-binding", "A vote that binds is never opened again. Annul it if its setup was wrong."
        )
    if motion.settings.secrecy != "open":
        raise MotionRefused("reopen-secret", "A secret vote is never opened again.")
    _from(motion, MotionState.DECIDED)
    if not reason.strip():
        raise MotionRefused("reason", "Say why the vote is opened again; everybody will read it.")
    if not timedelta(minutes=1) <= closes_at - now <= timedelta(days=366):
        raise MotionRefused("closes_at", "The new closing time lies at least a minute from now, a year at most.")
    return replace(motion, state=MotionState.OPEN, closes_at=closes_at, closed_at=None, no_grace=False)


def decided(motion: Motion) -> Motion:
    """Return the motion with an outcome."""
    _from(motion, MotionState.CLOSED)
    return replace(motion, state=MotionState.DECIDED)


def annulled(motion: Motion, reason: str, now: datetime) -> Motion:
    """Return the motion without effect; ballots are kept. Raises MotionRefused (`motion-state`, `reason`)."""
    _from(motion, MotionState.OPEN, MotionState.CLOSED, MotionState.DECIDED)
    if not reason.strip():
        raise MotionRefused("reason", "Say why the vote is annulled; everybody will read it.")
    return replace(motion, state=MotionState.ANNULLED, closed_at=motion.closed_at or now)


def withdrawn(motion: Motion) -> Motion:
    """Return the motion taken back before it opened."""
    _from(motion, MotionState.SCHEDULED)
    return replace(motion, state=MotionState.WITHDRAWN)


def _from(motion: Motion, *states: MotionState) -> None:
    if motion.state not in states:
        raise MotionRefused("motion-state", f"This vote is {motion.state}; that step is not possible now.")
