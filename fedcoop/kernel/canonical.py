"""Canonical bytes of JSON values and their digests: JSON Canonicalization Scheme, RFC 8785; SHA-256 (governance.md 1).

What votes are made of (texts, whole numbers, switches, lists, objects) is written by msgspec, four times as fast. Whatever
could differ there goes to the reference: fractions, large numbers, keys whose order in UTF-16 is another, kinds of our own.
A part that is written already (`Written`) is taken as it is: a long log is not read and written again to stand in a file.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, TypeAlias

import msgspec
import rfc8785

Written: TypeAlias = msgspec.Raw
"""Canonical bytes, made by this module, that stand for a value within another."""

_LARGEST = 2**53 - 1
_PLAIN = frozenset({str, bool, type(None), int, list, tuple, dict, Written})
_LISTS = frozenset({list, tuple})
_KEYS = frozenset({str})
_encode = msgspec.json.Encoder(order="sorted").encode


def canonical_bytes(value: Any) -> bytes:
    """Return the RFC 8785 form of a JSON value, UTF-8. Raises ValueError for what JCS cannot say (NaN, |int| ≥ 2^53)."""
    if _is_plain(value):
        found = _encode(value)
        if not _could_be_out_of_order(found):
            return found
    try:
        return rfc8785.dumps(_read(value))
    except rfc8785.CanonicalizationError as error:
        raise ValueError(str(error)) from error


def canonical_each(values: Sequence[Any]) -> list[bytes]:
    """Return the canonical bytes of each of many values. Raises ValueError as `canonical_bytes`."""
    if _is_plain(values):
        found = [*map(_encode, values)]
        if not _could_be_out_of_order(b"".join(found)):
            return found
    return [*map(canonical_bytes, values)]


def _is_plain(value: Any) -> bool:
    """Return whether there is nothing in the value that msgspec writes in another way than RFC 8785; level by level."""
    level = [value]
    while level:
        kinds = set(map(type, level))
        if not kinds <= _PLAIN or (int in kinds and not _are_exact(level)):
            return False
        objects = [item for item in level if type(item) is dict] if dict in kinds else []
        if not set(map(type, chain.from_iterable(objects))) <= _KEYS:
            return False
        lists = [item for item in level if type(item) is list or type(item) is tuple] if kinds & _LISTS else []
        level = [*chain.from_iterable(map(dict.values, objects)), *chain.from_iterable(lists)]
    return True


def _read(value: Any) -> Any:
    """Return the value with what is written in it read again."""
    if isinstance(value, Written):
        return json.loads(bytes(value), parse_int=_number)
    if isinstance(value, dict):
        return {key: _read(item) for key, item in value.items()}
    return [*map(_read, value)] if isinstance(value, list | tuple) else value


def _number(digits: str) -> int | float:
    """Return the number that was written so: beyond what is exact it was a fraction."""
    number = int(digits)
    return number if abs(number) <= _LARGEST else float(digits)


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
