"""Ranked ballots in JSON: candidates by their place from 0, lines of `[how many, ranking]`; an inner list is an equal rank."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fedcoop.governance.ballot_files import MOST_OPTIONS, BallotFile, broken, clean, tidy
from fedcoop.governance.setting_words import names_of
from fedcoop.governance.tallies import Pile, Ranking

MOST_BALLOTS = 10**9
_USUAL = {"stv": "scottish-stv", "irv": "irv", "condorcet": "schulze"}
"""The rule of a file that says only what kind of election it was."""


def read_ranked_json(document: Mapping[str, Any]) -> BallotFile:
    """Return the ballot file of a document. Raises Refused (`ballot-file`) with what is wrong in it."""
    names = _candidates(document.get("candidates"))
    lines = document.get("ballots")
    if not isinstance(lines, list):
        raise broken("The file has no list of ballots.")
    numbers: Counter[Ranking] = Counter()
    keys = [str(place) for place in range(len(names))]
    for place, line in enumerate(lines, start=1):
        number, ranks = _line(line, place)
        numbers[_plain(ranks, keys) or ranking_of(ranks, place, len(names))] += number
    return BallotFile(
        title=_text(document.get("title")),
        rule=_text(document.get("rule")) or _USUAL.get(_text(document.get("method")), ""),
        options=tidy(names, 0),
        piles=tuple(Pile(ranking, number) for ranking, number in numbers.items() if number),
        words=_words(document, len(names)),
    )


def _candidates(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise broken("The file has no list of candidates.")
    if len(value) > MOST_OPTIONS:
        raise broken(f"The file has {len(value)} candidates; {MOST_OPTIONS} are the most.")
    names = [item.get("name") if isinstance(item, dict) else item for item in value]
    strange = next((place for place, name in enumerate(names) if not isinstance(name, str)), None)
    if strange is not None:
        raise broken(f"Candidate {strange} is neither a name nor an object with a name.")
    return [str(name) for name in names]


def _text(value: Any) -> str:
    return clean(value) if isinstance(value, str) else ""


def _plain(ranks: Sequence[Any], keys: Sequence[str]) -> Ranking:
    """Return the ranking if all ranks are places, none twice; else nothing."""
    try:
        plain = len(set(ranks)) == len(ranks) and min(ranks, default=0) >= 0
        return tuple(map(keys.__getitem__, ranks)) if plain else ()
    except (TypeError, IndexError):
        return ()


def _line(line: Any, place: int) -> tuple[int, list[Any]]:
    if not (isinstance(line, list) and len(line) == 2 and _is_whole(line[0]) and isinstance(line[1], list)):
        raise broken(f"Ballot line {place} is not of the form [how many, [candidates]].")
    if not 0 <= line[0] <= MOST_BALLOTS:
        raise broken(f"Ballot line {place} stands for {line[0]} ballots.")
    return line[0], line[1]


def ranking_of(ranks: Sequence[Any], place: int, size: int) -> Ranking:
    """Return the ranking of places; a candidate named twice keeps the first rank.

    Raises Refused (`ballot-file`) for what is no candidate's place.
    """
    seen: set[int] = set()
    found: list[str | tuple[str, ...]] = []
    for rank in ranks:
        given = rank if isinstance(rank, list) else [rank]
        for number in given:
            if not _is_whole(number) or not 0 <= number < size:
                raise broken(f"Ballot line {place} names a candidate that there is not: {str(number)[:40]}.")
        kept = tuple(str(number) for number in dict.fromkeys(given) if number not in seen)
        seen.update(given)
        if kept or not given:
            found.append(kept[0] if len(kept) == 1 else kept)
    return tuple(found)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _words(document: Mapping[str, Any], size: int) -> dict[str, str]:
    """Return the settings that the file brings; those that a method does not have are left aside when it is counted."""
    words = {}
    seats = document.get("seats")
    if seats is not None:
        if not _is_whole(seats) or not 1 <= seats <= MOST_OPTIONS:
            raise broken("seats is a whole number above 0.")
        words["seats"] = str(seats)
    if gone := document.get("ineligible"):
        words["withdrawn"] = ",".join(_places(gone, "ineligible", size))
    unranked = document.get("unranked")
    if unranked is not None:
        if unranked not in ("last", "no-opinion"):
            raise broken("unranked is last or no-opinion.")
        words["unranked"] = unranked.replace("-", "_")
    if (usual := document.get("default_option")) is not None:
        words["status_quo"] = _places([usual], "default_option", size)[0]
        if words["status_quo"] in names_of(words.get("withdrawn", "")):
            raise broken("default_option is among those who are ineligible.")
    return words


def _places(value: Any, name: str, size: int) -> list[str]:
    if not isinstance(value, Iterable) or not all(_is_whole(item) and 0 <= item < size for item in value):
        raise broken(f"{name} names a candidate that there is not.")
    return [str(item) for item in value]
