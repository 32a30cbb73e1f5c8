"""Files of participatory budgets: Pabulib's `.pb` and the JSON of the same content, read to options and piles.

Source: pabulib.org/format and the README of the elections. Vote types: approval, choose-1, ordinal (points by place),
cumulative and scoring (points as given). Limits of what a voter could cast are no matter of the count. Money is read as
decimals and kept in minor units, never as binary floats. Where a file says how many votes or projects it has, it has them.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from fedcoop.governance.ballot_files.ballot_file import BallotFile, broken, clean, is_shown
from fedcoop.governance.ballot_files.ballot_json import check_names, text_of
from fedcoop.governance.ballot_files.pabulib_numbers import amount_text, minor_of, money_of, whole_of
from fedcoop.governance.counting.projects import DEFAULT_CURRENCY
from fedcoop.governance.motions.choices import Choice, Scores
from fedcoop.governance.motions.motion import Option
from fedcoop.governance.motions.tallies import Pile
from fedcoop.kernel.money import Currency

TICKS = frozenset({"approval", "choose-1"})
_POINTS = frozenset({"cumulative", "scoring"})
_TYPES = (*sorted(TICKS), "ordinal", *sorted(_POINTS))
_SECTIONS = ("META", "PROJECTS", "VOTES")
THRESHOLD = "min_project_score_threshold"
_HIGHEST = 999_999
"""The highest number of points that a threshold of ours can ask for."""
_IN_JSON = frozenset({"method", "rule", "vote_type", "budget", "currency", "projects", "votes", "limits"})
_LIMITS = frozenset(
    {
        *(f"{end}_{what}" for end in ("min", "max") for what in ("length", "sum_cost", "points", "sum_points")),
        "default_score",
        THRESHOLD,
    }
)


class Row(NamedTuple):
    """One row of a section, with the number of its line."""

    line: int
    cells: Sequence[str]


class _Project(NamedTuple):
    """A project as it is written; `where` says on which line, to be told before what is wrong with it."""

    key: str
    cost: Any
    name: str
    where: str = ""


def read_pabulib(text: str) -> BallotFile:
    """Return the budget vote of a `.pb` file. Raises Refused (`ballot-file`) with what is missing or wrong, by line."""
    sections = _sections(text.removeprefix("\ufeff"))
    meta = _Meta(sections["META"])
    kind = _kind(meta.text("vote_type"))
    header = {cell.strip().lower() for cell in sections["PROJECTS"][0].cells}
    name = next((name for name in ("project_id", "name") if name in header), None)
    if name is None:
        raise broken("The section PROJECTS has no column project_id, and none with names instead.")
    projects = _table("PROJECTS", sections["PROJECTS"], ("cost",))
    votes = _table("VOTES", sections["VOTES"], ("vote",), asked=("points",) if kind in _POINTS else ())
    meta.check_number("num_projects", len(projects))
    meta.check_number("num_votes", len(votes))
    _check_voters(votes)
    return _file(
        title=meta.text("description"),
        rule=meta.text("rule"),
        kind=kind,
        money=money_of(meta.text("currency") or DEFAULT_CURRENCY),
        budget=(meta.text("budget") or None, meta.told("budget")),
        projects=[
            _Project(_id(row.get(name, ""), line), row["cost"], row.get("name", ""), f"on line {line} ")
            for line, row in projects
        ],
        limits={name: meta.text(name) for name in _limits_read(kind)},
        votes=[(f"On line {line}", 1, _vote_of_row(line, row, kind)) for line, row in votes],
    )


def read_pb_json(document: Mapping[str, Any]) -> BallotFile:
    """Return the budget vote of a JSON document as in the elections' README. Raises Refused (`ballot-file`)."""
    missing = next((name for name in ("vote_type", "budget", "projects", "votes") if name not in document), None)
    if missing is not None:
        raise broken(f"The file holds a budget, but {missing} is missing.")
    check_names(document, _IN_JSON)
    limits = document.get("limits") or {}
    try:
        check_names(limits, _LIMITS)
        kind = text_of(document, "method")
        file = _file(
            title=text_of(document, "title") or text_of(document, "id"),
            rule=text_of(document, "rule"),
            kind=_kind(text_of(document, "vote_type")),
            money=money_of(text_of(document, "currency") or DEFAULT_CURRENCY),
            budget=(document["budget"], "the budget"),
            projects=[_Project(_id(item["id"]), item["cost"], text_of(item, "name")) for item in document["projects"]],
            limits=limits,
            votes=[
                (f"In vote line {place}", whole_of(number, f"how many voters vote line {place} stands for"), vote)
                for place, (number, vote) in enumerate(document["votes"], start=1)
            ],
        )
        return replace(file, kind="" if kind.lower() == "pb" else kind)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise broken(f"A part of the file is missing or of another kind: {error!r}.") from error


def _id(value: Any, line: int = 0) -> str:
    """Return the id as votes name it."""
    found = str(value).strip()
    where = f", on line {line}" if line else ""
    if not found or isinstance(value, list | dict | bool):
        raise broken(f"A project has no id{where}.")
    if not is_shown(found):
        raise broken(f"The id of a project has letters that cannot be shown: {clean(found)[:40]}{where}.")
    return found


# --- sections and tables of a .pb file --------------------------------------------------------------------------


class _Meta:
    """What the section META says; a name that is read must not say two things."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._found: dict[str, dict[str, int]] = {}
        for line, cells in rows:
            if len(cells) > 1:
                value = ";".join(cells[1:]).strip(" ;")
                self._found.setdefault(cells[0].strip().lower(), {}).setdefault(value, line)

    def text(self, name: str) -> str:
        """Return what is said of this name, "" for nothing. Raises Refused (`ballot-file`)."""
        values = self._found.get(name, {})
        if len(values) > 1:
            raise broken(f"On line {list(values.values())[1]} {name} is said a second time, and otherwise.")
        return next(iter(values), "")

    def told(self, name: str) -> str:
        """Return how a refusal calls the value of this name."""
        lines = list(self._found.get(name, {}).values())
        return f"on line {lines[0]} the {name}" if lines else f"the {name}"

    def check_number(self, name: str, number: int) -> None:
        """Raise Refused (`ballot-file`) where another number is said than there are."""
        if (text := self.text(name)) and whole_of(text, name) != number:
            raise broken(f"On line {self._found[name][text]} {name} is {text[:40]}, but the file has {number} of them.")


def _sections(text: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";")
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            name = cells[0].strip().upper()
            if name in _SECTIONS and not any(cell.strip() for cell in cells[1:]):
                if name in found:
                    raise broken(f"On line {reader.line_num} begins the section {name}, but {name} is there twice.")
                found[name] = []
            elif not found:
                raise broken(f"On line {reader.line_num} the file does not begin with the section META.")
            else:
                found[next(reversed(found))].append(Row(reader.line_num, cells))
    except csv.Error as error:
        raise broken(f"On line {reader.line_num} is what cannot be read: {error}.") from error
    missing = [name for name in _SECTIONS if not found.get(name)]
    if missing:
        raise broken(f"On line {reader.line_num} the file ends; the section {missing[0]} is missing or empty.")
    return found


def _table(
    section: str, rows: Sequence[Row], needed: Sequence[str], *, asked: Sequence[str] = ()
) -> list[tuple[int, dict[str, str]]]:
    """Return the rows by column, with their lines. Every column needed or asked for must be there, a needed one have a
    cell in each row.
    """
    header = [cell.strip().lower() for cell in rows[0].cells]
    for name in (*needed, *asked):
        if header.count(name) != 1:
            how = "no column" if name not in header else "more than one column"
            raise broken(f"On line {rows[0].line} the section {section} has {how} {name}.")
    last = max(header.index(name) for name in needed)
    for line, cells in rows[1:]:
        if len(cells) <= last:
            raise broken(f"On line {line} a row of {section} has too few cells.")
    return [(line, {name: cell.strip() for name, cell in zip(header, cells, strict=False)}) for line, cells in rows[1:]]


def _check_voters(votes: Iterable[tuple[int, Mapping[str, str]]]) -> None:
    seen: set[str] = set()
    for line, row in votes:
        voter = row.get("voter_id", "")
        if voter and voter in seen:
            raise broken(f"On line {line} the voter_id {voter[:40]} votes a second time.")
        seen.add(voter)


def _vote_of_row(line: int, row: Mapping[str, str], kind: str) -> list[str] | dict[str, str]:
    keys = _cells(row["vote"])
    if kind not in _POINTS:
        return keys
    points = _cells(row.get("points", ""))
    if len(points) != len(keys):
        raise broken(f"On line {line} a vote for {len(keys)} projects has {len(points)} points.")
    if len(set(keys)) != len(keys):
        raise broken(f"On line {line} a vote names a project twice.")
    return dict(zip(keys, points, strict=True))


def _cells(text: str) -> list[str]:
    return [cell.strip() for cell in text.split(",") if cell.strip()]


# --- the same for both ------------------------------------------------------------------------------------------


def _file(
    *,
    title: str,
    rule: str,
    kind: str,
    money: Currency,
    budget: tuple[Any, str],
    projects: Sequence[_Project],
    limits: Mapping[str, Any],
    votes: Iterable[tuple[str, int, Any]],
) -> BallotFile:
    options = tuple(
        Option(
            item.key,
            clean(item.name) or f"Project {item.key}",
            cost=minor_of(item.cost, money, f"{item.where}the cost of {item.key}"),
        )
        for item in projects
    )
    keys = {option.key for option in options}
    if len(keys) != len(options):
        [(twice, _)] = Counter(option.key for option in options).most_common(1)
        raise broken(f"Two projects have the same id: {twice[:40]}.")
    points = _Points(kind, limits, keys)
    piles = Counter[Choice]()
    for where, number, vote in votes:
        piles[points.choice(vote, where)] += number
    words = {"budget": amount_text(minor_of(budget[0], money, budget[1]), money), "currency": money.code}
    if rule.strip().lower() == "greedy-threshold" or _given(limits, THRESHOLD):
        words["threshold_score"] = str(whole_of(limits.get(THRESHOLD) or 0, THRESHOLD, most=_HIGHEST))
    return BallotFile(
        clean(title),
        rule.strip(),
        options,
        tuple(Pile(choice, number) for choice, number in piles.items() if number),
        words,
        form="projects",
    )


def _limits_read(kind: str) -> list[str]:
    """Return the names of the limits that the count reads for votes of this kind."""
    return [THRESHOLD, *({"ordinal": ["max_length"], "scoring": ["default_score"]}.get(kind, []))]


class _Points:
    """What a vote of one kind is worth: ticks, or points. An ordinal vote gives `places` to the first, one less to each next."""

    def __init__(self, kind: str, limits: Mapping[str, Any], keys: set[str]) -> None:
        self._kind = kind
        self._keys = keys
        longest = kind == "ordinal" and _given(limits, "max_length")
        self._places = whole_of(limits["max_length"], "max_length") if longest else len(keys)
        usual = kind == "scoring" and _given(limits, "default_score")
        self._usual = whole_of(limits["default_score"], "default_score") if usual else 0

    def choice(self, vote: Any, where: str) -> Choice:
        """Return the choice. Raises Refused (`ballot-file`) with `where` it stands."""
        wanted: type[Any] = dict if self._kind in _POINTS else list
        if not isinstance(vote, wanted):
            form = "{project: points}" if self._kind in _POINTS else "[project, …]"
            raise broken(f"{where}, a vote of the type {self._kind} must be of the form {form}.")
        marks = [str(key) for key in vote]
        self._check(marks, where)
        if self._kind in TICKS:
            return tuple(sorted(marks))
        if self._kind in _POINTS:
            given = {**dict.fromkeys(self._keys if self._usual else (), self._usual), **_points_of(vote, where)}
            return Scores((key, points) for key, points in given.items() if points)
        return Scores({key: self._places - place for place, key in enumerate(marks)})

    def _check(self, marks: Sequence[str], where: str) -> None:
        strange = next((key for key in marks if key not in self._keys), None)
        if strange is not None:
            raise broken(f"{where} a vote names {strange[:40]}, which is no project.")
        if len(set(marks)) != len(marks):
            raise broken(f"{where} a vote names a project twice.")
        if self._kind == "choose-1" and len(marks) > 1:
            raise broken(f"{where} a vote that may choose one project chooses several.")
        if self._kind == "ordinal" and len(marks) > self._places:
            raise broken(f"{where} a vote ranks {len(marks)} projects; {self._places} are allowed.")


def _points_of(vote: Mapping[str, Any], where: str) -> dict[str, int]:
    return {str(key): whole_of(text, f"{where} the points for {key}") for key, text in vote.items()}


def _given(limits: Mapping[str, Any], name: str) -> bool:
    return limits.get(name) not in (None, "")


def _kind(name: str) -> str:
    kind = name.strip().lower()
    if kind not in _TYPES:
        raise broken(
            f"Votes of the type {name[:40] or 'without a name'} are not known; known are: {', '.join(_TYPES)}."
        )
    return kind
