"""Files of participatory budgets: Pabulib's `.pb` and the JSON of the same content, read to options and piles.

Source: pabulib.org/format and the README of the elections. Vote types: approval, choose-1, ordinal (points by place),
cumulative and scoring (points as given). Limits of what a voter could cast are no matter of the count. Money is read as
decimals and kept in minor units, never as binary floats.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from fedcoop.governance.ballot_files import BallotFile, broken, clean, is_shown
from fedcoop.governance.choices import Choice, Scores
from fedcoop.governance.motions import Option
from fedcoop.governance.projects import DEFAULT_CURRENCY
from fedcoop.governance.tallies import Pile
from fedcoop.kernel.money import Currency, currency_of

TICKS = frozenset({"approval", "choose-1"})
_POINTS = frozenset({"cumulative", "scoring"})
_TYPES = (*sorted(TICKS), "ordinal", *sorted(_POINTS))
_SECTIONS = ("META", "PROJECTS", "VOTES")
THRESHOLD = "min_project_score_threshold"
_MOST = 10**9
_HIGHEST = 999_999
"""The highest number of points that a threshold of ours can ask for."""
_SPACE = re.compile(r"(?<=[0-9])\s(?=[0-9]{3})")


def read_pabulib(text: str) -> BallotFile:
    """Return the budget vote of a `.pb` file. Raises Refused (`ballot-file`) with what is missing or wrong."""
    sections = _sections(text.removeprefix("\ufeff"))
    meta = {row[0].strip().lower(): ";".join(row[1:]).strip(" ;") for row in sections["META"] if len(row) > 1}
    kind = _kind(meta.get("vote_type", ""))
    projects = _table("PROJECTS", sections["PROJECTS"], ("cost",))
    header = {cell.strip().lower() for cell in sections["PROJECTS"][0]}
    name = next((name for name in ("project_id", "name") if name in header), None)
    if name is None:
        raise broken("The section PROJECTS has no column project_id, and none with names instead.")
    votes = _table("VOTES", sections["VOTES"], ("vote",), asked=("points",) if kind in _POINTS else ())
    return _file(
        title=meta.get("description", ""),
        rule=meta.get("rule", ""),
        kind=kind,
        money=_money(meta.get("currency") or DEFAULT_CURRENCY),
        budget=meta.get("budget"),
        projects=[(_id(row.get(name, "")), row["cost"], row.get("name", "")) for row in projects],
        limits=meta,
        votes=[(1, _vote_of_row(row, kind)) for row in votes],
    )


def read_pb_json(document: Mapping[str, Any]) -> BallotFile:
    """Return the budget vote of a JSON document as in the elections' README. Raises Refused (`ballot-file`)."""
    missing = next((name for name in ("vote_type", "budget", "projects", "votes") if name not in document), None)
    if missing is not None:
        raise broken(f"The file holds a budget, but {missing} is missing.")
    try:
        return _file(
            title=str(document.get("title") or document.get("id") or ""),
            rule=str(document.get("rule") or ""),
            kind=_kind(str(document["vote_type"])),
            money=_money(str(document.get("currency") or DEFAULT_CURRENCY)),
            budget=document["budget"],
            projects=[(_id(item["id"]), item["cost"], str(item.get("name") or "")) for item in document["projects"]],
            limits=document.get("limits") or {},
            votes=[(_whole(number, "how many voters"), vote) for number, vote in document["votes"]],
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise broken(f"A part of the file is missing or of another kind: {error!r}.") from error


def _id(value: Any) -> str:
    """Return the id as votes name it."""
    found = str(value).strip()
    if not found:
        raise broken("A project has no id.")
    if not is_shown(found):
        raise broken(f"The id of a project has letters that cannot be shown: {clean(found)[:40]}.")
    return found


# --- sections and tables of a .pb file --------------------------------------------------------------------------


def _sections(text: str) -> dict[str, list[list[str]]]:
    found: dict[str, list[list[str]]] = {}
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=";"):
            if not any(cell.strip() for cell in row):
                continue
            name = row[0].strip().upper()
            if name in _SECTIONS and not any(cell.strip() for cell in row[1:]):
                if name in found:
                    raise broken(f"The section {name} is there twice.")
                found[name] = []
            elif not found:
                raise broken("The file does not begin with the section META.")
            else:
                found[next(reversed(found))].append(row)
    except csv.Error as error:
        raise broken(f"A line cannot be read: {error}.") from error
    missing = [name for name in _SECTIONS if not found.get(name)]
    if missing:
        raise broken(f"The section {missing[0]} is missing or empty.")
    return found


def _table(
    section: str, rows: Sequence[Sequence[str]], needed: Sequence[str], *, asked: Sequence[str] = ()
) -> list[dict[str, str]]:
    """Return the rows by column. Every column needed or asked for must be there, a needed one have a cell in each row."""
    header = [cell.strip().lower() for cell in rows[0]]
    for name in (*needed, *asked):
        if name not in header:
            raise broken(f"The section {section} has no column {name}.")
    last = max(header.index(name) for name in needed)
    for number, row in enumerate(rows[1:], start=1):
        if len(row) <= last:
            raise broken(f"Row {number} of {section} has too few cells.")
    return [{name: cell.strip() for name, cell in zip(header, row, strict=False)} for row in rows[1:]]


def _vote_of_row(row: Mapping[str, str], kind: str) -> list[str] | dict[str, str]:
    keys = _cells(row["vote"])
    if kind not in _POINTS:
        return keys
    points = _cells(row.get("points", ""))
    if len(points) != len(keys):
        raise broken(f"A vote for {len(keys)} projects has {len(points)} points.")
    if len(set(keys)) != len(keys):
        raise broken("A vote names a project twice.")
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
    budget: Any,
    projects: Sequence[tuple[str, Any, str]],
    limits: Mapping[str, Any],
    votes: Iterable[tuple[int, Any]],
) -> BallotFile:
    options = tuple(
        Option(key, clean(name) or f"Project {key}", cost=_minor(cost, money, f"the cost of {key}"))
        for key, cost, name in projects
    )
    keys = {option.key for option in options}
    if len(keys) != len(options):
        raise broken("Two projects have the same id.")
    points = _Points(kind, limits, keys)
    piles = Counter[Choice]()
    for number, vote in votes:
        piles[points.choice(vote)] += number
    words = {"budget": _plain(_minor(budget, money, "the budget"), money), "currency": money.code}
    if rule.strip().lower() == "greedy-threshold" or _given(limits, THRESHOLD):
        words["threshold_score"] = str(_whole(limits.get(THRESHOLD) or 0, THRESHOLD, most=_HIGHEST))
    return BallotFile(
        clean(title),
        rule.strip(),
        options,
        tuple(Pile(choice, number) for choice, number in piles.items() if number),
        words,
    )


class _Points:
    """What a vote of one kind is worth: ticks, or points. An ordinal vote gives `places` to the first, one less to each next."""

    def __init__(self, kind: str, limits: Mapping[str, Any], keys: set[str]) -> None:
        self._kind = kind
        self._keys = keys
        longest = kind == "ordinal" and _given(limits, "max_length")
        self._places = _whole(limits["max_length"], "max_length") if longest else len(keys)
        usual = kind == "scoring" and _given(limits, "default_score")
        self._usual = _whole(limits["default_score"], "default_score") if usual else 0

    def choice(self, vote: Any) -> Choice:
        """Return the choice. Raises Refused (`ballot-file`)."""
        wanted: type[Any] = dict if self._kind in _POINTS else list
        if not isinstance(vote, wanted):
            form = "{project: points}" if self._kind in _POINTS else "[project, …]"
            raise broken(f"A vote of the type {self._kind} is of the form {form}.")
        marks = [str(key) for key in vote]
        strange = next((key for key in marks if key not in self._keys), None)
        if strange is not None or len(set(marks)) != len(marks):
            raise broken(
                f"A vote names {strange[:40]}, which is no project." if strange else "A vote names a project twice."
            )
        if self._kind == "choose-1" and len(marks) > 1:
            raise broken("A vote that may choose one project chooses several.")
        if self._kind in TICKS:
            return tuple(sorted(marks))
        if self._kind in _POINTS:
            given = {**dict.fromkeys(self._keys if self._usual else (), self._usual), **_points_of(vote)}
            return Scores((key, points) for key, points in given.items() if points)
        if len(marks) > self._places:
            raise broken(f"A vote ranks {len(marks)} projects; {self._places} are allowed.")
        return Scores({key: self._places - place for place, key in enumerate(marks)})


def _points_of(vote: Mapping[str, Any]) -> dict[str, int]:
    return {str(key): _whole(text, f"points for {key}") for key, text in vote.items()}


def _given(limits: Mapping[str, Any], name: str) -> bool:
    return limits.get(name) not in (None, "")


def _kind(name: str) -> str:
    kind = name.strip().lower()
    if kind not in _TYPES:
        raise broken(
            f"Votes of the type {name[:40] or 'without a name'} are not known; known are: {', '.join(_TYPES)}."
        )
    return kind


def _whole(value: Any, what: str, *, most: int = _MOST) -> int:
    number = _decimal(value, what)
    if not 0 <= number <= most or number != number.to_integral_value():
        raise broken(f"{what[:1].upper()}{what[1:]} must be a whole number from 0 to {most}, not {str(value)[:40]}.")
    return int(number)


def _decimal(value: Any, what: str) -> Decimal:
    """Return the number as it is written; a comma may part the decimals."""
    try:
        number = Decimal(_SPACE.sub("", str(value).strip()).replace(",", "."))
    except InvalidOperation as error:
        raise broken(f"{what[:1].upper()}{what[1:]} is no number: {str(value)[:40]}.") from error
    if isinstance(value, bool) or not number.is_finite():
        raise broken(f"{what[:1].upper()}{what[1:]} is no number: {str(value)[:40]}.")
    return number


def _money(code: str) -> Currency:
    try:
        return currency_of(code.strip().upper())
    except ValueError as error:
        raise broken(f"{code[:40]} is no currency code.") from error


def _minor(value: Any, money: Currency, what: str) -> int:
    if value is None:
        raise broken(f"{what[:1].upper()}{what[1:]} is missing.")
    exact = _decimal(value, what)
    minor = exact * money.unit if abs(exact) < Decimal(10) ** 15 else Decimal(-1)
    if minor <= 0 or minor != minor.to_integral_value():
        raise broken(f"{what[:1].upper()}{what[1:]} is no amount of {money.code}: {str(value)[:40]}.")
    return int(minor)


def _plain(minor: int, money: Currency) -> str:
    """Return the amount as the setting `budget` is typed."""
    whole, part = divmod(minor, money.unit)
    return f"{whole}.{part:0{money.scale}d}" if part else str(whole)
