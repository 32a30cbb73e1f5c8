"""CSV as people's programs write it: read with the line of what is wrong, and written so that no cell is taken for a formula.

Read: UTF-8 with or without byte order mark; comma, semicolon or tab; blank rows passed over (members-place.md 3.8). Written:
RFC 4180, and cells that a spreadsheet would run begin with an apostrophe (governance.md 16.5).
"""

import csv
import io
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fedcoop.kernel.errors import Invalid

_DELIMITERS = ",;\t"
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
MAX_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Line:
    """One row below the heading: the number of its first line in the file, and its cells by column, ends cut."""

    number: int
    cells: Mapping[str, str]


def read_csv(data: bytes, *, columns: Collection[str], needed: Collection[str]) -> list[Line]:
    """Return the rows of a file whose heading has the `needed` columns and none beside `columns`.

    Raises Invalid: `csv-size`, `csv-encoding`, `csv-columns`, `column-unknown`, `csv-row`; its sentence names the line.
    """
    if len(data) > MAX_BYTES:
        raise Invalid("csv-size", f"The file has more than {MAX_BYTES >> 20} MiB.", field="file")
    text = _decoded(data)
    first = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    heading: list[str] | None = None
    found: list[Line] = []
    before = 0
    try:
        for row in reader:
            number, before = before + 1, reader.line_num
            if not any(cell.strip() for cell in row):
                continue
            if heading is None:
                heading = _heading(row, number, columns, needed)
            else:
                found.append(_line(row, number, heading))
    except csv.Error as error:
        raise Invalid("csv-row", f"line {before + 1}: this cannot be read as CSV ({error}).", field="file") from error
    if heading is None:
        raise Invalid("csv-columns", "The file is empty: its first line names the columns.", field="file")
    return found


def _decoded(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Invalid(
            "csv-encoding", f"line {line}: this is not UTF-8. Save the file as “CSV UTF-8” and try again.", field="file"
        ) from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise Invalid(
            "csv-encoding", f"line {line}: there is a null character, as in UTF-16. Save as UTF-8.", field="file"
        )
    return text


def _heading(row: Sequence[str], number: int, columns: Collection[str], needed: Collection[str]) -> list[str]:
    heading = [cell.strip().lower() for cell in row]
    while heading and not heading[-1]:
        heading.pop()
    for name in heading:
        if name not in columns:
            known = ", ".join(columns)
            raise Invalid(
                "column-unknown", f"line {number}: there is no column “{name}”. Columns: {known}.", field="file"
            )
        if heading.count(name) > 1:
            raise Invalid("csv-columns", f"line {number}: the column {name} is there twice.", field="file")
    for name in needed:
        if name not in heading:
            raise Invalid("csv-columns", f"line {number}: the column {name} is missing.", field="file")
    return heading


def _line(row: Sequence[str], number: int, heading: Sequence[str]) -> Line:
    if any(cell.strip() for cell in row[len(heading) :]):
        told = f"line {number}: there are {len(row)} cells, but {len(heading)} columns."
        raise Invalid("csv-row", told, field="file")
    cells = [cell.strip() for cell in row[: len(heading)]]
    return Line(number, dict(zip(heading, [*cells, *[""] * (len(heading) - len(cells))], strict=True)))


def csv_text(rows: Iterable[Sequence[Any]]) -> str:
    """Return the rows as CSV for spreadsheets; texts that begin as a formula does are kept apart by an apostrophe."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows([_safe(cell) for cell in row] for row in rows)
    return out.getvalue()


def _safe(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULAS) else cell
