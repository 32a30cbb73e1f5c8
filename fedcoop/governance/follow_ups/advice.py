"""The advice process: who is asked, when the decider may decide, how many may call it in (governance.md 7.4).

The decider is who opened the motion. What they decide, and a call-in, are steps of the proposal's life; here stand the
rules for both, as pure functions.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from fedcoop.governance.motions.method import ceil_of, plural
from fedcoop.governance.motions.motion import Settings
from fedcoop.governance.motions.setting_words import duration_of, names_of
from fedcoop.kernel.clock import parse_rfc3339, rfc3339
from fedcoop.kernel.errors import MotionRefused

CALL_IN = timedelta(days=7)
"""How long members may call a decision in; until then it is decided and not in force."""
LISTS: Mapping[str, str] = {"advisers": "adviser", "experts": "expert", "affected": "affected"}
MIN_TIME, ADVISER_DEADLINE = "2d", "5d"


@dataclass(frozen=True, slots=True)
class Advice:
    """One piece of advice: the short name of the member who gave it, and whether the decider answered it in writing."""

    adviser: str
    answered: bool


@dataclass(frozen=True, slots=True)
class Hindrance:
    """One reason why the decider may not decide yet: a kebab-case code and a sentence."""

    code: str
    words: str


def named_advisers(settings: Settings) -> tuple[str, ...]:
    """Return the short names of those who are asked: advisers, experts and affected, each once."""
    listed = [name for key in LISTS for name in names_of(str(settings.extra.get(key, "")))]
    return tuple(dict.fromkeys(listed))


def min_time(settings: Settings) -> timedelta:
    """Return how long the decider waits at least. Raises MotionRefused (`min_time`)."""
    return duration_of("min_time", str(settings.extra.get("min_time", MIN_TIME)))


def deadline(settings: Settings, opened_at: datetime) -> datetime:
    """Return until when named advisers are waited for: a duration after the opening, or an instant.

    Raises MotionRefused (`adviser_deadline`).
    """
    text = str(settings.extra.get("adviser_deadline", ADVISER_DEADLINE)).strip()
    if "T" not in text:
        return opened_at + duration_of("adviser_deadline", text)
    try:
        return parse_rfc3339(text)
    except ValueError as error:
        told = "Write adviser_deadline as a duration, such as 5d, or as 2026-05-01T18:00:00Z."
        raise MotionRefused("adviser_deadline", told) from error


def may_decide(
    settings: Settings, *, opened_at: datetime, now: datetime, given: Iterable[Advice]
) -> tuple[Hindrance, ...]:
    """Return why the decider may not decide yet; nothing where they may (governance.md 7.4).

    The minimum time has passed, each named adviser answered or their deadline passed, every advice has a written answer.
    """
    pieces = tuple(given)
    checks = (
        _too_early(opened_at + min_time(settings), now),
        _waited_for(settings, deadline(settings, opened_at), now, {piece.adviser for piece in pieces}),
        _unanswered(tuple(dict.fromkeys(piece.adviser for piece in pieces if not piece.answered))),
    )
    return tuple(found for found in checks if found is not None)


def call_in_needed(eligible: int) -> int:
    """Return how many members together can move the decision to a resolution: max(3, 5%), never more than there are."""
    return max(1, min(eligible, max(3, ceil_of(Fraction(eligible, 20)))))


def may_call_in(decided_at: datetime, now: datetime) -> bool:
    """Return whether the time of calling in still runs; its last instant counts."""
    return now <= decided_at + CALL_IN


def _too_early(earliest: datetime, now: datetime) -> Hindrance | None:
    if now >= earliest:
        return None
    return Hindrance("advice-early", f"The minimum time runs until {rfc3339(earliest)}.")


def _waited_for(settings: Settings, until: datetime, now: datetime, answered: set[str]) -> Hindrance | None:
    missing = [name for name in named_advisers(settings) if name not in answered]
    if not missing or now > until:
        return None
    verb = "has" if len(missing) == 1 else "have"
    return Hindrance(
        "advice-missing", f"{_and(missing)} {verb} not answered yet; the time for it ends {rfc3339(until)}."
    )


def _unanswered(advisers: tuple[str, ...]) -> Hindrance | None:
    if not advisers:
        return None
    number = plural(len(advisers), "member", "members")
    return Hindrance("advice-unanswered", f"Answer the advice of {number} in writing first: {_and(advisers)}.")


def _and(names: Iterable[str]) -> str:
    listed = list(names)
    return listed[0] if len(listed) == 1 else f"{', '.join(listed[:-1])} and {listed[-1]}"
