"""Where the names of a BLT file begin, and how they are quoted: a line each, or several on one, with quotes inside them."""

import re
from collections.abc import Iterable, Iterator, Sequence

from fedcoop.governance.ballot_files import clean

_OPENING = ('"', "“")
_UNSAID = re.compile(r"#.*|\([^)]*\)|\[[^\]]*\]|/\*.*?\*/")
_COMMENT = re.compile(r"#.*")
_STRING = r'"(?:[^"]|"")*"'
_DOUBLED = re.compile(rf"{_STRING}(?:[\s,]+{_STRING})*[\s,]*(?:#.*)?")
_ONE = re.compile(r'"((?:[^"]|"")*)"')


def parted(lines: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the lines before the first name in quotes, and those from it on; both may share a line."""
    for number, line in enumerate(lines):
        if not any(mark in line for mark in _OPENING):
            continue
        bare = _UNSAID.sub(lambda found: " " * len(found[0]), line)
        if found := [bare.index(mark) for mark in _OPENING if mark in bare]:
            return [*lines[:number], line[: min(found)]], [line[min(found) :], *lines[number + 1 :]]
    return list(lines), []


def names_in(lines: Iterable[str]) -> Iterator[str]:
    """Yield the names. A quote within one is doubled, as in tables; where none is doubled, inner quotes stay as they are."""
    for line in map(str.strip, lines):
        if _DOUBLED.fullmatch(line):
            yield from (clean(name.replace('""', '"')) for name in _ONE.findall(_before_comment(line)))
        elif line.startswith('"') and line.count('"') > 1:
            yield clean(line[1 : line.rindex('"')])
        elif line and not line.startswith("#"):
            yield clean(_COMMENT.sub("", line).strip().strip('"“”'))


def _before_comment(line: str) -> str:
    """Return the strings of the line without the comment that may follow, in which there may be quotes as well."""
    end = 0
    while found := _ONE.match(line, end):
        end = found.end() + len(line[found.end() :]) - len(line[found.end() :].lstrip(" \t,"))
    return line[:end]


def quoted(text: str) -> str:
    """Return the name as it is written: on one line, in quotes, with inner ones doubled."""
    return '"{}"'.format(" ".join(text.split()).replace('"', '""'))
