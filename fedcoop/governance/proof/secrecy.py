"""The ballot box: leaves, root and inclusion proofs by which each voter can check (governance.md 5.2; RFC 6962 §2.1)."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fedcoop.governance.motions.ballots import Ballot, Boxed
from fedcoop.governance.motions.choices import choice_to_json
from fedcoop.kernel.canonical import canonical_bytes


def box_ballot(ballot: Ballot | Boxed, poll_url: str) -> dict[str, Any]:
    """Return the ballot as it lies in the box of an open poll: with its voter's pseudonym."""
    return {"choice": choice_to_json(ballot.choice), "nonce": ballot.nonce, "poll": poll_url, "voter": ballot.voter}


def leaf(ballot: Mapping[str, Any]) -> bytes:
    """Return SHA256(0x00 || canonical(ballot))."""
    return leaf_of(canonical_bytes(ballot))


def leaf_of(ballot: bytes) -> bytes:
    """Return the leaf of a ballot's canonical bytes."""
    return hashlib.sha256(b"\0" + ballot).digest()


def root(leaves: Sequence[bytes]) -> str:
    """Return the hex root over the leaves in order of their hashes; the empty box is SHA256 of nothing."""
    return _subtree(sorted(leaves)).hex()


def _subtree(leaves: Sequence[bytes]) -> bytes:
    if not leaves:
        return hashlib.sha256(b"").digest()
    level = list(leaves)
    if len(level) == 1:
        return level[0]
    split = 1 << ((len(level) - 1).bit_length() - 1)
    return _node(_subtree(level[:split]), _subtree(level[split:]))


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class ProofStep:
    """One neighbour on the way from leaf to root; `side` is where the neighbour stands."""

    side: str
    hash: str


def inclusion_proof(leaves: Sequence[bytes], wanted: bytes) -> tuple[ProofStep, ...]:
    """Return the neighbours from the leaf up to the root. Raises ValueError if the leaf is not in the box."""
    ordered = sorted(leaves)
    return tuple(_path(ordered, ordered.index(wanted)))


def _path(leaves: Sequence[bytes], index: int) -> list[ProofStep]:
    if len(leaves) <= 1:
        return []
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    if index < split:
        return [*_path(leaves[:split], index), ProofStep("right", _subtree(leaves[split:]).hex())]
    return [*_path(leaves[split:], index - split), ProofStep("left", _subtree(leaves[:split]).hex())]


def root_of_proof(wanted: bytes, proof: Sequence[ProofStep]) -> str:
    """Return the hex root that the proof leads to."""
    found = wanted
    for step in proof:
        neighbour = bytes.fromhex(step.hash)
        found = _node(neighbour, found) if step.side == "left" else _node(found, neighbour)
    return found.hex()
