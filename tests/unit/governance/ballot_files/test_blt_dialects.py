"""BLT files of other programs: quotes, options in brackets, names of ballots, equal ranks, one line, ends left out."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedcoop.governance.ballot_files.ballot_reading import read_ballot_file
from fedcoop.governance.ballot_files.blt import read_blt, write_blt
from fedcoop.governance.ballot_files.file_counts import count_file
from fedcoop.kernel.errors import Refused

BLT = """3 1
5 1 2 0
4 2 3 0
2 3 0
0
"Amara"
"Bilal"
"Chidi"
"Board"
"""
PILES = {("1", "2"): 5, ("2", "3"): 4, ("3",): 2}


def _piles(text: str) -> dict[object, int]:
    return {pile.choice: pile.number for pile in read_ballot_file(text.encode()).piles}


def _names(text: str) -> list[str]:
    return [option.name for option in read_blt(text).options]


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ('"""Robin BAWA"" ""Scottish Labour"" "', '"Robin BAWA" "Scottish Labour"'),
        ('"Robert "Bob" Smith"', 'Robert "Bob" Smith'),
        ('"Robert ""Bob"" Smith" # of Birch', 'Robert "Bob" Smith'),
        ('"Robert ""Bob""" # says "hello"', 'Robert "Bob"'),
        ('""Bob" Smith"', '"Bob" Smith'),
        ('""""', '"'),
        ("“Robert”", "Robert"),
        ('"  Robert  "  ', "Robert"),
        ("Robert", "Robert"),
        ('"Ann # of Birch"', "Ann # of Birch"),
    ],
)
def test_quotes_around_and_within_a_name_are_told_apart(written: str, name: str) -> None:
    text = BLT.replace('"Amara"', written)
    assert _names(text) == [name, "Bilal", "Chidi"]
    assert read_blt(text).title == "Board"
    assert read_blt(write_blt(read_blt(text))).options == read_blt(text).options


def test_a_whole_file_may_stand_on_one_line() -> None:
    text = '4 2 -2 3 1 3 4 0 4 1 3 2 0 1 2 0 0 "Adam" "Basil" "Charlotte" "Donald" "Title"'
    file = read_blt(text)
    assert [option.name for option in file.options] == ["Adam", "Basil", "Charlotte", "Donald"]
    assert (file.title, dict(file.words)) == ("Title", {"seats": "2", "withdrawn": "2"})
    assert _piles(text) == {("1", "3", "4"): 3, ("1", "3", "2"): 4, ("2",): 1}


@pytest.mark.parametrize(
    "text",
    [
        BLT.replace("5 1 2 0\n4 2 3 0\n", "5 1 2 0 4 2 3 0 "),
        BLT.replace(" 0\n", "\n"),
        BLT.replace("5 1 2 0", "[tie 3 2 1]\n[droop arithmetic=fixed\n precision=9]\n5 1 2 0"),
        BLT.replace("5 1 2 0", "(a 1) 4 1 2 0\n(a 2) 1 1 2 0"),
        BLT.replace("5 1 2 0", "/* five\nof them */ 5 1 2 0"),
        BLT.replace("5 1 2 0", '# the "big" pile\n5 1 2 0 # "all"'),
        BLT.replace("5 1 2 0", "5 01 2 0"),
        BLT.replace('"Board"\n', ""),
        BLT.replace('"', ""),
        BLT.replace("5 1 2 0", "[nick a b c]\n5 a b 0").replace("2 3 0\n0", "2 c 0\n0"),
        BLT.replace("3 1\n", "3 1\n[nick 3 2 1]\n")
        .replace("5 1 2", "5 3 2")
        .replace("4 2 3", "4 2 1")
        .replace("2 3 0\n0", "2 1 0\n0"),
    ],
)
def test_what_other_programs_write_is_read_as_they_mean_it(text: str) -> None:
    assert _piles(text) == _piles(BLT) == PILES
    assert _names(text) == ["Amara", "Bilal", "Chidi"]
    assert count_file(read_blt(text)).count.elected == count_file(read_blt(BLT)).count.elected


def test_equal_ranks_may_stand_in_parentheses() -> None:
    assert _piles(BLT.replace("5 1 2 0", "(x) 5 (1 3) 2 0")) == {(("1", "3"), "2"): 5, ("2", "3"): 4, ("3",): 2}
    assert _piles(BLT.replace("5 1 2 0", "[nick a b c]\n5 a=c b 0"))[(("1", "3"), "2")] == 5


@pytest.mark.parametrize(
    ("option", "gone"),
    [
        ("[withdrawn 2 3]", "2,3"),
        ("[undeclared 3]", "3"),
        ("-1\n[Withdrawn 3, 1]", "1,3"),
        ("[nick a b c]\n[undeclared c]", "3"),
        ("[nick a b c]\n-a -b", "1,2"),
        ("-3\n[nick a b c]", "3"),
    ],
)
def test_who_withdrew_or_was_never_declared_cannot_be_elected(option: str, gone: str) -> None:
    file = read_blt(BLT.replace("3 1\n", f"3 2\n{option}\n"))
    assert file.words["withdrawn"] == gone
    assert set(count_file(file).count.elected) == {"1", "2", "3"} - set(gone.split(","))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "5 1 2 0",
            "2.5 1 2 0",
            "On line 2, instead of how many ballots a line stands for, a whole number, stands 2.5",
        ),
        ("5 1 2 0", "5 (1 4) 0", "a candidate that there is not: 4"),
        ("5 1 2 0", "[nick a b]\n5 1 2 0", "must give 3 different words"),
        ("5 1 2 0", "[nick a b b]\n5 1 2 0", "must give 3 different words"),
        ("5 1 2 0", "[withdrawn 9]\n5 1 2 0", "a candidate that there is not: 9"),
        ("5 1 2 0", "5 a b 0", "a candidate that there is not: a"),
        ("3 1\n", "3 1000000\n", "numbers of candidates and seats"),
        ("5 1 2 0", "5 1 2 0 (x", "ends before its ballots do|instead of"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_line(old: str, new: str, told: str) -> None:
    assert _piles(BLT) == PILES
    with pytest.raises(Refused, match=told) as refused:
        read_blt(BLT.replace(old, new))
    assert refused.value.code == "ballot-file"


def test_more_seats_than_candidates_elect_everybody() -> None:
    assert set(count_file(read_blt(BLT.replace("3 1\n", "3 2000\n"))).count.elected) == {"1", "2", "3"}


def test_one_nought_ends_all_where_lines_end_ballots_and_more_end_each() -> None:
    assert _piles("3 1\n5 1 2\n4 2 3\n0\n") == {("1", "2"): 5, ("2", "3"): 4}
    assert _piles("3 1\n5 1 2\n0\n4 2 3\n0\n0\n") == {("1", "2"): 5, ("2", "3"): 4}


_WORDS = st.sampled_from(
    [
        "1",
        "2",
        "3",
        "0",
        "-",
        "-1",
        "=",
        "1=2",
        "(id)",
        "a",
        "b",
        "2000",
        "999999999",
        ",",
        "[",
        "]",
        "(",
        ")",
        "#",
        "/*",
        "*/",
        '"A"',
        '"""B""_x"',
        '"',
        "٣",
        "é",
    ]
) | st.sampled_from(["\n", "(1 2)", "[nick a b c]", "[withdrawn 1]", "[undeclared b]"])


@given(st.lists(_WORDS, max_size=30), st.sampled_from(["", "3 1\n", "1 2000\n"]))
@settings(max_examples=200, deadline=None)
def test_no_order_of_words_makes_the_count_fail(words: list[str], head: str) -> None:
    with suppress(Refused):
        file = read_blt(head + " ".join(words))
        again = read_blt(write_blt(file))
        assert again.options == file.options
        assert count_file(again).count.elected == count_file(file).count.elected
