"""A line for each option over the rounds of a count: where lines and labels lie, as inline SVG (design.md 5, STV).

An aid only; the table beside it is the truth. Lengths are rounded for the screen, nothing is decided by them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

MOST_LINES = 5
"""More than this nobody can tell apart (design.md 5)."""
WIDTH, HEIGHT = 680, 330
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 540, 20, 290
_INSET = 30
_LABEL_GAP = 16
_MOST_ROUND_NAMES = 8


@dataclass(frozen=True, slots=True)
class Series:
    """One option's totals, round by round, as long as it stands; `note` follows the number in its label."""

    name: str
    totals: tuple[Fraction, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """Words at a place."""

    x: int
    y: int
    text: str


@dataclass(frozen=True, slots=True)
class LineChart:
    """Everything to draw. `grid` are horizontal lines with their number, `quota` a dashed line, `lines` in dash order."""

    title: str
    sentence: str
    grid: tuple[Text, ...]
    quota: str
    quota_label: Text | None
    lines: tuple[str, ...]
    labels: tuple[Text, ...]
    rounds: tuple[Text, ...]
    left_out: int


def line_chart(
    series: Sequence[Series], quota: Sequence[Fraction], *, title: str, sentence: str, needed: str
) -> LineChart:
    """Return the chart of at most five series; `quota` has a number for each round, or none at all."""
    shown = series[:MOST_LINES]
    rounds = max(len(item.totals) for item in shown)
    top = max([value for item in shown for value in item.totals] + list(quota) + [Fraction(1)])
    step = _step(top)
    scale = _Scale(rounds, step * -(-top // step))
    return LineChart(
        title=title,
        sentence=sentence,
        grid=tuple(Text(_LEFT - 8, scale.y(Fraction(value)), f"{value}") for value in _ticks(top, step)),
        quota=_points(scale, quota, whole=True) if quota else "",
        quota_label=Text(_LEFT + 6, scale.y(quota[0]) + 17, needed) if quota else None,
        lines=tuple(_points(scale, item.totals) for item in shown),
        labels=_labels(shown, scale, rounds),
        rounds=_round_names(scale, rounds),
        left_out=len(series) - len(shown),
    )


class _Scale:
    def __init__(self, rounds: int, top: Fraction | int) -> None:
        self.rounds, self.top = rounds, Fraction(top)

    def x(self, at: int) -> int:
        span = _RIGHT - _LEFT - 2 * _INSET + 10
        return _LEFT + _INSET + (span * at // (self.rounds - 1) if self.rounds > 1 else 0)

    def y(self, value: Fraction) -> int:
        return round(_BOTTOM - (_BOTTOM - _TOP) * value / self.top)


def _step(top: Fraction) -> int:
    """Return a round distance between grid lines: 1, 2 or 5 times a power of ten, at most five lines."""
    size = 1
    while True:
        for step in (size, 2 * size, 5 * size):
            if step * 5 >= top:
                return step
        size *= 10


def _ticks(top: Fraction, step: int) -> range:
    return range(0, int(-(-top // step)) * step + 1, step)


def _points(scale: _Scale, values: Sequence[Fraction], *, whole: bool = False) -> str:
    places = [(scale.x(at), scale.y(value)) for at, value in enumerate(values)]
    if whole and places:
        places = [(_LEFT, places[0][1]), *places, (_RIGHT, places[-1][1])]
    return " ".join(f"{x},{y}" for x, y in places)


def _labels(series: Sequence[Series], scale: _Scale, rounds: int) -> tuple[Text, ...]:
    """Return the names where their lines end; those at the right edge are kept apart from each other."""
    ends = [item for item in series if len(item.totals) == rounds]
    ends.sort(key=lambda item: (scale.y(item.totals[-1]), item.name))
    found, least = [], _TOP - 10
    for item in ends:
        y = max(scale.y(item.totals[-1]) + 4, least)
        found.append(Text(_RIGHT + 8, y, _label(item)))
        least = y + _LABEL_GAP
    for item in series:
        if len(item.totals) < rounds:
            at = len(item.totals) - 1
            found.append(Text(scale.x(at) + 12, scale.y(item.totals[-1]) - 7, _label(item)))
    return tuple(found)


def _label(item: Series) -> str:
    value = Fraction(round(item.totals[-1] * 100), 100)
    text = f"{value.numerator}" if value.denominator == 1 else f"{float(value):.2f}"
    name = item.name if len(item.name) <= 16 else item.name[:15] + "…"
    return f"{name} {text}{', ' + item.note if item.note else ''}"


def _round_names(scale: _Scale, rounds: int) -> tuple[Text, ...]:
    every = -(-rounds // _MOST_ROUND_NAMES)
    return tuple(Text(scale.x(at), _BOTTOM + 24, f"Round {at + 1}") for at in range(0, rounds, every))
