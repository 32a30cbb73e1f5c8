"""Vectors, keys and requests for the tests of signatures."""

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fedcoop.accounts.actor_keys import new_keys
from fedcoop.federation.signatures import cavage, rfc9421
from fedcoop.federation.signatures.incoming import read_claim
from fedcoop.federation.signatures.keys import PrivateKey, load_private
from fedcoop.federation.signatures.message import Signable
from fedcoop.kernel.errors import PeerError

NOW = datetime(2026, 3, 1, 10, tzinfo=UTC)
BODY = b'{"type":"Follow"}'
CONTENT_TYPE = ("content-type", "application/activity+json")
RSA_KEY_ID = "https://union.example/actors/federation#main-key"
ED25519_KEY_ID = "https://union.example/actors/federation#ed25519-key"
FORMS = {"cavage": cavage, "rfc9421": rfc9421}
SEED = bytes.fromhex("c96ef9ea10c5e414c471723aff9de72c35fa5b70fae97e8832ecac7d2e2b8ed6")


@cache
def vectors(name: str) -> Any:
    return json.loads((Path(__file__).parents[3] / "vectors" / f"{name}.json").read_text())


@cache
def rsa_key() -> PrivateKey:
    return load_private(new_keys()[0].secret)


@cache
def ed25519_key() -> PrivateKey:
    return PrivateKey(Ed25519PrivateKey.from_private_bytes(SEED))


def post(target: str = "/inbox", body: bytes = BODY, scheme: str = "https") -> Signable:
    headers = (("host", "bread.example"), CONTENT_TYPE)
    return Signable(method="POST", target=target, authority="bread.example", scheme=scheme, headers=headers, body=body)


def get(target: str = "/actors/bread") -> Signable:
    return Signable(
        method="GET",
        target=target,
        authority="bread.example",
        scheme="https",
        headers=(("host", "bread.example"),),
        body=None,
    )


def changed(message: Signable, **changes: Any) -> Signable:
    fields = ("method", "target", "authority", "scheme", "headers", "body")
    return Signable(**{name: changes.get(name, getattr(message, name)) for name in fields})


def with_headers(message: Signable, headers: dict[str, str]) -> Signable:
    """The request with these headers, as the other side gets it; a header of the same name is replaced."""
    new = {name.lower(): value for name, value in headers.items()}
    kept = tuple(pair for pair in message.headers if pair[0] not in new)
    return changed(message, headers=kept + tuple(new.items()))


def from_text(text: str, scheme: str = "https") -> Signable:
    """A request written as in the RFCs: start line, headers, empty line, body."""
    head, _, body = text.replace("\r\n", "\n").partition("\n\n")
    start, *lines = head.split("\n")
    method, target, _ = start.split(" ")
    headers = tuple((name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines))
    authority = next(value for name, value in headers if name == "host")
    return Signable(
        method=method, target=target, authority=authority, scheme=scheme, headers=headers, body=body.encode() or None
    )


def signed(form: str, message=None, now=NOW):
    message = message or post()
    return with_headers(message, FORMS[form].sign(message, key=rsa_key(), key_id=RSA_KEY_ID, now=now))


def value(message, name: str) -> str:
    return message.values(name)[0]


def refusal(message, now=NOW) -> tuple[type[PeerError], str]:
    with pytest.raises(PeerError) as caught:
        read_claim(message, now)
    return type(caught.value), caught.value.code
