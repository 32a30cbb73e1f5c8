"""The names of a BLT file and its title: a line each, or several on one, with or without quotes around them and inside."""

import re
from collections.abc import Iterable, Iterator

from fedcoop.governance.ballot_files.ballot_file import broken, clean
from fedcoop.governance.ballot_files.blt_words import Numbered

_COMMENT = re.compile(r"#.*")
_STRING = r'"(?:[^"]|"")*"'
_DOUBLED = re.compile(rf"{_STRING}(?:[\s,]+{_STRING})*[\s,]*(?:#.*)?")
_ONE = re.compile(r'"((?:[^"]|"")*)"')
_LIKE_BALLOTS = re.compile(r"[-0-9=(),.\s]+")
_PAIRS = {'"': '"', "“": "”"}


def names_and_title(lines: Iterable[Numbered], size: int) -> tuple[list[str], str]:
    """Return a name for each candidate, "" where there are none at all, and the title.

    Raises Refused (`ballot-file`), by line, for more names or fewer than candidates, and for ballots among them.
    """
    found = list(_names_in(lines))
    if len(found) > size + 1:
        raise broken(f"On line {found[size + 1][0]} stands one more name than there are candidates and a title.")
    if 0 < len(found) < size:
        raise broken(f"On line {found[-1][0]} the names break off: {len(found)} of {size} are there.")
    names = [name for _, name in found] or [""] * size
    return names[:size], names[size] if len(names) > size else ""


def _names_in(lines: Iterable[Numbered]) -> Iterator[Numbered]:
    """Yield the names. A quote within one is doubled, as in tables; where none is doubled, inner quotes stay as they are."""
    for number, line in ((number, line.strip()) for number, line in lines):
        if _DOUBLED.fullmatch(line):
            for name in _ONE.findall(_before_comment(line)):
                yield number, clean(name.replace('""', '"'))
        elif line and not line.startswith("#"):
            yield number, clean(_one_name(number, line))


def _one_name(number: int, line: str) -> str:
    closing = _PAIRS.get(line[0])
    if closing is not None:
        end = line.rfind(closing)
        rest = line[end + 1 :].strip()
        if end < 1 or not (rest in ("", ",") or rest.startswith("#")):
            raise broken(f"On line {number} a quote is opened, and not closed at the end of the name.")
        return line[1:end]
    if _LIKE_BALLOTS.fullmatch(line):
        raise broken(f"On line {number} stand ballots after the 0 that ends them, or a name that needs quotes.")
    return _COMMENT.sub("", line)


def _before_comment(line: str) -> str:
    """Return the strings of the line without the comment that may follow, in which there may be quotes as well."""
    end = 0
    while found := _ONE.match(line, end):
        end = found.end() + len(line[found.end() :]) - len(line[found.end() :].lstrip(" \t,"))
    return line[:end]


def quoted(text: str) -> str:
    """Return the name as it is written: on one line, in quotes, with inner ones doubled."""
    return '"{}"'.format(" ".join(text.split()).replace('"', '""'))
