"""Object integrity proofs, `eddsa-jcs-2022`: made and verified (federation.md 6; FEP-8b32; W3C VC-DI-EDDSA §3.3)."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fedcoop.federation.signatures.keys import PrivateKey, PublicKey
from fedcoop.kernel import base58
from fedcoop.kernel.canonical import canonical_bytes
from fedcoop.kernel.clock import parse_rfc3339, rfc3339
from fedcoop.kernel.errors import BadSignature

TYPE = "DataIntegrityProof"
CRYPTOSUITE = "eddsa-jcs-2022"
PURPOSE = "assertionMethod"
_SIGNATURE_BYTES = 64
_NOT_PROVEN = frozenset({"proof", "signature"})


@dataclass(frozen=True, slots=True)
class ProofClaim:
    """What a proof claims, not yet verified: the key's id, when it was made, and until when it holds."""

    verification_method: str
    created: datetime | None
    expires: datetime | None
    signature: bytes
    hash_data: bytes


def add_proof(document: Mapping[str, Any], key: PrivateKey, key_id: str, created: datetime) -> dict[str, Any]:
    """Return `document` with a proof by the Ed25519 `key`; its own proof, if it had one, is replaced.

    The proof repeats the document's `@context`; `created` is written with `Z` and has no trailing zeros, as Fedify wants.
    Raises ValueError for a key of another type.
    """
    if key.algorithm != "ed25519":
        raise ValueError("only Ed25519 keys make proofs")
    plain = {name: value for name, value in document.items() if name not in _NOT_PROVEN}
    options = {
        "@context": plain["@context"],
        "type": TYPE,
        "cryptosuite": CRYPTOSUITE,
        "created": rfc3339(created.replace(microsecond=0)),
        "verificationMethod": key_id,
        "proofPurpose": PURPOSE,
    }
    signature = key.sign(_hash_data(options, plain))
    return {**plain, "proof": {**options, "proofValue": "z" + base58.encode(signature)}}


def proof_claim(document: Mapping[str, Any]) -> ProofClaim | None:
    """Return the claim of the document's proof, None if it has none.

    Raises BadSignature (`proof-list`, `proof-type`, `proof-purpose`, `proof-key`, `proof-value`, `proof-context`,
    `proof-date`): a proof that is present and unusable makes the document invalid.
    """
    proof = document.get("proof")
    if proof is None:
        return None
    if not isinstance(proof, Mapping):
        raise BadSignature("proof-list")
    if proof.get("type") != TYPE or proof.get("cryptosuite") != CRYPTOSUITE:
        raise BadSignature("proof-type")
    if proof.get("proofPurpose") != PURPOSE:
        raise BadSignature("proof-purpose")
    method = proof.get("verificationMethod")
    if not isinstance(method, str) or not 0 < len(method) <= 2048:
        raise BadSignature("proof-key")
    plain = {name: value for name, value in document.items() if name not in _NOT_PROVEN}
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    if "@context" in options:
        plain["@context"] = _checked_context(options["@context"], plain.get("@context"))
    try:
        hash_data = _hash_data(options, plain)
    except (ValueError, RecursionError) as error:
        raise BadSignature("proof-value") from error
    return ProofClaim(
        verification_method=method,
        created=_instant(proof.get("created")),
        expires=_instant(proof.get("expires")),
        signature=_signature(proof.get("proofValue")),
        hash_data=hash_data,
    )


def check_proof(claim: ProofClaim, key: PublicKey, now: datetime | None) -> bool:
    """Return whether the claim holds with `key`, which its owner must show in `assertionMethod`; `now` None: no expiry."""
    if key.algorithm != "ed25519":
        return False
    if now is not None and claim.expires is not None and claim.expires < now:
        return False
    return key.verify(claim.signature, claim.hash_data)


def verify_proof(document: Mapping[str, Any], key: PublicKey, now: datetime | None) -> bool:
    """Return whether the document has a proof that holds with `key`. Raises BadSignature as `proof_claim` does."""
    claim = proof_claim(document)
    return claim is not None and check_proof(claim, key, now)


def _hash_data(options: Mapping[str, Any], document: Mapping[str, Any]) -> bytes:
    """Return SHA-256 of the options followed by SHA-256 of the document: the 64 bytes that are signed."""
    return hashlib.sha256(canonical_bytes(options)).digest() + hashlib.sha256(canonical_bytes(document)).digest()


def _checked_context(stated: Any, actual: Any) -> Any:
    """The proof's context must be a prefix of the document's, which it then replaces for hashing."""
    prefix = stated if isinstance(stated, list) else [stated]
    whole = actual if isinstance(actual, list) else [actual]
    if whole[: len(prefix)] != prefix:
        raise BadSignature("proof-context")
    return stated


def _instant(value: Any) -> datetime | None:
    if value is None:
        return None
    try:
        return parse_rfc3339(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise BadSignature("proof-date") from error


def _signature(value: Any) -> bytes:
    if not isinstance(value, str) or not value.startswith("z") or len(value) > 100:
        raise BadSignature("proof-value")
    try:
        signature = base58.decode(value[1:])
    except ValueError as error:
        raise BadSignature("proof-value") from error
    if len(signature) != _SIGNATURE_BYTES:
        raise BadSignature("proof-value")
    return signature
