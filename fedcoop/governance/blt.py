"""BLT files, the common form of ranked ballots: read with what its dialects have, and written.

    4 2          four candidates, two seats
    -3           candidate 3 withdrew
    12 1 4 0     twelve ballots: 1, then 4
    1 2 - 1=4 0  one ballot: a rank skipped, then two equal
    0            the end of the ballots
    "Amara"      names, a line each, then the title

`#` begins a comment, `(…)` before a ballot is its name, `[…]` before the ballots are options of other programs.
A candidate named twice on a ballot keeps the first rank.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set

from fedcoop.governance.ballot_files import BallotFile, broken, clean, tidy
from fedcoop.governance.setting_words import names_of
from fedcoop.governance.tallies import Pile, Ranking

MOST_OPTIONS = 2000
MOST_BALLOTS = 10**9
_COMMENT = re.compile(r"#.*")
_ASIDE = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_EQUALS = re.compile(r"\s*=\s*")
_PLAIN = re.compile(r"[0-9]{1,9}")
_WHOLE = re.compile(r"[0-9]{1,12}(?:\.0{1,12})?")
_SEVERAL = re.compile(r'\s*"[^"]*"(?:\s+"[^"]*")+\s*(?:#.*)?')
_QUOTED = re.compile(r'"([^"]*)"')


def read_blt(text: str) -> BallotFile:
    """Return the ballot file of a BLT text. Raises Refused (`ballot-file`) with what is wrong in it, by line."""
    lines = text.splitlines()
    start = next((n for n, line in enumerate(lines) if line.lstrip().startswith(('"', "“"))), len(lines))
    tokens = _Tokens(lines[:start])
    size, seats = tokens.whole("the number of candidates"), tokens.whole("the number of seats")
    if not 1 <= size <= MOST_OPTIONS or seats < 1:
        raise broken(f"A BLT file begins with the numbers of candidates and seats; this one has {size} and {seats}.")
    gone = _withdrawn(tokens, size)
    numbers = _ballots(tokens, size)
    names = list(_names(lines[start:]))
    title = clean(names[size]) if len(names) > size else ""
    words = {"seats": str(seats), **({"withdrawn": ",".join(gone)} if gone else {})}
    options = tidy([*names[:size], *[""] * (size - len(names))], 1)
    return BallotFile(title, "", options, tuple(Pile(r, n) for r, n in numbers.items() if n), words)


class _Tokens:
    """The words before the names, with the number of the line that each stands on."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self._words: list[str] = []
        self.line = 0

    def plain_ballot(self, known: Set[str]) -> tuple[int, Ranking] | None:
        """Return the ballots of the next line if it is one of the plain kind, whole and without anything to look at twice."""
        if self._words or self.line >= len(self._lines):
            return None
        words = self._lines[self.line].split()
        number, ranking = words[:1], tuple(words[1:-1])
        if words[-1:] != ["0"] or number == ["0"] or not _PLAIN.fullmatch(words[0]) or len(words) < 2:
            return None
        if len(names := set(ranking)) != len(ranking) or not names <= known:
            return None
        self.line += 1
        return int(words[0]), ranking

    def peek(self) -> str | None:
        """Return the next word, None at the end."""
        while not self._words and self.line < len(self._lines):
            bare = _EQUALS.sub("=", _ASIDE.sub(" ", _COMMENT.sub("", self._lines[self.line])))
            self._words = bare.replace(",", " ").split()[::-1]
            self.line += 1
        return self._words[-1] if self._words else None

    def take(self) -> str:
        """Return the next word and go on. Raises Refused (`ballot-file`) at the end."""
        if self.peek() is None:
            raise broken("The file ends before its ballots do: after them stands a line with 0.")
        return self._words.pop()

    def whole(self, what: str) -> int:
        """Return the next word as a whole number. Raises Refused (`ballot-file`)."""
        word = self.take()
        if not _WHOLE.fullmatch(word):
            raise broken(f"On line {self.line}, instead of {what}, stands {word[:40]}.")
        return int(word.partition(".")[0])


def _withdrawn(tokens: _Tokens, size: int) -> list[str]:
    found: list[str] = []
    while (word := tokens.peek()) is not None and word.startswith("-") and word != "-":
        found.append(_candidate(tokens.take()[1:], tokens, size))
    return list(dict.fromkeys(found))


def _candidate(word: str, tokens: _Tokens, size: int) -> str:
    if not (word.isascii() and word.isdecimal() and len(word) < 9 and 1 <= int(word) <= size):
        raise broken(f"On line {tokens.line} is named a candidate that there is not: {word[:40]}.")
    return str(int(word))


def _ballots(tokens: _Tokens, size: int) -> Counter[Ranking]:
    numbers: Counter[Ranking] = Counter()
    known = frozenset(map(str, range(1, size + 1)))
    while (plain := tokens.plain_ballot(known)) or tokens.peek() is not None:
        number, ranking = plain or _ballot(tokens, size)
        if not plain and not number:
            break
        numbers[ranking] += number
    return numbers


def _ballot(tokens: _Tokens, size: int) -> tuple[int, Ranking]:
    """Return how many ballots, and their ranking; no ballots at the 0 that ends them all."""
    number = tokens.whole("how many ballots a line stands for")
    if number > MOST_BALLOTS:
        raise broken(f"On line {tokens.line} one line stands for {number} ballots.")
    return number, _ranking(tokens, size) if number else ()


def _ranking(tokens: _Tokens, size: int) -> Ranking:
    seen: set[str] = set()
    found: list[str | tuple[str, ...]] = []
    while (word := tokens.take()) != "0":
        if word == "-":
            found.append(())
            continue
        given = dict.fromkeys(_candidate(part, tokens, size) for part in word.split("="))
        kept = tuple(key for key in given if key not in seen)
        seen.update(kept)
        if kept:
            found.append(kept[0] if len(kept) == 1 else kept)
    return tuple(found)


def _names(lines: Iterable[str]) -> Iterator[str]:
    """Yield what stands in quotes, a line each or several on one; quotes within a name stay."""
    for line in map(str.strip, lines):
        if _SEVERAL.fullmatch(line):
            yield from _QUOTED.findall(line)
        elif line.startswith('"') and line.count('"') > 1:
            yield line[1 : line.rindex('"')]
        elif line and not line.startswith("#"):
            yield _COMMENT.sub("", line).strip().strip('"“”')


def write_blt(file: BallotFile) -> str:
    """Return the ballot file as BLT; options are numbered in their order, ballots sorted, so that equal files are equal."""
    places = {option.key: str(n) for n, option in enumerate(file.options, start=1)}
    gone = [key for key in names_of(file.words.get("withdrawn", "")) if key in places]
    ballots = sorted(
        (tuple(_rank_text(rank, places) for rank in pile.choice), pile.value) for pile in file.piles if pile.value
    )
    merged: Counter[tuple[str, ...]] = Counter()
    for ranks, number in ballots:
        merged[ranks] += number
    return "\n".join(
        [
            f"{len(file.options)} {file.words.get('seats', '1')}",
            *([" ".join(f"-{places[key]}" for key in gone)] if gone else []),
            *(" ".join((str(number), *ranks, "0")) for ranks, number in merged.items()),
            "0",
            *(_quoted(option.name) for option in file.options),
            _quoted(file.title),
            "",
        ]
    )


def _rank_text(rank: str | tuple[str, ...], places: dict[str, str]) -> str:
    keys = (rank,) if isinstance(rank, str) else rank
    return "=".join(places[key] for key in keys) or "-"


def _quoted(text: str) -> str:
    return f'"{" ".join(text.split())}"'
