"""Files of participatory budgets: Pabulib's `.pb` and the JSON of the same content, read to options and piles.

Source: pabulib.org/format and the README of the elections. Vote types: approval, choose-1, ordinal (points by place),
cumulative (points as given). Money is read as decimals and kept in minor units, never as binary floats.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from fedcoop.governance.ballot_files import BallotFile, broken
from fedcoop.governance.choices import Choice, Scores
from fedcoop.governance.motions import Option
from fedcoop.governance.projects import DEFAULT_CURRENCY
from fedcoop.governance.tallies import Pile
from fedcoop.kernel.money import Currency, currency_of

TICKS = frozenset({"approval", "choose-1"})
_TYPES = (*sorted(TICKS), "ordinal", "cumulative")
_SECTIONS = ("META", "PROJECTS", "VOTES")
_LIMITS = ("max_length", "min_project_score_threshold")
_MOST_POINTS = 10**6


def read_pabulib(text: str) -> BallotFile:
    """Return the budget vote of a `.pb` file. Raises Refused (`ballot-file`) with what is missing or wrong."""
    sections = _sections(text.removeprefix("\ufeff"))
    meta = {row[0].strip().lower(): row[1].strip() for row in sections["META"][1:] if len(row) > 1}
    projects = _table("PROJECTS", sections["PROJECTS"], ("project_id", "cost"))
    kind = _kind(meta.get("vote_type", ""))
    votes = _table("VOTES", sections["VOTES"], ("vote", "points") if kind == "cumulative" else ("vote",))
    return _file(
        title=meta.get("description", ""),
        rule=meta.get("rule", ""),
        kind=kind,
        money=_money(meta.get("currency", DEFAULT_CURRENCY)),
        budget=meta.get("budget"),
        projects=[(row["project_id"], row["cost"], row.get("name", "")) for row in projects],
        limits=_limits({name: meta.get(name) for name in _LIMITS}),
        votes=[(1, _vote_of_row(row, kind)) for row in votes],
    )


def read_pb_json(document: Mapping[str, Any]) -> BallotFile:
    """Return the budget vote of a JSON document as in the elections' README. Raises Refused (`ballot-file`)."""
    try:
        kind = _kind(str(document["vote_type"]))
        return _file(
            title=str(document.get("title") or document.get("id") or ""),
            rule=str(document.get("rule", "")),
            kind=kind,
            money=_money(str(document.get("currency", DEFAULT_CURRENCY))),
            budget=document["budget"],
            projects=[(str(item["id"]), item["cost"], str(item.get("name", ""))) for item in document["projects"]],
            limits=_limits(document.get("limits", {})),
            votes=[(_whole(number, "how many voters"), vote) for number, vote in document["votes"]],
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise broken(f"A part of the file is missing or of another kind: {error!r}.") from error


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


def _table(section: str, rows: Sequence[Sequence[str]], needed: Sequence[str]) -> list[dict[str, str]]:
    """Return the rows by column. Every needed column must be there, and have a cell in each row."""
    header = [cell.strip().lower() for cell in rows[0]]
    for name in needed:
        if name not in header:
            raise broken(f"The section {section} has no column {name}.")
    last = max(header.index(name) for name in needed)
    for number, row in enumerate(rows[1:], start=1):
        if len(row) <= last:
            raise broken(f"Row {number} of {section} has too few cells.")
    return [{name: cell.strip() for name, cell in zip(header, row, strict=False)} for row in rows[1:]]


def _vote_of_row(row: Mapping[str, str], kind: str) -> list[str] | dict[str, str]:
    keys = _cells(row["vote"])
    if kind != "cumulative":
        return keys
    points = _cells(row["points"])
    if len(points) != len(keys):
        raise broken(f"A vote for {len(keys)} projects has {len(points)} points.")
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
    limits: Mapping[str, int],
    votes: Iterable[tuple[int, Any]],
) -> BallotFile:
    options = tuple(
        Option(key, " ".join(name.split()) or f"Project {key}", cost=_minor(cost, money, f"the cost of {key}"))
        for key, cost, name in projects
    )
    keys = {option.key for option in options}
    if len(keys) != len(options):
        raise broken("Two projects have the same id.")
    places = limits.get("max_length", len(options))
    piles = Counter[Choice]()
    for number, vote in votes:
        piles[_choice(vote, kind, places, keys)] += number
    words = {"budget": _plain(_minor(budget, money, "the budget"), money), "currency": money.code}
    if rule == "greedy-threshold":
        words["min_score"] = str(limits.get("min_project_score_threshold", 0))
    return BallotFile(
        title, rule, options, tuple(Pile(choice, number) for choice, number in piles.items() if number), words
    )


def _choice(vote: Any, kind: str, places: int, keys: set[str]) -> Choice:
    """Return ticks, or points: of an ordinal vote `places` for the first one, one less for each further place."""
    marks = [str(key) for key in vote]
    strange = next((key for key in marks if key not in keys), None)
    if strange is not None or len(set(marks)) != len(marks):
        raise broken(f"A vote names {strange}, which is no project." if strange else "A vote names a project twice.")
    if kind == "choose-1" and len(marks) > 1:
        raise broken("A vote that may choose one project chooses several.")
    if kind in TICKS:
        return tuple(sorted(marks))
    if kind == "cumulative":
        return Scores(_points(vote))
    if len(marks) > places:
        raise broken(f"A vote ranks {len(marks)} projects; {places} are allowed.")
    return Scores({key: places - place for place, key in enumerate(marks)})


def _points(vote: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    for key, text in vote.items():
        points = _whole(text, f"points for {key}")
        if points:
            yield str(key), points


def _kind(name: str) -> str:
    kind = name.strip().lower()
    if kind not in _TYPES:
        raise broken(
            f"Votes of the type {name[:40] or 'without a name'} are not known; known are: {', '.join(_TYPES)}."
        )
    return kind


def _limits(given: Mapping[str, Any]) -> dict[str, int]:
    return {name: _whole(given[name], name) for name in _LIMITS if given.get(name) not in (None, "")}


def _whole(value: Any, what: str) -> int:
    number = _decimal(value, what)
    if number != number.to_integral_value() or not 0 <= number <= _MOST_POINTS:
        raise broken(f"{what[:1].upper()}{what[1:]} must be a whole number, not {str(value)[:40]}.")
    return int(number)


def _decimal(value: Any, what: str) -> Decimal:
    """Return the number as it is written; a comma may part the decimals."""
    try:
        number = Decimal(str(value).strip().replace(",", "."))
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
