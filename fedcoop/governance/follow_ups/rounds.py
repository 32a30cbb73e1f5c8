"""Rounds of consent: what follows when a round has closed (governance.md 7.5)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum

from fedcoop.governance.motions.motion import Settings
from fedcoop.governance.motions.outcomes import OutcomeCode
from fedcoop.kernel.errors import MotionRefused

ROUNDS = 3
FALLBACK = "special"
NO_FALLBACK = "none"
NOTICE = timedelta(days=3)
"""How long before the close notice must have been sent, so that silence may count as consent."""


class NextStep(StrEnum):
    """What follows a round: it stands, an amended version is asked anew, or the author may turn to the fallback."""

    ADOPTED = "adopted"
    NEXT_VERSION = "next_version"
    FALLBACK = "fallback"


def rounds_of(settings: Settings) -> int:
    """Return after how many rounds the fallback is open."""
    return int(settings.extra.get("rounds", ROUNDS))


def fallback_of(settings: Settings) -> tuple[str, Mapping[str, str]] | None:
    """Return method and setting words of the fallback, usually a special resolution of three quarters; None for none."""
    preset = str(settings.extra.get("fallback", FALLBACK))
    return None if preset == NO_FALLBACK else ("resolution", {"preset": preset})


def next_step(round_: int, rounds: int, outcome: OutcomeCode, settings: Settings) -> NextStep:
    """Return what follows round number `round_` of `rounds`; a new version resets all stances.

    Too few answers are no rejection: the round may be asked again. Raises MotionRefused (`rounds`) for a round below 1.
    """
    if round_ < 1 or rounds < 1:
        raise MotionRefused("rounds", "Rounds are counted from 1.")
    if outcome is OutcomeCode.CARRIED:
        return NextStep.ADOPTED
    if round_ >= rounds and fallback_of(settings) is not None:
        return NextStep.FALLBACK
    return NextStep.NEXT_VERSION


def silence_rule(settings: Settings, *, notice: timedelta, typed: bool) -> Settings:
    """Return the settings under which a round with this notice may run: silence needs three days to be consent.

    With less, silence is not counted; where somebody asked for it (`typed`), that is refused. Raises MotionRefused (`silence`).
    """
    if settings.extra.get("silence", "consent") != "consent" or notice >= NOTICE:
        return settings
    if typed:
        raise MotionRefused(
            "silence", "Silence counts as consent only with notice of at least 3 days before the close."
        )
    return replace(settings, extra={**settings.extra, "silence": "not_counted"})
