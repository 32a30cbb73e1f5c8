"""The recount rebuilds a result from its file alone and finds every change (governance.md 5.3)."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from fedcoop.governance.motions.outcomes import OutcomeCode
from fedcoop.governance.proof import logchain, secrecy
from fedcoop.governance.proof import recount as recounting
from fedcoop.governance.proof.recount import Material, count, recount
from fedcoop.governance.ranked import candidacy
from fedcoop.governance.rolls import roll
from fedcoop.governance.rolls.roll import roll_hash
from fedcoop.kernel.canonical import canonical_bytes
from fedcoop.kernel.errors import Refused
from tests.unit.governance.samples import ballot, cast, counted, entries_of, motion, sealed, verify

COUNTED = counted(motion(eligible=3, quorum="0"), [("for",), ("against",), ("for",)])
FILE = COUNTED.export.encode()


def test_the_file_gives_the_result_that_was_published() -> None:
    found = recount(FILE, verify)
    assert found.outcome == COUNTED.outcome
    assert found.outcome.code is OutcomeCode.CARRIED
    assert found.tally == COUNTED.tally
    assert (found.log_head, found.root, found.log_entries) == (COUNTED.log_head, COUNTED.root, 7)
    assert (found.poll, found.title) == ("https://alder.example/motions/7", "Buy a second oven")


@pytest.mark.parametrize(
    ("method", "choices"),
    [
        ("resolution", [("for",), ("abstain",)]),
        ("consent", [("consent",), ("consent_with_concern",), ("objection",)]),
        ("consensus", [("agree",), ("block",)]),
        ("approval", [("a", "b"), (), ("b",), ("a", "b", "c")]),
        ("approval", []),
    ],
)
def test_every_method_recounts_to_the_same_bytes(method: str, choices: list[tuple[str, ...]]) -> None:
    asked = motion(method)
    first, second = counted(asked, choices), counted(asked, choices)
    assert recount(first.export.encode(), verify).outcome == first.outcome
    assert first.outcome == second.outcome
    assert first.tally == second.tally


def test_a_count_takes_votes_and_log_as_they_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[Any] = []
    monkeypatch.setattr(recounting, "canonical_bytes", lambda value: written.append(value) or canonical_bytes(value))
    monkeypatch.setattr(recounting.json, "loads", None)
    many = counted(motion(eligible=40, quorum="0"), [("for",)] * 40)
    assert len(written) == 3  # tally and outcome in the log, and the file
    monkeypatch.undo()
    assert recount(many.export.encode(), verify).tally.voted == 40


def test_the_file_is_one_canonical_line_without_names_reasons_or_the_poll_secret() -> None:
    assert b"\n" not in FILE
    assert canonical_bytes(json.loads(FILE)) == FILE
    for secret in (
        b"Member 1",
        b"m1@example.org",
        b"because",
        motion().poll_secret,
        motion().poll_secret.hex().encode(),
    ):
        assert secret not in FILE


def test_any_changed_byte_is_found() -> None:
    assert recount(FILE, verify)
    for place in range(len(FILE)):
        for change in (1, 32):
            bent = bytearray(FILE)
            bent[place] ^= change
            with pytest.raises(Refused, match="recount-"):
                recount(bytes(bent), verify)


def test_a_byte_taken_out_or_put_in_is_found() -> None:
    for place in range(0, len(FILE), 3):
        for bent in (FILE[:place] + FILE[place + 1 :], FILE[:place] + b" " + FILE[place:]):
            with pytest.raises(Refused, match="recount-"):
                recount(bent, verify)


def _rechain(document: dict[str, Any]) -> None:
    head = logchain.first_head(document["poll"])
    for entry in document["log"]:
        head = logchain.next_head(head, canonical_bytes(entry))
    document["log_head"] = head


def _other_outcome(document: dict[str, Any]) -> None:
    document["outcome"]["code"] = "not_carried"


def _other_tally(document: dict[str, Any]) -> None:
    document["tally"]["counts"]["for"] = 3


def _other_text(document: dict[str, Any]) -> None:
    document["body"] = "From a loan."


def _other_setting(document: dict[str, Any]) -> None:
    document["settings"]["threshold"]["share"] = "2/3"


def _other_root(document: dict[str, Any]) -> None:
    document["root"] = "00" * 32


def _other_ballot(document: dict[str, Any]) -> None:
    document["ballots"][0]["choice"] = ["abstain"]


def _ballot_gone(document: dict[str, Any]) -> None:
    del document["ballots"][0]


def _ballot_gone_from_the_log(document: dict[str, Any]) -> None:
    del document["log"][1]
    _renumber(document)


def _ballot_gone_everywhere(document: dict[str, Any]) -> None:
    gone = document["log"].pop(1)
    document["ballots"] = [ballot for ballot in document["ballots"] if ballot["voter"] != gone["voter"]]
    _renumber(document)


def _stranger(document: dict[str, Any]) -> None:
    ballot = {"choice": ["for"], "nonce": "0" * 32, "poll": document["poll"], "voter": "f" * 32}
    document["ballots"] = sorted([*document["ballots"], ballot], key=lambda item: item["voter"])
    document["log"].insert(4, {"type": "ballot", **ballot})
    document["log"][5]["ballots"] = 4
    _renumber(document)


def _foreign_choice(document: dict[str, Any]) -> None:
    document["ballots"][0]["choice"] = ["maybe"]
    for entry in document["log"]:
        if entry.get("voter") == document["ballots"][0]["voter"]:
            entry["choice"] = ["maybe"]
    _rechain(document)


def _renumber(document: dict[str, Any]) -> None:
    for number, entry in enumerate(document["log"], start=1):
        entry["n"] = number
    _rechain(document)


def _entry_changed(document: dict[str, Any]) -> None:
    document["log"][1]["received_at"] = "2026-03-01T10:00:01Z"


def _numbers(document: dict[str, Any]) -> None:
    document["log"][1]["n"] = 9
    _rechain(document)


def _no_close(document: dict[str, Any]) -> None:
    del document["log"][4]
    _renumber(document)


def _other_close(document: dict[str, Any]) -> None:
    document["closes_at"] = "2026-03-09T09:00:00Z"


def _other_opening(document: dict[str, Any]) -> None:
    document["opens_at"] = "2026-02-01T09:00:00Z"


def _longer_roll(document: dict[str, Any]) -> None:
    document["roll"] = sorted([*document["roll"], "f" * 32 + " member 1"])


def _longer_roll_with_its_hash(document: dict[str, Any]) -> None:
    _longer_roll(document)
    document["roll_hash"] = roll_hash(document["roll"])


def _twice_on_the_roll(document: dict[str, Any]) -> None:
    document["roll"] = sorted([*document["roll"], document["roll"][0]])
    document["roll_hash"] = document["log"][0]["roll_hash"] = roll_hash(document["roll"])
    document["log"][0]["eligible"] = 4
    _rechain(document)


def _log_tells_another_tally(document: dict[str, Any]) -> None:
    document["log"][-2]["tally"]["voted"] = 2
    _rechain(document)


def _log_tells_another_outcome(document: dict[str, Any]) -> None:
    document["log"][-1]["code"] = "tied"
    _rechain(document)


def _no_fraction(document: dict[str, Any]) -> None:
    document["settings"]["threshold"]["share"] = "1e99999999"


def _division(document: dict[str, Any]) -> None:
    document["settings"]["threshold"]["share"] = "1/0"


def _part_missing(document: dict[str, Any]) -> None:
    del document["roll"]


def _other_format(document: dict[str, Any]) -> None:
    document["format"] = "fedcoop-recount-9"


def _other_method(document: dict[str, Any]) -> None:
    document["method"] = "oracle"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_other_outcome, "outcome"),
        (_other_tally, "tally"),
        (_other_text, "text"),
        (_other_setting, "text"),
        (_other_root, "root"),
        (_other_ballot, "ballots"),
        (_ballot_gone, "log-close-ballots"),
        (_ballot_gone_from_the_log, "ballots"),
        (_ballot_gone_everywhere, "log-close-ballots"),
        (_stranger, "voter"),
        (_foreign_choice, "ballot"),
        (_entry_changed, "log-head"),
        (_numbers, "log-numbers"),
        (_no_close, "log-order"),
        (_other_close, "log-close"),
        (_other_opening, "log-open-time"),
        (_longer_roll, "roll"),
        (_longer_roll_with_its_hash, "log-open-roll"),
        (_twice_on_the_roll, "roll-twice"),
        (_log_tells_another_tally, "log-tally"),
        (_log_tells_another_outcome, "log-outcome"),
        (_no_fraction, "shape"),
        (_division, "shape"),
        (_part_missing, "shape"),
        (_other_format, "format"),
        (_other_method, "method"),
    ],
)
def test_what_a_co_op_could_change_and_sign_anew_is_found_and_named(
    change: Callable[[dict[str, Any]], None], code: str
) -> None:
    document = json.loads(FILE)
    assert recount(canonical_bytes(sealed(document)), verify)
    change(document)
    with pytest.raises(Refused) as refused:
        recount(canonical_bytes(sealed(document)), verify)
    assert refused.value.code == f"recount-{code}"
    assert refused.value.message


def test_a_file_without_a_right_seal_is_refused() -> None:
    document = {**json.loads(FILE), "proof": "0" * 64}
    with pytest.raises(Refused) as refused:
        recount(canonical_bytes(document), verify)
    assert refused.value.code == "recount-proof"


@pytest.mark.parametrize(
    "data", [b"", b"\xff", b"null", b"[]", b"{}", b'{"a":1,"a":1}', b"[" * 100_000, b"1e999", b"NaN"]
)
def test_what_is_no_recount_file_is_refused(data: bytes) -> None:
    with pytest.raises(Refused, match="recount-"):
        recount(data, verify)


def test_the_root_is_that_of_the_ballots_in_the_file() -> None:
    assert secrecy.root([secrecy.leaf(item) for item in json.loads(FILE)["ballots"]]) == COUNTED.root


def test_the_last_ballot_of_a_voter_counts_and_a_withdrawn_one_does_not() -> None:
    document = json.loads(FILE)
    gone = document["ballots"][0]["voter"]
    document["log"].insert(4, logchain.withdrawal_entry(gone, "web", "2026-03-01T11:00:00Z") | {"n": 5})
    _renumber(document)
    with pytest.raises(Refused) as refused:
        recount(canonical_bytes(sealed(document)), verify)
    assert refused.value.code == "recount-ballots"


def test_a_log_that_withdraws_what_cannot_be_withdrawn_is_found() -> None:
    def document(method: str, key: str) -> bytes:
        asked = motion(method, visibility="live")
        ballots = [ballot(asked, entries_of(asked)[0], cast(asked.options[0].key))]
        entries = [
            logchain.open_entry(asked),
            *(logchain.ballot_entry(b) for b in ballots),
            candidacy.withdrawal_entry(key, "2026-03-02T09:00:00Z"),
            logchain.close_entry(asked, 1),
        ]
        log = [canonical_bytes({"n": n, **entry}).decode() for n, entry in enumerate(entries, start=1)]
        lines = roll.roll_lines(entries_of(asked))
        return count(Material(motion=asked, ballots=ballots, roll=lines, log=log), sealed).export.encode()

    assert recount(document("runoff", "b"), verify).outcome.winners == ("a",)
    assert recount(document("runoff", "a"), verify).outcome.winners == ()
    for method, key in (("runoff", "z"), ("approval", "a")):
        with pytest.raises(Refused) as refused:
            recount(document(method, key), verify)
        assert refused.value.code == "recount-log-option"
