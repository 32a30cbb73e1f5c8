"""Whatever bytes a ballot file has: it is counted, or refused in one sentence; nothing else ever happens."""

import json
import re
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fedcoop.governance.ballot_files.ballot_file import BallotFile, is_shown
from fedcoop.governance.ballot_files.ballot_reading import read_ballot_file
from fedcoop.governance.ballot_files.file_counts import count_file
from fedcoop.kernel.errors import FedcoopError, MotionRefused, Refused

BLT = '3 2\n-3\n4 1 2 0\n1 2 - 1=3 0\n0\n"A"\n"B"\n"C"\n"Title"\n'
PB = (
    "META\nkey;value\ndescription;Street\nbudget;1000\ncurrency;PLN\nvote_type;approval\nrule;greedy\nnum_projects;2\n"
    "num_votes;2\nPROJECTS\nproject_id;cost;name\n1;600;Trees\n2;400,50;Bench\nVOTES\nvoter_id;vote\na;1,2\nb;1\n"
)
JSON = json.dumps(
    {
        "id": "x",
        "method": "stv",
        "rule": "scottish-stv",
        "title": "Board",
        "seats": 1,
        "candidates": ["A", "B", "C"],
        "ballots": [[3, [0, 2]], [2, [1]], [1, [2, [0, 1]]]],
        "ineligible": [2],
    }
)
PB_JSON = json.dumps(
    {
        "method": "pb",
        "rule": "greedy",
        "vote_type": "cumulative",
        "budget": 10.5,
        "projects": [{"id": "1", "cost": 4, "name": "Trees"}, {"id": "2", "cost": 8}],
        "votes": [[2, {"1": 3}], [1, {"1": 1, "2": 2}]],
        "limits": {"max_length": 2},
    }
)
TABLE = "number,voter,Rye,Wheat\n3,a,1,2\n1,b,,1\n"
SCORES = json.dumps({"method": "score", "options": ["A", "B"], "ballots": [[3, {"0": 5, "1": 2}], [2, {"1": 3}]]})
ANSWERS = json.dumps({"method": "resolution", "ballots": [[3, "for"], [2, ["against"]]], "eligible": 9})
RANKED = (BLT, PB, JSON, PB_JSON)
SAMPLES = (*RANKED, TABLE, SCORES, ANSWERS)
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[0-9A-Za-z_.]+|\s|.', re.DOTALL)
_NUMBERS = ("-1", "+1", "1e400000", "1e-400000", "0.1", "1_000", "٣", "９", "NaN", "Infinity", "-0", "00", "9" * 5000)
_WORDS = (
    "true",
    "null",
    "{}",
    "[]",
    "[[0]]",
    '"',
    "\0",
    "\ufeff",
    "\x1b[2J",
    "\r",
    "\u2028",
    "\u202e",
    "…",
    "\ud7ff",
    "",
)
ODD = st.sampled_from(_NUMBERS + _WORDS)


def _counted(data: bytes) -> None:
    """Read and count; a refusal is one sentence that can be shown."""
    for rule in ("", "meek", "schulze", "equalshares/add1", "approval", "dots", "resolution"):
        file: BallotFile | None = None
        told = ""
        try:
            file = read_ballot_file(data)
            found = count_file(file, rule=rule)
            assert found.tally.voted == sum(pile.number for pile in file.piles)
        except (Refused, MotionRefused) as error:
            told = f"{error.code}: {error.message}"
        assert is_shown(told)
        assert len(told) < 900
        if file is None:
            assert told.startswith("ballot-file: ")
            return


@given(st.binary(max_size=120) | st.text(max_size=120).map(lambda text: text.encode("utf-8", "surrogatepass")))
@settings(max_examples=200, deadline=None)
@example(b"\xff\xfe")
@example(b"\x1f\x8b")
@example(b"[" * 100_000)
@example(b'{"a":' * 100_000)
def test_any_bytes_are_counted_or_refused(data: bytes) -> None:
    _counted(data)


@given(st.sampled_from(SAMPLES), st.data())
@settings(max_examples=400, deadline=None)
def test_a_file_with_one_token_lost_doubled_swapped_or_odd_is_counted_or_refused(
    sample: str, data: st.DataObject
) -> None:
    tokens = TOKEN.findall(sample)
    place = data.draw(st.integers(0, len(tokens) - 1))
    other = data.draw(st.integers(0, len(tokens) - 1))
    put = data.draw(
        st.just([]) | st.just([tokens[place]] * 2) | st.just([tokens[other]]) | ODD.map(lambda text: [text])
    )
    _counted("".join([*tokens[:place], *put, *tokens[place + 1 :]]).encode("utf-8", "surrogatepass"))


@given(st.sampled_from(SAMPLES), st.integers(0, 400))
@settings(max_examples=100, deadline=None)
def test_a_file_that_is_cut_off_anywhere_is_counted_or_refused(sample: str, end: int) -> None:
    _counted(sample.encode()[:end])


_leaf = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.integers(-2, 4)
_value = st.recursive(
    _leaf, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=2)
)


@given(st.sampled_from((JSON, PB_JSON, SCORES, ANSWERS)), st.data())
@settings(max_examples=300, deadline=None)
def test_an_election_with_one_value_of_another_kind_is_counted_or_refused(sample: str, data: st.DataObject) -> None:
    document: Any = json.loads(sample)
    at = document
    while isinstance(at, dict | list) and at:
        key = data.draw(st.sampled_from(sorted(at) if isinstance(at, dict) else range(len(at))))
        inner = at[key]
        if not isinstance(inner, dict | list) or not inner or data.draw(st.booleans()):
            at[key] = data.draw(_value)
            break
        at = inner
    _counted(json.dumps(document).encode())


@pytest.mark.parametrize("sample", RANKED)
def test_the_samples_themselves_are_counted(sample: str) -> None:
    found = count_file(read_ballot_file(sample.encode()))
    assert found.count.elected
    with pytest.raises(FedcoopError):
        count_file(found.file, rule="plurality")
