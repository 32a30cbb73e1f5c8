"""How a document goes out: exact media type, ETag, Vary, and a small memory of public ones (federation.md 4)."""

import asyncio
import hashlib
import json
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from aiohttp import web

from fedcoop.kernel.clock import Clock

MEDIA_TYPE = "application/activity+json"  # Lemmy compares the whole string
VARY_SIGNED = "Accept, Signature, Signature-Input"
CACHE_S = 1.0  # a motion counts its ballots anew: not for each of a thousand servers that ask at once
MAX_CACHED = 2000
T = TypeVar("T")


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
    """Documents that everybody may read who may read anything here, for a moment, or until one of ours changes.

    Whoever is to be let in at all is asked before, at every request: this knows no askers. What only some may read is
    never kept. Those who ask for one thing at once share one look.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[str, tuple[float, Document]] = {}
        self._looks: dict[str, asyncio.Task[Any]] = {}

    async def get(self, path: str, look: Callable[[], Coroutine[Any, Any, Document | T]]) -> Document | T:
        """Return the document as it was a moment ago, or what `look` returns; a Document is then kept."""
        kept = self._kept.get(path)
        if kept is not None and kept[0] > self._clock.monotonic():
            return kept[1]
        task: asyncio.Task[Document | T] | None = self._looks.get(path)
        if task is None:
            task = self._looks[path] = asyncio.create_task(self._look(path, look))
        return await asyncio.shield(task)

    async def _look(self, path: str, look: Callable[[], Coroutine[Any, Any, Document | T]]) -> Document | T:
        looks = self._looks
        try:
            found = await look()
            if isinstance(found, Document) and looks is self._looks:
                self._keep(path, found)
            return found
        finally:
            looks.pop(path, None)

    def _keep(self, path: str, found: Document) -> None:
        if len(self._kept) >= MAX_CACHED:
            self._kept.clear()
        self._kept[path] = (self._clock.monotonic() + CACHE_S, found)

    def forget(self) -> None:
        """Something of ours has changed: drop everything, and what is being looked for just now, too."""
        self._kept.clear()
        self._looks = {}
