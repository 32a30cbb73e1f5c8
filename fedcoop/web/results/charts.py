"""Result bars: lengths from exact counts, a line where the requirement lies, words for who cannot see them (design.md 5).

The base of a bar is the base of the threshold; abstentions outside of it are named beside it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from fedcoop.governance.motions.method import threshold_words
from fedcoop.governance.motions.motion import Motion, Option
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.motions.tallies import Tally
from fedcoop.web.frame import words
from fedcoop.web.frame.formats import money, percent, plural, whole, width

_FILLS = {
    "for": "fill-for",
    "against": "fill-against",
    "abstain": "fill-abstain",
    "care": "fill-care",
    "stop": "fill-stop",
}


@dataclass(frozen=True, slots=True)
class Part:
    """One length of a bar."""

    count: int
    x: str
    width: str
    fill: str
    gap: bool


@dataclass(frozen=True, slots=True)
class Goal:
    """A line across the bar."""

    x: str


@dataclass(frozen=True, slots=True)
class Label:
    """Words above a bar, the number in bold."""

    number: str
    text: str
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of the legend; `tone` is a class."""

    tone: str
    text: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A whole bar with its words; `sentence` says all of it for who cannot see it."""

    parts: tuple[Part, ...]
    goals: tuple[Goal, ...]
    top: tuple[Label, ...]
    legend: tuple[Item, ...]
    sentence: str


def turnout(voted: int, eligible: int, needed: int, *, over: bool = False, represented: int = 0) -> Bar:
    """Return the thin bar of who took part, with the quorum line; `represented` are those of them who did not vote."""
    verb = f"took part, {percent(voted, eligible)}" if over else "has voted" if voted == 1 else "have voted"
    if represented:
        verb += f", {whole(represented)} of them through others"
    top = [Label(f"{whole(voted)} of {whole(eligible)}", verb)]
    if needed:
        top.append(Label("", f"{whole(needed)} needed", quiet=True))
    goals = (Goal(width(needed, eligible)),) if needed else ()
    sentence = f"{whole(voted)} of {plural(eligible, 'member')} {verb}" + (
        f"; {whole(needed)} needed" if needed else ""
    )
    return Bar(_parts([(voted, "fill")], eligible), goals, tuple(top), (), sentence)


_UNITS = {"scores": "in all", "dots": "dots", "dates": "points", "ranking": "first places", "projects": "supporters"}
_APART = frozenset(("sense", "gradients", "advice", "opt_in"))
"""Methods whose answers are a distribution: a bar for each."""


def results(motion: Motion, tally: Tally) -> tuple[Bar, ...]:
    """Return the bars of the totals: one for stances, one for each option where options are chosen."""
    form = METHODS[motion.method].form
    if form == "several":
        return tuple(_option(option, tally) for option in _by_count(motion.options, tally.counts))
    if form in _UNITS:
        return amounts(_by_count(motion.options, tally.counts), tally.counts, _UNITS[form])
    if not motion.options:
        return ()
    if motion.method in _APART:
        return tuple(_answer(motion, option, tally) for option in motion.options)
    if motion.method == "resolution":
        return (_resolution(motion, tally),)
    return (_stances(motion, tally),)


def amounts(options: Sequence[Option], totals: Mapping[str, int], unit: str) -> tuple[Bar, ...]:
    """Return a bar for each option, as long as its part of the largest total; below 0 there is no length."""
    largest = max([1, *totals.values()])
    bars = []
    for option in _by_count([option for option in options if option.key in totals], totals):
        total = totals[option.key]
        word = unit.removesuffix("s") if total == 1 else unit
        top = (Label("", option.name), Label(whole(total), word))
        parts = _parts([(max(total, 0), "fill")], largest)
        bars.append(Bar(parts, (), top, (), f"{option.name}: {whole(total)} {word}"))
    return tuple(bars)


def spent(options: Sequence[Option], funded: Sequence[str], budget: int, currency: str) -> Bar:
    """Return the bar of the money: a length for each funded project, the rest is left."""
    costs = {option.key: option.cost for option in options}
    total = sum(costs[key] for key in funded)
    top = (
        Label(money(total, currency), f"of {money(budget, currency)} spent, {percent(total, budget)}"),
        Label("", f"{money(budget - total, currency)} left", quiet=True),
    )
    parts = _parts([(costs[key], "fill") for key in funded], budget)
    told = f"{money(total, currency)} of {money(budget, currency)} spent on {plural(len(funded), 'project')}"
    return Bar(parts, (), top, (), told)


def _answer(motion: Motion, option: Option, tally: Tally) -> Bar:
    sign, count = words.choice(option.key, motion.options), tally.counts.get(option.key, 0)
    base = sum(tally.counts.values())
    guests = f", and {plural(tally.guests[option.key], 'guest')}" if tally.guests.get(option.key) else ""
    top = (Label("", sign.word), Label(whole(count), f"{percent(count, base)}{guests}"))
    fill = _FILLS.get(sign.tone, "fill")
    return Bar(_parts([(count, fill)], base), (), top, (), f"{sign.word}: {whole(count)} of {whole(base)}{guests}")


def remote(options: Sequence[Mapping[str, Any]], voters: int | None) -> tuple[Bar, ...]:
    """Return the bars of another server's numbers, each out of all voters where they are told; none for what is not told."""
    told = [(str(option["name"]), option["votes"]) for option in options if option["votes"] is not None]
    total = max((voters or 0, *(votes for _, votes in told)), default=0)
    return tuple(
        Bar(_parts([(votes, "fill")], total), (), (Label(whole(votes), name),), (), f"{name}: {plural(votes, 'vote')}")
        for name, votes in told
    )


def _resolution(motion: Motion, tally: Tally) -> Bar:
    base_name = motion.settings.base
    inside = ("for", "against") if base_name == "yes_no" else ("for", "against", "abstain")
    counts = {key: tally.counts.get(key, 0) for key in ("for", "against", "abstain")}
    base = tally.eligible if base_name == "eligible" else sum(counts[key] for key in inside)
    threshold = motion.settings.threshold
    share = threshold.share if threshold else Fraction(1, 2)
    top = tuple(Label(whole(counts[key]), f"{key}, {percent(counts[key], base)}") for key in ("for", "against"))
    words_needed = threshold_words(threshold) if threshold else "more than half"
    legend = [_legend(motion, key, counts[key], outside=key not in inside) for key in ("for", "against", "abstain")]
    by_heads = bool(motion.settings.weighting.colleges)
    if base:
        line = "heads; the shares of the colleges decide" if by_heads else f"the line needed: {words_needed}"
        legend.append(Item("" if by_heads else "tick", line))
    sentence = f"{counts['for']} for and {counts['against']} against, {counts['abstain']} abstained"
    goals = (Goal(width(share, 1)),) if base and not by_heads else ()
    return Bar(_parts([(counts[key], _FILLS[key]) for key in inside], base), goals, top, tuple(legend), sentence)


def _stances(motion: Motion, tally: Tally) -> Bar:
    named = [(option, words.choice(option.key, motion.options)) for option in motion.options]
    counts = [(tally.counts.get(option.key, 0), _FILLS.get(sign.tone, "fill")) for option, sign in named]
    legend = tuple(
        Item(
            f"t-{sign.tone}" if sign.tone else "",
            words.counted(tally.counts.get(option.key, 0), option.key, motion.options),
        )
        for option, sign in named
    )
    return Bar(_parts(counts, tally.eligible), (), (), legend, ", ".join(item.text for item in legend))


def _option(option: Option, tally: Tally) -> Bar:
    count = tally.counts.get(option.key, 0)
    top = (Label("", option.name), Label(whole(count), percent(count, tally.cast)))
    return Bar(
        _parts([(count, "fill")], tally.cast),
        (),
        top,
        (),
        f"{option.name}: approved by {count} of {plural(tally.cast, 'ballot')}",
    )


def _by_count(options: Sequence[Option], counts: Mapping[str, int]) -> list[Option]:
    return sorted(options, key=lambda option: -counts.get(option.key, 0))


def _legend(motion: Motion, key: str, count: int, *, outside: bool) -> Item:
    sign = words.choice(key, motion.options)
    word = "Abstained" if key == "abstain" else sign.word
    return Item(f"t-{sign.tone}", f"{word} {whole(count)}" + (", not in this bar" if outside else ""))


def _parts(counts: Sequence[tuple[int, str]], base: int) -> tuple[Part, ...]:
    parts, before = [], 0
    for count, fill in counts:
        parts.append(Part(count, width(before, base), width(count, base), fill, gap=before > 0))
        before += count
    return tuple(parts)
