"""BLT files that were cut off, doubled or mistyped: refused with the line, never counted as something else."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedcoop.governance.ballot_files.ballot_file import BallotFile
from fedcoop.governance.ballot_files.ballot_reading import read_ballot_file
from fedcoop.governance.ballot_files.blt import read_blt
from fedcoop.kernel.errors import Refused

BLT = """4 2
-3
12 1 4 0
5 2 - 1=4 0
7 4 2 1 0
0
"Amara Okafor"
"Bilal"
"Chidi"
"Dana"
"The board, 2026"
"""
ONE_LINE = '4 2 -3 12 1 4 0 5 2 - 1=4 0 7 4 2 1 0 0 "Amara Okafor" "Bilal" "Chidi" "Dana" "The board, 2026"'
ON_LINE = re.compile(r"\bOn line (\d+)\b")
LINE_END = re.compile(r"\r\n|\r|\n")


def _said(file: BallotFile) -> tuple[object, ...]:
    """All that a count reads of a file, and the names."""
    piles = {pile.choice: pile.number for pile in file.piles}
    return [option.name for option in file.options], piles, dict(file.words)


def _refused(text: str) -> str:
    with pytest.raises(Refused) as refused:
        read_blt(text)
    assert refused.value.code == "ballot-file"
    return refused.value.message


def test_the_sample_is_read_in_both_ways_of_writing() -> None:
    assert _said(read_blt(BLT)) == _said(read_blt(ONE_LINE))


@pytest.mark.parametrize(
    ("old", "new", "line", "told"),
    [
        ("5 2 - 1=4 0", "0 2 - 1=4 0", 4, "after a 0 that ends the ballots; no ballot has a weight of 0"),
        ("5 2 - 1=4 0", "00 2 - 1=4 0", 4, "stands for 0 ballots"),
        ("5 2 - 1=4 0", "0.0 2 1 0", 4, "stands for 0 ballots"),
        ("7 4 2 1 0\n0\n", "7 4 2 1 0\n", 6, "break off"),
        ("7 4 2 1 0\n0\n", "7 4 2 1\n0\n", 7, "break off"),
        ('0\n"Amara', '0\n0\n"Amara', 7, "stand ballots after the 0"),
        ('0\n"Amara', '0\n3 1 0\n0\n"Amara', 7, "stand ballots after the 0"),
        ('2026"\n', '2026"\n3 1 2 0\n', 12, "stand ballots after the 0"),
        ('2026"\n', '2026"\n"Esi"\n', 12, "one more name than there are candidates and a title"),
        ('"Dana"\n', '"Dana"\n"Esi"\n"Femi"\n', 12, "one more name"),
        ('"Chidi"\n"Dana"\n"The board, 2026"\n', "", 8, "the names break off: 2 of 4"),
        ('2026"', "20", 11, "a quote is opened, and not closed"),
        ('2026"', '2026" 7', 11, "a quote is opened, and not closed"),
        ("4 2\n", "4\n", 1, "stands one number"),
        ("4 2\n", "2\n", 1, "stands one number"),
        ("4 2\n-3\n", "4 4 2\n", 1, "begins a ballot that does not end there"),
        ("4 2\n-3\n", "4 2 2\n", 1, "begins a ballot that does not end there"),
        ("4 2\n", "4 0\n", 1, "each from 1 to 2000"),
        ("4 2\n", "4 -2\n", 1, "a whole number, stands -2"),
        ("4 2\n", "100000 2\n", 1, "each from 1 to 2000"),
        ("4 2\n", "٤ 2\n", 1, "a whole number, stands ٤"),
        ("-3", "-5", 2, "a candidate that there is not: 5"),
        ("-3", "--3", 2, "a candidate that there is not: -3"),
        ("-3", "[withdrawn 1\n 9]", 2, "a candidate that there is not: 9"),
        ("12 1 4 0", "12 1 4\n0 0", 5, "stand ballots after the 0"),
        ("12 1 4 0", "12 1 4 12 1 4 0", 3, "a candidate that there is not: 12"),
        ("12 1 4 0\n5 2 - 1=4 0\n", "12 1 4\n4 2 - 1 0\n", 3, "begins a ballot that does not end there"),
        ("12 1 4 0\n", "12 1 4\n", 4, "a candidate that there is not: 5"),
        ("12 1", "-12 1", 3, "a candidate that there is not: 12"),
        ("12 1", "+12 1", 3, "a whole number, stands +12"),
        ("12 1", "1_2 1", 3, "a whole number, stands 1_2"),
        ("12 1", "1e2 1", 3, "a whole number, stands 1e2"),
        ("12 1", "1.5 1", 3, "a whole number, stands 1.5"),
        ("12 1", "12345678901 1", 3, "stands for 12345678901 ballots"),
        ("12 1", "99999999999999 1", 3, "a whole number"),
        ("1 4 0", "1 -4 0", 3, "a candidate that there is not: -4"),
        ("1 4 0", "1 4.0 0", 3, "a candidate that there is not: 4.0"),
        ("1 4 0", "1 ４ 0", 3, "a candidate that there is not: ４"),
        ("1=4", "1==4", 4, "a candidate that there is not: ."),
        ("1=4", "()", 4, "a candidate that there is not"),
        ("1=4", "(1 4", 4, "a candidate that there is not: ("),
        ("12 1", "/* 12 1", 3, "stands /* and after it no */"),
        ("12 1", "[tie 1\n12 1", 3, "stands [ and after it no ]"),
        ("12 1", "12 \x1b[2J]1", 3, "a candidate that there is not"),
    ],
)
def test_what_is_wrong_is_refused_with_its_line(old: str, new: str, line: int, told: str) -> None:
    assert _said(read_blt(BLT))
    message = _refused(BLT.replace(old, new, 1))
    assert f"On line {line} " in message or f"On line {line}," in message
    assert told in message
    assert message.isprintable()


def test_lines_are_counted_as_editors_count_them() -> None:
    for end in ("\n", "\r\n", "\r"):
        assert "On line 7 " in _refused(BLT.replace("7 4 2 1 0\n0\n", "7 4 2 1\n0\n").replace("\n", end))
    assert read_blt(BLT.replace("The board", "The\x0bboard\x85of\u2028Alder")).title == "The board of Alder, 2026"
    assert "On line 8 " in _refused(
        BLT.replace("4 2\n", "# one\n/* two\nthree */ [tie 1\n2] 4 2\n").replace("7 4", "7 9")
    )


@pytest.mark.parametrize(
    "text", [BLT, ONE_LINE, BLT.replace("-3\n", "[nick a b c d]\n-c\n"), BLT.replace(" 0\n", "\n")]
)
def test_a_file_that_is_cut_off_anywhere_is_refused_or_says_the_same(text: str) -> None:
    """Only where no names, or all names and no title are left, can nobody know that something is missing."""
    whole = _said(read_blt(text))
    nameless = [f"Candidate {n}" for n in range(1, 5)], *whole[1:]
    assert all(
        found in (whole, nameless) for end in range(len(text)) if (found := _said_or_line(text[:end])) is not None
    )


def _said_or_line(text: str) -> tuple[object, ...] | None:
    told = ""
    try:
        return _said(read_ballot_file(text.encode()))
    except Refused as error:
        told = error.message
    line = ON_LINE.search(told)
    assert told == "The file is empty." or (line and 1 <= int(line[1]) <= len(LINE_END.findall(text)) + 1), told
    return None


def _tokens(text: str) -> list[str]:
    return re.findall(r'"[^"]*"|[^\s"]+|\n', text)


FRAME = [
    place for place, token in enumerate(_tokens(BLT)) if place < 3 or place > _tokens(BLT).index('"Amara Okafor"') - 4
]
"""All but the ballots: what a line of ballots says, nobody can know better than the line."""


@pytest.mark.parametrize("place", FRAME)
def test_a_token_outside_the_ballots_that_is_lost_or_doubled_changes_no_result(place: int) -> None:
    tokens, whole = _tokens(BLT), _said(read_blt(BLT))
    lost, doubled = [*tokens[:place], *tokens[place + 1 :]], [*tokens[: place + 1], *tokens[place:]]
    for found in (_said_or_line(" ".join(lost)), _said_or_line(" ".join(doubled))):
        assert found is None or found[1:] == whole[1:]


@pytest.mark.parametrize("place", [place for place, token in enumerate(_tokens(ONE_LINE)) if token == "0"])
def test_an_end_that_is_lost_or_doubled_is_refused(place: int) -> None:
    tokens = _tokens(ONE_LINE)
    assert _said_or_line(" ".join(tokens)) is not None
    assert _said_or_line(" ".join([*tokens[: place + 1], *tokens[place:]])) is None
    assert _said_or_line(" ".join([*tokens[:place], *tokens[place + 1 :]])) is None


@given(st.lists(st.sampled_from('"[](){}/*#=-012 \n\r\x0b“”ab,.;'), max_size=60).map("".join), st.integers(0, len(BLT)))
@settings(max_examples=300, deadline=None)
def test_letters_strewn_into_a_file_are_read_or_refused_with_a_line(noise: str, place: int) -> None:
    _said_or_line(BLT[:place] + noise + BLT[place:])


@pytest.mark.parametrize(
    "piece",
    ["(", ")", "[", "]", "/*", "#", "#\n", "()", "[a]", '"', '""', '"" ', "“", "=", " = ", "1 ", "- ", "\n", "0 ", ","],
)
def test_long_stretches_of_anything_take_no_longer_than_their_length(piece: str) -> None:
    """Ten times the text at a hundred times the time would not end here: a hundred thousand letters of each."""
    text = "4 2\n12 1 " + piece * (100_000 // len(piece))
    _said_or_line(text)
    _said_or_line(BLT + text)
