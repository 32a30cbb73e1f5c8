"""The signature of a request that came in: which form, what it claims, and whether a key bears it out (federation.md 5.2)."""

from datetime import datetime

from fedcoop.federation.signatures import cavage, rfc9421
from fedcoop.federation.signatures.claim import Claim
from fedcoop.federation.signatures.digests import CONTENT_DIGEST, DIGEST
from fedcoop.federation.signatures.keys import Algorithm, PublicKey
from fedcoop.federation.signatures.message import Signable
from fedcoop.kernel.errors import BadSignature, MalformedSignature

__all__ = ["Claim", "check", "read_claim"]

SIGNATURE = "signature"
SIGNATURE_INPUT = "signature-input"
ONCE = frozenset({SIGNATURE, SIGNATURE_INPUT, "date", DIGEST, CONTENT_DIGEST, "host", "content-type"})
_KEY_TYPES: dict[str, Algorithm] = {"rsa-sha256": "rsa", "rsa-v1_5-sha256": "rsa", "ed25519": "ed25519"}


def read_claim(message: Signable, now: datetime) -> Claim:
    """Return what the request's signature claims, every check passed that needs no key.

    With `Signature-Input` it is RFC 9421 and nothing else, otherwise draft-cavage; `Authorization` is not looked at.
    Raises MalformedSignature (the door answers 400) or BadSignature (401), with a code that tells why.
    """
    lone = _lone_headers(message)
    if SIGNATURE not in lone:
        raise BadSignature("signature-missing")
    if SIGNATURE_INPUT in lone:
        return rfc9421.verify(message, lone[SIGNATURE_INPUT], lone[SIGNATURE], now)
    return cavage.verify(message, lone[SIGNATURE], now)


def check(claim: Claim, key: PublicKey) -> bool:
    """Return whether `key` made the signature. The key's type alone decides how; the message may only disagree with it."""
    if _KEY_TYPES.get(claim.algorithm, key.algorithm) != key.algorithm:
        return False
    if key.verify(claim.signature, claim.base):
        return True
    return claim.base_without_query is not None and key.verify(claim.signature, claim.base_without_query)


def _lone_headers(message: Signable) -> dict[str, str]:
    """Return the headers that may occur but once. Raises MalformedSignature `header-duplicate` (federation.md 5.2.2)."""
    found: dict[str, str] = {}
    for name, value in message.headers:
        if name in ONCE:
            if name in found:
                raise MalformedSignature("header-duplicate", header=name)
            found[name] = value
    return found
