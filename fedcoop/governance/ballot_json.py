"""Ranked ballots in JSON: candidates by their place from 0, lines of `[how many, ranking]`; an inner list is an equal rank.

Of an object with names that are not known here nobody can say what it means, so that it is refused.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fedcoop.governance.ballot_files import MOST_OPTIONS, BallotFile, broken, clean, tidy
from fedcoop.governance.setting_words import names_of
from fedcoop.governance.tallies import Pile, Ranking

MOST_BALLOTS = 10**9
TOLD = frozenset(
    {"id", "title", "date", "official", "computed", "reference", "source", "licence", "remark", "rules_note"}
)
"""What elections in JSON tell of themselves, and no count reads."""
_READ = frozenset({"method", "rule", "seats", "candidates", "ballots", "ineligible", "unranked", "default_option"})
_CASTING = frozenset({"blank", "parties", "limits"})
"""What was so when votes were cast; ballots in a file are counted as they stand."""


def read_ranked_json(document: Mapping[str, Any]) -> BallotFile:
    """Return the ballot file of a document. Raises Refused (`ballot-file`) with what is wrong in it."""
    check_names(document, _READ | _CASTING)
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
        title=text_of(document, "title"),
        rule=text_of(document, "rule"),
        options=tidy(names, 0),
        piles=tuple(Pile(ranking, number) for ranking, number in numbers.items() if number),
        words=_words(document, len(names)),
        kind=text_of(document, "method"),
    )


def check_names(document: Mapping[str, Any], known: Iterable[str]) -> None:
    """Raise Refused (`ballot-file`) for a name in the document that is not known, and so perhaps another mistyped."""
    strange = next((name for name in document if name not in known and name not in TOLD), None)
    if strange is not None:
        raise broken(f"The file has {strange[:40]}, which is not known; known are: {', '.join(sorted(known))}.")


def text_of(document: Mapping[str, Any], name: str) -> str:
    """Return a text, "" where it is left out. Raises Refused (`ballot-file`) for anything else."""
    value = document.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise broken(f"{name} is not a text.")
    return clean(value)


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


def _plain(ranks: Sequence[Any], keys: Sequence[str]) -> Ranking:
    """Return the ranking if all ranks are places, none twice; else nothing."""
    if not set(map(type, ranks)) <= {int} or len(set(ranks)) != len(ranks) or min(ranks, default=0) < 0:
        return ()
    try:
        return tuple(map(keys.__getitem__, ranks))
    except IndexError:
        return ()


def _line(line: Any, place: int) -> tuple[int, list[Any]]:
    if not (isinstance(line, list) and len(line) == 2 and _is_whole(line[0]) and isinstance(line[1], list)):
        raise broken(f"Ballot line {place} is not of the form [how many, [candidates]].")
    if not 0 <= line[0] <= MOST_BALLOTS:
        raise broken(f"Ballot line {place} stands for {shown(line[0])} ballots.")
    return line[0], line[1]


def shown(value: Any) -> str:
    """Return the beginning of what a file has somewhere, to be quoted in a refusal."""
    return str(value)[:40]


def ranking_of(ranks: Sequence[Any], place: int, size: int) -> Ranking:
    """Return the ranking of places; a candidate who has a rank alone twice keeps the first.

    Raises Refused (`ballot-file`) for what is no candidate's place.
    """
    alone: set[int] = set()
    found: list[str | tuple[str, ...]] = []
    for rank in ranks:
        given = rank if isinstance(rank, list) else [rank]
        for number in given:
            if not _is_whole(number) or not 0 <= number < size:
                raise broken(f"Ballot line {place} names a candidate that there is not: {shown(number)}.")
        kept = tuple(dict.fromkeys(given))
        if len(kept) != 1:
            found.append(tuple(map(str, kept)))
        elif kept[0] not in alone:
            found.append(str(kept[0]))
            alone.add(kept[0])
    return tuple(found)


def _is_whole(value: Any) -> bool:
    return type(value) is int


def _words(document: Mapping[str, Any], size: int) -> dict[str, str]:
    """Return the settings that the file brings; those that a method does not have are left aside when it is counted."""
    words = {}
    seats = document.get("seats")
    if seats is not None:
        if not _is_whole(seats) or not 1 <= seats <= MOST_OPTIONS:
            raise broken(f"seats is a whole number from 1 to {MOST_OPTIONS}.")
        words["seats"] = str(seats)
    gone = document.get("ineligible")
    if gone is not None and (places := _places(gone, "ineligible", size)):
        words["withdrawn"] = ",".join(places)
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
    if not isinstance(value, list) or not all(_is_whole(item) and 0 <= item < size for item in value):
        raise broken(f"{name} names a candidate that there is not.")
    return [str(item) for item in dict.fromkeys(value)]
