"""Ballots as a table (CSV): a column for each option, a row for each ballot or for several equal ones.

    number,Rye,Wheat,Spelt
    3,1,2,
    1,,1,1

What a number means says the method: a rank, a score, dots, or 1 (also `x`) for a tick. An empty cell, `-` or `No opinion` says
nothing. `number` says how many ballots the row stands for, `voter` who cast it; both columns may be missing. Cells are parted
by commas, semicolons or tabs.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence

from fedcoop.governance.ballot_files.ballot_file import MOST_OPTIONS, BallotFile, broken, clean, tidy
from fedcoop.governance.motions.choices import Scores
from fedcoop.governance.motions.tallies import Pile

MOST_BALLOTS = 10**9
_NUMBER, _VOTER = "number", "voter"
_BLANK = frozenset({"", "-", "no opinion"})
_TICKS = frozenset({"x", "✓", "✔"})
_WHOLE = re.compile(r"-?[0-9]{1,4}")
_MANY = re.compile(r"[0-9]{1,10}")
_HEAD_OF_BLT = re.compile(r"\s*(?:#|/\*|[0-9]+[\s,]+-?[0-9]+(?:[\s,]|$))")
_PARTED = ("\t", ";", ",")


def is_table(line: str) -> bool:
    """Return whether the first line of a text is the head of a table, not that of a BLT file."""
    return any(mark in line for mark in _PARTED) and not _HEAD_OF_BLT.match(line)


def read_table(text: str) -> BallotFile:
    """Return the ballots of a table. Raises Refused (`ballot-file`) with what is wrong in it, by line."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    numbers: Counter[Scores] = Counter()
    lines: dict[Scores, int] = {}
    columns: _Columns | None = None
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if columns is None:
                columns = _Columns(cells, reader.line_num)
                continue
            number, choice = columns.read(cells, reader.line_num)
            numbers[choice] += number
            lines.setdefault(choice, reader.line_num)
    except csv.Error as error:
        raise broken(f"On line {reader.line_num} is what cannot be read: {error}.") from error
    if columns is None or not numbers:
        raise broken(f"On line {reader.line_num} the table ends, and has no ballots.")
    piles = tuple(Pile(choice, number) for choice, number in numbers.items())
    return BallotFile("", "", tidy(columns.names, 1), piles, form="table", lines=lines)


def _delimiter(text: str) -> str:
    head = text.lstrip().splitlines()[0]
    return max(_PARTED, key=head.count)


class _Columns:
    """What the columns hold: options by their keys, and how many ballots and whose a row is."""

    def __init__(self, cells: Sequence[str], line: int) -> None:
        heads = [clean(cell) for cell in cells]
        while heads and not heads[-1]:
            heads.pop()
        self._heads = heads
        self._keys: dict[int, str] = {}
        self.names: list[str] = []
        self._voters: set[str] = set()
        for place, head in enumerate(heads):
            if head.casefold() not in (_NUMBER, _VOTER):
                self.names.append(head)
                self._keys[place] = str(len(self.names))
        if len({head.casefold() for head in heads}) != len(heads) or "" in heads:
            raise broken(f"On line {line} two columns have the same name, or one has none.")
        if not 1 <= len(self.names) <= MOST_OPTIONS:
            raise broken(f"On line {line} are {len(self.names)} options; there must be 1 to {MOST_OPTIONS}.")

    def read(self, cells: Sequence[str], line: int) -> tuple[int, Scores]:
        """Return how many ballots a row stands for, and its numbers by option."""
        if len(cells) < len(self._heads) or any(cell.strip() for cell in cells[len(self._heads) :]):
            raise broken(f"On line {line} are {len(cells)} cells for {len(self._heads)} columns.")
        number, found = 1, {}
        for place, head in enumerate(self._heads):
            cell = cells[place].strip()
            if place in self._keys:
                if cell.casefold() not in _BLANK:
                    found[self._keys[place]] = _number(cell, head, line)
            elif head.casefold() == _NUMBER:
                number = _many(cell, line)
            else:
                self._note_voter(cell, line)
        return number, Scores(found)

    def _note_voter(self, voter: str, line: int) -> None:
        if voter and voter in self._voters:
            raise broken(f"On line {line} {voter[:40]} votes a second time.")
        self._voters.add(voter)


def _number(cell: str, head: str, line: int) -> int:
    if cell.casefold() in _TICKS:
        return 1
    if not _WHOLE.fullmatch(cell):
        raise broken(f"On line {line}, for {head[:40]}, stands {cell[:40]}, which is no whole number.")
    return int(cell)


def _many(cell: str, line: int) -> int:
    if not _MANY.fullmatch(cell) or not 1 <= int(cell) <= MOST_BALLOTS:
        raise broken(f"On line {line} a row stands for {cell[:40] or 'an unknown number of'} ballots.")
    return int(cell)
