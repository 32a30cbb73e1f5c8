"""HTTP Message Signatures, RFC 9421 (federation.md 5.1 and 5.4): one label, no component parameters, our own URI."""

import re
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

import http_sf

from fedcoop.federation.signatures.claim import (
    MAX_HEADER_CHARS,
    Claim,
    check_covered_digest,
    check_key_id,
    check_printable,
)
from fedcoop.federation.signatures.digests import CONTENT_DIGEST, content_digest
from fedcoop.federation.signatures.keys import PrivateKey
from fedcoop.federation.signatures.message import Signable
from fedcoop.federation.signatures.times import check_window, from_seconds, http_date
from fedcoop.kernel.errors import BadSignature, MalformedSignature

LABEL = "sig1"
ALGORITHMS = frozenset({"", "rsa-v1_5-sha256", "ed25519"})
_TYPES = (("created", int), ("expires", int), ("keyid", str), ("alg", str))
_KEY_ID = re.compile(r"[ !#-\[\]-~]+")
_KEY, _STRING, _INTEGER = r"[a-z*][a-z0-9_.*-]*", r'"[ !#-\[\]-~]*"', r"(?:0|[1-9][0-9]{0,14})"
_INPUT = re.compile(rf"({_KEY})=(\(({_STRING}(?: {_STRING})*)\)((?:;{_KEY}=(?:{_INTEGER}|{_STRING}))*))")
_PARAMETER = re.compile(rf";({_KEY})=(?:({_INTEGER})|({_STRING}))")
_SIGNATURE = re.compile(rf"({_KEY})=:([A-Za-z0-9+/]+={{0,2}}):")


@dataclass(frozen=True, slots=True)
class Parameters:
    """A pair of `Signature-Input` and `Signature`, read: nothing in it is trusted yet. `text` is the canonical inner list."""

    covered: tuple[str, ...]
    params: Mapping[str, Any]
    signature: bytes
    text: str


def sign(message: Signable, *, key: PrivateKey, key_id: str, now: datetime) -> dict[str, str]:
    """Return the headers to add: `Content-Digest` if there is a body, `Signature-Input`, `Signature`; and an unsigned `Date`."""
    if not _KEY_ID.fullmatch(key_id):
        raise ValueError("a key id cannot hold quotes or controls")
    added = {"Date": http_date(now)}
    covered = '"@method" "@target-uri"'
    lines = f'"@method": {message.method}\n"@target-uri": {message.target_uri}\n'
    if message.body is not None:
        added["Content-Digest"] = content_digest(message.body)
        covered += ' "content-digest"'
        lines += f'"content-digest": {added["Content-Digest"]}\n'
    if lines.count("\n") != covered.count(" ") + 1 or "\r" in lines:
        raise ValueError("a signed value cannot hold a line break")
    params = f'({covered});created={int(now.timestamp())};keyid="{key_id}"'
    signature = key.sign(f'{lines}"@signature-params": {params}'.encode("ascii"))
    added["Signature-Input"] = f"{LABEL}={params}"
    added["Signature"] = f"{LABEL}=:{b64encode(signature).decode()}:"
    return added


def signature_base(message: Signable, covered: Sequence[str], params: Mapping[str, Any] | str) -> bytes:
    """Return the bytes that are signed (RFC 9421 §2.5), without a final newline; `params` may be the canonical inner list.

    Raises BadSignature `signature-coverage` or `header-missing`, MalformedSignature `header-unreadable`.
    """
    lines = [f'"{name}": {_component(message, name)}' for name in covered]
    lines.append(f'"@signature-params": {params if isinstance(params, str) else inner_list(covered, params)}')
    return "\n".join(lines).encode("ascii")


def parse(signature_input: str, signature: str) -> Parameters:
    """Return what the one label of both headers says.

    Raises MalformedSignature: `signature-too-long`, `signature-unreadable`, `signature-labels`, `header-duplicate`;
    BadSignature `signature-coverage` for component parameters.
    """
    if max(len(signature_input), len(signature)) > MAX_HEADER_CHARS:
        raise MalformedSignature("signature-too-long")
    found = read_plain(signature_input, signature) or read_structured(signature_input, signature)
    if len(set(found.covered)) != len(found.covered):
        raise MalformedSignature("header-duplicate")
    _check_types(found.params)
    return found


def read_plain(signature_input: str, signature: str) -> Parameters | None:
    """Return what nearly everybody writes, canonical as it stands: plain names, strings and numbers; None for all else."""
    asked, given = _INPUT.fullmatch(signature_input), _SIGNATURE.fullmatch(signature)
    if asked is None or given is None or asked[1] != given[1] or len(given[2]) % 4:
        return None
    listed = _PARAMETER.findall(asked[4])
    params = {name: int(number) if number else text[1:-1] for name, number, text in listed}
    if len(params) != len(listed):
        return None
    return Parameters(tuple(asked[3][1:-1].split('" "')), params, b64decode(given[2]), asked[2])


def read_structured(signature_input: str, signature: str) -> Parameters:
    """Return what any dictionary of structured fields (RFC 9651) says. Raises as `parse` does."""
    inputs, signatures = _dictionary(signature_input), _dictionary(signature)
    if len(inputs) != 1 or inputs.keys() != signatures.keys():
        raise MalformedSignature("signature-labels")
    (member,), (value,) = inputs.values(), signatures.values()
    items, params = member if isinstance(member, tuple) else (None, {})
    data = value[0] if isinstance(value, tuple) else value
    if not isinstance(items, list) or not isinstance(data, bytes) or not data:
        raise MalformedSignature("signature-unreadable")
    covered = []
    for name, component_params in items:
        if type(name) is not str:
            raise MalformedSignature("signature-unreadable", parameter="component")
        if component_params:
            raise BadSignature("signature-coverage", reason="component-parameters")
        covered.append(name)
    return Parameters(tuple(covered), params, data, inner_list(covered, params))


def inner_list(covered: Sequence[str], params: Mapping[str, Any]) -> str:
    """Return the canonical text of what is covered, and how (RFC 9421 §2.3)."""
    inner: Any = (list(covered), dict(params))
    return str(http_sf.ser([inner]))


def verify(message: Signable, signature_input: str, signature: str, now: datetime) -> Claim:
    """Return the claim of a request signed in this form, all checks of 5.2 and 5.4 passed but the key's.

    Raises MalformedSignature or BadSignature, with a code that tells why.
    """
    parameters = parse(signature_input, signature)
    params, covered = parameters.params, frozenset(parameters.covered)
    check_key_id(params.get("keyid", ""), message.scheme)
    algorithm = params.get("alg", "")
    if algorithm not in ALGORITHMS:
        raise BadSignature("signature-algorithm")
    _check_coverage(message, covered)
    if "created" not in params:
        raise BadSignature("signature-time-missing")
    signed_at = from_seconds(params["created"])
    expires = from_seconds(params["expires"]) if "expires" in params else None
    check_window(signed_at, expires, now)
    base = signature_base(message, parameters.covered, parameters.text)
    check_covered_digest(message, CONTENT_DIGEST, covered)
    return Claim(
        scheme="rfc9421",
        key_id=params["keyid"],
        algorithm=algorithm,
        signed_at=signed_at,
        expires=expires,
        signature=parameters.signature,
        base=base,
    )


def _dictionary(text: str) -> dict[str, Any]:
    try:
        found: Any = http_sf.parse(text.encode("ascii"), tltype="dictionary", on_duplicate_key=_refuse_twice)
    except ValueError as error:
        raise MalformedSignature("signature-unreadable") from error
    return dict(found)


def _refuse_twice(key: str, context: str) -> NoReturn:
    raise MalformedSignature("signature-unreadable", parameter="twice")


def _check_types(params: Mapping[str, Any]) -> None:
    for name, kind in _TYPES:
        if name in params and type(params[name]) is not kind:
            raise MalformedSignature("signature-unreadable", parameter="type")


def _check_coverage(message: Signable, covered: frozenset[str]) -> None:
    """Method and the whole URI must be signed, as one or in its parts; the body is held against its digest later."""
    missing = {"@method"} - covered
    if "@target-uri" not in covered:
        parts = {"@authority", "@path"} | ({"@query"} if "?" in message.target else set())
        missing |= parts - covered
    if missing:
        raise BadSignature("signature-coverage", missing=",".join(sorted(missing)))


def _component(message: Signable, name: str) -> str:
    """Return the value of a derived component (RFC 9421 §2.2) or of a field (§2.1: its lines joined)."""
    if name.startswith("@"):
        value = _derived(message, name)
    else:
        values = message.values(name)
        if not values or name != name.lower():
            raise BadSignature("header-missing", header=name)
        value = ", ".join(text.strip() for text in values)
    check_printable(value)
    return value


def _derived(message: Signable, name: str) -> str:
    path, question, query = message.target.partition("?")
    match name:
        case "@method":
            return message.method
        case "@target-uri":
            return message.target_uri
        case "@authority":
            return message.authority.lower()
        case "@scheme":
            return message.scheme
        case "@request-target":
            return message.target
        case "@path":
            return path or "/"
        case "@query":
            return f"{question or '?'}{query}"
    raise BadSignature("signature-coverage", reason="component")
