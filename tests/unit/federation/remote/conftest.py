"""A web of other servers in memory: what each URL answers, and what was asked."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urldefrag

import pytest
from multidict import CIMultiDict

from fedcoop.federation.remote.documents import Documents
from fedcoop.federation.remote.guard import AddressPolicy
from fedcoop.federation.remote.knocking import UNKNOWN, Form
from fedcoop.federation.remote.transport import Response
from fedcoop.federation.wire.jsonld import parse_document
from fedcoop.kernel.clock import FrozenClock
from fedcoop.kernel.errors import PeerUnreachable

AS2 = "https://www.w3.org/ns/activitystreams"


class FakeWeb:
    """Stands in for Transport: same policy, same answers, no network."""

    def __init__(self) -> None:
        self.policy = AddressPolicy(own_origin="https://alder.example")
        self.answers: dict[str, Any] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []

    @property
    def urls(self) -> list[str]:
        return [url for url, _ in self.asked]

    def say(self, url: str, body: bytes = b"", status: int = 200, **headers: str) -> None:
        made = CIMultiDict({name.replace("_", "-"): value for name, value in headers.items()})
        self.answers[url] = Response(status, made, body, url)

    def document(self, url: str, value: Mapping[str, Any], media_type: str = "application/activity+json") -> None:
        self.say(url, json.dumps({"@context": AS2, **value}).encode(), Content_Type=media_type)

    def redirect(self, url: str, location: str) -> None:
        self.say(url, status=302, Location=location)

    async def get(
        self, url: str, *, headers: Mapping[str, str], max_bytes: int = 0, deadline_s: float = 0.0
    ) -> Response:
        target = self.policy.check_url(url).url
        self.asked.append((target, dict(headers)))
        answer = self.answers.get(target)
        if callable(answer):
            answer = await answer(target, headers)
        if isinstance(answer, Exception):
            raise answer
        return answer or Response(404, CIMultiDict(), b"", target)


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(datetime(2026, 3, 1, 12, tzinfo=UTC))


@pytest.fixture
def web() -> FakeWeb:
    return FakeWeb()


@pytest.fixture
def schemes() -> dict[str, str]:
    return {}


@pytest.fixture
def documents(web: FakeWeb, clock: FrozenClock, schemes: dict[str, str]) -> Documents:
    async def recall(origin: str) -> Form:
        return Form(schemes[origin], is_proven=True) if origin in schemes else UNKNOWN

    async def remember(origin: str, scheme: str) -> None:
        schemes[origin] = scheme

    return Documents(
        web,
        sign_get=lambda url, scheme: {"Signature": f"{scheme} {url}"},
        parse=parse_document,
        clock=clock,
        recall=recall,
        remember=remember,
    )


@pytest.fixture
def unreachable() -> PeerUnreachable:
    return PeerUnreachable("connection-failed")


@pytest.fixture
def make_actor():
    """Make an actor document with one RSA key."""

    def make(uri: str, *, key_id: str = "", material: str = "PEM 1", **more: Any) -> dict[str, Any]:
        return {
            "id": uri,
            "type": "Person",
            "preferredUsername": urldefrag(uri).url.rpartition("/")[2],
            "inbox": f"{uri}/inbox",
            "publicKey": {"id": key_id or f"{uri}#main-key", "owner": uri, "publicKeyPem": material},
            **more,
        }

    return make
