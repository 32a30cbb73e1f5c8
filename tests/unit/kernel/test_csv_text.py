"""CSV in and out: whatever program wrote it is read or the line is said, and no cell of ours is run by a spreadsheet."""

import contextlib
import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedcoop.kernel.csv_text import csv_text, read_csv
from fedcoop.kernel.errors import Invalid

COLUMNS = ("name", "email", "class")
TEXT = "name,email\nada,ada@example.org\n\nbøb,bob@example.org\n"


def _read(data: bytes):
    return [(line.number, dict(line.cells)) for line in read_csv(data, columns=COLUMNS, needed=("name", "email"))]


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace(",", ";").encode(),
        TEXT.replace(",", "\t").encode(),
        TEXT.replace("name,email", "Name , EMAIL").encode(),
        TEXT.replace("ada,", '"ada",').encode(),
        TEXT.replace("\n\n", "\n,,\n").encode(),
    ],
)
def test_files_of_any_office_program_are_read_with_their_lines(data: bytes) -> None:
    assert _read(data) == [
        (2, {"name": "ada", "email": "ada@example.org"}),
        (4, {"name": "bøb", "email": "bob@example.org"}),
    ]


@pytest.mark.parametrize(
    ("data", "code", "told"),
    [
        (TEXT.encode("latin-1"), "csv-encoding", "line 4: this is not UTF-8"),
        (TEXT.encode("utf-16"), "csv-encoding", "line 1"),
        (b"", "csv-columns", "empty"),
        (b"\n\n", "csv-columns", "empty"),
        (b"name\nada\n", "csv-columns", "email is missing"),
        (b"name,name,email\n", "csv-columns", "twice"),
        (b"name,email,shoe\n", "column-unknown", "“shoe”"),
        (b"name,email\nada,a@b,c\n", "csv-row", "line 2: there are 3 cells"),
        (b'name,email\nada,"a@b\n', "csv-row", "line 2"),
    ],
)
def test_what_cannot_be_read_names_its_line(data: bytes, code: str, told: str) -> None:
    with pytest.raises(Invalid) as refused:
        _read(data)
    assert refused.value.code == code
    assert told in refused.value.message


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(Invalid):
        _read(b"name,email\n" + data)


@given(
    st.lists(
        st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20), min_size=2, max_size=3)
    )
)
def test_no_cell_begins_as_a_formula_and_every_other_comes_back(rows: list[list[str]]) -> None:
    back = list(csv.reader(io.StringIO(csv_text(rows), newline="")))
    assert len(back) == len(rows)
    for row, again in zip(rows, back, strict=True):
        for cell, shown in zip(row, again, strict=True):
            assert not shown.startswith(("=", "+", "-", "@", "\t", "\r"))
            assert shown in (cell, f"'{cell}")
