"""Results that come by rounds: instant runoff and both single transferable votes (governance.md 7.13, 7.15, 7.16).

A line chart, the table of all rounds, which is the truth, the quota, and for each round whose ballots went where and why.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from fedcoop.governance.motions.motion import Motion
from fedcoop.governance.motions.tallies import Count, Round
from fedcoop.web.frame.formats import listed, plural, whole
from fedcoop.web.results.line_chart import Series, line_chart
from fedcoop.web.results.result_parts import (
    Cell,
    Detail,
    Names,
    Row,
    Section,
    Table,
    Winner,
    names_of,
    number,
    short_names,
    tie_words,
)

MEEK = "stv_meek"
_PLACES = 6
"""Meek's rule counts to nine places, an exact count by fractions; six are shown."""


def sections(motion: Motion, count: Count) -> tuple[Section, ...]:
    """Return how the votes moved, and round by round."""
    if not count.rounds:
        return ()
    return (*_chart(motion, count), _rounds(motion, count))


def winners(motion: Motion, count: Count) -> tuple[Winner, ...]:
    """Return those elected, each with the round and its votes."""
    names = names_of(motion.options)
    return tuple(Winner(names[key], _how(motion, count, key)) for key in count.elected)


def _how(motion: Motion, count: Count, key: str) -> str:
    at = next((place for place, item in enumerate(count.rounds) if key in item.elected), None)
    if at is None:
        return ""
    item = count.rounds[at]
    votes = number(item.totals[key], _places(motion, count))
    what = "first preference" if at == 0 else "vote"
    what += "" if item.totals[key] == 1 else "s"
    needed = _needed(motion, count, item)
    reached = needed is not None and item.totals[key] >= needed
    end = (
        f"; {number(needed, _places(motion, count))} {'was' if needed == 1 else 'were'} needed."
        if reached and needed is not None
        else _by_default(motion)
    )
    return f"Elected in round {at + 1} with {votes} {what}{end}"


def _by_default(motion: Motion) -> str:
    return ", as no more stood than there were seats left." if motion.method != "runoff" else "."


def _needed(motion: Motion, count: Count, item: Round) -> Fraction | None:
    """Return how many votes this round asks for: the quota, or more than half."""
    if motion.method == "runoff":
        return Fraction(int(item.facts["base"]) // 2 + 1) if "base" in item.facts else None
    text = item.facts.get("quota", count.facts.get("quota"))
    return None if text is None else Fraction(str(text))


def _places(motion: Motion, count: Count) -> int:
    return _PLACES if motion.method == MEEK or "exact" in count.facts else 12


# --- the chart --------------------------------------------------------------------------------------------------


def _chart(motion: Motion, count: Count) -> tuple[Section, ...]:
    if len(count.rounds) < 2:
        return ()
    names = short_names(motion.options)
    order = [key for group in count.ranking for key in group] or list(count.rounds[0].totals)
    series = [_series(key, names, count) for key in order]
    quota = [needed for item in count.rounds if (needed := _needed(motion, count, item)) is not None]
    steady = quota if len(quota) == len(count.rounds) else []
    label = f"{number(steady[0], 2)} needed" + ("" if len(set(steady)) == 1 else " at first") if steady else ""
    told = [f"{item.name} from {number(item.totals[0], 2)} to {number(item.totals[-1], 2)}" for item in series[:5]]
    chart = line_chart(
        series,
        steady,
        title=f"Votes of each choice over {plural(len(count.rounds), 'round')}",
        sentence=f"{listed(told)}. The same numbers are in the table below.",
        needed=label,
    )
    after = "Each line is a choice. Who reaches the dashed line has a seat. The numbers are in the table below."
    more = f" {plural(chart.left_out, 'choice')} more only there." if chart.left_out else ""
    return (Section("moved", "How the votes moved", chart=chart, after=(after + more,)),)


def _series(key: str, names: Names, count: Count) -> Series:
    until = _standing(count, key)
    totals = tuple(item.totals.get(key, Fraction(0)) for item in count.rounds[:until])
    return Series(names[key], totals or (Fraction(0),), "out" if until < len(count.rounds) else "")


def _standing(count: Count, key: str) -> int:
    """Return in how many rounds the option stood: its ballots move on in the one after."""
    gone = (at for at, item in enumerate(count.rounds) if item.kind == "exclusion" and key in item.of)
    return next(gone, len(count.rounds))


# --- the table --------------------------------------------------------------------------------------------------


def _rounds(motion: Motion, count: Count) -> Section:
    short, names, places = short_names(motion.options), names_of(motion.options), _places(motion, count)
    standing = [option.key for option in motion.options if option.key in count.rounds[0].totals]
    standing.sort(key=lambda key: (-count.rounds[0].totals[key], names[key]))
    rows = [_row(key, names, count, places) for key in standing]
    rows += _rest("No further name", [item.exhausted for item in count.rounds], places)
    rows += _rest("Lost by cutting off", [item.lost for item in count.rounds], places)
    table = Table(
        caption=f"Votes by choice and round. {plural(_valid(count), 'valid ballot')}.",
        first="Choice",
        heads=(*(_head(at, item, short) for at, item in enumerate(count.rounds, 1)), "Outcome"),
        rows=tuple(rows),
        foot=Row("All", (*(Cell(number(_all(item), places)) for item in count.rounds), Cell(""))),
        scrolls=True,
        words=frozenset((len(count.rounds),)),
    )
    all_of_them = "all nine" if motion.method == MEEK else "the exact fractions"
    shown = f"Numbers are shown to six places; the recount file has {all_of_them}."
    rounded = (shown,) if places == _PLACES else ()
    details = [_detail(motion, count, at) for at in range(len(count.rounds))]
    return Section(
        "rounds", "Round by round", table=table, after=(*_quota(motion, count), *rounded), details=tuple(details)
    )


def _valid(count: Count) -> int:
    return int(count.facts.get("valid", 0))


def _all(item: Round) -> Fraction:
    return sum(item.totals.values(), Fraction(0)) + item.exhausted + item.lost


def _row(key: str, names: Names, count: Count, places: int) -> Row:
    until = _standing(count, key)
    cells = [
        Cell(number(item.totals.get(key, Fraction(0)), places)) if at < until else Cell("–", "quiet")
        for at, item in enumerate(count.rounds)
    ]
    return Row(names[key], (*cells, _outcome(key, count)), up=key in count.elected)


def _outcome(key: str, count: Count) -> Cell:
    for at, item in enumerate(count.rounds, 1):
        if key in item.elected:
            return Cell(f"Elected, round {at}", "done")
        if key in item.excluded:
            return Cell(f"Out after round {at}")
    return Cell("Not elected")


def _rest(name: str, values: Sequence[Fraction], places: int) -> list[Row]:
    if not any(values):
        return []
    return [Row(name, (*(Cell(number(value, places), "quiet") for value in values), Cell("")))]


def _head(at: int, item: Round, short: Names) -> str:
    who = listed([short.get(key, key) for key in item.of])
    told = {
        "first": "First preferences",
        "surplus": f"Surplus of {who}",
        "exclusion": f"{who} excluded",
        "iteration": f"{who} elected: shares anew",
    }
    return f"{at}. {told.get(item.kind, item.kind.capitalize())}"


def _quota(motion: Motion, count: Count) -> tuple[str, ...]:
    """Return how many votes a seat takes, with the formula."""
    valid = plural(_valid(count), "valid ballot")
    if motion.method == "runoff":
        return (f"More than half of the ballots still counted wins. {valid} at first.",)
    seats, quota, hare = int(count.facts.get("seats", 1)), count.facts.get("quota"), bool(count.facts.get("hare"))
    if quota is None:
        return ()
    shared, parts = f"{seats}" if hare else f"({seats} + 1)", seats if hare else seats + 1
    if motion.method == MEEK:
        shown = number(Fraction(str(quota)), _PLACES)
        return (f"The quota. Votes still counted ÷ {shared}, worked out anew whenever votes move; at the end {shown}.",)
    exact, rounded = number(Fraction(_valid(count), parts), 1), "rounded up" if hare else "rounded down, plus 1"
    return (
        f"The quota. {valid}, {plural(seats, 'seat')}: {whole(_valid(count))} ÷ {shared} = {exact}, "
        f"{rounded} = {quota}.",
    )


# --- one round in words -----------------------------------------------------------------------------------------


def _detail(motion: Motion, count: Count, at: int) -> Detail:
    item, names, short, places = (
        count.rounds[at],
        names_of(motion.options),
        short_names(motion.options),
        _places(motion, count),
    )
    told = [_moved(count, at, short, places), _decided(motion, count, item, short, places)]
    told += [tie_words(tie, names) for tie in item.ties]
    return Detail(f"Round {_head(at + 1, item, short).replace('.', ':', 1)}", tuple(text for text in told if text))


def _moved(count: Count, at: int, short: Names, places: int) -> str:
    """Return whose ballots moved in this round, and to whom."""
    item = count.rounds[at]
    if item.kind == "first":
        return "Each ballot counts for the first name on it."
    who = listed([short.get(key, key) for key in item.of])
    gains = _gains(item, short, places)
    if item.kind == "surplus":
        before = count.rounds[at - 1].totals[item.of[0]]
        kept = item.totals[item.of[0]]
        lost = item.lost - count.rounds[at - 1].lost
        cut = f" {number(lost, places)} are lost by cutting off." if lost else ""
        return (
            f"{who} has {number(before, places)}, {number(before - kept, places)} more than needed. "
            f"{_each(item, places)}: {gains}. {who} keeps exactly {number(kept, places)}.{cut}"
        )
    if item.kind == "exclusion":
        return f"The ballots of {who} go to the next name on them: {gains}."
    return f"{_keeps(item, short)} What is over moves on: {gains}."


def _each(item: Round, places: int) -> str:
    """Return at which value the ballots of a surplus move on."""
    given: Mapping[str, str] = item.facts.get("values", {})
    values = [[number(Fraction(text), places) for text in pair] for pair in given.items()]
    if len(values) == 1:
        return f"All these ballots move on at {values[0][1]} each"
    told = [f"those worth {old} at {new}" for old, new in values]
    return f"All these ballots move on: {listed(told)}" if told else "What is over moves on"


def _keeps(item: Round, short: Names) -> str:
    keep = dict(item.facts.get("keep", {}))
    told = [f"{short.get(key, key)} keeps {number(Fraction(str(text)), _PLACES)}" for key, text in keep.items()]
    return f"Of every ballot that comes, {listed(told)}." if told else "Shares are worked out anew."


def _gains(item: Round, short: Names, places: int) -> str:
    gains = sorted(((key, gain) for key, gain in item.moves.items() if key), key=lambda pair: (-pair[1], pair[0]))
    told = [f"{number(gain, places)} to {short.get(key, key)}" for key, gain in gains]
    if rest := item.moves.get(""):
        told.append(f"{number(rest, places)} with no further name")
    return listed(told) or "no votes"


def _decided(motion: Motion, count: Count, item: Round, short: Names, places: int) -> str:
    """Return who was elected or excluded on the totals of this round, and why."""
    needed = _needed(motion, count, item)
    told = []
    for key in item.elected:
        votes = number(item.totals[key], places)
        if needed is not None and item.totals[key] >= needed:
            told.append(f"{short[key]} has {votes}, at least {number(needed, places)}, and is elected.")
        else:
            told.append(f"{short[key]} has {votes} and is elected, as no more stand than there are seats left.")
    if len(item.excluded) > 1:
        out = listed([short[key] for key in item.excluded])
        told.append(
            f"{out} cannot win any more: together, with all surplus, they have fewer than the next. They are excluded."
        )
    for key in item.excluded if len(item.excluded) == 1 else ():
        nobody = "Nobody else has enough." if item.elected else "Nobody has enough."
        told.append(f"{nobody} {short[key]} has the fewest votes, {number(item.totals[key], places)}, and is excluded.")
    return " ".join(told)
