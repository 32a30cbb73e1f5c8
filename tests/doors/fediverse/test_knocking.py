"""Deliveries and fetches to servers that take one form of signature only, over HTTP: two knocks at most, then it is remembered."""

import base64
import re

import pytest
from aiohttp import web
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

from fedcoop.actions.fediverse.peers import follow
from fedcoop.storage import tables as t
from tests.doors.loops import send_all
from tests.doors.peer import AS2, Peer

pytestmark = pytest.mark.timeout(60)
ANNOUNCES = {
    "type": "Application",
    "name": "Some server",
    "implements": [{"type": "Link", "href": "https://datatracker.ietf.org/doc/html/rfc9421"}],
}


class Fussy(Peer):
    """Takes one form of signature and verifies it; answers the other, and with `everywhere` GETs too, with `status`."""

    def __init__(self, takes: str, status: int) -> None:
        super().__init__()
        self.takes = takes
        self.status = status
        self.everywhere = False
        self.keys = {}
        self.knocks: list[str] = []

    async def _answer(self, request: web.Request) -> web.Response:
        if request.method == "GET" and not self.everywhere:
            return await super()._answer(request)
        form = "rfc9421" if "Signature-Input" in request.headers else "cavage"
        self.knocks.append(form)
        if form != self.takes:
            return web.Response(status=self.status)
        self.verify(request, form)
        return await super()._answer(request)

    def verify(self, request: web.Request, form: str) -> None:
        """By code of our own: the signature is good under the key that the instance shows."""
        headers, url = request.headers, str(request.url)
        if form == "cavage":
            fields = dict(re.findall(r'(\w+)="([^"]*)"', headers["Signature"]))
            special = {"(request-target)": f"{request.method.lower()} {request.raw_path}"}
            lines = [f"{name}: {special.get(name) or headers[name]}" for name in fields["headers"].split()]
            key_id, signature = fields["keyId"], fields["signature"]
        else:
            parameters = headers["Signature-Input"].partition("=")[2]
            special = {"@method": request.method, "@target-uri": url}
            names = re.findall(r'"([^"]+)"', parameters.partition(")")[0])
            lines = [f'"{name}": {special.get(name) or headers[name]}' for name in names]
            lines.append(f'"@signature-params": {parameters}')
            key_id = re.findall(r'keyid="([^"]+)"', parameters)[0]
            signature = headers["Signature"].partition("=:")[2].rstrip(":")
        data = "\n".join(lines).encode()
        self.keys[key_id].verify(base64.b64decode(signature), data, padding.PKCS1v15(), hashes.SHA256())


async def visit(bread, takes, status, **extra):
    """A followed co-op on a server that takes one form; return it with what was told to the instance of its signing."""
    server = Fussy(takes, status)
    await server.start()
    coop = server.actor("birch", **extra)
    for row in await bread.rows(t.actor_keys):
        if row.algorithm == "rsa":
            server.keys[row.key_id] = serialization.load_pem_public_key(row.material.encode())
    await bread.parts.actors.actor(coop.uri)
    return server, coop


async def say(bread, coop, times=1):
    """Send so many activities to the actor, one batch."""

    def run(uow):
        for _ in range(times):
            follow(uow, actor_uri=coop.uri, who="test")
            ours, theirs = uow.actors.local("bread"), uow.actors.find(coop.uri)
            uow.actors.drop_follow(ours.id, theirs.id)

    await bread.units.write(run)
    await send_all(bread)


async def remembered(bread, server):
    rows = [row for row in await bread.rows(t.hosts) if row.origin == server.origin]
    return [(row.scheme, row.announced) for row in rows]


@pytest.mark.parametrize("status", [400, 401, 500])
@pytest.mark.parametrize("takes", ["cavage", "rfc9421"])
@pytest.mark.parametrize("announces", [False, True])
async def test_a_delivery_arrives_in_the_form_that_the_server_takes(bread, takes, status, announces):
    server, coop = await visit(bread, takes, status, **({"generator": ANNOUNCES} if announces else {}))
    try:
        await say(bread, coop)
        first = "rfc9421" if announces else "cavage"
        assert server.knocks == ([first] if first == takes else [first, takes])
        assert len(server.posts) == 1
        assert await remembered(bread, server) == [(takes, "rfc9421" if announces else "")]
        await say(bread, coop)
        assert server.knocks[-1] == takes
        assert len(server.posts) == 2
        assert len(server.knocks) <= 3
    finally:
        await server.close()


async def test_one_batch_finds_the_form_out_once(bread):
    server, coop = await visit(bread, "rfc9421", 401)
    try:
        await say(bread, coop, times=5)
        assert server.knocks == ["cavage", *["rfc9421"] * 5]
        assert len(server.posts) == 5
    finally:
        await server.close()


async def test_after_seven_days_it_is_found_out_anew_and_meanwhile_an_ill_server_is_knocked_at_once(bread):
    server, coop = await visit(bread, "rfc9421", 401)
    try:
        await say(bread, coop)
        server.takes, server.status = "none", 503
        bread.advance(days=1)
        await say(bread, coop)
        assert server.knocks == ["cavage", "rfc9421", "rfc9421"]
        server.takes, server.status = "cavage", 401
        bread.advance(days=7)
        server.knocks.clear()
        await say(bread, coop)
        assert server.knocks[0] == "cavage"
    finally:
        await server.close()


@pytest.mark.parametrize("announces", [False, True])
async def test_fetches_knock_in_the_announced_form_first_too(bread, announces):
    server, coop = await visit(bread, "rfc9421", 401, **({"generator": ANNOUNCES} if announces else {}))
    try:
        server.everywhere = True
        note = f"{server.origin}/notes/1"
        server.documents["/notes/1"] = (200, {"@context": AS2, "id": note, "type": "Note"})
        for _ in range(2):
            assert (await bread.parts.documents.fetch(note))["id"] == note
        assert server.knocks == ["rfc9421"] * 2 if announces else server.knocks == ["cavage", "rfc9421", "rfc9421"]
        await say(bread, coop)
        assert server.knocks[-1] == "rfc9421"
        assert len(server.posts) == 1
    finally:
        await server.close()


async def test_a_server_that_no_longer_announces_it_is_tried_as_all_others(bread):
    server, coop = await visit(bread, "cavage", 401, generator=ANNOUNCES)
    try:
        coop.extra.clear()
        bread.advance(hours=25)
        await bread.parts.actors.actor(coop.uri)
        await say(bread, coop)
        assert server.knocks == ["cavage"]
    finally:
        await server.close()
