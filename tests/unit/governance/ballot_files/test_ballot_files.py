"""Ballot files as they come: dialects of BLT, JSON, packed or not, broken in many ways, and written again."""

import gzip
import hashlib
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedcoop.governance.ballot_files.ballot_export import ballot_file_of
from fedcoop.governance.ballot_files.ballot_file import RULES, BallotFile, rule_of
from fedcoop.governance.ballot_files.ballot_reading import read_ballot_file
from fedcoop.governance.ballot_files.blt import read_blt, write_blt
from fedcoop.governance.ballot_files.file_counts import count_file
from fedcoop.governance.motions.motion import Option
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.motions.tallies import Pile
from fedcoop.kernel.errors import FedcoopError, MotionRefused, Refused
from tests.unit.governance.samples import counted, motion

BLT = """# a comment
4 2           # four candidates, two seats
-3
3 1 4 0
(teller 7) 2 2 0
1 2=4 1 0     # equal
1 1 - 4 0
1 0
0
"Amara"
"Bilal "the baker" Osei"
"Chidi"
"Dana" # of Birch
"The board, 2026"
"""
ELECTION: dict[str, Any] = {
    "method": "stv",
    "rule": "scottish-stv",
    "title": "Board",
    "seats": 1,
    "candidates": ["Amara", "Bilal", "Chidi"],
    "ballots": [[3, [0, 2]], [2, [1]], [1, [2, [0, 1]]]],
}


def _piles(file: BallotFile) -> dict[object, int]:
    return {pile.choice: pile.number for pile in file.piles}


def test_a_blt_file_is_read_with_what_its_dialects_have() -> None:
    file = read_blt(BLT)
    assert [option.name for option in file.options] == ["Amara", 'Bilal "the baker" Osei', "Chidi", "Dana"]
    assert [option.key for option in file.options] == ["1", "2", "3", "4"]
    assert file.title == "The board, 2026"
    assert dict(file.words) == {"seats": "2", "withdrawn": "3"}
    assert _piles(file) == {("1", "4"): 3, ("2",): 2, (("2", "4"), "1"): 1, ("1", (), "4"): 1, (): 1}


@pytest.mark.parametrize(
    "text",
    [
        BLT.replace("\n", "\r\n"),
        "\ufeff" + BLT,
        BLT.replace("3 1 4 0", "3 1\n4 0"),
        BLT.replace("1 2=4 1 0", "1 2 = 4 1 0"),
        BLT.replace("4 2 ", "\n\n4   2 "),
        BLT.replace("4 2 ", "4,2 "),
        BLT.replace("3 1 4 0", "3 1 4 1 4 0"),
        BLT.replace("-3\n", "-3\n[options of others]\n"),
        BLT.replace("3 1 4 0", "3.0 1 4 0"),
    ],
)
def test_ways_of_writing_a_blt_file_make_no_difference(text: str) -> None:
    assert _piles(read_ballot_file(text.encode())) == _piles(read_blt(BLT))


def test_names_may_share_a_line_be_missing_or_be_empty() -> None:
    shared = read_blt('3 1\n1 1 0\n0\n"A" "B" "C"\n"Title"\n')
    assert [option.name for option in shared.options] == ["A", "B", "C"]
    assert shared.title == "Title"
    missing = read_blt('3 1\n1 1 0\n0\n"A"\n""\n""\n')
    assert [option.name for option in missing.options] == ["A", "Candidate 2", "Candidate 3"]
    assert [option.name for option in read_blt("2 1\n1 1 0\n0\n").options] == ["Candidate 1", "Candidate 2"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"   \n",
        b"\x00\x01\x02",
        b"\x1f\x8b\x08broken",
        gzip.compress(BLT.encode())[:-9],
        b"hello",
        b"4",
        b"0 1\n0\n",
        b"3 0\n0\n",
        b"3000 1\n0\n",
        b"3 1\n1 4 0\n0\n",
        b"3 1\n1 -1 0\n0\n",
        b"3 1\n-4\n0\n",
        b"3 1\n1 1 2\n",
        b"3 1\n1 one 0\n0\n",
        b"3 1\n0.5 1 0\n0\n",
        b"3 1\n9999999999 1 0\n0\n",
        b"{",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b'{"candidates": "A"}',
        b'{"candidates": ["A"]}',
        b'{"candidates": ["A"], "ballots": [[1]]}',
        b'{"candidates": ["A"], "ballots": [[-1, [0]]]}',
        b'{"candidates": ["A"], "ballots": [[true, [0]]]}',
        b'{"candidates": ["A"], "ballots": [[1, [1]]]}',
        b'{"candidates": ["A"], "ballots": [[1, [-1]]]}',
        b'{"candidates": ["A"], "ballots": [[1, ["A"]]]}',
        b'{"candidates": ["A"], "ballots": [[1, [[[0]]]]]}',
        b'{"candidates": ["A"], "ballots": [[1, [{}]]]}',
        b'{"candidates": ["A"], "ballots": [], "seats": 0}',
        b'{"candidates": ["A"], "ballots": [], "seats": "many"}',
        b'{"candidates": ["A"], "ballots": [], "ineligible": 3}',
        b'{"candidates": ["A"], "ballots": [], "ineligible": [3]}',
        b'{"candidates": ["A"], "ballots": [], "unranked": "first"}',
        b'{"candidates": ["A"], "ballots": [], "default_option": 7}',
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_one_sentence(data: bytes) -> None:
    assert read_ballot_file(BLT.encode())
    with pytest.raises(Refused) as refused:
        read_ballot_file(data)
    assert refused.value.code == "ballot-file"
    assert "\n" not in refused.value.message


def test_a_packed_file_is_read_like_the_plain_one_and_has_a_digest_of_its_own() -> None:
    packed = gzip.compress(BLT.encode())
    assert _piles(read_ballot_file(packed)) == _piles(read_blt(BLT))
    assert read_ballot_file(packed).digest == hashlib.sha256(packed).hexdigest()
    half = len(BLT) // 2
    in_parts = gzip.compress(BLT[:half].encode()) + gzip.compress(BLT[half:].encode())
    assert _piles(read_ballot_file(in_parts)) == _piles(read_blt(BLT))


def test_old_and_wide_encodings_are_read() -> None:
    text = '1 1\n1 1 0\n0\n"Zoë"\n'
    for encoding in ("cp1252", "utf-8", "utf-8-sig", "utf-16"):
        assert read_ballot_file(text.encode(encoding)).options[0].name == "Zoë"


def test_a_file_that_unpacks_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fedcoop.governance.ballot_files.ballot_reading.LARGEST", 1000)
    with pytest.raises(Refused) as refused:
        read_ballot_file(gzip.compress(b" " * 100_000))
    assert refused.value.code == "ballot-file"


def test_json_brings_its_rule_seats_and_who_cannot_be_elected() -> None:
    file = read_ballot_file(json.dumps({**ELECTION, "ineligible": [0], "unranked": "no-opinion"}).encode())
    assert (file.rule, file.title) == ("scottish-stv", "Board")
    assert dict(file.words) == {"seats": "1", "withdrawn": "0", "unranked": "no_opinion"}
    assert _piles(file) == {("0", "2"): 3, ("1",): 2, ("2", ("0", "1")): 1}
    assert count_file(file).count.elected == ("2",)


# --- counting ---------------------------------------------------------------------------------------------------


def _file(**changes: Any) -> BallotFile:
    return read_ballot_file(json.dumps({**ELECTION, **changes}).encode())


@pytest.mark.parametrize("rule", sorted({*RULES, *METHODS}))
def test_every_rule_name_stands_for_a_method_and_settings_that_it_has(rule: str) -> None:
    if RULES.get(rule, (rule, {}))[0] not in METHODS:
        return
    key, words = rule_of(rule)
    assert set(words) <= {*METHODS[key].extra_keys(), *METHODS[key].reads()}
    if METHODS[key].form == "ranking":
        assert count_file(_file(), rule=rule).method == key


def test_settings_typed_go_before_those_of_rule_and_file() -> None:
    assert count_file(_file(), rule="minneapolis-stv").settings.extra["decimals"] == 4
    typed = count_file(_file(), rule="minneapolis-stv", words={"decimals": "2", "seats": "2"})
    assert (typed.settings.extra["decimals"], typed.settings.extra["seats"]) == (2, 2)
    assert len(typed.count.elected) == 2


def test_options_may_be_named_by_key_or_by_name() -> None:
    by_name, by_key = ({"withdrawn": text} for text in ("Amara, Chidi", "0,2"))
    assert count_file(_file(), words=by_name).count.elected == count_file(_file(), words=by_key).count.elected == ("1",)
    assert count_file(_file(), words={"ron": "Amara"}).count.elected == ()


def test_a_file_without_a_rule_is_counted_by_the_usual_one() -> None:
    assert count_file(read_blt(BLT)).method == "stv_scottish"
    assert count_file(read_blt(BLT), rule="irv").method == "runoff"


@pytest.mark.parametrize(
    ("rule", "words", "code"),
    [
        ("plurality", {}, "count-rule"),
        ("", {"seed": "xyz"}, "count-seed"),
        ("", {"withdrawn": "Nobody"}, "withdrawn"),
        ("", {"decimals": "99"}, "decimals"),
        ("", {"colour": "red"}, "colour"),
        ("irv", {"seats": "2"}, "seats"),
        ("greedy", {}, "count-ballots"),
        ("resolution", {}, "count-ballots"),
        ("schulze", {"unranked": "first"}, "unranked"),
    ],
)
def test_what_cannot_be_counted_is_refused_by_name(rule: str, words: dict[str, str], code: str) -> None:
    assert count_file(_file())
    with pytest.raises(FedcoopError) as refused:
        count_file(_file(), rule=rule, words=words)
    assert refused.value.code == code
    assert isinstance(refused.value, MotionRefused | Refused)


@pytest.mark.parametrize("rule", ["scottish-stv", "meek", "irv", "schulze", "ranked_pairs", "points"])
def test_small_and_empty_elections_are_counted(rule: str) -> None:
    assert count_file(_file(ballots=[]), rule=rule).count.elected == ()
    assert count_file(_file(ballots=[[0, [1]]]), rule=rule).count.elected == ()
    assert count_file(_file(ballots=[[2, []]]), rule=rule).count.facts["blank"] == 2
    assert count_file(_file(candidates=["Amara"], ballots=[[1, [0]]]), rule=rule).count.elected == ("0",)
    assert count_file(_file(candidates=[], ballots=[[1, []]]), rule=rule).count.elected == ()
    assert count_file(_file(ineligible=[0, 1, 2]), rule=rule).count.elected == ()
    names = count_file(_file(seats=9), rule=rule).count.elected
    assert len(names) == (1 if rule == "irv" else 3)


def test_too_many_options_to_compare_each_with_each_are_refused() -> None:
    many = _file(candidates=[f"C{n}" for n in range(401)])
    assert count_file(many, rule="meek").count.elected == ("0",)
    with pytest.raises(Refused) as refused:
        count_file(many, rule="schulze")
    assert refused.value.code == "count-size"


def test_names_keep_nothing_that_a_terminal_would_obey() -> None:
    assert [option.name for option in _file(candidates=["A\x1b[2J\n\ud800b", "\t", "C"]).options] == [
        "A [2J b",
        "Candidate 1",
        "C",
    ]


def test_the_kind_of_an_election_stands_for_its_rule_where_none_is_named() -> None:
    for kind, method in (("irv", "runoff"), ("condorcet", "schulze"), ("stv", "stv_scottish"), ("", "stv_scottish")):
        assert count_file(_file(rule="", method=kind)).method == method


def test_the_seed_of_lots_is_the_digest_unless_one_is_set() -> None:
    tied = _file(ballots=[[1, [0]], [1, [1]], [1, [2]]])
    found = {count_file(tied, rule="irv", words={"seed": f"{n:02x}"}).count.elected for n in range(20)}
    assert len(found) > 1
    usual = count_file(tied, rule="irv")
    assert usual.seed == tied.digest
    assert count_file(tied, rule="irv", words={"seed": tied.digest}).count == usual.count


# --- writing ----------------------------------------------------------------------------------------------------

_names = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp")), max_size=8)


@st.composite
def _files(draw: st.DrawFn) -> BallotFile:
    names = draw(st.lists(_names.filter(bool), min_size=1, max_size=5))
    keys = [str(n) for n in range(1, len(names) + 1)]
    ranking = st.permutations(keys).flatmap(lambda keys: st.integers(0, len(keys)).map(lambda n: tuple(keys[:n])))
    piles = draw(st.dictionaries(ranking, st.integers(1, 5), max_size=4))
    words = {"seats": str(draw(st.integers(1, 3)))}
    if draw(st.booleans()):
        words["withdrawn"] = draw(st.sampled_from(keys))
    return BallotFile(
        draw(_names), "", tuple(map(Option, keys, names)), tuple(Pile(r, n) for r, n in piles.items()), words
    )


@given(_files())
@settings(max_examples=150, deadline=None)
def test_what_is_written_is_read_again(file: BallotFile) -> None:
    again = read_blt(write_blt(file))
    assert (again.options, _piles(again), dict(again.words)) == (file.options, _piles(file), dict(file.words))
    assert again.title == file.title
    assert write_blt(again) == write_blt(file)


def test_equal_and_skipped_ranks_are_written_too() -> None:
    assert _piles(read_blt(write_blt(read_blt(BLT)))) == _piles(read_blt(BLT))


@pytest.mark.parametrize("method", [key for key, method in METHODS.items() if method.form == "ranking"])
def test_the_ballots_of_a_recount_file_count_to_the_same(method: str) -> None:
    asked = motion(method, withdrawn="c")
    found = counted(asked, [("a", "b"), ("b", "c", "a"), ("c", "b"), ("b", "a"), ("a",), ("c",)])
    file = ballot_file_of(json.loads(found.export))
    again = count_file(read_blt(write_blt(file)), rule=method).count
    keys = {option.key: str(n) for n, option in enumerate(asked.options, 1)}
    assert found.tally.count is not None
    assert again.elected == tuple(keys[key] for key in found.outcome.winners)
    assert again.facts["valid"] == found.tally.count.facts["valid"] == 5
    assert sum(pile.value for pile in file.piles) == found.tally.voted == 6


@given(st.binary(max_size=80) | st.text(alphabet='0123456789 -=\n"#().', max_size=60).map(str.encode))
@settings(max_examples=300, deadline=None)
def test_no_bytes_make_the_readers_fail(data: bytes) -> None:
    file = None
    with suppress(Refused):
        file = read_ballot_file(data)
    if file is None or file.form == "table":
        return
    keys = {option.key for option in file.options}
    assert all(set(rank) <= keys if isinstance(rank, tuple) else rank in keys for p in file.piles for rank in p.choice)
    assert count_file(file).tally.count is not None
