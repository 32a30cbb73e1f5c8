"""JSON from other servers under limits, and accessors for its many spellings of one shape (federation.md 10).

Plain JSON first: received keys are read literally. No JSON-LD processing happens here, and none before a request is
authenticated.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn

from fedcoop.federation.wire.limits import LIMITED, MAX_ID, check_member, check_recipients
from fedcoop.kernel.errors import MalformedActivity, OriginMismatch
from fedcoop.kernel.names import origin_of as origin_of

AS_PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
PUBLIC_SPELLINGS = frozenset({AS_PUBLIC, "as:Public", "Public"})
MAX_BYTES = 1 << 20
MAX_DEPTH = 32
MAX_NODES = 5000
MAX_STRING = 256 * 1024
MAX_DIGITS = 18
MAX_URL = MAX_ID

_AS_CONTEXTS = frozenset(
    f"{scheme}://www.w3.org/ns/activitystreams{end}" for scheme in ("https", "http") for end in ("", "#")
)
_FORBIDDEN_KEYS = frozenset({"@graph", "@included", "@reverse", "@nest", "@import", "@propagate"})
_PROTECTED_TERMS = frozenset({"id", "type", "actor", "object", "attributedTo", "to", "cc", "publicKey", "proof"})


def parse_document(raw: bytes) -> dict[str, Any]:
    """Return the JSON object in `raw`, checked against every limit of federation.md 10, and of 16 for what it holds.

    Raises MalformedActivity with a code: `json`, `json-key-twice`, `json-number`, `json-depth`, `json-nodes`,
    `json-string`, `json-object`, `context`, or one of `limits`.
    """
    try:
        value = _DECODER.decode(raw.decode("utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise MalformedActivity("json") from error
    except RecursionError as error:
        raise MalformedActivity("json-depth") from error
    if not isinstance(value, dict):
        raise MalformedActivity("json-object")
    _walk(value, strings_hold=len(raw) <= MAX_STRING and _ODD_ESCAPE.search(raw) is None)
    check_context(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise MalformedActivity("json-key-twice")
    return value


def _no_constant(name: str) -> NoReturn:
    raise MalformedActivity("json-number", constant=name)


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS + text.startswith("-"):
        raise MalformedActivity("json-number")
    return int(text)


def _float(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise MalformedActivity("json-number")
    return value


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_no_constant, parse_int=_integer, parse_float=_float
)
_ODD_ESCAPE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
"""NUL and halves of pairs come into a string by such an escape only: JSON has no bare control characters, UTF-8 no halves."""


def _walk(root: dict[str, Any], *, strings_hold: bool) -> None:
    """Count depth and nodes in one walk that stops at a limit; check every string and key unless they are known to hold."""
    nodes = 0
    level: list[Any] = [root]
    for _ in range(MAX_DEPTH):
        below: list[Any] = []
        for value in level:
            nodes += len(value)
            if isinstance(value, dict):
                _walk_object(value, below)
                if not strings_hold:
                    _check_strings((*value, *value.values()))
            else:
                below += [item for item in value if isinstance(item, dict | list)]
                if not strings_hold:
                    _check_strings(value)
        if nodes > MAX_NODES:
            raise MalformedActivity("json-nodes")
        if not below:
            return
        level = below
    raise MalformedActivity("json-depth")


def _walk_object(value: dict[str, Any], below: list[Any]) -> None:
    recipients = 0
    for key, item in value.items():
        if key[:1] == "@":
            _check_keyword(key, item)
        if isinstance(item, dict | list):
            below.append(item)
        if key in LIMITED:
            recipients += check_member(key, item)
    if ("@id" in value and "id" in value) or ("@type" in value and "type" in value):
        raise MalformedActivity("context")
    check_recipients(recipients)


def _check_keyword(key: str, value: Any) -> None:
    """Contexts of embedded objects and of single terms change as much as the outer one: they are held to the same."""
    if key in _FORBIDDEN_KEYS:
        raise MalformedActivity("context", key=key)
    if key == "@context":
        for item in as_list(value):
            _check_terms(item)


def _check_strings(values: Iterable[Any]) -> None:
    for value in values:
        if isinstance(value, str):
            _check_string(value)


def _check_string(text: str) -> None:
    if len(text) > MAX_STRING or "\0" in text:
        raise MalformedActivity("json-string")
    if not text.isascii():
        try:
            size = len(text.encode("utf-8"))
        except UnicodeEncodeError as error:
            raise MalformedActivity("json-string") from error
        if size > MAX_STRING:
            raise MalformedActivity("json-string")


def check_context(document: Mapping[str, Any]) -> None:
    """Raise MalformedActivity (`context`) unless ActivityStreams is in `@context` and no protected term is redefined."""
    contexts = as_list(document.get("@context"))
    if not any(isinstance(item, str) and item in _AS_CONTEXTS for item in contexts):
        raise MalformedActivity("context")
    for item in contexts:
        _check_terms(item)


def _check_terms(context: Any) -> None:
    """Raise MalformedActivity for a context that redefines a protected term, or gives a keyword another name."""
    if isinstance(context, str):
        return
    if not isinstance(context, Mapping) or not _PROTECTED_TERMS.isdisjoint(context):
        raise MalformedActivity("context")
    for term, meaning in context.items():
        target = meaning.get("@id") if isinstance(meaning, Mapping) else meaning
        if not term.startswith("@") and isinstance(target, str) and target.startswith("@"):
            raise MalformedActivity("context", key=term)


# accessors


def as_list(value: Any) -> list[Any]:
    """Return a list whatever the spelling: nothing, one value, or a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def id_of(value: Any) -> str | None:
    """Return the id that a string or an object stands for, of a list the only one; None where there is none."""
    if isinstance(value, list):
        return id_of(value[0]) if len(value) == 1 else None
    found = value.get("id") if isinstance(value, Mapping) else value
    return found if isinstance(found, str) and 0 < len(found) <= MAX_URL else None


def ids_of(value: Any) -> list[str]:
    """Return the ids of a string, an object or a list of these, each once, in order."""
    return list(dict.fromkeys(found for item in as_list(value) if (found := id_of(item)) is not None))


def one_string(value: Any) -> str | None:
    """Return a string, or the only string of a list."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return value if isinstance(value, str) else None


def types_of(value: Any) -> list[str]:
    """Return the types of an object, as written."""
    return [item for item in as_list(value.get("type")) if isinstance(item, str)] if isinstance(value, Mapping) else []


def first_known_type(value: Any, known: Iterable[str]) -> str | None:
    """Return the first type of the object that is one of `known`."""
    wanted = frozenset(known)
    return next((item for item in types_of(value) if item in wanted), None)


def same_origin(first: str, second: str) -> bool:
    """Return whether both URIs have one origin; False where either has none."""
    origin = origin_of(first)
    return origin is not None and origin == origin_of(second)


def is_public(value: Any) -> bool:
    """Return whether an audience names the Public collection in any spelling."""
    return not PUBLIC_SPELLINGS.isdisjoint(ids_of(value))


def owner_of(value: Mapping[str, Any], *, of: Callable[[Mapping[str, Any]], Any] | None = None) -> str | None:
    """Return the one owner of an object (`attributedTo`) or activity (`actor`), None where it names none.

    Raises OriginMismatch `owner` for several, and for what is no id beside or instead of it (federation.md 1, 8.2).
    """
    named = as_list(of(value) if of else value.get("actor", value.get("attributedTo")))
    owners = {id_of(item) for item in named}
    if len(owners) > 1 or None in owners:
        raise OriginMismatch("owner")
    return owners.pop() if owners else None
