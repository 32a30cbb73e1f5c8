"""Presets: kinds of resolutions with their threshold, base and quorum, and how long before they are announced.

Source: governance.md 6. Bylaws win: each is a default that a motion or a template may change.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from fedcoop.governance.motions.motion import Settings
from fedcoop.governance.motions.setting_words import duration_of

CONFIRM_AFTER = "14d"


@dataclass(frozen=True, slots=True)
class Preset:
    """A kind of resolution: its setting words, the least discussion and notice before the vote."""

    words: Mapping[str, str] = field(default_factory=dict)
    discussion: timedelta = timedelta(days=3)
    notice: timedelta = timedelta(days=2)


_LONG = timedelta(days=14)
_SPECIAL = {"threshold": "3/4", "base": "yes_no"}
PRESETS: Mapping[str, Preset] = {
    "ordinary": Preset({"threshold": ">1/2", "base": "yes_no", "quorum": "max(5, 1/10)"}),
    "special": Preset({**_SPECIAL, "quorum": "max(5, 1/10)"}, notice=_LONG),
    "rule_change": Preset(
        {**_SPECIAL, "quorum": "1/2", "second_call": "7d", "second_call_quorum": "0"}, discussion=_LONG, notice=_LONG
    ),
    "dissolution": Preset(
        {**_SPECIAL, "quorum": "0", "approval_quorum": "1/2", "confirm_after": CONFIRM_AFTER},
        discussion=_LONG,
        notice=_LONG,
    ),
    "recall": Preset({"threshold": ">1/2", "base": "yes_no", "quorum": "1/2"}, notice=timedelta(days=7)),
    "admission": Preset({"threshold": ">1/2", "base": "yes_no", "quorum": "0"}),
}
_RULES = frozenset({"rule_change", "dissolution"})


def notice_of(settings: Settings) -> timedelta:
    """Return how long before the opening the vote is announced at least; that of an ordinary one without a preset."""
    return PRESETS.get(settings.preset, Preset()).notice


def changes_rules(settings: Settings) -> bool:
    """Return whether the motion changes the co-op's rules: it keeps its dates whatever happens (governance.md 2)."""
    return settings.preset in _RULES


def confirms_after(settings: Settings) -> timedelta | None:
    """Return how long after it is carried a second vote confirms it at the earliest; None where none is needed."""
    text = str(settings.extra.get("confirm_after", ""))
    return duration_of("confirm_after", text) if text else None
