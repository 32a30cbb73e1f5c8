"""HTTP signatures as of draft-cavage-http-signatures-12 (federation.md 5.1 and 5.3).

The one module that knows `httpsig`, for its signing string only: its signers and verifiers let the message choose the
algorithm, so that anybody could forge, and its parser is slow. Every check of 5.2 and 5.3 comes before the string is made.
"""

import re
import warnings
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime

from fedcoop.federation.signatures.claim import (
    MAX_HEADER_CHARS,
    Claim,
    check_covered_digest,
    check_key_id,
    check_printable,
    only_value,
)
from fedcoop.federation.signatures.digests import DIGEST, digest, strict_base64
from fedcoop.federation.signatures.keys import PrivateKey
from fedcoop.federation.signatures.message import Signable
from fedcoop.federation.signatures.times import check_window, from_seconds, http_date, parse_http_date
from fedcoop.kernel.errors import BadSignature, MalformedSignature

with warnings.catch_warnings():  # it imports pkg_resources, which tells everybody that it is old
    warnings.simplefilter("ignore")
    from httpsig.utils import generate_message

REQUEST_TARGET = "(request-target)"
CREATED = "(created)"
EXPIRES = "(expires)"
HS2019 = "hs2019"
ALGORITHMS = frozenset({"", HS2019, "rsa-sha256"})
_PARAMETER = re.compile(r'[ \t]*([A-Za-z]+)=(?:"([ !#-\[\]-~]*)"|([0-9.]+))[ \t]*(?:,|\Z)')
_SECONDS = re.compile(r"[0-9]{1,11}(?:\.[0-9]{1,9})?")
_REFUSED_IN_KEY_ID = re.compile(r'["\\\x00-\x1f\x7f]')


@dataclass(frozen=True, slots=True)
class Parameters:
    """A `Signature` header, read: nothing in it is trusted yet. `created` and `expires` are kept as written."""

    key_id: str
    algorithm: str
    headers: tuple[str, ...]
    signature: bytes
    created: str
    expires: str


def sign(message: Signable, *, key: PrivateKey, key_id: str, now: datetime) -> dict[str, str]:
    """Return the headers to add: `Date`, `Digest` if there is a body, and `Signature` over what 5.1 names."""
    if _REFUSED_IN_KEY_ID.search(key_id):
        raise ValueError("a key id cannot hold quotes or controls")
    added = {"Date": http_date(now)}
    names = f"{REQUEST_TARGET} host date"
    lines = (
        f"{REQUEST_TARGET}: {message.method.lower()} {message.target}\nhost: {message.authority}\ndate: {added['Date']}"
    )
    if message.body is not None:
        added["Digest"] = digest(message.body)
        names += " digest"
        lines += f"\ndigest: {added['Digest']}"
        for value in message.values("content-type")[:1]:
            names += " content-type"
            lines += f"\ncontent-type: {value}"
    if lines.count("\n") != names.count(" ") or "\r" in lines:
        raise ValueError("a signed value cannot hold a line break")
    algorithm = "rsa-sha256" if key.algorithm == "rsa" else HS2019
    signature = b64encode(key.sign(lines.encode("ascii"))).decode()
    added["Signature"] = f'keyId="{key_id}",algorithm="{algorithm}",headers="{names}",signature="{signature}"'
    return added


def parse(text: str) -> Parameters:
    """Return the parameters of a `Signature` header, each at most once.

    Raises MalformedSignature: `signature-too-long`, `signature-unreadable`, `header-duplicate`.
    """
    if len(text) > MAX_HEADER_CHARS:
        raise MalformedSignature("signature-too-long")
    values = split(text)
    for name in ("created", "expires"):
        if name in values and not _SECONDS.fullmatch(values[name]):
            raise MalformedSignature("signature-unreadable", parameter=name)
    headers = tuple(values["headers"].lower().split()) if "headers" in values else ("date",)
    if not values.get("keyid") or not values.get("signature") or not headers:
        raise MalformedSignature("signature-unreadable", parameter="missing")
    if len(set(headers)) != len(headers):
        raise MalformedSignature("header-duplicate")
    return Parameters(
        key_id=values["keyid"],
        algorithm=values.get("algorithm", "").lower(),
        headers=headers,
        signature=strict_base64(values["signature"], "signature-unreadable"),
        created=values.get("created", ""),
        expires=values.get("expires", ""),
    )


def verify(message: Signable, header: str, now: datetime) -> Claim:
    """Return the claim of a request signed in this form, all checks of 5.2 and 5.3 passed but the key's.

    Raises MalformedSignature or BadSignature, with a code that tells why.
    """
    parameters = parse(header)
    covered = frozenset(parameters.headers)
    check_key_id(parameters.key_id, message.scheme)
    if parameters.algorithm not in ALGORITHMS:
        raise BadSignature("signature-algorithm")
    _check_coverage(parameters, covered)
    values = _values(message, parameters)
    if values["host"].lower() != message.authority.lower():
        raise BadSignature("signature-host")
    signed_at = from_seconds(float(values[CREATED])) if CREATED in covered else parse_http_date(values["date"])
    expires = from_seconds(float(parameters.expires)) if parameters.expires else None
    check_window(signed_at, expires, now)
    check_covered_digest(message, DIGEST, covered)
    path, question, _ = message.target.partition("?")
    return Claim(
        scheme="cavage",
        key_id=parameters.key_id,
        algorithm=parameters.algorithm,
        signed_at=signed_at,
        expires=expires,
        signature=parameters.signature,
        base=signing_string(message.method, message.target, parameters.headers, values),
        base_without_query=signing_string("GET", path, parameters.headers, values)
        if question and message.method == "GET"
        else None,
    )


def split(text: str) -> dict[str, str]:
    """Return the parameters of the header by name in lower case, quoted or not, each given once."""
    position, values = 0, {}
    while position < len(text):
        found = _PARAMETER.match(text, position)
        if found is None:
            raise MalformedSignature("signature-unreadable")
        name, quoted, plain = found.groups()
        name = name.lower()
        if name in values:
            raise MalformedSignature("signature-unreadable", parameter="twice")
        values[name] = plain if quoted is None else quoted
        position = found.end()
    return values


def _check_coverage(parameters: Parameters, covered: frozenset[str]) -> None:
    """Request target, host, and an instant must be signed; pseudo-headers of time only where they mean something."""
    if parameters.algorithm != HS2019 and (CREATED in covered or EXPIRES in covered):
        raise BadSignature("signature-algorithm", reason="created")
    for name in (REQUEST_TARGET, "host"):
        if name not in covered:
            raise BadSignature("signature-coverage", missing=name)
    if CREATED not in covered and "date" not in covered:
        raise BadSignature("signature-time-missing")


def _values(message: Signable, parameters: Parameters) -> dict[str, str]:
    """Return the value of each signed name: each there exactly once, and unable to pose as another line."""
    check_printable(message.method + message.target)
    values = {}
    for name in parameters.headers:
        if name in (CREATED, EXPIRES):
            value = parameters.created if name == CREATED else parameters.expires
            if not value:
                raise BadSignature("header-missing", header=name)
            values[name] = value
        elif name != REQUEST_TARGET:
            values[name] = only_value(message, name)
    return values


def signing_string(method: str, target: str, headers: tuple[str, ...], values: dict[str, str]) -> bytes:
    """Return the bytes that are signed (§2.3): one line for each name, in their order. All values were checked before."""
    base: bytes = generate_message(headers, values, host=values["host"], method=method, path=target)
    return base
