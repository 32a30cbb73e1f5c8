"""BLT files, the common form of ranked ballots: read with what its dialects have, and written.

    4 2          four candidates, two seats
    -3           candidate 3 withdrew
    12 1 4 0     twelve ballots: 1, then 4
    1 2 - 1=4 0  one ballot: a rank skipped, then two equal; `(1 4)` says the same
    0            the end of the ballots
    "Amara"      names, a line each, then the title

`#` begins a comment, `(…)` before a ballot is its name. Of the options in brackets before the ballots, `[withdrawn 4 5]` and
`[undeclared 4]` name who cannot be elected, `[nick a b c d]` gives words for the numbers; others, such as `[tie 2 1]`, have
no effect. A candidate named twice on a ballot keeps the first rank.
"""

from collections import Counter
from collections.abc import Mapping

from fedcoop.governance.ballot_files import MOST_OPTIONS, BallotFile, broken, tidy
from fedcoop.governance.blt_names import names_in, parted, quoted
from fedcoop.governance.blt_words import Words
from fedcoop.governance.setting_words import names_of
from fedcoop.governance.tallies import Pile, Ranking

MOST_BALLOTS = 10**9


def read_blt(text: str) -> BallotFile:
    """Return the ballot file of a BLT text. Raises Refused (`ballot-file`) with what is wrong in it, by line."""
    ballots, named = parted(text.splitlines())
    words = Words(ballots)
    size, seats = words.whole("the number of candidates"), words.whole("the number of seats")
    if not (1 <= size <= MOST_OPTIONS and 1 <= seats <= MOST_OPTIONS):
        raise broken(
            f"A BLT file begins with the numbers of candidates and seats, each from 1 to {MOST_OPTIONS}; "
            f"this one has {size} and {seats}."
        )
    reader = _Ballots(words, size)
    numbers = reader.read()
    names = list(names_in([*words.rest(), *named]))
    title = names[size] if len(names) > size else ""
    given = {"seats": str(seats), **({"withdrawn": ",".join(reader.gone)} if reader.gone else {})}
    options = tidy([*names[:size], *[""] * (size - len(names))], 1)
    return BallotFile(title, "", options, tuple(Pile(r, n) for r, n in numbers.items() if n), given)


class _Ballots:
    """Reads the ballots; `keys` holds the candidate of each word that stands for one, `gone` who cannot be elected."""

    def __init__(self, words: Words, size: int) -> None:
        self._words = words
        self._size = size
        self._plain = frozenset(map(str, range(1, size + 1)))
        self._keys: Mapping[str, str] = {key: key for key in self._plain}
        self.gone: list[str] = []

    def read(self) -> Counter[Ranking]:
        """Return how many ballots have each ranking. Raises Refused (`ballot-file`)."""
        self._words.begin_ballots()
        self._learn_words()
        withdrawn = self._withdrawn()
        self._learn_words()
        numbers: Counter[Ranking] = Counter()
        while (plain := self._words.plain_ballot(self._plain)) or self._words.peek() is not None:
            number, ranking = plain or self._ballot()
            if not plain and not number:
                break
            numbers[ranking] += number
        self.gone = list(dict.fromkeys([*withdrawn, *self._ineligible()]))
        return numbers

    def _learn_words(self) -> None:
        """Learn the words that stand for candidates; where such a word is a number itself, it goes before the number."""
        self._words.peek()
        for nicks in (option[1:] for option in self._words.options if option[0].lower() == "nick"):
            if len(nicks) != self._size or len(set(nicks)) != self._size or "0" in nicks:
                raise broken(f"The option nick must give {self._size} different words, none of them 0.")
            places = {nick: str(place) for place, nick in enumerate(nicks, start=1)}
            self._plain = self._plain if self._plain.isdisjoint(nicks) else frozenset()
            self._keys = {**{key: key for key in self._plain}, **places}

    def _withdrawn(self) -> list[str]:
        found: list[str] = []
        while (word := self._words.peek()) is not None and word.startswith("-") and word != "-":
            found.append(self._candidate(self._words.take()[1:]))
        return found

    def _ineligible(self) -> list[str]:
        given = [option for option in self._words.options if option[0].lower() in ("withdrawn", "undeclared")]
        return [self._candidate(word) for option in given for word in option[1:]]

    def _candidate(self, word: str) -> str:
        found = self._keys.get(word) or self._keys.get(word.lstrip("0"))
        if found is None:
            raise broken(f"On line {self._words.line} is named a candidate that there is not: {word[:40]}.")
        return found

    def _ballot(self) -> tuple[int, Ranking]:
        """Return how many ballots, and their ranking; no ballots at the 0 that ends them all."""
        while (self._words.peek() or "").startswith("("):
            self._words.take()
        number = self._words.whole("how many ballots a line stands for")
        if number > MOST_BALLOTS:
            raise broken(f"On line {self._words.line} one line stands for {number} ballots.")
        return number, self._ranking() if number else ()

    def _ranking(self) -> Ranking:
        seen: set[str] = set()
        found: list[str | tuple[str, ...]] = []
        while (word := self._words.take()) != "0":
            if word == "-":
                found.append(())
                continue
            parts = word.strip("()").split() if word.startswith("(") else word.split("=")
            given = dict.fromkeys(self._candidate(part) for part in parts)
            kept = tuple(key for key in given if key not in seen)
            seen.update(kept)
            if kept:
                found.append(kept[0] if len(kept) == 1 else kept)
        return tuple(found)


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
