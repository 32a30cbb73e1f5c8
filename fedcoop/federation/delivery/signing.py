"""Signed requests for deliveries: the headers of one POST, in the form that `remote.knocking` chose (federation.md 5.1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from fedcoop.federation.remote.knocking import RFC9421
from fedcoop.federation.signatures import cavage, rfc9421
from fedcoop.federation.signatures.keys import PrivateKey
from fedcoop.federation.signatures.message import Signable

CONTENT_TYPE = "application/activity+json"


@dataclass(frozen=True, slots=True)
class Letter:
    """One activity to one inbox, ready to be signed."""

    inbox: str
    body: bytes
    key: PrivateKey
    key_id: str
    scheme: str


def sign(letter: Letter, now: datetime) -> dict[str, str]:
    """Return all headers of the signed POST."""
    parts = urlsplit(letter.inbox)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"Host": parts.netloc, "Content-Type": CONTENT_TYPE}
    message = Signable(
        method="POST",
        target=target,
        authority=parts.netloc,
        scheme=parts.scheme,
        headers=tuple((name.lower(), value) for name, value in headers.items()),
        body=letter.body,
    )
    form = rfc9421 if letter.scheme == RFC9421 else cavage
    return {**headers, **form.sign(message, key=letter.key, key_id=letter.key_id, now=now)}


def sign_all(letters: Sequence[Letter], now: datetime) -> list[dict[str, str]]:
    """Return the headers of many POSTs; called in a thread, where RSA runs without the interpreter's lock."""
    return [sign(letter, now) for letter in letters]
