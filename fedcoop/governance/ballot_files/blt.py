"""BLT files, the common form of ranked ballots: read with what its dialects have, and written.

    4 2          four candidates, two seats
    -3           candidate 3 withdrew
    12 1 4 0     twelve ballots: 1, then 4
    1 2 - 1=4 0  one ballot: a rank skipped, then two equal; `(1 4)` says the same
    0            the end of the ballots
    "Amara"      names, a line each, then the title

`#` begins a comment, `(…)` before a ballot is its name. Of the options in brackets `[withdrawn 4 5]` and `[undeclared 4]` name
who cannot be elected, `[nick a b c d]` gives words for the numbers; others, such as `[tie 2 1]`, have no effect. A candidate
named twice on a ballot keeps the first rank. What was cut off, doubled or lost is refused with its line.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from fedcoop.governance.ballot_files.ballot_file import MOST_OPTIONS, BallotFile, broken, tidy
from fedcoop.governance.ballot_files.blt_names import names_and_title, quoted
from fedcoop.governance.ballot_files.blt_words import Words, parted
from fedcoop.governance.motions.setting_words import names_of
from fedcoop.governance.motions.tallies import Pile, Ranking

MOST_BALLOTS = 10**9


def read_blt(text: str) -> BallotFile:
    """Return the ballot file of a BLT text. Raises Refused (`ballot-file`) with what is wrong in it, by line."""
    parts = parted(text)
    words = Words(parts.ballots)
    size, seats = _header(words)
    reader = _Ballots(words, size, parts.options)
    numbers = reader.read()
    names, title = names_and_title([*_after_ballots(words), *parts.names], size)
    given = {"seats": str(seats), **({"withdrawn": ",".join(reader.gone)} if reader.gone else {})}
    return BallotFile(title, "", tidy(names, 1), tuple(Pile(r, n) for r, n in numbers.items() if n), given)


def _header(words: Words) -> tuple[int, int]:
    """Return the numbers of candidates and seats, which stand on one line."""
    size, line = words.whole("the number of candidates"), words.line
    if words.ends_line:
        raise broken(f"On line {line} stands one number; a BLT file begins with those of candidates and seats.")
    seats = words.whole("the number of seats")
    if not (1 <= size <= MOST_OPTIONS and 1 <= seats <= MOST_OPTIONS):
        raise broken(
            f"On line {line} stand {size} and {seats}; a BLT file begins with the numbers of candidates and seats, "
            f"each from 1 to {MOST_OPTIONS}."
        )
    return size, seats


def _after_ballots(words: Words) -> list[tuple[int, str]]:
    """Return the lines after the 0 that ends the ballots, of names without quotes."""
    beside, *lines = words.rest()
    if beside[1]:
        raise broken(
            f"On line {beside[0]} stands {beside[1][:40]} after a 0 that ends the ballots; no ballot has a weight of 0."
        )
    return lines


class _Ballots:
    """Reads the ballots; `keys` holds the candidate of each word that stands for one, `gone` who cannot be elected."""

    def __init__(self, words: Words, size: int, options: Sequence[tuple[int, list[str]]]) -> None:
        self._words = words
        self._size = size
        self._head = words.line
        self._options = options
        self._plain = frozenset(map(str, range(1, size + 1)))
        self._keys: Mapping[str, str] = {key: key for key in self._plain}
        self.gone: list[str] = []

    def read(self) -> Counter[Ranking]:
        """Return how many ballots have each ranking. Raises Refused (`ballot-file`)."""
        self._words.begin_ballots()
        self._learn_words()
        withdrawn = self._withdrawn()
        numbers: Counter[Ranking] = Counter()
        while True:
            number, ranking = self._words.plain_ballot(self._plain) or self._ballot()
            if not number:
                break
            numbers[ranking] += number
        self.gone = list(dict.fromkeys([*withdrawn, *self._ineligible()]))
        return numbers

    def _learn_words(self) -> None:
        """Learn the words that stand for candidates; where such a word is a number itself, it goes before the number."""
        for line, nicks in ((line, option[1:]) for line, option in self._options if option[0].lower() == "nick"):
            if len(nicks) != self._size or len(set(nicks)) != self._size or "0" in nicks:
                raise broken(f"On line {line} the option nick must give {self._size} different words, none of them 0.")
            places = {nick: str(place) for place, nick in enumerate(nicks, start=1)}
            self._plain = self._plain if self._plain.isdisjoint(nicks) else frozenset()
            self._keys = {**{key: key for key in self._plain}, **places}

    def _withdrawn(self) -> list[str]:
        found: list[str] = []
        while (word := self._words.peek()) is not None and word.startswith("-") and word != "-":
            found.append(self._candidate(self._words.take()[1:], self._words.line))
        return found

    def _ineligible(self) -> list[str]:
        given = ((line, option) for line, option in self._options if option[0].lower() in ("withdrawn", "undeclared"))
        return [self._candidate(word, line) for line, option in given for word in option[1:]]

    def _candidate(self, word: str, line: int) -> str:
        found = self._keys.get(word) or self._keys.get(word.lstrip("0"))
        if found is None:
            raise broken(f"On line {line} is named a candidate that there is not: {word[:40]}.")
        return found

    def _ballot(self) -> tuple[int, Ranking]:
        """Return how many ballots, and their ranking; no ballots at the 0 that ends them all."""
        while (self._words.peek() or "").startswith("("):
            self._words.take()
        ends = self._words.peek() == "0"
        number, line = self._words.whole("how many ballots a line stands for"), self._words.line
        if ends:
            return 0, ()
        if not 1 <= number <= MOST_BALLOTS:
            raise broken(f"On line {line} one line stands for {number} ballots.")
        return number, self._ranking(line)

    def _ranking(self, line: int) -> Ranking:
        """Return the ranking of a ballot that begins on this line."""
        alone: set[str] = set()
        found: list[str | tuple[str, ...]] = []
        named: list[str] = []
        while (word := self._words.take()) != "0":
            self._check_line(line, repeats=False)
            if word == "-":
                found.append(())
                continue
            parts = word.strip("()").split() if word.startswith("(") else word.split("=")
            given = tuple(dict.fromkeys(self._candidate(part, self._words.line) for part in parts or [word]))
            named += given
            if len(given) > 1:
                found.append(given)
            elif given[0] not in alone:
                found.append(given[0])
                alone.add(given[0])
        self._check_line(line, repeats=len(set(named)) < len(named))
        return tuple(found)

    def _check_line(self, line: int, *, repeats: bool) -> None:
        """Raise Refused (`ballot-file`) for a ballot over several lines that looks like two, or like a header of more."""
        if self._words.line != line and (line == self._head or repeats):
            raise broken(f"On line {line} begins a ballot that does not end there, and is none with what follows.")


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
            *(quoted(option.name) for option in file.options),
            quoted(file.title),
            "",
        ]
    )


def _rank_text(rank: str | tuple[str, ...], places: dict[str, str]) -> str:
    keys = (rank,) if isinstance(rank, str) else rank
    return "=".join(places[key] for key in keys) or "-"
