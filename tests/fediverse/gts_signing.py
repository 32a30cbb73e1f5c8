"""Draft-cavage signatures as GoToSocial makes and reads them (federation.md 5, 18): `hs2019` over RSA-SHA256, a signed date.

Written apart from fedcoop's own signatures, so that both sides cannot share a mistake.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from urllib.parse import urlsplit

from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

WINDOW = timedelta(hours=1)
_PARAMETER = re.compile(r'(\w+)="?([^",]*)"?')


def digest_of(body: bytes) -> str:
    """The `Digest` header of these bytes."""
    return "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode()


def sign(
    key: rsa.RSAPrivateKey, key_id: str, url: str, now: datetime, body: bytes | None = None, *, with_query: bool = True
) -> dict[str, str]:
    """The headers of a signed GET, or of a signed POST if there is a body."""
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query and with_query else "")
    values = {
        "(request-target)": f"{'get' if body is None else 'post'} {target}",
        "host": parts.netloc,
        "date": format_datetime(now, usegmt=True),
    }
    if body is not None:
        values["digest"] = digest_of(body)
    text = "\n".join(f"{name}: {value}" for name, value in values.items())
    signature = base64.b64encode(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()
    header = f'keyId="{key_id}",algorithm="hs2019",headers="{" ".join(values)}",signature="{signature}"'
    headers = {"Host": parts.netloc, "Date": values["date"], "Signature": header}
    return headers if body is None else {**headers, "Digest": values["digest"]}


@dataclass(frozen=True)
class Claim:
    """What the `Signature` header of a request says."""

    key_id: str
    covered: tuple[str, ...]
    signature: bytes


def claim_of(request: web.Request) -> Claim | None:
    """The claim of a request, or None if it has none in this form: RFC 9421 is not read."""
    found = dict(_PARAMETER.findall(request.headers.get("Signature", "")))
    if not {"keyId", "headers", "signature"} <= set(found):
        return None
    return Claim(found["keyId"], tuple(found["headers"].split()), base64.b64decode(found["signature"]))


def holds(claim: Claim, request: web.Request, body: bytes, pem: str, now: datetime) -> bool:
    """Whether the claim is true of the request: with its query, else without it (5.1)."""
    needed = {"(request-target)", "host", "date"} | ({"digest"} if request.method == "POST" else set())
    if not needed <= set(claim.covered) or abs(parsedate_to_datetime(request.headers["Date"]) - now) > WINDOW:
        return False
    if request.method == "POST" and not hmac.compare_digest(request.headers["Digest"], digest_of(body)):
        return False
    key = serialization.load_pem_public_key(pem.encode())
    assert isinstance(key, rsa.RSAPublicKey)
    targets = dict.fromkeys((request.raw_path, request.raw_path.partition("?")[0]))
    return any(_verifies(key, claim, _text(claim.covered, request, target)) for target in targets)


def _text(covered: Iterable[str], request: web.Request, target: str) -> bytes:
    values = {"(request-target)": f"{request.method.lower()} {target}"}
    return "\n".join(f"{name}: {values.get(name) or request.headers.get(name, '')}" for name in covered).encode()


def _verifies(key: rsa.RSAPublicKey, claim: Claim, text: bytes) -> bool:
    try:
        key.verify(claim.signature, text, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True
