"""Canonical bytes of JSON values and their digests: JSON Canonicalization Scheme, RFC 8785; SHA-256 (governance.md 1)."""

import hashlib
from typing import Any

import rfc8785


def canonical_bytes(value: Any) -> bytes:
    """Return the RFC 8785 form of a JSON value, UTF-8. Raises ValueError for what JCS cannot say (NaN, |int| ≥ 2^53)."""
    try:
        return rfc8785.dumps(value)
    except rfc8785.CanonicalizationError as error:
        raise ValueError(str(error)) from error


def sha256_hex(data: bytes) -> str:
    """Return SHA-256 as lower-case hex."""
    return hashlib.sha256(data).hexdigest()


def digest_of(value: Any) -> str:
    """Return the lower-case hex SHA-256 of the value's canonical bytes."""
    return sha256_hex(canonical_bytes(value))
