"""The result by class, and what a member's own vote counts: what stands beside totals where votes differ (governance.md 9)."""

from collections.abc import Mapping
from dataclasses import dataclass

from fedcoop.governance.counting.weighing import exact_percent, weighed_words
from fedcoop.governance.motions.choices import Shape
from fedcoop.governance.motions.motion import Motion
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.motions.tallies import Tally
from fedcoop.queries.motions.motion import MotionView
from fedcoop.web.frame import words
from fedcoop.web.frame.formats import plural, whole


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One class: its title, what it has of the vote, a number for each option, who took part."""

    title: str
    holds: str
    numbers: tuple[str, ...]
    took_part: str


@dataclass(frozen=True, slots=True)
class ClassTable:
    """The table "By class": heads by class, then all heads, then the weighted totals where votes weigh differently."""

    holds: str
    head: tuple[str, ...]
    rows: tuple[ClassRow, ...]
    foot: tuple[ClassRow, ...]


def class_table(view: MotionView) -> ClassTable | None:
    """Return the table, or None where there is one class only or numbers are hidden."""
    tally, motion = view.tally, view.motion
    if tally is None or not tally.classes:
        return None
    keys = _keys(motion)
    rows = tuple(
        ClassRow(
            view.class_titles.get(name, name),
            _holds(motion, name),
            tuple(whole(item.counts.get(key, 0)) for key in keys),
            f"{whole(item.voted)} of {whole(item.eligible)}",
        )
        for name, item in tally.classes.items()
    )
    named = tuple(words.choice(key, motion.options).word for key in keys)
    return ClassTable(_holds_word(motion), named, rows, _foot(motion, tally, keys))


def own_weight(view: MotionView) -> str:
    """Return what the reader's own vote counts, where that is not one like everybody's."""
    row, rule = view.my_row, view.motion.settings.weighting
    if row is None:
        return ""
    if row.weight == 0:
        return "You take part as a guest: your answer shows apart and is not counted."
    if rule.colleges and row.member_class in rule.colleges:
        share = exact_percent(rule.colleges[row.member_class])
        title = view.class_titles.get(row.member_class, row.member_class)
        return f"You vote among {title}, who together have {share} of this decision."
    return f"Your vote counts {row.weight}, by {rule.reference}." if row.weight > 1 else ""


def beside(view: MotionView) -> str:
    """Return heads, or the colleges' share, in words beside totals; nothing where totals say it all."""
    if view.tally is None or METHODS[view.motion.method].shape not in (Shape.ONE, Shape.SET):
        return ""
    return weighed_words(view.tally, view.motion.options, view.motion.settings).strip()


def _keys(motion: Motion) -> tuple[str, ...]:
    """Return the options whose ticks say something by themselves: of rankings and scores none do."""
    if METHODS[motion.method].shape not in (Shape.ONE, Shape.SET):
        return ()
    return tuple(option.key for option in motion.options)


def _holds_word(motion: Motion) -> str:
    rule = motion.settings.weighting
    if rule.colleges:
        return "Share"
    return "Votes each" if rule.is_plural(motion.settings.preset) else ""


def _holds(motion: Motion, name: str) -> str:
    rule = motion.settings.weighting
    if rule.colleges:
        return exact_percent(rule.colleges[name]) if name in rule.colleges else "none"
    return whole(rule.weight_of(name, motion.settings.preset))


def _foot(motion: Motion, tally: Tally, keys: tuple[str, ...]) -> tuple[ClassRow, ...]:
    took_part = f"{whole(tally.voted)} of {whole(tally.eligible)}"
    heads = ClassRow("All members", "", _numbers(tally.head_counts, keys), took_part)
    if tally.heads is None:
        return (heads,)
    weighed = ClassRow("All votes", "", _numbers(tally.counts, keys), plural(tally.cast, "vote"))
    return (heads, weighed)


def _numbers(counts: Mapping[str, int], keys: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(whole(counts.get(key, 0)) for key in keys)
