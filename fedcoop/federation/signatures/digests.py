"""Digests of bodies: `Digest` (RFC 3230) and `Content-Digest` (RFC 9530), SHA-256 alone (federation.md 5.2.5)."""

import binascii
import hmac
from base64 import b64decode, b64encode
from functools import lru_cache
from hashlib import sha256

from fedcoop.kernel.errors import BadSignature, MalformedSignature

DIGEST = "digest"
CONTENT_DIGEST = "content-digest"
MAX_CHARS = 4096
_SHA256 = "sha-256"


@lru_cache(maxsize=16)
def digest(body: bytes) -> str:
    """Return the value of `Digest` for the exact bytes sent."""
    return f"SHA-256={b64encode(sha256(body).digest()).decode()}"


@lru_cache(maxsize=16)
def content_digest(body: bytes) -> str:
    """Return the value of `Content-Digest` for the exact bytes sent."""
    return f"sha-256=:{b64encode(sha256(body).digest()).decode()}:"


def check_digest(name: str, value: str, body: bytes) -> None:
    """Hold the header `name` (one of the two) against `body`; other algorithms beside SHA-256 count for nothing.

    Raises BadSignature `digest-missing` (no SHA-256) or `digest-mismatch`, MalformedSignature `digest-unreadable`.
    """
    if len(value) > MAX_CHARS:
        raise MalformedSignature("digest-unreadable")
    found = [text.strip() for label, _, text in (part.partition("=") for part in value.split(",")) if _is_sha256(label)]
    if not found:
        raise BadSignature("digest-missing", header=name)
    if len(found) > 1:
        raise MalformedSignature("digest-unreadable", header=name)
    text = found[0]
    if name == CONTENT_DIGEST:
        if len(text) < 2 or text[0] != ":" or text[-1] != ":":
            raise MalformedSignature("digest-unreadable", header=name)
        text = text[1:-1]
    if not hmac.compare_digest(strict_base64(text, "digest-unreadable"), sha256(body).digest()):
        raise BadSignature("digest-mismatch", header=name)


def strict_base64(text: str, code: str) -> bytes:
    """Return the bytes of padded base64 without a foreign character. Raises MalformedSignature `code`."""
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedSignature(code) from error


def _is_sha256(label: str) -> bool:
    return label.strip().lower() == _SHA256
