"""What a request claims of its signer, before the key is known; and the checks both forms of signature share."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from fedcoop.federation.signatures.digests import check_digest
from fedcoop.federation.signatures.message import Signable
from fedcoop.kernel.errors import BadSignature, MalformedSignature

Scheme = Literal["cavage", "rfc9421"]

MAX_HEADER_CHARS = 4096
MAX_KEY_ID_CHARS = 2048
_KEY_ID = re.compile(r"(https?)://[A-Za-z0-9\[][!#-;=?-\[\]_a-z~]*")


@dataclass(frozen=True, slots=True)
class Claim:
    """A signature that fits its request in all but the proof itself, which needs the key.

    `algorithm` is what the message says (empty: nothing); it may only contradict the key, never choose. `expires` is the
    end that the signer set, if any.
    `base_without_query` is the other string to try, for a GET with a query (federation.md 5.3).
    """

    scheme: Scheme
    key_id: str
    algorithm: str
    signed_at: datetime
    expires: datetime | None
    signature: bytes
    base: bytes
    base_without_query: bytes | None = None


def only_value(message: Signable, name: str) -> str:
    """Return the value of the header that a signature covers.

    Raises BadSignature `header-missing`, MalformedSignature `header-duplicate` or `header-unreadable` (not printable ASCII).
    """
    values = message.values(name)
    if not values:
        raise BadSignature("header-missing", header=name)
    if len(values) > 1:
        raise MalformedSignature("header-duplicate", header=name)
    check_printable(values[0])
    return values[0]


def check_printable(text: str) -> None:
    """Raise MalformedSignature `header-unreadable` for what could start another line, or is not ASCII."""
    if not (text.isascii() and text.replace("\t", " ").isprintable()):
        raise MalformedSignature("header-unreadable")


def check_key_id(text: str, scheme: str) -> None:
    """Hold a key id to the form of an https URL (http only while we are on http ourselves). Raises BadSignature `key-id`."""
    found = _KEY_ID.fullmatch(text) if len(text) <= MAX_KEY_ID_CHARS else None
    if found is None or found[1] not in ("https", scheme):
        raise BadSignature("key-id")


def check_covered_digest(message: Signable, name: str, covered: frozenset[str]) -> None:
    """Hold the body against the digest that must be signed with it (federation.md 5.2.5)."""
    if not message.needs_digest:
        return
    if name not in covered:
        raise BadSignature("signature-coverage", missing=name)
    check_digest(name, only_value(message, name), message.body or b"")
