"""Canonical bytes of JSON values and their digests: JSON Canonicalization Scheme, RFC 8785; SHA-256 (governance.md 1).

What votes are made of (texts, whole numbers, switches, lists, objects) is written by msgspec, four times as fast. Whatever
could differ there goes to the reference: fractions, large numbers, keys whose order in UTF-16 is another, kinds of our own.
"""

import hashlib
from collections.abc import Collection, Iterable
from typing import Any

import msgspec
import rfc8785

_LARGEST = 2**53 - 1
_NESTED = frozenset({list, tuple, dict})
_PLAIN = frozenset({str, bool, type(None), int}) | _NESTED
_KEYS = frozenset({str})
_encode = msgspec.json.Encoder(order="sorted").encode


def canonical_bytes(value: Any) -> bytes:
    """Return the RFC 8785 form of a JSON value, UTF-8. Raises ValueError for what JCS cannot say (NaN, |int| ≥ 2^53)."""
    if _is_plain(value):
        found = _encode(value)
        if not _could_be_out_of_order(found):
            return found
    try:
        return rfc8785.dumps(value)
    except rfc8785.CanonicalizationError as error:
        raise ValueError(str(error)) from error


def _is_plain(value: Any) -> bool:
    """Return whether there is nothing in the value that msgspec writes in another way than RFC 8785."""
    waiting: list[Collection[Any]] = [(value,)]
    while waiting:
        values = waiting.pop()
        kinds = set(map(type, values))
        if not kinds <= _PLAIN or (int in kinds and not _are_exact(values)):
            return False
        if kinds.isdisjoint(_NESTED):
            continue
        objects = [item for item in values if type(item) is dict]
        if not all(set(map(type, item)) <= _KEYS for item in objects):
            return False
        waiting += [item.values() for item in objects]
        waiting += [item for item in values if type(item) is list or type(item) is tuple]
    return True


def _are_exact(values: Iterable[Any]) -> bool:
    return all(-_LARGEST <= item <= _LARGEST for item in values if type(item) is int)


def _could_be_out_of_order(data: bytes) -> bool:
    """Return whether a letter beyond the first plane meets one after the surrogates: only these sort otherwise in UTF-16."""
    return _has_any(data, b"\xee\xef") and _has_any(data, b"\xf0\xf1\xf2\xf3\xf4")


def _has_any(data: bytes, leads: bytes) -> bool:
    return any(lead in data for lead in leads)


def sha256_hex(data: bytes) -> str:
    """Return SHA-256 as lower-case hex."""
    return hashlib.sha256(data).hexdigest()


def digest_of(value: Any) -> str:
    """Return the lower-case hex SHA-256 of the value's canonical bytes."""
    return sha256_hex(canonical_bytes(value))
