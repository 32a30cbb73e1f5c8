"""Votes that follow a vote: a re-run, the second call, a confirming vote, the next round, the fallback, a call-in.

Each is a motion of its own that names the one before it, for one reason, once (governance.md 2, 6, 7.4, 7.5). Here stands
when one follows by itself, and from when to when; what is new in its text is up to whoever writes it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from fedcoop.governance.motions.motion import Motion, MotionState, Settings
from fedcoop.governance.motions.outcomes import OutcomeCode
from fedcoop.governance.motions.presets import confirms_after
from fedcoop.kernel.errors import MotionRefused
from fedcoop.kernel.ids import MotionId


class SequelKind(StrEnum):
    """Why a motion follows another."""

    RERUN = "rerun"
    SECOND_CALL = "second_call"
    CONFIRMATION = "confirmation"
    ROUND = "round"
    FALLBACK = "fallback"
    CALL_IN = "call_in"


@dataclass(frozen=True, slots=True)
class Sequel:
    """The motion follows `earlier_id`; `number` counts rounds of consent from 1, and is 1 elsewhere."""

    motion_id: MotionId
    kind: SequelKind
    earlier_id: MotionId
    number: int = 1


@dataclass(frozen=True, slots=True)
class Plan:
    """What follows by itself: its kind, its time, its settings; the text stays."""

    kind: SequelKind
    opens_at: datetime
    closes_at: datetime
    settings: Settings


def follows(motion: Motion, code: OutcomeCode, before: Sequel | None, now: datetime) -> Plan | None:
    """Return the vote that follows this outcome by itself, or None; `before` says what the motion itself followed."""
    return _second_call(motion, code, before, now) or _confirmation(motion, code, before, now)


def _second_call(motion: Motion, code: OutcomeCode, before: Sequel | None, now: datetime) -> Plan | None:
    """One second call, once: the second has no rule for a third (governance.md 6)."""
    call = motion.settings.second_call
    if code is not OutcomeCode.INQUORATE or call is None or is_kind(before, SequelKind.SECOND_CALL):
        return None
    opens_at = now + call.after
    settings = replace(motion.settings, quorum=call.quorum, second_call=None)
    return Plan(SequelKind.SECOND_CALL, opens_at, opens_at + call.lasts, settings)


def _confirmation(motion: Motion, code: OutcomeCode, before: Sequel | None, now: datetime) -> Plan | None:
    after = confirms_after(motion.settings)
    if code is not OutcomeCode.CARRIED or after is None or is_kind(before, SequelKind.CONFIRMATION):
        return None
    opens_at, lasts = now + after, motion.first_closes_at - motion.opens_at
    return Plan(SequelKind.CONFIRMATION, opens_at, opens_at + lasts, motion.settings)


def is_kind(sequel: Sequel | None, *kinds: SequelKind) -> bool:
    """Return whether the motion follows another for one of these reasons."""
    return sequel is not None and sequel.kind in kinds


def check_last(later: Iterable[Sequel]) -> None:
    """Raise MotionRefused (`annul-followed`) if another vote on the same text followed: that one is annulled then."""
    if any(sequel.kind is not SequelKind.RERUN for sequel in later):
        raise MotionRefused("annul-followed", "Another vote has followed this one. Annul that one, or withdraw it.")


def check_rerun(motion: Motion) -> None:
    """Raise MotionRefused (`rerun-state`) unless the motion was annulled: what stands is not run again (governance.md 2)."""
    if motion.state is not MotionState.ANNULLED:
        raise MotionRefused("rerun-state", "Only an annulled vote is called again. Annul it first, with a reason.")
