"""The text of a BLT file in its parts, and the words of its ballots with the number of the line that each stands on.

A group in parentheses is one word: before a ballot its name, within it an equal rank. `#` and `/* … */` are comments, and
options stand in brackets. Every step takes time in proportion to the text.
"""

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import islice

from fedcoop.governance.ballot_files.ballot_file import broken
from fedcoop.governance.motions.tallies import Ranking

Numbered = tuple[int, str]
"""A piece of text, and the number of its line from 1."""
_LINE_END = re.compile(r"\r\n|\r|\n")
_MARK = re.compile(r'/\*|[#(\["“]')
_GROUP = re.compile(r"\([^()\n]*\)")
_WORD = re.compile(r"\([^()]*\)|[^\s()]+|[()]")
_PLAIN = re.compile(r"[0-9]{1,9}")
_WHOLE = re.compile(r"[0-9]{1,12}(?:\.0{1,12})?")
_CLOSED_BY = {"/*": "*/", "[": "]"}


@dataclass(frozen=True, slots=True)
class Parts:
    """The lines of ballots without comments and options; the options, each as its words; the lines of names in quotes."""

    ballots: Sequence[str]
    options: Sequence[tuple[int, list[str]]]
    names: Sequence[Numbered]


def parted(text: str) -> Parts:
    """Return the parts; names begin at the first quote outside of comments. Raises Refused (`ballot-file`), by line."""
    text = _LINE_END.sub("\n", text)
    kept: list[str] = []
    options: list[tuple[int, list[str]]] = []
    start, at, line = 0, 0, 1
    while (found := _MARK.search(text, at)) is not None and found[0] not in ('"', "“"):
        line += text.count("\n", at, found.start())
        end = _passed(text, found, line)
        inside = text[found.start() : end]
        if found[0] != "(":
            kept += text[start : found.start()], " ", "\n" * inside.count("\n")
            start = end
        if found[0] == "[" and (words := inside[1:-1].replace(",", " ").split()):
            options.append((line, words))
        at, line = end, line + inside.count("\n")
    first = found.start() if found else len(text)
    ballots = "".join((*kept, text[start:first])).split("\n")
    names = enumerate(text[first:].split("\n"), start=len(ballots)) if found else ()
    return Parts(ballots, options, list(names))


def _passed(text: str, mark: re.Match[str], line: int) -> int:
    """Return where what the mark begins is over. Raises Refused (`ballot-file`) for what is never closed."""
    if mark[0] == "#":
        end = text.find("\n", mark.start())
        return end if end >= 0 else len(text)
    if mark[0] == "(":
        group = _GROUP.match(text, mark.start())
        return group.end() if group else mark.end()
    closing = _CLOSED_BY[mark[0]]
    end = text.find(closing, mark.end())
    if end < 0:
        raise broken(f"On line {line} stands {mark[0]} and after it no {closing}.")
    return end + len(closing)


class Words:
    """Reads the ballots word by word; `line` is the number of the line that was read last."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self._words: list[str] = []
        self._closes = False
        self.line = 0

    @property
    def ends_line(self) -> bool:
        """Whether the word taken last is the last of its line."""
        return not self._words

    def begin_ballots(self) -> None:
        """Take every further line of ballots for a whole one if none ends with 0, as some programs write them."""
        rest = (line.split() for line in self._lines[self.line :])
        ends = list(islice((words for words in rest if words[-1:] == ["0"]), 2))
        self._closes = ends == [["0"]]

    def plain_ballot(self, known: Set[str]) -> tuple[int, Ranking] | None:
        """Return the ballots of the next line if it is one of the plain kind, whole and without anything to look at twice."""
        if self._words or self.line >= len(self._lines):
            return None
        words = self._lines[self.line].split()
        if len(words) < 2 or words[-1] != "0" or not _PLAIN.fullmatch(words[0]):
            return None
        number, ranking = int(words[0]), tuple(words[1:-1])
        if not number or len(names := set(ranking)) != len(ranking) or not names <= known:
            return None
        self.line += 1
        return number, ranking

    def peek(self) -> str | None:
        """Return the next word, None at the end."""
        while not self._words and self.line < len(self._lines):
            self._words = self._read_line()[::-1]
        return self._words[-1] if self._words else None

    def _read_line(self) -> list[str]:
        joined = "=".join(map(str.strip, self._lines[self.line].split("=")))
        words = _WORD.findall(joined.replace(",", " "))
        self.line += 1
        return [*words, "0"] if self._closes and _is_ballot(words) else words

    def take(self) -> str:
        """Return the next word and go on. Raises Refused (`ballot-file`) at the end."""
        if self.peek() is None:
            raise broken(f"On line {self.line} the ballots break off: the last one ends with 0, and a 0 ends them all.")
        return self._words.pop()

    def whole(self, what: str) -> int:
        """Return the next word as a whole number. Raises Refused (`ballot-file`)."""
        word = self.take()
        if not _WHOLE.fullmatch(word):
            raise broken(f"On line {self.line}, instead of {what}, a whole number, stands {word[:40]}.")
        return int(word.partition(".")[0])

    def rest(self) -> Iterator[Numbered]:
        """Yield what was not read, by line: names without quotes. The first is what follows the last word on its line."""
        yield self.line, " ".join(self._words[::-1])
        yield from enumerate(self._lines[self.line :], start=self.line + 1)


def _is_ballot(words: Sequence[str]) -> bool:
    """Return whether a line is one of ballots, where none has an end of its own: more than a 0, none withdrawn."""
    return len(words) > 1 and not words[0].startswith("-")
