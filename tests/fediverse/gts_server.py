"""A server that federates as GoToSocial 0.20 does, written from federation.md 18 for stories that no other peer can tell.

It wants a signature under every GET and knows only the older form; has no shared inbox; gives every `Update` of a post one
id; counts its own users' votes at once, until the author says otherwise; forgets them when a poll's end moves; and is patient
for four minutes. It has everything in memory, tells the time by the clock it is given, and sends only in `settle`.
"""

import itertools
import json
from collections import deque
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from fedcoop.kernel.clock import Clock
from tests.doors.peer import ACTIVITY_JSON, AS2
from tests.fediverse import gts_documents as documents
from tests.fediverse.gts_courier import Courier, Signer, Unreachable, origin_of
from tests.fediverse.gts_documents import PUBLIC, Json, Poll, Status, id_of, read_status
from tests.fediverse.gts_inbox import ACTORS, process
from tests.fediverse.gts_signing import claim_of, holds
from tests.fediverse.gts_user import User

TAKEN = {ACTIVITY_JSON, 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'}
INSTANCE = "instance"


class GotoSocialLike:
    """`arrivals` holds what was delivered: the path, the status it got, and the activity."""

    def __init__(self, clock: Clock, *, host: str = "127.0.0.1", split_domain: bool = False) -> None:
        self.clock = clock
        self.origin = ""
        self.account_domain = ""
        self.users: dict[str, User] = {}
        self.statuses: dict[str, Status] = {}
        self.actors: dict[str, Json] = {}
        self.reports: list[Json] = []
        self.arrivals: list[tuple[str, int, Json]] = []
        self.unsigned: list[str] = []
        self.courier = Courier(clock)
        self._host = host
        self._split = split_domain
        self._numbers = itertools.count(1)
        self._accepted: deque[tuple[User, Json]] = deque()
        self._runners: list[web.AppRunner] = []

    # ------------------------------------------------------------------------------------------------------- running

    async def start(self) -> None:
        await self.courier.start()
        await self.up()
        self.account_domain = urlsplit(self.origin).netloc
        if self._split:
            self.account_domain = urlsplit(await self._listen(self._answer_elsewhere, 0)).netloc
        self.user(INSTANCE)

    async def up(self) -> None:
        """Listen, at the same address as before."""
        self.origin = await self._listen(self._answer, urlsplit(self.origin).port or 0)

    async def down(self) -> None:
        """Nobody reaches this server; what it knows stays."""
        await self._runners.pop(0).cleanup()

    async def close(self) -> None:
        for runner in self._runners:
            await runner.cleanup()
        await self.courier.close()

    async def _listen(self, handler: Any, port: int) -> str:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handler)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, self._host, port).start()
        self._runners.insert(0, runner) if handler == self._answer else self._runners.append(runner)
        return f"http://{self._host}:{runner.addresses[0][1]}"

    async def settle(self) -> int:
        """Send and process everything that is due now; return how much there was."""
        total = 0
        while True:
            done = await self._close_polls() + await self.courier.send_due()
            while self._accepted:
                await process(self, *self._accepted.popleft())
                done += 1
            if not done:
                return total
            total += done

    def is_busy(self) -> bool:
        return bool(self._accepted or self.courier.due())

    # --------------------------------------------------------------------------------------------------------- people

    def user(self, name: str, *, locked: bool = False, key_number: int = 0) -> User:
        """A new account."""
        profile = {"name": name.title(), "summary": "", "manuallyApprovesFollowers": locked, "discoverable": True}
        self.users[name] = User(self, name, key_number, profile)
        return self.users[name]

    def user_of(self, uri: str) -> User | None:
        return next((user for user in self.users.values() if user.uri == uri), None)

    def next_number(self) -> int:
        return next(self._numbers)

    # ------------------------------------------------------------------------------------------------------ what is known

    def keep(self, status: Status) -> None:
        """A new post is stored, and is news of whoever follows its author."""
        self.statuses[status.uri] = status
        for user in self.users.values():
            if self._follows(user, status.author) and not status.is_direct:
                user.home.append(status.uri)
            if user.uri in status.mentions:
                user.notifications.append(("mention", status.uri))

    def boosted(self, status: Status, by: str) -> None:
        for user in self.users.values():
            if self._follows(user, by) and status.uri not in user.home:
                user.home.append(status.uri)

    def revise(self, status: Status, document: Json) -> None:
        """A known post says what the document says; votes of ours are forgotten if options or end are others."""
        new = read_status(document, self.next_number())
        if new.content != status.content:
            status.edits.append(status.content)
        old = status.poll
        status.content, status.summary, status.updated, status.poll = new.content, new.summary, new.updated, new.poll
        if old is None or new.poll is None:
            return
        if (old.options, old.expires_at) == (new.poll.options, new.poll.expires_at):
            new.poll.number, new.poll.ballots = old.number, old.ballots
            if new.poll.closed_at and not old.closed_at:
                self._tell_voters(status, old)

    def _tell_voters(self, status: Status, poll: Poll) -> None:
        for user in self.users.values():
            if user.uri in poll.ballots:
                user.notifications.append(("poll", status.uri))

    def forget(self, actor: str) -> None:
        """An account elsewhere is gone."""
        self.actors.pop(actor, None)
        for user in self.users.values():
            user.following.pop(actor, None)
            user.followers.discard(actor)

    def count(self, poll: Poll, voter: str, choices: tuple[int, ...]) -> None:
        """This server's own counting: the totals of its copy go up at once."""
        poll.ballots[voter] = choices
        poll.voters += 1
        for choice in choices:
            poll.votes[choice] += 1

    async def _close_polls(self) -> int:
        now = documents.rfc3339(self.clock.now())
        over = [
            (author, status)
            for status in self.statuses.values()
            if (author := self.user_of(status.author)) and status.poll and not status.poll.closed_at
            if status.poll.expires_at <= now
        ]
        for author, status in over:
            assert status.poll is not None
            status.poll.closed_at = status.poll.expires_at
            self._tell_voters(status, status.poll)
            await author.publish_totals(status)
        return len(over)

    @staticmethod
    def _follows(user: User, uri: str) -> bool:
        return uri in user.following and user.following[uri].accepted

    # --------------------------------------------------------------------------------------------------------- others

    async def search(self, query: str, signer: Signer) -> str:
        """The id of what a handle or address names, fetched."""
        uri = query if "://" in query else await self._finger(query.removeprefix("@"))
        if uri in self.statuses or self.user_of(uri):
            return uri
        document = await self.courier.fetch(uri, signer)
        if document.get("type") in ACTORS:
            self.actors[document["id"]] = document
        else:
            self._learn(document)
        return str(document["id"])

    async def _finger(self, handle: str) -> str:
        domain = handle.rpartition("@")[2]
        url = f"http://{domain}/.well-known/webfinger?resource=acct:{handle}"
        status, _, body = await self.courier.get(url, {}, "application/jrd+json")
        if status != 200:
            raise Unreachable(f"{url}: {status}")
        links = json.loads(body)["links"]
        return next(str(link["href"]) for link in links if link["rel"] == "self" and link["type"] == ACTIVITY_JSON)

    async def status(self, uri: str, signer: Signer) -> Status:
        """The post, fetched if it is not known yet. Raises Unreachable."""
        return self.statuses.get(uri) or await self.refresh(uri, signer)

    async def refresh(self, uri: str, signer: Signer) -> Status:
        """The post as its own server shows it to the signer. Raises Unreachable."""
        return self._learn(await self.courier.fetch(uri, signer))

    def _learn(self, document: Json) -> Status:
        """A post that was fetched is known from now on, and nobody's news."""
        known = self.statuses.get(document["id"])
        if known is None:
            known = self.statuses[document["id"]] = read_status(document, self.next_number())
        else:
            self.revise(known, document)
        return known

    async def actor(self, uri: str, signer: Signer) -> Json:
        """Somebody's account. Raises Unreachable."""
        local = self.user_of(uri)
        if local is None and uri not in self.actors:
            self.actors[uri] = await self.courier.fetch(uri, signer)
        return local.document() if local else self.actors[uri]

    async def handle_of(self, uri: str, signer: Signer) -> str:
        local = self.user_of(uri)
        return (
            local.handle if local else f"{(await self.actor(uri, signer))['preferredUsername']}@{urlsplit(uri).netloc}"
        )

    async def tell(self, uri: str, activity: Json, signer: Signer) -> None:
        """An activity is on its way to somebody's own inbox; inside this server it is there at once."""
        local = self.user_of(uri)
        if local is not None:
            self._accepted.append((local, activity))
        else:
            self.courier.post((await self.actor(uri, signer))["inbox"], activity, signer)

    # ---------------------------------------------------------------------------------------------------------- doors

    async def _answer(self, request: web.Request) -> web.Response:
        path = request.path.strip("/").split("/")
        if request.path == "/.well-known/webfinger":
            return self._webfinger(request)
        user = self.users.get(path[1]) if path[0] == "users" and len(path) > 1 else None
        if user is None:
            return web.Response(status=404)
        if path[2:] == ["main-key"]:
            return _document(documents.stub(user.uri, user.name, user.key_number))
        if request.method == "POST":
            return await self._deliver(request, user) if path[2:] == ["inbox"] else web.Response(status=405)
        return await self._show(request, user, path[2:])

    async def _deliver(self, request: web.Request, user: User) -> web.Response:
        body = await request.read()
        status = await self._judge(request, user, body)
        activity = json.loads(body) if status in (202, 403) else {}
        self.arrivals.append((request.path, status, activity))
        if status == 202:
            self._accepted.append((user, activity))
        return web.json_response({"error": "no"} if status >= 400 else {"status": "Accepted"}, status=status)

    async def _judge(self, request: web.Request, user: User, body: bytes) -> int:
        """406 for a body of another type, 401 without a good signature, 403 for whom the user blocks."""
        if request.headers.get("Content-Type", "").replace("; charset=utf-8", "") not in TAKEN:
            return 406
        sender = await self._signed_by(request, body)
        if sender is None:
            return 401
        activity = json.loads(body)
        if id_of(activity.get("actor")) != sender or origin_of(activity.get("id", "")) != origin_of(sender):
            return 400
        return 403 if sender in user.blocks else 202

    async def _show(self, request: web.Request, user: User, rest: list[str]) -> web.Response:
        if ACTIVITY_JSON not in request.headers.get("Accept", "") and "ld+json" not in request.headers.get(
            "Accept", ""
        ):
            return web.Response(status=406)
        asker = await self._signed_by(request, b"")
        if asker is None:
            return web.json_response({"error": "Unauthorized: request not signed"}, status=401)
        if asker in user.blocks:
            return web.Response(status=404)
        if user.deleted:
            return web.Response(status=410)
        found = self._find(request, user, rest, asker)
        return web.Response(status=404) if found is None else _document(found)

    def _find(self, request: web.Request, user: User, rest: list[str], asker: str) -> Json | None:
        if not rest:
            return user.document()
        if rest == ["outbox"]:
            return self._outbox(user, paged="page" in request.query)
        if rest in (["followers"], ["following"]):
            number = len(user.followers if rest == ["followers"] else user.following)
            uri = f"{user.uri}/{rest[0]}"
            return {"@context": AS2, "id": uri, "type": "OrderedCollection", "totalItems": number}
        status = self.statuses.get(f"{user.uri}/{'/'.join(rest)}")
        if status is None or not self._may_see(user, status, asker):
            return None
        return {"@context": documents.CONTEXT, **documents.post(status)}

    def _outbox(self, user: User, *, paged: bool) -> Json:
        uri = f"{user.uri}/outbox"
        if not paged:
            return {"@context": AS2, "id": uri, "type": "OrderedCollection", "first": f"{uri}?page=true"}
        own = [status for status in self.statuses.values() if status.author == user.uri]
        return documents.outbox_page(uri, own[::-1])

    @staticmethod
    def _may_see(user: User, status: Status, asker: str) -> bool:
        if PUBLIC in status.audience or asker in status.audience:
            return True
        return f"{user.uri}/followers" in status.audience and asker in user.followers

    async def _signed_by(self, request: web.Request, body: bytes) -> str | None:
        """The actor whose key signed the request, or None."""
        claim = claim_of(request)
        if claim is None:
            self.unsigned.append(f"{request.method} {request.path}")
            return None
        owner = claim.key_id.partition("#")[0]
        try:
            actor = await self.actor(owner, self.users[INSTANCE].signer)
        except Unreachable:
            return None
        key = actor["publicKey"]
        if key["id"] != claim.key_id or not holds(claim, request, body, key["publicKeyPem"], self.clock.now()):
            return None
        return str(actor["id"])

    def _webfinger(self, request: web.Request) -> web.Response:
        name, _, domain = request.query.get("resource", "").removeprefix("acct:").rpartition("@")
        user = next((user for user in self.users.values() if user.called == name), None)
        if user is None or domain not in (self.account_domain, urlsplit(self.origin).netloc):
            return web.Response(status=404)
        if user.deleted:
            return web.Response(status=410)
        links = [{"rel": "self", "type": ACTIVITY_JSON, "href": user.uri}]
        body = {"subject": f"acct:{user.handle}", "aliases": [user.uri], "links": links}
        return web.Response(body=json.dumps(body).encode(), content_type="application/jrd+json")

    async def _answer_elsewhere(self, request: web.Request) -> web.Response:
        """The domain of the addresses, where it is not the server's: it sends everybody on."""
        if request.path.startswith("/.well-known/"):
            raise web.HTTPMovedPermanently(self.origin + request.raw_path)
        return web.Response(status=404)


def _document(value: Json) -> web.Response:
    return web.Response(body=json.dumps(value).encode(), content_type=ACTIVITY_JSON, charset="utf-8")
