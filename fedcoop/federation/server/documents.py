"""How a document goes out: exact media type, ETag, Vary, and a small memory of public ones (federation.md 4)."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from fedcoop.kernel.clock import Clock

MEDIA_TYPE = "application/activity+json"  # Lemmy compares the whole string
VARY_SIGNED = "Accept, Signature, Signature-Input"
CACHE_S = 5.0
MAX_CACHED = 2000


@dataclass(frozen=True, slots=True)
class Document:
    """What is sent: bytes, status and headers."""

    body: bytes
    status: int
    headers: Mapping[str, str]


def document(value: Mapping[str, Any], *, status: int = 200, max_age: int = 180, signed: bool = False) -> Document:
    """Return `value` ready to be sent; `signed` where the answer depends on who asks."""
    return raw_document(
        json.dumps(value, ensure_ascii=False, separators=(",", ":")), status=status, max_age=max_age, signed=signed
    )


def raw_document(text: str, *, status: int = 200, max_age: int = 180, signed: bool = False) -> Document:
    """Return stored JSON text ready to be sent."""
    body = text.encode()
    headers = {
        "Content-Type": MEDIA_TYPE,
        "ETag": f'"{hashlib.sha256(body).hexdigest()[:32]}"',
        "Vary": VARY_SIGNED if signed else "Accept",
        "Cache-Control": "private, no-store" if signed else f"public, max-age={max_age}",
        "X-Content-Type-Options": "nosniff",
    }
    return Document(body, status, headers)


def tombstone(uri: str, former_type: str, deleted: str, *, signed: bool = False) -> Document:
    """Return the 410 answer for something public that is deleted."""
    value = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": uri,
        "type": "Tombstone",
        "formerType": former_type,
        "deleted": deleted,
    }
    return document(value, status=410, signed=signed)


def failure(status: int, code: str, **headers: str) -> web.Response:
    """Return an error with a short JSON body that echoes nothing (federation.md 8.1)."""
    body = b'{"error":"' + code.encode() + b'"}'
    return web.Response(
        status=status, body=body, headers={"Content-Type": "application/json", "Vary": VARY_SIGNED, **headers}
    )


def missing() -> web.Response:
    """Return the one answer for what does not exist, is private or is asked for by a blocked server."""
    return failure(404, "not-found", **{"Cache-Control": "private, no-store"})


def answer(request: web.Request, found: Document) -> web.Response:
    """Return the response, or 304 if the asker has it already."""
    if found.status == 200 and request.headers.get("If-None-Match") == found.headers["ETag"]:
        kept = {name: found.headers[name] for name in ("ETag", "Vary", "Cache-Control")}
        return web.Response(status=304, headers=kept)
    return web.Response(body=found.body, status=found.status, headers=found.headers)


class DocumentCache:
    """Public documents by path for some seconds, or until `forget`; actors are asked for thousands of times a second."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[str, tuple[float, Document]] = {}

    def get(self, path: str) -> Document | None:
        """Return the document if it is not kept for too long yet."""
        kept = self._kept.get(path)
        if kept is None or kept[0] <= self._clock.monotonic():
            return None
        return kept[1]

    def put(self, path: str, found: Document, *, for_s: float = CACHE_S) -> None:
        """Keep the document for so long; the whole memory is dropped when it is full."""
        if len(self._kept) >= MAX_CACHED:
            self._kept.clear()
        self._kept[path] = (self._clock.monotonic() + for_s, found)

    def forget(self) -> None:
        """Drop everything: an actor of ours has changed."""
        self._kept.clear()
