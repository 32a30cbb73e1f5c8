"""ActivityPub documents of other servers: fetched signed, believed only where id, owner and address agree.

What is checked here: the URL and address (`guard`), redirects (`redirects`), status, media type, the document's id and
the origin of its owner. What a document means is left to those who asked. Source: federation.md 5.1, 9 (CVE-2024-25623,
Mastodon CVE-2024-23832).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from urllib.parse import urldefrag, urlsplit

from fedcoop.federation.remote.budget import FetchBudget
from fedcoop.federation.remote.guard import CheckedUrl
from fedcoop.federation.remote.knocking import CAVAGE, UNKNOWN, Form, knocks_again, other, second_counts
from fedcoop.federation.remote.lanes import Lanes
from fedcoop.federation.remote.media_types import AS2
from fedcoop.federation.remote.media_types import is_activitypub_media_type as is_activitypub_media_type
from fedcoop.federation.remote.redirects import check_status, follow
from fedcoop.federation.remote.transport import MAX_DOCUMENT, TOTAL_S, Response, Transport
from fedcoop.federation.wire.jsonld import ids_of, origin_of, same_origin, types_of
from fedcoop.federation.wire.objects import ACTOR_TYPES
from fedcoop.kernel.clock import Clock
from fedcoop.kernel.errors import OriginMismatch, PeerGone, PeerSaidNo, PeerUnreachable
from fedcoop.kernel.names import MAX_URL, to_uri

ACCEPT = f'application/activity+json, application/ld+json; profile="{AS2}"'
MAX_AT_ONCE = 10
MAX_PER_ORIGIN = 2

_OWNERS = ("actor", "attributedTo", "owner", "controller")

SignGet = Callable[[str, str], Mapping[str, str]]
Parse = Callable[[bytes], dict[str, Any]]
Recall = Callable[[str], Awaitable[Form]]
Remember = Callable[[str, str], Awaitable[None]]


async def _recall_nothing(origin: str) -> Form:
    return UNKNOWN


async def _remember_nothing(origin: str, scheme: str) -> None:
    return None


class Documents:
    """Fetches documents. `sign_get(url, scheme)` returns the headers of a GET signed by the instance actor.

    `recall(origin)` returns the form of signature to knock with; `remember(origin, scheme)` is told when the second knock
    opened the door. That the first did proves nothing: most servers do not look at the signature of a GET.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        sign_get: SignGet,
        parse: Parse,
        clock: Clock,
        recall: Recall = _recall_nothing,
        remember: Remember = _remember_nothing,
    ) -> None:
        self._transport = transport
        self._sign_get = sign_get
        self._parse = parse
        self._clock = clock
        self._recall = recall
        self._remember = remember
        self._lanes = Lanes(total=MAX_AT_ONCE, per_key=MAX_PER_ORIGIN)

    def budget(self) -> FetchBudget:
        """Return a fresh budget, as each incoming activity has one."""
        return FetchBudget(self._clock.monotonic)

    async def fetch(self, url: str, budget: FetchBudget | None = None, *, may_move: bool = False) -> dict[str, Any]:
        """Return the document at `url` whose id is that URL, or the id that the same origin gave it instead.

        `may_move`: nothing is expected of the origin of `url` itself, so a redirect may lead to another one if the id
        equals the final URL. Raises PeerGone, PeerUnreachable, PeerSaidNo, OriginMismatch or MalformedActivity.
        """
        budget, asked = budget or self.budget(), _plain(url)
        async with self._within(budget, url):
            response = await self._answer(asked, budget)
            return await self._settled(response, asked, budget, may_move=may_move)

    async def open(self, url: str, budget: FetchBudget) -> tuple[dict[str, Any] | None, Response]:
        """Return the document at a URL that a person gave us, or None where the answer is no document; and the answer.

        Nothing is expected of the URL's origin. What a page says is never looked at here. Raises as `fetch`, but for the
        status of an answer that is no document.
        """
        asked = _plain(url)
        async with self._within(budget, url):
            response = await self._answer(asked, budget)
            if response.status != 200 or not is_activitypub_media_type(response.headers.get("Content-Type", "")):
                return None, response
            return await self._settled(response, asked, budget, may_move=True), response

    @asynccontextmanager
    async def _within(self, budget: FetchBudget, url: str) -> AsyncIterator[None]:
        """End what takes longer than the budget has left. Raises PeerUnreachable (`fetch-budget`)."""
        try:
            async with asyncio.timeout(budget.remaining_s):
                yield
        except TimeoutError:
            raise PeerUnreachable("fetch-budget", url=url) from None

    async def _settled(self, response: Response, url: str, budget: FetchBudget, *, may_move: bool) -> dict[str, Any]:
        """Return the answer's document if its id is where it came from, else the document of that id."""
        document, final = self._document(response), response.url
        if not (may_move or same_origin(final, url)):
            raise OriginMismatch("redirected-away", url=url, final=final)
        found = _id_of(document)
        at = to_uri(found)
        if at == final or (at == url and same_origin(final, url)):
            return self._checked(document, found)
        if not same_origin(found, final):
            raise OriginMismatch("document-id", url=final, id=found)
        try:
            again = await self._answer(at, budget)
            document = self._document(again)
        except PeerGone as error:  # what is at `url` is not gone: it only says that it is another thing
            raise OriginMismatch("document-id", url=final, id=found) from error
        if _id_of(document) != found or not same_origin(again.url, found):
            raise OriginMismatch("document-id", url=found, id=_id_of(document))
        return self._checked(document, found)

    def _checked(self, document: dict[str, Any], found: str) -> dict[str, Any]:
        """Return the document if its owner is of its own origin; an actor's owner is the actor, whomever else it names."""
        if origin_of(found) == self._transport.policy.own_origin:
            raise OriginMismatch("own-origin", id=found)
        types = types_of(document)
        if types and ACTOR_TYPES.issuperset(types):
            return document
        for name in _OWNERS:
            if not all(same_origin(owner, found) for owner in ids_of(document.get(name))):
                raise OriginMismatch("owner", id=found)
        return document

    async def _answer(self, url: str, budget: FetchBudget) -> Response:
        return await follow(lambda hop: self._get(hop, budget), url)

    def _document(self, response: Response) -> dict[str, Any]:
        check_status(response)
        if not is_activitypub_media_type(response.headers.get("Content-Type", "")):
            raise PeerSaidNo("media-type", url=response.url, media_type=response.headers.get("Content-Type", "")[:100])
        return self._parse(response.body)

    async def _get(self, url: str, budget: FetchBudget) -> Response:
        target = self._transport.policy.check_url(url)
        async with self._lane(target):
            return await self._knock(target, budget)

    def _lane(self, target: CheckedUrl) -> AbstractAsyncContextManager[None]:
        return self._lanes.enter(target.origin)

    async def _knock(self, target: CheckedUrl, budget: FetchBudget) -> Response:
        """Knock in one form, then perhaps in the other; and for a query once as older peers sign it (federation.md 5.1)."""
        form = await self._recall(target.origin)
        response = await self._send(target.url, form.scheme, budget)
        if not knocks_again(response.status, form):
            return response
        second = other(form.scheme)
        knocked = await self._send(target.url, second, budget)
        if knocked.status < 400:
            await self._remember(target.origin, second)
        if second_counts(response.status, knocked.status):
            return knocked
        parts = urlsplit(target.url)
        if response.status == 401 and parts.query:
            return await self._send(target.url, CAVAGE, budget, signed_url=parts._replace(query="").geturl())
        return response

    async def _send(self, url: str, scheme: str, budget: FetchBudget, signed_url: str = "") -> Response:
        budget.spend()
        headers = {**self._sign_get(signed_url or url, scheme), "Accept": ACCEPT}
        deadline_s = min(TOTAL_S, budget.remaining_s)
        return await self._transport.get(url, headers=headers, max_bytes=MAX_DOCUMENT, deadline_s=deadline_s)


def _plain(url: str) -> str:
    """Return the URL as it is asked for: a URI, without fragment."""
    return urldefrag(to_uri(url)).url


def _id_of(document: Mapping[str, Any]) -> str:
    found = document.get("id")
    if not isinstance(found, str) or not 0 < len(found) <= MAX_URL:
        raise PeerSaidNo("document-id", "the document has no id")
    return found
