"""A remote server of another make for tests: serves actors with keys, signs requests by its own code, records what it gets.

Nothing of fedcoop's signature code is used here, so both sides cannot share a mistake.
"""

import base64
import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from aiohttp import ClientSession, web
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

AS2 = "https://www.w3.org/ns/activitystreams"
ACTIVITY_JSON = "application/activity+json"
_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


@cache
def rsa_key(number: int) -> rsa.RSAPrivateKey:
    """One of a few keys: making one takes a tenth of a second."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def ed_key(number: int) -> ed25519.Ed25519PrivateKey:
    return ed25519.Ed25519PrivateKey.generate()


def pem_of(key: rsa.RSAPrivateKey) -> str:
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def multibase_of(key: ed25519.Ed25519PrivateKey) -> str:
    raw = b"\xed\x01" + key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    number, text = int.from_bytes(raw, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        text = _ALPHABET[rest] + text
    return "z" + text


@dataclass
class Sent:
    """A request ready to go out, every part of it changeable."""

    url: str
    body: bytes
    headers: list[tuple[str, str]]
    method: str = "POST"

    def with_header(self, name: str, value: str | None) -> "Sent":
        kept = [(n, v) for n, v in self.headers if n.lower() != name.lower()]
        return Sent(self.url, self.body, kept + ([(name, value)] if value is not None else []), self.method)

    def and_header(self, name: str, value: str) -> "Sent":
        return Sent(self.url, self.body, [*self.headers, (name, value)], self.method)


@dataclass
class PeerActor:
    """An account of the peer."""

    peer: "Peer"
    name: str
    rsa_number: int
    ed_number: int | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def uri(self) -> str:
        return f"{self.peer.origin}/users/{self.name}"

    @property
    def key_id(self) -> str:
        return self.uri + "#main-key"

    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "@context": [AS2, "https://w3id.org/security/v1"],
            "id": self.uri,
            "type": "Person",
            "preferredUsername": self.name,
            "inbox": self.uri + "/inbox",
            "outbox": self.uri + "/outbox",
            "followers": self.uri + "/followers",
            "endpoints": {"sharedInbox": self.peer.origin + "/inbox"},
            "publicKey": {"id": self.key_id, "owner": self.uri, "publicKeyPem": pem_of(rsa_key(self.rsa_number))},
        }
        if self.ed_number is not None:
            multikey = {"id": self.uri + "#ed25519-key", "type": "Multikey", "controller": self.uri}
            found["assertionMethod"] = [{**multikey, "publicKeyMultibase": multibase_of(ed_key(self.ed_number))}]
        return {**found, **self.extra}

    def cavage(self, url: str, activity: Any, now: datetime, **changes: Any) -> Sent:
        """Return a signed POST as Mastodon makes it; `changes` bend single parts of it."""
        body = activity if isinstance(activity, bytes) else json.dumps(activity).encode()
        parts = urlsplit(url)
        digest = "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode()
        values = {
            "(request-target)": f"post {parts.path}",
            "host": changes.get("host", parts.netloc),
            "date": changes.get("date", format_datetime(now, usegmt=True)),
            "digest": changes.get("digest", digest),
            "content-type": ACTIVITY_JSON,
        }
        covered = changes.get("covered", list(values))
        text = "\n".join(f"{name}: {values[name]}" for name in covered)
        key = rsa_key(changes.get("rsa_number", self.rsa_number))
        signer = changes.get("signer") or (lambda data: key.sign(data, padding.PKCS1v15(), hashes.SHA256()))
        signature = base64.b64encode(signer(text.encode())).decode()
        header = (
            f'keyId="{changes.get("key_id", self.key_id)}",algorithm="{changes.get("algorithm", "rsa-sha256")}",'
            f'headers="{" ".join(covered)}",signature="{signature}"'
        )
        headers = [("Host", parts.netloc), ("Date", values["date"]), ("Content-Type", ACTIVITY_JSON)]
        headers += [("Digest", values["digest"])] if values["digest"] else []
        return Sent(url, body, [*headers, ("Signature", header)])

    def rfc9421(self, url: str, activity: Any, now: datetime, **changes: Any) -> Sent:
        """Return a signed POST as RFC 9421 has it, with RSA or, by `ed=True`, Ed25519."""
        body = activity if isinstance(activity, bytes) else json.dumps(activity).encode()
        digest = "sha-256=:" + base64.b64encode(hashlib.sha256(body).digest()).decode() + ":"
        key_id = self.uri + "#ed25519-key" if changes.get("ed") else self.key_id
        created = int(changes.get("created", now).timestamp())
        parameters = f'("@method" "@target-uri" "content-digest");created={created};keyid="{key_id}"'
        lines = [
            '"@method": POST',
            f'"@target-uri": {url}',
            f'"content-digest": {digest}',
            f'"@signature-params": {parameters}',
        ]
        data = "\n".join(lines).encode()
        if changes.get("ed"):
            assert self.ed_number is not None
            signature = ed_key(self.ed_number).sign(data)
        else:
            signature = rsa_key(self.rsa_number).sign(data, padding.PKCS1v15(), hashes.SHA256())
        text = base64.b64encode(signature).decode()
        headers = [("Content-Type", ACTIVITY_JSON), ("Content-Digest", digest)]
        return Sent(url, body, [*headers, ("Signature-Input", f"sig1={parameters}"), ("Signature", f"sig1=:{text}:")])

    def signed_get(self, url: str, now: datetime) -> Sent:
        """Return a signed GET that asks for ActivityPub."""
        parts = urlsplit(url)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        date = format_datetime(now, usegmt=True)
        text = f"(request-target): get {target}\nhost: {parts.netloc}\ndate: {date}"
        signature = base64.b64encode(
            rsa_key(self.rsa_number).sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        ).decode()
        header = (
            f'keyId="{self.key_id}",algorithm="rsa-sha256",headers="(request-target) host date",signature="{signature}"'
        )
        headers = [("Host", parts.netloc), ("Date", date), ("Accept", ACTIVITY_JSON), ("Signature", header)]
        return Sent(url, b"", headers, "GET")


class Peer:
    """The server of some accounts; `requests` and `headers` hold what was asked of it, `posts` what was delivered."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.host = host
        self.origin = ""
        self.actors: dict[str, PeerActor] = {}
        self.documents: dict[str, tuple[int, Any]] = {}
        self.requests: list[str] = []
        self.bodies: list[bytes] = []
        self.headers: list[Mapping[str, str]] = []
        self.posts: list[tuple[str, dict[str, Any]]] = []
        self.broken = False
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.host, 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self.origin = f"http://{self.host}:{port}"

    async def close(self) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    def actor(self, name: str, *, rsa_number: int = 0, ed_number: int | None = None, **extra: Any) -> PeerActor:
        self.actors[name] = PeerActor(self, name, rsa_number, ed_number, extra)
        return self.actors[name]

    async def _answer(self, request: web.Request) -> web.Response:
        self.requests.append(f"{request.method} {request.path}")
        self.headers.append(request.headers)
        if request.method == "POST":
            self.bodies.append(await request.read())
            self.posts.append((request.path, json.loads(self.bodies[-1])))
            return web.Response(status=202)
        if self.broken:
            return web.Response(status=503)
        if request.path in self.documents:
            status, value = self.documents[request.path]
            return web.Response(status=status, body=json.dumps(value).encode(), content_type=ACTIVITY_JSON)
        name = request.path.removeprefix("/users/")
        if name in self.actors:
            return web.Response(body=json.dumps(self.actors[name].document()).encode(), content_type=ACTIVITY_JSON)
        return web.Response(status=404)


async def send(session: ClientSession, sent: Sent) -> tuple[int, Any]:
    """Send the request exactly as it is; return status and JSON body, if any."""
    async with session.request(
        sent.method,
        sent.url,
        data=io.BytesIO(sent.body) if sent.body else None,
        headers=sent.headers,
        skip_auto_headers=("Content-Type", "Accept-Encoding"),
    ) as response:
        body = await response.read()
        return response.status, json.loads(body) if body[:1] == b"{" else None
