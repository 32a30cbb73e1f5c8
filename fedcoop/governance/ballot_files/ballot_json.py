"""Ballots in JSON: candidates by their place from 0, lines of `[how many, choice]`.

A choice is a list of places: a ranking, in which an inner list is an equal rank, or ticks; an object of numbers by place; or,
in a file without candidates, the key of an answer. Of an object with names that are not known here nobody can say what it
means, so that it is refused.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fedcoop.governance.ballot_files.ballot_file import MOST_OPTIONS, RULES, BallotFile, broken, clean, tidy
from fedcoop.governance.motions.choices import Choice, Scores
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.motions.setting_words import names_of
from fedcoop.governance.motions.tallies import Pile, Ranking

MOST_BALLOTS = 10**9
_HIGHEST = 10**6
_PLACE = re.compile(r"0|[1-9][0-9]{0,5}")
TOLD = frozenset(
    {"id", "title", "date", "official", "computed", "reference", "source", "licence", "remark", "rules_note"}
)
"""What elections in JSON tell of themselves, and no count reads."""
_READ = frozenset(
    {
        *("method", "rule", "seats", "candidates", "options", "ballots", "ineligible", "unranked", "default_option"),
        *("settings", "eligible"),
    }
)
_CASTING = frozenset({"blank", "parties", "limits"})
"""What was so when votes were cast; ballots in a file are counted as they stand."""


def read_json(document: Mapping[str, Any]) -> BallotFile:
    """Return the ballot file of a document. Raises Refused (`ballot-file`) with what is wrong in it."""
    check_names(document, _READ | _CASTING)
    names = _names(document)
    given = document.get("ballots")
    if not isinstance(given, list):
        raise broken("The file has no list of ballots.")
    numbers: Counter[Choice | Ranking] = Counter()
    lines: dict[Choice | Ranking, int] = {}
    first = ""
    keys = [str(place) for place in range(len(names or ()))]
    for place, line in enumerate(given, start=1):
        number, form, choice = _line(line, place, None if names is None else keys)
        first = first or form
        if form != first:
            raise broken(f"Ballot line {place} is not of the form of those before it: {form}, not {first}.")
        numbers[choice] += number
        lines.setdefault(choice, place)
    return BallotFile(
        title=text_of(document, "title"),
        rule=text_of(document, "rule"),
        options=tidy(names or (), 0),
        piles=tuple(Pile(choice, number) for choice, number in numbers.items() if number),
        words=_words(document, len(names or ())),
        kind=text_of(document, "method"),
        form=_form(document, first or ("keys" if names is None else "lists")),
        lines=lines,
        typed=_typed(document.get("settings")),
        eligible=_eligible(document.get("eligible"), sum(numbers.values())),
    )


def _names(document: Mapping[str, Any]) -> list[str] | None:
    """Return the names of candidates or options; None for a file of answers, which brings none."""
    if "candidates" in document and "options" in document:
        raise broken("The file has candidates and options; only one of them can be.")
    if "options" in document:
        return _candidates(document["options"])
    lines = document.get("ballots")
    answers = isinstance(lines, list) and lines and "candidates" not in document and all(map(_is_answer, lines))
    return None if answers else _candidates(document.get("candidates"))


def _is_answer(line: Any) -> bool:
    choice = line[1] if isinstance(line, list) and len(line) == 2 else None
    return isinstance(choice, str) or (isinstance(choice, list) and len(choice) == 1 and isinstance(choice[0], str))


def _form(document: Mapping[str, Any], form: str) -> str:
    """Return what ballots are: of lists a rule that is named tells whether they are ticks or rankings."""
    rule = (text_of(document, "rule") or text_of(document, "method")).lower()
    if form != "lists" or not rule:
        return form
    method = METHODS.get(RULES.get(rule, (rule, {}))[0])
    return "ticks" if method is not None and method.form == "several" else "ranking"


def _typed(value: Any) -> dict[str, str]:
    """Return the settings that the file lays over those of its rule, as they are typed."""
    if value is None:
        return {}
    kinds = (str, int, bool)
    if not isinstance(value, dict) or not all(isinstance(item, kinds) for item in value.values()):
        raise broken("settings is an object of texts, whole numbers, true and false.")
    return {name: ("on" if item else "off") if isinstance(item, bool) else str(item) for name, item in value.items()}


def _eligible(value: Any, ballots: int) -> int | None:
    if value is None:
        return None
    if not _is_whole(value) or not ballots <= value <= MOST_BALLOTS:
        raise broken("eligible is how many could have voted, and not fewer than there are ballots.")
    return int(value)


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


def _line(line: Any, place: int, keys: Sequence[str] | None) -> tuple[int, str, Choice | Ranking]:
    """Return how many ballots a line stands for, of which form they are, and their choice."""
    if not (
        isinstance(line, list) and len(line) == 2 and _is_whole(line[0]) and isinstance(line[1], list | dict | str)
    ):
        raise broken(f"Ballot line {place} is not of the form [how many, [candidates]].")
    number, choice = line
    if not 0 <= number <= MOST_BALLOTS:
        raise broken(f"Ballot line {place} stands for {shown(number)} ballots.")
    if keys is None:
        return number, "keys", (str(choice if isinstance(choice, str) else choice[0]),)
    if isinstance(choice, dict):
        return number, "numbers", _numbers(choice, place, keys)
    if isinstance(choice, str):
        raise broken(f"Ballot line {place} is not of the form [how many, [candidates]].")
    return number, "lists", _plain(choice, keys) or ranking_of(choice, place, len(keys))


def _numbers(choice: Mapping[str, Any], place: int, keys: Sequence[str]) -> Scores:
    """Return the numbers by option; one that is null is left out."""
    strange = next((key for key in choice if not _PLACE.fullmatch(key) or int(key) >= len(keys)), None)
    if strange is not None:
        raise broken(f"Ballot line {place} names a candidate that there is not: {shown(strange)}.")
    if not all(number is None or (_is_whole(number) and abs(number) <= _HIGHEST) for number in choice.values()):
        raise broken(f"Ballot line {place} has what is no whole number.")
    return Scores({key: number for key, number in choice.items() if number is not None})


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
