"""The words of a BLT file before its names, with the number of the line that each stands on, and its options in brackets.

A group in parentheses is one word: before a ballot its name, within it an equal rank. `#` and `/* … */` are comments.
"""

import re
from collections.abc import Sequence, Set
from itertools import islice

from fedcoop.governance.ballot_files import broken
from fedcoop.governance.tallies import Ranking

_COMMENT = re.compile(r"#.*")
_LONG_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_OPTION = re.compile(r"\[([^\]]*)\]")
_EQUALS = re.compile(r"\s*=\s*")
_WORD = re.compile(r"\([^)]*\)|[^\s(]+|\(")
_PLAIN = re.compile(r"[0-9]{1,9}")
_WHOLE = re.compile(r"[0-9]{1,12}(?:\.0{1,12})?")


class Words:
    """Reads word by word; `options` are those in brackets that were passed, each as its words."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = _uncommented(lines)
        self._words: list[str] = []
        self._closes = False
        self.line = 0
        self.options: list[list[str]] = []

    def begin_ballots(self) -> None:
        """Take every further line of ballots for a whole one if none ends with 0, as some programs write them."""
        rest = (_bare(line).split() for line in self._lines[self.line :])
        ends = list(islice((words for words in rest if words[-1:] == ["0"]), 2))
        self._closes = ends == [["0"]]

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
            self._words = self._read_line()[::-1]
        return self._words[-1] if self._words else None

    def _read_line(self) -> list[str]:
        bare = _bare(self._lines[self.line])
        self.line += 1
        while bare.count("[") > bare.count("]") and self.line < len(self._lines):
            bare += " " + _bare(self._lines[self.line])
            self.line += 1
        self.options += [words for text in _OPTION.findall(bare) if (words := text.replace(",", " ").split())]
        words = _WORD.findall(_EQUALS.sub("=", _OPTION.sub(" ", bare)).replace(",", " "))
        return [*words, "0"] if self._closes and _is_ballot(words) else words

    def take(self) -> str:
        """Return the next word and go on. Raises Refused (`ballot-file`) at the end."""
        if self.peek() is None:
            raise broken("The file ends before its ballots do: after them stands a line with 0.")
        return self._words.pop()

    def whole(self, what: str) -> int:
        """Return the next word as a whole number. Raises Refused (`ballot-file`)."""
        word = self.take()
        if not _WHOLE.fullmatch(word):
            raise broken(f"On line {self.line}, instead of {what}, a whole number, stands {word[:40]}.")
        return int(word.partition(".")[0])

    def rest(self) -> list[str]:
        """Return what was not read, by line: names without quotes."""
        return [" ".join(self._words[::-1]), *self._lines[self.line :]]


def _uncommented(lines: Sequence[str]) -> list[str]:
    if not any("/*" in line for line in lines):
        return list(lines)
    return _LONG_COMMENT.sub(lambda found: " " + "\n" * found[0].count("\n"), "\n".join(lines)).split("\n")


def _bare(line: str) -> str:
    return _COMMENT.sub("", line)


def _is_ballot(words: Sequence[str]) -> bool:
    """Return whether a line is one of ballots, where none has an end of its own: more than a 0, none withdrawn."""
    return len(words) > 1 and not words[0].startswith("-")
