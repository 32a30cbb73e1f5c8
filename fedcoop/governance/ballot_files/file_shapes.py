"""From what a ballot file holds to ballots as a method takes them: ranks, ticks, numbers or one answer (interface.md 2)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from fedcoop.governance.ballot_files.ballot_file import MOST_OPTIONS, BallotFile, broken
from fedcoop.governance.motions.choices import Choice, Scores, Shape
from fedcoop.governance.motions.method import Method
from fedcoop.governance.motions.motion import Settings
from fedcoop.governance.motions.tallies import Pile, Ranking
from fedcoop.kernel.errors import BallotRefused, Refused

_Converter = Callable[[Pile, BallotFile], Ranking]
_TAKES: Mapping[str, frozenset[str]] = {
    "ranking": frozenset({"ranking", "lists", "table"}),
    "several": frozenset({"ticks", "lists", "table"}),
    "scores": frozenset({"numbers", "table"}),
    "dots": frozenset({"numbers", "table"}),
    "projects": frozenset({"projects"}),
}
_HOLDS = {
    "projects": "a budget",
    "ranking": "rankings",
    "lists": "lists of options",
    "ticks": "ticks",
    "numbers": "numbers by option",
    "keys": "answers of a resolution",
    "table": "a table",
}


def check_kind(file: BallotFile, method: Method, methods: Iterable[Method]) -> None:
    """Raise Refused (`count-ballots`) unless the method can count what the file holds."""
    if file.form not in _takes(method):
        fitting = ", ".join(other.key for other in methods if file.form in _takes(other))
        raise Refused("count-ballots", f"The file holds {_HOLDS[file.form]}. Choose a method for that: {fitting}.")


def _takes(method: Method) -> frozenset[str]:
    return frozenset({"keys", "table"}) if method.key == "resolution" else _TAKES.get(method.form, frozenset())


def fitted(file: BallotFile, method: Method) -> BallotFile:
    """Return the file with options and piles as the method takes them. Raises Refused (`ballot-file`), by line."""
    if method.shape is Shape.ONE:
        return _with_answers(file, method)
    if method.shape is Shape.RANKING:
        return _converted(file, _ranking) if file.form == "table" else file
    return _converted(file, _ticks) if method.shape is Shape.SET and method.form == "several" else file


def check_ballots(file: BallotFile, method: Method, settings: Settings, given: BallotFile) -> None:
    """Raise Refused (`ballot-file`) for a ballot that the rule would not have taken; `given` says where it stood.

    Of rankings and projects files are counted as they stand.
    """
    if method.shape is Shape.RANKING or method.form == "projects":
        return
    for pile, before in zip(file.piles, given.piles, strict=True):
        choice = pile.choice
        try:
            method.check(choice if isinstance(choice, Scores) else _plain(choice), file.options, settings)
        except BallotRefused as error:
            raise broken(f"{_where(given, before)} is no ballot: {error.message}") from error


def _plain(choice: Choice | Ranking) -> tuple[str, ...]:
    return tuple(rank for rank in choice if isinstance(rank, str))


def _where(file: BallotFile, pile: Pile) -> str:
    line = file.lines.get(pile.choice, 0)
    return f"On line {line}" if file.form == "table" else f"Ballot line {line}"


def _with_answers(file: BallotFile, method: Method) -> BallotFile:
    """Return the answers under the method's own options, which columns of a table name by key or name."""
    options = method.default_options()
    if file.form != "table":
        return replace(file, options=options)
    keys = {word.casefold(): option.key for option in options for word in (option.key, option.name)}
    strange = next((option.name for option in file.options if option.name.casefold() not in keys), None)
    if strange is not None:
        raise broken(
            f"There is a column {strange[:40]}; those of a resolution are {', '.join(o.name for o in options)}."
        )
    names = {option.key: keys[option.name.casefold()] for option in file.options}
    marked = _converted(file, _ticks)
    piles = tuple(replace(pile, choice=tuple(names[key] for key in _plain(pile.choice))) for pile in marked.piles)
    return replace(file, options=options, piles=piles)


def _converted(file: BallotFile, convert: _Converter) -> BallotFile:
    piles = tuple(replace(pile, choice=convert(pile, file)) for pile in file.piles)
    return replace(file, piles=piles)


def _ranking(pile: Pile, file: BallotFile) -> Ranking:
    """Return ranks from numbers: equal numbers are an equal rank, a number that nobody has is a skipped one."""
    assert isinstance(pile.choice, Scores)
    by_rank: dict[int, list[str]] = {}
    for key, rank in pile.choice.items():
        if not 1 <= rank <= MOST_OPTIONS:
            raise broken(f"{_where(file, pile)} is the rank {rank}; ranks begin with 1.")
        by_rank.setdefault(rank, []).append(key)
    ranks = [tuple(by_rank.get(rank, ())) for rank in range(1, max(by_rank, default=0) + 1)]
    return tuple(rank[0] if len(rank) == 1 else rank for rank in ranks)


def _ticks(pile: Pile, file: BallotFile) -> tuple[str, ...]:
    """Return what is ticked, in the order of the options."""
    choice = pile.choice
    if isinstance(choice, Scores):
        if not {0, 1}.issuperset(choice.values()):
            raise broken(f"{_where(file, pile)} are other marks than 1, x, 0 and nothing.")
        marked: Sequence[object] = [key for key, mark in choice.items() if mark]
    else:
        marked = list(choice)
    known = [option.key for option in file.options if option.key in marked]
    if len(known) != len(marked):
        raise broken(f"{_where(file, pile)} are ranks, or an option twice, where only ticks can be.")
    return tuple(known)
