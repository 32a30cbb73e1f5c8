"""Look-ups over HTTP: pages that name an account, ids outside ASCII, and what then counts from such an account."""

import json

import pytest
from aiohttp import web

from fedcoop.kernel.errors import PeerError
from fedcoop.storage import tables as t
from tests.doors.peer import ACTIVITY_JSON, AS2, Peer
from tests.doors.votes import open_poll, vote

pytestmark = pytest.mark.timeout(60)


class Site(Peer):
    """A server with pages: `pages` answer whoever does not ask for ActivityPub, `fingers` are WebFinger by `acct:`."""

    def __init__(self) -> None:
        super().__init__()
        self.pages: dict[str, str] = {}
        self.fingers: dict[str, str] = {}

    async def _answer(self, request: web.Request) -> web.Response:
        if request.path == "/.well-known/webfinger":
            uri = self.fingers.get(request.query["resource"])
            link = {"rel": "self", "type": ACTIVITY_JSON, "href": uri}
            found = {"subject": request.query["resource"], "links": [link]}
            return web.Response(body=json.dumps(found).encode()) if uri else web.Response(status=404)
        if request.path in self.pages:
            return web.Response(text=self.pages[request.path], content_type="text/html")
        return await super()._answer(request)


@pytest.fixture
async def site():
    running = Site()
    await running.start()
    yield running
    await running.close()


async def test_links_and_handles_lead_to_the_account(bread, site):
    ana = site.actor("ana")
    host = site.origin.removeprefix("http://")
    site.fingers[f"acct:ana@{host}"] = ana.uri
    site.documents["/@ana"] = (200, ana.document())
    site.documents["/notes/1"] = (
        200,
        {"@context": AS2, "id": f"{site.origin}/notes/1", "type": "Note", "attributedTo": ana.uri},
    )
    site.pages["/about"] = f'<html><head><link rel="alternate" type="{ACTIVITY_JSON}" href="/users/ana"></head>'
    site.pages["/empty"] = "<html><head><title>Nothing</title></head>"
    for pasted in (
        ana.uri,
        f"{site.origin}/@ana",
        f"{site.origin}/notes/1",
        f"{site.origin}/about",
        f"@ana@{host}",
        f"{host}/@ana",
    ):
        found = await bread.parts.finder.find(pasted)
        assert (found.uri, found.handle, found.doubt) == (ana.uri, f"ana@{host}", ""), pasted
    for pasted, code in ((f"{site.origin}/empty", "page-without-account"), (f"{site.origin}/none", "not-found")):
        with pytest.raises(PeerError) as caught:
            await bread.parts.finder.find(pasted)
        assert caught.value.code == code
    assert caught.value.message == f"{host} answered 404 for this address."
    assert [row.uri for row in await bread.rows(t.actors) if not row.local] == [ana.uri]


async def test_an_account_whose_id_is_outside_ascii_is_found_linked_and_votes(bread, site):
    """Its documents write the id as it is; requests and key ids have it percent-encoded."""
    zoe = site.actor("zoë")
    host = site.origin.removeprefix("http://")
    site.fingers[f"acct:zoë@{host}"] = zoe.uri
    for pasted in (zoe.uri, zoe.uri.replace("ë", "%C3%AB"), f"@zoë@{host}"):
        found = await bread.parts.finder.find(pasted)
        assert (found.uri, found.handle) == (zoe.uri, f"zoë@{host}"), pasted
    await bread.link("noor", zoe)
    motion = await open_poll(bread)
    key_id = zoe.key_id.replace("ë", "%C3%AB")
    zoe.extra["publicKey"] = {**zoe.document()["publicKey"], "id": key_id}
    bread.advance(hours=25)
    await bread.parts.actors.actor(zoe.uri)
    assert await bread.post(zoe.cavage(bread.inbox, vote(zoe, bread, motion, "For"), bread.now, key_id=key_id)) == 202
    await bread.process()
    assert len(await bread.rows(t.ballots)) == 1
    inbox = next(row.inbox for row in await bread.rows(t.actors) if row.uri == zoe.uri)
    assert inbox == f"{site.origin}/users/zo%C3%AB/inbox"
