"""An option that withdraws while a vote is open: it leaves every ballot, and later preferences move up (governance.md 7.11).

The rule of the motion stays as it was hashed at the opening; the log says who left since, and the count asks both.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from fedcoop.governance.motions.motion import Motion, MotionState, Option, Settings
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.ranked.ranking import contest_of, extra_key, withdrawn_of
from fedcoop.kernel.errors import MotionRefused

ENTRY = "option"
TOLD = "Has withdrawn. On your ballot the names after it move up."


def withdrawal_entry(key: str, at: str) -> dict[str, Any]:
    """Return the log entry of an option that withdrew; the reason is in the audit log: words can be forgotten."""
    return {"type": ENTRY, "withdrawn": key, "at": at}


def left_since(entries: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the keys of the options that withdrew after the opening, in the order of the log."""
    return tuple(str(entry["withdrawn"]) for entry in entries if entry["type"] == ENTRY)


def counted_settings(settings: Settings, left: Iterable[str]) -> Settings:
    """Return the settings that a count reads: with everybody who withdrew before or after the opening."""
    gone = withdrawn_of(settings).union(left)
    return replace(settings, extra={**settings.extra, "withdrawn": ",".join(sorted(gone))}) if gone else settings


def marked(options: Iterable[Option], left: Iterable[str]) -> tuple[Option, ...]:
    """Return the options as a ballot shows them: those that withdrew say so."""
    gone = frozenset(left)
    return tuple(replace(option, meaning=TOLD) if option.key in gone else option for option in options)


def may_leave(motion: Motion, left: Iterable[str], key: str) -> None:
    """Raise MotionRefused unless the option can withdraw now.

    Codes: `motion-state`, `withdraw-method` (no ranked vote), `option` (unknown, or not one that stands), `withdraw-last`.
    """
    if motion.state is not MotionState.OPEN:
        raise MotionRefused("motion-state", f"This vote is {motion.state}; nobody can withdraw from it now.")
    if METHODS[motion.method].form != "ranking":
        raise MotionRefused("withdraw-method", "Only from a ranked vote can a choice be withdrawn once it is open.")
    settings = counted_settings(motion.settings, left)
    standing = contest_of(motion.options, settings).standing
    kept = {extra_key(settings, name) for name in ("ron", "status_quo")}
    if key not in standing or key in kept:
        raise MotionRefused("option", "That choice does not stand in this vote, or cannot be withdrawn.")
    if len([other for other in standing if other not in kept]) < 2:
        raise MotionRefused("withdraw-last", "This is the last choice that stands. Annul the vote instead.")
