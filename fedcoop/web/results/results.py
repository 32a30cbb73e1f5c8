"""Which parts the result page of each method has: one table from method to builders (design.md 5, Result)."""

from collections.abc import Callable
from dataclasses import dataclass

from fedcoop.governance.motions.motion import Motion, Option
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.motions.tallies import Count, Tally
from fedcoop.web.frame.formats import percent, plural, whole
from fedcoop.web.results import (
    number_results,
    pair_results,
    project_results,
    round_results,
)
from fedcoop.web.results.result_parts import Section, Winner

When = Callable[[Option], str]


@dataclass(frozen=True, slots=True)
class Result:
    """The parts of a result: who is chosen, and sections in order. `people` says that options are people."""

    winners: tuple[Winner, ...] = ()
    sections: tuple[Section, ...] = ()
    people: bool = False


_BY_ROUNDS = frozenset(("runoff", "stv_scottish", "stv_meek"))
_BY_PAIRS = frozenset(("schulze", "ranked_pairs"))
_BUDGETS = frozenset(("greedy", "equal_shares"))


def result_of(motion: Motion, tally: Tally, when: When) -> Result:
    """Return the parts for this tally; a tally that no method has counted has totals only."""
    method, count = motion.method, tally.count
    if count is None:
        sections = number_results.ticks(motion, tally, None) if method == "approval" and tally.voted else ()
        return Result(sections=sections)
    if method in _BY_ROUNDS:
        return Result(
            round_results.winners(motion, count),
            round_results.sections(motion, count),
            people=method.startswith("stv_"),
        )
    if method in _BY_PAIRS:
        return Result(pair_results.winners(motion, count), pair_results.sections(motion, count))
    if method in _BUDGETS:
        return Result(project_results.winners(motion, tally, count), project_results.sections(motion, tally, count))
    return Result(_winners(motion, tally, count, when), _numbers(motion, tally, count, when))


def _numbers(motion: Motion, tally: Tally, count: Count, when: When) -> tuple[Section, ...]:
    builders: dict[str, Callable[[], tuple[Section, ...]]] = {
        "approval": lambda: number_results.ticks(motion, tally, count),
        "score": lambda: number_results.scores(motion, tally, count),
        "dots": lambda: number_results.dots(motion, tally, count),
        "points": lambda: number_results.points(motion, tally, count),
        "dates": lambda: number_results.dates(motion, count, when),
    }
    build = builders.get(motion.method)
    return build() if build is not None else ()


def _winners(motion: Motion, tally: Tally, count: Count, when: When) -> tuple[Winner, ...]:
    if motion.method == "dates":
        options = {option.key: option for option in motion.options}
        return tuple(Winner(when(options[key]), _answers(count, key)) for key in count.elected)
    hows: dict[str, Callable[[str], str]] = {
        "approval": lambda key: f"Ticked on {_of_ballots(tally, key)}.",
        "score": lambda key: _score(count, tally, key),
        "dots": lambda key: f"{plural(tally.counts.get(key, 0), 'dot')}.",
        "points": lambda key: f"{plural(int(count.facts['points'][key]), 'point')}.",
    }
    how = hows.get(motion.method)
    return number_results.winners(motion, count, how) if how is not None else ()


def _of_ballots(tally: Tally, key: str) -> str:
    votes = tally.counts.get(key, 0)
    return f"{whole(votes)} of {plural(tally.cast, 'ballot')}, {percent(votes, tally.cast)}"


def _score(count: Count, tally: Tally, key: str) -> str:
    total = int(count.facts.get("sums", tally.counts).get(key, 0))
    raters = int(count.facts.get("raters", {}).get(key, 0))
    return f"{whole(total)} in all, scored by {plural(raters, 'member')}."


def _answers(count: Count, key: str) -> str:
    row = count.facts.get("answers", {}).get(key, {})
    return f"{row.get('yes', 0)} yes, {row.get('maybe', 0)} if need be, {row.get('no', 0)} no."


def counts_later(method: str) -> bool:
    """Return whether only totals show while the vote runs: the method's own count is made after the close."""
    return method in METHODS and METHODS[method].form in ("ranking", "scores", "dots", "dates", "projects")
