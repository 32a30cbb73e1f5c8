"""What a person pasted, as an account of another server: a handle, a link to a profile or to a post, a bare domain.

A link is opened as an ActivityPub document; where it is a web page, that page's own reference to one is followed, once, or
its server is asked whom the address belongs to. Of a post the author is taken. All checks are those of `documents` and
`webfinger`; errors say what was wrong there (`sentences`). Source: federation.md 2.2, 9.
"""

import asyncio
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from fedcoop.federation.remote.actors import Actors
from fedcoop.federation.remote.budget import FetchBudget
from fedcoop.federation.remote.documents import Documents
from fedcoop.federation.remote.pages import alternate_of, is_page
from fedcoop.federation.remote.redirects import check_status, follow
from fedcoop.federation.remote.sentences import explained
from fedcoop.federation.remote.transport import TOTAL_S, Response, Transport
from fedcoop.federation.remote.webfinger import WebFinger, is_handle
from fedcoop.federation.wire.jsonld import ids_of, types_of
from fedcoop.federation.wire.objects import ACTOR_TYPES
from fedcoop.kernel.errors import Invalid, OriginMismatch, PeerError, PeerGone, PeerSaidNo
from fedcoop.kernel.names import MAX_URL, origin_of, to_uri

ACCEPT_PAGE = "text/html, application/xhtml+xml;q=0.9"
WHAT_TO_PASTE = "Give the whole address, like @name@server.example, or a link to a profile or a post."

_NO_DOCUMENT_HERE = frozenset({400, 404, 406, 415})
"""Answers of servers that have pages only, or send who asks for a document somewhere else."""
_SCHEME = re.compile(r"(https?|(?:web\+)?ap)://", re.IGNORECASE)
_BARE = re.compile(r"[^\s/@?#:.]+\.[^\s/@?#:]+(?::[0-9]{1,5})?(?:[/?].*)?")
_HANDLE_IN_PATH = re.compile(r"/@([^@/]+@[^@/]+)/?")


@dataclass(frozen=True, slots=True)
class FoundAccount:
    """An account that was found and kept. `handle` is `name@host` after the loop-back, else empty, and `doubt` says why."""

    uri: str
    handle: str
    doubt: str = ""


class Finder:
    """Looks up what people paste."""

    def __init__(self, transport: Transport, documents: Documents, webfinger: WebFinger, actors: Actors) -> None:
        self._transport = transport
        self._documents = documents
        self._webfinger = webfinger
        self._actors = actors

    async def find(self, pasted: str) -> FoundAccount:
        """Return the account, fetched and kept.

        Raises Invalid (`handle`, `own-address`) for what is no address elsewhere, or a PeerError whose message is a
        sentence for the person who pasted.
        """
        text = _cleaned(pasted)
        url = "" if is_handle(text) else self._url(text)
        host = self._elsewhere(url or f"https://{text.rpartition('@')[2]}/")
        budget = self._documents.budget()
        try:
            if url:
                document = await self._at(url, budget)
                handle, doubt = await self._looped_back(document, budget, host)
            else:
                document, handle = await self._webfinger.resolve(text, budget)
                doubt = ""
            await self._actors.learn(document)
        except PeerError as error:
            raise explained(error, host) from error
        return FoundAccount(str(document["id"]), handle.removeprefix("@"), doubt)

    def _url(self, text: str) -> str:
        """Return the URL of a link, also one without scheme; old links are asked for by https. Raises Invalid (`handle`)."""
        plain = self._transport.policy.allow_http
        scheme = _SCHEME.match(text)
        if scheme is not None:
            secure = scheme[1].lower() != "http" or not plain
            return to_uri(f"{'https' if secure else 'http'}://{text[scheme.end() :]}")
        if _BARE.fullmatch(text) is None:
            raise Invalid("handle", WHAT_TO_PASTE, field="handle")
        return to_uri(f"{'http' if plain else 'https'}://{text}")

    def _elsewhere(self, url: str) -> str:
        """Return the host of the URL. Raises Invalid (`handle`, `own-address`) for none, and for ours."""
        origin = origin_of(url)
        if origin is None:
            raise Invalid("handle", WHAT_TO_PASTE, field="handle")
        host, own = (urlsplit(found).netloc for found in (origin, self._transport.policy.own_origin))
        if host == own:
            raise Invalid("own-address", "That is an address of this server.", field="handle")
        return host

    async def _looped_back(self, document: dict[str, Any], budget: FetchBudget, host: str) -> tuple[str, str]:
        try:
            return await self._webfinger.loop_back(document, budget), ""
        except PeerError as error:
            return "", explained(error, host).message

    async def _at(self, url: str, budget: FetchBudget) -> dict[str, Any]:
        """Return the actor that the link leads to."""
        document, response = await self._documents.open(url, budget)
        if document is None:
            document = await self._behind(await self._page(url, response, budget), url, budget)
        if "Tombstone" in types_of(document):
            raise PeerGone("gone", url=url)
        return document if ACTOR_TYPES.intersection(types_of(document)) else await self._author(document, budget)

    async def _page(self, url: str, response: Response, budget: FetchBudget) -> Response:
        """Return the web page at the link; some servers show it only to who asks for pages. Raises PeerError."""
        if not is_page(response) and (response.status == 200 or response.status in _NO_DOCUMENT_HERE):
            response = await follow(lambda hop: self._get_page(hop, budget), url)
        check_status(response)
        return response

    async def _get_page(self, url: str, budget: FetchBudget) -> Response:
        budget.spend()
        deadline_s = min(TOTAL_S, budget.remaining_s)
        return await self._transport.get(url, headers={"Accept": ACCEPT_PAGE}, deadline_s=deadline_s)

    async def _behind(self, page: Response, url: str, budget: FetchBudget) -> dict[str, Any]:
        """Return the document that the page names, or that its server names for the link."""
        alternate = await asyncio.to_thread(alternate_of, page)
        if alternate:
            return await self._documents.fetch(alternate, budget, may_move=True)
        named = _HANDLE_IN_PATH.fullmatch(unquote(urlsplit(url).path))
        try:
            if named is not None:
                return (await self._webfinger.resolve(named[1], budget))[0]
            return await self._webfinger.resolve_url(url, budget)
        except PeerError as error:
            raise PeerSaidNo("page-without-account", url=page.url) from error

    async def _author(self, document: dict[str, Any], budget: FetchBudget) -> dict[str, Any]:
        """Return whose post or activity it is; of several (a video's channel and its owner) the first."""
        owners = ids_of(document.get("attributedTo")) or ids_of(document.get("actor"))
        if not owners:
            raise PeerSaidNo("no-account", url=str(document["id"]))
        found = await self._documents.fetch(owners[0], budget)
        if found["id"] != owners[0]:
            raise OriginMismatch("actor-id", uri=owners[0])
        return found


def _cleaned(pasted: str) -> str:
    """Return the text without what copying brings along: invisible characters, spaces, angle brackets, quotes."""
    visible = "".join(character for character in pasted[: 2 * MAX_URL] if character.isprintable())
    return visible.strip(" <>\"'“”‘’").rstrip(",;")
