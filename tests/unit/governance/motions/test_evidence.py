"""The log chain, the ballot box and its proofs: the vectors of governance.md 5.1 and 5.2; what an entry tells and keeps."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fedcoop.governance.proof import logchain, secrecy
from fedcoop.kernel.canonical import canonical_bytes
from fedcoop.kernel.clock import rfc3339
from tests.unit.governance.samples import CLOSES, ballot, cast, entries_of, motion

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[3] / "vectors/governance/evidence.json").read_text())


def test_the_chain_begins_with_the_address_of_the_poll_and_takes_each_entry_in() -> None:
    head = logchain.first_head(VECTORS["poll"])
    assert head == VECTORS["chain"]["h_0"]
    for step in VECTORS["chain"]["entries"]:
        head = logchain.next_head(head, canonical_bytes(step["entry"]))
        assert head == step["head"]


def test_leaves_root_and_inclusion_proof_are_those_of_the_vector() -> None:
    box = VECTORS["box"]
    leaves = [secrecy.leaf(item["ballot"]) for item in box["ballots"]]
    assert [leaf.hex() for leaf in leaves] == [item["leaf"] for item in box["ballots"]]
    assert secrecy.root(leaves) == secrecy.root(leaves[::-1]) == box["root"]
    wanted = bytes.fromhex(box["proof"]["of"])
    proof = secrecy.inclusion_proof(leaves, wanted)
    assert [[step.side, step.hash] for step in proof] == box["proof"]["steps"]
    assert secrecy.root_of_proof(wanted, proof) == box["root"]


def test_the_empty_box_is_the_hash_of_nothing() -> None:
    assert secrecy.root([]) == hashlib.sha256(b"").hexdigest()


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 8, 9, 16, 17])
def test_every_leaf_of_a_box_of_any_size_is_proven_and_no_other(size: int) -> None:
    leaves = [secrecy.leaf({"choice": ["for"], "nonce": f"{n:032x}"}) for n in range(size)]
    root = secrecy.root(leaves)
    for leaf in leaves:
        assert secrecy.root_of_proof(leaf, secrecy.inclusion_proof(leaves, leaf)) == root
    stranger = secrecy.leaf({"choice": ["against"], "nonce": "f" * 32})
    assert secrecy.root_of_proof(stranger, secrecy.inclusion_proof(leaves, leaves[0])) != root
    with pytest.raises(ValueError, match="not in"):
        secrecy.inclusion_proof(leaves, stranger)


def test_the_opening_entry_states_text_roll_and_dates() -> None:
    asked = motion()
    assert logchain.open_entry(asked) == {
        "type": "open",
        "text_hash": asked.text_hash,
        "roll_hash": asked.roll_hash,
        "eligible": 12,
        "opens_at": "2026-03-01T09:00:00Z",
        "closes_at": "2026-03-08T09:00:00Z",
    }


def test_a_ballot_entry_names_a_pseudonym_and_of_the_reason_only_its_hash() -> None:
    asked = motion()
    voter = entries_of(asked)[0]
    given = ballot(asked, voter, cast("for", reason="Ada knows a good oven"))
    entry = logchain.ballot_entry(given)
    assert entry["voter"] == voter.voter
    assert entry["reason_hash"] == hashlib.sha256(f"{given.nonce}\nAda knows a good oven".encode()).hexdigest()
    assert "Ada" not in json.dumps(entry)
    assert "member_id" not in entry
    assert "reason_hash" not in logchain.ballot_entry(replace(given, reason=""))


def test_a_ballot_in_the_box_tells_choice_nonce_poll_and_voter_only() -> None:
    asked = motion()
    given = ballot(asked, entries_of(asked)[0], cast("for", reason="because"))
    assert secrecy.box_ballot(given, asked.url) == {
        "choice": ["for"],
        "nonce": given.nonce,
        "poll": asked.url,
        "voter": given.voter,
    }


def test_the_other_entries_say_what_happened() -> None:
    asked, at = motion(), rfc3339(CLOSES)
    assert logchain.withdrawal_entry("v", "web", at) == {
        "type": "withdrawal",
        "voter": "v",
        "channel": "web",
        "received_at": at,
    }
    assert logchain.extend_entry(asked, "holidays") == {"type": "extend", "closes_at": at, "reason": "holidays"}
    assert logchain.close_entry(asked, 3) == {"type": "close", "closes_at": at, "ballots": 3}
    assert logchain.annul_entry("wrong text", at) == {"type": "annul", "reason": "wrong text", "at": at}
    assert logchain.tally_entry({"voted": 1}, "00") == {"type": "tally", "tally": {"voted": 1}, "root": "00"}
    assert logchain.outcome_entry("carried", ("a",)) == {"type": "outcome", "code": "carried", "winners": ["a"]}
