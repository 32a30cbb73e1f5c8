"""Results of comparing one against one: the table of pairs, what decided where wins go in a circle, the order (7.14)."""

from collections.abc import Mapping, Sequence
from typing import Any

from fedcoop.governance.motions.motion import Motion
from fedcoop.governance.motions.tallies import Count
from fedcoop.web.frame.formats import listed, plural, whole
from fedcoop.web.results.result_parts import (
    Cell,
    Detail,
    Names,
    Row,
    Section,
    Table,
    Winner,
    names_of,
    short_names,
    tie_words,
)

_MOST_TOLD = 60


def sections(motion: Motion, count: Count) -> tuple[Section, ...]:
    """Return the order, the table of pairs, and strongest paths or locked wins."""
    pairs = count.facts.get("pairs", {})
    if not pairs:
        return ()
    order = [key for group in count.ranking for key in group] or list(pairs)
    return (_order(motion, count), _pairs(motion, count, order, pairs), *_decisive(motion, count, order))


def winners(motion: Motion, count: Count) -> tuple[Winner, ...]:
    """Return who is chosen, with how many they beat."""
    names, pairs = names_of(motion.options), count.facts.get("pairs", {})
    return tuple(Winner(names[key], _beaten(key, pairs)) for key in count.elected)


def _beaten(key: str, pairs: Mapping[str, Mapping[str, int]]) -> str:
    row = pairs.get(key, {})
    beaten = sum(number > pairs[other].get(key, 0) for other, number in row.items())
    if beaten == len(row):
        return "Beats every other choice one against one."
    return f"Beats {beaten} of {plural(len(row), 'other choice', 'other choices')} one against one."


def _order(motion: Motion, count: Count) -> Section:
    names = names_of(motion.options)
    told = [listed([names.get(key, key) for key in group]) for group in count.ranking]
    ranks = "; ".join(f"{place}. {name}" for place, name in enumerate(told, 1))
    circle = (
        "One choice beats every other one against one, so no circle had to be solved."
        if "condorcet_winner" in count.facts
        else "No choice beats every other one against one: the wins go in a circle. How it was solved stands below."
    )
    ties = tuple(tie_words(tie, names) for tie in count.ties)
    return Section("order", "The order", lead=(f"{ranks}.", circle), after=ties)


def _pairs(motion: Motion, count: Count, order: Sequence[str], pairs: Mapping[str, Mapping[str, int]]) -> Section:
    names, short = names_of(motion.options), short_names(motion.options)
    rows = [Row(names.get(x, x), tuple(_pair(x, y, pairs) for y in order), up=x in count.elected) for x in order]
    valid = plural(int(count.facts.get("valid", 0)), "valid ballot")
    table = Table(
        caption=f"How many ballots rank the choice of the row above that of the column. {valid}.",
        first="Above",
        heads=tuple(short.get(key, key) for key in order),
        rows=tuple(rows),
        scrolls=True,
        matrix=True,
    )
    lead = ("Read a row: so many ballots rank it above the choice of the column. Wins are marked with a tick.",)
    return Section("pairs", "One against one", lead=lead, table=table)


def _pair(x: str, y: str, pairs: Mapping[str, Mapping[str, int]]) -> Cell:
    if x == y:
        return Cell("–", "quiet")
    number, back = pairs[x].get(y, 0), pairs.get(y, {}).get(x, 0)
    return Cell(whole(number), "done" if number > back else "quiet" if number < back else "")


def _decisive(motion: Motion, count: Count, order: Sequence[str]) -> tuple[Section, ...]:
    names = names_of(motion.options)
    if places := count.facts.get("places"):
        return (_runoff(places, names),)
    if paths := count.facts.get("paths"):
        return (_paths(order, names, paths),)
    if victories := count.facts.get("victories"):
        return (_locks(victories, names),)
    return ()


def _paths(order: Sequence[str], names: Names, paths: Mapping[str, Mapping[str, int]]) -> Section:
    told = []
    for place, x in enumerate(order):
        for y in order[place + 1 :]:
            there, back = paths[x].get(y, 0), paths[y].get(x, 0)
            if there > back:
                told.append(f"{names[x]} comes before {names[y]}: {there} one way, {back} the other.")
    lead = (
        "Every chain of wins is as strong as its weakest win. Who has the stronger chain to the other comes first.",
    )
    return Section("paths", "Strongest chains of wins", lead=lead, details=_folded(told, "Every pair of choices"))


def _runoff(places: Sequence[Mapping[str, Any]], names: Names) -> Section:
    told = [_place(at, item, names) for at, item in enumerate(places, 1)]
    lead = (
        "The next place goes to whoever beats all others who have none yet. While nobody does, the choice on top of the "
        "fewest ballots is left out of sight.",
    )
    solved = [text for item, text in zip(places, told, strict=True) if item["taken_out"] or len(item["winners"]) > 1]
    after = tuple(solved) or ("Nobody had to be left out.",)
    return Section("runoff", "How circles were solved", lead=lead, after=after, details=_folded(told, "Every place"))


def _place(at: int, item: Mapping[str, Any], names: Names) -> str:
    """Return who has the place, and who was left out of sight for it, on top of how many ballots."""
    out = [f"{names[step['key']]} ({step['tops'][step['key']]})" for step in item["taken_out"]]
    left = f"{listed(out)} left out; " if out else ""
    winners = listed([names[key] for key in item["winners"]])
    if len(item["winners"]) > 1:
        return f"{at}. {left}{winners} are on top of equally many ballots and share the place."
    return f"{at}. {left}{winners} beats all {'who remain' if out else 'others'}."


def _locks(victories: Sequence[Mapping[str, Any]], names: Names) -> Section:
    told = [_victory(item, names) for item in victories]
    skipped = [text for item, text in zip(victories, told, strict=True) if not item["locked"]]
    lead = ("The clearest wins count first. One that contradicts what already counts is left out.",)
    after = tuple(skipped) or ("Nothing had to be left out.",)
    return Section(
        "locks", "Wins in order of strength", lead=lead, after=after, details=_folded(told, "Every win, in order")
    )


def _victory(item: Mapping[str, Any], names: Names) -> str:
    winner, loser = names.get(item["winner"], item["winner"]), names.get(item["loser"], item["loser"])
    told = f"{winner} over {loser}, {item['for']} to {item['against']}"
    if item["locked"]:
        return f"{told}: counts."
    circle = " over ".join(names.get(key, key) for key in item.get("circle", ()))
    return f"{told}: left out, since {circle} counts already."


def _folded(told: Sequence[str], summary: str) -> tuple[Detail, ...]:
    shown = tuple(told[:_MOST_TOLD])
    more = (f"{len(told) - _MOST_TOLD} more stand in the recount file.",) if len(told) > _MOST_TOLD else ()
    return (Detail(summary, (*shown, *more)),) if shown else ()
